/*
 * stream_instruction.h - as much of an IA-32 instruction as ends a piece of code.
 *
 * Callers: analysis/stream_dictionary.c. Source: Intel SDM volume 2, appendix A (opcode map).
 */
#ifndef ANALYSIS_STREAM_INSTRUCTION_H
#define ANALYSIS_STREAM_INSTRUCTION_H

#include <stdint.h>

enum instruction_end {
    GOES_ON,
    GOES_ELSEWHERE, /* it may: a branch, call, return, interrupt, HLT */
    REPEATS,        /* a string instruction with a repeat prefix */
};

/* What instruction the bytes are, of which there is at least one. */
enum instruction_end instruction_end(const uint8_t *bytes, uint32_t length);

#endif
