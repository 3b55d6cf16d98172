/*
 * start.S - from GRUB to C.
 *
 * GRUB (multiboot 1) enters at physical addresses with paging off, eax = magic, ebx = physical address of its
 * information. This makes the root that the hypervisor keeps: large pages for the direct map and, until the boot has
 * read what lies elsewhere in memory, an identity map of everything below HYPERVISOR_LINEAR_START. Then it goes to
 * the linked addresses and calls paging_init and boot_main on the boot stack. Nothing returns here.
 * Source: Multiboot Specification 0.6.96, 3.1 and 3.2; Intel SDM volume 3, 4.3 and 9.8.5.
 */
#include "xen/mm/layout.h"
#include "trace/records.h"

#define PHYSICAL(symbol) ((symbol) - LAYOUT_DIRECT_MAP)

#define MULTIBOOT_MAGIC 0x1badb002
#define MULTIBOOT_FLAGS 3 /* modules on page boundaries, memory map wanted */

#define LARGE_PAGE 0x400000
#define LARGE_ENTRY 0xe3 /* present, writable, accessed, dirty, large */
#define GLOBAL 0x100

#define CPU_NEEDS 0x0100a039 /* CPUID 1 edx: FPU, PSE, TSC, MSR, PGE, CMOV, FXSR */

    .section .multiboot, "ax"
    .balign 4
    .long MULTIBOOT_MAGIC, MULTIBOOT_FLAGS, -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

    .globl start
start:
    cld
    mov %eax, %ebp
    mov %ebx, %esi
    mov $TRACE_PORT_ENTRY, %edx /* the agent counts from here */
    out %al, %dx

    mov $1, %eax
    cpuid
    and $CPU_NEEDS, %edx
    cmp $CPU_NEEDS, %edx
    jne processor_too_old

    /* identity map */
    mov $PHYSICAL(own_root), %edi
    mov $LARGE_ENTRY, %eax
1:  stosl
    add $LARGE_PAGE, %eax
    cmp $(0xfc000000 + LARGE_ENTRY), %eax
    jb 1b
    /* direct map */
    mov $PHYSICAL(own_root) + (LAYOUT_DIRECT_MAP >> 22) * 4, %edi
    mov $(LARGE_ENTRY | GLOBAL), %eax
1:  stosl
    add $LARGE_PAGE, %eax
    cmp $(LAYOUT_DIRECT_MAP_BYTES + LARGE_ENTRY), %eax
    jb 1b

    mov %cr4, %eax
    or $0x10, %eax              /* PSE */
    mov %eax, %cr4
    mov $PHYSICAL(own_root), %eax
    mov %eax, %cr3
    mov %cr0, %eax
    and $0x9fffffff, %eax       /* caches on */
    or $0x80010022, %eax        /* PG, WP, NE, MP */
    mov %eax, %cr0
    mov $linked, %eax
    jmp *%eax

processor_too_old:
    mov $PHYSICAL(too_old_text), %esi
    mov $0x3f8, %edx            /* COM1 */
1:  lodsb
    test %al, %al
    jz 2f
    outb %al, $0xe9
    outb %al, %dx
    jmp 1b
2:  hlt
    jmp 2b
too_old_text:
    .asciz "penumbra: this processor lacks one of FPU, PSE, TSC, MSR, PGE, CMOV, FXSR\n"

    .text
linked:
    mov $stack_pages + LAYOUT_STACK_PAGES * 0x1000, %esp
    push %ebp
    push %esi
    xor %ebp, %ebp
    call paging_init
    pop %edx
    pop %eax
    mov $LAYOUT_STACK_BEGIN, %esp
    push $0                     /* the end of every stack trace: no frame, no return address */
    push $0
    call boot_main

    .bss
    .balign 4096
    .globl own_root, stack_pages
own_root:
    .skip 4096
stack_pages:
    .skip LAYOUT_STACK_PAGES * 4096
