/*
 * emulate_fetch.h - the instruction that faulted: its bytes, and what they mean.
 *
 * Kernels have few places that write page tables, so most instructions were seen before. The same bytes are the same
 * instruction: they are read and compared each time, since a guest may change its code whenever it likes. Where they
 * are read is remembered as a TLB would (shadow->code_page).
 * Callers: emulate.c.
 */
#ifndef SHADOW_EMULATE_FETCH_H
#define SHADOW_EMULATE_FETCH_H

#include "shadow/decode.h"
#include "shadow/types.h"

/* Instruction bytes as whole words, at any address. */
struct __attribute__((packed)) code_words {
    uint32_t words[CODE_WORDS];
};

static inline bool has_bytes(const struct decoded *known, const struct code_words *code) {
    return code->words[0] == known->code[0] && code->words[1] == known->code[1] && code->words[2] == known->code[2];
}

/*
 * The instruction at regs' eip in the kernel's flat segment, if it is one that was decoded before and its page is the
 * one that was read last. NULL: it is not; ask fetch_and_decode.
 */
static inline const struct instruction *known_instruction(const struct shadow *shadow,
                                                          const struct cpu_user_regs *regs) {
    const struct decoded *known = &shadow->decoded[regs->eip % DECODED];
    uint32_t offset = regs->eip % PAGE_SIZE;

    if (regs->cs == FLAT_RING1_CS && regs->eip - offset == shadow->code_page &&
        offset <= PAGE_SIZE - sizeof(struct code_words) && known->valid &&
        has_bytes(known, (const struct code_words *)(shadow->code + offset))) {
        return &known->instruction;
    }
    return NULL;
}

/*
 * The instruction at regs' eip, valid until the next one is asked for. NULL: its bytes cannot be read, it is not one of
 * ours (decode.h), or it is not that of a kernel in 32-bit code; *why, of enum trace_fallback, says which.
 */
const struct instruction *fetch_and_decode(struct shadow *shadow, const struct cpu_user_regs *regs, uint32_t *why);

#endif
