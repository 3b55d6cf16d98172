/*
 * follow.c - see follow.h. The reader of records hands them out, and before each of them the stream catches up.
 */
#include "analysis/follow.h"

#include <stdio.h>
#include <string.h>

static void hand_out(struct follow *follow, const struct stream_item *item) {
    if (item->kind == STREAM_RUN)
        follow->context.ring = item->run.ring;
    else if (item->kind == STREAM_TRANSFER)
        follow->context.ring = item->transfer.from_ring;
    else if (item->kind == STREAM_GAP)
        missing_gap(&follow->missing, item);
    if (follow->item && !follow->enough)
        follow->item(follow->state, &follow->context, item);
    if (item->kind == STREAM_TRANSFER)
        follow->context.ring = item->transfer.to_ring;
}

/* Of the run that is left, the instructions up to and with the one at time. */
static void hand_out_run(struct follow *follow, uint64_t time) {
    struct stream_item part = follow->left, *left = &follow->left;

    if (left->kind != STREAM_RUN || left->time > time)
        return;
    if (time - left->time >= left->run.count - 1u) {
        left->kind = STREAM_END;
    } else {
        part.run.count = (uint16_t)(time - left->time + 1);
        part.run.passes = 1;
        part.run.iterations = 0;
        part.run.faulted = false;
        left->time += part.run.count;
        left->run.first = (uint16_t)(left->run.first + part.run.count);
        left->run.count = (uint16_t)(left->run.count - part.run.count);
    }
    hand_out(follow, &part);
}

/* All that the stream has up to and with the instruction at time. */
static void catch_up(struct follow *follow, uint64_t time) {
    while (!follow->enough) {
        const struct stream_item *next = follow->next;
        bool inside = (next->kind == STREAM_WALK || next->kind == STREAM_ACCESS) && next->time <= time;

        hand_out_run(follow, inside ? next->time : time);
        if (follow->controls_tlb && next->kind != STREAM_RUN && next->time == time)
            return;
        if (next->kind == STREAM_END || next->time > time || (follow->left.kind == STREAM_RUN && !inside))
            return;
        if (next->kind == STREAM_RUN)
            follow->left = *next;
        else
            hand_out(follow, next);
        follow->next = stream_next(follow->stream);
    }
}

static void set_domain(struct follow *follow, uint32_t domid, uint32_t vcpu) {
    follow->context.domid = domid;
    follow->context.vcpu = domid == TRACE_NO_DOMAIN ? 0 : vcpu;
    follow->context.domain = domains_of(&follow->domains, domid);
}

static void change_context(struct follow *follow, const struct event *event) {
    const struct trace_record_hypervisor_start *start = (const void *)event->bytes;
    const struct trace_record_sched_switch *to = (const void *)event->bytes;
    const struct trace_record_hw_tlb_control *control = (const void *)event->bytes;

    switch (event->header.id) {
    case TRACE_ID_hypervisor_start:
        follow->context.cr3 = start->cr3;
        break;
    case TRACE_ID_domain_start:
        if (!follow->switched && follow->context.domid == TRACE_NO_DOMAIN)
            set_domain(follow, event->header.domid, event->header.vcpu);
        break;
    case TRACE_ID_sched_switch:
        follow->switched = true;
        set_domain(follow, to->next_domid, to->next_vcpu);
        break;
    case TRACE_ID_hw_tlb_control:
        if (control->means == TRACE_MEANS_mov_cr3 || control->means == TRACE_MEANS_task_switch)
            follow->context.cr3 = control->value;
        return;
    case TRACE_ID_base_pointer:
    case TRACE_ID_flush:
    case TRACE_ID_marker:
        break;
    default:
        return;
    }
    follow->context.process = processes_current(&follow->processes, follow->context.domid, follow->context.vcpu);
}

static void on_event(void *state, const struct event *event) {
    struct follow *follow = state;

    follow->controls_tlb = event->header.id == TRACE_ID_hw_tlb_control;
    if (event->time >= follow->from)
        catch_up(follow, event->time);
    follow->report.stopped = follow->enough;
    if (follow->enough)
        return;
    domains_event(&follow->domains, event);
    processes_event(&follow->processes, event);
    change_context(follow, event);
    if (event->time >= follow->from && follow->event)
        follow->event(follow->state, &follow->context, event);
}

enum reader_status follow_trace(struct follow *follow, const char *path, uint64_t from, uint64_t until) {
    follow->stream = stream_open(path, from, until, follow->trouble, sizeof(follow->trouble));
    if (!follow->stream)
        return STATUS_NOTHING;
    follow->opened = true;
    follow->from = from;
    follow->processes.domains = &follow->domains;
    set_domain(follow, TRACE_NO_DOMAIN, 0);
    follow->left.kind = STREAM_END;
    follow->next = stream_next(follow->stream);
    enum reader_status status = read_trace_until(path, until, on_event, follow, &follow->report);

    follow->controls_tlb = false;
    catch_up(follow, UINT64_MAX);
    follow->totals = stream_totals(follow->stream);
    snprintf(follow->trouble, sizeof(follow->trouble), "%s", stream_damage(follow->stream));
    stream_close(follow->stream);
    return status != STATUS_FINE || follow->totals.missing || follow->trouble[0] ? STATUS_INCOMPLETE : STATUS_FINE;
}

void follow_print_report(const char *path, const struct follow *follow) {
    if (!follow->opened) {
        fprintf(stderr, "error: trace %s cannot be used: %s\n", path, follow->trouble);
        return;
    }
    if (follow->report.events || follow->report.stopped)
        print_report(path, &follow->report);
    else
        fprintf(stderr, "warning: trace %s: its records cannot be read: %s\n", path, follow->report.error);
    if (!follow->totals.instructions && !follow->missing.count)
        fprintf(stderr, "warning: trace %s: no instruction was recorded there, as its TRACE_WINDOW or FLIGHT said\n", path);
    missing_print(&follow->missing, path, follow->trouble);
}

void follow_free(struct follow *follow) {
    missing_free(&follow->missing);
    processes_free(&follow->processes);
    domains_free(&follow->domains);
}
