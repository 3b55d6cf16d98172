/* shared.c - shared_info, the grant table, and frames that are granted, by number (see main.c). */
#include "guests/t_translated/t_translated.h"

#include <xen/grant_table.h>

#include "guests/lib/events.h"

#define TABLE_FRAMES 4u
#define REF 20u

/* While we do not see it, nothing must fault: whoever handles a trap looks there for events. */
static void check_shared_info(void) {
    uint32_t number = (uint32_t)start_info->shared_info >> 12, linear = show(40, number), mask;
    pte_t entry = beyond(6) << 12 | RW;

    mask = ((volatile struct shared_info *)(uintptr_t)linear)->vcpu_info[0].evtchn_upcall_mask;
    check_equal(add(XENMAPSPACE_shared_info, 1, beyond(6)), -XEN_EINVAL);
    check_equal(add(XENMAPSPACE_shared_info, 0, beyond(6)), 0);
    check_equal(hypercall_update_va_mapping(pointer_word(shared_info), entry, UVMF_INVLPG), 0);
    check(is_absent(linear));
    check_equal(shared_info->vcpu_info[0].evtchn_upcall_mask, mask);
    check_equal(remove(beyond(6)), 0);
    check_errno(remove(beyond(6)), XEN_ENOENT);
    check_equal(add(XENMAPSPACE_shared_info, 0, number), 0);
    entry = number << 12 | RW;
    check_equal(hypercall_update_va_mapping(pointer_word(shared_info), entry, UVMF_INVLPG), 0);
    check_equal(shared_info->vcpu_info[0].evtchn_upcall_mask, mask);
    check_equal(frames_now(), start_info->nr_pages - 1);
}

/* Where the table is told to be, and where it was put. */
static void check_table(void) {
    xen_pfn_t frames[TABLE_FRAMES];
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = TABLE_FRAMES, .status = 1 };
    uint32_t number = frame_take(), frames_before = frames_now();

    set_xen_guest_handle(setup.frame_list, frames);
    check_equal(hypercall_grant_table_op(GNTTABOP_setup_table, &setup, 1), 0);
    check_equal(setup.status, GNTST_okay);
    for (uint32_t i = 0; i < TABLE_FRAMES; i++) {
        check_equal(frames[i], start_info->nr_pages + i);
        check(reads(show(50 + i, (uint32_t)frames[i]), 0));
    }
    check(probe_write(AREA + 50 * GUEST_PAGE_SIZE + REF * 8 + 4, 0x4444));
    check_errno(add(XENMAPSPACE_grant_table, TABLE_FRAMES, beyond(7)), XEN_EINVAL);
    check_equal(add(XENMAPSPACE_grant_table, 0, number), 0);    /* in the place of memory, which is given back */
    check_equal(frames_now(), frames_before - 1);
    check(is_absent(AREA + 50 * GUEST_PAGE_SIZE));
    check(reads(show(60, number) + REF * 8 + 4, 0x4444));
    check_equal(hypercall_grant_table_op(GNTTABOP_setup_table, &setup, 1), 0);
    check_equal(frames[0], number);
    check_equal(remove(number), 0);
    check_equal(hypercall_grant_table_op(GNTTABOP_setup_table, &setup, 1), 0);
    check_equal(frames[0], 0xffffffff);
    check_equal(reserve(XENMEM_populate_physmap, number), 1);
    check_equal(add(XENMAPSPACE_grant_table, 0, (uint32_t)start_info->nr_pages), 0);
    check_equal(frames_now(), frames_before);
}

void check_shared(void) {
    check_group("shared_info moves");
    check_shared_info();
    check_group("grant table");
    check_table();
}

static int map(uint32_t flags, uint64_t address, uint32_t *handle) {
    struct gnttab_map_grant_ref operation = { .host_addr = address, .flags = flags, .ref = REF, .status = 1,
                                              .dom = (domid_t)event_own_domain() };

    check_equal(hypercall_grant_table_op(GNTTABOP_map_grant_ref, &operation, 1), 0);
    *handle = operation.handle;
    return operation.status;
}

static int unmap(uint32_t handle, uint64_t address) {
    struct gnttab_unmap_grant_ref operation = { .host_addr = address, .handle = handle, .status = 1 };

    check_equal(hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, &operation, 1), 0);
    return operation.status;
}

static uint64_t address_of(uint32_t number) {
    return (uint64_t)number << 12;
}

/* A page of ours that we granted to ourselves, at a second number. */
static void check_mapping(uint32_t *page) {
    uint32_t number = beyond(8), linear = show(70, number), own = page_frame(page), handle, second;

    check(is_absent(linear));
    check_equal(map(GNTMAP_host_map, address_of(own), &handle), GNTST_general_error);
    check_equal(map(GNTMAP_host_map, address_of(0x80000), &handle), GNTST_general_error);
    check_equal(map(GNTMAP_host_map, address_of(number) + 4, &handle), GNTST_general_error);
    check_equal(map(GNTMAP_host_map | GNTMAP_contains_pte, address_of(number), &handle), GNTST_general_error);
    check_equal(map(GNTMAP_host_map | GNTMAP_application_map, address_of(number), &handle), GNTST_general_error);
    check_equal(map(GNTMAP_host_map, address_of(number), &handle), GNTST_okay);
    check(reads(linear, 0x6666) && probe_write(linear, 0x6667));
    check_equal(*(volatile uint32_t *)page, 0x6667);
    check_equal(map(GNTMAP_host_map, address_of(number), &second), GNTST_general_error);
    check_equal(map(GNTMAP_host_map | GNTMAP_readonly, address_of(number + 1), &second), GNTST_okay);
    check(reads(show(71, number + 1), 0x6667));

    check_errno(remove(number), XEN_EINVAL);
    check_errno(add(XENMAPSPACE_gmfn, 1, number), XEN_EINVAL);
    check_errno(add(XENMAPSPACE_gmfn, own, number), XEN_EINVAL);
    check_errno(add(XENMAPSPACE_gmfn, number, number + 2), XEN_EINVAL);
    check_equal(reserve(XENMEM_decrease_reservation, number), 0);
    check_equal(reserve(XENMEM_decrease_reservation, own), 0);
    check_equal(reserve(XENMEM_populate_physmap, number), 0);
    check_equal(unmap(handle, address_of(own)), GNTST_general_error);
    check_equal(unmap(handle, address_of(number + 3)), GNTST_general_error);
    check_equal(unmap(handle, address_of(number)), GNTST_okay);
    check(is_absent(linear));
    check(reads(AREA + 71 * GUEST_PAGE_SIZE, 0x6667));
    check_equal(unmap(second, address_of(number + 1)), GNTST_okay);
    check(is_absent(AREA + 71 * GUEST_PAGE_SIZE));
    check_equal(*(volatile uint32_t *)page, 0x6667);
}

static int copy(uint32_t from, uint32_t to) {
    struct gnttab_copy operation = { .source = { .u.gmfn = from, .domid = DOMID_SELF },
                                     .dest = { .u.gmfn = to, .domid = DOMID_SELF }, .len = 64, .status = 1 };

    check_equal(hypercall_grant_table_op(GNTTABOP_copy, &operation, 1), 0);
    return operation.status;
}

void check_grants(void) {
    volatile struct grant_entry_v1 *grants =
        (volatile struct grant_entry_v1 *)show(61, (uint32_t)start_info->nr_pages);
    uint32_t *page = page_take(), *other = page_take();

    check_group("grants");
    *page = 0x6666;
    grants[REF].domid = (domid_t)event_own_domain();
    grants[REF].frame = page_frame(page);
    grants[REF].flags = GTF_permit_access;
    check_mapping(page);
    check_equal(copy(page_frame(page), page_frame(other)), GNTST_okay);
    check_equal(*(volatile uint32_t *)other, 0x6667);
    check_equal(copy(page_frame(page), beyond(9)), GNTST_general_error);
    grants[REF].flags = 0;
}
