/* watched.c - the script of the domain whose memory is watched (see main.c). */
#include "guests/t_dirty/t_dirty.h"

#include <stddef.h>

#include <xen/errno.h>

#include "guests/lib/check.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/mode.h"
#include "guests/lib/outcome.h"
#include "guests/lib/tables.h"

#define GRANT_TABLE (pages[PAGES - 1]) /* where it is mapped */
#define TABLE (pages[16])              /* becomes an L1 table for this address */
#define AREA 0xd0000000u
#define FLAGS (PTE_P | PTE_W | PTE_U)

static void grant_page(uint32_t ref, uint32_t domain, uint32_t page) {
    volatile struct grant_entry_v1 *entry = (volatile struct grant_entry_v1 *)&GRANT_TABLE + ref;

    entry->domid = (domid_t)domain;
    entry->frame = boot_mfn_of_linear(pages[page]);
    entry->flags = GTF_permit_access;
}

static void grant(void) {
    xen_pfn_t frame;
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = 1 };

    set_xen_guest_handle(setup.frame_list, &frame);
    check_equal(hypercall_grant_table_op(GNTTABOP_setup_table, &setup, 1), 0);
    check_equal(hypercall_update_va_mapping(pointer_word(&GRANT_TABLE), (uint64_t)frame << 12 | FLAGS, UVMF_INVLPG), 0);
    grant_page(GRANT_REF, 0, GRANTED);
    grant_page(OWN_REF, WATCHED, 33);
}

static uint32_t handle;

/* Where a page that was granted to ourselves is mapped; when we are translated, at a number beyond memory. */
static uint64_t grant_address(void) {
    return boot_is_translated() ? (uint64_t)(start_info->nr_pages + 600) << 12 : AREA + 8 * GUEST_PAGE_SIZE;
}

static void map_own_grant(void) {
    struct gnttab_map_grant_ref map = { .host_addr = grant_address(), .ref = OWN_REF, .dom = WATCHED,
                                        .flags = GNTMAP_host_map | GNTMAP_readonly };

    check_equal(hypercall_grant_table_op(GNTTABOP_map_grant_ref, &map, 1), 0);
    check_equal(map.status, GNTST_okay);
    handle = map.handle;
}

static void unmap_own_grant(void) {
    struct gnttab_unmap_grant_ref unmap = { .host_addr = grant_address(), .handle = handle };

    check_equal(hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, &unmap, 1), 0);
    check_equal(unmap.status, GNTST_okay);
}

static void page_operation(uint32_t command, uint32_t to, uint32_t from) {
    struct mmuext_op operation = { .cmd = command, .arg1.mfn = boot_mfn_of_linear(pages[to]),
                                   .arg2.src_mfn = boot_mfn_of_linear(pages[from]) };

    check_equal(hypercall_mmuext_op(&operation, 1, NULL, DOMID_SELF), 0);
}

static void by_the_hypervisor(void) {
    struct gnttab_copy copy = { .source = { .u.gmfn = boot_mfn_of_linear(pages[10]), .domid = DOMID_SELF },
                                .dest = { .u.gmfn = boot_mfn_of_linear(pages[12]), .domid = DOMID_SELF, .offset = 9 },
                                .len = 5 };

    check_equal(hypercall_xen_version(XENVER_capabilities, (void *)(uintptr_t)pages[8]), 0);
    page_operation(MMUEXT_CLEAR_PAGE, 9, 9);
    page_operation(MMUEXT_COPY_PAGE, 11, 10);
    check_equal(hypercall_grant_table_op(GNTTABOP_copy, &copy, 1), 0);
    check_equal(copy.status, GNTST_okay);
}

static void make_table(void) {
    TABLE[0] = tables_make(page_frame(pages[17]), FLAGS);
    tables_set(tables_slot(AREA), tables_make(page_frame(TABLE), FLAGS));
}

/* POP is not carried out by the hypervisor: the table goes out of sync. */
static void store_unseen(volatile uint32_t *to, uint32_t value) {
    __asm__ volatile("pushl %1; popl %0" : "=m"(*to) : "r"(value) : "memory");
}

static void change_frame(void) {
    xen_pfn_t pfn = start_info->nr_pages - 1;
    unsigned long frame = boot_mfn_of(pfn);
    struct xen_memory_reservation reservation = { .nr_extents = 1, .domid = DOMID_SELF };

    set_xen_guest_handle(reservation.extent_start, &frame);
    check_equal(hypercall_memory_op(XENMEM_decrease_reservation, &reservation), 1);
    frame = pfn;
    check_equal(hypercall_memory_op(XENMEM_populate_physmap, &reservation), 1);
}

static void use(uint32_t first, uint32_t count, bool write) {
    for (uint32_t i = first; i < first + count; i++) {
        uint32_t value = pages[i][100];

        if (write)
            pages[i][100] = value + 1;
    }
}

/* The kernel's own accessed bits are as it left them, whoever took samples. */
static void check_accessed(void) {
    uint32_t accessed = 0;

    for (uint32_t i = 0; i < PAGES; i++)
        accessed += (*(volatile pte_t *)tables_entry(pointer_word(pages[i])) & PTE_A) != 0;
    check_equal(accessed, PAGES);
}

/* More tables than the smallest pool has room for: one for each 4 MiB, all mapping the same page. */
static void be_busy(void) {
    for (uint32_t round = 0; round < 3; round++) {
        for (uint32_t i = 1; i < 24; i++) {
            uint32_t linear = AREA + i * L2_SPAN;

            if (*(volatile pte_t *)tables_slot(linear) == 0)
                tables_set(&tables_install(linear)[i], tables_make(page_frame(pages[40]), FLAGS));
            *(volatile uint32_t *)(linear + i * GUEST_PAGE_SIZE) += 1;
        }
    }
    use(50, 4, true);
}

static void do_step(enum step step) {
    switch (step) {
    case STEP_STORES:
        use(1, 1, true);
        use(3, 1, true);
        use(5, 1, true);
        break;
    case STEP_LOADS:
        use(0, PAGES - 1, false);
        break;
    case STEP_HYPERVISOR:
        by_the_hypervisor();
        break;
    case STEP_TABLE_MADE:
        make_table();
        break;
    case STEP_TABLE_WALKED:
        (void)*(volatile uint32_t *)AREA;
        break;
    case STEP_TABLE_WRITTEN:
    case STEP_TABLE_WRITTEN_AGAIN:
        *(volatile uint32_t *)AREA = 1;
        break;
    case STEP_TABLE_STORED:
        TABLE[5] = 4;
        break;
    case STEP_TABLE_CALLED:
        check_equal(tables_update(&TABLE[6], 4), 0);
        break;
    case STEP_TABLE_UNSEEN:
        store_unseen(&TABLE[7], 4);
        break;
    case STEP_GRANT_MAPPED:
        map_own_grant();
        break;
    case STEP_GRANT_UNMAPPED:
        unmap_own_grant();
        break;
    case STEP_MEMORY:
        change_frame();
        break;
    case STEP_LEAVE:
        check_errno(mode_switch(PENUMBRA_MODE_direct), boot_is_translated() ? XEN_EPERM : XEN_EBUSY);
        check_equal(mode_now(), PENUMBRA_MODE_shadow);
        break;
    case STEP_SAMPLED:
        use(2, 1, false);
        use(4, 1, true);
        use(6, 2, false);
        break;
    case STEP_BUSY:
    case STEP_BUSY_AGAIN:
        be_busy();
        break;
    case STEP_HELLO:
    case STEP_END:
        break;
    }
}

_Noreturn void be_watched(void) {
    struct evtchn_alloc_unbound request = { .dom = DOMID_SELF, .remote_dom = 0 };

    check_group("watched");
    grant();
    check_equal(hypercall_event_channel_op(EVTCHNOP_alloc_unbound, &request), 0);
    for (uint32_t step = STEP_HELLO; step <= STEP_END; step++) {
        if (!event_wait(request.port, 60000 * MILLISECOND)) {
            if (step == STEP_HELLO)
                finish(PENUMBRA_OUTCOME_skip);           /* nobody watches */
            check_stop("the watcher is gone");
        }
        do_step(step);
        if (step == STEP_END)
            check_accessed();
        event_send(request.port);
    }
    check_finish();
}
