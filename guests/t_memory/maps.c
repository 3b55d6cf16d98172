/* maps.c - what a domain is told about memory: its size, its map, the machine-to-physical table (see main.c). */
#include <stddef.h>

#include <xen/errno.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/probe.h"
#include "guests/lib/string.h"
#include "guests/lib/tables.h"
#include "guests/t_memory/t_memory.h"

/* Commands that the headers show to tools only. */
#define SET_MEMORY_MAP 13u
#define ENTRY_BYTES 20u

struct foreign_map {
    domid_t domid;
    struct xen_memory_map map;
};

static void check_questions(void) {
    domid_t other = 1;

    check_group("sizes");
    check_errno(hypercall_memory_op(XENMEM_current_reservation, &other), XEN_EPERM);
    check_errno(hypercall_memory_op(XENMEM_maximum_reservation, &other), XEN_EPERM);
    check_errno(hypercall_memory_op(XENMEM_maximum_gpfn, before_nothing(0)), XEN_EFAULT);
    check(frames_now() <= frames_allowed());
    check(hypercall_memory_op(XENMEM_maximum_ram_page, NULL) > frames_now());
}

static void check_map(void) {
    static uint8_t entries[4 * ENTRY_BYTES], told[4 * ENTRY_BYTES];
    struct xen_memory_map map = { .nr_entries = 4 };
    struct foreign_map set = { .domid = DOMID_SELF, .map.nr_entries = 4 };

    check_group("memory map");
    set_xen_guest_handle(map.buffer, (void *)told);
    set_xen_guest_handle(set.map.buffer, (void *)entries);
    check_errno(hypercall_memory_op(XENMEM_memory_map, &map), XEN_ENOSYS);
    check_errno(hypercall_memory_op(SET_MEMORY_MAP, &set), XEN_EINVAL);
    set.map.nr_entries = 2;
    set.domid = 1;
    check_errno(hypercall_memory_op(SET_MEMORY_MAP, &set), XEN_EPERM);
    check_errno(hypercall_memory_op(XENMEM_memory_map, &map), XEN_ENOSYS);
    set.domid = DOMID_SELF;
    for (uint32_t i = 0; i < sizeof(entries); i++)
        entries[i] = (uint8_t)(i + 1);
    check_equal(hypercall_memory_op(SET_MEMORY_MAP, &set), 0);
    check_equal(hypercall_memory_op(XENMEM_memory_map, &map), 0);
    check_equal(map.nr_entries, 2);
    check_equal(memcmp(told, entries, 2 * ENTRY_BYTES), 0);
    check_equal(told[2 * ENTRY_BYTES], 0);
    map.nr_entries = 1;
    check_equal(hypercall_memory_op(XENMEM_memory_map, &map), 0);
    check_equal(map.nr_entries, 1);
    set_xen_guest_handle(map.buffer, (void *)before_nothing(1));
    check_errno(hypercall_memory_op(XENMEM_memory_map, &map), XEN_EFAULT);
    check_errno(hypercall_memory_op(XENMEM_memory_map, before_nothing(1)), XEN_EFAULT);
    check_errno(hypercall_memory_op(XENMEM_machine_memory_map, &map), XEN_EINVAL);
}

static void check_table(void) {
    unsigned long extents[4] = { 0 };
    struct xen_machphys_mfn_list list = { .max_extents = 4 };
    struct xen_machphys_mapping mapping;
    uint32_t linear = pointer_word(page_take()), value;

    check_group("machine-to-physical table");
    set_xen_guest_handle(list.extent_start, extents);
    check_equal(hypercall_memory_op(XENMEM_machphys_mfn_list, &list), 0);
    check(list.nr_extents >= 1 && extents[0] != 0 && extents[list.nr_extents] == 0);
    list.max_extents = 0;
    check_equal(hypercall_memory_op(XENMEM_machphys_mfn_list, &list), 0);
    check_equal(list.nr_extents, 0);
    check_errno(hypercall_memory_op(XENMEM_machphys_mfn_list, before_nothing(1)), XEN_EFAULT);
    check_equal(hypercall_memory_op(XENMEM_machphys_mapping, &mapping), 0);
    check(mapping.v_start == MACH2PHYS_VIRT_START_NONPAE && mapping.max_mfn > start_info->nr_pages);
    /* Knowing the frames is not having them: refused, or a fault at the first touch. */
    if (hypercall_update_va_mapping(linear, extents[0] << 12 | PTE_P | PTE_A, UVMF_INVLPG) == 0)
        check(!probe_read(linear, &value));
}

static void check_physmap(void) {
    struct xen_add_to_physmap request = { .domid = DOMID_SELF, .space = XENMAPSPACE_shared_info };

    check_group("other commands");
    check_errno(hypercall_memory_op(XENMEM_add_to_physmap, &request), XEN_EINVAL);
    request.domid = 1;
    check_errno(hypercall_memory_op(XENMEM_add_to_physmap, &request), XEN_EPERM);
    check_errno(hypercall_memory_op(XENMEM_add_to_physmap, before_nothing(1)), XEN_EFAULT);
    check_errno(hypercall_memory_op(63, &request), XEN_ENOSYS);
}

void check_maps(void) {
    check_questions();
    check_map();
    check_table();
    check_physmap();
}
