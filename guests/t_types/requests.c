/* requests.c - lists that fail halfway, marks that are kept, flushes with an update (see main.c). */
#include <stddef.h>

#include <xen/errno.h>

#include "guests/lib/check.h"
#include "guests/lib/hypercall.h"
#include "guests/t_types/t_types.h"

#define FIRST 100u
#define COUNT 6u
#define RW (PTE_P | PTE_W | PTE_A | PTE_D)

static void check_halfway(void) {
    struct mmu_update requests[COUNT];
    struct mmuext_op operations[3] = {
        { .cmd = MMUEXT_PIN_L1_TABLE }, { .cmd = MMUEXT_PIN_L1_TABLE }, { .cmd = MMUEXT_TLB_FLUSH_LOCAL },
    };
    pte_t *page = closed_page();

    check_group("a list that fails halfway");
    for (uint32_t bad = 0; bad < COUNT; bad++) {
        uint32_t done = 99;

        for (uint32_t i = 0; i < COUNT; i++) {
            pte_t entry = entry_for(data, RW) | (i == bad ? 0x100 : 0);

            tables_set(&area_table[FIRST + i], 0);
            requests[i] = (struct mmu_update){ tables_machine_address(&area_table[FIRST + i]), entry };
        }
        check_errno(hypercall_mmu_update(requests, COUNT, &done, DOMID_SELF), XEN_EINVAL);
        check_equal(done, bad);
        for (uint32_t i = 0; i < COUNT; i++)
            check_equal(area_table[FIRST + i], i < bad ? entry_for(data, RW) : 0);
    }
    for (uint32_t i = 0; i < COUNT; i++)
        tables_set(&area_table[FIRST + i], 0);
    for (uint32_t i = 0; i < 2; i++)
        operations[i].arg1.mfn = boot_mfn_of(page_frame(page));
    uint32_t done = 99;

    check_errno(hypercall_mmuext_op(operations, 3, &done, DOMID_SELF), XEN_EINVAL);
    check_equal(done, 1);
    check_equal(tables_unpin(page), 0);
    tables_open(page);
}

/* The marks stay when asked for, on the short way and on the long one, and go when not. */
static void check_marks(void) {
    uint32_t *other = page_take();
    struct mmu_update request = { tables_machine_address(&area_table[FIRST]), 0 };
    const pte_t from[] = { entry_for(data, RW), entry_for(other, RW), 0, PTE_A | PTE_D };
    const pte_t to[] = { entry_for(data, PTE_P), entry_for(data, PTE_P | PTE_W), 0 };

    check_group("PRESERVE_AD");
    for (uint32_t f = 0; f < 4; f++)
        for (uint32_t t = 0; t < 3; t++)
            for (uint32_t keep = 0; keep < 2; keep++) {
                tables_set(&area_table[FIRST], from[f]);
                request.ptr = (request.ptr & ~3ull) | (keep ? MMU_PT_UPDATE_PRESERVE_AD : MMU_NORMAL_PT_UPDATE);
                request.val = to[t];
                check_equal(hypercall_mmu_update(&request, 1, NULL, DOMID_SELF), 0);
                check_equal(area_table[FIRST], keep ? to[t] | (from[f] & (PTE_A | PTE_D)) : to[t]);
            }
    tables_set(&area_table[FIRST], 0);
    tables_flush();
}

static void check_machine_to_physical(void) {
    const volatile uint32_t *m2p = (const volatile uint32_t *)MACH2PHYS_VIRT_START_NONPAE;
    uint32_t mfn = boot_mfn_of(page_frame(area_table)), own = m2p[mfn];
    struct mmu_update requests[2] = { { (uint64_t)mfn << 12 | MMU_MACHPHYS_UPDATE, 0x4321 },
                                      { (uint64_t)1 << 12 | MMU_MACHPHYS_UPDATE, 0x4321 } };
    uint32_t done = 99;

    check_group("MACHPHYS_UPDATE");
    check_errno(hypercall_mmu_update(requests, 2, &done, DOMID_SELF), XEN_EINVAL);
    check_equal(done, 1);
    check_equal(m2p[mfn], 0x4321);
    requests[0].val = own;
    check_equal(hypercall_mmu_update(requests, 1, &done, DOMID_SELF), 0);
    check_equal(m2p[mfn], own);
}

static void check_flushes(void) {
    unsigned long vcpus = 1;
    const uint32_t flags[] = {
        UVMF_TLB_FLUSH | UVMF_LOCAL, UVMF_TLB_FLUSH | UVMF_ALL, UVMF_TLB_FLUSH | UVMF_MULTI | pointer_word(&vcpus),
        UVMF_INVLPG | UVMF_LOCAL, UVMF_INVLPG | UVMF_ALL, UVMF_INVLPG | UVMF_MULTI | pointer_word(&vcpus),
    };
    uint32_t *other = page_take();
    volatile uint32_t *seen = (volatile uint32_t *)(AREA + FIRST * GUEST_PAGE_SIZE);

    check_group("update_va_mapping");
    data[0] = 1;
    other[0] = 2;
    for (uint32_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        check_equal(hypercall_update_va_mapping(pointer_word(seen), entry_for(data, RW), flags[i]), 0);
        check_equal(*seen, 1);
        check_equal(hypercall_update_va_mapping(pointer_word(seen), entry_for(other, RW), flags[i]), 0);
        check_equal(*seen, 2);
        check_errno(hypercall_update_va_mapping(pointer_word(seen), entry_for(area_table, RW), flags[i]), XEN_EINVAL);
        check_equal(*seen, 2);
    }
    check_errno(hypercall_update_va_mapping(pointer_word(seen), 0, UVMF_INVLPG | UVMF_MULTI | 0x1000), XEN_EFAULT);
    check_equal(area_table[FIRST], 0);                       /* as in Xen: the entry is written, the flush failed */
    tables_flush();
}

void check_requests(void) {
    check_halfway();
    check_marks();
    check_machine_to_physical();
    check_flushes();
}
