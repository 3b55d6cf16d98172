/*
 * domains.c - see domains.h.
 */
#include "analysis/domains.h"

#include <stdio.h>
#include <stdlib.h>

#include "analysis/text.h"

static void append(struct domains *domains, uint32_t domid, uint32_t life) {
    domains->list = grow(domains->list, domains->count + 1, sizeof(*domains->list));
    domains->list[domains->count++] = (struct domain){ .domid = domid, .life = life };
}

/* Index of a new domain with this number. */
static uint32_t add(struct domains *domains, uint32_t domid) {
    const uint32_t *former = map_get(&domains->latest, domid);
    uint32_t life = former ? domains->list[*former].life + 1 : 1;

    append(domains, domid, life);
    map_put(&domains->latest, domid, domains->count - 1);
    return domains->count - 1;
}

uint32_t domains_of(struct domains *domains, uint32_t domid) {
    if (domains->count == 0)
        append(domains, TRACE_NO_DOMAIN, 1);
    if (domid == TRACE_NO_DOMAIN)
        return NOBODY;
    const uint32_t *known = map_get(&domains->latest, domid);

    return known ? *known : add(domains, domid);
}

/* The domain that the record speaks of. */
static struct domain *speaker(struct domains *domains, const struct event *event) {
    uint32_t index = domains_of(domains, event->header.domid);

    return &domains->list[index];
}

/* A record that only a domain that is being built has. */
static struct domain *under_construction(struct domains *domains, uint32_t domid) {
    uint32_t index = domains_of(domains, domid);

    if (index != NOBODY && domains->list[index].ended)
        index = add(domains, domid);
    return &domains->list[index];
}

static void on_built(struct domains *domains, const struct event *event) {
    const struct trace_record_domain_built *from = (const void *)event->bytes;
    struct domain *domain = under_construction(domains, event->header.domid);

    domain->built = true;
    domain->mode = from->mode;
    domain->memory_frames = from->memory_frames;
    domain->translated = from->translated != 0;
}

static void on_ended(struct domain *domain, const struct event *event) {
    const struct trace_record_domain_ended *from = (const void *)event->bytes;

    domain->ended = true;
    domain->reason = from->reason;
    domain->outcome = from->outcome;
    take_text(domain->text, sizeof(domain->text), from->text, sizeof(from->text));
}

/* The counters tell where the running domain's part ends. */
static void on_counters(struct domains *domains, const struct event *event) {
    struct counts now = counts_of(event);

    domains_of(domains, TRACE_NO_DOMAIN); /* there is nobody */
    if (domains->started)
        counts_add(&domains->list[domains->running].counts, &domains->counted, &now);
    domains->counted = now;
    domains->started |= domains->start_due;
    domains->start_due = false;
    domains->running = domains->next;
}

static void on_hardware(struct domains *domains, const struct event *event) {
    const struct trace_record_hw_ring *ring = (const void *)event->bytes;
    const struct trace_record_hw_exception *exception = (const void *)event->bytes;
    const struct trace_record_hw_tlb_control *control = (const void *)event->bytes;
    struct domain *running = &domains->list[domains->running];

    switch (event->header.id) {
    case TRACE_ID_hw_ring:
        running->entries += ring->to == 0;
        running->crossings += ring->to < ring->from;
        break;
    case TRACE_ID_hw_exception:
        running->exceptions += exception->ring != 0;
        break;
    case TRACE_ID_hw_tlb_control:
        running->cr3_loads += control->means == TRACE_MEANS_mov_cr3;
        running->invlpg += control->means == TRACE_MEANS_invlpg;
        break;
    default:
        break;
    }
}

static void on_switch(struct domains *domains, const struct event *event) {
    const struct trace_record_sched_switch *from = (const void *)event->bytes;

    domains->next = domains_of(domains, from->next_domid);
    domains->list[domains->next].switches++;
}

static void on_domain_start(struct domains *domains, uint32_t domid) {
    domains->start_due = !domains->started;
    if (domains->running == NOBODY)
        domains->running = domains->next = domains_of(domains, domid);
}

static void on_start(struct domains *domains, const struct event *event) {
    const struct trace_record_hypervisor_start *from = (const void *)event->bytes;

    if (!from->classes) /* the trace does not say */
        return;
    domains->without_hypercalls = !(from->classes & TRACE_CLASS_hypercall);
    domains->without_upcalls = !(from->classes & TRACE_CLASS_fault);
}

static void count_call(struct domain *domain, uint32_t number) {
    if (number < HYPERCALLS)
        domain->calls[number]++;
}

void domains_event(struct domains *domains, const struct event *event) {
    switch (event->header.id) {
    case TRACE_ID_hypervisor_start:
        on_start(domains, event);
        break;
    case TRACE_ID_domain_frames:
        under_construction(domains, event->header.domid);
        break;
    case TRACE_ID_domain_built:
        on_built(domains, event);
        break;
    case TRACE_ID_domain_start:
        on_domain_start(domains, event->header.domid);
        break;
    case TRACE_ID_domain_ended:
        on_ended(speaker(domains, event), event);
        break;
    case TRACE_ID_sched_switch:
        on_switch(domains, event);
        break;
    case TRACE_ID_hw_counters:
        on_counters(domains, event);
        break;
    case TRACE_ID_pv_hypercall:
        speaker(domains, event)->hypercalls++;
        count_call(speaker(domains, event), ((const struct trace_record_pv_hypercall *)event->bytes)->number);
        break;
    case TRACE_ID_pv_hypercall_subcall:
        count_call(speaker(domains, event), ((const struct trace_record_pv_hypercall_subcall *)event->bytes)->number);
        break;
    case TRACE_ID_pv_event:
        speaker(domains, event)->upcalls++;
        break;
    default:
        if (domains->started)
            on_hardware(domains, event);
    }
}

const char *domain_title(const struct domains *domains, uint32_t index, char *text, size_t size) {
    const struct domain *domain = index < domains->count ? &domains->list[index] : NULL;

    if (index == NOBODY || !domain)
        snprintf(text, size, "hypervisor");
    else if (domain->life == 1)
        snprintf(text, size, "%u", domain->domid);
    else
        snprintf(text, size, "%u (life %u)", domain->domid, domain->life);
    return text;
}

void domains_free(struct domains *domains) {
    free(domains->list);
    map_free(&domains->latest);
    *domains = (struct domains){ 0 };
}
