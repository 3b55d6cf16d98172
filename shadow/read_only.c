/* read_only.c - stores of the guest kernel to tables that it maps read-only. Rules and callers: read_only.h. */
#include "shadow/read_only.h"

#include "shadow/emulate.h"
#include "shadow/hash.h"
#include "shadow/walk.h"

/* Does the page hold an L1 table? walk: allowed, for reading, of a frame of the domain's. */
static bool holds_table(struct shadow *shadow, const struct walk *walk) {
    return !walk->large && (shadow_port_known_table(shadow->domain, walk->frame) ||
                            hash_find(shadow, KIND_L1, walk->frame.n, 0) != NULL);
}

bool store_to_read_only(struct shadow *shadow, uint32_t linear, struct cpu_user_regs *regs) {
    struct walk walk;
    bool done;

    if (!shadow_port_stores_to_tables(shadow->domain) || !walk_for_reading(shadow, linear, &walk)) {
        return false;
    }
    done = holds_table(shadow, &walk) && emulate_write(shadow, &walk, regs) == TRACE_FALLBACK_none;
    walk_end(&walk);
    return done;
}
