/*
 * oracle.c - the outside oracle: no frame that a guest owns is ever a page table of the processor; see agent.h.
 *
 * Rules: it knows only what domain_frames records say and what the processor did; it shares no code with the hypervisor.
 * Every look-up is counted, every violation too; the first are recorded and named.
 */
#include <stdio.h>

#include "trace/agent/agent.h"
#include "trace/agent/bochs.h"

#define FRAMES (1u << 20) /* of 4 KiB in 32 bits of physical address */
#define RECORDED_MAX 1000u
#define SHOWN_MAX 3u

static uint32_t owned_frames[FRAMES / 32];
static uint64_t checks, violations;

bool oracle_frames(uint32_t first_mfn, uint32_t owned) {
    if (first_mfn % 32 || first_mfn >= FRAMES)
        return false;
    owned_frames[first_mfn / 32] = owned;
    return true;
}

void oracle_check(enum trace_oracle_rule rule, uint32_t address) {
    uint32_t mfn = address >> 12;

    checks++;
    if (__builtin_expect(!(owned_frames[mfn / 32] & 1u << mfn % 32), 1))
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
