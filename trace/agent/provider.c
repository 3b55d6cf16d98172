/*
 * provider.c - the LTTng-UST tracepoints, behind the function table of agent.h.
 *
 * Rules: a library of its own, so that a run without events needs nothing of LTTng. Each function fires one tracepoint; blocking
 * until the consumer has made room is LTTng's business (LTTNG_UST_ALLOW_BLOCKING).
 * Callers: main.c, through PROVIDER_SYMBOL.
 */
#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "trace/tracepoints.h"
#include "trace/stream_tracepoint.h"

#include "trace/agent/agent.h"
#include "trace/deliver_records.h"

static volatile uint32_t begun, over;

#define FIRE(...)                          \
    do {                                   \
        begun++;                           \
        lttng_ust_tracepoint(__VA_ARGS__); \
        over++;                            \
    } while (0)

static bool wanted(void) {
    return lttng_ust_tracepoint_enabled(penumbra, hypervisor_start) && lttng_ust_tracepoint_enabled(penumbra, hw_end);
}

static void record(const struct trace_header *taken) {
    begun++;
    deliver_record(taken);
    over++;
}

static void tlb_control(uint32_t means, uint32_t value, uint32_t eip, uint64_t walks) {
    FIRE(penumbra, hw_tlb_control, means, value, eip, walks);
}

static void exception(uint32_t vector, uint32_t error_code, uint32_t eip, uint32_t ring) {
    FIRE(penumbra, hw_exception, vector, error_code, eip, ring);
}

static void interrupt(uint32_t vector, uint32_t software, uint32_t eip, uint32_t ring) {
    FIRE(penumbra, hw_interrupt, vector, software, eip, ring);
}

static void ring_change(uint32_t from, uint32_t to, uint32_t why, uint32_t eip) {
    FIRE(penumbra, hw_ring, from, to, why, eip);
}

static void counters(const struct totals *totals, uint64_t oracle_checked) {
    FIRE(penumbra, hw_counters, totals->instructions, totals->ring[0], totals->ring[1], totals->ring[2],
                         totals->ring[3], totals->walks, oracle_checked);
}

static void violation(uint32_t rule, uint32_t mfn, uint32_t address, uint32_t eip) {
    FIRE(penumbra, hw_violation, rule, mfn, address, eip);
}

static void end(uint32_t outcome, uint64_t records, uint64_t lost) {
    FIRE(penumbra, hw_end, outcome, records, lost);
}

static bool stream_wanted(void) {
    return lttng_ust_tracepoint_enabled(penumbra_stream, packet);
}

static void stream(const uint8_t *packet, uint32_t bytes) {
    FIRE(penumbra_stream, packet, packet, bytes);
}

extern const struct provider penumbra_provider __attribute__((visibility("default")));
const struct provider penumbra_provider = {
    .wanted = wanted,
    .record = record,
    .tlb_control = tlb_control,
    .exception = exception,
    .interrupt = interrupt,
    .ring = ring_change,
    .counters = counters,
    .violation = violation,
    .end = end,
    .stream_wanted = stream_wanted,
    .stream = stream,
    .begun = &begun,
    .over = &over,
};
