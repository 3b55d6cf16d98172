/*
 * traps.S - the entry points of traps, system calls and events, and the way back.
 *
 * The hypervisor (or, for a direct trap, the processor) has pushed {eip, cs, eflags [, esp, ss when from ring 3]} and
 * for some exceptions an error code. Each entry completes that to a struct trap_frame (traps.h) and calls trap_enter.
 */
#include "guests/lib/segments.h"

    .text

/* Exceptions 0-31. Those in the mask push an error code of their own. */
#define WITH_ERROR_CODE 0x00227d00    /* 8, 10-14, 17, 21 */

    .balign 16
    .globl trap_entries
trap_entries:
    .set vector, 0
    .rept 32
    .balign 16
    .if ((WITH_ERROR_CODE >> vector) & 1) == 0
    pushl $0
    .endif
    pushl $vector
    jmp trap_common
    .set vector, vector + 1
    .endr

    .balign 16
    .globl trap_entry_system_call
trap_entry_system_call:
    pushl $0
    pushl $0x80
    jmp trap_common

    .globl trap_entry_event
trap_entry_event:
    pushl $0
    pushl $0x100                    /* TRAP_EVENT */

trap_common:
    pushl %es
    pushl %ds
    pushl %eax
    pushl %ebp
    pushl %edi
    pushl %esi
    pushl %edx
    pushl %ecx
    pushl %ebx
    movl $KERNEL_DS, %eax
    movl %eax, %ds
    movl %eax, %es
    cld
    movl %esp, %eax
    xorl %ebp, %ebp
    pushl %eax
    call trap_enter
    addl $4, %esp

    /* A stack that holds a struct trap_frame is left here; new processes begin here too. */
    .globl trap_return
trap_return:
    popl %ebx
    popl %ecx
    popl %edx
    popl %esi
    popl %edi
    popl %ebp
    popl %eax
    popl %ds
    popl %es
    addl $8, %esp                   /* vector, error code */
    iret

/*
 * The failsafe callback: a segment register that the hypervisor was to restore names no usable descriptor. Frame: ds,
 * es, fs, gs, eip, cs, eflags [, esp, ss]. Selectors that can be loaded are loaded, the others become the null
 * selector; the interrupted code goes on and faults when it uses one of those. trap_failsafe_count tells how often.
 */
.macro reload segment, offset
    movl \offset(%esp), %eax
    verr %ax                        /* readable at our level? */
    jnz 1f
    lar %eax, %ecx
    testl $0x8000, %ecx             /* present? */
    jnz 2f
1:  xorl %eax, %eax
2:  movl %eax, \segment
.endm

    .globl trap_entry_failsafe
trap_entry_failsafe:
    pushl %eax
    pushl %ecx
    movl $KERNEL_DS, %eax
    movl %eax, %ds
    incl trap_failsafe_count
    reload %ds, 8
    reload %es, 12
    reload %fs, 16
    reload %gs, 20
    popl %ecx
    popl %eax
    addl $16, %esp
    iret

    .bss
    .balign 4
    .globl trap_failsafe_count
trap_failsafe_count:
    .long 0

    .section .note.GNU-stack, "", @progbits
