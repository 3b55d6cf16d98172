/*
 * head.S - a guest's first instructions.
 *
 * On entry (Xen's x86_32 convention): esi = linear address of start_info, esp = the builder's boot stack, flat ring-1
 * segments, paging on, events masked. We move to a stack of our own, whose size we know, and call
 * guest_boot(start_info) (boot.c).
 */
    .section .text.head, "ax", @progbits
    .globl guest_entry
    .type guest_entry, @function
guest_entry:
    cld
    movl $boot_stack_top, %esp
    xorl %ebp, %ebp
    pushl $0                        /* ends a walk along the frame pointers */
    pushl %esi
    call guest_boot
1:  ud2                             /* guest_boot does not return */
    jmp 1b
    .size guest_entry, . - guest_entry

    .section .bss.boot_stack, "aw", @nobits
    .balign 4096
    .globl boot_stack
boot_stack:
    .skip 16384
    .globl boot_stack_top
boot_stack_top:

    .section .note.GNU-stack, "", @progbits
