/*
 * shares.c - for which domain the processor worked: instructions by ring and page walks of each, and of nobody; see agent.h.
 *
 * Rules: from one sched_switch to the next everything is the running domain's, the hypervisor's instructions too; what is left is
 * nobody's: the processor idled, or worked for a domain that had ended. Counted from domain_start on, so that all shares together
 * are the totals of the status file. A domain is told from a later one with the same number by domain_built and domain_ended.
 */
#include <stdlib.h>

#include "trace/agent/agent.h"

#define NOBODY 0u

struct share {
    uint32_t domid;
    uint32_t mode; /* enum trace_mode; of which it was built */
    bool ended;
    struct trace_record_domain_ended end;
    uint64_t switches; /* to it */
    struct totals totals;
};

static struct share nobody = { .domid = TRACE_NO_DOMAIN, .mode = TRACE_MODE_shadow };
static struct share *shares; /* in the order in which the domains were built */
static uint32_t count, current = NOBODY; /* index and 1 */
static struct totals counted; /* up to where the shares are complete */

static struct share *share_of(uint32_t index) {
    return index == NOBODY ? &nobody : &shares[index - 1];
}

/* Of the last domain with the number; NOBODY: there was none. */
static uint32_t find(uint32_t domid) {
    for (uint32_t index = count; index > 0; index--) {
        if (shares[index - 1].domid == domid)
            return index;
    }
    return NOBODY;
}

static uint32_t add(uint32_t domid) {
    shares = realloc(shares, (count + 1) * sizeof(*shares));
    if (!shares)
        end_because(TRACE_OUTCOME_error, "the host has no memory for the numbers of the domains");
    shares[count] = (struct share){ .domid = domid };
    return ++count;
}

static void settle(void) {
    struct totals now = count_since_domain(), *to = &share_of(current)->totals;

    to->instructions += now.instructions - counted.instructions;
    to->walks += now.walks - counted.walks;
    for (uint32_t i = 0; i < RINGS; i++)
        to->ring[i] += now.ring[i] - counted.ring[i];
    counted = now;
}

void shares_built(uint32_t domid, uint32_t mode) {
    uint32_t index = find(domid);

    if (index == NOBODY || share_of(index)->ended)
        index = add(domid);
    share_of(index)->mode = mode;
}

void shares_ended(const struct trace_record_domain_ended *end) {
    uint32_t index = find(end->header.domid);

    if (index == NOBODY)
        return;
    share_of(index)->ended = true;
    share_of(index)->end = *end;
}

void shares_switch(uint32_t domid) {
    settle();
    current = domid < TRACE_NO_DOMAIN ? find(domid) : NOBODY;
    if (current == NOBODY && domid < TRACE_NO_DOMAIN)
        current = add(domid);
    share_of(current)->switches++;
}

void shares_start(uint32_t domid) {
    if (current == NOBODY)
        shares_switch(domid);
    nobody.totals = (struct totals){ 0 };
    for (uint32_t index = 1; index <= count; index++)
        share_of(index)->totals = (struct totals){ 0 };
    counted = count_since_domain();
}

static void print_share(FILE *to, const struct share *share) {
    const struct totals *totals = &share->totals;

    fprintf(to, "\"instructions\": {\"total\": %llu, \"ring0\": %llu, \"ring1\": %llu, \"ring3\": %llu}, \"walks\": %llu, "
                "\"switches\": %llu}",
            (unsigned long long)totals->instructions, (unsigned long long)totals->ring[0], (unsigned long long)totals->ring[1],
            (unsigned long long)totals->ring[3], (unsigned long long)totals->walks, (unsigned long long)share->switches);
}

static void print_name(FILE *to, const char *key, const struct trace_enumeration *names, uint32_t value) {
    const char *name = trace_value_name(names, value);

    fprintf(to, "\"%s\": \"%s\", ", key, name ? name : "unknown");
}

/* How it ended, or that it had not. */
static void print_end(FILE *to, const struct share *share) {
    const struct trace_record_domain_ended *end = &share->end;

    if (!share->ended) {
        fprintf(to, "\"outcome\": null, \"reason\": null, \"text\": null, ");
        return;
    }
    print_name(to, "outcome", &trace_enumeration_outcome, end->outcome);
    print_name(to, "reason", &trace_enumeration_end_reason, end->reason);
    fprintf(to, "\"text\": \"");
    for (uint32_t i = 0; i < sizeof(end->text) && end->text[i]; i++)
        fputc(end->text[i] < ' ' || end->text[i] > '~' || end->text[i] == '"' || end->text[i] == '\\' ? '?' : end->text[i], to);
    fprintf(to, "\", ");
}

void shares_print(FILE *to) {
    settle();
    fprintf(to, "  \"domains\": [");
    for (uint32_t i = 0; i < count; i++) {
        fprintf(to, "%s\n    {\"id\": %u, ", i ? "," : "", shares[i].domid);
        print_name(to, "mode", &trace_enumeration_mode, shares[i].mode);
        print_end(to, &shares[i]);
        print_share(to, &shares[i]);
    }
    fprintf(to, "\n  ],\n  \"idle\": {");
    print_share(to, &nobody);
    fprintf(to, ",\n");
}
