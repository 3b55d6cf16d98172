/*
 * oracle.c - the outside oracle: no frame that a guest owns is ever a page table of the processor, unless it is validated as
 * one at that moment; see agent.h.
 *
 * Rules: it knows only what domain_frames and table_type records say and what the processor did; it shares no code with the
 * hypervisor. CR3 may name a validated L2; a page walk may read a validated L1 or L2, an L2 at the lower level too, through a
 * linear mapping of a directory. A frame that stops being owned is no table any more. In shadow mode nothing is validated: there
 * this is rule S1 at every level. Every look-up is counted, every violation too; the first are recorded and named.
 */
#include <stdio.h>

#include "trace/agent/agent.h"
#include "trace/agent/bochs.h"

#define FRAMES (1u << 20) /* of 4 KiB in 32 bits of physical address */
#define RECORDED_MAX 1000u
#define SHOWN_MAX 3u

enum { RULES = TRACE_ORACLE_RULE_table_is_guest_frame + 1 };

static uint32_t owned_frames[FRAMES / 32];
static uint32_t validated[RULES][FRAMES / 32]; /* of the owned frames those that a rule lets pass */
static uint64_t checks, violations;

bool oracle_frames(uint32_t first_mfn, uint32_t owned) {
    if (first_mfn % 32 || first_mfn >= FRAMES)
        return false;
    owned_frames[first_mfn / 32] = owned;
    for (uint32_t rule = 0; rule < RULES; rule++)
        validated[rule][first_mfn / 32] &= owned;
    return true;
}

bool oracle_table(uint32_t mfn, uint32_t type) {
    const bool passes[RULES] = {
        [TRACE_ORACLE_RULE_root_is_guest_frame] = type == TRACE_TABLE_TYPE_l2,
        [TRACE_ORACLE_RULE_table_is_guest_frame] = type == TRACE_TABLE_TYPE_l1 || type == TRACE_TABLE_TYPE_l2,
    };

    if (mfn >= FRAMES || !trace_value_name(&trace_enumeration_table_type, type))
        return false;
    for (uint32_t rule = 0; rule < RULES; rule++) {
        uint32_t *frames = &validated[rule][mfn / 32], bit = 1u << mfn % 32;

        *frames = passes[rule] ? *frames | bit : *frames & ~bit;
    }
    return true;
}

void oracle_check(enum trace_oracle_rule rule, uint32_t address) {
    uint32_t mfn = address >> 12;

    checks++;
    if (__builtin_expect(!(owned_frames[mfn / 32] & 1u << mfn % 32), 1))
        return;
    if (validated[rule][mfn / 32] & 1u << mfn % 32)
        return;
    violations++;
    if (violations <= SHOWN_MAX)
        fprintf(stderr, "agent: oracle: %s: frame %#x, physical address %#x, eip %#x, instruction %llu\n",
                trace_value_name(&trace_enumeration_oracle_rule, rule), mfn, address, bochs.get_eip(),
                (unsigned long long)count_now());
    if (provider && violations <= RECORDED_MAX)
        provider->violation(rule, mfn, address, bochs.get_eip());
}

uint64_t oracle_checks(void) {
    return checks;
}

uint64_t oracle_violations(void) {
    return violations;
}
