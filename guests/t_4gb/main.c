/*
 * t_4gb - segments of 4 GiB (VMASST_TYPE_4gb_segments): thread-local storage at negative offsets from %gs.
 *
 * No guest may have a segment that reaches around the end of the address space, so the hypervisor turns its descriptor
 * over for each access to the other half. Kernel (this file) and ring 3 (user.c) read and write on both sides of a
 * segment's base, in every form of operand; what lies in the hypervisor, across an edge, or is forbidden for another
 * reason stays a fault; with VMASST_TYPE_4gb_segments_notify trap 15 tells of each turn. Works in every paging mode:
 * mappings change by update_va_mapping only. Expected outcome: success.
 */
#include "guests/t_4gb/t_4gb.h"

#include <stddef.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"
#include "guests/lib/user.h"

#define SEGMENT_END 0xfc400000u          /* guests' segments end here */
#define EXPAND_DOWN (1ull << 42)

static unsigned long gdt_frames[1];
static uint64_t *gdt, *ldt;
uint32_t *data;
static volatile uint32_t faults, fault_vector, fault_resume;
volatile uint32_t notified, notified_length;

static void fault(struct trap_frame *frame) {
    user_trapped(frame);
    faults++;
    fault_vector = frame->vector;
    if (fault_resume == 0)
        check_stop("a fault where none is expected");
    frame->eip = fault_resume;
    fault_resume = 0;
}

/* Vector 15 brings an error code, which no processor's does: an entry of its own. */
__asm__(".pushsection .text\n"
        "entry_fixup:\n\t"
        "popl notified_length\n\t"
        "incl notified\n\t"
        "iret\n\t"
        ".popsection");
extern const uint8_t entry_fixup[];

void map_page(volatile void *page, uint32_t flags) {
    uint64_t entry = (uint64_t)boot_mfn_of(page_frame(page)) << 12 | PTE_P | PTE_A | flags;

    if (hypercall_update_va_mapping(pointer_word(page), entry, UVMF_INVLPG) != 0)
        panic("page %x cannot be mapped", pointer_word(page));
}

void put(uint32_t slot, uint32_t base, uint32_t access) {
    uint64_t descriptor = (uint64_t)((base & 0xff000000) | 0x00cf0000 | access << 8 | (base >> 16 & 0xff)) << 32 |
                          base << 16 | 0xffff;

    if (hypercall_update_descriptor((uint64_t)gdt_frames[0] << 12 | slot * 8, descriptor) != 0)
        panic("descriptor %u refused", slot);
}

bool turned_over(uint32_t slot) {
    return (((volatile uint64_t *)gdt)[slot] & EXPAND_DOWN) != 0;
}

/* The segment in %gs for the kernel. A failed access gives false. */
static bool read_gs(uint32_t selector, uint32_t offset, uint32_t *value) {
    uint32_t before = faults, got = 0;

    __asm__ volatile("movl $1f, fault_resume\n\tmovl %2, %%gs\n\tmovl %%gs:(%1), %0\n1:"
                     : "+r"(got) : "r"(offset), "r"(selector) : "memory");
    fault_resume = 0;
    *value = got;
    return faults == before;
}

static bool write_gs(uint32_t selector, uint32_t offset, uint32_t value) {
    uint32_t before = faults;

    __asm__ volatile("movl $1f, fault_resume\n\tmovl %2, %%gs\n\tmovl %0, %%gs:(%1)\n1:"
                     : : "r"(value), "r"(offset), "r"(selector) : "memory");
    fault_resume = 0;
    return faults == before;
}

static void assist(uint32_t command, uint32_t type) {
    check_equal(hypercall_vm_assist(command, type), 0);
}

/* Both sides of the base, in turns; selector's segment begins at data + 64 words. */
static void check_both_sides(uint32_t selector) {
    uint32_t value;

    for (uint32_t i = 0; i < 4; i++) {
        data[63 - i] = 0x100 + i;
        data[64 + i] = 0x200 + i;
    }
    for (uint32_t i = 0; i < 4; i++) {
        check(read_gs(selector, 0u - 4 - 4 * i, &value) && value == 0x100 + i);
        check(read_gs(selector, 4 * i, &value) && value == 0x200 + i);
        check(write_gs(selector, 0u - 4 - 4 * i, 0x300 + i) && data[63 - i] == 0x300 + i);
        check(write_gs(selector, 4 * i, 0x400 + i) && data[64 + i] == 0x400 + i);
    }
}

static void check_kernel(void) {
    uint32_t value, base = pointer_word(&data[64]);

    check_group("without the assist");
    put(SLOT, base, DATA_RING1);
    check(!read_gs(KERNEL_GS, 0u - 4, &value) && fault_vector == 13);
    check(read_gs(KERNEL_GS, 4, &value));

    check_group("kernel");
    assist(VMASST_CMD_enable, VMASST_TYPE_4gb_segments);
    check_both_sides(KERNEL_GS);
    check_equal(turned_over(SLOT), false);
    check(read_gs(KERNEL_GS, 0u - 4, &value));
    check_equal(turned_over(SLOT), true);
    check_equal(notified, 0);                                        /* nobody asked for it */
}

/* What the guest does not have: in both halves' turn. */
static void check_walls(void) {
    static const uint32_t beyond[] = { SEGMENT_END, SEGMENT_END + 0x400000, 0xfd000000, 0xff800000, 0xfffff000,
                                       0xfffffffc };
    uint32_t value, base = pointer_word(&data[64]);

    check_group("walls");
    put(SLOT, base, DATA_RING1);
    for (uint32_t i = 0; i < 2 * sizeof(beyond) / sizeof(beyond[0]); i++) {
        check(read_gs(KERNEL_GS, i % 2 ? 0u - 4 : 4, &value));       /* one half, then the other */
        check(!read_gs(KERNEL_GS, beyond[i / 2] - base, &value) && fault_vector == 13);
        check(!write_gs(KERNEL_GS, beyond[i / 2] - base, 0) && fault_vector == 13);
    }
    check(!read_gs(KERNEL_GS, 0xfffffffe, &value) && fault_vector == 13);   /* across the base */
    check(!read_gs(KERNEL_GS, SEGMENT_END - base - 2, &value) && fault_vector == 13);
    check(!read_gs(KERNEL_GS, 0u - (base & ~0xfffu) - 2, &value) && fault_vector == 13);
    check(read_gs(KERNEL_GS, 4, &value));
}

/* Segments that are not of 4 GiB keep their limits; forbidden is forbidden in both halves. */
static void check_others(void) {
    uint32_t value;

    check_group("other segments");
    put(SLOT, 0, DATA_RING1);
    check(!read_gs(KERNEL_GS, 0u - 4, &value));
    check(hypercall_update_descriptor((uint64_t)gdt_frames[0] << 12 | SLOT * 8,
                                      0xc040b3000000ffffull | (uint64_t)0x10 << 16) == 0);
    check(!read_gs(KERNEL_GS, 0u - 4, &value));                      /* byte-granular */
    put(SLOT, pointer_word(&data[64]), 0x91 | 1 << 5);               /* read-only */
    data[63] = 0x777;
    check(read_gs(KERNEL_GS, 0u - 4, &value) && value == 0x777);
    check(!write_gs(KERNEL_GS, 0u - 4, 1) && fault_vector == 13);
    check(!write_gs(KERNEL_GS, 4, 1) && fault_vector == 13);
    check_equal(data[63], 0x777);
    check(!read_gs(0, 0u - 4, &value));                              /* the null selector */
    check(!read_gs(FLAT_KERNEL_DS, 0u - 4, &value));                 /* the hypervisor's flat segment */
}

static void check_ldt(void) {
    struct mmuext_op set = { .cmd = MMUEXT_SET_LDT, .arg1.linear_addr = pointer_word(ldt), .arg2.nr_ents = 3 };

    check_group("in the LDT");
    put(SLOT, pointer_word(&data[64]), DATA_RING1);
    ldt[2] = gdt[SLOT];
    map_page(ldt, 0);
    check_equal(hypercall_mmuext_op(&set, 1, NULL, DOMID_SELF), 0);
    check_both_sides(2 << 3 | 4 | 1);
    check_equal(turned_over(SLOT), false);
    set.arg2.nr_ents = 0;
    check_equal(hypercall_mmuext_op(&set, 1, NULL, DOMID_SELF), 0);
}

static void check_notification(void) {
    uint32_t value;

    check_group("notification");
    assist(VMASST_CMD_enable, VMASST_TYPE_4gb_segments_notify);
    put(SLOT, pointer_word(&data[64]), DATA_RING1);
    data[63] = 0x1234;
    notified = 0;
    check(read_gs(KERNEL_GS, 0u - 4, &value) && value == 0x1234);
    check_equal(notified, 1);
    check_equal(notified_length, 3);                                 /* prefix, opcode, ModRM */
    check(read_gs(KERNEL_GS, 0u - 4, &value));
    check_equal(notified, 1);                                        /* nothing to be turned over */
    __asm__ volatile("movl $0x4321, %%gs:-4" : : : "memory");
    check_equal(notified, 1);
    check(read_gs(KERNEL_GS, 0, &value));
    check_equal(notified, 2);
    __asm__ volatile("movl $0x4321, %%gs:-4" : : : "memory");
    check_equal(notified, 3);
    check_equal(notified_length, 7);                                 /* without its immediate operand */
    check_equal(data[63], 0x4321);
    check_user_notified();
    assist(VMASST_CMD_disable, VMASST_TYPE_4gb_segments_notify);
}

_Noreturn void guest_main(void) {
    struct trap_info table[2] = { { 15, 0, FLAT_KERNEL_CS, pointer_word(entry_fixup) }, { 0, 0, 0, 0 } };
    uint32_t value;

    traps_install();
    for (uint32_t vector = 0; vector < 32; vector++)
        trap_handle(vector, fault);
    check_equal(hypercall_set_trap_table(table), 0);
    gdt = page_take();
    ldt = page_take();
    data = page_take();
    gdt_frames[0] = boot_mfn_of(page_frame(gdt));
    map_page(gdt, 0);
    check_equal(hypercall_set_gdt(gdt_frames, 512), 0);
    check_kernel();
    check_walls();
    check_others();
    check_ldt();
    check_user();
    check_notification();
    check_group("assist taken back");
    assist(VMASST_CMD_disable, VMASST_TYPE_4gb_segments);
    put(SLOT, pointer_word(&data[64]), DATA_RING1);
    check(!read_gs(KERNEL_GS, 0u - 4, &value) && fault_vector == 13);
    __asm__ volatile("movl %0, %%gs" : : "r"(0));
    check_equal(hypercall_set_gdt(gdt_frames, 0), 0);
    check_finish();
}
