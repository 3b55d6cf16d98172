/*
 * code.S - a multiboot kernel whose code is executed in every way that a trace of instructions could get wrong: it modifies itself, is
 * replaced, is mapped twice and remapped, crosses pages, repeats, faults and is fetched from pages that are absent, runs 16 bits wide
 * and in ring 3.
 *
 * Everything of interest lies between begin and end; the agent records from begin on. The page-fault handler maps what is absent, the
 * others skip what faulted.
 * Callers: tests/test_stream_code.py.
 */
    .set FRAME, 0x300000    /* frames that code is copied to, mapped one to one */
    .set ALIAS, 0x340000    /* FRAME again */
    .set SWITCHED, 0x350000 /* one frame or another of FRAME */
    .set ABSENT, 0x360000   /* maps to FRAME + 0x8000 once it has faulted */

    .set GATE, 0xee00
    .set RIGHTS, 7
    .include "tests/trace/kernel.inc"

    .text
    .globl _start
_start:
    movl $stack_top, %esp
    call set_tables
    call set_paging
    movw $0x50c, %dx
    outb %al, %dx
    .globl begin
begin:
    xchgw %bx, %bx /* stops a Bochs that was told to (magic_break) */
    call branches
    call modifies_itself
    call is_replaced
    call is_mapped_twice
    call is_remapped
    call crosses_pages
    call is_long
    call repeats
    call faults
    call is_narrow
    call is_absent_and_narrow
    call is_in_ring_3
    .globl end
end:
    movw $0x504, %dx
    xorl %eax, %eax
    outl %eax, %dx
1:  hlt
    jmp 1b

/* Conditional branches by random numbers, calls and jumps through a table. */
branches:
    movl $3000, %ecx
    movl $1, %ebx
1:  imull $1103515245, %ebx
    addl $12345, %ebx
    testl $0x10000, %ebx
    jz 2f
    incl %edx
    testl $0x20000, %ebx
    jnz 2f
    nop
2:  movl %ebx, %eax
    shrl $20, %eax
    andl $3, %eax
    call *functions(, %eax, 4)
    jmp *targets(, %eax, 4)
target_0:
    nop
target_1:
    loop 1b
    ret
target_2:
    decl %ecx
    jnz 1b
    ret
function_0:
    ret
function_1:
    incl %edx
    jmp function_0
function_2:
    call function_1
    ret
function_3:
    jecxz function_0
    ret $0

/* An instruction ahead in the same block, the one that is next, and one behind, in a loop. */
modifies_itself:
    movl $200, %ecx
1:  movb %cl, 2f + 1
    nop
2:  movb $0, %al
    movb %cl, 3f + 1
3:  movb $0, %al
    movb %cl, 1b - 1
    nop
    loop 1b
    ret

/* Two functions in turn at one place. */
is_replaced:
    movl $20, %ebx
1:  movl $replacement_0, %esi
    testl $1, %ebx
    jz 2f
    movl $replacement_1, %esi
2:  movl $FRAME + 0x1000, %edi
    movl $16, %ecx
    rep movsb
    movl $FRAME + 0x1000, %eax
    call *%eax
    call *%eax
    decl %ebx
    jnz 1b
    ret
replacement_0:
    incl %edx
    addl $2, %edx
    ret
    .skip 16
replacement_1:
    xorl %edx, %edx
    xorl %edx, %edx
    decl %edx
    ret
    .skip 16

/* One place at two addresses, and with a changed byte seen at both. */
is_mapped_twice:
    movl $replacement_0, %esi
    movl $FRAME, %edi
    movl $16, %ecx
    rep movsb
    movl $FRAME, %eax
    movl $ALIAS, %ebp
    movl $10, %ecx
1:  call *%eax
    call *%ebp
    incb 3(%eax)
    loop 1b
    ret

/* One address at two places. */
is_remapped:
    movl $replacement_0, %esi
    movl $FRAME + 0x2000, %edi
    movl $16, %ecx
    rep movsb
    movl $replacement_1, %esi
    movl $FRAME + 0x3000, %edi
    movl $16, %ecx
    rep movsb
    movl $SWITCHED, %eax
    movl $10, %ebx
1:  xorl $0x1000, table + (SWITCHED >> 12) * 4
    invlpg (%eax)
    call *%eax
    call *%eax
    decl %ebx
    jnz 1b
    ret

/* An instruction on two pages of which the second is one or another, and code that goes on from page to page. */
crosses_pages:
    movl $crossing, %esi
    movl $SWITCHED - 2, %edi
    movl $crossing_end - crossing, %ecx
    rep movsb
    xorl $0x1000, table + (SWITCHED >> 12) * 4
    invlpg SWITCHED
    movl $crossing + 2, %esi
    movl $SWITCHED, %edi
    movl $crossing_end - crossing - 2, %ecx
    rep movsb
    movb $0x77, SWITCHED + 1
    movl $SWITCHED - 2, %ebp
    movl $8, %ebx
1:  xorl $0x1000, table + (SWITCHED >> 12) * 4
    invlpg SWITCHED
    call *%ebp
    call is_first
    call *%ebp
    call is_first
    decl %ebx
    jnz 1b
    ret
is_first: /* shows by its flow which of the two it was */
    cmpl $0x11223344, %eax
    je 1f
    incl %edx
is_first_return:
1:  ret
crossing:
    movl $0x11223344, %eax
    incl %edx
    ret
crossing_end:

/* More instructions without a branch than anything has room for, over pages. */
is_long:
    movl $4, %ecx
1:  .rept 5000
    incl %eax
    .endr
    decl %ecx
    jnz 1b
    ret

repeats:
    movl $FRAME + 0x4000, %edi
    movl $FRAME + 0x5000, %esi
    movl $12, %ebx
1:  movl %ebx, %ecx
    andl $3, %ecx
    rep movsb
    movl %ebx, %ecx
    rep stosl
    nop
    movl $1000, %ecx
    xorl %eax, %eax
    repne scasb
    incl %edi
    movl $FRAME + 0x4000, %edi
    decl %ebx
    jnz 1b
    movl $100, %ecx
    rep lodsw
    ret

/* Each kind of exception within a block; a fetch from an absent page, and one of an instruction whose second half is absent. */
faults:
    movl $3, %ebx
1:  nop
    ud2
    nop
    xorl %ecx, %ecx
    divl %ecx
    movl $0x88, %eax
    movw %ax, %fs /* 2 bytes, as of the others that fault */
    int3
    movb $0x7f, %al
    addb $1, %al
    into
    int $0x40
    movl ABSENT + 0x2000, %eax
    incl %eax
    incl ABSENT + 0x3000
    movl $5, %ecx
    movl $ABSENT + 0x5ffd, %edi
    rep stosb
    decl %ebx
    jnz 1b
    movl $absent_code, %esi
    movl $FRAME + 0x8ffe, %edi
    movl $absent_code_end - absent_code, %ecx
    rep movsb
    movl $ABSENT + 0xffe, %ebp
    call *%ebp
    call *%ebp
    ret
absent_code:
    movl $0x55667788, %eax
    ret
absent_code_end:

/* In a segment that is 16 bits wide and begins elsewhere. */
is_narrow:
    movl $10, %ecx
1:  ljmp $0x28, $narrow - narrow_base
back:
    decl %ecx
    jnz 1b
    ret
narrow_base:
    .code16
narrow:
    movw $3, %ax
2:  decw %ax
    jnz 2b
    movl $0x12345678, %edx
    ljmpl $8, $back
    .code32

/* In a segment whose first instruction cannot be fetched: no instruction runs between the jump and the fault. */
is_absent_and_narrow:
    movl $absent_and_narrow, %esi
    movl $FRAME + 0x12000, %edi
    movl $absent_and_narrow_end - absent_and_narrow, %ecx
    rep movsb
    ljmp $0x48, $0
here:
    ret
    .code16
absent_and_narrow:
    ljmpl $8, $here
absent_and_narrow_end:
    .code32

is_in_ring_3:
    movl %esp, saved_stack
    movl $esp_0, task_state + 4
    movl $0x10, task_state + 8
    pushl $0x43
    pushl $user_stack
    pushfl
    pushl $0x3b
    pushl $user
    movl $5, %ecx
    iret
user:
    movl $10, %eax
1:  decl %eax
    jnz 1b
    int $0x41
    loop user
    movl $absent_code, %eax
    call *%eax
    int $0x42
leave_ring_3:
    movw $0x10, %ax
    movw %ax, %ds
    movw %ax, %es
    movl saved_stack, %esp
    ret

/* ---- handlers ------------------------------------------------------------------------------------------------------------------ */

page_fault:
    pushal
    movl %cr2, %eax
    shrl $12, %eax
    leal ((FRAME + 0x8000 - ABSENT) & 0xffffffff) >> 12(%eax), %ecx
    shll $12, %ecx
    orl $7, %ecx
    movl %ecx, table(, %eax, 4)
    popal
    addl $4, %esp
    iret
skip_2: /* bytes of what faulted */
    addl $2, (%esp)
    iret
skip_2_with_error:
    addl $4, %esp
    addl $2, (%esp)
    iret
return:
    iret

set_tables:
    gate 0, skip_2
    gate 3, return
    gate 4, return
    gate 6, skip_2
    gate 13, skip_2_with_error
    gate 14, page_fault
    gate 0x40, return
    gate 0x41, return
    gate 0x42, leave_ring_3
    base gdt + 0x20, task_state
    base gdt + 0x28, narrow_base
    base gdt + 0x48, ABSENT + 0xa000
    jmp load_tables

set_paging:
    call map_memory
    movl $FRAME + 7, table + (ALIAS >> 12) * 4
    movl $FRAME + 0x2007, table + (SWITCHED >> 12) * 4
    movl $ABSENT >> 12, %ecx
2:  movl $0, table(, %ecx, 4)
    incl %ecx
    cmpl $(ABSENT >> 12) + 16, %ecx
    jne 2b
    movl $directory, %eax
    movl %eax, %cr3
    movl %cr0, %eax
    orl $0x80010000, %eax
    movl %eax, %cr0
    ret

    .data
functions:
    .long function_0, function_1, function_2, function_3
targets:
    .long target_0, target_1, target_2, target_1
saved_stack:
    .long 0
    .align 8
gdt:
    .quad 0, 0x00cf9a000000ffff, 0x00cf92000000ffff, 0x00cf92000000ffff
    .quad 0x0000890000000067 /* 0x20: task */
    .quad 0x00009a000000ffff /* 0x28: narrow */
    .quad 0
    .quad 0x00cffa000000ffff, 0x00cff2000000ffff /* 0x38, 0x40: ring 3 */
    .quad 0x00009a000000ffff /* 0x48: absent and narrow */
gdt_register:
    .word . - gdt - 1
    .long gdt
idt_register:
    .word 2047
    .long idt

    .bss
    .align 4096
directory:
    .skip 4096
table:
    .skip 4096
idt:
    .skip 2048
task_state:
    .skip 104
    .align 16
    .skip 8192
stack_top:
    .skip 4096
esp_0:
    .skip 4096
user_stack:
