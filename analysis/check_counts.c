/*
 * check_counts.c - rules 13 and 14 of check.h: what the records count and say, the stream has.
 */
#include <inttypes.h>
#include <string.h>

#include "analysis/check.h"

#define DOUBLE_FAULT 8u /* the records of the two that made it come before it, and have no transfer of their own */

void check_counts_run(struct check *check, const struct stream_item *item) {
    check->counts.unsettled = 0;
    check->counts.ring[item->run.ring] += run_time(&item->run);
}

void check_counts_walk(struct check *check, const struct stream_item *item) {
    struct check_counts *counts = &check->counts;

    counts->walks++;
    if (item->walk.use != WALK_FOR_FETCH)
        return;
    counts->fetch_walks = counts->fetch_time == item->time ? counts->fetch_walks + 1 : 1;
    counts->fetch_time = item->time;
}

void check_counts_gap(struct check *check) {
    struct check_counts *counts = &check->counts;

    if (counts->unsettled) { /* the transfer may be missing here, too */
        check->offences[14] -= counts->unsettled;
        check->kept = counts->settled;
        counts->unsettled = 0;
    }
    counts->known = false;
}

/* Walks when the record was made: before the next instruction was fetched, but at the end maybe behind. */
static uint64_t walks_at(const struct check_counts *counts, uint64_t time, uint64_t wanted) {
    uint64_t before = counts->walks - (counts->fetch_time == time ? counts->fetch_walks : 0);

    return counts->known && before - counts->stream_walks != wanted ? counts->walks : before;
}

/* Rule 13. */
static void on_counters(struct check *check, const struct event *event) {
    struct check_counts *counts = &check->counts;
    const struct trace_record_hw_counters *record = (const void *)event->bytes;
    uint64_t now[STREAM_RINGS] = { record->ring0, record->ring1, record->ring2, record->ring3 };

    for (unsigned ring = 0; ring < STREAM_RINGS && counts->known; ring++) {
        uint64_t wanted = now[ring] - counts->record_ring[ring],
                 found = counts->ring[ring] - counts->stream_ring[ring];

        check_case(check, 13, wanted != found, event->time, check->flow.own,
                   "%" PRIu64 " instructions of ring %u since the last hw_counters record, which say %" PRIu64,
                   found, ring, wanted);
    }
    uint64_t wanted = record->walks - counts->record_walks, at = walks_at(counts, event->time, wanted);

    if (counts->known && counts->walks) /* without any they are not in the trace */
        check_case(check, 13, at - counts->stream_walks != wanted, event->time, check->flow.own,
                   "%" PRIu64 " page walks since the last hw_counters record, which say %" PRIu64,
                   at - counts->stream_walks, wanted);
    memcpy(counts->stream_ring, counts->ring, sizeof(counts->ring));
    memcpy(counts->record_ring, now, sizeof(now));
    counts->stream_walks = at;
    counts->record_walks = record->walks;
    counts->known = !check->in_gap;
}

/* Rule 14: a change of ring is that from the last instruction to where the last transfer led. */
static void on_ring(struct check *check, const struct event *event) {
    const struct trace_record_hw_ring *record = (const void *)event->bytes;
    const struct check_flow *flow = &check->flow;

    check_case(check, 14, !flow->transfers || record->from != flow->left_ring || record->to != flow->ring,
               event->time, record->eip, "hw_ring says from %" PRIu32 " to %" PRIu32 ", and no transfer does so",
               record->from, record->to);
}

/* Rule 14: one of the transfers behind the last instruction is of this kind, from this ring. */
static void on_transfer(struct check *check, const struct event *event, enum stream_transfer_kind kind,
                        uint32_t vector, uint32_t ring) {
    const struct check_flow *flow = &check->flow;
    bool found = false;

    for (unsigned i = 0; i < flow->transfers; i++)
        found |= flow->transfer[i].kind == kind && flow->transfer[i].vector == vector
                 && flow->transfer[i].from_ring == ring;
    check_case(check, 14, !found, event->time, flow->own,
               "%s says vector %" PRIu32 " from ring %" PRIu32 ", and no transfer does so", event->what->name,
               vector, ring);
}

void check_counts_event(struct check *check, const struct event *event) {
    const struct trace_record_hw_exception *exception = (const void *)event->bytes;
    const struct trace_record_hw_interrupt *interrupt = (const void *)event->bytes;

    if (event->header.id == TRACE_ID_hw_counters)
        on_counters(check, event);
    if (!check->flow.known)
        return;
    uint64_t before = check->offences[14];

    if (!check->counts.unsettled)
        check->counts.settled = check->kept;
    if (event->header.id == TRACE_ID_hw_ring)
        on_ring(check, event);
    else if (event->header.id == TRACE_ID_hw_exception && exception->vector != DOUBLE_FAULT)
        on_transfer(check, event, TRANSFER_EXCEPTION, exception->vector, exception->ring);
    else if (event->header.id == TRACE_ID_hw_interrupt)
        on_transfer(check, event, interrupt->software ? TRANSFER_SOFTWARE_INTERRUPT : TRANSFER_INTERRUPT,
                    interrupt->vector, interrupt->ring);
    check->counts.unsettled += check->offences[14] - before;
}
