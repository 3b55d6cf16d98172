/* table.c - see t_grant.h. */
#include "guests/t_grant/t_grant.h"

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/tables.h"

#define TABLE_LINEAR (AREA + 512 * GUEST_PAGE_SIZE)

volatile struct grant_entry_v1 *grants;

void grant_setup(void) {
    xen_pfn_t frames[GRANT_FRAMES];
    struct gnttab_setup_table setup = { .dom = DOMID_SELF, .nr_frames = GRANT_FRAMES, .status = 1 };

    set_xen_guest_handle(setup.frame_list, frames);
    check_equal(hypercall_grant_table_op(GNTTABOP_setup_table, &setup, 1), 0);
    check_equal(setup.status, GNTST_okay);
    for (uint32_t i = 0; i < GRANT_FRAMES; i++)
        check_equal(hypercall_update_va_mapping(TABLE_LINEAR + i * GUEST_PAGE_SIZE,
                                                (uint64_t)frames[i] << 12 | PTE_P | PTE_W | PTE_A | PTE_D, UVMF_INVLPG), 0);
    grants = (volatile struct grant_entry_v1 *)(uintptr_t)TABLE_LINEAR;
}

void grant_page(uint32_t ref, uint32_t domain, const volatile void *page, uint32_t flags) {
    grants[ref].domid = (domid_t)domain;
    grants[ref].frame = boot_mfn_of_linear((const void *)page);
    grants[ref].flags = (uint16_t)(GTF_permit_access | flags);
}

void grant_revoke(uint32_t ref) {
    grants[ref].flags = 0;
}

int grant_map(uint32_t domain, uint32_t ref, uint32_t flags, uint64_t address, uint32_t *handle) {
    struct gnttab_map_grant_ref map = { .host_addr = address, .flags = flags, .ref = ref, .dom = (domid_t)domain,
                                        .status = 1 };

    check_equal(hypercall_grant_table_op(GNTTABOP_map_grant_ref, &map, 1), 0);
    if (map.status == GNTST_okay) {
        *handle = map.handle;
        check(map.dev_bus_addr != 0);
    }
    return map.status;
}

int grant_unmap(uint32_t handle, uint64_t address, uint64_t device_address) {
    struct gnttab_unmap_grant_ref unmap = { .host_addr = address, .dev_bus_addr = device_address, .handle = handle,
                                            .status = 1 };

    check_equal(hypercall_grant_table_op(GNTTABOP_unmap_grant_ref, &unmap, 1), 0);
    return unmap.status;
}
