/*
 * descriptor.h - GDT, IDT and TSS of the processor.
 *
 * The reserved GDT page is the same in every domain: Xen's flat guest selectors (FLAT_RING1_CS ... in <xen/xen.h>)
 * and the hypervisor's own. Guest descriptors end at GUEST_SEGMENT_END. Every one of the 256 vectors has a gate; all
 * are interrupt gates of DPL 0 except 3 and 4 (DPL 3), 0x82 (DPL 1), 8 (task gate), and the one direct trap.
 * Source: Intel SDM volume 3, 3.4.5, 6.11, 7.2; <xen/arch-x86/xen-x86_32.h>.
 */
#ifndef XEN_CPU_DESCRIPTOR_H
#define XEN_CPU_DESCRIPTOR_H

/* Selectors in the reserved page. */
#define HYPERVISOR_CS 0xe008
#define HYPERVISOR_DS 0xe010
#define SELECTOR_TSS 0xe038
#define SELECTOR_LDT 0xe040
#define SELECTOR_DOUBLE_FAULT_TSS 0xe048
/* First selector that a guest's descriptor may not use. */
#define GUEST_SELECTOR_END 0xe000

#define HYPERCALL_VECTOR 0x82
#define DIRECT_TRAP_VECTOR 0x80

#ifndef __ASSEMBLY__

#include <stdbool.h>
#include <stdint.h>

/* Boot: load GDTR, segment registers, LDTR (null), TR, IDTR. */
void descriptor_init(void);

/*
 * The ring-1 stack that gates from ring 3 to ring 1 switch to (the direct trap). ss must have RPL 1. Takes effect
 * with the next trap.
 */
void tss_set_kernel_stack(uint32_t ss1, uint32_t esp1);

/*
 * What gate DIRECT_TRAP_VECTOR can be: one that leads from ring 3 straight into the guest kernel at cs:eip, without the
 * hypervisor (a trap gate of DPL 3; cs must have RPL 1 and name code the guest kernel may run, which the caller has
 * checked), or one with which the vector gives #GP, as every INT n that no gate allows does. idt_set_direct_trap
 * installs it.
 */
uint64_t idt_direct_trap(uint16_t cs, uint32_t eip);
uint64_t idt_no_direct_trap(void);
void idt_set_direct_trap(uint64_t gate);

/* Use the GDT of a domain's vcpu of that number. No instruction when it is in use already. */
void descriptor_load_gdt(uint32_t vcpu);

/*
 * Load LDTR with the LDT of the vcpu whose GDT is in use, entries 0 to 8192. 0: null. Selectors of it that are in
 * use keep their cached descriptors.
 */
void descriptor_load_ldt(uint32_t entries);

#endif
#endif
