/* memory.c - mmu_update, mmuext_op, update_va_mapping and memory_op (see main.c). */
#include <stddef.h>

#include <xen/errno.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/tables.h"
#include "guests/t_hypercall_errors/pointers.h"

#define AREA 0x58000000u
#define NO_FRAME 0xfffffu            /* beyond any memory */
#define HYPERVISOR_FRAME 1u          /* low memory is the hypervisor's */

static void check_mmu_update(void) {
    pte_t *table = tables_install(AREA);
    pte_t own = tables_make(page_frame(page_take()), PTE_P | PTE_W | PTE_A | PTE_D);
    struct mmu_update requests[3] = {
        { tables_machine_address(&table[0]), own },
        { (uint64_t)NO_FRAME << 12, own },
        { tables_machine_address(&table[1]), own },
    };
    uint32_t done = 99;

    check_group("mmu_update");
    check_equal(hypercall_mmu_update(requests, 0, &done, DOMID_SELF), 0);
    check_equal(done, 0);
    for (uint32_t i = 0; i < BAD_POINTERS; i++)
        check_errno(hypercall_mmu_update(bad_pointers[i], 1, NULL, DOMID_SELF), XEN_EFAULT);
    check_errno(hypercall_mmu_update(pointer_across(8), 1, NULL, DOMID_SELF), XEN_EFAULT);
    check_errno(hypercall_mmu_update(requests, 1, NULL, 0x1234), XEN_ESRCH);

    check_errno(hypercall_mmu_update(requests, 3, &done, DOMID_SELF), XEN_EINVAL);
    check_equal(done, 1);                            /* the first took effect, the third was not reached */
    check_equal(table[0] & ~(PTE_A | PTE_D), own & ~(PTE_A | PTE_D));
    check_equal(table[1], 0);

    requests[0] = (struct mmu_update){ (uint64_t)HYPERVISOR_FRAME << 12, own };
    check_errno(hypercall_mmu_update(requests, 1, &done, DOMID_SELF), XEN_EINVAL);
    requests[0] = (struct mmu_update){ (uint64_t)NO_FRAME << 12 | MMU_MACHPHYS_UPDATE, 5 };
    check_errno(hypercall_mmu_update(requests, 1, &done, DOMID_SELF), XEN_EINVAL);
}

/* Mapping what is not ours fails, at the call or at the first touch; t_pagetables looks at the touch. */
static void check_update_va_mapping(void) {
    uint32_t own = tables_make(page_frame(page_take()), PTE_P | PTE_W | PTE_A | PTE_D);

    check_group("update_va_mapping");
    check_equal(hypercall_update_va_mapping(AREA, own, UVMF_INVLPG), 0);
    check_equal(hypercall_update_va_mapping(AREA, 0, UVMF_INVLPG), 0);
    check_errno(hypercall_update_va_mapping(0xfc000000u, own, UVMF_INVLPG), XEN_EINVAL);
    check_errno(hypercall_update_va_mapping(0xfffff000u, own, UVMF_NONE), XEN_EINVAL);
    check_errno(hypercall_update_va_mapping(0x5c000000u, own, UVMF_NONE), XEN_EINVAL);        /* no L1 table */
    for (uint32_t i = 0; i < BAD_POINTERS - 1; i++) {
        uint32_t flags = UVMF_INVLPG | UVMF_MULTI | pointer_word(bad_pointers[i]);

        check_errno(hypercall_update_va_mapping(AREA, 0, flags), XEN_EFAULT);
    }
}

static void check_mmuext_op(void) {
    struct mmuext_op operations[3] = {
        { .cmd = MMUEXT_TLB_FLUSH_LOCAL }, { .cmd = 999 }, { .cmd = MMUEXT_TLB_FLUSH_LOCAL },
    };
    uint32_t done = 99;

    check_group("mmuext_op");
    check_equal(hypercall_mmuext_op(operations, 0, &done, DOMID_SELF), 0);
    check_equal(done, 0);
    for (uint32_t i = 0; i < BAD_POINTERS; i++)
        check_errno(hypercall_mmuext_op(bad_pointers[i], 1, NULL, DOMID_SELF), XEN_EFAULT);
    check_errno(hypercall_mmuext_op(pointer_across(8), 1, NULL, DOMID_SELF), XEN_EFAULT);
    check_errno(hypercall_mmuext_op(operations, 1, NULL, 0x1234), XEN_ESRCH);
    check_errno(hypercall_mmuext_op(operations, 3, &done, DOMID_SELF), XEN_ENOSYS);
    check_equal(done, 1);

    for (uint32_t i = 0; i < BAD_POINTERS; i++) {
        operations[0] = (struct mmuext_op){ .cmd = MMUEXT_TLB_FLUSH_MULTI };
        set_xen_guest_handle(operations[0].arg2.vcpumask, bad_pointers[i]);
        check_errno(hypercall_mmuext_op(operations, 1, &done, DOMID_SELF), XEN_EINVAL);
        check_equal(done, 0);
    }
    operations[0] = (struct mmuext_op){ .cmd = MMUEXT_NEW_BASEPTR, .arg1.mfn = NO_FRAME };
    check_errno(hypercall_mmuext_op(operations, 1, &done, DOMID_SELF), XEN_EINVAL);
    operations[0].arg1.mfn = HYPERVISOR_FRAME;
    check_errno(hypercall_mmuext_op(operations, 1, &done, DOMID_SELF), XEN_EINVAL);
    operations[0].arg1.mfn = 0xffffffffu;
    check_errno(hypercall_mmuext_op(operations, 1, &done, DOMID_SELF), XEN_EINVAL);
    operations[0] = (struct mmuext_op){ .cmd = MMUEXT_SET_LDT, .arg1.linear_addr = AREA + 8, .arg2.nr_ents = 8 };
    check_errno(hypercall_mmuext_op(operations, 1, &done, DOMID_SELF), XEN_EINVAL);       /* not page-aligned */
    operations[0] = (struct mmuext_op){ .cmd = MMUEXT_SET_LDT, .arg1.linear_addr = AREA, .arg2.nr_ents = 8193 };
    check_errno(hypercall_mmuext_op(operations, 1, &done, DOMID_SELF), XEN_EINVAL);
    operations[0] = (struct mmuext_op){ .cmd = MMUEXT_SET_LDT, .arg1.linear_addr = 0xfffff000u, .arg2.nr_ents = 512 };
    check_errno(hypercall_mmuext_op(operations, 1, &done, DOMID_SELF), XEN_EINVAL);
    operations[0] = (struct mmuext_op){ .cmd = MMUEXT_UNPIN_TABLE, .arg1.mfn = NO_FRAME };
    check_errno(hypercall_mmuext_op(operations, 1, &done, DOMID_SELF), XEN_EINVAL);
}

static void check_memory_op(void) {
    domid_t self = DOMID_SELF, other = 7;

    check_group("memory_op");
    check_errno(hypercall_memory_op(999, NULL), XEN_ENOSYS);
    check_equal(hypercall_memory_op(XENMEM_current_reservation, &self), (long)start_info->nr_pages);
    check(hypercall_memory_op(XENMEM_maximum_reservation, &self) >= (long)start_info->nr_pages);
    check(hypercall_memory_op(XENMEM_maximum_ram_page, NULL) >= (long)start_info->nr_pages);
    check(hypercall_memory_op(XENMEM_current_reservation, &other) < 0);
    for (uint32_t i = 0; i < BAD_POINTERS; i++)
        check_errno(hypercall_memory_op(XENMEM_current_reservation, bad_pointers[i]), XEN_EFAULT);
}

void check_memory(void) {
    check_mmu_update();
    check_update_va_mapping();
    check_mmuext_op();
    check_memory_op();
}
