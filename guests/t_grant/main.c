/*
 * t_grant - grant tables: set up, map and unmap by linear address and by entry, copy, and every wrong argument.
 *
 * Alone the domain grants frames to itself, in the mode that it is started in and, from shadow mode, across changes of
 * mode. With role=granter peer=N and role=mapper peer=M two domains share frames, and the granter ends while the other
 * still has one mapped (peers.c).
 * Expected outcome: success, of both.
 */
#include "guests/t_grant/t_grant.h"

#include <stddef.h>

#include <xen/errno.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/events.h"
#include "guests/lib/mode.h"
#include "guests/lib/probe.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"

#define NOBODY 0x7f00u                   /* no domain's number */
#define NOWHERE 0x48000000u              /* no page table */
#define BATCH 200u                       /* more than one go */
#define REF 9u

static uint32_t self;
static volatile uint32_t *page;
static pte_t *area_table;

static void check_setup(void) {
    xen_pfn_t frames[GRANT_FRAMES + 1];
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = GRANT_FRAMES + 1 };
    struct gnttab_query_size size = { .dom = DOMID_SELF, .status = 1 };

    check_group("setup");
    set_xen_guest_handle(setup.frame_list, frames);
    check_equal(hypercall_grant_table_op(GNTTABOP_setup_table, &setup, 1), 0);
    check_equal(setup.status, GNTST_general_error);
    setup.nr_frames = 1;
    check_errno(hypercall_grant_table_op(GNTTABOP_setup_table, &setup, 2), XEN_EINVAL);
    check_errno(hypercall_grant_table_op(GNTTABOP_setup_table, &setup, 0), XEN_EINVAL);
    check_errno(hypercall_grant_table_op(GNTTABOP_setup_table, (void *)(uintptr_t)NOWHERE, 1), XEN_EFAULT);
    setup.dom = (domid_t)self;
    check_equal(hypercall_grant_table_op(GNTTABOP_setup_table, &setup, 1), 0);
    check_equal(setup.status, GNTST_permission_denied);  /* even by its own number */
    check_equal(hypercall_grant_table_op(GNTTABOP_query_size, &size, 1), 0);
    check_equal(size.status, GNTST_okay);
    check_equal(size.nr_frames, GRANT_FRAMES);
    check_equal(size.max_nr_frames, GRANT_FRAMES);
    size.dom = NOBODY;
    check_equal(hypercall_grant_table_op(GNTTABOP_query_size, &size, 1), 0);
    check_equal(size.status, GNTST_permission_denied);
    check_errno(hypercall_grant_table_op(GNTTABOP_dump_table, &size, 1), XEN_ENOSYS);
    check_errno(hypercall_grant_table_op(GNTTABOP_map_grant_ref, &size, 513), XEN_EINVAL);
    check_errno(hypercall_grant_table_op(GNTTABOP_map_grant_ref, (void *)(uintptr_t)0xfc000000, 1), XEN_EFAULT);
    check_errno(hypercall_grant_table_op(GNTTABOP_map_grant_ref, (void *)(uintptr_t)NOWHERE, 1), XEN_EFAULT);
    check_errno(hypercall_grant_table_op(100, NULL, 0), XEN_ENOSYS);
}

static void check_map(void) {
    uint32_t handle, other, value;

    check_group("map and unmap");
    grant_page(REF, self, page, 0);
    check_equal(grant_map(self, REF, MAP_RW, AREA, &handle), GNTST_okay);
    check_equal(grants[REF].flags, GTF_permit_access | GTF_reading | GTF_writing);
    check(probe_write(AREA, 0x1234));
    check_equal(page[0], 0x1234);
    check_equal(grant_map(self, REF, MAP_RO, AREA + GUEST_PAGE_SIZE, &other), GNTST_okay);
    check(other != handle);
    check(probe_read(AREA + GUEST_PAGE_SIZE, &value) && value == 0x1234);
    check(!probe_write(AREA + GUEST_PAGE_SIZE, 1));
    check_equal(grant_unmap(handle, AREA + GUEST_PAGE_SIZE, 0), GNTST_general_error);    /* mapped, but not so */
    check_equal(grant_unmap(handle, AREA, 0), GNTST_okay);
    check(!probe_read(AREA, &value));
    check_equal(grants[REF].flags, GTF_permit_access | GTF_reading);
    check_equal(grant_unmap(handle, AREA, 0), GNTST_bad_handle);
    check_equal(grant_unmap(other, AREA, 0), GNTST_general_error);
    check_equal(grant_unmap(other, AREA + GUEST_PAGE_SIZE, 0), GNTST_okay);
    check_equal(grants[REF].flags, GTF_permit_access);
    check(!probe_read(AREA + GUEST_PAGE_SIZE, &value));
    check_equal(grant_unmap(100000, AREA, 0), GNTST_bad_handle);
}

static void check_by_entry(void) {
    uint64_t entry = tables_machine_address(&area_table[7]);
    uint32_t handle, linear = AREA + 7 * GUEST_PAGE_SIZE, value;

    check_group("by the entry's machine address");
    check_equal(grant_map(self, REF, MAP_RW | GNTMAP_contains_pte, entry, &handle), GNTST_okay);
    check(probe_write(linear, 77));
    check_equal(page[0], 77);
    check(!(area_table[7] & PTE_U));
    check_equal(grant_unmap(handle, entry + 4, 0), GNTST_general_error);
    check_equal(grant_unmap(handle, entry, 0), GNTST_okay);
    check(!probe_read(linear, &value));
    check_equal(grant_map(self, REF, MAP_RW | GNTMAP_contains_pte, entry + 1, &handle), GNTST_general_error);
    check_equal(grant_map(self, REF, MAP_RW | GNTMAP_contains_pte, 0x1000, &handle), GNTST_general_error);
    check_equal(grant_map(self, REF, MAP_RW | GNTMAP_contains_pte, 1ull << 32, &handle), GNTST_general_error);
    check_equal(grant_map(self, REF, MAP_RW | GNTMAP_contains_pte, 0xfffff000, &handle), GNTST_general_error);

    check_group("for applications, for devices");
    check_equal(grant_map(self, REF, MAP_RO | GNTMAP_application_map, AREA, &handle), GNTST_okay);
    check_equal(area_table[0] & (PTE_P | PTE_W | PTE_U), PTE_P | PTE_U);
    check_equal(grant_unmap(handle, AREA, 0), GNTST_okay);
    check_equal(grant_map(self, REF, GNTMAP_device_map | MAP_RW, AREA, &handle), GNTST_okay);
    check_equal(grant_unmap(handle, AREA, 0), GNTST_okay);
    check_equal(grants[REF].flags, GTF_permit_access | GTF_reading | GTF_writing);       /* still a device's */
    check_equal(grant_unmap(handle, 0, 0x1000), GNTST_general_error);
    check_equal(grant_unmap(handle, 0, (uint64_t)boot_mfn_of_linear((const void *)page) << 12), GNTST_okay);
    check_equal(grant_unmap(handle, 0, 0), GNTST_bad_handle);
    check_equal(grants[REF].flags, GTF_permit_access);
}

static void check_refused_maps(void) {
    uint32_t handle;

    check_group("what is not granted");
    check_equal(grant_map(self, REF, 0, AREA, &handle), GNTST_bad_gntref);
    check_equal(grant_map(NOBODY, REF, MAP_RW, AREA, &handle), GNTST_bad_domain);
    check_equal(grant_map(DOMID_SELF, REF, MAP_RW, AREA, &handle), GNTST_bad_domain);
    check_equal(grant_map(self, REFS, MAP_RW, AREA, &handle), GNTST_bad_gntref);
    check_equal(grant_map(self, ~0u, MAP_RW, AREA, &handle), GNTST_bad_gntref);
    check_equal(grant_map(self, REF + 1, MAP_RW, AREA, &handle), GNTST_general_error);   /* an empty entry */
    check_equal(grant_map(self, REF, MAP_RW, NOWHERE, &handle), GNTST_general_error);
    check_equal(grant_map(self, REF, MAP_RW, 0xfc000000, &handle), GNTST_general_error);
    check_equal(grant_map(self, REF, MAP_RW, AREA + (1ull << 32), &handle), GNTST_general_error);
    grant_page(REF, NOBODY, page, 0);
    check_equal(grant_map(self, REF, MAP_RO, AREA, &handle), GNTST_general_error);
    grant_page(REF, self, page, GTF_readonly);
    check_equal(grant_map(self, REF, MAP_RW, AREA, &handle), GNTST_general_error);
    check_equal(grants[REF].flags, GTF_permit_access | GTF_readonly);
    check_equal(grant_map(self, REF, MAP_RO, AREA, &handle), GNTST_okay);
    check_equal(grant_map(self, REF, MAP_RW, AREA + GUEST_PAGE_SIZE, &handle), GNTST_general_error);
    check_equal(grant_unmap(handle, AREA, 0), GNTST_okay);
    grant_page(REF, self, page, 0);
    grants[REF].frame = 0;                               /* the hypervisor's */
    check_equal(grant_map(self, REF, MAP_RO, AREA, &handle), GNTST_general_error);
    grants[REF].frame = ~0u;
    check_equal(grant_map(self, REF, MAP_RO, AREA, &handle), GNTST_general_error);
    check_equal(grants[REF].flags, GTF_permit_access);
    grant_page(REF, self, page, 0);
}

/* While it is mapped the frame is the hypervisor's business too. */
static void check_frame_stays(void) {
    xen_pfn_t frame = boot_mfn_of(frame_take());
    struct xen_memory_reservation request = { .nr_extents = 1, .domid = DOMID_SELF };
    uint32_t handle, value;

    check_group("a frame that is mapped stays");
    set_xen_guest_handle(request.extent_start, &frame);
    grant_page(REF, self, page, 0);
    grants[REF].frame = frame;
    check_equal(grant_map(self, REF, MAP_RW, AREA, &handle), GNTST_okay);
    grants[REF].frame = boot_mfn_of_linear((const void *)page);  /* too late to mean another */
    check(probe_write(AREA, 5));
    check_equal(hypercall_memory_op(XENMEM_decrease_reservation, &request), 0);
    check_equal(grant_unmap(handle, AREA, (uint64_t)frame << 12), GNTST_okay);
    check(!probe_read(AREA, &value));
    check_equal(hypercall_memory_op(XENMEM_decrease_reservation, &request), 1);
    grants[REF].frame = frame;
    check_equal(grant_map(self, REF, MAP_RO, AREA, &handle), GNTST_general_error);
    grant_page(REF, self, page, 0);
}

/* More than the hypervisor does in one go, and with the last one unreadable. */
static void check_batches(void) {
    static struct gnttab_map_grant_ref maps[BATCH];
    static struct gnttab_unmap_grant_ref unmaps[BATCH];
    uint32_t good = 0;

    check_group("many at once");
    for (uint32_t i = 0; i < BATCH; i++)
        maps[i] = (struct gnttab_map_grant_ref){ .dom = (domid_t)self, .ref = REF, .flags = MAP_RW, .status = 1,
                                                 .host_addr = AREA + i * GUEST_PAGE_SIZE };
    check_equal(hypercall_grant_table_op(GNTTABOP_map_grant_ref, maps, BATCH), 0);
    for (uint32_t i = 0; i < BATCH; i++) {
        good += maps[i].status == GNTST_okay && probe_write(AREA + i * GUEST_PAGE_SIZE, i) && page[0] == i;
        unmaps[i] = (struct gnttab_unmap_grant_ref){ .handle = maps[i].handle, .host_addr = maps[i].host_addr, .status = 1 };
    }
    check_equal(good, BATCH);
    check_equal(hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, unmaps, BATCH), 0);
    for (uint32_t i = 0; i < BATCH; i++)
        good -= unmaps[i].status == GNTST_okay && !probe_write(AREA + i * GUEST_PAGE_SIZE, i);
    check_equal(good, 0);
    check_equal(grants[REF].flags, GTF_permit_access);
}

static int copy(struct gnttab_copy *operation) {
    operation->status = 1;
    check_equal(hypercall_grant_table_op(GNTTABOP_copy, operation, 1), 0);
    return operation->status;
}

static void check_copy(void) {
    volatile uint32_t *to = page_take();
    struct gnttab_copy operation = { .source = { .u.ref = REF, .domid = (domid_t)self, .offset = 4 }, .len = 8,
                                     .dest = { .u.gmfn = boot_mfn_of_linear((const void *)to), .domid = DOMID_SELF },
                                     .flags = GNTCOPY_source_gref };

    check_group("copy");
    page[1] = 11;
    page[2] = 22;
    page[3] = 33;
    check_equal(copy(&operation), GNTST_okay);
    check(to[0] == 11 && to[1] == 22 && to[2] == 0);
    check_equal(grants[REF].flags, GTF_permit_access);
    grant_page(REF + 1, self, to, 0);
    operation.dest.u.ref = REF + 1;
    operation.dest.domid = (domid_t)self;
    operation.dest.offset = GUEST_PAGE_SIZE - 8;
    check_equal(copy(&operation), GNTST_permission_denied);              /* a frame number, of another domain or not */
    operation.flags |= GNTCOPY_dest_gref;
    check_equal(copy(&operation), GNTST_okay);
    check(to[1022] == 11 && to[1023] == 22);
    operation.len = 9;
    check_equal(copy(&operation), GNTST_bad_copy_arg);
    operation.len = 8;
    operation.dest.domid = NOBODY;
    check_equal(copy(&operation), GNTST_bad_domain);
    operation.dest.domid = (domid_t)self;
    operation.dest.u.ref = REFS;
    check_equal(copy(&operation), GNTST_bad_gntref);
    operation.dest.u.ref = REF + 1;
    grant_page(REF + 1, self, to, GTF_readonly);
    check_equal(copy(&operation), GNTST_general_error);
    check_equal(grants[REF + 1].flags, GTF_permit_access | GTF_readonly);
    check_equal(grants[REF].flags, GTF_permit_access);
    operation.dest = operation.source;
    operation.dest.u.gmfn = boot_mfn_of_linear(tables_directory());
    operation.dest.domid = DOMID_SELF;
    operation.flags = GNTCOPY_source_gref;
    operation.len = 0;
    check_equal(copy(&operation), mode_tables_plain() ? GNTST_okay : GNTST_general_error);       /* a page table */
    grant_revoke(REF + 1);
}

static void check_transfer(void) {
    struct gnttab_transfer give = { .mfn = 0, .domid = NOBODY, .ref = REF };
    struct xen_memory_reservation request = { .nr_extents = 1, .domid = DOMID_SELF };
    xen_pfn_t frame = boot_mfn_of(frame_take());

    check_group("frames that nobody takes");
    check_equal(hypercall_grant_table_op(GNTTABOP_transfer, &give, 1), 0);
    check_equal(give.status, GNTST_bad_page);
    give.mfn = frame;
    check_equal(hypercall_grant_table_op(GNTTABOP_transfer, &give, 1), 0);
    check_equal(give.status, GNTST_bad_domain);
    set_xen_guest_handle(request.extent_start, &frame);
    check_equal(hypercall_memory_op(XENMEM_decrease_reservation, &request), 0);  /* it is gone, as in Xen */
}

/* There and back with mappings held; what was mapped in one mode is unmapped in another. */
static void check_modes(void) {
    const uint32_t modes[] = { PENUMBRA_MODE_direct, PENUMBRA_MODE_shadow, PENUMBRA_MODE_writable, PENUMBRA_MODE_shadow };
    uint32_t handle, next, value;

    check_group("changes of mode");
    mode_protect_tables();
    check_equal(grant_map(self, REF, MAP_RW, AREA, &handle), GNTST_okay);
    for (uint32_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        uint32_t linear = AREA + (i % 2) * GUEST_PAGE_SIZE, other = AREA + (1 - i % 2) * GUEST_PAGE_SIZE;

        check(probe_write(linear, i));
        check_equal(mode_switch(modes[i]), 0);
        check(probe_read(linear, &value) && value == i);
        check_equal(grant_map(self, REF, MAP_RW, other, &next), GNTST_okay);
        check_equal(grant_unmap(handle, linear, 0), GNTST_okay);
        check(!probe_read(linear, &value));
        check(probe_write(other, i) && page[0] == i);
        handle = next;
    }
    check_equal(grant_unmap(handle, AREA, 0), GNTST_okay);
}

_Noreturn void guest_main(void) {
    char role[8] = "", peer[8] = "";

    traps_install();
    probe_start();
    self = event_own_domain();
    page = page_take();
    area_table = tables_install(AREA);
    check_setup();
    grant_setup();
    if (boot_option("role", role, sizeof(role)) && boot_option("peer", peer, sizeof(peer))) {
        if (role[0] == 'g')
            peer_grants((uint32_t)(peer[0] - '0'));
        else
            peer_maps((uint32_t)(peer[0] - '0'));
        check_finish();
    }
    check_map();
    check_by_entry();
    check_refused_maps();
    check_frame_stays();
    check_batches();
    check_copy();
    check_transfer();
    if (mode_now() == PENUMBRA_MODE_shadow)
        check_modes();
    check_finish();
}
