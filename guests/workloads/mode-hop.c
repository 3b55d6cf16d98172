/*
 * mode-hop - changing the paging mode at random points while the other workloads run.
 *
 * First each mode is entered once, to learn which ones the hypervisor has; where there is but one, there is nothing to
 * do (skip). Then the workloads run, each in turn and again as long as changes are wanted, while this program lets them
 * have a few turns and goes to another mode, until all have run and the changes are made. They must succeed, and the
 * mode of the beginning must hold at the end. They get the same command line. Parameters: switches= changes at least
 * (default 200), pause= most turns of others between two (64), together= workloads at a time (1), seed= of the sequence
 * (1).
 */
#include "guests/workloads/lib/program.h"

/* The names in guests/mini/workloads.list. */
static const char *const workloads[] = {
#include "guests/workloads/workloads.inc"
};

#define WORKLOADS (sizeof(workloads) / sizeof(workloads[0]))
#define OWN_NAME "mode-hop"
#define MOST_TOGETHER 4

static const char *const mode_names[MODES] = { "", "shadow", "writable", "direct", "trusted", "emulated", "native" };

/* The modes that there are. */
static uint32_t modes[MODES];
static uint32_t mode_count;

static uint32_t seed;
static bool alone;               /* the kernel makes no changes of its own */

/* The workloads that run: children[i] runs workloads[running[i]]; 0: free. */
static int32_t children[MOST_TOGETHER];
static uint32_t running[MOST_TOGETHER];
static uint32_t next_workload;
static uint32_t started, ended;

static bool has_not(int32_t result) {
    return result == -ERROR_no_mode || result == -ERROR_invalid || result == -ERROR_no_call;
}

static void learn_modes(uint32_t own) {
    for (uint32_t mode = MODE_shadow; mode < MODES; mode++) {
        int32_t result = sys_mode(mode);

        if (has_not(result))
            continue;
        expect(result == 0);
        modes[mode_count++] = mode;
    }
    expect(sys_mode(own) == 0);
}

static void hop(void) {
    uint32_t before = (uint32_t)sys_mode(MODE_ask);
    uint32_t mode;

    do {
        mode = modes[random_next(&seed) % mode_count];
    } while (mode == before);
    expect(sys_mode(mode) == 0);
    expect(!alone || sys_mode(MODE_ask) == (int32_t)mode);
}

static void start(uint32_t place, const char *arguments) {
    uint32_t index;

    do {
        index = next_workload++ % WORKLOADS;
    } while (strcmp(workloads[index], OWN_NAME) == 0);
    started++;
    running[place] = index;
    children[place] = sys_fork();
    expect(children[place] >= 0);
    if (children[place] == 0) {
        sys_exec(workloads[index], arguments);
        sys_exit(OUTCOME_error);
    }
}

/* Take note of the children that have ended. */
static void collect(void) {
    int32_t status, pid;

    while ((pid = sys_wait_not(&status)) > 0) {
        for (uint32_t i = 0; i < MOST_TOGETHER; i++) {
            if (children[i] != pid)
                continue;
            children[i] = 0;
            ended++;
            if (status != OUTCOME_success)
                print("mode-hop: workload %s ended with status %d\n", workloads[running[i]], status);
            expect(status == OUTCOME_success);
        }
    }
}

static bool any_runs(void) {
    for (uint32_t i = 0; i < MOST_TOGETHER; i++) {
        if (children[i] != 0)
            return true;
    }
    return false;
}

static void hop_while_they_run(const char *arguments, uint32_t switches, uint32_t pause, uint32_t together) {
    uint32_t made = 0;
    bool enough;

    do {
        enough = made >= switches && started >= WORKLOADS - 1;
        for (uint32_t i = 0; i < together && !enough; i++) {
            if (children[i] == 0)
                start(i, arguments);
        }
        for (uint32_t turns = random_next(&seed) % (pause + 1); turns != 0; turns--)
            sys_yield();
        hop();
        made++;
        collect();
    } while (!enough || any_runs());
}

static void report(const struct counters *before, const struct counters *after) {
    print("mode-hop: %u changes of the paging mode, %u runs of workloads\n", after->mode_changes - before->mode_changes,
          ended);
    for (uint32_t from = MODE_shadow; from < MODES; from++) {
        for (uint32_t to = MODE_shadow; to < MODES; to++) {
            uint32_t changes = after->mode_kinds[from][to] - before->mode_kinds[from][to];

            if (changes != 0)
                print("mode-hop: %s to %s: %u\n", mode_names[from], mode_names[to], changes);
        }
    }
}

int32_t program_main(const char *arguments) {
    uint32_t switches = option_number(arguments, "switches", 200);
    uint32_t pause = option_number(arguments, "pause", 64);
    uint32_t together = option_number(arguments, "together", 1);
    int32_t own = sys_mode(MODE_ask);
    struct counters before, after;

    if (together == 0 || together > MOST_TOGETHER) {
        print("error: mode-hop needs together=1..%u\n", MOST_TOGETHER);
        return OUTCOME_error;
    }
    seed = option_number(arguments, "seed", 1);
    alone = option_number(arguments, "hop", 0) == 0;
    expect(own > 0);
    learn_modes((uint32_t)own);
    if (mode_count < 2) {
        print("mode-hop: there is %s mode only: nothing to do\n", mode_names[own]);
        return OUTCOME_skip;
    }
    sys_counters(&before);
    hop_while_they_run(arguments, switches, pause, together);
    expect(sys_mode((uint32_t)own) == 0);
    sys_counters(&after);
    expect(after.mode_changes - before.mode_changes >= switches);
    report(&before, &after);
    return OUTCOME_success;
}
