/* emulate_fetch.c - the instruction that faulted. Rules and callers: emulate_fetch.h. */
#include "shadow/emulate_fetch.h"

#include <string.h>

#include "shadow/emulate_target.h"

/* From now on the page at linear is the one that instructions come from. False: it cannot be read. */
static bool take_code_page(struct shadow *shadow, uint32_t linear) {
    mfn_t frame;

    if (!walk_readable(shadow, linear, &frame)) {
        return false;
    }
    if (shadow->code != NULL) {
        shadow_port_unmap(shadow->code);
    }
    shadow->code = shadow_port_map(frame);
    shadow->code_page = linear;
    return true;
}

/* The instruction bytes at linear, as far as its page goes. Returns how many, 0 when they cannot be read. */
static uint32_t fetch(struct shadow *shadow, uint32_t linear, uint8_t *code) {
    uint32_t offset = linear % PAGE_SIZE, have = PAGE_SIZE - offset;

    have = have < INSTRUCTION_BYTES_MAX ? have : INSTRUCTION_BYTES_MAX;
    if (shadow->code_page != linear - offset && !take_code_page(shadow, linear - offset)) {
        return 0;
    }
    memcpy(code, shadow->code + offset, have);
    return have;
}

/*
 * Take the instruction at linear apart. Where it does not lie in one page, the other is read only if it is needed.
 * Returns the reason why not, TRACE_FALLBACK_none if it is done.
 */
static uint32_t decode_at(struct shadow *shadow, uint32_t linear, uint8_t *code, struct instruction *instruction) {
    uint32_t have = fetch(shadow, linear, code);
    enum decode result;

    if (have == 0) {
        return TRACE_FALLBACK_code;
    }
    result = decode(code, have, instruction);
    if (result == DECODE_SHORT && have < INSTRUCTION_BYTES_MAX &&
        walk_read(shadow, linear + have, code + have, INSTRUCTION_BYTES_MAX - have)) {
        result = decode(code, INSTRUCTION_BYTES_MAX, instruction);
    }
    return result == DECODE_DONE ? TRACE_FALLBACK_none : TRACE_FALLBACK_instruction;
}

__attribute__((noinline)) const struct instruction *fetch_and_decode(struct shadow *shadow,
                                                                     const struct cpu_user_regs *regs, uint32_t *why) {
    struct decoded *known = &shadow->decoded[regs->eip % DECODED];
    uint8_t code[INSTRUCTION_BYTES_MAX] = {0};
    struct shadow_segment segment;

    known->valid = false;
    *why = (regs->cs & 3) == 3 ? TRACE_FALLBACK_user_mode : TRACE_FALLBACK_code;
    if ((regs->cs & 3) == 3 || !emulated_segment(shadow, regs, SEGMENT_CS, &segment) || !segment.code32) {
        return NULL;
    }
    *why = decode_at(shadow, segment.base + regs->eip, code, &known->instruction);
    if (*why != TRACE_FALLBACK_none) {
        return NULL;
    }
    if (known->instruction.length <= sizeof(known->code)) {
        memcpy(known->code, code, sizeof(known->code));
        known->valid = true;
    }
    return &known->instruction;
}
