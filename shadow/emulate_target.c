/* emulate_target.c - where an emulated instruction writes. Rules and callers: emulate_target.h. */
#include "shadow/emulate_target.h"

void target_store(struct target *target, uint32_t offset, uint64_t value, uint32_t size) {
    pte_t *table = (pte_t *)target->memory;
    struct touched touched;

    if (__builtin_expect(size == sizeof(pte_t) && offset % sizeof(pte_t) == 0, 1)) {
        store_entry(target->shadow, target->table, table, offset / sizeof(pte_t), (pte_t)value);
        return;
    }
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
