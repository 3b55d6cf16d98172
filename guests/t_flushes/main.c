/*
 * t_flushes - every way there is to make the TLB forget, each a number of times that tests/test_run_flushes.py knows.
 *
 * The n-th kind of a table below is done n + 1 times, the four labels 11 to 14 times. What the hypervisor flushes for
 * reasons of its own (a table that is written, a frame that is given back, shadow pages that run out, another
 * descriptor table, a crowded map cache) happens at least once; `expected` makes the pool of shadow pages as small as
 * it may be. Expected outcome: success.
 */
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>
#include <xen/memory.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/mode.h"
#include "guests/lib/tables.h"
#include "xen/public/penumbra.h"

#define AREA 0x40000000u
#define TABLES 24u          /* more than the pool has pages */
#define CLEARED 4096u       /* twice the windows of the map cache */
#define BATCH 64u
#define FIRST_LABEL_COUNT 11u

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static unsigned long this_vcpu = 1, no_vcpu;

static void extended(struct mmuext_op operation, uint32_t times) {
    for (uint32_t i = 0; i < times; i++)
        check_equal(hypercall_mmuext_op(&operation, 1, NULL, DOMID_SELF), 0);
}

static void flush_by_mmuext(void) {
    static const uint32_t commands[] = {
        MMUEXT_TLB_FLUSH_LOCAL, MMUEXT_INVLPG_LOCAL, MMUEXT_TLB_FLUSH_MULTI, MMUEXT_INVLPG_MULTI, MMUEXT_TLB_FLUSH_ALL,
        MMUEXT_INVLPG_ALL,
    };
    struct mmuext_op operation = { .arg1.linear_addr = AREA };

    check_group("mmuext_op");
    for (uint32_t i = 0; i < COUNT_OF(commands); i++) {
        operation.cmd = commands[i];
        set_xen_guest_handle(operation.arg2.vcpumask, &this_vcpu);
        extended(operation, i + 1);
    }
    operation.cmd = MMUEXT_TLB_FLUSH_MULTI;
    set_xen_guest_handle(operation.arg2.vcpumask, &no_vcpu);
    extended(operation, 1);
}

static void flush_by_update(void) {
    const uint32_t flags[] = {
        UVMF_TLB_FLUSH | UVMF_LOCAL, UVMF_INVLPG | UVMF_LOCAL, UVMF_TLB_FLUSH | UVMF_MULTI | pointer_word(&this_vcpu),
        UVMF_INVLPG | UVMF_MULTI | pointer_word(&this_vcpu), UVMF_TLB_FLUSH | UVMF_ALL, UVMF_INVLPG | UVMF_ALL,
    };

    check_group("update_va_mapping");
    for (uint32_t i = 0; i < COUNT_OF(flags); i++)
        for (uint32_t times = 0; times < i + 1; times++)
            check_equal(hypercall_update_va_mapping(AREA, 0, flags[i]), 0);
}

static void flush_by_instruction(void) {
    uint32_t value;

    check_group("mov cr3, invlpg, base pointer, task switch");
    for (uint32_t i = 0; i < 7; i++)
        check_equal(tables_load(tables_directory()), 0);
    for (uint32_t i = 0; i < 8; i++)
        __asm__ volatile("movl %%cr3, %0\n\tmovl %0, %%cr3" : "=&r"(value) : : "memory");
    for (uint32_t i = 0; i < 9; i++)
        __asm__ volatile("invlpg (%0)" : : "r"(AREA) : "memory");
    __asm__ volatile("fninit");
    for (uint32_t i = 0; i < 10; i++) {
        check_equal(hypercall_fpu_taskswitch(1), 0);
        check_equal(hypercall_fpu_taskswitch(0), 0);
    }
}

static void flush_with_label(void) {
    static const uint32_t labels[] = {
        PENUMBRA_FLUSH_tlb_all, PENUMBRA_FLUSH_tlb_mm, PENUMBRA_FLUSH_tlb_range, PENUMBRA_FLUSH_tlb_page,
    };

    check_group("labels");
    for (uint32_t i = 0; i < COUNT_OF(labels); i++)
        for (uint32_t times = 0; times < FIRST_LABEL_COUNT + i; times++) {
            check_equal(hypercall_marker(PENUMBRA_MARKER_flush, labels[i], AREA, i < 2 ? 0 : 1, NULL), 0);
            if (i < 2)
                tables_flush();
            else
                tables_flush_page(AREA);
        }
}

/* A table becomes read-only, and with more tables than the pool has pages shadows make room for each other. */
static void write_tables(pte_t frame) {
    check_group("tables");
    for (uint32_t round = 0; round < 2; round++)
        for (uint32_t i = 1; i <= TABLES; i++) {
            if (round == 0)
                tables_set(tables_install(AREA + i * L2_SPAN), frame);
            check_equal(*(volatile uint32_t *)(AREA + i * L2_SPAN), 0);
        }
}

static void give_back(uint32_t pfn) {
    xen_pfn_t frame = boot_mfn_of(pfn);
    struct xen_memory_reservation request = { .nr_extents = 1, .domid = DOMID_SELF };

    check_group("a frame that goes");
    tables_set(tables_entry(AREA), tables_make(pfn, PTE_P | PTE_W | PTE_A | PTE_D));
    *(volatile uint32_t *)AREA = 1;
    if (!mode_tables_plain())                    /* elsewhere a frame that is mapped is not taken back */
        tables_set(tables_entry(AREA), 0);
    set_xen_guest_handle(request.extent_start, &frame);
    check_equal(hypercall_memory_op(XENMEM_decrease_reservation, &request), 1);
    tables_set(tables_entry(AREA), 0);
}

static void change_descriptor_table(void) {
    unsigned long frames[2][1];

    check_group("set_gdt");
    for (uint32_t i = 0; i < 2; i++) {
        void *page = page_take();

        page_protect(page, false);
        frames[i][0] = boot_mfn_of(page_frame(page));
    }
    for (uint32_t i = 0; i < 4; i++)
        check_equal(hypercall_set_gdt(frames[i % 2], 512), 0);
    check_equal(hypercall_set_gdt(frames[0], 0), 0);
}

static void crowd_map_cache(void) {
    struct mmuext_op operations[BATCH];

    check_group("clear_page");
    for (uint32_t done = 0; done < CLEARED; done += BATCH) {
        for (uint32_t i = 0; i < BATCH; i++)
            operations[i] = (struct mmuext_op){ .cmd = MMUEXT_CLEAR_PAGE, .arg1.mfn = boot_mfn_of(frame_take()) };
        check_equal(hypercall_mmuext_op(operations, BATCH, NULL, DOMID_SELF), 0);
    }
}

_Noreturn void guest_main(void) {
    pte_t frame = tables_make(page_frame(page_take()), PTE_P | PTE_A);

    tables_install(AREA);
    flush_by_mmuext();
    flush_by_update();
    flush_by_instruction();
    flush_with_label();
    write_tables(frame);
    give_back(frame_take());
    change_descriptor_table();
    crowd_map_cache();
    check_finish();
}
