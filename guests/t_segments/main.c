/*
 * t_segments - descriptor tables of the guest: what may stand in them, and that nothing in them reaches the hypervisor.
 *
 * The GDT and update_descriptor (this file), the LDT under two page directories (ldt.c), thread-local storage and the
 * kernel's stack selector as ring 3 uses them (user.c). Works in every paging mode: mappings change by hypercalls only.
 * Expected outcome: success.
 */
#include "guests/t_segments/t_segments.h"

#include <stddef.h>

#include <xen/errno.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/string.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"
#include "guests/lib/user.h"

/* The last address that a guest's segment may reach is below this. */
#define SEGMENT_END 0xfc400000u

volatile uint32_t faults, fault_vector, fault_resume;
uint64_t *gdt;
unsigned long gdt_frames[1];

static void fault(struct trap_frame *frame) {
    user_trapped(frame);
    faults++;
    fault_vector = frame->vector;
    if (fault_resume == 0)
        check_stop("a fault where none is expected");
    frame->eip = fault_resume;
    fault_resume = 0;
}

uint64_t descriptor(uint32_t base, uint32_t limit, uint32_t access, uint32_t flags) {
    uint32_t high = (base & 0xff000000) | flags << 20 | (limit & 0xf0000) | access << 8 | (base >> 16 & 0xff);

    return (uint64_t)high << 32 | base << 16 | (limit & 0xffff);
}

long map_page(volatile void *page, uint32_t flags) {
    pte_t entry = tables_make(page_frame(page), PTE_P | PTE_A | flags);

    return hypercall_update_va_mapping(pointer_word(page), entry, UVMF_INVLPG);
}

unsigned long page_mfn(const volatile void *page) {
    return boot_mfn_of(page_frame(page));
}

long put(uint32_t slot, uint64_t value) {
    return hypercall_update_descriptor((uint64_t)gdt_frames[0] << 12 | slot * 8, value);
}

bool read_through(uint32_t selector, uint32_t offset, uint32_t *value) {
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
    gdt_frames[0] = page_mfn(gdt);
    gdt[1] = descriptor(0, 0xfbfff, DATA_RING1, GRANULAR);
    gdt[2] = descriptor(0xc0100000, 0xfff, DATA_RING1, BYTES);
    check_equal(map_page(gdt, 0), 0);
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

/* Store a word that may not be there to be stored to. False: it faulted. */
static bool store(volatile void *at, uint32_t value) {
    uint32_t before = faults;

    __asm__ volatile("movl $1f, fault_resume\n\tmovl %1, (%0)\n1:" : : "r"(at), "r"(value) : "memory");
    fault_resume = 0;
    return faults == before;
}

/* A table in use cannot be written, whatever is asked for. */
static void check_read_only(void) {
    uint64_t old = gdt[3];

    check_group("a table in use");
    if (map_page(gdt, PTE_W | PTE_D) == 0)
        check(!store(&gdt[3], 0x1234));
    check_equal(map_page(gdt, 0), 0);
    check(gdt[3] == old);
}

/* set_gdt takes all frames or none; the old table stays, and what was refused is an ordinary page again. */
static void check_refused(void) {
    uint64_t *good = page_take(), *bad = page_take();
    unsigned long frames[3] = { page_mfn(good), page_mfn(bad), 0xfffff };
    uint32_t value;

    check_group("set_gdt, refused");
    good[1] = descriptor(0, 0xfbfff, DATA_RING1, GRANULAR);
    bad[1] = descriptor(0, 0xfffff, 0x89, 0);                /* a TSS in it: the frame cannot be a table */
    check_equal(map_page(good, 0), 0);
    check_equal(map_page(bad, 0), 0);
    check_errno(hypercall_set_gdt(&frames[1], 512), XEN_EINVAL);
    check_errno(hypercall_set_gdt(&frames[1], 1), XEN_EINVAL);       /* one entry: the whole frame counts */
    check_errno(hypercall_set_gdt(frames, 513), XEN_EINVAL);
    frames[1] = frames[0];
    check_errno(hypercall_set_gdt(frames, 1025), XEN_EINVAL);        /* the third is not ours */
    check_errno(hypercall_set_gdt((unsigned long *)0xfbfffffc, 1024), XEN_EFAULT);
    check_equal(map_page(good, PTE_W | PTE_D), 0);
    check(store(&good[3], 5) && good[3] == 5);
    check(read_through(1 << 3 | 1, pointer_word(&gdt[1]), &value) && value == (uint32_t)gdt[1]);
}

/* As many frames as there can be; then none: the tables are ordinary pages, Xen's own selectors stay. */
static void check_sizes(void) {
    uint64_t *last = page_take();
    uint32_t selector = (FIRST_RESERVED_GDT_ENTRY - 1) << 3 | 1, value;
    unsigned long frames[14];

    check_group("set_gdt, sizes");
    last[511] = descriptor(0xc0100000, 0xfff, DATA_RING1, BYTES);
    check_equal(map_page(last, 0), 0);
    for (uint32_t i = 0; i < 14; i++)
        frames[i] = gdt_frames[0];
    frames[13] = page_mfn(last);
    check_equal(hypercall_set_gdt(frames, FIRST_RESERVED_GDT_ENTRY), 0);
    check(read_through(selector, 0, &value) && value == *(volatile uint32_t *)0xc0100000);
    check(read_through(513 << 3 | 1, 0xc0100000, &value));
    check(read_through(FLAT_KERNEL_DS, 0xc0100000, &value));
    check_errno(hypercall_set_gdt(frames, FIRST_RESERVED_GDT_ENTRY + 1), XEN_EINVAL);
    check(read_through(513 << 3 | 1, 0xc0100000, &value));           /* unchanged */
    check_equal(hypercall_set_gdt(NULL, 0), 0);
    check(!read_through(1 << 3 | 1, 0xc0100000, &value) && fault_vector == 13);
    check(read_through(FLAT_KERNEL_DS, 0xc0100000, &value));
    check_equal(map_page(last, PTE_W | PTE_D), 0);
    check(store(&last[3], 6));
    check_equal(hypercall_set_gdt(gdt_frames, 512), 0);
    check(read_through(1 << 3 | 1, 0xc0100000, &value));
}

/* update_descriptor on a frame that is no table: two words are written, checked and corrected all the same. */
static void check_plain_frames(void) {
    uint64_t *page = page_take();
    uint64_t machine = (uint64_t)page_mfn(page) << 12;

    check_group("update_descriptor on a plain frame");
    check_equal(hypercall_update_descriptor(machine + 8, descriptor(0, 0xfbfff, DATA_RING1, GRANULAR)), 0);
    check(page[1] == descriptor(0, 0xfbfff, DATA_RING1, GRANULAR) && page[0] == 0 && page[2] == 0);
    check_equal(hypercall_update_descriptor(machine + 4088, descriptor(0, 0xfbfff, DATA_RING0, GRANULAR)), 0);
    check(page[511] == descriptor(0, 0xfbfff, DATA_RING1, GRANULAR));
    check_errno(hypercall_update_descriptor(machine + 8, descriptor(0, 0xfff, 0x89, 0)), XEN_EINVAL);
    check_errno(hypercall_update_descriptor(machine + 4, 0), XEN_EINVAL);
    check_errno(hypercall_update_descriptor(machine | 1ull << 32, 0), XEN_EINVAL);
    check_errno(hypercall_update_descriptor(0xfffff000u, 0), XEN_EINVAL);
    check(page[1] == descriptor(0, 0xfbfff, DATA_RING1, GRANULAR));
    check_equal(hypercall_update_descriptor(machine + 8, 0x0000890012345678ull & ~(1ull << 47)), 0); /* not present */
    check(page[1] == (0x0000890012345678ull & ~(1ull << 47)));
}

_Noreturn void guest_main(void) {
    traps_install();
    for (uint32_t vector = 0; vector < 32; vector++)
        trap_handle(vector, fault);
    check_table();
    check_update();
    check_dangerous();
    check_read_only();
    check_refused();
    check_sizes();
    check_plain_frames();
    check_ldt();
    check_user();
    check_equal(hypercall_set_gdt(gdt_frames, 0), 0);
    check_finish();
}
