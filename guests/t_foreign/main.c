/*
 * t_foreign - a privileged domain maps frames of another one: by mmu_update and by update_va_mapping_otherdomain, for
 * reading and for writing, and renumbers one; what is refused to it, and to the other, which has no privilege.
 *
 * The other (domain 1), which may be translated, writes a mark into a page of its own and waits for the answer there. The privileged one looks
 * for the mark in every frame of the machine. Alone, without privilege, there is nobody to answer: outcome skip.
 * Expected outcome: success, of both.
 */
#include <stddef.h>

#include <xen/errno.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/clock.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/mode.h"
#include "guests/lib/outcome.h"
#include "guests/lib/probe.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"

#define OTHER 1u
#define NOBODY 77u
#define MARK 0x4f524547u
#define WAIT_NS 20000000000ull
#define READ (PTE_P | PTE_A | PTE_D)
#define WRITE (READ | PTE_W)

enum { WORD_MARK, WORD_CHECK, WORD_ANSWER, WORD_PFN, WORD_TRANSLATED };

static uint32_t place;                   /* a page's linear address, whose entry is played with */

static long map(uint32_t mfn, uint32_t flags, uint32_t domain) {
    return hypercall(__HYPERVISOR_update_va_mapping_otherdomain, place, mfn << 12 | flags, 0, UVMF_INVLPG, domain);
}

static long update(uint64_t address, uint32_t value, uint32_t domain) {
    struct mmu_update request = { address, value };

    return hypercall_mmu_update(&request, 1, NULL, domain);
}

static void nap(void) {
    struct sched_poll poll = { .timeout = clock_ns() + 5000000 };

    hypercall_sched_op(SCHEDOP_poll, &poll);
}

/* ---- the one without privilege ------------------------------------------------------------------------------------- */

static _Noreturn void be_mapped(void) {
    volatile uint32_t *page = page_take();
    uint64_t end = clock_ns() + WAIT_NS;
    uint32_t mfn = boot_mfn_of_linear(page);

    check_group("without privilege");
    check_errno(map(mfn, READ, 0), XEN_EPERM);
    check_errno(map(mfn, READ, OTHER), XEN_EPERM);
    check_errno(map(mfn, READ, NOBODY), XEN_ESRCH);
    for (uint32_t i = 0; i < 3; i++) {
        static const uint32_t domains[] = { 0, OTHER, NOBODY };
        struct mmuext_op clear = { .cmd = MMUEXT_CLEAR_PAGE, .arg1.mfn = mfn };

        check_errno(hypercall_mmuext_op(&clear, 1, NULL, domains[i]), XEN_ESRCH);
    }
    check_errno(update(tables_machine_address(tables_entry(place)), 0, 0), XEN_ESRCH);
    check_errno(update(tables_machine_address(tables_entry(place)), 0, OTHER), XEN_ESRCH);
    page[WORD_PFN] = page_frame(page);
    page[WORD_TRANSLATED] = boot_is_translated();
    page[WORD_CHECK] = ~MARK;
    page[WORD_MARK] = MARK;
    while (page[WORD_ANSWER] == 0 && clock_ns() < end)
        nap();
    if (page[WORD_ANSWER] == 0) {
        print("nobody maps this domain's memory\n");
        finish(PENUMBRA_OUTCOME_skip);
    }
    check_equal(page[WORD_ANSWER], MARK + 1);
    if (!boot_is_translated())
        check_equal(((const uint32_t *)MACH2PHYS_VIRT_START_NONPAE)[mfn], 4711);
    check_finish();
}

/* ---- the privileged one -------------------------------------------------------------------------------------------- */

/* The frame with the mark; 0: it has not been found. */
static uint32_t find(void) {
    uint32_t frames = (uint32_t)hypercall_memory_op(XENMEM_maximum_ram_page, NULL), first, second;

    for (uint32_t mfn = 1; mfn < frames; mfn++)
        if (map(mfn, READ, OTHER) == 0 && probe_read(place, &first) && first == MARK && probe_read(place + 4, &second) &&
            second == ~MARK)
            return mfn;
    return 0;
}

static void check_refusals(uint32_t mfn, bool translated) {
    uint64_t entry = tables_machine_address(tables_entry(place));
    uint32_t value;

    check_group("refused");
    check_errno(map(mfn, READ, NOBODY), XEN_ESRCH);
    check_errno(map(mfn, READ, 0), XEN_ESRCH);           /* its own number */
    check_errno(update(entry, mfn << 12 | READ, NOBODY), XEN_ESRCH);
    check_errno(update(entry, mfn << 12 | READ, OTHER | 3u << 16), XEN_ESRCH);   /* tables of another */
    /* the hypervisor's, or a number that means nothing */
    if (map(translated ? 0x80000 : 100, READ, OTHER) == 0)
        check(!probe_read(place, &value));
    if (!mode_tables_plain() && !translated)             /* without saying whose it is */
        check_errno(hypercall_update_va_mapping(place, (uint64_t)mfn << 12 | WRITE, UVMF_INVLPG), XEN_EINVAL);
}

static _Noreturn void map_other(void) {
    uint64_t end = clock_ns() + WAIT_NS;
    uint32_t mfn, value, pfn, translated;

    check_group("privileged");
    while ((mfn = find()) == 0 && clock_ns() < end)
        nap();
    if (mfn == 0)
        check_stop("the other's mark is nowhere");
    check(!probe_write(place, 1));                       /* mapped for reading */
    check(probe_read(place + 4 * WORD_PFN, &pfn) && probe_read(place + 4 * WORD_TRANSLATED, &translated));
    check(!translated || mfn == pfn);                    /* its frame by its number */
    check_refusals(mfn, translated);
    check_group("mapped");
    check_equal(update(tables_machine_address(tables_entry(place)), mfn << 12 | WRITE, OTHER), 0);
    tables_flush_page(place);
    check(probe_read(place, &value) && value == MARK);
    check_equal(update((uint64_t)mfn << 12 | MMU_MACHPHYS_UPDATE, 4711, OTHER), translated ? -XEN_EINVAL : 0);
    check(probe_write(place + 4 * WORD_ANSWER, MARK + 1));
    check_equal(map(0, 0, OTHER), 0);
    check(!probe_read(place, &value));
    check_finish();
}

_Noreturn void guest_main(void) {
    traps_install();
    probe_start();
    place = pointer_word(page_take());
    if ((start_info->flags & SIF_PRIVILEGED) != 0)
        map_other();
    be_mapped();
}
