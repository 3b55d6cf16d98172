/* hop.c - see hop.h. */
#include "guests/mini/hop.h"

#include <stdbool.h>
#include <stdint.h>

#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"
#include "guests/mini/machine.h"
#include "guests/mini/options.h"
#include "guests/mini/system_calls.h"

static uint32_t ticks;
static bool due;

void hop_tick(void) {
    if (options.hop_ticks == 0 || ++ticks < options.hop_ticks)
        return;
    ticks = 0;
    due = true;
}

/* A mode that can be changed to, and is not the one that holds. */
static uint32_t choose(uint32_t mode) {
    static const uint8_t modes[] = { MODE_shadow, MODE_writable, MODE_direct, MODE_emulated };
    uint32_t chosen;

    do {
        options.seed = options.seed * 1664525u + 1013904223u;
        chosen = modes[(options.seed >> 8) % sizeof(modes)];
    } while (chosen == mode);
    return chosen;
}

void hop_if_due(void) {
    uint32_t mode;
    int32_t result;

    if (!due)
        return;
    due = false;
    mode = choose(machine->mode());
    result = machine->change_mode(mode);
    if (result == 0)
        return;
    print("error: hop= cannot go from %s mode to %s mode: %d\n", machine->mode_name(machine->mode()),
          machine->mode_name(mode), result);
    finish(result == -ERROR_no_mode || result == -ERROR_invalid ? PENUMBRA_OUTCOME_error : PENUMBRA_OUTCOME_failure);
}
