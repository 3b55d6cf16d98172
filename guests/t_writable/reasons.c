/* reasons.c - what connects a disconnected table (see main.c). */
#include <stddef.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/clock.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/mode.h"
#include "guests/t_writable/t_writable.h"

#define SLOT 5u
#define REQUEST 64u              /* where in page 7 */
#define LINEAR (AREA_A + SLOT * GUEST_PAGE_SIZE)

static void other_table(void) {
    store_twice(&table_b[SLOT], entry_of(0, PTE_P));
    check(!connected(AREA_B));
}

static void used(void) {
    check(shows(AREA_A + (SLOT + 1) * GUEST_PAGE_SIZE, 7));
}

static void fault_elsewhere(void) {
    check(!shows(AREA_C, 0));
}

static void mmu_update(void) {
    check_equal(tables_update(&table_b[SLOT], 0), 0);
}

static void update_va_mapping(void) {
    check_equal(hypercall_update_va_mapping(AREA_B, 0, UVMF_NONE), 0);
}

static void pin(void) {
    check_equal(tables_pin(table_b, 1), 0);
}

static void unpin(void) {
    check_equal(tables_unpin(table_b), 0);
}

static void base_pointer(void) {
    check_equal(tables_load(tables_directory()), 0);
}

static void mov_cr3(void) {
    uint32_t value;

    __asm__ volatile("movl %%cr3, %0\n\tmovl %0, %%cr3" : "=&r"(value) : : "memory");
}

static void invlpg_instruction(void) {
    __asm__ volatile("invlpg (%0)" : : "r"(AREA_B) : "memory");
}

static void flush_page(void) {
    tables_flush_page(AREA_B);
}

/* The request itself lies in the table's range, and asks for nothing: it is the hypervisor that meets the hole. */
static void hypervisor_reads(void) {
    struct mmuext_op *seen = (struct mmuext_op *)(AREA_A + (SLOT + 1) * GUEST_PAGE_SIZE + REQUEST);

    *(struct mmuext_op *)((uint8_t *)pages[7] + REQUEST) = (struct mmuext_op){ .cmd = MMUEXT_PIN_L3_TABLE };
    check_equal(hypercall_mmuext_op(seen, 1, NULL, DOMID_SELF), 0);
}

/* The vcpu waits. */
static void wait(void) {
    struct sched_poll poll = { .timeout = clock_ns() + 2000000 };

    check_equal(hypercall_sched_op(SCHEDOP_poll, &poll), 0);
}

static void change_mode(void) {
    check_equal(mode_switch(PENUMBRA_MODE_direct), 0);
    check(connected(AREA_A));
    check_equal(mode_switch(PENUMBRA_MODE_writable), 0);
}

static void change_to_shadow(void) {
    check_equal(mode_switch(PENUMBRA_MODE_shadow), 0);
    check(connected(AREA_A));
    check_equal(mode_switch(PENUMBRA_MODE_writable), 0);
}

static const struct {
    const char *name;
    void (*happen)(void);
} reasons[] = {
    { "another table", other_table },
    { "used", used },
    { "a fault elsewhere", fault_elsewhere },
    { "mmu_update", mmu_update },
    { "update_va_mapping", update_va_mapping },
    { "pin", pin },
    { "unpin", unpin },
    { "base pointer", base_pointer },
    { "mov cr3", mov_cr3 },
    { "flush", tables_flush },
    { "flush of a page", flush_page },
    { "invlpg", invlpg_instruction },
    { "the hypervisor reads", hypervisor_reads },
    { "waiting", wait },
    { "direct mode", change_mode },
    { "shadow mode", change_to_shadow },
};

/* After whatever flushes, also one page only, the first store leaves the table connected. */
static void check_first_stores(void) {
    static void (*const flushes[])(void) = { tables_flush, flush_page, base_pointer, mov_cr3, invlpg_instruction };

    check_group("first stores");
    for (uint32_t i = 0; i < sizeof(flushes) / sizeof(flushes[0]); i++) {
        tables_flush();
        store(&table_a[SLOT], entry_of(i, PTE_P));
        flushes[i]();
        store(&table_a[SLOT], 0);
        if (!check(connected(AREA_A)))
            print("  flush %u\n", i);
        store(&table_a[SLOT], 0);
        check(!connected(AREA_A));
    }
    tables_flush();
}

void check_reasons(void) {
    check_first_stores();
    check_group("reasons");
    for (uint32_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        store(&table_a[SLOT + 1], entry_of(7, PTE_P));
        store(&table_a[SLOT], entry_of(i % (PAGES - 1), PTE_P));
        bool right = check(!connected(AREA_A));

        reasons[i].happen();
        right &= check(connected(AREA_A));
        tables_flush_page(LINEAR);
        right &= check(shows(LINEAR, i % (PAGES - 1)));
        if (!right)
            print("  reason: %s\n", reasons[i].name);
    }
    store(&table_a[SLOT], 0);
    store(&table_a[SLOT + 1], 0);
    store(&table_b[SLOT], 0);
    tables_flush();
}
