/*
 * pool.S - a multiboot kernel that runs more different code than Bochs can keep decoded: 8 instructions, of which the first is
 * another in each round, so that they are decoded again.
 *
 * What is decoded for each round is as long as what follows once each time that Bochs's pool begins anew: so that each place in it
 * begins the same stretch of code each time, but for that instruction.
 * Round n, from 1 on, runs mov $RANDOM, %al at CODE, where RANDOM is bits 24 to 31 of the n-th number of 32 bits after 1, each
 * 1103515245 times the one before it, and 12345. The agent records from begin on.
 * Callers: tests/test_stream_code.py.
 * Source: Multiboot specification 0.6.96, 3.1 and 3.2.
 */
    .set CODE, 0x300000
    .set ROUNDS, 240000

    .section .multiboot, "a"
    .align 4
    .long 0x1badb002, 0x00000003, -(0x1badb002 + 0x00000003)

    .text
    .globl _start
_start:
    movl $stack_top, %esp
    movl $CODE, %edi
    movl $0x909000b0, (%edi)
    movl $0x90909090, 4(%edi)
    movb $0xc3, 8(%edi)
    movl $ROUNDS, %ecx
    movl $1, %ebx
    movw $0x50c, %dx
    outb %al, %dx
    .globl begin
begin:
    imull $1103515245, %ebx
    addl $12345, %ebx
    movl %ebx, %eax
    shrl $24, %eax
    movb %al, 1(%edi)
    nop
    nop
    call *%edi
    .rept 6
    nop
    .endr
    decl %ecx
    jnz begin
    .globl end
end:
    movw $0x504, %dx
    xorl %eax, %eax
    outl %eax, %dx
3:  hlt
    jmp 3b

    .bss
    .align 16
    .skip 4096
stack_top:
