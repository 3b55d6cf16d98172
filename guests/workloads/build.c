/*
 * build - a mixed load of many short processes, as a compilation makes.
 *
 * processes= "compilers" (default 3) run at a time, each a child that becomes another program, works on memory of its own and
 * sends a result through a pipe, until times= (24) have run. Parameters: also pages= of memory (64).
 */
#include "guests/workloads/lib/program.h"

#define MOST 8

static uint32_t work(uint32_t job, uint32_t pages) {
    uint32_t *memory = map_pages(pages);
    uint32_t state = job + 1, sum = 0;

    for (uint32_t i = 0; i < 8 * pages; i++)
        memory[random_next(&state) % (pages * WORDS_PER_PAGE)] += i;
    for (uint32_t i = 0; i < pages * WORDS_PER_PAGE; i++)
        sum += memory[i];
    return sum;
}

/* What work returns: each i was added once, wherever. */
static uint32_t expected(uint32_t pages) {
    return 8 * pages * (8 * pages - 1) / 2;
}

static _Noreturn void job(uint32_t number, uint32_t pages, int32_t results, const char *arguments) {
    uint32_t result;

    if (sys_fork() == 0) {                       /* the "preprocessor" */
        sys_exec("true", arguments);
        sys_exit(OUTCOME_error);
    }
    wait_expecting(OUTCOME_success);
    result = work(number, pages);
    expect(sys_write(results, &result, sizeof(result)) == (int32_t)sizeof(result));
    sys_exit(OUTCOME_success);
}

int32_t program_main(const char *arguments) {
    uint32_t processes = option_number(arguments, "processes", 3);
    uint32_t times = option_number(arguments, "times", 24);
    uint32_t pages = option_number(arguments, "pages", 64);
    int32_t results[2];
    uint32_t started = 0, result;

    if (processes == 0 || processes > MOST || pages == 0) {
        print("error: build needs processes=1..%u and pages=1..\n", MOST);
        return OUTCOME_error;
    }
    expect(sys_pipe(results) == 0);
    for (uint32_t ended = 0; ended < times; ended++) {
        for (; started < times && started < ended + processes; started++) {
            int32_t pid = sys_fork();

            expect(pid >= 0);
            if (pid == 0)
                job(started, pages, results[1], arguments);
        }
        read_all(results[0], &result, sizeof(result));
        expect(result == expected(pages));
        wait_expecting(OUTCOME_success);
    }
    print("build: %u jobs, %u at a time, with %u pages\n", times, processes, pages);
    return OUTCOME_success;
}
