/*
 * t_writable - writable mode: the kernel stores to its L1 tables, which are mapped read-only, and what it stored
 * counts.
 *
 * reasons.c: a table is disconnected by the second store, and connected for each reason that there is; stores.c: whole
 * tables, what is overwritten in time, references that change hands (every form of instruction is in t_pagetables);
 * structure.c: stores through an alias, to a table that maps itself, to one that two directory entries use, to one that
 * none uses; emulate.c: the policy that emulates every store. The guest goes to writable mode by itself, where it may:
 * else outcome skip. Command line: forbidden=pcd|global|foreign|table makes it store such an entry instead, which ends
 * the domain: crash. Expected outcome: success.
 */
#include "guests/t_writable/t_writable.h"

#include <xen/errno.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/mode.h"
#include "guests/lib/outcome.h"
#include "guests/lib/probe.h"
#include "guests/lib/string.h"
#include "guests/lib/traps.h"

pte_t *table_a, *table_b;
uint32_t *pages[PAGES];

uint32_t word_of(uint32_t i) {
    return 0xbeef0000u | i * 0x101u;
}

pte_t entry_of(uint32_t i, pte_t flags) {
    return tables_make(page_frame(pages[i]), flags);
}

bool connected(uint32_t area) {
    return (*(volatile pte_t *)tables_slot(area) & PTE_P) != 0;
}

bool shows(uint32_t linear, uint32_t i) {
    uint32_t value;

    return probe_read(linear, &value) && value == word_of(i);
}

/* Store an entry that ends the domain as soon as it is looked at. */
static _Noreturn void store_forbidden(const char *what) {
    pte_t entry = 0x1000 | PTE_P;                /* foreign */

    if (strcmp(what, "pcd") == 0)
        entry = entry_of(0, PTE_P | 0x10);
    else if (strcmp(what, "global") == 0)
        entry = entry_of(0, PTE_P | 0x100);
    else if (strcmp(what, "table") == 0)
        entry = tables_make(page_frame(table_b), PTE_P | PTE_W);
    print("storing %08x at index 77 of page table %05x\n", entry, boot_mfn_of(page_frame(table_a)));
    store(&table_a[77], entry);
    print("stored\n");
    tables_flush();
    check_stop("a forbidden entry was accepted");
}

_Noreturn void guest_main(void) {
    char what[12];

    traps_install();
    probe_start();
    table_a = tables_install(AREA_A);
    table_b = tables_install(AREA_B);
    for (uint32_t i = 0; i < PAGES; i++) {
        pages[i] = page_take();
        pages[i][0] = word_of(i);
    }
    mode_protect_tables();
    if (mode_switch(PENUMBRA_MODE_writable) == -XEN_EPERM) {
        print("this domain may not be in writable mode: there is nothing to test\n");
        finish(PENUMBRA_OUTCOME_skip);
    }
    check_equal(mode_now(), PENUMBRA_MODE_writable);
    if (boot_option("forbidden", what, sizeof(what)))
        store_forbidden(what);
    check_reasons();
    check_stores();
    check_structure();
    check_emulation();
    check_finish();
}
