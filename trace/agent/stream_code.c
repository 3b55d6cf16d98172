/*
 * stream_code.c - what Bochs decoded, and where it keeps it; see stream.h.
 *
 * Rules: Bochs decodes into a pool, a sequence of instructions (here: a stretch) after the other, and begins anew at
 * its start when it is full. When a stretch arrives at an address from which it has decoded before, it copies the
 * rest from there and says nothing: what lies in the pool between two stretches is such a copy, and is copied here in
 * the same way, or, when that other stretch is not known any more, read from memory, which has not changed since. A
 * slot keeps its content until the pool begins anew.
 */
#include "trace/agent/stream.h"

#include <string.h>

#include "trace/agent/agent.h"
#include "trace/agent/bochs.h"

#define SLOTS (BOCHS_POOL_INSTRUCTIONS + 64u)
#define BEGINNINGS (1u << 18)
#define PAGES (1u << 12)
#define PAGE_BYTES 4096u
#define INSTRUCTION_BYTES_MAX 15u
#define NOWHERE 0xffffffffu
#define SEARCHED_BYTES 32u

static struct slot slots[SLOTS];
static uintptr_t pool; /* address of the first one */

/* The last stretch. */
static uintptr_t noted_end;    /* behind what is noted of it */
static const uint8_t *bytes_end; /* behind the bytes of that, in the host's memory */
static uint64_t decoded_time;  /* when it was decoded */
static uintptr_t beginnings[BEGINNINGS]; /* of stretches, by the low bits of the physical address */

/* Frames by the host's address of their page. */
static struct {
    uintptr_t host;
    uint32_t mfn;
} pages[PAGES];

static const uint32_t *eip;
static uint32_t segment_base;

void code_prepare(void) {
    /* the end of the function: mov disp32(%rax), %eax; ret */
    const uint8_t *code = (const uint8_t *)(uintptr_t)bochs.get_eip;

    for (uint32_t i = 0; i < SEARCHED_BYTES; i++) {
        if (code[i] == 0x8b && code[i + 1] == 0x80 && code[i + 6] == 0xc3)
            return;
    }
    agent_refuse("the agent does not recognize how this Bochs reads EIP");
}

static void find_eip(void) {
    const uint8_t *code = (const uint8_t *)(uintptr_t)bochs.get_eip;
    uint32_t offset;

    while (code[0] != 0x8b || code[1] != 0x80 || code[6] != 0xc3)
        code++;
    memcpy(&offset, code + 2, sizeof(offset));
    eip = (const uint32_t *)((const uint8_t *)bochs_processor() + offset);
}

void code_segment(void) {
    struct bochs_segment segment;

    bochs.get_segment(bochs_processor(), &segment, BOCHS_SEGMENT_CS);
    segment_base = segment.descriptor[0] >> 16 | (segment.descriptor[1] & 0xff) << 16 | (segment.descriptor[1] & 0xff000000);
}

uint32_t code_address(void) {
    return segment_base + *eip;
}

/* Physical address of the instruction that EIP names. */
static uint32_t fetched_from(void) {
    uint64_t physical, mask;

    code_segment();
    return bochs.translate(bochs_processor(), code_address(), &physical, &mask, false) ? (uint32_t)physical : NOWHERE;
}

static bool on_stack(const uint8_t *bytes) {
    uintptr_t here = (uintptr_t)__builtin_frame_address(0);

    return (uintptr_t)bytes >= here && (uintptr_t)bytes < here + PAGE_BYTES;
}

/* Of the bytes of an instruction that was just decoded; of the first of a stretch when `first`. */
static uint32_t physical_of(const uint8_t *bytes) {
    uintptr_t host = (uintptr_t)bytes / PAGE_BYTES;
    uint32_t i = (uint32_t)host % PAGES;

    if (on_stack(bytes))
        return fetched_from();
    if (pages[i].host != host) {
        uint32_t physical = fetched_from();

        if (physical == NOWHERE)
            return NOWHERE;
        pages[i].host = host;
        pages[i].mfn = physical / PAGE_BYTES;
    }
    return pages[i].mfn * PAGE_BYTES + (uint32_t)((uintptr_t)bytes % PAGE_BYTES);
}

static void note(struct slot *slot, uint32_t physical, const uint8_t *bytes, uint32_t length, bool is_32) {
    slot->physical = physical;
    slot->length = (uint8_t)length;
    slot->is_32 = is_32;
    memcpy(slot->bytes, bytes, length);
}

static struct slot *slot_at(uintptr_t instruction) {
    uintptr_t index = (instruction - pool) / BOCHS_INSTRUCTION_BYTES;

    if (index >= SLOTS)
        end_because(TRACE_OUTCOME_error, "Bochs decoded an instruction where the agent expects none");
    return &slots[index];
}

/* Note the copies up to this address: each is of the instruction that comes behind the one before it. */
static void note_copies(uintptr_t end) {
    for (const struct slot *from = slots; noted_end < end; noted_end += BOCHS_INSTRUCTION_BYTES) {
        struct slot *slot = slot_at(noted_end), *behind = slot - 1;
        uint32_t physical = behind->physical + behind->length;
        uint8_t length = loop_length(noted_end);

        from++;
        if (from->physical != physical && beginnings[physical % BEGINNINGS])
            from = slot_at(beginnings[physical % BEGINNINGS]);
        if (from->physical == physical && from->length == length)
            *slot = *from;
        else
            note(slot, physical, bytes_end, length, behind->is_32);
        bytes_end += length;
    }
}

/* Whether an instruction that Bochs has decoded is not the continuation of the ones before. */
static bool begins_stretch(uintptr_t instruction) {
    return instruction != noted_end || count_now() != decoded_time;
}

bool code_wraps(uintptr_t instruction) {
    return instruction < noted_end;
}

void code_opcode(uintptr_t instruction, const uint8_t *bytes, uint32_t length, bool is_32) {
    bool begins = begins_stretch(instruction);
    struct slot *slot;

    if (!pool) {
        pool = instruction;
        noted_end = instruction;
        find_eip();
    }
    if (code_wraps(instruction))
        symbols_forget_places();
    else if (begins)
        note_copies(instruction);
    slot = slot_at(instruction);
    note(slot, physical_of(bytes), bytes, length, is_32);
    bytes_end = bytes + length;
    if (begins && slot->physical != NOWHERE)
        beginnings[slot->physical % BEGINNINGS] = instruction;
    noted_end = instruction + BOCHS_INSTRUCTION_BYTES;
    decoded_time = count_now();
}

const struct slot *code_at(uintptr_t instruction) {
    note_copies(instruction + BOCHS_INSTRUCTION_BYTES);
    return slot_at(instruction);
}
