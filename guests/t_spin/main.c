/*
 * t_spin - never ends: for time-outs and interrupted runs.
 *
 * Prints "spinning" and then touches memory and takes timer ticks until somebody stops the machine.
 */
#include "guests/lib/boot.h"
#include "guests/lib/console.h"
#include "guests/lib/events.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"
#include "guests/lib/traps.h"

static volatile uint32_t ticks;
static volatile uint32_t memory[64][1024];

static void tick(uint32_t port) {
    (void)port;
    ticks++;
}

_Noreturn void guest_main(void) {
    traps_install();
    event_bind_virq(VIRQ_TIMER, tick);
    events_enable();
    print("spinning\n");
    for (uint32_t i = 0;; i++)
        memory[i % 64][i / 64 % 1024] = ticks;
}
