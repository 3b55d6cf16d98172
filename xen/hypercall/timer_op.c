/*
 * timer_op.c - hypercall set_timer_op: the vcpu's one-shot timer.
 *
 * As Xen 3.x: 0 stops it; a time more than 2^50 ns ahead, or negative, which old Linux kernels send when their jiffies
 * wrap, becomes 100 ms from now.
 */
#include "xen/cpu/timer.h"
#include "xen/domain/domain.h"
#include "xen/domain/time.h"
#include "xen/hypercall/table.h"

#define FAR_AWAY_NS (1ll << 50)
#define INSTEAD_NS 100000000u

int32_t hypercall_set_timer_op(struct vcpu *vcpu, uint32_t *args) {
    uint64_t deadline = args[0] | (uint64_t)args[1] << 32, now = system_time_ns();

    if (deadline != 0 && ((int64_t)deadline < 0 || (int64_t)(deadline - now) > FAR_AWAY_NS)) {
        deadline = now + INSTEAD_NS;
    }
    time_set_single_shot(vcpu, deadline);
    return 0;
}
