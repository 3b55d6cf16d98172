/* entries.c - every flag and every frame bit of an entry, by every way through the checks (see main.c). */
#include <xen/errno.h>

#include "guests/lib/check.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/t_types/t_types.h"

#define FLAGS 4096u

static bool allowed(pte_t entry) {
    return (entry & PTE_P) == 0 || (entry & PTE_FORBIDDEN) == 0;
}

/* From old, which stands there, to entry: as documented, and when refused old is still there. */
static bool change(volatile pte_t *place, pte_t old, pte_t entry, bool wanted) {
    bool right = tables_update(place, old) == 0 && *place == old;
    long result = tables_update(place, entry);

    right &= result == (wanted ? 0 : -XEN_EINVAL);
    right &= *place == (wanted ? entry : old);
    if (!right)
        print("  from %x to %x: answer %d, then %x\n", old, entry, (int)result, *place);
    return right;
}

/* All flags with the frame of page. */
static void check_flags(volatile pte_t *place, const void *page, const char *level) {
    pte_t plain = entry_for(page, PTE_P);
    uint32_t wrong = 0, refused = 0;

    check_group(level);
    for (uint32_t flags = 0; flags < FLAGS && wrong < 5; flags++) {
        pte_t entry = entry_for(page, flags);
        bool wanted = allowed(entry);

        refused += !wanted;
        wrong += !change(place, 0, entry, wanted);
        wrong += !change(place, plain, entry, wanted);
        if (allowed(entry ^ PTE_A))                  /* nothing but a mark changes: the short way */
            wrong += !change(place, entry ^ PTE_A, entry, wanted);
        if (allowed(entry & ~PTE_FORBIDDEN))
            wrong += !change(place, entry & ~PTE_FORBIDDEN, entry, wanted);
    }
    check_equal(wrong, 0);
    check_equal(refused, FLAGS / 2 - FLAGS / 32);
    tables_set(place, 0);
}

static bool ours(uint32_t mfn) {
    for (uint32_t pfn = 0; pfn < start_info->nr_pages; pfn++) {
        if (boot_mfn_of(pfn) == mfn)
            return true;
    }
    return mfn == start_info->shared_info >> 12;
}

/* A frame number with one bit turned over, read-only: whether it is accepted depends on whose frame it is alone. */
static void check_frames(void) {
    pte_t plain = entry_for(data, PTE_P);
    uint32_t others = 0;

    check_group("frame bits");
    for (uint32_t bit = 12; bit < 32; bit++) {
        pte_t entry = plain ^ 1u << bit;
        bool wanted = ours(entry >> 12);

        others += !wanted;
        check(change(&area_table[1], 0, entry, wanted));
        check(change(&area_table[1], plain, entry, wanted));
        check(change(&area_table[1], plain, entry & ~PTE_P, true));
        if (!wanted) {
            check(change(tables_slot(OTHER_AREA), 0, entry, false));
            check(change(tables_slot(AREA), *tables_slot(AREA), entry, false));
        }
    }
    check(others > 3);
    tables_set(&area_table[1], 0);
}

void check_entries(void) {
    pte_t *table = closed_page();

    check_flags(&area_table[1], data, "L1 flags");
    check_flags(tables_slot(OTHER_AREA), table, "L2 flags");
    check_frames();
    tables_open(table);
}
