/*
 * counts.c - see counts.h.
 */
#include "analysis/counts.h"

struct counts counts_of(const struct event *event) {
    const struct trace_record_hw_counters *from = (const void *)event->bytes;

    return (struct counts){
        .instructions = from->instructions,
        .ring0 = from->ring0,
        .ring1 = from->ring1,
        .ring2 = from->ring2,
        .ring3 = from->ring3,
        .walks = from->walks,
    };
}

struct counts counts_between(const struct counts *from, const struct counts *to) {
    return (struct counts){
        .instructions = to->instructions - from->instructions,
        .ring0 = to->ring0 - from->ring0,
        .ring1 = to->ring1 - from->ring1,
        .ring2 = to->ring2 - from->ring2,
        .ring3 = to->ring3 - from->ring3,
        .walks = to->walks - from->walks,
    };
}

void counts_add(struct counts *sum, const struct counts *from, const struct counts *to) {
    struct counts part = counts_between(from, to);

    sum->instructions += part.instructions;
    sum->ring0 += part.ring0;
    sum->ring1 += part.ring1;
    sum->ring2 += part.ring2;
    sum->ring3 += part.ring3;
    sum->walks += part.walks;
}
