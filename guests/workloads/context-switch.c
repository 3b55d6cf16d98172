/*
 * context-switch - processes in a ring, joined by pipes, pass a token round.
 *
 * Each process adds to the token what only it can know: a number from its own memory at an address that all of them
 * use, and one that it keeps in the FPU from turn to turn. A page table, a stack or an FPU register of somebody else
 * gives a wrong sum. Parameters: processes= (default 4), rounds= of the token (default 4000), pages= that a process
 * touches per turn (4).
 */
#include "guests/workloads/lib/program.h"

#define MOST 8

struct token {
    uint32_t turns;
    uint32_t sum;
};

/* What process index adds in its n-th turn (from 0). */
static uint32_t contribution(uint32_t index, uint32_t n) {
    return (index + 1) * 7 + n * (index + 3);
}

/*
 * The n-th turn: the memory holds n in each page, the FPU a sum that has grown by index + 3 per turn.
 */
static uint32_t take_turn(uint32_t *memory, uint32_t pages, uint32_t n) {
    for (uint32_t page = 0; page < pages; page++) {
        expect(memory[page * WORDS_PER_PAGE] == n);
        memory[page * WORDS_PER_PAGE]++;
    }
    return n;
}

static void ring_member(uint32_t index, uint32_t rounds, uint32_t pages, int32_t from, int32_t to) {
    uint32_t *memory = map_pages(pages);
    double step = index + 3, total = (index + 1) * 7;
    struct token token;

    for (uint32_t n = 0; n < rounds; n++) {
        read_all(from, &token, sizeof(token));
        expect(take_turn(memory, pages, n) == n);
        expect((uint32_t)(int32_t)total == contribution(index, n));
        token.sum += (uint32_t)(int32_t)total;
        token.turns++;
        total += step;
        expect(sys_write(to, &token, sizeof(token)) == (int32_t)sizeof(token));
    }
}

static void make_ring(uint32_t processes, uint32_t rounds, uint32_t pages, int32_t pipes[MOST][2]) {
    for (uint32_t i = 0; i < processes; i++)
        expect(sys_pipe(pipes[i]) == 0);
    for (uint32_t i = 1; i < processes; i++) {
        int32_t pid = sys_fork();

        expect(pid >= 0);
        if (pid == 0) {
            ring_member(i, rounds, pages, pipes[i - 1][0], pipes[i][1]);
            sys_exit(OUTCOME_success);
        }
    }
}

int32_t program_main(const char *arguments) {
    uint32_t processes = option_number(arguments, "processes", 4);
    uint32_t rounds = option_number(arguments, "rounds", 4000);
    uint32_t pages = option_number(arguments, "pages", 4);
    struct token token = { 0, 0 };
    uint32_t wanted = 0;
    int32_t pipes[MOST][2];

    if (processes < 2 || processes > 7 || pages == 0 || rounds == 0) {
        print("error: context-switch needs processes=2..7, pages=1.. and rounds=1..\n");
        return OUTCOME_error;
    }
    make_ring(processes, rounds, pages, pipes);
    expect(sys_write(pipes[processes - 1][1], &token, sizeof(token)) == (int32_t)sizeof(token));
    ring_member(0, rounds, pages, pipes[processes - 1][0], pipes[0][1]);
    read_all(pipes[processes - 1][0], &token, sizeof(token));
    for (uint32_t i = 1; i < processes; i++)
        wait_expecting(OUTCOME_success);

    for (uint32_t i = 0; i < processes; i++) {
        for (uint32_t n = 0; n < rounds; n++)
            wanted += contribution(i, n);
    }
    expect(token.turns == processes * rounds);
    expect(token.sum == wanted);
    sys_sleep(30);
    print("context-switch: %u turns, sum %u\n", token.turns, token.sum);
    return OUTCOME_success;
}
