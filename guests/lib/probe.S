/* probe.S - the two instructions of probe.h that may fault. */
    .text

    .globl probe_read_word, probe_read_at
    .type probe_read_word, @function
probe_read_word:
    movl 4(%esp), %edx
    movl 8(%esp), %ecx
probe_read_at:
    movl (%edx), %eax
    movl %eax, (%ecx)
    movl $1, %eax
    ret

    .globl probe_write_word, probe_write_at
    .type probe_write_word, @function
probe_write_word:
    movl 4(%esp), %edx
    movl 8(%esp), %ecx
probe_write_at:
    movl %ecx, (%edx)
    movl $1, %eax
    ret

    .globl probe_failed
probe_failed:
    xorl %eax, %eax
    ret

    .section .note.GNU-stack, "", @progbits
