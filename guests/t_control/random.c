/*
 * random.c - domctl, sysctl and their like at random, with numbers that often mean something: domains are made,
 * filled, get page tables, begin to run (and die of their first fetch), change their mode, and are destroyed in the
 * middle of it. Nothing is expected of the answers; the hypervisor's audits, the agent's oracle and the count of free
 * frames judge.
 */
#define __XEN_TOOLS__ 1
#include <stddef.h>
#include <stdint.h>

#include <xen/domctl.h>
#include <xen/errno.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/probe.h"
#include "guests/lib/random.h"
#include "guests/lib/string.h"
#include "guests/lib/tables.h"
#include "guests/t_control/requests.h"
#include "guests/t_control/t_control.h"

#define DOMAINS 4u
#define FRAMES 32u

static uint32_t ids[DOMAINS], accepted, tables_written, tables_used, watches;
static unsigned long frames[DOMAINS][FRAMES], shared_infos[DOMAINS];

/* One that was made (0: of a slot without one), seldom another number. */
static uint32_t domain(uint32_t slot) {
    return random_below(16) != 0 ? ids[slot] : random_below(2) ? random_below(200) : 0x7ff0 + random_below(16);
}

static unsigned long frame(uint32_t slot) {
    if (random_below(8) != 0)
        return frames[slot][random_below(FRAMES)];
    if (random_below(2))
        return shared_infos[slot];
    return random_below(2) ? boot_mfn_of(random_below(100)) : random_any() >> random_below(32);
}

static void make(uint32_t slot) {
    request.u.createdomain = (struct xen_domctl_createdomain){ .flags = random_below(16) == 0,
                                                              .max_vcpus = 1 + random_below(4) };
    if (ids[slot] == 0 && domctl(XEN_DOMCTL_createdomain, random_below(2) ? 0 : 100 + random_below(8)) == 0) {
        ids[slot] = request.domain;
        memset(frames[slot], 0, sizeof(frames[slot]));
        request.u.max_mem.max_memkb = random_below(2 * FRAMES) * 4;
        domctl(XEN_DOMCTL_max_mem, ids[slot]);
        domctl(XEN_DOMCTL_getdomaininfo, ids[slot]);
        shared_infos[slot] = (unsigned long)request.u.getdomaininfo.shared_info_frame;
    }
}

static void end(uint32_t slot) {
    if (ids[slot] != 0 && domctl(XEN_DOMCTL_destroydomain, ids[slot]) != -XEN_EINVAL)
        ids[slot] = 0;
}

static void change_memory(uint32_t slot) {
    static const uint32_t commands[] = {
        XENMEM_populate_physmap, XENMEM_increase_reservation, XENMEM_decrease_reservation,
    };
    struct xen_memory_reservation reservation = { .nr_extents = random_below(FRAMES), .domid = (domid_t)ids[slot] };
    uint32_t command = commands[random_below(3)];
    static unsigned long list[FRAMES];

    if (ids[slot] == 0)
        return;                                          /* it would be our own */
    for (uint32_t i = 0; i < FRAMES; i++)
        list[i] = command == XENMEM_populate_physmap ? random_below(2 * FRAMES) : frames[slot][i];
    set_xen_guest_handle(reservation.extent_start, list);
    if (hypercall_memory_op(command, &reservation) > 0 && command != XENMEM_decrease_reservation)
        memcpy(frames[slot], list, sizeof(list));
}

/*
 * Entries in a frame of the domain, most of them good ones, as far as it can be written: in shadow mode that is found
 * out by a fault.
 */
static void write_table(uint32_t slot) {
    static const uint32_t flags[] = { PTE_P, PTE_P | PTE_W, PTE_P | PTE_W | PTE_U, 0 };
    static void *window;

    if (window == NULL)
        window = page_take();
    if (hypercall(__HYPERVISOR_update_va_mapping_otherdomain, pointer_word(window),
                  frame(slot) << 12 | PTE_P | PTE_W | PTE_A | PTE_D, 0, UVMF_INVLPG, domain(slot)) != 0)
        return;
    for (uint32_t i = 0; i < 8; i++)
        tables_written += probe_write(pointer_word(window) + random_below(1008) * 4,
                                      (uint32_t)frame(slot) << 12 | flags[random_below(4)]);
    page_protect(window, true);
}

/* Its page tables and pages. */
static void use_tables(uint32_t slot) {
    static const uint32_t commands[] = {
        MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE, MMUEXT_UNPIN_TABLE, MMUEXT_CLEAR_PAGE, MMUEXT_COPY_PAGE,
        MMUEXT_TLB_FLUSH_LOCAL, MMUEXT_INVLPG_ALL, MMUEXT_PIN_L3_TABLE,
    };
    struct mmuext_op operations[4];
    uint32_t count = random_below(5);

    for (uint32_t i = 0; i < count; i++)
        operations[i] = (struct mmuext_op){ .cmd = random_below(16) ? commands[random_below(8)] : 40 + random_any(),
                                            .arg1.mfn = frame(slot), .arg2.src_mfn = frame(slot) };
    tables_used += hypercall_mmuext_op(operations, count, NULL, domain(slot)) == 0 && count != 0;
}

/* What can only be looked at. */
static void look(uint32_t slot) {
    static uint8_t buffer[sizeof(struct vcpu_guest_context)];
    struct xen_sysctl what = { .cmd = XEN_SYSCTL_readconsole };

    request.u.vcpucontext.vcpu = random_below(5);
    set_xen_guest_handle(request.u.vcpucontext.ctxt, random_below(8) ? (void *)buffer : (void *)random_any());
    domctl(XEN_DOMCTL_getvcpucontext, domain(slot));
    random_fill(&what.u.readconsole, sizeof(what.u.readconsole) / 4);
    what.u.readconsole.count = random_below(sizeof(buffer));
    set_xen_guest_handle(what.u.readconsole.buffer, random_below(8) ? (char *)buffer : (char *)0xfc000000);
    sysctl(&what);
}

static void set_context(uint32_t slot) {
    static struct vcpu_guest_context context;

    memset(&context, 0, sizeof(context));
    context.ctrlreg[3] = xen_pfn_to_cr3((uint32_t)frame(slot));
    context.flags = random_below(2) ? VGCF_online : random_any();
    context.user_regs.eip = random_any();
    context.user_regs.cs = random_below(2) ? FLAT_KERNEL_CS : random_any();
    context.user_regs.ss = random_below(2) ? FLAT_KERNEL_SS : random_any();
    context.user_regs.eflags = random_any();
    if (random_below(4) == 0) {
        context.gdt_frames[0] = frame(slot);
        context.gdt_ents = random_below(600);
        context.ldt_base = random_any();
        context.ldt_ents = random_below(3);
        context.debugreg[random_below(8)] = random_any();
    }
    request.u.vcpucontext.vcpu = random_below(5);
    set_xen_guest_handle(request.u.vcpucontext.ctxt, &context);
    accepted += domctl(XEN_DOMCTL_setvcpucontext, domain(slot)) == 0;
}

static void change(uint32_t slot) {
    switch (random_below(6)) {
    case 0:
        request.u.hypercall_init.gmfn = frame(slot);
        domctl(XEN_DOMCTL_hypercall_init, domain(slot));
        break;
    case 1:
        request.u.shadow_op = (struct xen_domctl_shadow_op){
            .op = random_below(4) != 0 ? XEN_DOMCTL_SHADOW_OP_ENABLE * random_below(2) : random_below(40),
            .mode = random_below(8) == 0,
        };
        domctl(XEN_DOMCTL_shadow_op, domain(slot));
        break;
    case 2:
        request.u.scheduler_op = (struct xen_domctl_scheduler_op){ .sched_id = XEN_SCHEDULER_CREDIT,
                                                                   .cmd = random_below(3) };
        request.u.scheduler_op.u.credit = (struct xen_domctl_sched_credit){ (uint16_t)random_any(),
                                                                            (uint16_t)random_below(200) };
        domctl(XEN_DOMCTL_scheduler_op, domain(slot));
        break;
    case 3:
        request.u.sendtrigger = (struct xen_domctl_sendtrigger){ .trigger = random_below(2), .vcpu = random_below(5) };
        domctl(XEN_DOMCTL_sendtrigger, domain(slot));
        break;
    case 4:
        domctl(random_below(2) ? XEN_DOMCTL_pausedomain : XEN_DOMCTL_unpausedomain, ids[slot] ? ids[slot] : 0x7eff);
        break;
    default:
        for (uint32_t i = 0; i < sizeof(request.u) / 4; i++)
            ((uint32_t *)&request.u)[i] = random_below(2) ? random_below(64) : random_any();
        if (ids[slot] != 0)
            domctl(3 + random_below(70), ids[slot]);
    }
}

/* The log of dirty frames, samples, and the pool: orders that mean something, and calls that pretend to go on. */
static void watch(uint32_t slot) {
    static const uint32_t operations[] = {
        XEN_DOMCTL_SHADOW_OP_OFF, XEN_DOMCTL_SHADOW_OP_ENABLE, XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY,
        XEN_DOMCTL_SHADOW_OP_PEEK, XEN_DOMCTL_SHADOW_OP_CLEAN, XEN_DOMCTL_SHADOW_OP_CLEAN,
        XEN_DOMCTL_SHADOW_OP_GET_ALLOCATION, XEN_DOMCTL_SHADOW_OP_SET_ALLOCATION, PENUMBRA_SHADOW_OP_SAMPLE_CLEAR,
        PENUMBRA_SHADOW_OP_SAMPLE_READ, PENUMBRA_SHADOW_OP_SAMPLE_STOP,
    };
    static uint8_t bitmap[4096];
    struct xen_domctl_shadow_op *op = &request.u.shadow_op;

    if (random_below(8) == 0) {
        request.u.paging_mempool.size = random_below(4) != 0 ? (uint64_t)(10 + random_below(100)) << 12
                                                             : (uint64_t)random_any() << random_below(20);
        domctl(random_below(4) == 0 ? XEN_DOMCTL_get_paging_mempool_size : XEN_DOMCTL_set_paging_mempool_size, domain(slot));
        return;
    }
    *op = (struct xen_domctl_shadow_op){ .op = operations[random_below(11)], .mb = random_below(4) };
    op->pages = random_below(4) != 0 ? random_below(8192) : random_any();
    op->stats.fault_count = random_below(4) != 0 ? random_below(8192) : random_any();
    op->mode = random_below(4) != 0 ? 0 : random_below(8);
    if (random_below(8) == 0)
        op->op |= 0x80000000;
    set_xen_guest_handle(op->dirty_bitmap, random_below(8) != 0 ? bitmap : random_below(2) ? NULL
                         : (uint8_t *)(uintptr_t)(0xfbffe000 + random_below(0x4000)));
    if (op->pages > 8 * sizeof(bitmap))
        op->pages = 8 * sizeof(bitmap);                  /* what lies behind is ours */
    watches += domctl(XEN_DOMCTL_shadow_op, domain(slot)) == 0;
}

static void use_channels(uint32_t slot) {
    struct evtchn_alloc_unbound unbound = { .dom = (domid_t)domain(slot),
                                            .remote_dom = random_below(2) ? 0 : (domid_t)ids[slot] };
    struct evtchn_bind_interdomain bind = { .remote_dom = unbound.dom };
    struct evtchn_reset reset = { .dom = unbound.dom };

    if (random_below(8) == 0)
        hypercall_event_channel_op(EVTCHNOP_reset, &reset);
    if (hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &unbound) != 0)
        return;
    bind.remote_port = unbound.port;
    if (hypercall_event_channel_op(EVTCHNOP_bind_interdomain, &bind) == 0)
        event_send(bind.local_port);
    if (random_below(4) == 0) {
        reset.dom = DOMID_SELF;
        hypercall_event_channel_op(EVTCHNOP_reset, &reset);
    }
}

void act_at_random(uint32_t steps, uint32_t seed) {
    static void (*const acts[])(uint32_t) = {
        make, make, end, change_memory, change_memory, set_context, change, change, use_channels, write_table,
        write_table, use_tables, use_tables, look, watch, watch, watch,
    };
    uint64_t before = free_frames();

    check_group("at random");
    probe_start();
    random_start(seed);
    for (uint32_t i = 0; i < steps; i++) {
        acts[random_below(sizeof(acts) / sizeof(acts[0]))](random_below(DOMAINS));
        if (random_below(16) == 0)
            event_wait(0, MILLISECOND);
    }
    print("%u contexts were accepted, %u entries written, %u times tables were used, %u watches\n", accepted,
          tables_written, tables_used, watches);
    check(accepted != 0 && tables_written != 0 && tables_used != 0 && watches > 100);
    for (uint32_t slot = 0; slot < DOMAINS; slot++)
        end(slot);
    for (uint32_t i = 0; i < 1000 && free_frames() != before; i++)
        event_wait(0, MILLISECOND);
    check_equal(free_frames(), before);
}
