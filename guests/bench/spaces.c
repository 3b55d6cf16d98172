/*
 * spaces.c - what a kernel's own pages cost after the load of another page directory, without global pages and with them.
 *
 * Two directories share a table of the kernel. After each load all its pages are touched: the TLB has them still, or
 * the processor walks.
 */
#include "guests/bench/bench.h"
#include "guests/lib/boot.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"
#include "guests/lib/string.h"
#include "guests/lib/tables.h"

#define AREA 0x30000000u
#define PAGES 64u
#define CR4_PGE 0x80u

static pte_t *other;

static void set_global(bool on) {
    uint32_t value;

    __asm__ volatile("movl %%cr4, %0" : "=r"(value));
    value = on ? value | CR4_PGE : value & ~CR4_PGE;
    __asm__ volatile("movl %0, %%cr4" : : "r"(value) : "memory");
}

static void load_and_touch(uint32_t times) {
    for (uint32_t i = 0; i < times; i++) {
        if (tables_load(i % 2 == 0 ? other : tables_directory()) != 0)
            panic("the hypervisor refused the base pointer");
        for (uint32_t page = 0; page < PAGES; page++)
            (void)*(volatile uint32_t *)(AREA + page * GUEST_PAGE_SIZE);
    }
}

static void measure(const char *name, bool global) {
    set_global(global);
    load_and_touch(2);
    begin(name);
    load_and_touch(REPEAT);
    end(name, REPEAT);
    set_global(false);
}

void measure_spaces(void) {
    pte_t *table = tables_install(AREA);

    if (hypercall_vm_assist(VMASST_CMD_enable, PENUMBRA_VMASST_TYPE_shadow_global) != 0)
        panic("the hypervisor has no global pages");
    other = page_take();
    for (uint32_t page = 0; page < PAGES; page++)
        table[page] = tables_make(frame_take(), PTE_P | PTE_W | PTE_A | PTE_D | PTE_G);
    memcpy(other, tables_directory(), GUEST_PAGE_SIZE);
    measure("spaces", false);
    measure("spaces_global", true);
}
