/*
 * check_returns.c - rule 8 of check.h: the hypervisor's iret goes to where the context was left.
 *
 * A context is the hypervisor itself, whose interruptions nest, or a vcpu of a domain, which is left from ring 1, 2
 * or 3. It goes on at the instruction that it was left at, or behind it: the hypervisor answered a hypercall or
 * carried the instruction out. Elsewhere it goes when
 *   - a record said that something is delivered to the guest, or that a hypercall was answered (some set the
 *     registers);
 *   - its domain has ended or been built since, or it was never left: it starts;
 *   - the hypervisor faulted itself: it may have a way on for that (its exception table).
 * A switch of vcpus needs no exception: places are kept by vcpu. On the bare machine ring 0 is a guest's kernel, which
 * switches processes without a record: there it is not checked.
 */
#include <inttypes.h>

#include "analysis/check.h"

static uint64_t key_of(uint32_t domid, uint32_t vcpu) {
    return (uint64_t)domid << 32 | vcpu;
}

static struct check_place *outer_place(struct check_returns *returns, uint64_t key) {
    const uint32_t *index = map_get(&returns->outer, key);

    if (index)
        return &returns->places[*index];
    map_put(&returns->outer, key, returns->count);
    returns->places = grow(returns->places, returns->count + 1, sizeof(*returns->places));
    returns->places[returns->count] = (struct check_place){ .anywhere = true };
    return &returns->places[returns->count++];
}

static bool is_at(const struct check_place *place, uint32_t address) {
    return place->anywhere || address == place->own || address == place->next;
}

/* What was interrupted goes on at the instruction that faulted or asked, or else at the one that was due. */
static struct check_place place_left(const struct check_flow *flow, const struct stream_transfer *transfer) {
    bool asked = transfer->kind == TRANSFER_SOFTWARE_INTERRUPT && !flow->transfers;

    return (struct check_place){
        .own = flow->faulted || asked ? flow->own : flow->target,
        .next = flow->next,
        .anywhere = !flow->known || (flow->anywhere && !flow->faulted),
    };
}

static void on_left(struct check *check, const struct stream_transfer *transfer) {
    struct check_returns *returns = &check->returns;
    struct check_place place = place_left(&check->flow, transfer);

    if (transfer->from_ring) {
        *outer_place(returns, key_of(check->context->domid, check->context->vcpu)) = place;
        returns->depth = 0;
    } else if (returns->depth < CHECK_NESTED) {
        place.anywhere |= transfer->kind == TRANSFER_EXCEPTION;
        returns->nested[returns->depth++] = place;
    }
}

static void on_return(struct check *check, const struct stream_item *item) {
    struct check_returns *returns = &check->returns;
    const struct stream_transfer *transfer = &item->transfer;
    const struct check_place *place;

    if (transfer->to_ring) {
        place = outer_place(returns, key_of(check->context->domid, check->context->vcpu));
        returns->depth = 0;
        if (!returns->with_records)
            return;
    } else {
        if (returns->depth == 0)
            return;
        place = &returns->nested[--returns->depth];
    }
    check_case(check, 8, !is_at(place, transfer->to), item->time, check->flow.own,
               "it returns to %#010" PRIx32 " in ring %" PRIu32 ", and the context was left at %#010" PRIx32,
               transfer->to, transfer->to_ring, place->own);
}

void check_returns_transfer(struct check *check, const struct stream_item *item) {
    const struct stream_transfer *transfer = &item->transfer;

    if (check->returns.native)
        return;
    if (transfer->kind == TRANSFER_IRET && transfer->from_ring == 0)
        on_return(check, item);
    else if (transfer->kind <= TRANSFER_SOFTWARE_INTERRUPT && transfer->to_ring == 0)
        on_left(check, transfer);
}

void check_returns_event(struct check *check, const struct event *event) {
    struct check_returns *returns = &check->returns;
    const struct trace_record_hypervisor_start *start = (const void *)event->bytes;
    const struct trace_record_domain_built *built = (const void *)event->bytes;
    uint32_t needed = TRACE_CLASS_fault | TRACE_CLASS_hypercall;

    switch (event->header.id) {
    case TRACE_ID_hypervisor_start:
        returns->with_records = (start->classes & needed) == needed;
        break;
    case TRACE_ID_domain_built:
        returns->native |= built->mode == TRACE_MODE_native;
        outer_place(returns, key_of(event->header.domid, event->header.vcpu))->anywhere = true;
        break;
    case TRACE_ID_domain_start:
    case TRACE_ID_domain_ended:
    case TRACE_ID_pv_hypercall:
    case TRACE_ID_pv_hypercall_subcall:
    case TRACE_ID_pv_trap:
    case TRACE_ID_pv_page_fault:
    case TRACE_ID_pv_event:
    case TRACE_ID_pv_emulate_privop:
    case TRACE_ID_pv_math_state_restore:
    case TRACE_ID_pv_failsafe:
        outer_place(returns, key_of(event->header.domid, event->header.vcpu))->anywhere = true;
        break;
    default:
        break;
    }
}

void check_returns_gap(struct check *check) {
    struct check_returns *returns = &check->returns;

    returns->depth = 0;
    for (uint32_t i = 0; i < returns->count; i++)
        returns->places[i].anywhere = true;
}
