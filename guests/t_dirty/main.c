/*
 * t_dirty - a privileged domain watches the memory of another one, which runs this guest too: the log of dirty frames
 * (enabled, peeked, cleaned), samples of what is used, and a pool for shadows that changes its size meanwhile.
 *
 * The ordinary domain (1, in shadow mode) does one step of a script (t_dirty.h) for each event on a channel with
 * domain 0. The privileged one cleans, calls for a step, and looks: exactly the pages that the step wrote must be
 * dirty. Expected outcome: success, of both.
 *
 * With the word random=SEED the privileged one gives orders at random, until domain 1 ends, whatever that is
 * (random.c).
 */
#include "guests/t_dirty/t_dirty.h"

#include <stddef.h>

#include "guests/lib/clock.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/probe.h"
#include "guests/lib/traps.h"

volatile uint32_t pages[PAGES][GUEST_PAGE_SIZE / 4] __attribute__((aligned(4096)));

_Noreturn void guest_main(void) {
    uint32_t seed = boot_number("random", 0);

    traps_install();
    probe_start();
    hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    for (uint32_t i = 0; i < 32; i++)
        shared_info->evtchn_mask[i] = ~0ul;              /* polled for, never delivered */
    if ((start_info->flags & SIF_PRIVILEGED) == 0)
        be_watched();
    if (seed != 0)
        watch_at_random(seed);
    watch();
}
