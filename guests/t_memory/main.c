/*
 * t_memory - memory_op: giving frames back and getting frames (this file), exchanging them (exchange.c), and what a
 * domain is told about memory (maps.c).
 *
 * Every answer must be what Xen 3.1 gives an unprivileged domain: partial progress as the number of extents done, no
 * extents of several frames but for giving back, the limit never exceeded, nothing of one owner seen by the next. Works
 * in every paging mode: mappings change by update_va_mapping only. Expected outcome: success.
 */
#include "guests/t_memory/t_memory.h"

#include <stddef.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/outcome.h"
#include "guests/lib/probe.h"
#include "guests/lib/string.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"

#define MANY 64u
#define GAP 2048u                    /* frames at the end of memory that frame_take may use */

static unsigned long list[512];

long reserve(uint32_t command, const void *extents, uint32_t count, uint32_t order, uint32_t address_bits) {
    struct xen_memory_reservation request = {
        .nr_extents = count, .extent_order = order, .address_bits = address_bits, .domid = DOMID_SELF,
    };

    set_xen_guest_handle(request.extent_start, (unsigned long *)extents);
    return hypercall_memory_op(command, &request);
}

static long ask(uint32_t command) {
    domid_t self = DOMID_SELF;

    return hypercall_memory_op(command, &self);
}

long frames_now(void) {
    return ask(XENMEM_current_reservation);
}

long frames_allowed(void) {
    return ask(XENMEM_maximum_reservation);
}

uint32_t known_as(uint32_t mfn) {
    return ((const volatile uint32_t *)MACH2PHYS_VIRT_START_NONPAE)[mfn];
}

void take_frames(unsigned long *mfns, uint32_t count) {
    for (uint32_t i = 0; i < count; i++)
        mfns[i] = boot_mfn_of(frame_take());
}

volatile uint32_t *look(uint32_t mfn) {
    static void *window;
    pte_t entry = mfn == NOT_OURS ? 0 : mfn << 12 | PTE_P | PTE_W | PTE_A | PTE_D;

    if (window == NULL)
        window = page_take();
    if (hypercall_update_va_mapping(pointer_word(window), entry, UVMF_INVLPG) != 0)
        panic("frame %x cannot be mapped", mfn);
    return window;
}

unsigned long *before_nothing(uint32_t words) {
    static uint8_t *page;

    if (page == NULL) {
        page = page_take();
        if (hypercall_update_va_mapping(pointer_word(page_take()), 0, UVMF_INVLPG) != 0)
            panic("a page cannot be unmapped");
    }
    return (unsigned long *)(page + GUEST_PAGE_SIZE) - words;
}

static void check_partial(void) {
    unsigned long *edge = before_nothing(4);
    long before = frames_now();

    check_group("partial progress");
    take_frames(list, 4);
    list[4] = NOT_OURS;
    take_frames(&list[5], 1);
    check_equal(reserve(XENMEM_decrease_reservation, list, 6, 0, 0), 4);
    check_equal(frames_now(), before - 4);
    check_equal(known_as(list[5]), start_info->nr_pages - 5);                /* not reached */
    check_equal(reserve(XENMEM_decrease_reservation, list, 4, 0, 0), 0);     /* not ours any more */

    check_equal(reserve(XENMEM_increase_reservation, edge, 8, 0, 0), 4);     /* the fifth could not be told */
    check_equal(frames_now(), before);
    memcpy(list, edge, 16);
    check_equal(reserve(XENMEM_decrease_reservation, edge, 8, 0, 0), 4);
    check_equal(frames_now(), before - 4);
    for (uint32_t i = 0; i < 4; i++)
        edge[i] = i + 100;
    check_equal(reserve(XENMEM_populate_physmap, edge, 8, 0, 0), 4);
    for (uint32_t i = 0; i < 4; i++)
        check_equal(known_as(edge[i]), i + 100);
    check_equal(frames_now(), before);
}

static void check_arguments(void) {
    struct xen_memory_reservation request = { .nr_extents = 1, .domid = 1 };
    long before = frames_now();

    check_group("arguments");
    take_frames(list, 1);
    set_xen_guest_handle(request.extent_start, list);
    check_equal(hypercall_memory_op(XENMEM_decrease_reservation, &request), 0);       /* by its own number */
    check_equal(hypercall_memory_op(XENMEM_decrease_reservation, (void *)0xfc000000u), 0);
    check_equal(hypercall_memory_op(XENMEM_decrease_reservation, before_nothing(2)), 0);
    check_equal(reserve(XENMEM_decrease_reservation, (void *)0xfbfffffcu, 2, 0, 0), 0);
    check_equal(reserve(XENMEM_decrease_reservation, NULL, 1, 0, 0), 0);
    check_equal(reserve(XENMEM_populate_physmap, NULL, 1, 0, 0), 0);
    check_equal(reserve(XENMEM_decrease_reservation, list, 1u << 26, 0, 0), 0);       /* more than can be counted */
    check_equal(reserve(XENMEM_decrease_reservation, list, 0, 0, 0), 0);
    check_equal(frames_now(), before);
}

static void check_limit(void) {
    long room = frames_allowed() - frames_now();

    check_group("limit");
    take_frames(list, MANY);
    check_equal(reserve(XENMEM_decrease_reservation, list, MANY, 0, 0), MANY);
    for (uint32_t i = 0; i < 512; i++)
        list[i] = NOT_OURS;
    check(room >= 0 && room < 256);
    check_equal(reserve(XENMEM_increase_reservation, list, MANY + (uint32_t)room + 5, 0, 0), MANY + room);
    check_equal(frames_now(), frames_allowed());
    check_equal(list[MANY + room], NOT_OURS);
    check_equal(reserve(XENMEM_populate_physmap, list, 1, 0, 0), 0);
    check_equal(reserve(XENMEM_decrease_reservation, list, MANY, 0, 0), MANY);
}

/* What was in a frame is seen by nobody else, and an old mapping of it reaches nobody else's frame. */
static void check_contents(void) {
    static unsigned long given[MANY];
    uint32_t again = 0, stale;

    check_group("contents");
    take_frames(given, MANY);
    for (uint32_t i = 0; i < MANY; i++) {
        volatile uint32_t *words = look(given[i]);

        words[0] = words[1023] = PATTERN;
    }
    stale = pointer_word(look(given[0]));
    if (!boot_feature(XENFEAT_writable_page_tables)) {
        /* where the guest's own entries are in force a frame that is mapped is not given back */
        check_equal(reserve(XENMEM_decrease_reservation, given, MANY, 0, 0), 0);
        look(NOT_OURS);
    }
    check_equal(reserve(XENMEM_decrease_reservation, given, MANY, 0, 0), MANY);
    check_equal(reserve(XENMEM_increase_reservation, list, MANY, 0, 0), MANY);
    (void)probe_write(stale + 4, PATTERN);
    for (uint32_t i = 0; i < MANY; i++) {
        volatile uint32_t *words = look(list[i]);

        check(words[0] != PATTERN && words[1023] != PATTERN);
        check(words[1] != PATTERN || list[i] == given[0]);
        for (uint32_t k = 0; k < MANY; k++)
            again += list[i] == given[k];
    }
    check(again > 0);                        /* else this has shown nothing */
    look(NOT_OURS);
    check_equal(reserve(XENMEM_decrease_reservation, list, MANY, 0, 0), MANY);
}

/* Is mfn a frame of the domain that nothing maps and that this test has not touched? */
static bool is_spare(uint32_t mfn) {
    uint32_t pfn = known_as(mfn);

    return pfn < start_info->nr_pages - GAP && boot_mfn_of(pfn) == mfn &&
           tables_entry(GUEST_VIRT_BASE + pfn * GUEST_PAGE_SIZE) == NULL;
}

/* The first of count spare frames that follow each other in the machine. */
static uint32_t find_run(uint32_t count) {
    uint32_t end = (uint32_t)hypercall_memory_op(XENMEM_maximum_ram_page, NULL), found = 0;

    for (uint32_t mfn = 0; mfn < end; mfn++) {
        found = is_spare(mfn) ? found + 1 : 0;
        if (found == count)
            return mfn - (count - 1);
    }
    panic("no run of %u frames", count);
}

static void check_orders(void) {
    long before = frames_now();

    check_group("extents of several frames");
    list[0] = find_run(16);
    list[1] = list[0] + 8;
    list[2] = list[1] + 3;
    check_equal(reserve(XENMEM_decrease_reservation, &list[2], 1, 0, 0), 1);
    check_equal(reserve(XENMEM_decrease_reservation, list, 2, 3, 0), 1);
    check_equal(frames_now(), before - 1 - 8 - 3);           /* as in Xen, what was done of an extent stays done */
    check(is_spare((uint32_t)list[1] + 4));
    before = frames_now();
    list[0] = list[1] = 7;
    check_equal(reserve(XENMEM_increase_reservation, list, 2, 1, 0), 0);
    check_equal(reserve(XENMEM_populate_physmap, list, 2, 1, 0), 0);
    check_equal(list[0], 7);
    list[0] = find_run(1);
    check_equal(reserve(XENMEM_decrease_reservation, list, 1, 31, 0), 0);
    check_equal(reserve(XENMEM_decrease_reservation, list, 1, 32, 0), 0);
    check_equal(reserve(XENMEM_decrease_reservation, list, 1, 0xffffffff, 0), 0);
    check_equal(frames_now(), before);
}

static void check_address_bits(void) {
    long before = frames_now();

    check_group("address bits");
    list[0] = find_run(1);                             /* a low one */
    check(list[0] < 16384);
    check_equal(reserve(XENMEM_decrease_reservation, list, 1, 0, 12), 0);
    check_equal(reserve(XENMEM_decrease_reservation, list, 1, 0, 26), 1);
    check_equal(reserve(XENMEM_increase_reservation, list, 1, 0, 1), 0);
    check_equal(reserve(XENMEM_increase_reservation, list, 1, 0, 12), 0);
    check_equal(reserve(XENMEM_increase_reservation, list, 1, 0, 13), 0);    /* low memory is the hypervisor's */
    check_equal(reserve(XENMEM_increase_reservation, list, 1, 0, 26), 1);
    check(list[0] < 16384);
    check_equal(reserve(XENMEM_decrease_reservation, list, 1, 0, 32), 1);
    check_equal(reserve(XENMEM_increase_reservation, list, 1, 0, 32), 1);
    check_equal(frames_now(), before);
}

/* A command that is done in parts is done in parts inside a multicall too. */
static void check_multicall(void) {
    static struct multicall_entry calls[2];
    static struct xen_memory_reservation request = { .nr_extents = 5, .domid = DOMID_SELF };
    long before = frames_now();

    check_group("in a multicall");
    take_frames(list, 5);
    set_xen_guest_handle(request.extent_start, list);
    for (uint32_t i = 0; i < 2; i++) {
        calls[i].op = __HYPERVISOR_memory_op;
        calls[i].args[0] = i == 0 ? XENMEM_decrease_reservation : XENMEM_increase_reservation;
        calls[i].args[1] = pointer_word(&request);
    }
    check_equal(hypercall_multicall(calls, 2), 0);
    check_equal(calls[0].result, 5);
    check_equal(calls[1].result, 5);
    check_equal(frames_now(), before);
    check_equal(reserve(XENMEM_increase_reservation, NULL, 1, 0, 0), 1);     /* a frame, but not which */
    check_equal(frames_now(), before + 1);
}

_Noreturn void guest_main(void) {
    traps_install();
    probe_start();
    check_equal(frames_now(), start_info->nr_pages);
    check_partial();
    check_arguments();
    check_limit();
    check_contents();
    check_orders();
    check_address_bits();
    check_multicall();
    check_exchange();
    check_maps();
    check_finish();
}
