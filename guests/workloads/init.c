/*
 * init - the first process: runs the workload that the command line names, or all of them in turn.
 *
 * workload=NAME (default: the first of guests/mini/workloads.list; all: every one). Its status is the guest's outcome:
 * the first workload that did not succeed decides.
 */
#include "guests/workloads/lib/program.h"

/* The names in guests/mini/workloads.list, without "all". */
static const char *const workloads[] = {
#include "guests/workloads/workloads.inc"
};

#define WORKLOADS (sizeof(workloads) / sizeof(workloads[0]))

static const char *status_name(int32_t status) {
    switch (status) {
    case OUTCOME_success:
        return "success";
    case OUTCOME_skip:
        return "skip";
    case OUTCOME_error:
        return "error";
    case OUTCOME_failure:
        return "failure";
    default:
        return status >= STATUS_KILLED ? "killed" : "unknown status";
    }
}

/* The counters of a run, in the order in which they are printed. */
static const struct {
    const char *name;
    uint32_t offset;
} lines[] = {
    { "page faults", offsetof(struct counters, page_faults) },
    { "zero fills", offsetof(struct counters, zero_fills) },
    { "file fills", offsetof(struct counters, file_fills) },
    { "file maps", offsetof(struct counters, file_maps) },
    { "copies", offsetof(struct counters, copies) },
    { "reuses", offsetof(struct counters, reuses) },
    { "swapped out", offsetof(struct counters, swapped_out) },
    { "dropped clean", offsetof(struct counters, swapped_clean) },
    { "swapped in", offsetof(struct counters, swapped_in) },
    { "second chances", offsetof(struct counters, second_chances) },
    { "switches", offsetof(struct counters, switches) },
    { "ticks", offsetof(struct counters, ticks) },
    { "FPU loads", offsetof(struct counters, fpu_loads) },
    { "mode changes", offsetof(struct counters, mode_changes) },
};

static uint32_t counter(const struct counters *counters, uint32_t offset) {
    return *(const uint32_t *)((const uint8_t *)counters + offset);
}

static void print_difference(const char *name, const struct counters *before, const struct counters *after) {
    print("%s:", name);
    for (uint32_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        uint32_t difference = counter(after, lines[i].offset) - counter(before, lines[i].offset);

        print("%s %s %u", i == 0 ? "" : ",", lines[i].name, difference);
    }
    print("\n");
}

static int32_t run(const char *name, const char *arguments) {
    struct counters before, after;
    int32_t status = OUTCOME_error;
    int32_t pid;

    sys_counters(&before);
    pid = sys_fork();
    if (pid == 0) {
        int32_t result = sys_exec(name, arguments);

        print("error: cannot run workload %s from the ramdisk: %d\n", name, result);
        sys_exit(OUTCOME_error);
    }
    if (pid < 0 || sys_wait(&status) != pid)
        print("error: cannot fork or wait for workload %s: %d\n", name, pid);
    sys_counters(&after);
    print_difference(name, &before, &after);
    print("workload %s: %s (%d)\n", name, status_name(status), status);
    /* Nothing may be left but this program's own pages, some of which may be in swap now. */
    if (after.user_frames > before.user_frames || after.swap_slots > before.user_frames + before.swap_slots) {
        print("workload %s: %u user frames and %u swap slots in use before it, %u and %u after\n", name,
              before.user_frames, before.swap_slots, after.user_frames, after.swap_slots);
        return OUTCOME_failure;
    }
    return status;
}

int32_t program_main(const char *arguments) {
    char wanted[NAME_BYTES];
    int32_t outcome = OUTCOME_success;
    bool found = false;

    if (!option_text(arguments, "workload", wanted, sizeof(wanted)))
        string_copy(wanted, workloads[0], sizeof(wanted));
    for (uint32_t i = 0; i < WORKLOADS; i++) {
        bool chosen = strcmp(wanted, "all") == 0 || strcmp(wanted, workloads[i]) == 0;

        if (chosen) {
            int32_t status = run(workloads[i], arguments);

            found = true;
            if (outcome == OUTCOME_success)
                outcome = status;
        }
    }
    if (!found) {
        print("error: unknown workload \"%s\"; allowed:", wanted);
        for (uint32_t i = 0; i < WORKLOADS; i++)
            print(" %s", workloads[i]);
        print(" all\n");
        return OUTCOME_error;
    }
    return outcome;
}
