/*
 * peers.c - two domains that share frames (see main.c). They talk through the first frame, which the granter offers by
 * reference FIRST: a step is a number that one writes and the other waits for.
 */
#include <stddef.h>

#include <xen/errno.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/clock.h"
#include "guests/lib/mode.h"
#include "guests/lib/probe.h"
#include "guests/lib/tables.h"
#include "guests/t_grant/t_grant.h"

#define FIRST 8u
#define SECOND 9u
#define READ_ONLY 10u
#define INVITATION 11u
#define WAIT_NS 3000000000ull
#define NAP_NS 1000000ull

/* Words of the first frame. */
enum { STEP, RESULT, WORDS };

static void nap(void) {
    struct sched_poll poll = { .nr_ports = 0, .timeout = clock_ns() + NAP_NS };

    hypercall_sched_op(SCHEDOP_poll, &poll);
}

static bool wait_for(const volatile uint32_t *word, uint32_t value) {
    uint64_t end = clock_ns() + WAIT_NS;

    while (*word != value && clock_ns() < end)
        nap();
    return *word == value;
}

static long give_back(xen_pfn_t frame) {
    struct xen_memory_reservation request = { .nr_extents = 1, .domid = DOMID_SELF };

    set_xen_guest_handle(request.extent_start, &frame);
    return hypercall_memory_op(XENMEM_decrease_reservation, &request);
}

void peer_grants(uint32_t peer) {
    volatile uint32_t *first = page_take(), *second = page_take(), *third = page_take();
    uint32_t pfn = page_frame(second);

    check_group("granter");
    third[0] = 99;
    second[0] = 7;
    check_equal(give_back(boot_mfn_of(frame_take())), 1);        /* room for the frame that is invited */
    grants[INVITATION].domid = (domid_t)peer;
    grants[INVITATION].flags = GTF_accept_transfer;
    grant_page(SECOND, peer, second, 0);
    grant_page(READ_ONLY, peer, third, GTF_readonly);
    grant_page(FIRST, peer, first, 0);
    check(wait_for(&first[STEP], 1));
    check_equal(grants[SECOND].flags, GTF_permit_access | GTF_reading | GTF_writing);
    check_equal(second[0], 8);
    if (!mode_tables_plain())
        check_errno(tables_pin(second, 1), XEN_EINVAL);  /* somebody writes it */
    check_equal(hypercall_update_va_mapping(pointer_word(second), 0, UVMF_INVLPG), 0);
    check_equal(give_back(boot_mfn_of(pfn)), 0);         /* mapped by the other */
    first[STEP] = 2;
    check(wait_for(&first[STEP], 3));
    check_equal(give_back(boot_mfn_of(pfn)), 1);
    check_equal(grants[INVITATION].flags, GTF_accept_transfer | GTF_transfer_committed | GTF_transfer_completed);
    check_equal(hypercall_update_va_mapping(AREA, (uint64_t)grants[INVITATION].frame << 12 | PTE_P | PTE_W, UVMF_INVLPG), 0);
    check_equal(*(volatile uint32_t *)(uintptr_t)AREA, 4711);
    first[STEP] = 4;                                     /* and it ends, with frames mapped by the other */
}

/* Entries of our own for the frame; how many the hypervisor lets us have. */
static uint32_t forge(uint32_t frame, uint32_t linear, uint32_t count) {
    uint32_t made = 0;

    for (uint32_t i = 0; i < count; i++)
        made += hypercall_update_va_mapping(linear + i * GUEST_PAGE_SIZE, (uint64_t)frame << 12 | PTE_P | PTE_W | PTE_A | PTE_D,
                                            UVMF_INVLPG) == 0;
    return made;
}

static void give_frame(uint32_t peer) {
    uint32_t pfn = frame_take();
    struct gnttab_transfer give = { .mfn = boot_mfn_of(pfn), .domid = (domid_t)peer, .ref = INVITATION, .status = 1 };
    uint32_t value;

    check_equal(hypercall_update_va_mapping(AREA + 20 * GUEST_PAGE_SIZE, (uint64_t)give.mfn << 12 | PTE_P | PTE_W, UVMF_INVLPG), 0);
    check(probe_write(AREA + 20 * GUEST_PAGE_SIZE, 4711));
    check_equal(hypercall_update_va_mapping(AREA + 20 * GUEST_PAGE_SIZE, 0, UVMF_INVLPG), 0);
    check_equal(hypercall_grant_table_op(GNTTABOP_transfer, &give, 1), 0);
    check_equal(give.status, GNTST_okay);
    hypercall_update_va_mapping(AREA + 20 * GUEST_PAGE_SIZE, (uint64_t)give.mfn << 12 | PTE_P | PTE_W, UVMF_INVLPG);
    check(!probe_read(AREA + 20 * GUEST_PAGE_SIZE, &value));
}

void peer_maps(uint32_t peer) {
    const uint32_t second_linear = AREA + GUEST_PAGE_SIZE, forged = AREA + 8 * GUEST_PAGE_SIZE;
    volatile uint32_t *first = (volatile uint32_t *)(uintptr_t)AREA;
    uint64_t end = clock_ns() + WAIT_NS;
    uint32_t first_handle, second_handle, handle, value, second_frame;

    check_group("mapper");
    while (grant_map(peer, FIRST, MAP_RW, AREA, &first_handle) != GNTST_okay && clock_ns() < end)
        nap();
    check_equal(grant_map(peer, SECOND, MAP_RW, second_linear, &second_handle), GNTST_okay);
    check(probe_read(second_linear, &value) && value == 7);
    check(probe_write(second_linear, 8));
    check_equal(grant_map(peer, READ_ONLY, MAP_RW, forged, &handle), GNTST_general_error);
    check_equal(grant_map(peer, READ_ONLY, MAP_RO, forged, &handle), GNTST_okay);
    check(probe_read(forged, &value) && value == 99);
    check(!probe_write(forged, 1));
    check_equal(grant_unmap(handle, forged, 0), GNTST_okay);
    check(!probe_read(forged, &value));

    check_group("mapper: entries of its own making");
    second_frame = *tables_entry(second_linear) >> 12;
    value = forge(second_frame, forged, 3);
    if (mode_tables_plain())
        check_equal(value, 3);                           /* its tables hold what they like */
    else
        check_equal(value, 0);
    first[STEP] = 1;
    check(wait_for(&first[STEP], 2));
    if (mode_tables_plain())
        check(probe_write(forged, 9) && probe_write(forged + GUEST_PAGE_SIZE, 9));
    check_equal(grant_unmap(second_handle, second_linear, 0), GNTST_okay);
    for (uint32_t i = 0; i < 3; i++)
        check(!probe_read(forged + i * GUEST_PAGE_SIZE, &value));
    check(!probe_read(second_linear, &value));

    check_group("mapper: gives a frame, and outlives the granter");
    give_frame(peer);
    first[STEP] = 3;
    check(wait_for(&first[STEP], 4));
    for (uint32_t i = 0; i < 50; i++)
        nap();
    check(probe_write(AREA, 4));                         /* held, so it is still there */
    check_equal(grant_map(peer, READ_ONLY, MAP_RO, forged, &handle), GNTST_general_error);       /* but dying */
    check_equal(grant_unmap(first_handle, AREA, 0), GNTST_okay);
    check(!probe_read(AREA, &value));
    end = clock_ns() + WAIT_NS;
    while (grant_map(peer, READ_ONLY, MAP_RO, forged, &handle) != GNTST_bad_domain && clock_ns() < end)
        nap();
    check_equal(grant_map(peer, READ_ONLY, MAP_RO, forged, &handle), GNTST_bad_domain);
}
