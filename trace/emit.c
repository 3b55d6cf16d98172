/*
 * emit.c - the ring of records and its two sinks; see emit.h.
 *
 * Rules: a record with sequence number n lives in slot n modulo the ring's length until n + length is made.
 */
#include "trace/emit.h"

#include <stddef.h>

_Static_assert(sizeof(struct trace_slot) == TRACE_RECORD_BYTES_MAX, "a slot holds the largest record and no more");
_Static_assert((TRACE_RING_RECORDS & (TRACE_RING_RECORDS - 1)) == 0, "slots are found by masking");

/* What belongs to one CPU's stream of records. */
struct trace_stream {
    enum trace_sink sink;
    uint32_t next;  /* sequence number of the next record */
    uint32_t taken; /* ring sink: sequence number of the oldest record nobody took */
    uint32_t identity; /* domid, and above it the vcpu, as they lie in a header */
    uint32_t to_physical; /* agent sink: from the address of a slot to its physical address */
    struct trace_slot ring[TRACE_RING_RECORDS] __attribute__((aligned(64)));
};

uint32_t trace_mask;

static struct trace_stream boot_stream = { .identity = TRACE_NO_DOMAIN };

/* The one way to a CPU's stream. */
static inline struct trace_stream *stream(void) {
    return &boot_stream;
}

static struct trace_slot *slot_of(struct trace_stream *s, uint32_t sequence) {
    return &s->ring[sequence & (TRACE_RING_RECORDS - 1)];
}

void trace_start(enum trace_sink sink, uint32_t classes) {
    struct trace_stream *s = stream();

    s->sink = sink;
    s->taken = s->next;
    s->to_physical = trace_platform_physical(s->ring) - (uint32_t)(uintptr_t)s->ring;
    trace_mask = sink == TRACE_SINK_off ? 0 : classes | TRACE_CLASS_always;
}

void trace_set_identity(uint32_t domid, uint32_t vcpu) {
    stream()->identity = (domid & 0xffff) | vcpu << 16;
}

/* Out of line, both: with tracing off the paths that would emit a record should not be compiled around one. */
__attribute__((noinline)) struct trace_slot *trace_open_slot(uint32_t id_and_size) {
    struct trace_stream *s = stream();
    struct trace_slot *slot = slot_of(s, s->next);

    slot->id_and_size = id_and_size;
    slot->sequence = s->next;
    slot->identity = s->identity;
    return slot;
}

__attribute__((noinline)) void trace_commit(struct trace_slot *slot) {
    struct trace_stream *s = stream();

    s->next++;
    if (s->sink == TRACE_SINK_agent)
        trace_platform_out(TRACE_PORT_TRACE, (uint32_t)(uintptr_t)slot + s->to_physical);
}

void trace_text(uint32_t *words, uint32_t count, const char *text) {
    char *to = (char *)words;

    for (uint32_t i = 0; i < 4 * count; i++) {
        to[i] = text ? *text : 0;
        if (to[i])
            text++;
        else
            text = NULL;
    }
}

void trace_last_records(uint32_t most, void (*visit)(const struct trace_header *record, void *context), void *context) {
    struct trace_stream *s = stream();
    uint32_t held = s->next < TRACE_RING_RECORDS ? s->next : TRACE_RING_RECORDS;
    uint32_t count = most < held ? most : held;

    for (uint32_t sequence = s->next - count; sequence != s->next; sequence++) {
        const struct trace_slot *slot = slot_of(s, sequence);

        /* after 2^32 records, or in a slot that was being filled, the number tells */
        if (slot->header.sequence == sequence)
            visit(&slot->header, context);
    }
}

/* A lost_records record in place of the count records from sequence number first on. */
static void describe_loss(const struct trace_stream *s, struct trace_slot *to, uint32_t first, uint32_t count) {
    to->header.id = TRACE_ID_lost_records;
    to->header.size = sizeof(struct trace_record_lost_records);
    to->header.sequence = first + count - 1;
    to->identity = s->identity;
    to->words[0] = count;
    to->words[1] = first;
}

bool trace_take(struct trace_slot *to) {
    struct trace_stream *s = stream();
    uint32_t waiting = s->next - s->taken;

    if (waiting == 0)
        return false;
    if (waiting > TRACE_RING_RECORDS) {
        uint32_t lost = waiting - TRACE_RING_RECORDS;

        describe_loss(s, to, s->taken, lost);
        s->taken += lost;
        return true;
    }
    *to = *slot_of(s, s->taken);
    s->taken++;
    return true;
}
