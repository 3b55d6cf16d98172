/*
 * entry.S - where the further vcpus of t_vcpus begin, their event callback and #GP; see vcpus.h.
 */
#include <xen/xen.h>

    .text
    .globl vcpu_start
vcpu_start:                         /* ebx: number of the vcpu */
    xorl %ebp, %ebp
    pushl %ebx
    call vcpu_main
    ud2

    /* ds and es are the kernel's: nothing but the kernel runs here. iret is the hypercall: it unmasks at once. */
    .globl vcpu_event
vcpu_event:
    pushl %eax
    pushl %ecx
    pushl %edx
    cld
    call vcpu_handle_event
    popl %edx
    popl %ecx
    popl %eax
    jmp hypercall_page + __HYPERVISOR_iret * 32

    /* The instruction is look_at_port's, two bytes long: it reads LOOK_PROTECTION instead. */
    .globl vcpu_protection
vcpu_protection:
    addl $4, %esp
    addl $2, (%esp)
    movl $13, %eax
    jmp hypercall_page + __HYPERVISOR_iret * 32

    .section .note.GNU-stack, "", @progbits
