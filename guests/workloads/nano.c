/*
 * nano - the nano-benchmarks of Adams and Agesen (ASPLOS 2006): each operation whose cost virtualization changes, alone.
 *
 * syscall, and forkwait (a process that forks one that ends, and waits for it), are done here; in, mask (IA-32's
 * counterpart of cr8wr), callret, pgfault, divzero and ptemod by the kernel (guests/mini/nano.h). Each is measured on its own
 * (analysis/measure). Parameters: times= (default 1000), forks= (50).
 */
#include "guests/workloads/lib/program.h"

static const char *const names[NANO_COUNT] = { "in", "mask", "callret", "pgfault", "divzero", "ptemod" };

/* What measuring takes: to be subtracted from the others. */
static void measure_nothing(void) {
    expect(sys_measure("empty", 0) == 0);
    expect(sys_measure("empty", 1) == 0);
}

static void measure_calls(uint32_t times) {
    int32_t pid = sys_pid();

    expect(sys_measure("syscall", 0) == 0);
    for (uint32_t i = 0; i < times; i++)
        expect(sys_pid() == pid);
    expect(sys_measure("syscall", times) == 0);
}

static void measure_kernel(uint32_t which, uint32_t times) {
    uint32_t *page = map_pages(1);

    page[0] = which;
    expect(sys_measure(names[which], 0) == 0);
    expect(sys_nano(which, times, page) == 0);
    expect(sys_measure(names[which], times) == 0);
    expect(page[0] == which);
    page[0]++;
    expect(sys_unmap(page, PAGE_SIZE) == 0);
}

static void measure_forks(uint32_t forks) {
    expect(sys_measure("forkwait", 0) == 0);
    for (uint32_t i = 0; i < forks; i++) {
        if (sys_fork() == 0)
            sys_exit(OUTCOME_success);
        wait_expecting(OUTCOME_success);
    }
    expect(sys_measure("forkwait", forks) == 0);
}

int32_t program_main(const char *arguments) {
    uint32_t times = option_number(arguments, "times", 1000);
    uint32_t forks = option_number(arguments, "forks", 50);

    if (times == 0 || forks == 0) {
        print("error: nano needs times=1.. and forks=1..\n");
        return OUTCOME_error;
    }
    expect(sys_nano(NANO_COUNT, 1, NULL) < 0 && sys_nano(NANO_ptemod, 1, NULL) < 0);
    measure_nothing();
    measure_calls(times);
    for (uint32_t which = 0; which < NANO_COUNT; which++)
        measure_kernel(which, times);
    measure_forks(forks);
    print("nano: each %u times, %u forks\n", times, forks);
    return OUTCOME_success;
}
