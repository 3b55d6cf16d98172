/* user_bytes.S - the copy that may fault (see user_copy.h). */
    .text

    .globl user_bytes, user_bytes_begin, user_bytes_end, user_bytes_failed
    .type user_bytes, @function
user_bytes:
    pushl %esi
    pushl %edi
    movl 12(%esp), %edi
    movl 16(%esp), %esi
    movl 20(%esp), %ecx
    xorl %eax, %eax
user_bytes_begin:
    rep movsb
user_bytes_end:
    popl %edi
    popl %esi
    ret
user_bytes_failed:
    movl $1, %eax
    jmp user_bytes_end
    .size user_bytes, . - user_bytes

    .section .note.GNU-stack, "", @progbits
