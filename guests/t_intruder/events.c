/* events.c - noise; see attacks.h. */
#include <stddef.h>

#include "guests/lib/boot.h"
#include "guests/lib/clock.h"
#include "guests/lib/console.h"
#include "guests/lib/events.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/random.h"
#include "guests/lib/traps.h"
#include "guests/t_intruder/attacks.h"


static volatile uint32_t heard;

static void hear(uint32_t port) {
    (void)port;
    heard++;
}

/* Events for itself as fast as it can, its clock as fast as it goes. */
void attack_event_storm(void) {
    struct vcpu_set_periodic_timer period = { .period_ns = MILLISECOND };
    uint32_t ports[8];
    uint64_t end = clock_ns() + boot_number("ms", 300) * MILLISECOND;

    event_bind_virq(VIRQ_TIMER, hear);
    for (uint32_t i = 0; i < 8; i++)
        ports[i] = event_bind_ipi(hear);
    hypercall_vcpu_op(VCPUOP_set_periodic_timer, 0, &period);
    events_enable();
    while (clock_ns() < end) {
        event_send(ports[random_any() % 8]);
        hypercall_set_timer_op(clock_ns() + 1);
        hypercall_sched_op(SCHEDOP_yield, NULL);
    }
}

/* What a terminal could mistake for commands. */
void attack_console(void) {
    static char junk[200];

    for (uint32_t line = 0; line < 20; line++) {
        for (uint32_t i = 0; i < sizeof(junk); i++)
            junk[i] = (char)(1 + random_any() % 31);
        hypercall_console_io(CONSOLEIO_write, sizeof(junk), junk);
    }
    hypercall_console_io(CONSOLEIO_write, 0x7fffffff, (const char *)0xfbfffff0);
    print("\n");
}

/* Ports of other domains, and every port that there could be. */
void attack_ports_of_others(void) {
    for (uint32_t domain = 0; domain < 40; domain++) {
        struct evtchn_bind_interdomain bind = { .remote_dom = (domid_t)domain, .remote_port = random_any() % 64 };
        struct evtchn_alloc_unbound allocate = { .dom = (domid_t)domain, .remote_dom = DOMID_SELF };
        struct evtchn_reset reset = { .dom = (domid_t)domain };
        struct evtchn_status status = { .dom = (domid_t)domain, .port = 1 };

        hypercall_event_channel_op(EVTCHNOP_bind_interdomain, &bind);
        hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &allocate);
        hypercall_event_channel_op(EVTCHNOP_reset, &reset);
        hypercall_event_channel_op(EVTCHNOP_status, &status);
    }
    for (uint32_t i = 0; i < 5000; i++) {
        struct evtchn_alloc_unbound allocate = { .dom = DOMID_SELF, .remote_dom = (domid_t)(random_any() % 20) };
        struct evtchn_send send = { .port = random_any() % 5000 };

        hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &allocate);
        hypercall_event_channel_op(EVTCHNOP_send, &send);
    }
}
