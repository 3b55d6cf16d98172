/* events.c - see events.h. */
#include "guests/lib/events.h"

#include <stddef.h>

#include "guests/lib/boot.h"
#include "guests/lib/clock.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"

#define WORDS 32
#define PORTS (WORDS * 32)

static event_handler *handlers[PORTS];

/* Take all bits at once: the hypervisor may set more at any time. */
static uint32_t take(volatile unsigned long *word) {
    uint32_t value = 0;

    __asm__ volatile("xchg %0, %1" : "+r"(value), "+m"(*word) : : "memory");
    return value;
}

static void clear_pending(uint32_t port) {
    volatile unsigned long *word = &shared_info->evtchn_pending[port / 32];

    __asm__ volatile("lock btrl %1, %0" : "+m"(*word) : "r"(port % 32) : "cc", "memory");
}

void event_handle(uint32_t port, event_handler *handler) {
    if (port >= PORTS)
        panic("event channel %u is out of range", port);
    handlers[port] = handler;
    event_unmask(port);
}

uint32_t event_bind_virq(uint32_t virq, event_handler *handler) {
    struct evtchn_bind_virq argument = { .virq = virq, .vcpu = 0 };
    long result = hypercall_event_channel_op(EVTCHNOP_bind_virq, &argument);

    if (result != 0)
        panic("cannot bind virtual interrupt %u: %d", virq, (int)result);
    event_handle(argument.port, handler);
    return argument.port;
}

uint32_t event_bind_ipi(event_handler *handler) {
    struct evtchn_bind_ipi argument = { .vcpu = 0 };
    long result = hypercall_event_channel_op(EVTCHNOP_bind_ipi, &argument);

    if (result != 0)
        panic("cannot bind an inter-processor event: %d", (int)result);
    event_handle(argument.port, handler);
    return argument.port;
}

uint32_t event_own_domain(void) {
    struct evtchn_alloc_unbound request = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
    struct evtchn_status status = { .dom = DOMID_SELF };

    if (hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &request) != 0)
        panic("there is no port");
    status.port = request.port;
    if (hypercall_event_channel_op(EVTCHNOP_status, &status) != 0 || status.status != EVTCHNSTAT_unbound)
        panic("port %u is not unbound", request.port);
    hypercall_event_channel_op(EVTCHNOP_close, &(struct evtchn_close){ .port = request.port });
    return status.u.unbound.dom;
}

void event_mask(uint32_t port) {
    __asm__ volatile("lock btsl %1, %0" : "+m"(shared_info->evtchn_mask[port / 32]) : "r"(port % 32) : "cc");
}

void event_unmask(uint32_t port) {
    struct evtchn_unmask argument = { .port = port };
    long result = hypercall_event_channel_op(EVTCHNOP_unmask, &argument);

    if (result != 0)
        panic("cannot unmask event channel %u: %d", port, (int)result);
}

long event_send(uint32_t port) {
    struct evtchn_send argument = { .port = port };

    return hypercall_event_channel_op(EVTCHNOP_send, &argument);
}

bool event_wait(uint32_t port, uint64_t ns) {
    evtchn_port_t ports[1] = { port };
    struct sched_poll poll = { .nr_ports = 1, .timeout = clock_ns() + ns };
    uint8_t was;

    set_xen_guest_handle(poll.ports, ports);
    hypercall_sched_op(SCHEDOP_poll, &poll);
    __asm__ volatile("lock btrl %2, %0; setc %1"
                     : "+m"(shared_info->evtchn_pending[port / 32]), "=qm"(was) : "r"(port % 32) : "cc", "memory");
    return was != 0;
}

void events_dispatch(void) {
    volatile struct vcpu_info *vcpu = &shared_info->vcpu_info[0];
    uint32_t selector;

    vcpu->evtchn_upcall_pending = 0;
    selector = take(&vcpu->evtchn_pending_sel);
    while (selector != 0) {
        uint32_t word = (uint32_t)__builtin_ctz(selector);
        uint32_t pending = shared_info->evtchn_pending[word] & ~shared_info->evtchn_mask[word];

        selector &= selector - 1;
        while (pending != 0) {
            uint32_t port = word * 32 + (uint32_t)__builtin_ctz(pending);

            pending &= pending - 1;
            clear_pending(port);
            if (handlers[port] != NULL)
                handlers[port](port);
        }
    }
}
