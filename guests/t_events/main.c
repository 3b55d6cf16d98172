/*
 * t_events - event channels and time: binding, masks, delivery, waiting, timers.
 *
 * Expected outcome: success.
 */
#include <stddef.h>

#include <xen/errno.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/clock.h"
#include "guests/lib/console.h"
#include "guests/lib/events.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/traps.h"

#define MILLISECOND 1000000ull

static volatile uint32_t timer_events, events_a, events_b;
static volatile uint32_t order;          /* the ports in order of arrival, one digit each */
static uint32_t timer_port, port_a, port_b;

static void on_timer(uint32_t port) {
    (void)port;
    timer_events++;
}

static void on_a(uint32_t port) {
    (void)port;
    events_a++;
    order = order * 10 + 1;
}

static void on_b(uint32_t port) {
    (void)port;
    events_b++;
    order = order * 10 + 2;
}

static bool is_pending(uint32_t port) {
    return (shared_info->evtchn_pending[port / 32] >> (port % 32) & 1) != 0;
}

static void check_ports(void) {
    struct evtchn_status status = { .dom = DOMID_SELF };

    check_group("ports");
    check(port_a != port_b && port_a != 0 && port_b != 0);
    status.port = timer_port;
    check_equal(hypercall_event_channel_op(EVTCHNOP_status, &status), 0);
    check(status.status == EVTCHNSTAT_virq && status.u.virq == VIRQ_TIMER && status.vcpu == 0);
    status.port = port_a;
    check_equal(hypercall_event_channel_op(EVTCHNOP_status, &status), 0);
    check_equal(status.status, EVTCHNSTAT_ipi);
    status.port = 700;
    check_equal(hypercall_event_channel_op(EVTCHNOP_status, &status), 0);
    check_equal(status.status, EVTCHNSTAT_closed);
}

static void check_masks(void) {
    check_group("masks");
    events_enable();
    check_equal(event_send(port_a), 0);
    check_equal(events_a, 1);
    event_mask(port_a);
    check_equal(event_send(port_a), 0);
    check_equal(events_a, 1);
    check(is_pending(port_a));
    check_equal(shared_info->vcpu_info[0].evtchn_upcall_pending, 0);     /* a masked port does not ask for an upcall */
    event_unmask(port_a);                        /* the hypercall raises what has waited */
    check_equal(events_a, 2);
    check(!is_pending(port_a));

    events_disable();
    check_equal(event_send(port_b), 0);
    check_equal(event_send(port_a), 0);
    check(events_a == 2 && events_b == 0);
    order = 0;
    events_enable();
    check(events_a == 3 && events_b == 1);       /* both in one upcall, the lower port first */
    check_equal(order, port_a < port_b ? 12 : 21);
}

static void check_polling(void) {
    evtchn_port_t port = port_a;
    struct sched_poll poll = { .nr_ports = 1 };
    uint64_t start;

    check_group("polling");
    set_xen_guest_handle(poll.ports, &port);
    events_disable();
    event_mask(port_a);
    check_equal(event_send(port_a), 0);
    check_equal(hypercall_sched_op(SCHEDOP_poll, &poll), 0);     /* pending already: at once, and delivers nothing */
    check(is_pending(port_a));
    shared_info->evtchn_pending[port_a / 32] &= ~(1ul << port_a % 32);

    start = clock_ns();
    poll.timeout = start + 25 * MILLISECOND;
    check_equal(hypercall_sched_op(SCHEDOP_poll, &poll), 0);
    check(clock_ns() >= start + 25 * MILLISECOND);
    check(!is_pending(port_a));
    event_unmask(port_a);
}

static void check_one_shot(void) {
    struct vcpu_set_singleshot_timer set;
    uint64_t start;
    uint32_t before;

    check_group("one-shot timers");
    events_enable();
    start = clock_ns();
    before = timer_events;
    check_equal(hypercall_set_timer_op(start + 30 * MILLISECOND), 0);
    events_disable();
    while (timer_events == before) {
        hypercall_sched_op(SCHEDOP_block, NULL);
        events_disable();
    }
    check(clock_ns() >= start + 30 * MILLISECOND);
    check(clock_ns() < start + 60 * MILLISECOND);

    events_enable();
    start = clock_ns();
    before = timer_events;
    set = (struct vcpu_set_singleshot_timer){ .timeout_abs_ns = start + 20 * MILLISECOND };
    check_equal(hypercall_vcpu_op(VCPUOP_set_singleshot_timer, 0, &set), 0);
    while (timer_events == before && clock_ns() < start + 500 * MILLISECOND)
        ;                                        /* busy: the interrupt comes by itself */
    check(timer_events > before);
    check(clock_ns() >= start + 20 * MILLISECOND && clock_ns() < start + 60 * MILLISECOND);

    /* A deadline in the past is due at once; a stopped timer never is. */
    before = timer_events;
    check_equal(hypercall_set_timer_op(1), 0);
    check_equal(timer_events, before + 1);
    check_equal(hypercall_set_timer_op(clock_ns() + 10 * MILLISECOND), 0);
    check_equal(hypercall_set_timer_op(0), 0);
    start = clock_ns();
    before = timer_events;
    while (clock_ns() < start + 40 * MILLISECOND)
        ;
    check_equal(timer_events, before);
}

static void check_periodic(void) {
    struct vcpu_set_periodic_timer set = { .period_ns = 5 * MILLISECOND };
    uint64_t start;
    uint32_t before, got;

    check_group("periodic timer");
    check_equal(hypercall_vcpu_op(VCPUOP_set_periodic_timer, 0, &set), 0);
    start = clock_ns();
    before = timer_events;
    while (clock_ns() < start + 100 * MILLISECOND)
        ;
    got = timer_events - before;
    print("%u ticks of 5 ms in 100 ms\n", got);
    check(got >= 18 && got <= 22);
}

static void check_block(void) {
    uint32_t before;

    check_group("blocking");
    events_disable();
    check_equal(event_send(port_b), 0);
    before = events_b;
    check_equal(hypercall_sched_op(SCHEDOP_block, NULL), 0);     /* pending: it does not wait, it delivers */
    check_equal(events_b, before + 1);
    check_equal(shared_info->vcpu_info[0].evtchn_upcall_mask, 0);
    before = timer_events;
    events_disable();
    check_equal(hypercall(__HYPERVISOR_sched_op_compat, SCHEDOP_block, 0, 0, 0, 0), 0);
    check(timer_events > before);
}

static void check_time(void) {
    struct vcpu_runstate_info runstate = { 0 };
    uint64_t last = clock_ns(), now;
    uint32_t backwards = 0;

    check_group("time");
    for (uint32_t i = 0; i < 2000; i++) {
        now = clock_ns();
        backwards += now < last;
        last = now;
    }
    check_equal(backwards, 0);
    check(shared_info->wc_sec > 0);
    check_equal(hypercall_vcpu_op(VCPUOP_get_runstate_info, 0, &runstate), 0);
    check_equal(runstate.state, RUNSTATE_running);
    check(runstate.time[RUNSTATE_running] > 0 && runstate.time[RUNSTATE_blocked] > 0);
}

static void check_closing(void) {
    struct evtchn_close close = { port_a };

    check_group("closing");
    check_equal(hypercall_event_channel_op(EVTCHNOP_close, &close), 0);
    check_errno(event_send(port_a), XEN_EINVAL);
    close.port = timer_port;
    check_equal(hypercall_event_channel_op(EVTCHNOP_close, &close), 0);
    check(event_bind_virq(VIRQ_TIMER, on_timer) != 0);           /* free to be bound again */
}

_Noreturn void guest_main(void) {
    traps_install();
    timer_port = event_bind_virq(VIRQ_TIMER, on_timer);
    port_a = event_bind_ipi(on_a);
    port_b = event_bind_ipi(on_b);
    check_ports();
    check_masks();
    check_equal(hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
    check_polling();
    check_one_shot();
    check_periodic();
    check_block();
    check_time();
    check_closing();
    check_finish();
}
