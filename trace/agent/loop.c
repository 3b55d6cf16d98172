/*
 * loop.c - where the emulator's main loop comes by; see agent.h.
 *
 * Bochs decodes instructions in stretches that lie one after another in its pool, and runs a stretch from its first to
 * its last instruction, or until a branch is taken, a fault is raised or something else happens. Then it handles what
 * has happened and looks for the next stretch. Both are functions, and both are replaced by ones that call them: so
 * nothing is done for each instruction, only for each stretch. Either may end in an exception instead of returning.
 *
 * Rules: where the loop keeps what is needed here is read from its code, and when that is not the code that is known
 * the run does not start. Stopping the loop is what Bochs does itself after a branch: the machine does not notice.
 * Source: the code of BX_CPU_C::cpu_loop in Debian's bochs-bin 2.7.
 */
#include <string.h>

#include "trace/agent/agent.h"
#include "trace/agent/bochs.h"

#define HOLE_BYTES_MAX 4u

/* Pieces of the loop's code, each with a hole for an offset; the processor's is in r14 or rcx, an instruction's in rbx. */
enum piece { COUNTED, LENGTH, ADVANCE, EVENTS, FOUND, PIECES };

static const struct {
    const char *what;
    uint8_t bytes[16];
    uint8_t length, hole, hole_bytes;
} pieces[PIECES] = {
    /* addq $1, COUNTED(%r14) */
    [COUNTED] = { "counts instructions", { 0x49, 0x83, 0x86, 0, 0, 0, 0, 0x01 }, 8, 3, 4 },
    /* movzbl LENGTH(%rbx), %eax; add %rax, EIP(%r14) */
    [LENGTH] = { "adds an instruction's length", { 0x0f, 0xb6, 0x43, 0, 0x49, 0x01, 0x86 }, 7, 3, 1 },
    /* add $BOCHS_INSTRUCTION_BYTES, %rbx */
    [ADVANCE] = { "goes to the next instruction", { 0x48, 0x83, 0xc3, BOCHS_INSTRUCTION_BYTES }, 4, 4, 0 },
    /* and $~BOCHS_STOP, %eax; mov %eax, EVENTS(%rcx) */
    [EVENTS] = { "takes back that it shall stop", { 0x25, 0xff, 0xff, 0xff, 0x7f, 0x89, 0x81, 0, 0, 0, 0 }, 11, 7, 4 },
    /* mov 0xc(%rax), %edx; mov FOUND(%rax), %rbx */
    [FOUND] = { "gets the next instructions", { 0x8b, 0x50, 0x0c, 0x48, 0x8b, 0x58, 0 }, 7, 6, 1 },
};

static uint32_t offsets[PIECES];

typedef const uint8_t *finding(void *cpu);
typedef bool handling(void *cpu);

static finding *find;     /* Bochs's own */
static handling *handle;
static uint32_t nowhere;
static uint32_t *events = &nowhere; /* what the processor is to look at before the next instruction */

static bool is_at(const uint8_t *code, enum piece piece) {
    for (uint32_t i = 0; i < pieces[piece].length; i++) {
        if (i - pieces[piece].hole >= pieces[piece].hole_bytes && code[i] != pieces[piece].bytes[i])
            return false;
    }
    return true;
}

/* What is in the hole of the piece, somewhere in the code. */
static uint32_t offset_in(const uint8_t *code, uint64_t bytes, enum piece piece) {
    uint32_t offset = 0;
    uint64_t at = 0;

    while (at + pieces[piece].length <= bytes && !is_at(code + at, piece))
        at++;
    if (at + pieces[piece].length > bytes)
        agent_refuse("the agent does not recognize how this Bochs %s (it works with bochs-bin of Debian 12, Bochs 2.7)",
                     pieces[piece].what);
    memcpy(&offset, code + at + pieces[piece].hole, pieces[piece].hole_bytes);
    return offset;
}

/* The processor exists now. */
static __attribute__((cold, noinline)) void meet(uint8_t *cpu) {
    events = (uint32_t *)(cpu + offsets[EVENTS]);
    count_watch((const uint64_t *)(cpu + offsets[COUNTED]));
}

/* In the place of what looks for the next instructions. */
static const uint8_t *find_next(void *cpu) {
    const uint8_t *found;
    uintptr_t instruction;

    if (__builtin_expect(events == &nowhere, 0))
        meet(cpu);
    count_between();
    found = find(cpu);
    memcpy(&instruction, found + offsets[FOUND], sizeof(instruction));
    count_begin_run(instruction);
    return found;
}

/* In the place of what handles interrupts and the like. */
static bool handle_events(void *cpu) {
    bool leave;

    count_between();
    leave = handle(cpu);
    count_returned();
    return leave;
}

void loop_prepare(void) {
    uint64_t bytes;
    const uint8_t *code = hooks_code(BOCHS_LOOP, &bytes);

    for (uint32_t i = 0; i < PIECES; i++)
        offsets[i] = offset_in(code, bytes, i);
    find = (finding *)hooks_detour(BOCHS_FIND, find_next);
    handle = (handling *)hooks_detour(BOCHS_HANDLE, handle_events);
}

void loop_stop(void) {
    *events |= BOCHS_STOP;
}

uint8_t loop_length(uintptr_t instruction) {
    return ((const uint8_t *)instruction)[offsets[LENGTH]];
}
