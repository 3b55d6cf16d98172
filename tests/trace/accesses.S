/*
 * accesses.S - a multiboot kernel that reads and writes memory in every way of which a trace must miss nothing:
 * repeated string instructions over pages, backwards, unaligned, interrupted by a page fault; stack,
 * read-modify-write, floating point, SSE, interrupts, segment loads.
 *
 * Each piece of work lies between the labels NAME and NAME_end, for tests that know what it must have accessed.
 * Everything of interest lies between begin and end; the agent records from begin on. The pages of WINDOW are mapped
 * to frames in reverse order, those of ABSENT get theirs from the page-fault handler, those from LARGE on are 4 MiB
 * large; in ITSELF the directory is its own table.
 * Callers: tests/test_stream_accesses.py, which has the same constants.
 */
    .set WINDOW, 0x300000
    .set WINDOW_PAGES, 16
    .set WINDOW_FRAMES, 0x38f000 /* of the first page; that of the second is one lower */
    .set ABSENT, 0x340000
    .set LARGE, 0x800000
    .set ITSELF, 0xc00000

    .set GATE, 0x8e00
    .set RIGHTS, 3
    .include "tests/trace/kernel.inc"

    .macro piece name:req, instructions:vararg
    .globl \name, \name\()_end
\name:
    \instructions
\name\()_end:
    .endm

    .macro string name:req, from:req, to:req, count:req, instructions:vararg
    movl $\from, %esi
    movl $\to, %edi
    movl $\count, %ecx
    piece \name, \instructions
    .endm

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
    string rep_movsb, WINDOW + 0x123, WINDOW + 0x4777, 5000, rep movsb
    string rep_movsl, WINDOW + 0x1ffe, WINDOW + 0x5001, 1500, rep movsl
    string rep_stosb, 0, WINDOW + 0x2fff, 4099, rep stosb
    string rep_stosl, 0, WINDOW + 0x3ffd, 1100, rep stosl
    string rep_lodsl, WINDOW + 0xffc, 0, 700, rep lodsl
    string repe_cmpsb, WINDOW + 0x7000, WINDOW + 0x9000, 4200, repe cmpsb
    string repne_scasb, 0, WINDOW + 0x7800, 3000, repne scasb
    string rep_none, WINDOW, WINDOW + 0x4000, 0, rep movsb
    std
    string rep_movsw_down, WINDOW + 0x6003, WINDOW + 0x9ffd, 2500, rep movsw
    string rep_stosl_down, 0, WINDOW + 0x8ffe, 1300, rep stosl
    cld
    movw $0x8080, %dx
    string rep_insb, 0, WINDOW + 0xaffd, 20, rep insb
    string rep_insw, 0, WINDOW + 0xb000, 900, rep insw
    string rep_insl, 0, WINDOW + 0xbfff, 30, rep insl
    string rep_outsb, WINDOW + 0xaffd, 0, 20, rep outsb
    string rep_outsw, WINDOW + 0xb000, 0, 2100, rep outsw
    string rep_outsl, WINDOW + 0xbfff, 0, 30, rep outsl
    string rep_movsl_fault, WINDOW, ABSENT + 0xff0, 1500, rep movsl
    string movsb_once, WINDOW, WINDOW + 0x4000, 0, movsb
    string rep_movsb_large, LARGE, LARGE + 0x1ff0, 300, rep movsb
    call others
    .globl end
end:
    movw $0x504, %dx
    xorl %eax, %eax
    outl %eax, %dx
1:  hlt
    jmp 1b

/* Whatever else accesses memory. */
others:
    movl $WINDOW + 0x2ffe, %ebx
    pushl %ebp
    pushal
    popal
    movl $WINDOW + 0xc100, %ebp
    enter $32, $3
    leave
    popl %ebp
    pushfl
    popfl
    pushw %ax
    popw %ax
    pushl (%ebx)
    popl (%ebx)
    piece add_across, addl $1, (%ebx)
    xchgl %eax, (%ebx)
    lock cmpxchgl %ecx, (%ebx)
    lock xaddl %ecx, 1(%ebx)
    cmpxchg8b -16(%ebx)
    btsl $100, (%ebx)
    sete (%ebx)
    movb $3, (%ebx)
    movzwl (%ebx), %eax
    bound %eax, bounds
    xlat
    fninit
    fldl numbers
    fstpt (%ebx)
    fildll numbers
    fbstp (%ebx)
    fnsave WINDOW + 0xd000
    frstor WINDOW + 0xd000
    movl %cr4, %eax
    orl $0x200, %eax
    movl %eax, %cr4
    fxsave WINDOW + 0xdff0
    fxrstor WINDOW + 0xdff0
    movaps numbers, %xmm0
    movups %xmm0, (%ebx)
    movss %xmm0, (%ebx)
    movlps (%ebx), %xmm0
    stmxcsr (%ebx)
    ldmxcsr (%ebx)
    prefetcht0 (%ebx)
    movl $WINDOW + 0xe000, %edi
    maskmovq %mm0, %mm1
    emms
    sgdt (%ebx)
    sidt (%ebx)
    lgdt gdt_register
    movw $0x18, %ax
    movw %ax, %fs   /* the processor sets accessed in the descriptor */
    lesl far_pointer, %eax
    ljmp $8, $1f
1:  lcall $8, $far_function
    int $0x40
    int3
    verr %ax
    larl %eax, %ecx
    strw (%ebx)
    smsww (%ebx)
    movl ABSENT + 0x8000, %eax
    incl ABSENT + 0x9000
    invlpg (%ebx)
    movl ITSELF + (ITSELF >> 10), %eax /* the directory, through the entry that names it, by that entry */
    movl $0, ITSELF + (ITSELF >> 10) + 0xff0
    movl %cr3, %eax
    movl %eax, %cr3
    ret

far_function:
    lret

/* The frame of an absent page is the one of its own number. */
page_fault:
    pushal
    movl %cr2, %eax
    shrl $12, %eax
    movl %eax, %ecx
    shll $12, %eax
    orl $3, %eax
    movl %eax, table(, %ecx, 4)
    popal
    addl $4, %esp
    iret
interrupt:
    iret

set_tables:
    gate 14, page_fault
    gate 0x40, interrupt
    gate 3, interrupt
    base gdt + 0x20, task_state
    jmp load_tables

set_paging:
    call map_memory
    movl $WINDOW_FRAMES + 3, %eax
    movl $WINDOW >> 12, %ecx
2:  movl %eax, table(, %ecx, 4)
    subl $0x1000, %eax
    incl %ecx
    cmpl $(WINDOW >> 12) + WINDOW_PAGES, %ecx
    jne 2b
    movl $ABSENT >> 12, %ecx
3:  movl $0, table(, %ecx, 4)
    incl %ecx
    cmpl $(ABSENT >> 12) + WINDOW_PAGES, %ecx
    jne 3b
    movl $LARGE + 0x83, directory + (LARGE >> 22) * 4
    movl $directory + 3, directory + (ITSELF >> 22) * 4
    movl %cr4, %eax
    orl $0x10, %eax
    movl %eax, %cr4
    movl $directory, %eax
    movl %eax, %cr3
    movl %cr0, %eax
    orl $0x80010000, %eax
    andl $~0xe, %eax /* no emulation of, no fault at the floating-point unit */
    movl %eax, %cr0
    ret

    .data
    .align 16
numbers:
    .double 3.25, 1024.5
bounds:
    .long 0, 0x7fffffff
far_pointer:
    .long 4
    .word 0x10
    .align 8
gdt:
    .quad 0, 0x00cf9a000000ffff, 0x00cf92000000ffff, 0x00cf92000000ffff
    .quad 0x0000890000000067
gdt_register:
    .word . - gdt - 1
    .long gdt
idt_register:
    .word 256 * 8 - 1
    .long idt

    .bss
    .align 4096
    .globl directory, table
directory:
    .skip 4096
table:
    .skip 4096
idt:
    .skip 2048
task_state:
    .skip 104
    .align 16
    .skip 4096
stack_top:
    .section .note.GNU-stack, "", @progbits
