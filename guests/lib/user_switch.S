/* user_switch.S - into ring 3 and back by way of a saved stack pointer (see user.h). */
#include <xen/xen.h>

    .text

    .globl user_enter
    .type user_enter, @function
user_enter:
    movl 4(%esp), %eax
    movl 8(%esp), %edx
    pushl %ebp
    pushl %ebx
    pushl %esi
    pushl %edi
    movl %esp, (%eax)
    movl %edx, %esp
    jmp trap_return

    .globl user_enter_by_hypercall
    .type user_enter_by_hypercall, @function
user_enter_by_hypercall:
    movl 4(%esp), %eax
    movl 8(%esp), %edx
    pushl %ebp
    pushl %ebx
    pushl %esi
    pushl %edi
    movl %esp, (%eax)
    movl %edx, %esp
    movl $FLAT_USER_DS, %eax
    movl %eax, %ds
    movl %eax, %es
    jmp hypercall_page + __HYPERVISOR_iret * 32

    .globl user_leave
    .type user_leave, @function
user_leave:
    movl 4(%esp), %esp
    popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    ret

    .section .note.GNU-stack, "", @progbits
