/* switch.S - from one kernel stack to another, and to ring 3 (see schedule.h). */
    .text

    .globl switch_stacks
    .type switch_stacks, @function
switch_stacks:
    movl 4(%esp), %eax              /* save */
    movl 8(%esp), %edx              /* next */
    pushl %ebp
    pushl %ebx
    pushl %esi
    pushl %edi
    movl %esp, (%eax)
    movl %edx, %esp
    popl %edi
    popl %esi
    popl %ebx
    popl %ebp
    ret

    .globl enter_user
    .type enter_user, @function
enter_user:
    movl 4(%esp), %esp
    jmp trap_return

    .section .note.GNU-stack, "", @progbits
