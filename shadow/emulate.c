/* emulate.c - carry out one guest kernel instruction that writes to a table. Rules and callers: emulate.h. */
#include "shadow/emulate.h"

#include <string.h>

#include "shadow/alu.h"
#include "shadow/dirty.h"
#include "shadow/emulate_string.h"
#include "shadow/emulate_target.h"
#include "shadow/guest_entry.h"
#include "shadow/modify.h"
#include "shadow/sample.h"

#define FLAG_TF (1u << 8)
#define FLAG_RF (1u << 16)
#define FLAG_VM (1u << 17)

/* Instruction bytes as whole words, at any address. */
struct __attribute__((packed)) code_words {
    uint32_t words[CODE_WORDS];
};

/* The instruction bytes at linear, as far as its page goes. Returns how many, 0 when they cannot be read. */
static uint32_t fetch(struct shadow *shadow, uint32_t linear, struct code_words *code) {
    uint32_t offset = linear % PAGE_SIZE, have = INSTRUCTION_BYTES_MAX;
    const uint8_t *page;

    if (__builtin_expect(shadow->code_page != linear - offset, 0)) {
        if (!walk_readable(shadow, linear, &shadow->code_frame)) {
            shadow->code_page = NO_CODE_PAGE;
            return 0;
        }
        shadow->code_page = linear - offset;
    }
    page = shadow_port_map(shadow->code_frame);
    if (__builtin_expect(offset <= PAGE_SIZE - sizeof(*code), 1)) {
        *code = *(const struct code_words *)(page + offset);
    } else {
        have = PAGE_SIZE - offset < have ? PAGE_SIZE - offset : have;
        memcpy(code, page + offset, have);
    }
    shadow_port_unmap(page);
    return have;
}

/* Not all of the instruction is known, or it does not lie in one page: its other page is read only if it is needed. */
static __attribute__((noinline)) bool decode_slowly(struct shadow *shadow, uint32_t linear, uint8_t *code,
                                                    uint32_t have, struct instruction *instruction) {
    enum decode result = decode(code, have, instruction);

    if (result == DECODE_SHORT && have < INSTRUCTION_BYTES_MAX &&
        walk_read(shadow, linear + have, code + have, INSTRUCTION_BYTES_MAX - have)) {
        result = decode(code, INSTRUCTION_BYTES_MAX, instruction);
    }
    return result == DECODE_DONE;
}

/*
 * The same bytes are the same instruction. Kernels have few places that write page tables, so most were seen before.
 * NULL: *why is the reason.
 */
static const struct instruction *fetch_and_decode(struct shadow *shadow, const struct cpu_user_regs *regs,
                                                  uint32_t *why) {
    struct decoded *known = &shadow->decoded[regs->eip % DECODED];
    struct shadow_segment segment;
    struct code_words code;
    uint32_t linear, have;

    *why = TRACE_FALLBACK_code;
    if (!emulated_segment(shadow, regs, SEGMENT_CS, &segment) || !segment.code32) {
        return NULL;
    }
    linear = segment.base + regs->eip;
    have = fetch(shadow, linear, &code);
    if (known->valid && have == INSTRUCTION_BYTES_MAX && code.words[0] == known->code[0] &&
        code.words[1] == known->code[1] && code.words[2] == known->code[2] && code.words[3] == known->code[3]) {
        return &known->instruction;
    }
    known->valid = false;
    if (have == 0) {
        return NULL;
    }
    if (!decode_slowly(shadow, linear, (uint8_t *)&code, have, &known->instruction)) {
        *why = TRACE_FALLBACK_instruction;
        return NULL;
    }
    if (have == INSTRUCTION_BYTES_MAX) {
        memcpy(known->code, &code, sizeof(known->code));
        known->valid = true;
    }
    return &known->instruction;
}

static void perform_cmpxchg8b(struct target *target, uint32_t offset, struct cpu_user_regs *regs) {
    uint64_t wanted = (uint64_t)register_read(regs, REGISTER_EDX, 4) << 32 | register_read(regs, REGISTER_EAX, 4);
    uint64_t found, value = (uint64_t)register_read(regs, REGISTER_ECX, 4) << 32 | register_read(regs, REGISTER_EBX, 4);

    do {
        found = guest_load(target->memory + offset, 8);
    } while (!target_swap(target, offset, found, found == wanted ? value : found, 8));
    if (found == wanted) {
        regs->eflags |= FLAG_ZF;
        return;
    }
    regs->eflags &= ~FLAG_ZF;
    register_write(regs, REGISTER_EAX, 4, (uint32_t)found);
    register_write(regs, REGISTER_EDX, 4, (uint32_t)(found >> 32));
}

/* Read, modify, write. */
static void perform_modify(struct target *target, uint32_t offset, const struct instruction *instruction,
                           struct cpu_user_regs *regs) {
    uint32_t size = instruction->size, found, value, flags;

    do {
        flags = regs->eflags;
        found = (uint32_t)guest_load(target->memory + offset, size);
        value = modified(instruction, regs, found, &flags);
    } while (!target_swap(target, offset, found, value, size));
    modify_registers(instruction, regs, found, flags);
}

static void perform(struct target *target, uint32_t offset, const struct instruction *instruction,
                    struct cpu_user_regs *regs) {
    uint32_t flags = regs->eflags;

    switch (instruction->operation) {
    case OPERATION_MOV:
        target_store(target, offset, source_of(instruction, regs), instruction->size);
        break;
    case OPERATION_MOV_SEGMENT: case OPERATION_SET: /* nothing is read either */
        target_store(target, offset, modified(instruction, regs, 0, &flags), instruction->size);
        break;
    case OPERATION_CMPXCHG8B:
        perform_cmpxchg8b(target, offset, regs);
        break;
    default:
        perform_modify(target, offset, instruction, regs);
        break;
    }
}

/*
 * The offset of the single operand in the target's page; any other number when it is not where the fault was, or
 * crosses into another page.
 */
static inline uint32_t offset_in_page(const struct target *target, const struct instruction *instruction,
                                      const struct cpu_user_regs *regs) {
    struct shadow_segment segment;
    uint32_t offset;

    if (!emulated_segment(target->shadow, regs, instruction->segment, &segment)) {
        return PAGE_SIZE;
    }
    offset = segment.base + operand_offset(instruction, regs) - target->page;
    return offset + instruction->size > PAGE_SIZE ? PAGE_SIZE : offset;
}

/* POP: the address is that after esp has grown. From a flat stack only, and from one page of it. */
static __attribute__((noinline)) bool perform_pop(struct target *target, const struct instruction *instruction,
                                                  struct cpu_user_regs *regs) {
    struct cpu_user_regs after = *regs;
    uint32_t offset, size = instruction->size;
    uint64_t value = 0;

    after.esp += size;
    offset = offset_in_page(target, instruction, &after);
    if (offset >= PAGE_SIZE || !is_flat(regs->ss) || regs->esp % PAGE_SIZE + size > PAGE_SIZE ||
        !walk_read(target->shadow, regs->esp, &value, size)) {
        return false;
    }
    target_store(target, offset, value, size);
    *regs = after;
    return true;
}

/* Anything but a string instruction. */
static bool perform_single(struct target *target, const struct instruction *instruction, struct cpu_user_regs *regs) {
    uint32_t offset;

    if (__builtin_expect(instruction->operation == OPERATION_POP, 0)) {
        return perform_pop(target, instruction, regs);
    }
    offset = offset_in_page(target, instruction, regs);
    if (offset >= PAGE_SIZE || is_undefined(instruction, regs)) {
        return false;
    }
    perform(target, offset, instruction, regs);
    return true;
}

uint32_t emulate_write(struct shadow *shadow, const struct walk *walk, struct cpu_user_regs *regs) {
    struct target target = {.shadow = shadow, .table = walk->frame, .page = walk->linear & PAGE_MASK};
    const struct instruction *instruction;
    bool finished = true;
    uint32_t why;

    /* single-stepping owes a trap after the instruction: the processor does that better */
    if ((regs->cs & 3) == 3 || (regs->eflags & (FLAG_TF | FLAG_VM))) {
        return (regs->cs & 3) == 3 ? TRACE_FALLBACK_user_mode : TRACE_FALLBACK_stepped;
    }
    instruction = fetch_and_decode(shadow, regs, &why);
    if (instruction == NULL) {
        return why;
    }
    target.memory = shadow_port_map(walk->frame);
    if (__builtin_expect(instruction->operation == OPERATION_STOS || instruction->operation == OPERATION_MOVS, 0)) {
        why = emulate_string(&target, instruction, regs, &finished);
    } else {
        why = perform_single(&target, instruction, regs) ? TRACE_FALLBACK_none : TRACE_FALLBACK_operand;
    }
    shadow_port_unmap(target.memory);
    if (why == TRACE_FALLBACK_none) {
        note_written(shadow, walk->frame);                         /* W3 */
        note_used(shadow, walk->frame.n << PAGE_SHIFT | PTE_A);    /* A4 */
    }
    if (why == TRACE_FALLBACK_none && finished) {
        regs->eip += instruction->length;
        regs->eflags &= ~FLAG_RF;
    }
    return why;
}
