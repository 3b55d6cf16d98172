/* check.c - see check.h. */
#include "guests/lib/check.h"

#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"

static uint32_t checks;
static uint32_t failed;
static const char *group = "";

bool check_condition(bool holds, const char *text, const char *file, int line) {
    checks++;
    if (!holds) {
        failed++;
        print("FAILED %s:%d [%s] %s\n", file, line, group, text);
    }
    return holds;
}

bool check_numbers(long got, long wanted, const char *text, const char *file, int line) {
    checks++;
    if (got != wanted) {
        failed++;
        print("FAILED %s:%d [%s] %s is %d (%x), not %d (%x)\n", file, line, group, text, (int)got, (uint32_t)got,
              (int)wanted, (uint32_t)wanted);
    }
    return got == wanted;
}

void check_group(const char *name) {
    static uint32_t number;

    group = name;
    print("-- %s\n", name);
    mark_phase(++number, name);
}

bool checks_hold(void) {
    return checks != 0 && failed == 0;
}

_Noreturn void check_finish(void) {
    print("%u checks, %u failed\n", checks, failed);
    if (checks == 0)
        finish(PENUMBRA_OUTCOME_error);
    finish(failed == 0 ? PENUMBRA_OUTCOME_success : PENUMBRA_OUTCOME_failure);
}

_Noreturn void check_stop(const char *text) {
    print("cannot go on: %s\n", text);
    finish(PENUMBRA_OUTCOME_failure);
}

uint32_t check_ring(void) {
    uint32_t cs;

    __asm__("mov %%cs, %0" : "=r"(cs));
    return cs & 3;
}
