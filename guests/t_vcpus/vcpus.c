/* vcpus.c - see vcpus.h. */
#include "guests/t_vcpus/vcpus.h"

#include <stddef.h>

#include <xen/vcpu.h>

#include "guests/lib/boot.h"
#include "guests/lib/clock.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"
#include "guests/lib/string.h"
#include "guests/t_vcpus/looks.h"

#define STACK_BYTES 4096
#define TICK_NS 5000000ull
#define EFLAGS_IOPL_1 0x1000u

struct report reports[VCPUS_MAX];
volatile bool stop;

static uint8_t stacks[VCPUS_MAX][STACK_BYTES] __attribute__((aligned(16)));
static uint32_t order_ports[VCPUS_MAX], timer_ports[VCPUS_MAX];

/* Which vcpu runs: by the stack that it runs on. */
static uint32_t here(void) {
    uint32_t esp;

    __asm__("movl %%esp, %0" : "=r"(esp));
    return (esp - pointer_word(stacks)) / STACK_BYTES;
}

long vcpu_initialise(uint32_t id, uint32_t mfn) {
    static struct vcpu_guest_context context;

    memset(&context, 0, sizeof(context));
    context.user_regs.eip = pointer_word(vcpu_start);
    context.user_regs.cs = FLAT_KERNEL_CS;
    context.user_regs.ds = context.user_regs.es = context.user_regs.ss = FLAT_KERNEL_DS;
    context.user_regs.esp = pointer_word(stacks[id]) + STACK_BYTES;
    context.user_regs.ebx = id;
    context.user_regs.eflags = id % 2 ? EFLAGS_IOPL_1 : 0;
    context.trap_ctxt[13] = (struct trap_info){ 13, 0, FLAT_KERNEL_CS, pointer_word(vcpu_protection) };
    context.kernel_ss = FLAT_KERNEL_DS;
    context.kernel_sp = context.user_regs.esp;
    context.event_callback_cs = FLAT_KERNEL_CS;
    context.event_callback_eip = pointer_word(vcpu_event);
    context.ctrlreg[3] = xen_pfn_to_cr3(mfn);
    return hypercall_vcpu_op(VCPUOP_initialise, id, &context);
}

void vcpu_bind(uint32_t id) {
    struct evtchn_bind_ipi ipi = { .vcpu = id };
    struct evtchn_bind_virq virq = { .virq = VIRQ_TIMER, .vcpu = id };
    struct evtchn_unmask unmask;

    if (hypercall_event_channel_op(EVTCHNOP_bind_ipi, &ipi) != 0 ||
        hypercall_event_channel_op(EVTCHNOP_bind_virq, &virq) != 0)
        panic("vcpu %u gets no ports", id);
    order_ports[id] = ipi.port;
    timer_ports[id] = virq.port;
    unmask.port = ipi.port;
    hypercall_event_channel_op(EVTCHNOP_unmask, &unmask);
    unmask.port = virq.port;
    hypercall_event_channel_op(EVTCHNOP_unmask, &unmask);
}

void vcpu_order(uint32_t id, enum order order) {
    struct evtchn_send send = { .port = order_ports[id] };

    reports[id].order = order;
    if (hypercall_event_channel_op(EVTCHNOP_send, &send) != 0)
        panic("vcpu %u cannot be told", id);
}

void vcpu_wait(uint32_t id) {
    while (reports[id].order != ORDER_NONE)
        hypercall_sched_op(SCHEDOP_yield, NULL);
}

static bool take_pending(uint32_t port) {
    uint8_t was;

    __asm__ volatile("lock btrl %2, %1\n\tsetc %0"
                     : "=q"(was), "+m"(shared_info->evtchn_pending[port / 32]) : "r"(port % 32) : "cc", "memory");
    return was;
}

void vcpu_handle_event(void) {
    uint32_t id = here();
    volatile struct vcpu_info *info = &shared_info->vcpu_info[id];

    reports[id].id = id;
    info->evtchn_upcall_pending = 0;
    info->evtchn_pending_sel = 0;
    if (take_pending(order_ports[id]))
        reports[id].events++;
    if (take_pending(timer_ports[id]))
        reports[id].ticks++;
}

/* A timer of its own, three times; the periodic one stops meanwhile. */
static uint32_t use_timer(uint32_t id) {
    uint32_t before;

    hypercall_vcpu_op(VCPUOP_stop_periodic_timer, id, NULL);
    before = reports[id].ticks;
    for (uint32_t i = 0; i < 3; i++) {
        uint64_t deadline = clock_ns() + TICK_NS * (id + 1);

        hypercall_set_timer_op(deadline);
        while (reports[id].ticks == before + i)
            hypercall_sched_op(SCHEDOP_block, NULL);
        if (clock_ns() < deadline)
            return 0;
    }
    return reports[id].ticks - before;
}

static void carry_out(uint32_t id) {
    struct report *report = &reports[id];

    switch (report->order) {
    case ORDER_SPIN:
        while (!stop)
            report->turns++;
        break;
    case ORDER_LOOK:
        report->seen = look_at_page();
        break;
    case ORDER_SEGMENT:
        report->seen = look_through_segment(id);
        break;
    case ORDER_FPU:
        report->seen = look_at_fpu(id);
        break;
    case ORDER_TIMER:
        report->seen = use_timer(id);
        break;
    case ORDER_PORT:
        report->seen = look_at_port();
        break;
    case ORDER_DOWN:
        report->order = ORDER_NONE;
        report->done++;
        hypercall_vcpu_op(VCPUOP_down, id, NULL);
        return;
    }
    report->done++;
    report->order = ORDER_NONE;
}

void vcpu_main(uint32_t id) {
    reports[id].begun++;
    for (;;) {
        shared_info->vcpu_info[id].evtchn_upcall_mask = 1;
        while (reports[id].order == ORDER_NONE) {
            hypercall_sched_op(SCHEDOP_block, NULL);     /* enables events */
            shared_info->vcpu_info[id].evtchn_upcall_mask = 1;
        }
        shared_info->vcpu_info[id].evtchn_upcall_mask = 0;
        carry_out(id);
    }
}
