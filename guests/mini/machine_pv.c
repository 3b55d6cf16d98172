/*
 * machine_pv.c - the paravirtual machine, but for its page tables (see machine.h and mmu.h).
 *
 * A flush goes down in one multicall together with the marker that names it, so that the trace can tell the guest's
 * reasons apart.
 */
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/physdev.h>

#include "guests/lib/boot.h"
#include "guests/lib/events.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"
#include "guests/lib/traps.h"
#include "guests/mini/counters.h"
#include "guests/mini/kernel_traps.h"
#include "guests/mini/machine.h"
#include "guests/mini/mmu.h"

/* As many pages one by one as Linux once found cheaper than forgetting everything. */
#define SINGLE_PAGES 8
/* As the hypervisor lets the clock of a new domain tick. */
#define TICK_NS 10000000u

#define CR4_PGE 0x80u

static void (*clock_tick)(void);
static uint32_t mode;            /* MODE_* */

static pte_t pv_make_entry(uint32_t pfn, pte_t flags) {
    return boot_mfn_of(pfn) << PAGE_SHIFT | flags;
}

static uint32_t pv_entry_frame(pte_t entry) {
    return boot_pfn_of(entry >> PAGE_SHIFT);
}

/* Fill one entry of a multicall. */
static void call(struct multicall_entry *entry, uint32_t number, uint32_t a, uint32_t b, uint32_t c, uint32_t d) {
    *entry = (struct multicall_entry){ .op = number, .args = { a, b, c, d } };
}

static void run_calls(struct multicall_entry *entries, uint32_t count) {
    long result = hypercall_multicall(entries, count);

    for (uint32_t i = 0; i < count; i++) {
        if (result != 0 || entries[i].result != 0)
            panic("hypercall %u in a multicall: %d, %d", (uint32_t)entries[i].op, (int)result, (int)entries[i].result);
    }
}

static void base_operation(struct mmuext_op *operation, uint32_t pfn) {
    *operation = (struct mmuext_op){ .cmd = MMUEXT_NEW_BASEPTR, .arg1.mfn = boot_mfn_of(pfn) };
}

static void pv_load_base(uint32_t pfn) {
    struct mmuext_op operation;
    long result;

    machine->mmu->settle();
    base_operation(&operation, pfn);
    result = hypercall_mmuext_op(&operation, 1, NULL, DOMID_SELF);
    if (result != 0)
        panic("the hypervisor refused base pointer pfn %x: %d", pfn, (int)result);
}

static void pv_switch_context(uint32_t pfn, uint32_t stack_top, bool fpu_trap) {
    struct multicall_entry entries[3];
    struct mmuext_op operation;
    uint32_t count = 0;

    machine->mmu->settle();
    call(&entries[count++], __HYPERVISOR_stack_switch, FLAT_KERNEL_SS, stack_top, 0, 0);
    call(&entries[count++], __HYPERVISOR_fpu_taskswitch, fpu_trap, 0, 0, 0);
    if (pfn != 0) {
        base_operation(&operation, pfn);
        call(&entries[count++], __HYPERVISOR_mmuext_op, pointer_word(&operation), 1, 0, DOMID_SELF);
    }
    run_calls(entries, count);
}

static void pv_flush(enum flush_kind kind, uint32_t linear, uint32_t pages) {
    struct multicall_entry entries[2];
    struct mmuext_op operations[SINGLE_PAGES];
    uint32_t count = 1;

    machine->mmu->settle();
    if (kind == FLUSH_TLB_ALL) {
        operations[0] = (struct mmuext_op){ .cmd = MMUEXT_TLB_FLUSH_ALL };
    } else if (kind == FLUSH_TLB_MM || pages > SINGLE_PAGES) {
        operations[0] = (struct mmuext_op){ .cmd = MMUEXT_TLB_FLUSH_LOCAL };
    } else {
        for (count = 0; count < pages; count++) {
            operations[count].cmd = MMUEXT_INVLPG_LOCAL;
            operations[count].arg1.linear_addr = linear + count * PAGE_SIZE;
        }
    }
    call(&entries[0], PENUMBRA_HYPERVISOR_marker, PENUMBRA_MARKER_flush, kind, linear, pages);
    call(&entries[1], __HYPERVISOR_mmuext_op, pointer_word(operations), count, 0, DOMID_SELF);
    run_calls(entries, 2);
}

/* CR4 is refused when the domain may have no global pages. */
static bool pv_let_global(void) {
    uint32_t cr4;

    if (mode != MODE_shadow)
        return false;
    kernel_expected = (struct expected_trap){ 0 };
    __asm__ volatile("movl $1f, %1\n movl $2f, %2\n movl %%cr4, %0\n orl %3, %0\n1: movl %0, %%cr4\n2:"
                     : "=&r"(cr4), "=m"(kernel_expected.at), "=m"(kernel_expected.behind)
                     : "i"(CR4_PGE)
                     : "memory");
    kernel_expected.at = 0;
    return !kernel_expected.taken;
}

static bool pv_large_page(uint32_t pfn) {
    uint32_t i = 0, mfn = boot_mfn_of(pfn);

    while (i < TABLE_ENTRIES && boot_mfn_of(pfn + i) == mfn + i)
        i++;
    return mode == MODE_shadow && mfn % TABLE_ENTRIES == 0 && i == TABLE_ENTRIES;
}

static void timer_event(uint32_t port) {
    (void)port;
    clock_tick();
}

static void pv_start_clock(void (*tick)(void)) {
    clock_tick = tick;
    event_bind_virq(VIRQ_TIMER, timer_event);
}

static void pv_idle(void) {
    hypercall_sched_op(SCHEDOP_block, NULL);     /* enables events, and returns when one is pending */
    events_disable();
}

static void pv_name_process(uint32_t pfn, uint32_t pid, const char *name) {
    hypercall_marker(PENUMBRA_MARKER_process, boot_mfn_of(pfn), pid, 0, name);
}

static void pv_pause_clock(bool pause) {
    struct vcpu_set_periodic_timer timer = { .period_ns = TICK_NS };

    if (pause)
        hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL);
    else
        hypercall_vcpu_op(VCPUOP_set_periodic_timer, 0, &timer);
}

/* The virtual I/O privilege level: ports that the domain has no right to read as nothing. */
static void pv_open_ports(void) {
    struct physdev_set_iopl level = { .iopl = 1 };

    hypercall(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, pointer_word(&level), 0, 0, 0);
}

static void pv_measure(uint32_t number, uint32_t operations, const char *name) {
    hypercall_marker(operations != 0 ? PENUMBRA_MARKER_measure_end : PENUMBRA_MARKER_measure_begin, number, operations, 0,
                     name);
}

static uint32_t pv_mode(void) {
    return mode;
}

static int32_t pv_change_mode(uint32_t to);

static struct machine pv = {
    .name = "paravirtual",
    .mode = pv_mode,
    .mode_name = mmu_mode_name,
    .change_mode = pv_change_mode,
    .make_entry = pv_make_entry,
    .entry_frame = pv_entry_frame,
    .load_base = pv_load_base,
    .release_boot_directory = mmu_unpin_directory,       /* the builder pins it in every mode */
    .switch_context = pv_switch_context,
    .flush = pv_flush,
    .let_global = pv_let_global,
    .large_page = pv_large_page,
    .start_clock = pv_start_clock,
    .idle = pv_idle,
    .pause_clock = pv_pause_clock,
    .open_ports = pv_open_ports,
    .measure = pv_measure,
    .name_process = pv_name_process,
};

const struct machine *machine = &pv;

static int32_t pv_change_mode(uint32_t to) {
    int32_t result = mmu_mode_change(mode, to);

    if (result != 0)
        return result;
    if (mode != to) {
        counters.mode_changes++;
        counters.mode_kinds[mode][to]++;
    }
    mode = to;
    pv.mmu = mmu_for_mode(to);
    return 0;
}

void machine_choose(void) {
    mode = mmu_mode_at_boot();
    pv.mmu = mmu_for_mode(mode);
}
