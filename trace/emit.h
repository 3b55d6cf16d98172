/*
 * emit.h - how the hypervisor and the shadow engine write records.
 *
 * Purpose: trace_NAME(fields...) for every hypervisor record of trace/schema.toml, and the sink behind them.
 * Rules: an untraced event costs one predicted branch on trace_mask. Emitting never fails, never allocates and never waits; loss
 * is counted and is itself a record. Not reentrant: whoever emits runs with interrupts off on the one CPU that owns the state.
 * Callers: xen/, shadow/ and their tests. Compiles freestanding and hosted.
 */
#ifndef TRACE_EMIT_H
#define TRACE_EMIT_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/records.h"

#define TRACE_RING_RECORDS 256u /* a power of two */

enum trace_sink {
    TRACE_SINK_off,   /* nothing is recorded */
    TRACE_SINK_ring,  /* records stay in the ring until trace_take fetches them; the oldest are overwritten */
    TRACE_SINK_agent, /* each record is handed to the agent by one OUT; the ring keeps the last ones */
};

/* One record and its place in the ring: a header and the words of its fields. */
struct trace_slot {
    union {
        struct trace_header header;
        struct {
            uint32_t id_and_size, sequence, identity; /* the same in words, as records are made */
        };
    };
    uint32_t words[(TRACE_RECORD_BYTES_MAX - sizeof(struct trace_header)) / 4];
};

/* Bit n: records of class n are emitted (enum trace_class). 0 until trace_start. */
extern uint32_t trace_mask;

/*
 * Choose the sink and the classes.
 *   classes  bits of enum trace_class; TRACE_CLASS_always is added unless the sink is off
 * Sequence numbers go on from where they were. Records that the ring still holds stay readable.
 */
void trace_start(enum trace_sink sink, uint32_t classes);

/*
 * The domain and vcpu that the following records carry; TRACE_NO_DOMAIN and 0 at first and when no domain is current.
 */
void trace_set_identity(uint32_t domid, uint32_t vcpu);

/*
 * Call visit for the last records made, oldest first.
 *   most   how many at most, 0..TRACE_RING_RECORDS
 *   visit  gets the record and context; must not emit
 * Works in every state, also in the middle of a panic.
 */
void trace_last_records(uint32_t most, void (*visit)(const struct trace_header *record, void *context), void *context);

/*
 * Fetch the oldest record that nobody took, from the ring sink.
 *   to  receives it
 * Returns true, or false when there is none. When records were overwritten before they were taken, the first call after that
 * returns a lost_records record with their count and the first lost sequence number; it repeats the sequence number of the
 * newest record lost, so that numbers stay without a gap.
 */
bool trace_take(struct trace_slot *to);

/* For the generated emitters: a slot with a complete header, and its hand-over. Between the two nothing else may be emitted. */
struct trace_slot *trace_open_slot(uint32_t id_and_size);
static inline struct trace_slot *trace_open(enum trace_id id, uint32_t size) {
    return trace_open_slot((uint32_t)id | size << 16);
}
void trace_commit(struct trace_slot *slot);
/* Fill count words with text, cut off or padded with NUL; a null pointer is the empty text. */
void trace_text(uint32_t *words, uint32_t count, const char *text);

/*
 * What the platform gives (the hypervisor's CPU code, or a test):
 * the physical address of an object of the image, contiguous for the length of the ring, and a 32-bit OUT.
 */
uint32_t trace_platform_physical(const void *object);
void trace_platform_out(uint32_t port, uint32_t value);

#include "trace/emit_records.h"

#endif
