/* emulate.c - carry out one guest kernel instruction that writes to a table. Rules and callers: emulate.h. */
#include "shadow/emulate.h"

#include "shadow/dirty.h"
#include "shadow/emulate_fetch.h"
#include "shadow/emulate_single.h"
#include "shadow/emulate_string.h"
#include "shadow/emulate_target.h"
#include "shadow/sample.h"

#define FLAG_TF (1u << 8)
#define FLAG_RF (1u << 16)
#define FLAG_VM (1u << 17)

/*
 * The frequent instruction: MOV of four bytes to one whole entry, through the kernel's flat segment. False: it is not
 * quite that, nothing has changed.
 */
static inline bool store_whole_entry(struct shadow *shadow, const struct walk *walk,
                                     const struct instruction *instruction, const struct cpu_user_regs *regs) {
    uint32_t offset = operand_address(instruction, regs) - (walk->linear & PAGE_MASK);
    pte_t *table;

    if (instruction->operation != OPERATION_MOV || instruction->size != sizeof(pte_t) || instruction->address16 ||
        selector_read(regs, instruction->segment) != FLAT_RING1_DS || (offset & (PAGE_MASK | (sizeof(pte_t) - 1)))) {
        return false;
    }
    table = shadow_port_map(walk->frame);
    store_entry(shadow, walk->frame, table, offset / sizeof(pte_t),
                instruction->from_register ? register_word(regs, instruction->reg) : instruction->immediate);
    shadow_port_unmap(table);
    return true;
}

/* The frame was written by the guest. */
static inline void note_store(struct shadow *shadow, mfn_t frame) {
    note_written(shadow, frame);                         /* W3 */
    note_used(shadow, frame.n << PAGE_SHIFT | PTE_A);    /* A4 */
}

static inline void step_over(const struct instruction *instruction, struct cpu_user_regs *regs) {
    regs->eip += instruction->length;
    regs->eflags &= ~FLAG_RF;
}

/* Any other instruction. The reason why it is not carried out, or TRACE_FALLBACK_none. */
static __attribute__((noinline)) uint32_t perform(struct shadow *shadow, const struct walk *walk,
                                                  const struct instruction *instruction, struct cpu_user_regs *regs) {
    struct target target = {.shadow = shadow, .table = walk->frame, .page = walk->linear & PAGE_MASK};
    bool finished = true;
    uint32_t why;

    target.memory = shadow_port_map(walk->frame);
    if (instruction->operation == OPERATION_STOS || instruction->operation == OPERATION_MOVS) {
        why = emulate_string(&target, instruction, regs, &finished);
    } else {
        why = emulate_single(&target, instruction, regs) ? TRACE_FALLBACK_none : TRACE_FALLBACK_operand;
    }
    shadow_port_unmap(target.memory);
    if (why != TRACE_FALLBACK_none) {
        return why;
    }
    note_store(shadow, walk->frame);
    if (finished) {
        step_over(instruction, regs);
    }
    return TRACE_FALLBACK_none;
}

uint32_t emulate_write(struct shadow *shadow, const struct walk *walk, struct cpu_user_regs *regs) {
    const struct instruction *instruction;
    uint32_t why;

    /* single-stepping owes a trap after the instruction: the processor does that better */
    if (regs->eflags & (FLAG_TF | FLAG_VM)) {
        return TRACE_FALLBACK_stepped;
    }
    instruction = known_instruction(shadow, regs);
    if (__builtin_expect(instruction == NULL, 0)) {
        instruction = fetch_and_decode(shadow, regs, &why);
        if (instruction == NULL) {
            return why;
        }
    }
    if (__builtin_expect(store_whole_entry(shadow, walk, instruction, regs), 1)) {
        note_store(shadow, walk->frame);
        step_over(instruction, regs);
        return TRACE_FALLBACK_none;
    }
    return perform(shadow, walk, instruction, regs);
}
