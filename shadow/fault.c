/*
 * fault.c - a page fault, from the guest's tables to a verdict.
 *
 * Order: walk the guest's tables (a true fault goes to the guest), write accessed and dirty back (S7), a write to a
 * table is emulated or puts the table out of sync (S8), the translation is made. Of what the walk does not allow only
 * stores of the kernel to its own read-only tables are carried out (read_only.h). What may be needed is reserved as
 * soon as the walk allows the access (S9). Whenever something changed under our feet, start over (S11). The reserve
 * comes before anything is looked up that it could reclaim: the walk holds nothing of the engine's.
 * Callers: the host, through shadow.h.
 */
#include "shadow/dirty.h"
#include "shadow/emulate.h"
#include "shadow/fill.h"
#include "shadow/hash.h"
#include "shadow/heat.h"
#include "shadow/oos.h"
#include "shadow/pool.h"
#include "shadow/read_only.h"
#include "shadow/sync.h"
#include "shadow/unshadow.h"
#include "shadow/walk.h"

enum attempt {
    ATTEMPT_DONE,
    ATTEMPT_AGAIN,
    ATTEMPT_TO_GUEST,
};

/* One fault on its way. What is rare is kept out of line, so that the frequent way through is straight. */
struct fault {
    struct walk walk;
    struct cpu_user_regs *regs;
    bool from_hypervisor;
    uint32_t path;           /* TRACE_FAULT_PATH_ bits */
};

/* The table has become memory like any other, at least for now: by choice, or because it is being recycled. */
static __attribute__((noinline)) bool let_go(struct shadow *shadow, struct fault *fault, uint32_t writes) {
    mfn_t mfn = fault->walk.frame;

    if (shadow->policy == SHADOW_OOS && oos_begin(shadow, mfn)) {
        trace_shadow_unsync(mfn.n, writes);
        fault->path |= TRACE_FAULT_PATH_out_of_sync;
        return true;
    }
    /* one that is written through itself is in use, and would only be made again */
    if (writes >= HEAT_FLOOD && (shadow->switches & SHADOW_SWITCH_FLOOD) &&
        (fault->walk.large || fault->walk.l1_table.n != mfn.n) && unshadow_recycled(shadow, mfn)) {
        count(shadow, TRACE_COUNTER_floods);
        heat_set(shadow, mfn, 0);
        return true;
    }
    return false;
}

/* The engine does not carry out this write: the record says why, and which instruction. */
static __attribute__((cold, noinline)) void note_fallback(struct shadow *shadow, const struct fault *fault,
                                                          uint32_t reason) {
    uint32_t eip = reason == TRACE_FALLBACK_hypervisor ? 0 : fault->regs->eip, code = 0;
    uint32_t left = PAGE_SIZE - eip % PAGE_SIZE;

    if (reason == TRACE_FALLBACK_instruction) {
        (void)walk_read(shadow, eip, &code, left < sizeof(code) ? left : sizeof(code));
    }
    trace_shadow_fallback(fault->walk.frame.n, fault->walk.linear, eip, reason, code);
}

/* A write to a table. True: carried out. False: the guest may have its mapping. */
static __attribute__((noinline)) bool write_to_table(struct shadow *shadow, struct fault *fault) {
    uint32_t writes = heat_of_write(shadow, fault->walk.frame), why;

    if (is_hot(shadow, writes) && let_go(shadow, fault, writes)) {
        return false;
    }
    if (fault->from_hypervisor || (fault->walk.access & FAULT_USER)) {
        why = fault->from_hypervisor ? TRACE_FALLBACK_hypervisor : TRACE_FALLBACK_user_mode;
    } else {
        why = emulate_write(shadow, &fault->walk, fault->regs);
        if (why == TRACE_FALLBACK_none) {
            count(shadow, TRACE_COUNTER_emulated_writes);
            fault->path |= TRACE_FAULT_PATH_emulated;
            return true;
        }
        count(shadow, TRACE_COUNTER_emulation_fallbacks);
    }
    note_fallback(shadow, fault, why);
    unsync(shadow, fault->walk.frame);
    fault->path |= TRACE_FAULT_PATH_unshadowed;
    return false;
}

/* The domain may not have the frame that way: what the guest is told (G1, G2). */
static __attribute__((noinline)) enum attempt refuse(struct shadow *shadow, struct walk *walk) {
    walk->error = walk->access;
    if ((walk->access & FAULT_WRITE) && shadow_port_get_frame(shadow->domain, walk->frame, false)) {
        shadow_port_put_frame(shadow->domain, walk->frame, false);
        walk->error |= FAULT_PRESENT;
    }
    return ATTEMPT_TO_GUEST;
}

/* What is rarely needed before an entry is made. */
static __attribute__((noinline, cold)) void make_ready(struct shadow *shadow, const struct walk *walk) {
    pool_reserve(shadow, RESERVE_FAULT_PAGES, RESERVE_FAULT_NODES);
    if (shadow->dirty != NULL && (walk->access & FAULT_WRITE)) {
        dirty_fault(shadow, walk->frame); /* W2 */
    }
}

/* After an allowed and marked walk. */
static inline enum attempt serve(struct shadow *shadow, struct fault *fault) {
    const struct walk *walk = &fault->walk;
    bool table = is_in_sync_table(shadow, walk->frame);

    if (table && (walk->access & FAULT_WRITE) && write_to_table(shadow, fault)) {
        return ATTEMPT_DONE;
    }
    if (__builtin_expect(!pool_ready(shadow), 0)) {
        make_ready(shadow, walk);
    }
    switch (fill(shadow, walk, table && is_in_sync_table(shadow, walk->frame), &fault->path)) {
    case FILL_DONE:
        break;
    case FILL_AGAIN:
        return ATTEMPT_AGAIN;
    case FILL_REFUSED:
        return refuse(shadow, &fault->walk);
    case FILL_NOTHING:
        count(shadow, TRACE_COUNTER_spurious);
        fault->path |= TRACE_FAULT_PATH_spurious;
        break;
    }
    return ATTEMPT_DONE;
}

/* S7: accessed and dirty go to the guest before anything can use the translation. False: an entry changed. */
static __attribute__((noinline)) bool write_back(struct shadow *shadow, struct fault *fault) {
    pte_t marked = 0;
    bool done = walk_mark(shadow, &fault->walk, &marked);

    fault->path |= (marked & PTE_A ? TRACE_FAULT_PATH_set_accessed : 0) |
        (marked & PTE_D ? TRACE_FAULT_PATH_set_dirty : 0);
    if (!done) {
        count(shadow, TRACE_COUNTER_restarts);
        fault->path |= TRACE_FAULT_PATH_restarted;
    }
    return done;
}

static inline enum attempt attempt(struct shadow *shadow, struct fault *fault, uint32_t linear, uint32_t access) {
    enum attempt result = ATTEMPT_TO_GUEST;

    if (walk_begin(shadow, linear, access, &fault->walk)) {
        if (__builtin_expect(walk_is_marked(&fault->walk), 1) || write_back(shadow, fault)) {
            result = serve(shadow, fault);
        } else {
            result = ATTEMPT_AGAIN;
        }
    }
    walk_end(&fault->walk);
    return result;
}

/* The guest kernel's own write to a page that it maps read-only? */
static inline bool is_read_only_store(const struct fault *fault) {
    return fault->walk.error == (FAULT_WRITE | FAULT_PRESENT) && !fault->from_hypervisor;
}

/* Out of the way of the frequent. */
static __attribute__((noinline, cold)) void record(const struct fault *fault, uint32_t linear, uint32_t received,
                                                   uint32_t eip) {
    trace_shadow_fault(linear, received, eip, fault->walk.l2e, fault->walk.l1e, fault->path);
}

enum shadow_verdict shadow_page_fault(struct shadow *shadow, uint32_t linear, uint32_t *error_code,
                                      struct cpu_user_regs *regs, bool from_hypervisor) {
    struct fault fault;
    uint32_t received = *error_code, eip = regs->eip, access = received & FAULT_ACCESS;
    enum attempt result;

    fault.regs = regs;
    fault.from_hypervisor = from_hypervisor;
    fault.path = from_hypervisor ? TRACE_FAULT_PATH_from_hypervisor : 0;
    count(shadow, TRACE_COUNTER_faults);
    while (__builtin_expect((result = attempt(shadow, &fault, linear, access)) == ATTEMPT_AGAIN, 0)) {
        /*
         * S11: something changed, so nothing that was seen counts. Nor does the compiler keep anything ready for this
         * rare case.
         */
        __asm__ volatile("" : "+r"(linear), "+r"(access) : : "memory");
    }
    if (result == ATTEMPT_TO_GUEST && __builtin_expect(is_read_only_store(&fault), 0) &&
        store_to_read_only(shadow, linear, regs)) {
        count(shadow, TRACE_COUNTER_emulated_writes);
        fault.path |= TRACE_FAULT_PATH_emulated;
        result = ATTEMPT_DONE;
    }
    if (result == ATTEMPT_TO_GUEST) {
        count(shadow, TRACE_COUNTER_to_guest);
        *error_code = fault.walk.error;
        fault.path |= TRACE_FAULT_PATH_to_guest;
    }
    if (__builtin_expect(trace_mask & TRACE_CLASS_shadow, 0)) {
        record(&fault, linear, received, eip);
    }
    return result == ATTEMPT_TO_GUEST ? SHADOW_TO_GUEST : SHADOW_RETRY;
}
