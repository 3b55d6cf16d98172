/*
 * descriptor.c - see descriptor.h.
 */
#include "xen/cpu/descriptor.h"

#include <stddef.h>

#include "xen/cpu/double_fault.h"
#include "xen/cpu/tss.h"
#include "xen/mm/heap.h"
#include "xen/mm/layout.h"

#define VECTORS 256
#define VECTOR_DOUBLE_FAULT 8

/* Bytes 5 and 6 of a descriptor: type and attributes. SDM volume 3, 3.4.5. */
#define CODE(dpl) (0x9b | (dpl) << 5)
#define DATA(dpl) (0x93 | (dpl) << 5)
#define TSS_AVAILABLE 0x89
#define LDT 0x82
#define GATE_TASK 0x85
#define GATE_INTERRUPT(dpl) (0x8e | (dpl) << 5)
#define GATE_TRAP(dpl) (0x8f | (dpl) << 5)
#define FLAT_ATTRIBUTES 0xc   /* limit in pages, 32 bits */

/* Selector of the reserved page to its index there. */
#define RESERVED_INDEX(selector) (((selector) - GUEST_SELECTOR_END) >> 3)
#define HYPERVISOR_LIMIT 0xfffff

extern const uint32_t vector_entries[VECTORS];   /* entry.S */

uint64_t reserved_gdt_page[PAGE_SIZE / sizeof(uint64_t)] __attribute__((aligned(PAGE_SIZE)));
static uint64_t idt[VECTORS] __attribute__((aligned(8)));
struct tss processor_tss = { .ss0 = HYPERVISOR_DS, .io_map = sizeof(struct tss) };

/* The flat segments. Xen's selectors, <xen/arch-x86/xen-x86_32.h>. */
static const struct {
    uint16_t selector;
    uint8_t type;
    uint32_t limit;
} flat[] = {
    { HYPERVISOR_CS, CODE(0), HYPERVISOR_LIMIT },
    { HYPERVISOR_DS, DATA(0), HYPERVISOR_LIMIT },
    { 0xe018, CODE(1), GUEST_SEGMENT_LIMIT },   /* FLAT_RING1_CS */
    { 0xe020, DATA(1), GUEST_SEGMENT_LIMIT },   /* FLAT_RING1_DS */
    { 0xe028, CODE(3), GUEST_SEGMENT_LIMIT },   /* FLAT_RING3_CS */
    { 0xe030, DATA(3), GUEST_SEGMENT_LIMIT },   /* FLAT_RING3_DS */
};

static uint64_t segment(uint32_t base, uint32_t limit, uint8_t type, uint8_t attributes) {
    uint32_t low = base << 16 | (limit & 0xffff);
    uint32_t high = (base & 0xff000000) | (uint32_t)attributes << 20 | (limit & 0xf0000) | (uint32_t)type << 8 |
                    (base >> 16 & 0xff);
    return (uint64_t)high << 32 | low;
}

static uint64_t gate(uint16_t selector, uint32_t offset, uint8_t type) {
    return (uint64_t)((offset & 0xffff0000) | (uint32_t)type << 8) << 32 | (uint32_t)selector << 16 | (offset & 0xffff);
}

static void set_reserved(uint16_t selector, uint64_t descriptor) {
    reserved_gdt_page[RESERVED_INDEX(selector)] = descriptor;
}

static void fill_gdt(void) {
    for (uint32_t i = 0; i < sizeof(flat) / sizeof(flat[0]); i++) {
        set_reserved(flat[i].selector, segment(0, flat[i].limit, flat[i].type, FLAT_ATTRIBUTES));
    }
    set_reserved(SELECTOR_TSS, segment((uint32_t)&processor_tss, sizeof(struct tss) - 1, TSS_AVAILABLE, 0));
    set_reserved(SELECTOR_DOUBLE_FAULT_TSS,
                 segment((uint32_t)&double_fault_tss, sizeof(struct tss) - 1, TSS_AVAILABLE, 0));
}

/* Which privilege may raise the vector by INT n. */
static uint8_t gate_privilege(uint32_t vector) {
    switch (vector) {
    case 3:   /* INT3 */
    case 4:   /* INTO */
        return 3;
    case HYPERCALL_VECTOR:
        return 1;
    default:
        return 0;
    }
}

static void fill_idt(void) {
    for (uint32_t vector = 0; vector < VECTORS; vector++) {
        idt[vector] = gate(HYPERVISOR_CS, vector_entries[vector], GATE_INTERRUPT(gate_privilege(vector)));
    }
    idt[VECTOR_DOUBLE_FAULT] = gate(SELECTOR_DOUBLE_FAULT_TSS, 0, GATE_TASK);
}

/* Operand of LGDT and LIDT. */
struct table_register {
    uint16_t limit;
    uint32_t base;
} __attribute__((packed));

static uint32_t loaded_gdt; /* whose GDT the processor uses: the number of a vcpu */

static void load_gdtr(uint32_t vcpu) {
    struct table_register gdtr = { (DOMAIN_AREA_RESERVED_PAGE + 1) * PAGE_SIZE - 1, LAYOUT_GDT(vcpu) };

    loaded_gdt = vcpu;
    asm volatile("lgdt %0" : : "m"(gdtr));
}

void descriptor_load_gdt(uint32_t vcpu) {
    if (vcpu != loaded_gdt) {
        load_gdtr(vcpu);
    }
}

void descriptor_init(void) {
    struct table_register idtr = { sizeof(idt) - 1, (uint32_t)idt };
    fill_gdt();
    fill_idt();
    double_fault_init();
    /* above this lie es, ds, fs, gs of struct cpu_user_regs, which the entry fills in */
    processor_tss.esp0 = LAYOUT_STACK_TOP - 4 * sizeof(uint32_t);
    load_gdtr(0);
    asm volatile("ljmp %0, $1f\n1:" : : "i"(HYPERVISOR_CS));
    asm volatile("mov %0, %%ds\n mov %0, %%es\n mov %0, %%ss" : : "r"(HYPERVISOR_DS));
    asm volatile("mov %0, %%fs\n mov %0, %%gs" : : "r"(0));
    asm volatile("lldt %w0" : : "r"(0));
    asm volatile("ltr %w0" : : "r"(SELECTOR_TSS));
    asm volatile("lidt %0" : : "m"(idtr));
}

void tss_set_kernel_stack(uint32_t ss1, uint32_t esp1) {
    processor_tss.ss1 = ss1;
    processor_tss.esp1 = esp1;
}

uint64_t idt_direct_trap(uint16_t cs, uint32_t eip) {
    return gate(cs, eip, GATE_TRAP(3));
}

uint64_t idt_no_direct_trap(void) {
    return gate(HYPERVISOR_CS, vector_entries[DIRECT_TRAP_VECTOR], GATE_INTERRUPT(0));
}

void idt_set_direct_trap(uint64_t direct_trap) {
    idt[DIRECT_TRAP_VECTOR] = direct_trap;
}

void descriptor_load_ldt(uint32_t entries) {
    if (!entries) {
        asm volatile("lldt %w0" : : "r"(0));
        return;
    }
    set_reserved(SELECTOR_LDT, segment(LAYOUT_LDT(loaded_gdt), entries * sizeof(uint64_t) - 1, LDT, 0));
    asm volatile("lldt %w0" : : "r"(SELECTOR_LDT));
}
