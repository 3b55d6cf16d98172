/*
 * head.S - from GRUB to C on the bare machine.
 *
 * GRUB (multiboot 1) enters at a physical address with paging off: eax = magic, ebx = its information. Memory below 1 GiB is
 * mapped twice with large pages, at itself and, from NATIVE_BASE on, at NATIVE_LINEAR; the first map is gone when the kernel has
 * made its own. Source: Multiboot Specification 0.6.96, 3.1 and 3.2; Intel SDM volume 3, 4.3.
 */
#include "guests/native/native.h"
#include "trace/records.h"

#define PHYSICAL(symbol) ((symbol) - NATIVE_LINEAR + NATIVE_BASE)
#define MULTIBOOT_MAGIC 0x1badb002
#define MULTIBOOT_FLAGS 3           /* modules on page boundaries, memory sizes wanted */
#define LARGE_PAGE 0x400000
#define LARGE_ENTRY 0xe3            /* present, writable, accessed, dirty, large */

    .section .multiboot, "ax"
    .balign 4
    .long MULTIBOOT_MAGIC, MULTIBOOT_FLAGS, -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)

    .globl native_entry
native_entry:
    cld
    movl $TRACE_PORT_ENTRY, %edx    /* the agent counts from here */
    outb %al, %dx
    movl %ebx, %esi

    movl $PHYSICAL(boot_directory), %edi
    movl $LARGE_ENTRY, %eax
1:  stosl
    addl $LARGE_PAGE, %eax
    cmpl $(0x40000000 + LARGE_ENTRY), %eax
    jb 1b
    movl $PHYSICAL(boot_directory) + (NATIVE_LINEAR >> 22) * 4, %edi
    movl $(NATIVE_BASE + LARGE_ENTRY), %eax
1:  stosl
    addl $LARGE_PAGE, %eax
    cmpl $(0x3c000000 + LARGE_ENTRY), %eax
    jb 1b

    movl %cr4, %eax
    orl $0x210, %eax                /* PSE, OSFXSR */
    movl %eax, %cr4
    movl $PHYSICAL(boot_directory), %eax
    movl %eax, %cr3
    movl %cr0, %eax
    andl $0x9fffffff, %eax          /* caches on */
    orl $0x80010022, %eax           /* PG, WP, NE, MP */
    movl %eax, %cr0
    movl $1f, %eax
    jmp *%eax
1:  movl $boot_stack_top, %esp
    xorl %ebp, %ebp
    pushl $0                        /* ends a walk along the frame pointers */
    pushl %esi
    call native_boot
2:  cli
    hlt
    jmp 2b

    .bss
    .balign 4096
boot_directory:
    .skip 4096
    .globl boot_stack
boot_stack:
    .skip 16384
boot_stack_top:

    .section .note.GNU-stack, "", @progbits
