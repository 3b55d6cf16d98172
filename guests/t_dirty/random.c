/*
 * random.c - orders about the other domain at random, whatever it does meanwhile, until it ends: log on and off,
 * peek and clean, samples, pools of all sizes. What it does must not notice; audits and the outcome of its work judge.
 */
#define __XEN_TOOLS__ 1
#include <stddef.h>

#include <xen/errno.h>

#include "guests/lib/check.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/random.h"
#include "guests/t_dirty/requests.h"
#include "guests/t_dirty/t_dirty.h"

#define NUMBERS 16384u
#define ORDERS 9u
#define POOL 8u                        /* the last of the orders */

static long give(uint32_t order) {
    static const uint32_t operations[POOL] = {
        XEN_DOMCTL_SHADOW_OP_ENABLE_LOGDIRTY, XEN_DOMCTL_SHADOW_OP_PEEK, XEN_DOMCTL_SHADOW_OP_CLEAN,
        XEN_DOMCTL_SHADOW_OP_CLEAN, XEN_DOMCTL_SHADOW_OP_OFF, PENUMBRA_SHADOW_OP_SAMPLE_CLEAR,
        PENUMBRA_SHADOW_OP_SAMPLE_READ, PENUMBRA_SHADOW_OP_SAMPLE_STOP,
    };
    static uint8_t bitmap[NUMBERS / 8];
    bool sampling = order > 4;

    if (order == POOL)
        return set_pool((uint64_t)(16 + (random_below(2) ? random_below(8) : random_below(600))) << 12);
    return shadow_of(WATCHED, operations[order], sampling ? random_below(NUMBERS) : 0, pointer_word(bitmap),
                     1 + random_below(NUMBERS));
}

_Noreturn void watch_at_random(uint32_t seed) {
    uint32_t done[ORDERS] = { 0 };
    bool log = false;
    long result = 0;

    check_group("at random");
    random_start(seed);
    while (result != -XEN_ESRCH) {
        uint32_t order = random_below(16) == 0 ? 4 : random_below(ORDERS);

        event_wait(0, (1 + random_below(10)) * MILLISECOND);
        if (order == 4 && !log)
            continue;                                    /* that would end its shadow mode */
        result = give(order);
        if (result == 0) {
            done[order]++;
            log = order == 0 || (log && order != 4);
        } else if (result != -XEN_ESRCH && result != -XEN_EINVAL && !(order == POOL && result == -XEN_ENOMEM)) {
            check_equal(result, 0);
            print("order %u\n", order);
        }
    }
    for (uint32_t order = 0; order < ORDERS; order++)
        check(done[order] != 0);
    print("cleaned %u times, sampled %u times, %u pools\n", done[2] + done[3], done[6], done[POOL]);
    check_finish();
}
