/*
 * t_control - the privileged domain looks after an ordinary one, which runs this guest too.
 *
 * The ordinary domain answers each event on a channel with domain 0. The privileged one finds it (word other=N, its
 * number, 1 unless said), pauses it, gives it weights and caps, changes its paging mode under it, and destroys it; from
 * its answers it sees what became of it. With the words random=N seed=N it makes N requests at random instead; with
 * switches=N every=MS it only changes the paging mode of the other, which may be any guest, N times. Without a
 * privileged domain there is nothing to do: outcome skip. With a kernel (t_built) as its ramdisk it also builds
 * domains that run; with the word leave=ended or leave=running it builds one and ends itself.
 * Expected outcome: success, of both.
 */
#include "guests/t_control/t_control.h"

#include <stddef.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/clock.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"

#define PATIENCE (100000 * MILLISECOND)  /* a change of mode under audit takes seconds, and there are many */

_Noreturn void serve(void) {
    struct evtchn_alloc_unbound request = { .dom = DOMID_SELF, .remote_dom = 0 };

    if (hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &request) != 0)
        check_stop("no unbound port");
    for (uint32_t i = 0; i < start_info->nr_pt_frames; i++)      /* so that it could be in any mode */
        page_protect((const void *)(start_info->pt_base + i * GUEST_PAGE_SIZE), false);
    while (event_wait(request.port, PATIENCE))
        event_send(request.port);
    finish(PENUMBRA_OUTCOME_skip);
}

_Noreturn void guest_main(void) {
    uint32_t steps = boot_number("random", 0), switches = boot_number("switches", 0);
    char leave[8];

    traps_install();
    hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    for (uint32_t i = 0; i < 32; i++)
        shared_info->evtchn_mask[i] = ~0ul;              /* polled for, never delivered */
    if (!(start_info->flags & SIF_PRIVILEGED))
        serve();
    if (steps != 0)
        act_at_random(steps, boot_number("seed", 1));
    else if (switches != 0)
        change_modes(boot_number("other", 1), switches, boot_number("every", 50));
    else if (boot_option("leave", leave, sizeof(leave)))
        leave_one(leave[0] == 'e');
    else
        control(boot_number("other", 1));
    check_finish();
}
