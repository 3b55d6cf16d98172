/*
 * decoder_oracle.h - the engine's instruction decoder against Debian's disassembler library Zydis.
 *
 * What the engine's decoder accepts must be, for Zydis too, an instruction of that length that writes memory: the same
 * operation, operand size, segment, address, register and immediate. With fewer bytes than the instruction has it must
 * ask for more, and bytes behind it must not matter. What Zydis does not know, the engine's decoder must not accept.
 * Callers: decode_fuzzer.c, decode_forms.c.
 */
#ifndef FUZZ_DECODER_ORACLE_H
#define FUZZ_DECODER_ORACLE_H

#include <stdbool.h>
#include <stdint.h>

/* What was seen of one byte string. */
struct decoder_view {
    bool accepted;         /* by the engine's decoder */
    bool stores;           /* it writes memory and exists on the processors that the machine may be (P6, SSE, SSE2) */
    const char *mnemonic;  /* Zydis's, static; NULL: no instruction */
};

/* Compare the two on have (1-15) bytes at code. NULL: they agree; else what differs, static. *view is filled anyway. */
const char *decoder_compare(const uint8_t *code, uint32_t have, struct decoder_view *view);

#endif
