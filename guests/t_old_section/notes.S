/*
 * notes.S - the older way in which a kernel describes itself: one string in the section __xen_guest instead of ELF
 * notes.
 *
 * Numbers stand in the string as text, so they are what guest.lds makes of this guest: the entry is the first
 * instruction of the image, the hypercall page (as a page number above VIRT_BASE) the page behind it. main.c checks
 * that. Source: the section as Linux 2.6.16 for Xen 3.0 has it.
 */
    .section __xen_guest, "a", @progbits
    .ascii "GUEST_OS=penumbra-guest,XEN_VER=xen-3.0,VIRT_BASE=0xc0000000,ELF_PADDR_OFFSET=0x0,VIRT_ENTRY=0xc0100000,"
    .ascii "HYPERCALL_PAGE=0x101,PAE=no,LOADER=generic"
    .byte 0

    .section .text.hypercall_page, "ax", @progbits
    .balign 4096
    .globl hypercall_page
    .type hypercall_page, @object
    .size hypercall_page, 4096
hypercall_page:
    .fill 4096, 1, 0x90

    .section .note.GNU-stack, "", @progbits
