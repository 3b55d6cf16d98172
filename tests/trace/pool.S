/*
 * pool.S - a multiboot kernel that runs more different code than Bochs can keep decoded: a page of one-byte instructions, of which
 * one in each 128 bytes is another in each round, so that all of the page is decoded again.
 *
 * Round n, from 1 on, runs 0x40 + n % 4 (inc eax, ecx, edx, ebx) at CODE, CODE + 128 ...; nop between them, and a ret at
 * the end. Everything of interest lies between begin and end; the agent records from begin on.
 * Callers: tests/test_stream_code.py.
 * Source: Multiboot specification 0.6.96, 3.1 and 3.2.
 */
    .globl CODE
    .set CODE, 0x300000
    .set BYTES, 4096
    .set ROUNDS, 320

    .section .multiboot, "a"
    .align 4
    .long 0x1badb002, 0x00000003, -(0x1badb002 + 0x00000003)

    .text
    .globl _start
_start:
    movl $stack_top, %esp
    movl $CODE, %edi
    movl $BYTES - 1, %ecx
    movb $0x90, %al
    rep stosb
    movb $0xc3, (%edi)
    movw $0x50c, %dx
    outb %al, %dx
    .globl begin
begin:
    movl $1, %esi
1:  movl %esi, %eax
    andb $3, %al
    addb $0x40, %al
    movl $CODE, %edi
2:  movb %al, (%edi)
    addl $128, %edi
    cmpl $CODE + BYTES, %edi
    jb 2b
    movl $CODE, %edi
    call *%edi
    incl %esi
    cmpl $ROUNDS, %esi
    jbe 1b
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
