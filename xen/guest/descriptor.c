/*
 * descriptor.c - which descriptors a guest may have; see gdt.h. Pure: compiled hosted for tests too.
 *
 * Two things keep ring 1 out of the hypervisor: it has no segment that reaches beyond GUEST_SEGMENT_END, and no gate or
 * segment that leads to ring 0. So: no privilege level 0; no system descriptor but a call gate to a code segment that
 * is the guest's; base and limit below the end.
 *
 * A data segment of 4 GiB wraps around at the end of the address space, so it has the hypervisor in its middle. A guest
 * gets half of it at a time: from base up to the hypervisor, or, as an expand-down segment, what lies below base.
 */
#include "xen/guest/gdt.h"

#include "xen/guest/selector.h"
#include "xen/mm/layout.h"

#define HIGH_PRESENT (1u << 15)
#define HIGH_LEVEL (3u << 13)
#define HIGH_LEVEL_1 (1u << 13)
#define HIGH_NOT_SYSTEM (1u << 12)
#define HIGH_CODE (1u << 11)
#define HIGH_EXPAND_DOWN (1u << 10)
#define HIGH_TYPE (15u << 8)
#define HIGH_CALL_GATE (12u << 8)
#define HIGH_GRANULAR (1u << 23)
#define HIGH_BIG (1u << 22)
#define HIGH_LIMIT (15u << 16)
#define GATE_RESERVED 0xe0u

static bool check_gate(uint32_t words[2]) {
    uint32_t selector = words[0] >> 16;

    if ((words[1] & HIGH_TYPE) != HIGH_CALL_GATE || (words[1] & GATE_RESERVED)) {
        return false;
    }
    selector = selector_for_kernel(selector);
    words[0] = (words[0] & 0xffff) | selector << 16;
    return selector_is_guest_code(selector);
}

static uint32_t base_of(const uint32_t words[2]) {
    return words[0] >> 16 | (words[1] & 0xff) << 16 | (words[1] & 0xff000000);
}

/* Bytes from base that a guest's segment may span. base: below GUEST_SEGMENT_END. */
static uint32_t room_above(uint32_t base) {
    return GUEST_SEGMENT_END - base;
}

/*
 * The first offset, a page's, from which on a segment that begins at base reaches what lies below base: addresses wrap
 * around there. 0: there is no page below.
 */
static uint32_t wrapped_from(uint32_t base) {
    return -(base & PAGE_MASK);
}

static bool set_pages(uint32_t words[2], uint32_t limit) {
    if (!(words[1] & HIGH_GRANULAR)) {
        return false; /* byte-granular and too long: nothing sensible to cut it to */
    }
    words[0] = (words[0] & 0xffff0000) | (limit & 0xffff);
    words[1] = (words[1] & ~HIGH_LIMIT) | (limit & HIGH_LIMIT);
    return true;
}

static bool check_segment(uint32_t words[2]) {
    uint32_t base = base_of(words);
    uint32_t limit = (words[0] & 0xffff) | (words[1] & HIGH_LIMIT);
    uint64_t size = ((uint64_t)limit + 1) << (words[1] & HIGH_GRANULAR ? 12 : 0);

    if (base >= GUEST_SEGMENT_END - PAGE_SIZE) {
        return false;
    }
    if ((words[1] & (HIGH_CODE | HIGH_EXPAND_DOWN)) == HIGH_EXPAND_DOWN) {
        /*
         * Expand-down: offsets from size up to 4 GiB (or 64 KiB) are valid. Those from room_above(base) to 2^32 - base
         * - 1 would reach the hypervisor; addresses beyond wrap around to below base. So size must be so high that only
         *   the wrapped part is left.
         */
        uint64_t top = words[1] & HIGH_BIG ? 1ull << 32 : 0x10000;

        if (top <= room_above(base) || size >= (1ull << 32) - base) {
            return true;
        }
        return set_pages(words, (wrapped_from(base) >> 12) - 1);
    }
    if (size > room_above(base)) {
        return set_pages(words, (room_above(base) >> 12) - 1);
    }
    return true;
}

bool descriptor_check(uint32_t words[2]) {
    if (!(words[1] & HIGH_PRESENT)) {
        return true; /* using it faults */
    }
    if ((words[1] & HIGH_LEVEL) == 0) {
        words[1] |= HIGH_LEVEL_1;
    }
    return words[1] & HIGH_NOT_SYSTEM ? check_segment(words) : check_gate(words);
}

/* A segment of the guest's whose other form would be one too: data, 32 bits, pages. */
#define FLIP_BITS (HIGH_PRESENT | HIGH_NOT_SYSTEM | HIGH_GRANULAR | HIGH_BIG)

bool descriptor_flip(uint32_t words[2], uint32_t offset) {
    uint32_t base = base_of(words), size = (((words[0] & 0xffff) | (words[1] & HIGH_LIMIT)) + 1) << 12;
    uint32_t wrapped = wrapped_from(base), room = room_above(base) & PAGE_MASK;

    if ((words[1] & (FLIP_BITS | HIGH_CODE)) != FLIP_BITS || (words[1] & HIGH_LEVEL) == 0 || wrapped == 0 ||
        base >= GUEST_SEGMENT_END - PAGE_SIZE) {
        return false;
    }
    bool down = words[1] & HIGH_EXPAND_DOWN;

    if (size != (down ? wrapped : room) || (down ? offset >= room : offset < wrapped)) {
        return false;
    }
    words[1] ^= HIGH_EXPAND_DOWN;
    return set_pages(words, ((down ? room : wrapped) >> 12) - 1);
}
