/*
 * mode_hop.c - see mode_hop.h.
 */
#include "xen/domain/mode_hop.h"

#include "trace/emit.h"
#include "xen/boot/options.h"
#include "xen/cpu/timer.h"
#include "xen/domain/domain.h"
#include "xen/domain/mode.h"
#include "xen/domain/schedule.h"
#include "xen/domain/switch.h"

#define NS_PER_MS 1000000u

static void start(struct domain *domain) {
    timer_start(&domain->hop, system_time_ns() + (uint64_t)domain->config->hop_ms * NS_PER_MS);
}

static void due(struct timer *timer, uint64_t now) {
    struct domain *domain = timer->owner;

    (void)now;
    domain->hop_due = true;
    cpu_add_work(WORK_HOP);
}

void mode_hop_start(struct domain *domain) {
    if (domain->config && domain->config->hop_ms != 0 && domain->config->hop_modes != 0) {
        timer_make(&domain->hop, due, domain);
        start(domain);
    }
}

void mode_hop_stop(struct domain *domain) {
    timer_stop(&domain->hop);
    domain->hop_due = false;
}

/* The next of the modes to go round, after the one that the domain was in or tried last. */
static uint32_t next_mode(struct domain *domain) {
    uint32_t mode = domain->hop_mode;

    do {
        mode = (mode + 1) % 32;
    } while (!(domain->config->hop_modes & 1u << mode));
    domain->hop_mode = mode;
    return mode;
}

void mode_hop_due(void) {
    for (struct domain *domain = domain_list; domain; domain = domain->next) {
        if (domain->hop_due && !domain->ended) {
            domain->hop_due = false;
            trace_set_identity(domain->id, 0); /* whoever runs */
            domain_switch_mode(domain, next_mode(domain));
            start(domain); /* from now on: a change, with its audit, may take longer than the time between two */
        }
    }
    schedule_restore_identity();
}
