/*
 * emulate_target.h - where an emulated instruction writes. Callers: emulate*.c.
 */
#ifndef SHADOW_EMULATE_TARGET_H
#define SHADOW_EMULATE_TARGET_H

#include "shadow/decode.h"
#include "shadow/guest_entry.h"
#include "shadow/walk.h"
#include "shadow/write.h"

struct target {
    struct shadow *shadow;
    mfn_t table;            /* the frame written to */
    uint8_t *memory;        /* it, mapped */
    uint32_t page;          /* the linear address of its first byte */
};

/* Xen's own segments: all of them flat, and in every domain's GDT. */
static inline bool is_flat(uint32_t selector) {
    return __builtin_expect(selector == FLAT_RING1_DS, 1) || selector == FLAT_RING1_CS || selector == FLAT_RING3_DS ||
           selector == FLAT_RING3_CS;
}

/* Base and limit of a segment register's segment. False: not one that is understood. */
static inline bool emulated_segment(struct shadow *shadow, const struct cpu_user_regs *regs, uint32_t segment_register,
                                    struct shadow_segment *segment) {
    uint32_t selector = selector_read(regs, segment_register);

    if (__builtin_expect(is_flat(selector), 1)) {
        segment->base = 0;
        segment->limit = 0xffffffff;
        segment->code32 = true;
        return true;
    }
    return shadow_port_segment(shadow->domain, selector, segment);
}

/* Store one whole entry of a table, frame mfn, which is mapped; and propagate. */
static inline void store_entry(struct shadow *shadow, mfn_t mfn, pte_t *table, uint32_t index, pte_t value) {
    pte_t old = guest_entry_load(&table[index]);

    guest_entry_store(&table[index], value);
    if (__builtin_expect(value != old, 1)) {
        trace_shadow_guest_write(mfn.n, index, old, value, TRACE_WRITE_VIA_emulate);
        entry_changed(shadow, mfn, index, value);
    }
}

/* Store size (1, 2, 4) bytes at offset within the target's page, and propagate. */
void target_store(struct target *target, uint32_t offset, uint64_t value, uint32_t size);
/* Replace expected by value, and propagate. False: something else is there now; nothing has changed. */
bool target_swap(struct target *target, uint32_t offset, uint64_t expected, uint64_t value, uint32_t size);

#endif
