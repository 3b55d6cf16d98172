/*
 * selector.h - rules for selectors that a guest hands over.
 */
#ifndef XEN_GUEST_SELECTOR_H
#define XEN_GUEST_SELECTOR_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>

#define SELECTOR_LEVEL 3u
#define SELECTOR_LOCAL 4u /* in the LDT */
#define SELECTOR_FIRST_RESERVED ((uint32_t)FIRST_RESERVED_GDT_BYTE)

/* The selector with at least privilege level 1 (Xen raises 0 and leaves the others). */
static inline uint32_t selector_for_kernel(uint32_t selector) {
    return (selector & SELECTOR_LEVEL) == 0 ? selector | 1 : selector;
}

/* The selector with exactly privilege level 1: for handlers and stacks of the guest kernel. */
static inline uint32_t selector_ring_1(uint32_t selector) {
    return (selector & 0xffff & ~SELECTOR_LEVEL) | 1;
}

/*
 * May a gate of the guest lead to the segment it names? Its own tables yes; of the reserved page only the flat guest
 * code.
 */
static inline bool selector_is_guest_code(uint32_t selector) {
    uint32_t index = selector & 0xfff8;

    return (selector & SELECTOR_LOCAL) != 0 || index < SELECTOR_FIRST_RESERVED || index == (FLAT_RING1_CS & 0xfff8) ||
           index == (FLAT_RING3_CS & 0xfff8);
}

#endif
