/*
 * check_flow.c - rules 1 to 7 of check.h: how instructions follow each other.
 */
#include <inttypes.h>
#include <string.h>

#include "analysis/check.h"

static const struct leave *leave_cached(struct check_flow *flow, const struct stream_code *code) {
    if (code->number >= flow->room) {
        uint32_t room = code->number + code->number / 2 + 64;

        flow->leaves = grow(flow->leaves, room, sizeof(*flow->leaves));
        flow->decoded = grow(flow->decoded, room, sizeof(*flow->decoded));
        memset(flow->decoded + flow->room, 0, room - flow->room);
        flow->room = room;
    }
    if (!flow->decoded[code->number]) {
        flow->leaves[code->number] = leave_of(code, code->instructions - 1u);
        flow->decoded[code->number] = true;
    }
    return &flow->leaves[code->number];
}

/* Rule 1. */
static void check_time(struct check *check, const struct stream_item *item) {
    uint64_t due = check->flow.time - (item->kind == STREAM_TRANSFER);

    check_case(check, 1, item->time != due, item->time, check->flow.next,
               "it comes when instruction %" PRIu64 " is due", due);
}

static bool is_near(const struct check_flow *flow, uint32_t begin, uint32_t expected) {
    return flow->leave.narrow ? (uint16_t)begin == (uint16_t)expected : begin == expected;
}

/* Rules 2 and 3: the run begins at address begin. */
static void check_address(struct check *check, const struct stream_item *item, uint32_t begin) {
    const struct check_flow *flow = &check->flow;
    bool is_branch = !flow->transfers
                     && (flow->leave.kind == LEAVE_CONDITIONAL || flow->leave.kind == LEAVE_DIRECT);

    if (flow->anywhere)
        return;
    if (is_branch)
        check_case(check, 3, begin != flow->next && !is_near(flow, begin, flow->target), item->time, begin,
                   "the branch at %#010" PRIx32 " leads to %#010" PRIx32 "%s", flow->own, flow->target,
                   flow->leave.kind == LEAVE_CONDITIONAL ? " or to the next instruction" : "");
    else
        check_case(check, 2, begin != flow->next && begin != flow->target, item->time, begin,
                   flow->transfers ? "the transfer before it led to %#010" PRIx32
                                   : "the instruction before it ends at %#010" PRIx32,
                   flow->next);
}

/* Rule 4. */
static void check_ring(struct check *check, const struct stream_item *item, uint32_t ring, uint32_t begin) {
    check_case(check, 4, ring != check->flow.ring, item->time, begin, "ring %" PRIu32 " instead of %" PRIu32, ring,
               check->flow.ring);
}

/* Rule 5: a run comes. */
static void check_fault(struct check *check, const struct stream_item *item, uint32_t begin) {
    check_case(check, 5, check->flow.faulted, item->time, begin,
               "the instruction at %#010" PRIx32 " did not complete, and no exception came", check->flow.own);
}

/* Rule 6: a run comes, and the instruction before it needs a transfer. */
static void check_passed(struct check *check, const struct stream_item *item) {
    const struct check_flow *flow = &check->flow;

    if (flow->leave.kind >= LEAVE_FAR)
        check_case(check, 6, !flow->transfers, item->time, flow->own, "no transfer came behind the instruction");
}

static bool makes(enum leave_kind instruction, enum stream_transfer_kind transfer) {
    switch (transfer) {
    case TRANSFER_SOFTWARE_INTERRUPT:
        return instruction == LEAVE_INTERRUPT || instruction == LEAVE_OVERFLOW;
    case TRANSFER_IRET:
        return instruction == LEAVE_IRET;
    case TRANSFER_FAR:
        return instruction == LEAVE_FAR;
    case TRANSFER_HLT:
        return instruction == LEAVE_HALT;
    default:
        return true;
    }
}

/* Rule 6: a transfer comes. */
static void check_kind(struct check *check, const struct stream_item *item) {
    const struct check_flow *flow = &check->flow;
    enum stream_transfer_kind kind = item->transfer.kind;
    bool is_own = kind != TRANSFER_EXCEPTION && kind != TRANSFER_INTERRUPT;

    if (is_own)
        check_case(check, 6, flow->transfers || flow->faulted || !makes(flow->leave.kind, kind), item->time,
                   flow->own, "the instruction before the transfer is none that makes it");
    else
        check_case(check, 6, flow->faulted && kind == TRANSFER_INTERRUPT, item->time, flow->own,
                   "an interrupt came in the middle of an instruction");
}

/* Rule 7. */
static void check_repeat(struct check *check, const struct stream_item *item, const struct leave *leave) {
    const struct stream_run *run = &item->run;

    if (run->passes != 1 || run->iterations)
        check_case(check, 7, !leave->repeats || run->passes == 0, item->time + run->count - 1, check->flow.own,
                   "%" PRIu32 " passes and %" PRIu64 " iterations of an instruction that does not repeat",
                   run->passes, run->iterations);
}

/* The run has been looked at: what may come behind it. */
static void advance(struct check_flow *flow, const struct stream_run *run, uint32_t begin) {
    const struct stream_code *code = run->code;
    unsigned end = run->first + run->count;
    bool is_last = end == code->instructions;

    flow->leave = is_last ? *leave_cached(flow, code) : (struct leave){ .kind = LEAVE_NOT };
    flow->next = is_last ? code->address + code->byte_count : begin;
    for (unsigned i = run->first; i < end && !is_last; i++)
        flow->next += code->lengths[i];
    flow->own = flow->next - code->lengths[end - 1];
    flow->anywhere = flow->leave.kind == LEAVE_INDIRECT;
    if (flow->leave.kind == LEAVE_DIRECT)
        flow->next = flow->target = flow->leave.target;
    else if (flow->leave.kind == LEAVE_CONDITIONAL)
        flow->target = flow->leave.target;
    else
        flow->target = flow->leave.repeats ? flow->own : flow->next;
    flow->faulted = run->faulted;
    flow->transfers = 0;
    flow->ring = flow->left_ring = run->ring;
    flow->known = true;
}

void check_flow_run(struct check *check, const struct stream_item *item) {
    struct check_flow *flow = &check->flow;
    const struct stream_run *run = &item->run;
    uint32_t begin = run->code->address + code_offset(run->code, run->first);

    if (flow->known) {
        check_time(check, item);
        check_fault(check, item, begin);
        check_passed(check, item);
        check_address(check, item, begin);
        check_ring(check, item, run->ring, begin);
    }
    advance(flow, run, begin);
    check_repeat(check, item, &flow->leave);
    flow->time = item->time + run_time(run);
}

void check_flow_transfer(struct check *check, const struct stream_item *item) {
    struct check_flow *flow = &check->flow;
    const struct stream_transfer *transfer = &item->transfer;

    if (flow->known) {
        check_time(check, item);
        check_kind(check, item);
        check_ring(check, item, transfer->from_ring, flow->own);
    } else {
        flow->time = item->time + 1;
        flow->left_ring = transfer->from_ring;
    }
    flow->known = true;
    flow->faulted = false;
    flow->anywhere = false;
    flow->next = flow->target = transfer->to;
    flow->ring = transfer->to_ring;
    if (flow->transfers < CHECK_TRANSFERS)
        flow->transfer[flow->transfers++] = *transfer;
}

void check_flow_gap(struct check *check) {
    check->flow.known = false;
}
