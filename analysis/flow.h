/*
 * flow.h - where the instruction at the end of a piece of code may go.
 *
 * Callers: analysis/blocks.c. Source: Intel SDM volume 2, appendix A.
 */
#ifndef ANALYSIS_FLOW_H
#define ANALYSIS_FLOW_H

#include <stdint.h>

enum flow {
    FLOW_NEXT,            /* to the next one: no branch */
    FLOW_JUMP,            /* to the target or, when it has a condition, the next one */
    FLOW_JUMP_INDIRECT,
    FLOW_CALL,
    FLOW_CALL_INDIRECT,
    FLOW_RETURN,          /* a near one; a far one shows as a transfer in the stream */
};

/*
 * What the instruction at bytes (length of them, 1 or more), linear address `address`, code of 16 or 32 bits, does to the
 * flow. *target: where a direct jump or call goes.
 */
enum flow flow_of(const uint8_t *bytes, uint32_t length, uint32_t bits, uint32_t address, uint32_t *target);

#endif
