/* emulate_target.c - where an emulated instruction writes. Rules and callers: emulate_target.h. */
#include "shadow/emulate_target.h"

#include "shadow/guest_entry.h"
#include "shadow/write.h"

/* Xen's own segments: all of them flat, and in every domain's GDT. */
static bool is_flat(uint32_t selector) {
    return selector == FLAT_RING1_DS || selector == FLAT_RING1_CS || selector == FLAT_RING3_DS || selector == FLAT_RING3_CS;
}

bool emulated_segment(struct shadow *shadow, const struct cpu_user_regs *regs, uint32_t segment_register,
                      struct shadow_segment *segment) {
    const uint16_t selectors[] = {
        [SEGMENT_ES] = regs->es, [SEGMENT_CS] = regs->cs, [SEGMENT_SS] = regs->ss,
        [SEGMENT_DS] = regs->ds, [SEGMENT_FS] = regs->fs, [SEGMENT_GS] = regs->gs,
    };
    uint32_t selector = selectors[segment_register];

    if (is_flat(selector)) {
        *segment = (struct shadow_segment){.base = 0, .limit = 0xffffffff, .code32 = true};
        return true;
    }
    return shadow_port_segment(shadow->domain, selector, segment);
}

void target_store(struct target *target, uint32_t offset, uint64_t value, uint32_t size) {
    const pte_t *table = (const pte_t *)target->memory;
    struct touched touched;

    note_touched(table, offset, size, &touched);
    guest_store(target->memory + offset, value, size);
    propagate_touched(target->shadow, target->table, table, &touched, TRACE_WRITE_VIA_emulate);
}

bool target_swap(struct target *target, uint32_t offset, uint64_t expected, uint64_t value, uint32_t size) {
    const pte_t *table = (const pte_t *)target->memory;
    struct touched touched;

    note_touched(table, offset, size, &touched);
    if (!guest_swap(target->memory + offset, expected, value, size)) {
        return false;
    }
    propagate_touched(target->shadow, target->table, table, &touched, TRACE_WRITE_VIA_emulate);
    return true;
}
