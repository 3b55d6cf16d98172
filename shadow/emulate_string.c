/*
 * emulate_string.c - STOS and MOVS, with and without REP. Rules and callers: emulate_string.h.
 * Source: Intel SDM volume 2, MOVS, STOS, REP.
 */
#include "shadow/emulate_string.h"

#include "shadow/alu.h"
#include "shadow/guest_entry.h"

#define FLAG_DF (1u << 10)

/*
 * A repeated string that rewrites this much of a table recycles it: clears a freed one, or fills a new one. Entry by
 * entry that costs hundreds of instructions each, and most of the work would be on entries that nobody uses any more.
 */
#define RECYCLING_BYTES (PAGE_SIZE / 4)

struct string {
    struct target *target;
    const struct instruction *instruction;
    struct shadow_segment source;   /* MOVS */
    struct shadow_segment es;
    uint32_t esi, edi, count;       /* as far as the address size lets them count */
    uint32_t mask;                  /* of the address size */
    uint32_t step;
};

/* Is all of an operand at offset within its segment? */
static bool within(const struct shadow_segment *segment, uint32_t offset, uint32_t size) {
    return offset <= segment->limit && size - 1 <= segment->limit - offset;
}

static bool crosses_page(uint32_t linear, uint32_t size) {
    return linear % PAGE_SIZE + size > PAGE_SIZE;
}

/* The value of one iteration. */
static bool source_value(struct string *string, const struct cpu_user_regs *regs, uint64_t *value) {
    uint32_t size = string->instruction->size, linear = string->source.base + string->esi;

    if (string->instruction->operation == OPERATION_STOS) {
        *value = regs->eax;
        return true;
    }
    *value = 0;
    return within(&string->source, string->esi, size) && !crosses_page(linear, size) &&
           walk_read(string->target->shadow, linear, value, size);
}

/* One iteration. False: it is not ours to do. */
static bool iterate(struct string *string, const struct cpu_user_regs *regs) {
    uint32_t size = string->instruction->size, linear = string->es.base + string->edi;
    uint64_t value;

    if (!within(&string->es, string->edi, size) || crosses_page(linear, size) ||
        (linear & PAGE_MASK) != string->target->page || !source_value(string, regs, &value)) {
        return false;
    }
    target_store(string->target, linear % PAGE_SIZE, value, size);
    string->edi = (string->edi + string->step) & string->mask;
    string->esi = (string->esi + string->step) & string->mask;
    string->count = (string->count - 1) & string->mask;
    return true;
}

uint32_t emulate_string(struct target *target, const struct instruction *instruction, struct cpu_user_regs *regs,
                        bool *finished) {
    uint32_t width = instruction->address16 ? 2 : 4;
    struct string string = {
        .target = target, .instruction = instruction, .mask = instruction->address16 ? 0xffff : 0xffffffff,
        .esi = register_read(regs, REGISTER_ESI, width), .edi = register_read(regs, REGISTER_EDI, width),
        .count = instruction->repeat ? register_read(regs, REGISTER_ECX, width) : 1,
        .step = regs->eflags & FLAG_DF ? -(uint32_t)instruction->size : instruction->size,
    };
    uint32_t done = 0;

    if (string.count >= RECYCLING_BYTES / instruction->size) {
        return TRACE_FALLBACK_recycling;
    }
    if (!emulated_segment(target->shadow, regs, SEGMENT_ES, &string.es) ||
        (instruction->operation == OPERATION_MOVS &&
         !emulated_segment(target->shadow, regs, instruction->segment, &string.source))) {
        return TRACE_FALLBACK_operand;
    }
    while (string.count != 0 && iterate(&string, regs)) {
        done++;
    }
    if (done == 0) {
        return TRACE_FALLBACK_operand;
    }
    register_write(regs, REGISTER_EDI, width, string.edi);
    if (instruction->operation == OPERATION_MOVS) {
        register_write(regs, REGISTER_ESI, width, string.esi);
    }
    if (instruction->repeat) {
        register_write(regs, REGISTER_ECX, width, string.count);
    }
    *finished = string.count == 0;
    return TRACE_FALLBACK_none;
}
