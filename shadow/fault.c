/*
 * fault.c - a page fault, from the guest's tables to a verdict.
 *
 * Order: walk the guest's tables (a true fault goes to the guest), write accessed and dirty back (S7), a write to a table is emulated
 * or puts the table out of sync (S8), the translation is made. What may be needed is reserved as soon as the walk allows the access (S9). Whenever something changed under our feet, start
 * over (S11). The reserve comes before anything is looked up that it could reclaim: the walk holds nothing of the engine's.
 * Callers: the host, through shadow.h.
 */
#include "shadow/emulate.h"
#include "shadow/fill.h"
#include "shadow/hash.h"
#include "shadow/pool.h"
#include "shadow/sync.h"
#include "shadow/walk.h"

enum attempt {
    ATTEMPT_DONE,
    ATTEMPT_AGAIN,
    ATTEMPT_TO_GUEST,
};

/* A write to a table. True: carried out. False: the table is out of sync now, and the guest may have its mapping. */
static bool write_to_table(struct shadow *shadow, const struct walk *walk, struct cpu_user_regs *regs, bool from_hypervisor,
                           uint32_t *path) {
    if (!from_hypervisor && !(walk->access & FAULT_USER)) {
        if (emulate_write(shadow, walk, regs)) {
            count(shadow, TRACE_COUNTER_emulated_writes);
            *path |= TRACE_FAULT_PATH_emulated;
            return true;
        }
        count(shadow, TRACE_COUNTER_emulation_fallbacks);
    }
    unsync(shadow, walk->frame);
    *path |= TRACE_FAULT_PATH_unshadowed;
    return false;
}

/* The domain may not have the frame that way: what the guest is told (G1, G2). */
static uint32_t refused_error(struct shadow *shadow, const struct walk *walk) {
    if ((walk->access & FAULT_WRITE) && shadow_port_get_frame(shadow->domain, walk->frame, false)) {
        shadow_port_put_frame(shadow->domain, walk->frame, false);
        return walk->access | FAULT_PRESENT;
    }
    return walk->access;
}

/* After an allowed and marked walk. */
static enum attempt serve(struct shadow *shadow, struct walk *walk, struct cpu_user_regs *regs, bool from_hypervisor,
                          uint32_t *path) {
    bool table = is_in_sync_table(shadow, walk->frame);

    if (table && (walk->access & FAULT_WRITE) && write_to_table(shadow, walk, regs, from_hypervisor, path)) {
        return ATTEMPT_DONE;
    }
    if (__builtin_expect(!pool_has(shadow, RESERVE_FAULT_PAGES, RESERVE_FAULT_NODES), 0)) {
        pool_reserve(shadow, RESERVE_FAULT_PAGES, RESERVE_FAULT_NODES);
        table = true; /* what was reclaimed may have been the frame's shadow: look again */
    }
    table = table && is_in_sync_table(shadow, walk->frame);
    switch (fill(shadow, walk, table, path)) {
    case FILL_AGAIN:
        return ATTEMPT_AGAIN;
    case FILL_REFUSED:
        walk->error = refused_error(shadow, walk);
        return ATTEMPT_TO_GUEST;
    case FILL_NOTHING:
        count(shadow, TRACE_COUNTER_spurious);
        *path |= TRACE_FAULT_PATH_spurious;
        return ATTEMPT_DONE;
    case FILL_DONE:
        break;
    }
    return ATTEMPT_DONE;
}

static enum attempt attempt(struct shadow *shadow, struct walk *walk, uint32_t linear, uint32_t access,
                            struct cpu_user_regs *regs, bool from_hypervisor, uint32_t *path) {
    enum attempt result = ATTEMPT_TO_GUEST;

    if (walk_begin(shadow, linear, access, walk)) {
        if (walk_mark(shadow, walk)) {
            result = serve(shadow, walk, regs, from_hypervisor, path);
        } else {
            count(shadow, TRACE_COUNTER_restarts);
            *path |= TRACE_FAULT_PATH_restarted;
            result = ATTEMPT_AGAIN;
        }
        if (__builtin_expect(walk->marked != 0, 0)) {
            *path |= (walk->marked & PTE_A ? TRACE_FAULT_PATH_set_accessed : 0) |
                     (walk->marked & PTE_D ? TRACE_FAULT_PATH_set_dirty : 0);
        }
    }
    walk_end(walk);
    return result;
}

enum shadow_verdict shadow_page_fault(struct shadow *shadow, uint32_t linear, uint32_t *error_code,
                                      struct cpu_user_regs *regs, bool from_hypervisor) {
    uint32_t access = *error_code & FAULT_ACCESS, received = *error_code, eip = regs->eip;
    uint32_t path = from_hypervisor ? TRACE_FAULT_PATH_from_hypervisor : 0;
    enum attempt result;
    struct walk walk;

    count(shadow, TRACE_COUNTER_faults);
    do {
        result = attempt(shadow, &walk, linear, access, regs, from_hypervisor, &path);
    } while (result == ATTEMPT_AGAIN);
    if (result == ATTEMPT_TO_GUEST) {
        count(shadow, TRACE_COUNTER_to_guest);
        path |= TRACE_FAULT_PATH_to_guest;
        *error_code = walk.error;
    }
    trace_shadow_fault(linear, received, eip, walk.l2e, walk.l1e, path);
    return result == ATTEMPT_TO_GUEST ? SHADOW_TO_GUEST : SHADOW_RETRY;
}
