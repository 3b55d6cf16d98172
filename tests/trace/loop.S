/*
 * loop.S - a multiboot kernel that does the same over and over: 12 million passes of a loop of two instructions, with
 * no interrupt.
 *
 * Callers: tests/test_stream_windows.py.
 * Source: Multiboot specification 0.6.96, 3.1 and 3.2.
 */
    .section .multiboot, "a"
    .align 4
    .long 0x1badb002, 0x00000003, -(0x1badb002 + 0x00000003)

    .text
    .globl _start
_start:
    movw $0x50c, %dx
    outb %al, %dx
    movl $12000000, %ecx
1:  decl %ecx
    jnz 1b
    movw $0x504, %dx
    xorl %eax, %eax
    outl %eax, %dx
2:  hlt
    jmp 2b
