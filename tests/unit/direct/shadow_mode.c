/* shadow_mode.c - see shadow_mode.h. */
#include "tests/unit/direct/shadow_mode.h"

#include "tests/unit/direct/host.h"
#include "xen/domain/memory.h"
#include "xen/mm/tlb.h"

static int prepare(struct domain *domain) {
    return domain == &host.domain ? 0 : -1;
}

static int enter(struct domain *domain) {
    CHECK(domain == &host.domain && host.loaded.n == HOST_OWN_ROOT);
    if (host.counts_raised) {
        return 0;
    }
    host_check_left(); /* the old mode has left, or one that could not begin has cleaned up */
    return 0;
}

static void leave(struct domain *domain) {
    CHECK(domain == &host.domain && host.loaded.n == HOST_OWN_ROOT);
}

static void settle(struct domain *domain, uint32_t why) {
    CHECK(domain == &host.domain && why == TRACE_RECONNECT_mode_switch);
}

/* Its roots are none of the guest's frames. */
static void resume(struct vcpu *vcpu, uint32_t cause) {
    vcpu->root.n = HOST_OWN_ROOT;
    tlb_load_root(vcpu->root, 0, cause);
}

static uint32_t audit(struct domain *domain, uint32_t *checks) {
    CHECK(domain == &host.domain);
    *checks = 0;
    return 0;
}

const struct mode_ops fake_shadow = {
    .name = "shadow",
    .number = TRACE_MODE_shadow,
    .prepare = prepare,
    .enter = enter,
    .leave = leave,
    .settle = settle,
    .resume = resume,
    .pin = memory_pin,
    .unpin = memory_unpin,
    .audit = audit,
};

const struct mode_ops *mode_by_number(uint32_t number) {
    return number == TRACE_MODE_shadow ? &fake_shadow : number == TRACE_MODE_direct ? &mode_direct : &mode_writable;
}
