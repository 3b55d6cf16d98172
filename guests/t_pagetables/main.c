/*
 * t_pagetables - page tables through the ABI: what the guest writes into them is what the processor does, and nothing
 * more. In every mode:
 *
 * instructions.c: every form of instruction that writes memory, on live entries, against the same instruction on
 * ordinary memory; strings.c: the same for string instructions (both not in direct mode, where no store works);
 * marks.c: accessed and dirty; structure.c: shared, moved and recycled tables, base pointers, and in shadow mode tables
 * that are mapped writable and large pages (t_types has what the other modes say to them); updates.c: mmu_update and
 * update_va_mapping; foreign.c: frames that are not the guest's. Expected outcome: success.
 */
#include "guests/t_pagetables/t_pagetables.h"

#include "guests/lib/check.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/mode.h"
#include "guests/lib/probe.h"
#include "guests/lib/traps.h"

pte_t *area_table;
uint32_t mode;
uint32_t *pages[FRAMES];

uint32_t word_of(uint32_t i) {
    return 0xfeed0000u | i * 0x101u;
}

pte_t entry_of(uint32_t i, pte_t flags) {
    return tables_make(page_frame(pages[i]), flags);
}

/* Which of our frames does the entry name? */
static uint32_t frame_index(pte_t entry) {
    for (uint32_t i = 0; i < FRAMES; i++) {
        if (entry >> 12 == entry_of(i, 0) >> 12)
            return i;
    }
    return FRAMES;
}

void check_translation(uint32_t linear, pte_t entry) {
    uint32_t i = frame_index(entry);
    uint32_t value = 0;
    bool readable = (entry & PTE_P) != 0;
    bool writable = readable && (entry & PTE_W) != 0;

    if (readable && i == FRAMES) {
        check(false);
        return;
    }
    check_equal(probe_read(linear, &value), readable);
    if (!readable) {
        check_equal(probe_error_code(), 0);
        check_equal(probe_address(), linear);
    } else {
        check_equal(value, word_of(i));
    }
    check_equal(probe_write(linear + 4, linear), writable);
    if (writable)
        check_equal(pages[i][1], linear);
    else
        check_equal(probe_error_code(), readable ? 3 : 2);
}

_Noreturn void guest_main(void) {
    traps_install();
    probe_start();
    mode = mode_now();
    check_equal(boot_feature(XENFEAT_writable_page_tables), mode == PENUMBRA_MODE_shadow);
    for (uint32_t i = 0; i < FRAMES; i++) {
        pages[i] = page_take();
        pages[i][0] = word_of(i);
    }
    area_table = tables_install(AREA);
    if (mode != PENUMBRA_MODE_direct) {
        check_instructions();
        check_strings();
    }
    check_marks();
    check_structure();
    check_hypercalls();
    check_foreign();
    print("%u page faults taken\n", probe_faults());
    check_finish();
}
