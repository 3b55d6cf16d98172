/* page_tables.c - requests about page tables that every paging mode refuses or passes over alike. */
#include "guests/lib/boot.h"
#include "guests/lib/tables.h"
#include "guests/t_answers/answers.h"

#define NO_FRAME 0xfffffu
#define AREA 0x60000000u                 /* there is no table for it */

static const uint16_t domains[] = { 0x7eff, 0x7fef, DOMID_XEN, DOMID_COW, DOMID_INVALID, DOMID_IDLE, 0xffff };
static const uint32_t counts[] = { 0x7fffffff, 0x80000000, 0xffffffff };

static void ask_mmu_update(void) {
    static struct mmu_update request;

    for (uint32_t low = 0; low < 8; low++) {
        row("mmu_update at a frame that is not there, at one of nobody, above 4 GiB; low bits %u", low);
        request = (struct mmu_update){ (uint64_t)NO_FRAME << 12 | low, 0 };
        answer(hypercall_mmu_update(&request, 1, NULL, DOMID_SELF));
        request.ptr = low;
        answer(hypercall_mmu_update(&request, 1, NULL, DOMID_SELF));
        request.ptr = 1ull << 40 | low;
        answer(hypercall_mmu_update(&request, 1, NULL, DOMID_SELF));
    }
    row("mmu_update of domain");
    for (uint32_t i = 0; i < LENGTH(domains); i++) {
        request = (struct mmu_update){ (uint64_t)data_frame() << 12, 0 };
        answer(hypercall_mmu_update(&request, 1, NULL, domains[i]));
    }
    row("mmu_update, mmuext_op of 0 requests, with a bad pointer for the count");
    for (uint32_t i = 1; i < POINTERS; i++) {
        answer(hypercall_mmu_update(&request, 0, bad_pointer(i), DOMID_SELF));
        answer(hypercall_mmuext_op(NULL, 0, bad_pointer(i), DOMID_SELF));
    }
    row("mmu_update, mmuext_op at address 0, count");
    for (uint32_t i = 0; i < LENGTH(counts); i++) {
        answer(hypercall_mmu_update(NULL, counts[i], NULL, DOMID_SELF));
        answer(hypercall_mmuext_op(NULL, counts[i], NULL, DOMID_SELF));
    }
}

static void ask_of_domain(uint32_t domain) {
    static const uint32_t commands[] = {
        MMUEXT_PIN_L1_TABLE, MMUEXT_PIN_L2_TABLE, MMUEXT_UNPIN_TABLE, MMUEXT_TLB_FLUSH_LOCAL, MMUEXT_CLEAR_PAGE, 99,
    };

    for (uint32_t i = 0; i < LENGTH(commands); i++) {
        struct mmuext_op request = { .cmd = commands[i], .arg1.mfn = data_frame() };

        answer(hypercall_mmuext_op(&request, 1, NULL, domain));
    }
}

static void ask_mmuext_op(void) {
    static struct mmuext_op request;
    const uint32_t frames[] = { 0, NO_FRAME, 0x100000, 0x7fffffff, 0xffffffff };

    row("mmuext_op command 14, 15 and 19 to 31, -1");
    for (uint32_t command = 14; command <= 32; command = command == 15 ? 19 : command + 1) {
        request = (struct mmuext_op){ .cmd = command == 32 ? 0xffffffff : command };
        answer(hypercall_mmuext_op(&request, 1, NULL, DOMID_SELF));
    }
    row("mmuext_op 0, 1, 4, 6, 16 and 99 of domain");
    for (uint32_t i = 0; i < LENGTH(domains); i++)
        ask_of_domain(domains[i]);
    row("mmuext_op 0, 1, 4, 6, 16 and 99 of DOMID_IO");
    ask_of_domain(DOMID_IO);
    for (uint32_t command = 0; command < 18; command++) {
        if (command >= MMUEXT_TLB_FLUSH_LOCAL && command < MMUEXT_CLEAR_PAGE)
            continue;
        row("mmuext_op %u of frame", command);
        for (uint32_t i = 0; i < LENGTH(frames); i++) {
            request = (struct mmuext_op){ .cmd = command, .arg1.mfn = frames[i], .arg2.src_mfn = frames[i] };
            answer(hypercall_mmuext_op(&request, 1, NULL, DOMID_SELF));
        }
    }
    for (uint32_t command = MMUEXT_TLB_FLUSH_LOCAL; command <= MMUEXT_FLUSH_CACHE; command++) {
        row("mmuext_op %u, linear address or bitmap: bad pointers", command);
        for (uint32_t i = 0; i < POINTERS; i++) {
            request = (struct mmuext_op){ .cmd = command, .arg1.linear_addr = pointer_word(bad_pointer(i)) };
            set_xen_guest_handle(request.arg2.vcpumask, bad_pointer(i));
            answer(hypercall_mmuext_op(&request, 1, NULL, DOMID_SELF));
        }
    }
    row("mmuext_op of domain");
    for (uint32_t i = 0; i < LENGTH(domains); i++) {
        request = (struct mmuext_op){ .cmd = MMUEXT_TLB_FLUSH_LOCAL };
        answer(hypercall_mmuext_op(&request, 1, NULL, domains[i]));
    }
    for (uint32_t entries = 1; entries <= 8193; entries = entries == 1 ? 8192 : entries + 1) {
        row("mmuext_op set_ldt of %u entries, at offset 0, 1, 8, 4095, bad pointers", entries);
        for (uint32_t i = 0; i < 4 + POINTERS; i++) {
            static const uint32_t offsets[] = { 0, 1, 8, 4095 };
            uint32_t linear = i < 4 ? AREA + offsets[i] : pointer_word(bad_pointer(i - 4));

            request = (struct mmuext_op){ .cmd = MMUEXT_SET_LDT, .arg1.linear_addr = linear, .arg2.nr_ents = entries };
            answer(hypercall_mmuext_op(&request, 1, NULL, DOMID_SELF));
        }
    }
    request = (struct mmuext_op){ .cmd = MMUEXT_SET_LDT };
    hypercall_mmuext_op(&request, 1, NULL, DOMID_SELF);
}

static void ask_update_va_mapping(void) {
    static const uint32_t flags[] = {
        0, UVMF_TLB_FLUSH, UVMF_INVLPG, 3, UVMF_TLB_FLUSH | UVMF_ALL, UVMF_INVLPG | UVMF_ALL,
    };

    row("update_va_mapping where no table is, flags");
    for (uint32_t i = 0; i < LENGTH(flags); i++)
        answer(hypercall_update_va_mapping(AREA, 0, flags[i]));
    row("update_va_mapping of the hypervisor's addresses");
    for (uint32_t linear = 0xfc000000; linear != 0; linear += 0x800000)
        answer(hypercall_update_va_mapping(linear, 0, 0));
}

static void ask_multicall(void) {
    struct multicall_entry entries[2] = { { .op = 1000 }, { .op = __HYPERVISOR_multicall } };

    row("multicall of 0, 1, 2 at a good address, their results");
    for (uint32_t count = 0; count < 3; count++)
        answer(hypercall_multicall(entries, count));
    answer((long)(int32_t)entries[0].result);
    answer((long)(int32_t)entries[1].result);
    row("multicall at address 0, count");
    for (uint32_t i = 0; i < LENGTH(counts); i++)
        answer(hypercall_multicall(NULL, counts[i]));
}

void ask_page_tables(void) {
    ask_mmu_update();
    ask_mmuext_op();
    ask_update_va_mapping();
    ask_multicall();
}
