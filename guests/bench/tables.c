/*
 * tables.c - the operations on page tables that every paging mode has, and the changes of mode.
 *
 * Entries that are written are present and writable and name frames that nothing else maps: what takes the most
 * references and checks. Source of the names: docs/guests.md.
 */
#include <stddef.h>

#include "guests/bench/bench.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/mode.h"
#include "guests/lib/outcome.h"
#include "guests/lib/tables.h"

#define ENTRIES 1024u
#define BATCH 128u
#define MODE_TABLES 64u          /* page tables of the guest that changes its mode, the directory among them */

/* Regions for page tables of our own. */
#define AREA 0x40000000u
#define MODE_AREA 0x50000000u

static pte_t entries[ENTRIES];
static uint32_t tables;          /* page tables that are in use */

static void expect(long result, const char *what) {
    if (result != 0)
        panic("%s: the hypervisor answered %d", what, (int)result);
}

/* The next region of 4 MiB, with an empty table. */
static pte_t *take_region(uint32_t *linear) {
    static uint32_t next = AREA;

    *linear = next;
    next += L2_SPAN;
    tables++;
    return tables_install(*linear);
}

/* A page that is ready to become a page table: all entries present and writable. */
static pte_t *take_full(void) {
    pte_t *table = page_take();

    for (uint32_t i = 0; i < ENTRIES; i++)
        table[i] = entries[i];
    tables_close(table);
    return table;
}

static void measure_update_va_mapping(void) {
    uint32_t linear;
    long result = 0;

    take_region(&linear);
    begin("update_va");
    for (uint32_t i = 0; i < ENTRIES; i++)
        result |= hypercall_update_va_mapping(linear + i * GUEST_PAGE_SIZE, entries[i], UVMF_INVLPG);
    end("update_va", ENTRIES);
    expect(result, "update_va_mapping");
}

static void measure_mmu_update(void) {
    static struct mmu_update requests[ENTRIES];
    uint32_t linear;
    const pte_t *table = take_region(&linear);
    long result = 0;

    for (uint32_t i = 0; i < ENTRIES; i++)
        requests[i] = (struct mmu_update){ tables_machine_address(&table[i]), entries[i] };
    begin("mmu_update");
    for (uint32_t i = 0; i < ENTRIES; i += BATCH)
        result |= hypercall_mmu_update(&requests[i], BATCH, NULL, DOMID_SELF);
    end("mmu_update", ENTRIES);
    expect(result, "mmu_update");
}

static void measure_pin(void) {
    pte_t *table = take_full();
    long result;

    begin("pin_l1");
    result = tables_pin(table, 1);
    end("pin_l1", ENTRIES);
    expect(result, "pin");
    expect(tables_unpin(table), "unpin");
}

/* Every entry of a table is written by the guest itself; the touch at the end takes what has been written into use. */
static void measure_disconnected(void) {
    uint32_t linear;
    volatile pte_t *table = take_region(&linear);

    begin("disconnected");
    for (uint32_t i = 0; i < ENTRIES; i++)
        table[i] = entries[i];
    *(volatile uint32_t *)linear = 1;
    end("disconnected", ENTRIES);
}

static void measure_emulated(void) {
    uint32_t linear;
    volatile pte_t *table = take_region(&linear);

    expect(hypercall_vm_assist(VMASST_CMD_enable, PENUMBRA_VMASST_TYPE_writable_emulate), "writable_emulate");
    begin("emulated");
    for (uint32_t i = 0; i < REPEAT; i++)
        table[i] = entries[i];
    end("emulated", REPEAT);
    expect(hypercall_vm_assist(VMASST_CMD_disable, PENUMBRA_VMASST_TYPE_writable_emulate), "writable_emulate");
}

/* There and back, with full page tables. */
static void measure_mode_switch(void) {
    long result;

    for (uint32_t linear = MODE_AREA; tables < MODE_TABLES; tables++, linear += L2_SPAN)
        tables_set(tables_slot(linear), tables_make(page_frame(take_full()), PTE_P | PTE_W | PTE_A));
    begin("direct_to_shadow");
    result = mode_switch(PENUMBRA_MODE_shadow);
    end("direct_to_shadow", 1);
    expect(result, "shadow mode");
    begin("shadow_to_direct");
    result = hypercall_vm_assist(VMASST_CMD_disable, PENUMBRA_VMASST_TYPE_shadow_pagetables);
    end("shadow_to_direct", 1);
    expect(result, "direct mode");
}

void measure_tables(void) {
    uint32_t mode = mode_now();

    tables = (uint32_t)start_info->nr_pt_frames;
    for (uint32_t i = 0; i < ENTRIES; i++)
        entries[i] = tables_make(frame_take(), PTE_P | PTE_W | PTE_A | PTE_D);
    measure_update_va_mapping();
    measure_mmu_update();
    measure_pin();
    if (mode == PENUMBRA_MODE_writable) {
        measure_disconnected();
        measure_emulated();
    }
    if (mode == PENUMBRA_MODE_direct)
        measure_mode_switch();
}
