/* ldt.c - the LDT: shown page by page when it is used, under the page directory that is loaded (see main.c). */
#include <stddef.h>

#include <xen/errno.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"
#include "guests/t_segments/t_segments.h"

#define AREA 0x40000000u             /* an empty slot of the page directory */
#define SELECTOR(index) ((index) << 3 | 4 | 1)
#define TRAP_PAGE_FAULT 14u

static long set_ldt(uint32_t linear, uint32_t entries) {
    struct mmuext_op operation = { .cmd = MMUEXT_SET_LDT, .arg1.linear_addr = linear, .arg2.nr_ents = entries };

    return hypercall_mmuext_op(&operation, 1, NULL, DOMID_SELF);
}

/* A page of descriptors: number 1 tells one word. */
static uint64_t *make_table(volatile uint32_t *word) {
    uint64_t *table = page_take();

    table[1] = descriptor(pointer_word(word), 3, DATA_RING1, BYTES);
    if (map_page(table, 0) != 0)
        panic("a table cannot be made read-only");
    return table;
}

static void check_contents(void) {
    uint64_t *table = page_take();
    uint32_t value;

    check_group("LDT");
    table[0] = descriptor(0xc0100000, 0xfff, DATA_RING1, BYTES);
    table[2] = descriptor(0, 0xfffff, 0x89, 0);
    check_equal(map_page(table, 0), 0);
    check_equal(set_ldt(pointer_word(table), 4), 0);
    check(!read_through(SELECTOR(0), 0, &value));            /* its frame holds a TSS: nothing in it can be used */
    check_equal(set_ldt(pointer_word(table), 0), 0);

    check_equal(map_page(table, PTE_W | PTE_D), 0);
    table[2] = descriptor(0, 0xfbfff, CODE_RING1, GRANULAR);
    check_equal(map_page(table, 0), 0);
    check_equal(set_ldt(pointer_word(table), 4), 0);
    check(read_through(SELECTOR(0), 0, &value) && value == *(volatile uint32_t *)0xc0100000);
    check(!read_through(SELECTOR(1), 0, &value) && fault_vector == 13);      /* empty */
    check(!read_through(SELECTOR(7), 0, &value) && fault_vector == 13);      /* beyond the table */
    check_equal(hypercall_update_descriptor((uint64_t)page_mfn(table) << 12 | 8,
                                            descriptor(0xc0100004, 3, DATA_RING1, BYTES)), 0);
    check(read_through(SELECTOR(1), 0, &value) && value == *(volatile uint32_t *)0xc0100004);
    check_errno(hypercall_update_descriptor((uint64_t)page_mfn(table) << 12 | 8, descriptor(0, 0xfff, 0x82, 0)),
                XEN_EINVAL);
    check(read_through(SELECTOR(1), 0, &value));
    check_errno(hypercall_set_gdt((unsigned long[]){ page_mfn(table) }, 512), XEN_EINVAL);   /* not both at once */
    check_errno(set_ldt(pointer_word(table) + 8, 4), XEN_EINVAL);
    check_errno(set_ldt(pointer_word(table), 8193), XEN_EINVAL);
    check(read_through(SELECTOR(1), 0, &value));             /* unchanged */
    check_equal(set_ldt(0, 0), 0);
    check(!read_through(SELECTOR(0), 0, &value));
}

static void write_directory(const pte_t *directory, pte_t value) {
    struct mmu_update request = {
        (uint64_t)page_mfn(directory) << 12 | AREA / L2_SPAN * sizeof(pte_t), value,
    };

    if (hypercall_mmu_update(&request, 1, NULL, DOMID_SELF) != 0)
        panic("the page directory cannot be written");
}

/* An L1 table for the area, not writable any more, as a directory's entry. */
static pte_t make_l1(const uint64_t *first, const uint64_t *second) {
    pte_t *l1 = page_take();

    l1[0] = tables_make(page_frame(first), PTE_P | PTE_A);
    if (second != NULL)
        l1[1] = tables_make(page_frame(second), PTE_P | PTE_A);
    if (map_page(l1, 0) != 0)
        panic("a page table cannot be made read-only");
    return tables_make(page_frame(l1), PTE_P | PTE_W | PTE_A);
}

/* Map a table's page as page number of the area. */
static long map_in_area(uint32_t number, const uint64_t *table) {
    pte_t entry = tables_make(page_frame(table), PTE_P | PTE_A);

    return hypercall_update_va_mapping(AREA + number * GUEST_PAGE_SIZE, entry, UVMF_INVLPG);
}

/* The same linear address, two directories: the table is the loaded one's. */
static void check_directories(void) {
    static volatile uint32_t words[3] = { 0x111, 0x222, 0x333 };
    uint64_t *one = make_table(&words[0]), *two = make_table(&words[1]), *late = make_table(&words[2]);
    pte_t *other = page_take();
    uint32_t value, before;

    check_group("LDT and page directories");
    for (uint32_t i = 0; i < GUEST_PAGE_SIZE / sizeof(pte_t); i++)
        other[i] = i < 0xfc000000u / L2_SPAN ? tables_directory()[i] : 0;
    other[AREA / L2_SPAN] = make_l1(two, NULL);
    check_equal(map_page(other, 0), 0);
    write_directory(tables_directory(), make_l1(one, NULL));
    check_equal(set_ldt(AREA, 1024), 0);
    check(read_through(SELECTOR(1), 0, &value) && value == 0x111);
    check_equal(tables_load(other), 0);
    check(read_through(SELECTOR(1), 0, &value) && value == 0x222);
    check_equal(tables_load(tables_directory()), 0);
    check(read_through(SELECTOR(1), 0, &value) && value == 0x111);

    before = faults;                                         /* the second page of the table is not there yet */
    check(!read_through(SELECTOR(513), 0, &value));
    check(faults == before + 1 && fault_vector == TRAP_PAGE_FAULT);
    check_equal(trap_fault_address(), AREA + 513 * 8);
    check_equal(map_in_area(1, late), 0);
    check(read_through(SELECTOR(513), 0, &value) && value == 0x333);

    check_equal(map_in_area(0, two), 0);
    check(read_through(SELECTOR(1), 0, &value) && value == 0x222);           /* another page at the same address */
    check_equal(hypercall_update_va_mapping(AREA, 0, UVMF_TLB_FLUSH), 0);
    check(!read_through(SELECTOR(1), 0, &value) && fault_vector == TRAP_PAGE_FAULT);
    check_equal(trap_fault_address(), AREA + 8);
    check(read_through(SELECTOR(513), 0, &value) && value == 0x333);
    check_equal(set_ldt(0, 0), 0);
    write_directory(tables_directory(), 0);
    tables_flush();
    check_equal(map_page(one, PTE_W | PTE_D), 0);
    one[1] = 0;                                              /* an ordinary page again */
}

void check_ldt(void) {
    check_contents();
    check_directories();
}
