/*
 * t_types - direct and writable mode: what may become a page table, and what may stand in one.
 *
 * entries.c: every combination of the twelve flags and every frame bit, in both levels, as a fresh entry, as a change
 * of another one and as a change of flags only: the same verdict, and a refused entry changes nothing. roles.c: a frame
 * is a table or writable, never both; pins; base pointers; what becomes of memory that was a table. linear.c:
 * directories that map themselves and each other; the hypervisor's slots. requests.c: lists that fail halfway, accessed
 * and dirty marks that are kept, update_va_mapping with every flush. In shadow mode none of this holds: outcome skip.
 * Expected outcome: success.
 */
#include "guests/t_types/t_types.h"

#include "guests/lib/check.h"
#include "guests/lib/console.h"
#include "guests/lib/mode.h"
#include "guests/lib/outcome.h"
#include "guests/lib/probe.h"
#include "guests/lib/string.h"
#include "guests/lib/traps.h"

pte_t *area_table;
uint32_t *data;

pte_t entry_for(const void *page, pte_t flags) {
    return tables_make(page_frame(page), flags);
}

pte_t *closed_page(void) {
    pte_t *page = page_take();

    tables_close(page);
    return page;
}

pte_t *directory_page(void) {
    pte_t *directory = page_take();

    memcpy(directory, tables_directory(), GUEST_PAGE_SIZE);
    tables_close(directory);
    return directory;
}

_Noreturn void guest_main(void) {
    traps_install();
    probe_start();
    if (mode_tables_plain()) {
        print("in this mode tables are plain memory: there is nothing to test\n");
        finish(PENUMBRA_OUTCOME_skip);
    }
    area_table = tables_install(AREA);
    data = page_take();
    check_entries();
    check_roles();
    check_linear();
    check_requests();
    check_finish();
}
