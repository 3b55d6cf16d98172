/*
 * lmbench - lmbench's figures of processes and memory (McVoy and Staelin, USENIX 1996), each measured on its own
 * (analysis/measure).
 *
 *   fork, exec, shell    a process that ends at once; one that becomes another program; one that does so through a third
 *   ctx-P-K              a token passed round P processes that each sum up K KiB: one passing on
 *   mmap                 map, touch and unmap 64 pages
 *   prot-fault           a write to a read-only page, which ends the process; fork and wait included
 *   page-fault           first touch of a page
 *   pipe                 one byte to another process and back
 *
 * Parameters: times= (default 20) of the processes and mappings, rounds= (10) of a token round 16 processes, of a smaller
 * ring as many more, and of a byte.
 */
#include "guests/workloads/lib/program.h"

#define MOST_PROCESSES 16
#define MAP_PAGES 64
/* A turn before what is measured, for the first faults, and one after it: until then nobody in the ring may end. */
#define UNMEASURED 2

static const char *arguments_given;

static void begin(const char *name) {
    expect(sys_measure(name, 0) == 0);
}

static void end(const char *name, uint32_t operations) {
    expect(sys_measure(name, operations) == 0);
}

/* --- processes --- */

static void end_at_once(void) {
    sys_exit(OUTCOME_success);
}

static void run_true(void) {
    sys_exec("true", arguments_given);
    sys_exit(OUTCOME_error);
}

static void run_shell(void) {
    sys_exec("shell", arguments_given);
    sys_exit(OUTCOME_error);
}

static void measure_children(const char *name, uint32_t times, void (*child)(void)) {
    begin(name);
    for (uint32_t i = 0; i < times; i++) {
        int32_t pid = sys_fork();

        expect(pid >= 0);
        if (pid == 0)
            child();
        wait_expecting(OUTCOME_success);
    }
    end(name, times);
}

/* --- context switches --- */

static uint32_t sum_of(const uint32_t *memory, uint32_t kib) {
    uint32_t sum = 0;

    for (uint32_t i = 0; i < kib * 256; i++)
        sum += memory[i];
    return sum;
}

static void member(uint32_t rounds, uint32_t kib, int32_t from, int32_t to) {
    const uint32_t *memory = kib != 0 ? map_pages(kib / 4) : NULL;
    uint32_t token;

    for (uint32_t i = 0; i < rounds; i++) {
        read_all(from, &token, sizeof(token));
        token += 1 + sum_of(memory, kib);
        expect(sys_write(to, &token, sizeof(token)) == (int32_t)sizeof(token));
    }
}

static void measure_switches(const char *name, uint32_t processes, uint32_t kib, uint32_t rounds) {
    int32_t pipes[MOST_PROCESSES][2];
    uint32_t token = 0;

    for (uint32_t i = 0; i < processes; i++)
        expect(sys_pipe(pipes[i]) == 0);
    for (uint32_t i = 1; i < processes; i++) {
        if (sys_fork() == 0) {
            member(rounds + UNMEASURED, kib, pipes[i - 1][0], pipes[i][1]);
            sys_exit(OUTCOME_success);
        }
    }
    for (uint32_t i = 0; i < rounds + UNMEASURED; i++) {
        if (i == 1)
            begin(name);
        if (i == 1 + rounds)
            end(name, rounds * processes);
        expect(sys_write(pipes[0][1], &token, sizeof(token)) == (int32_t)sizeof(token));
        read_all(pipes[processes - 1][0], &token, sizeof(token));
    }
    expect(token == (rounds + UNMEASURED) * (processes - 1));
    for (uint32_t i = 1; i < processes; i++)
        wait_expecting(OUTCOME_success);
    for (uint32_t i = 0; i < processes; i++)
        expect(sys_close(pipes[i][0]) == 0 && sys_close(pipes[i][1]) == 0);
}

static void measure_all_switches(uint32_t rounds) {
    static const uint32_t processes[] = { 2, 8, 16 }, kib[] = { 0, 16, 64 };
    static const char *const names[3][3] = {
        { "ctx-2-0", "ctx-2-16", "ctx-2-64" }, { "ctx-8-0", "ctx-8-16", "ctx-8-64" }, { "ctx-16-0", "ctx-16-16", "ctx-16-64" },
    };

    for (uint32_t p = 0; p < 3; p++) {
        for (uint32_t k = 0; k < 3; k++)
            measure_switches(names[p][k], processes[p], kib[k], rounds * MOST_PROCESSES / processes[p]);
    }
}

/* --- memory --- */

static void measure_mmap(uint32_t times) {
    begin("mmap");
    for (uint32_t i = 0; i < times; i++) {
        uint32_t *memory = map_pages(MAP_PAGES);

        for (uint32_t page = 0; page < MAP_PAGES; page++)
            memory[page * WORDS_PER_PAGE] = page;
        expect(memory[(MAP_PAGES - 1) * WORDS_PER_PAGE] == MAP_PAGES - 1);
        expect(sys_unmap(memory, MAP_PAGES * PAGE_SIZE) == 0);
    }
    end("mmap", times);
}

static void measure_protection(uint32_t times) {
    volatile uint32_t *page = map_pages(1);

    page[0] = 1;
    expect(sys_protect((void *)page, PAGE_SIZE, PROTECTION_read) == 0);
    begin("prot-fault");
    for (uint32_t i = 0; i < times; i++) {
        if (sys_fork() == 0) {
            page[0] = 2;
            sys_exit(OUTCOME_success);
        }
        wait_expecting(STATUS_KILLED + 14);
    }
    end("prot-fault", times);
    expect(page[0] == 1);
}

static void measure_faults(uint32_t pages) {
    uint32_t *memory = map_pages(pages);

    begin("page-fault");
    for (uint32_t page = 0; page < pages; page++)
        memory[page * WORDS_PER_PAGE] = page;
    end("page-fault", pages);
    for (uint32_t page = 0; page < pages; page++)
        expect(memory[page * WORDS_PER_PAGE] == page);
    expect(sys_unmap(memory, pages * PAGE_SIZE) == 0);
}

static void measure_pipe(uint32_t rounds) {
    int32_t there[2], back[2];
    char byte = 0;

    expect(sys_pipe(there) == 0 && sys_pipe(back) == 0);
    if (sys_fork() == 0) {
        for (uint32_t i = 0; i < rounds + UNMEASURED; i++) {
            read_all(there[0], &byte, 1);
            byte++;
            expect(sys_write(back[1], &byte, 1) == 1);
        }
        sys_exit(OUTCOME_success);
    }
    for (uint32_t i = 0; i < rounds + UNMEASURED; i++) {
        if (i == 1)
            begin("pipe");
        if (i == 1 + rounds)
            end("pipe", rounds);
        expect(sys_write(there[1], &byte, 1) == 1);
        read_all(back[0], &byte, 1);
    }
    expect(byte == (char)(rounds + UNMEASURED));
    wait_expecting(OUTCOME_success);
}

int32_t program_main(const char *arguments) {
    uint32_t times = option_number(arguments, "times", 20);
    uint32_t rounds = option_number(arguments, "rounds", 10);

    if (times == 0 || rounds == 0) {
        print("error: lmbench needs times=1.. and rounds=1..\n");
        return OUTCOME_error;
    }
    arguments_given = arguments;
    begin("empty");                              /* what measuring takes: to be subtracted from the others */
    end("empty", 1);
    measure_children("fork", times, end_at_once);
    measure_children("exec", times, run_true);
    measure_children("shell", times, run_shell);
    measure_all_switches(rounds);
    measure_mmap(times);
    measure_protection(times);
    measure_faults(16 * times);
    measure_pipe(rounds);
    print("lmbench: %u times, %u rounds\n", times, rounds);
    return OUTCOME_success;
}
