/*
 * oracle.c - the outside oracle: what no page walk may ever meet; see agent.h.
 *
 *   - No frame that a domain owns is a page table of the processor, unless it is validated as one at that moment: CR3 may name a
 *     validated L2; a page walk may read a validated L1 or L2, an L2 at the lower level too, through a linear mapping of a
 *     directory. In shadow mode nothing is validated: there this is rule S1 at every level.
 *   - The tables of one domain are never walked for another.
 *   - What a domain's part of the address space maps, the domain owns or was granted; writable only what it may write.
 *
 * Rules: it shares no code with the hypervisor; what it knows of frames is ownership.c. Whose walks they are is decided when CR3 is
 * loaded with another root: they are those of the domain that sched_switch made the running one last, idling aside; so they stay
 * the old one's from the switch to the load, flushes in between too, and while the processor idles. What a trusted domain maps, or
 * the bare machine's kernel, is counted and not checked. Every check is counted, every violation too; the first are recorded and named.
 */
#include <stdio.h>

#include "trace/agent/agent.h"
#include "trace/agent/bochs.h"
#include "trace/agent/stream.h"

#define RECORDED_MAX 1000u
#define SHOWN_MAX 3u
#define DOMIDS (1u << 16)

static struct oracle_counts counts;
static uint32_t running = TRACE_NO_DOMAIN; /* by the scheduler's last word */
static uint32_t walker = TRACE_NO_DOMAIN;  /* whose root is in CR3; before the first domain runs nobody's */
static uint32_t root;                      /* what is in CR3 */
static bool trusted[DOMIDS];

static void violation(enum trace_oracle_rule rule, uint32_t mfn, uint32_t address) {
    counts.violations++;
    flight_happened(FLIGHT_VIOLATION, 0);
    if (counts.violations <= SHOWN_MAX)
        fprintf(stderr, "agent: oracle: %s: frame %#x, physical address %#x, domain %u, eip %#x, instruction %llu\n",
                trace_value_name(&trace_enumeration_oracle_rule, rule), mfn, address, walker, bochs.get_eip(),
                (unsigned long long)count_now());
    if (provider && counts.violations <= RECORDED_MAX)
        provider->violation(rule, mfn, address, bochs.get_eip());
}

void oracle_mode(uint16_t domid, uint32_t mode) {
    trusted[domid] = mode == TRACE_MODE_trusted || mode == TRACE_MODE_native;
}

void oracle_start(uint16_t domid) {
    if (running == TRACE_NO_DOMAIN)
        running = walker = domid;
}

void oracle_switch(uint32_t domid) {
    if (domid < TRACE_NO_DOMAIN)
        running = domid;
}

/* A frame that somebody owns is used as a table. */
static void check_owned(enum trace_oracle_rule rule, enum frame_owner owner, bool validated, uint32_t address) {
    uint32_t mfn = address >> 12;

    if (owner == FRAME_ANOTHERS && walker != TRACE_NO_DOMAIN)
        violation(TRACE_ORACLE_RULE_table_of_other_domain, mfn, address);
    else if (!validated)
        violation(rule, mfn, address);
}

void oracle_root(uint32_t address) {
    uint32_t mfn = address >> 12;
    enum frame_owner owner;

    if (address != root)
        walker = running;
    root = address;
    counts.checks++;
    owner = ownership_of(mfn, walker);
    if (owner != FRAME_NOBODYS)
        check_owned(TRACE_ORACLE_RULE_root_is_guest_frame, owner, ownership_type(mfn) == TRACE_TABLE_TYPE_l2, address);
}

void oracle_table(uint32_t address) {
    uint32_t mfn = address >> 12;
    enum frame_owner owner = ownership_of(mfn, walker);

    counts.checks++;
    if (__builtin_expect(owner != FRAME_NOBODYS, 0))
        check_owned(TRACE_ORACLE_RULE_table_is_guest_frame, owner, ownership_type(mfn) != TRACE_TABLE_TYPE_none, address);
}

void oracle_mapping(uint32_t mfn, bool writable, uint32_t address) {
    uint32_t access;

    if (walker == TRACE_NO_DOMAIN)
        return;
    if (trusted[walker]) {
        counts.unchecked++;
        return;
    }
    counts.checks++;
    access = ownership_access(mfn, walker);
    if (access == TRACE_ACCESS_none)
        violation(TRACE_ORACLE_RULE_mapping_of_other_domain, mfn, address);
    else if (writable && access != TRACE_ACCESS_write)
        violation(TRACE_ORACLE_RULE_mapping_not_writable, mfn, address);
}

struct oracle_counts oracle_counts(void) {
    return counts;
}
