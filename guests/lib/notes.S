/*
 * notes.S - the ELF notes by which the domain builder knows a paravirtual kernel, and the page it fills with hypercall
 * stubs.
 *
 * Source: xen/elfnote.h. Users: every guest but those that describe themselves with the older __xen_guest section.
 */
#include <xen/elfnote.h>

.macro note_string type, text
    .pushsection .note.Xen, "a", @note
    .balign 4
    .long 4, 2f - 1f, \type
    .asciz "Xen"
1:  .asciz "\text"
2:  .balign 4
    .popsection
.endm

.macro note_word type, value
    .pushsection .note.Xen, "a", @note
    .balign 4
    .long 4, 4, \type
    .asciz "Xen"
    .long \value
    .popsection
.endm

note_string XEN_ELFNOTE_GUEST_OS, "penumbra-guest"
note_string XEN_ELFNOTE_GUEST_VERSION, "1"
note_string XEN_ELFNOTE_XEN_VERSION, "xen-3.0"
note_string XEN_ELFNOTE_LOADER, "generic"
note_string XEN_ELFNOTE_PAE_MODE, "no"
#ifndef FEATURES
#define FEATURES "writable_page_tables|auto_translated_physmap"
#endif
note_string XEN_ELFNOTE_FEATURES, FEATURES
note_word   XEN_ELFNOTE_VIRT_BASE, VIRT_BASE
note_word   XEN_ELFNOTE_PADDR_OFFSET, 0
note_word   XEN_ELFNOTE_ENTRY, guest_entry
note_word   XEN_ELFNOTE_HYPERCALL_PAGE, hypercall_page

    .section .text.hypercall_page, "ax", @progbits
    .balign 4096
    .globl hypercall_page
    .type hypercall_page, @object
    .size hypercall_page, 4096
hypercall_page:
    .fill 4096, 1, 0x90

    .section .note.GNU-stack, "", @progbits
