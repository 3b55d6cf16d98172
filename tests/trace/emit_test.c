/*
 * emit_test.c - the ring of records and its sinks, hosted; see trace/emit.h.
 *
 * Rules: prints nothing and returns 0 when all holds; otherwise says which line did not.
 * Callers: tests/test_trace_emit.py, which compiles it with sanitizers.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "trace/emit.h"

#define CHECK(condition)                                                          \
    do {                                                                          \
        if (!(condition)) {                                                       \
            fprintf(stderr, "line %d: %s does not hold\n", __LINE__, #condition); \
            exit(1);                                                              \
        }                                                                         \
    } while (0)

static uint32_t outs, last_port, last_value;

uint32_t trace_platform_physical(const void *object) {
    return (uint32_t)(uintptr_t)object;
}

void trace_platform_out(uint32_t port, uint32_t value) {
    outs++;
    last_port = port;
    last_value = value;
}

struct visited {
    uint32_t count, first, last;
};

static void visit(const struct trace_header *record, void *context) {
    struct visited *visited = context;

    if (visited->count++ == 0)
        visited->first = record->sequence;
    CHECK(visited->count == 1 || record->sequence == visited->last + 1);
    visited->last = record->sequence;
}

static struct visited last_records(uint32_t most) {
    struct visited visited = { 0 };

    trace_last_records(most, visit, &visited);
    return visited;
}

static void nothing_before_start(void) {
    struct trace_slot slot;

    trace_marker(TRACE_MARKER_note, 1, 2, 3, "x");
    CHECK(last_records(10).count == 0);
    CHECK(!trace_take(&slot));
    CHECK(outs == 0);
}

static void ring_keeps_and_loses(void) {
    struct trace_slot slot;
    uint32_t lost = 7;

    trace_start(TRACE_SINK_ring, TRACE_CLASS_marker);
    trace_pv_hypercall(1, 2, 3, -4, 5); /* a class that is off */
    CHECK(!trace_take(&slot));
    trace_marker(TRACE_MARKER_phase, 0xa, 0xb, 0xc, "exactly 16 chars and more");
    CHECK(last_records(10).count == 1);
    CHECK(trace_take(&slot));
    CHECK(slot.header.id == TRACE_ID_marker && slot.header.size == sizeof(struct trace_record_marker));
    CHECK(slot.header.domid == TRACE_NO_DOMAIN && slot.header.vcpu == 0 && slot.header.sequence == 0);
    CHECK(slot.words[1] == 0xa && slot.words[3] == 0xc && memcmp(&slot.words[4], "exactly 16 chars", 16) == 0);
    trace_set_identity(3, 1);
    for (uint32_t i = 0; i < TRACE_RING_RECORDS + lost; i++)
        trace_marker(TRACE_MARKER_note, i, 0, 0, NULL);
    CHECK(trace_take(&slot));
    CHECK(slot.header.id == TRACE_ID_lost_records && slot.words[0] == lost && slot.words[1] == 1);
    CHECK(slot.header.sequence == lost);
    for (uint32_t i = 0; i < TRACE_RING_RECORDS; i++) {
        CHECK(trace_take(&slot));
        CHECK(slot.header.sequence == 1 + lost + i && slot.words[1] == lost + i);
        CHECK(slot.header.domid == 3 && slot.header.vcpu == 1 && slot.words[4] == 0);
    }
    CHECK(!trace_take(&slot));
    CHECK(outs == 0);
}

static void last_records_come_in_order(void) {
    uint32_t made = TRACE_RING_RECORDS + 8;

    CHECK(last_records(0).count == 0);
    CHECK(last_records(3).count == 3 && last_records(3).last == made - 1);
    CHECK(last_records(100000).count == TRACE_RING_RECORDS);
    CHECK(last_records(100000).first == made - TRACE_RING_RECORDS);
    trace_open(TRACE_ID_marker, 4); /* a panic in the middle of a record: it is no record yet */
    CHECK(last_records(100000).last == made - 1);
}

static void agent_gets_each(void) {
    trace_start(TRACE_SINK_agent, 0);
    trace_marker(TRACE_MARKER_note, 0, 0, 0, "");
    CHECK(outs == 0);
    trace_panic(13, 0x1234, "always is always on");
    CHECK(outs == 1 && last_port == TRACE_PORT_TRACE && last_value % 64 == 0);
    trace_start(TRACE_SINK_off, ~0u);
    trace_panic(13, 0x1234, "off is off");
    CHECK(outs == 1 && trace_mask == 0);
}

static void names_are_found(void) {
    for (uint32_t i = 0; i < trace_description_count; i++) {
        const struct trace_description *d = &trace_descriptions[i];

        CHECK(trace_describe(d->id) == d);
        CHECK(d->is_hardware || d->size <= TRACE_RECORD_BYTES_MAX);
        for (uint32_t f = 0; f < d->field_count; f++)
            CHECK(d->fields[f].offset + d->fields[f].bytes <= d->size);
    }
    CHECK(trace_describe(0) == NULL && trace_describe(0xffff) == NULL);
    CHECK(strcmp(trace_value_name(&trace_enumeration_means, TRACE_MEANS_invlpg), "invlpg") == 0);
    CHECK(trace_value_name(&trace_enumeration_means, 99) == NULL);
}

int main(void) {
    nothing_before_start();
    ring_keeps_and_loses();
    last_records_come_in_order();
    agent_gets_each();
    names_are_found();
    return 0;
}
