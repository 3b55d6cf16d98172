/*
 * t_segments - descriptor tables of the guest: what may stand in them, and that nothing in them reaches the hypervisor.
 *
 * Expected outcome: success.
 */
#include <stddef.h>

#include <xen/errno.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/string.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"

/* The last address that a guest's segment may reach is below this. */
#define SEGMENT_END 0xfc400000u

static volatile uint32_t faults, fault_vector, fault_resume;
static uint64_t *gdt;
static unsigned long gdt_frames[1];

static void fault(struct trap_frame *frame) {
    faults++;
    fault_vector = frame->vector;
    if (fault_resume == 0)
        check_stop("a fault where none is expected");
    frame->eip = fault_resume;
    fault_resume = 0;
}

static uint64_t descriptor(uint32_t base, uint32_t limit, uint32_t access, uint32_t flags) {
    uint32_t high = (base & 0xff000000) | flags << 20 | (limit & 0xf0000) | access << 8 | (base >> 16 & 0xff);

    return (uint64_t)high << 32 | base << 16 | (limit & 0xffff);
}

#define GRANULAR 0xcu        /* 4 KiB units, 32 bits */
#define BYTES 0x4u           /* bytes, 32 bits */
#define DATA_RING1 0xb3u
#define DATA_RING3 0xf3u
#define DATA_RING0 0x93u
#define CODE_RING1 0xbbu

/* Put a descriptor into slot of the live table. */
static long put(uint32_t slot, uint64_t value) {
    return hypercall_update_descriptor((uint64_t)gdt_frames[0] << 12 | slot * 8, value);
}

/* Read a word through fs loaded with selector. False: loading or reading faulted. */
static bool read_through(uint32_t selector, uint32_t offset, uint32_t *value) {
    uint32_t before = faults, got = 0;

    __asm__ volatile("movl $1f, fault_resume\n\t"
                     "movl %2, %%fs\n\t"
                     "movl %%fs:(%1), %0\n"
                     "1:"
                     : "+r"(got)
                     : "r"(offset), "r"(selector)
                     : "memory");
    fault_resume = 0;
    __asm__ volatile("movl %0, %%fs" : : "r"(0));
    *value = got;
    return faults == before;
}

static void check_table(void) {
    uint32_t value;

    check_group("set_gdt");
    gdt = page_take();
    gdt_frames[0] = boot_mfn_of(page_frame(gdt));
    gdt[1] = descriptor(0, 0xfbfff, DATA_RING1, GRANULAR);
    gdt[2] = descriptor(0xc0100000, 0xfff, DATA_RING1, BYTES);
    *(volatile pte_t *)tables_entry(pointer_word(gdt)) &= ~PTE_W;
    tables_flush_page(pointer_word(gdt));
    check_equal(hypercall_set_gdt(gdt_frames, 512), 0);
    check(read_through(1 << 3 | 1, pointer_word(&gdt[1]), &value) && value == (uint32_t)gdt[1]);
    check(read_through(2 << 3 | 1, 0, &value) && value == *(volatile uint32_t *)0xc0100000);
    check(!read_through(2 << 3 | 1, 0x1000, &value));        /* beyond its limit */
    check_equal(fault_vector, 13);
    check(!read_through(5 << 3 | 1, 0, &value));             /* an empty descriptor */
}

static void check_update(void) {
    uint32_t value;

    check_group("update_descriptor");
    check_equal(put(4, descriptor(pointer_word(gdt), 15, DATA_RING1, BYTES)), 0);
    check(read_through(4 << 3 | 1, 8, &value) && value == (uint32_t)gdt[1]);
    check(!read_through(4 << 3 | 1, 13, &value));
    check_equal(put(4, 0), 0);
    check(!read_through(4 << 3 | 1, 8, &value));
}

/* Descriptors that would be dangerous: refused, or made harmless. */
static void check_dangerous(void) {
    static const struct {
        const char *what;
        uint32_t access;
    } systems[] = {
        { "16-bit TSS", 0x81 }, { "LDT", 0x82 }, { "task gate", 0x85 }, { "16-bit interrupt gate", 0x86 },
        { "TSS", 0x89 }, { "busy TSS", 0x8b }, { "interrupt gate", 0x8e }, { "trap gate", 0xef },
    };
    uint32_t value;

    check_group("dangerous descriptors");
    for (uint32_t i = 0; i < sizeof(systems) / sizeof(systems[0]); i++) {
        if (!check_equal(put(6, descriptor(0xc0100000, 0x67, systems[i].access, 0)), -XEN_EINVAL))
            print("  it is a %s\n", systems[i].what);
    }
    /* A call gate may lead to the guest's code, but to no ring 0. */
    check_equal(put(6, (uint64_t)0xc010 << 48 | 0xec00ull << 32 | (uint64_t)0xe008 << 16), -XEN_EINVAL);

    /* Level 0 becomes level 1. */
    check_equal(put(6, descriptor(0, 0xfbfff, DATA_RING0, GRANULAR)), 0);
    check_equal((uint32_t)(gdt[6] >> 45) & 3, 1);
    check(read_through(6 << 3 | 1, 0xc0100000, &value));

    /* A limit that would reach the hypervisor is cut, or the descriptor refused. */
    if (put(6, descriptor(0, 0xfffff, DATA_RING1, GRANULAR)) == 0) {
        check(read_through(6 << 3 | 1, 0xc0100000, &value));
        check(!read_through(6 << 3 | 1, SEGMENT_END, &value));
        check(!read_through(6 << 3 | 1, 0xfe000000, &value));
        check(!read_through(6 << 3 | 1, 0xfffffffc, &value));
        check_equal(fault_vector, 13);
    }
    /* A base in the hypervisor, and one from which addresses would wrap. */
    check_equal(put(6, descriptor(0xfd000000, 0xfff, DATA_RING1, BYTES)), -XEN_EINVAL);
    check_equal(put(6, descriptor(0xfffff000, 0xfff, DATA_RING1, BYTES)), -XEN_EINVAL);
    if (put(6, descriptor(0xc0000000, 0xfffff, DATA_RING1, GRANULAR)) == 0) {
        check(!read_through(6 << 3 | 1, 0x3e000000, &value));        /* 0xfe000000 */
        check(!read_through(6 << 3 | 1, 0x3c400000, &value));
    }
    /* Expand-down: everything above the limit. */
    if (put(6, descriptor(0, 0, 0xb7, GRANULAR)) == 0) {
        check(!read_through(6 << 3 | 1, 0xfe000000, &value));
        check(!read_through(6 << 3 | 1, 0xfffffffc, &value));
    }
    check_equal(put(6, 0), 0);
}

/* A writable page cannot be a descriptor table, nor a table become writable. */
static void check_types(void) {
    uint64_t *other = page_take();
    unsigned long frames[1] = { boot_mfn_of(page_frame(other)) };
    volatile pte_t *entry = tables_entry(pointer_word(gdt));
    uint32_t before = faults;

    check_group("table frames");
    other[1] = descriptor(0, 0xfffff, 0x89, 0);              /* a TSS in it: the frame cannot be a table */
    *(volatile pte_t *)tables_entry(pointer_word(other)) &= ~PTE_W;
    tables_flush_page(pointer_word(other));
    check_equal(hypercall_set_gdt(frames, 512), -XEN_EINVAL);

    *entry |= PTE_W;
    tables_flush_page(pointer_word(gdt));
    __asm__ volatile("movl $1f, fault_resume\n\tmovl %1, %0\n1:" : "=m"(gdt[3]) : "r"(0x1234));
    fault_resume = 0;
    check(faults == before + 1 || gdt[3] == 0x1234);
    check_equal(faults, before + 1);                         /* the table in use stayed read-only */
    *entry &= ~PTE_W;
    tables_flush_page(pointer_word(gdt));
}

static void check_ldt(void) {
    uint64_t *table = page_take();
    struct mmuext_op operation = { .cmd = MMUEXT_SET_LDT, .arg1.linear_addr = pointer_word(table), .arg2.nr_ents = 4 };
    uint32_t value;

    check_group("LDT");
    table[0] = descriptor(0xc0100000, 0xfff, DATA_RING1, BYTES);
    table[2] = descriptor(0, 0xfffff, 0x89, 0);
    *(volatile pte_t *)tables_entry(pointer_word(table)) &= ~PTE_W;
    tables_flush_page(pointer_word(table));
    check_equal(hypercall_mmuext_op(&operation, 1, NULL, DOMID_SELF), 0);
    check(!read_through(0 << 3 | 4 | 1, 0, &value));         /* its frame holds a TSS: nothing in it can be used */
    operation.arg2.nr_ents = 0;
    check_equal(hypercall_mmuext_op(&operation, 1, NULL, DOMID_SELF), 0);

    *(volatile pte_t *)tables_entry(pointer_word(table)) |= PTE_W;
    tables_flush_page(pointer_word(table));
    table[2] = descriptor(0, 0xfbfff, CODE_RING1, GRANULAR);
    *(volatile pte_t *)tables_entry(pointer_word(table)) &= ~PTE_W;
    tables_flush_page(pointer_word(table));
    operation.arg2.nr_ents = 4;
    check_equal(hypercall_mmuext_op(&operation, 1, NULL, DOMID_SELF), 0);
    check(read_through(0 << 3 | 4 | 1, 0, &value) && value == *(volatile uint32_t *)0xc0100000);
    check(!read_through(1 << 3 | 4 | 1, 0, &value));
    check(!read_through(7 << 3 | 4 | 1, 0, &value));         /* beyond the table */
    operation.arg2.nr_ents = 0;
    check_equal(hypercall_mmuext_op(&operation, 1, NULL, DOMID_SELF), 0);
    check(!read_through(0 << 3 | 4 | 1, 0, &value));
}

_Noreturn void guest_main(void) {
    traps_install();
    for (uint32_t vector = 0; vector < 32; vector++)
        trap_handle(vector, fault);
    check_table();
    check_update();
    check_dangerous();
    check_types();
    check_ldt();
    check_equal(hypercall_set_gdt(gdt_frames, 0), 0);
    check_finish();
}
