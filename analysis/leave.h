/*
 * leave.h - where the processor may go behind an instruction, and what else its bytes say to those who check a stream.
 *
 * Callers: analysis/blocks.c, check_flow.c, replay.c. Source: Intel SDM volume 2; Zydis decodes the bytes.
 */
#ifndef ANALYSIS_LEAVE_H
#define ANALYSIS_LEAVE_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/stream.h"

enum leave_kind {
    LEAVE_NOT,         /* the instruction behind it */
    LEAVE_CONDITIONAL, /* that one, or target */
    LEAVE_DIRECT,      /* target */
    LEAVE_INDIRECT,    /* anywhere in the segment: near jump and call through a register or memory, near return */
    LEAVE_OVERFLOW,    /* the instruction behind it, or as LEAVE_INTERRUPT: INTO */
    LEAVE_FAR,         /* where a transfer says: far jump, call and return, */
    LEAVE_IRET,
    LEAVE_INTERRUPT,   /* INT n, INT3, INT1, */
    LEAVE_HALT,
    LEAVE_NEVER,       /* the bytes are no instruction: it faults */
};

/* Which of its accesses go to the stack: by push and pop, or, as Bochs does them, by 32-bit moves through SS. */
enum leave_stack { STACK_NONE, STACK_WRITES, STACK_READS, STACK_MOVES };

struct leave {
    enum leave_kind kind;
    uint32_t target;          /* linear */
    enum leave_stack stack;
    bool narrow;              /* operands of 16 bits: target is right modulo 64 KiB */
    bool repeats;             /* REP, REPE or REPNE with a string instruction */
    bool loads_stack_segment; /* MOV, POP or LSS to SS */
    bool loads_segment;       /* the same to DS, ES, FS or GS */
    bool controls_tlb;        /* MOV to a control register, INVLPG */
    int8_t loads_debug;       /* the debug register that MOV loads; -1: none */
};

/* Of instruction number index of code. */
struct leave leave_of(const struct stream_code *code, unsigned index);

/* Bytes from the code's beginning to instruction number index. */
static inline uint32_t code_offset(const struct stream_code *code, unsigned index) {
    uint32_t offset = 0;

    if (index == code->instructions)
        return code->byte_count;
    for (unsigned i = 0; i < index; i++)
        offset += code->lengths[i];
    return offset;
}

/* What a run takes of the clock. */
static inline uint64_t run_time(const struct stream_run *run) {
    return run->count - 1ull + run->passes;
}

#endif
