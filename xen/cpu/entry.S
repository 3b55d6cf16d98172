/*
 * entry.S - into the hypervisor and out of it; see entry.h for what the C side may rely on.
 *
 * 1. Every vector has an entry of its own. It leaves a word with the vector in its upper half and the error code in its
 *    lower half, then builds struct cpu_user_regs. Vector 0x82 and the page fault have paths of their own, the rest
 *    share one.
 * 2. Coming from ring 1 to 3, the frame ends at the stack's top and the four segment registers are saved into it.
 *    Coming from ring 0 there is no room for them: they are the hypervisor's already, or the interrupted code is
 *    about to load the guest's.
 * 3. Leaving for a guest: ask whether something is to be done first, load the four segment registers while the whole
 *    frame is still in place, pop the rest, iret. Faults of these loads and of the iret are found in the fix-up table
 *    and end in guest_failsafe.
 * 4. A fault on the way out that was repaired (a page of the LDT mapped on demand) goes back to the first of the
 *    loads, because the entry has replaced ds and es meanwhile.
 */
#include "xen/cpu/descriptor.h"
#include "xen/cpu/percpu.h"
#include "xen/mm/layout.h"

/* offsets in struct cpu_user_regs; checked in exception.c */
#define R_ERROR 28
#define R_VECTOR 30
#define R_EIP 32
#define R_CS 36
#define R_ES 52
#define R_DS 56
#define R_FS 60
#define R_GS 64

    .macro save_general
    cld
    push %eax
    push %ebp
    push %edi
    push %esi
    push %edx
    push %ecx
    push %ebx
    .endm

    .macro restore_general
    pop %ebx
    pop %ecx
    pop %edx
    pop %esi
    pop %edi
    pop %ebp
    pop %eax
    add $4, %esp
    .endm

    .macro save_segments
    mov %es, R_ES(%esp)
    mov %ds, R_DS(%esp)
    mov %fs, R_FS(%esp)
    mov %gs, R_GS(%esp)
    .endm

    .macro load_hypervisor_segments
    mov %ss, %eax
    mov %eax, %ds
    mov %eax, %es
    .endm

    .macro fixup instruction, resume
    .pushsection .fixup_table, "a"
    .long \instruction, \resume
    .popsection
    .endm

    .text

/* ---- page fault; the most frequent entry runs straight on to the way out ----------------------------------------- */
    .type entry_page_fault, @function
entry_page_fault:
    movw $14, 2(%esp)
    save_general
    testb $3, R_CS(%esp)
    jz page_fault_ring0
    save_segments
    load_hypervisor_segments
    mov %esp, %eax
    call page_fault_entry

/* ---- the way out to a guest: esp at its frame -------------------------------------------------------------------- */
    .globl guest_exit
    .type guest_exit, @function
guest_exit:
    mov cpus + CPU_ATTEND, %eax
    cmpb $0, (%eax)             /* evtchn_upcall_pending */
    jne test_upcall_mask
load_guest_segments:
1:  mov R_GS(%esp), %gs
2:  mov R_FS(%esp), %fs
3:  mov R_ES(%esp), %es
4:  mov R_DS(%esp), %ds
    fixup 1b, guest_frame_bad
    fixup 2b, guest_frame_bad
    fixup 3b, guest_frame_bad
    fixup 4b, guest_frame_bad
guest_segments_loaded:
    restore_general
guest_iret:
    iret
    fixup guest_iret, guest_iret_bad

test_upcall_mask:
    cmpb $0, 1(%eax)            /* evtchn_upcall_mask */
    jne load_guest_segments
    mov %esp, %eax
    call guest_return
    cmpl $0, cpus + CPU_WORK
    jne guest_exit
    mov cpus + CPU_VCPU_INFO, %eax
    mov %eax, cpus + CPU_ATTEND
    jmp guest_exit

/* The iret faulted: esp at the frame's eip, general registers the guest's. Put them back, then as below. */
guest_iret_bad:
    push $0
    save_general
guest_frame_bad:
    mov %esp, %eax
    call guest_failsafe
    jmp guest_exit

/* The iret met a fault that has been repaired: put the frame together again and leave once more. */
guest_iret_again:
    push $0
    save_general
    jmp load_guest_segments

/* ---- hypercall: from ring 1 only, by the gate's privilege -------------------------------------------------------- */
    .type entry_hypercall, @function
entry_hypercall:
    push $HYPERCALL_VECTOR << 16
    save_general
    save_segments
    load_hypervisor_segments
    mov %esp, %eax
    call hypercall_entry
    jmp guest_exit

page_fault_ring0:
    load_hypervisor_segments
    mov %esp, %eax
    call page_fault_entry
    jmp return_to_ring0

/* ---- everything else: vector and error code are on the stack ----------------------------------------------------- */
    .type entry_common, @function
entry_common:
    save_general
    testb $3, R_CS(%esp)
    jz common_ring0
    save_segments
    load_hypervisor_segments
    mov %esp, %eax
    call vector_dispatch
    jmp guest_exit
common_ring0:
    load_hypervisor_segments
    mov %esp, %eax
    call vector_dispatch

/* ---- back to interrupted ring-0 code ----------------------------------------------------------------------------- */
return_to_ring0:
    mov R_EIP(%esp), %eax
    sub $load_guest_segments, %eax
    cmp $guest_iret - load_guest_segments, %eax
    ja 2f
    movl $guest_iret_again, R_EIP(%esp)
    je 2f
    movl $load_guest_segments, R_EIP(%esp)
2:  restore_general
    iret

/* ---- offered to C ------------------------------------------------------------------------------------------------ */
    .globl return_to_guest
    .type return_to_guest, @function
return_to_guest:
    mov $LAYOUT_STACK_BEGIN, %esp
    xor %ebp, %ebp
    jmp guest_exit

/* ---- the 256 entries --------------------------------------------------------------------------------------------- */
    .pushsection .rodata
    .balign 4
    .globl vector_entries
vector_entries:
    .popsection

    .set vector, 0
    .rept 256
    .pushsection .rodata
    .if vector == 14
    .long entry_page_fault
    .elseif vector == HYPERCALL_VECTOR
    .long entry_hypercall
    .else
    .long 1f
    .endif
    .popsection
1:
    .if vector == 8 || vector == 10 || vector == 11 || vector == 12 || vector == 13 || vector == 17
    movw $vector, 2(%esp)
    jmp entry_common
    .elseif vector != 14 && vector != HYPERCALL_VECTOR
    push $vector << 16
    jmp entry_common
    .endif
    .set vector, vector + 1
    .endr
