/* modes.c - the other's paging mode, changed under a guest that knows nothing of it (see main.c). */
#define __XEN_TOOLS__ 1
#include <stdint.h>

#include <xen/domctl.h>
#include <xen/errno.h>

#include "guests/lib/check.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/t_control/requests.h"
#include "guests/t_control/t_control.h"

/* A port of our own that nobody sends to. */
static uint32_t silent_port(void) {
    struct evtchn_alloc_unbound unbound = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };

    if (hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &unbound) != 0)
        check_stop("no unbound port");
    return unbound.port;
}

void change_modes(uint32_t other, uint32_t times, uint32_t ms) {
    uint32_t port = silent_port(), made = 0;
    long result = 0;

    check_group("the other's paging mode, whatever it runs");
    while (made < times) {
        event_wait(port, ms * MILLISECOND);
        result = shadow(other, made % 2 ? XEN_DOMCTL_SHADOW_OP_OFF : XEN_DOMCTL_SHADOW_OP_ENABLE, 0);
        if (result == -XEN_ESRCH)
            break;                                       /* it has ended */
        check_equal(result, 0);
        made++;
    }
    check(made > 0);
    print("the mode of domain %u was changed %u times\n", other, made);
}
