/*
 * start.S - entry of the test kernel, its trap stubs, and the code it runs in ring 3.
 *
 * Rules: the multiboot header lies in the first 8 KiB; eax and ebx of the loader go to kernel_main.
 * Source: Multiboot specification 0.6.96, 3.1 and 3.2.
 */
    .section .multiboot, "a"
    .align 4
    .long 0x1badb002, 0x00000003, -(0x1badb002 + 0x00000003)

    .text
    .globl _start
_start:
    movl $stack_top, %esp
    pushl %ebx
    call kernel_main
1:  hlt
    jmp 1b

/* Every stub leaves the same frame: registers, vector, error code, what the processor pushed. */
    .macro stub name, vector, has_error
    .globl \name
\name:
    .if !\has_error
    pushl $0
    .endif
    pushl $\vector
    jmp common
    .endm

    stub page_fault_stub, 14, 1
    stub double_fault_stub, 8, 1
    stub timer_stub, 0x20, 0
    stub call_stub, 0x82, 0

common:
    pushal
    movw $0x10, %ax
    movw %ax, %ds
    movw %ax, %es
    pushl %esp
    call trap
    addl $4, %esp
    movw $0x23, %ax
    movw %ax, %ds
    movw %ax, %es
    popal
    addl $8, %esp
    iret

/* void enter_user(uint32_t eip, uint32_t esp): never returns */
    .globl enter_user
enter_user:
    movl 4(%esp), %eax
    movl 8(%esp), %ecx
    movw $0x23, %dx
    movw %dx, %ds
    movw %dx, %es
    pushl $0x23
    pushl %ecx
    pushl $0x202
    pushl $0x1b
    pushl %eax
    iret

/* Ring 3: as many calls as rounds says, each after a little work; two pages that are not there; then the call that ends. */
    .globl user_code
user_code:
    movl rounds, %esi
1:  movl $500, %ecx
2:  loop 2b
    movl %esi, %eax
    int $0x82
    decl %esi
    jnz 1b
    movl $0x800000, %ebx
    movl (%ebx), %eax
    movl 0x1000(%ebx), %eax
    xorl %eax, %eax
    int $0x82
3:  jmp 3b

/* Named places for the tests. */
    .globl load_root, forget_page
load_root: /* void load_root(uint32_t cr3) */
    movl 4(%esp), %eax
    .globl load_root_instruction
load_root_instruction:
    movl %eax, %cr3
    ret
forget_page: /* void forget_page(uint32_t linear) */
    movl 4(%esp), %eax
    .globl forget_page_instruction
forget_page_instruction:
    invlpg (%eax)
    ret

    .bss
    .align 16
    .skip 8192
stack_top:
    .section .note.GNU-stack, "", @progbits
