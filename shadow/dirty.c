/* dirty.c - log-dirty. Rules and callers: dirty.h. */
#include "shadow/dirty.h"

#include <string.h>

#include "shadow/flush.h"
#include "shadow/pool.h"
#include "shadow/protect.h"
#include "shadow/superpage.h"

__attribute__((cold)) void dirty_fault(struct shadow *shadow, mfn_t mfn) {
    shadow->dirty_faults += !is_marked(shadow->dirty, mfn.n);
    note_written(shadow, mfn);
}

void shadow_log_dirty(struct shadow *shadow, uint32_t *marks, uint32_t frames) {
    if (marks != NULL) {
        memset(marks, 0xff, SHADOW_MARKS_BYTES(frames)); /* W6 */
        shadow->marked_frames = frames;
        end_superpages(shadow);
    }
    shadow->dirty = marks;
    pool_limit_nodes(shadow, marks != NULL);
    shadow->dirty_faults = 0;
}

void shadow_note_written(struct shadow *shadow, mfn_t mfn) {
    note_written(shadow, mfn);
}

/* W5, but for the forgetting. */
static void clean(struct shadow *shadow, mfn_t mfn, struct forget *forget) {
    take_write_right(shadow, mfn, forget);
    if (!shadow_port_written_by_others(shadow->domain, mfn)) { /* W4 */
        clear_mark(shadow->dirty, mfn.n);
    }
}

/* The first of the frames from i on that is marked; count: none. Most are clean, and cost no more than a look. */
static __attribute__((noinline)) uint32_t next_dirty(const struct shadow *shadow, const mfn_t *frames, uint32_t i,
                                                     uint32_t count) {
    const uint32_t *marks = shadow->dirty;
    uint32_t limit = shadow->marked_frames;

    while (i < count && __builtin_expect(frames[i].n >= limit || !is_marked(marks, frames[i].n), 1)) {
        i++;
    }
    return i;
}

uint32_t shadow_read_dirty(struct shadow *shadow, const mfn_t *frames, uint32_t count, uint32_t *bitmap,
                           bool cleaning) {
    struct forget forget = {0};
    uint32_t i = 0, found = 0;

    memset(bitmap, 0, SHADOW_MARKS_BYTES(count));
    while ((i = next_dirty(shadow, frames, i, count)) < count) {
        set_mark(bitmap, i);
        found++;
        if (cleaning) {
            clean(shadow, frames[i], &forget);
        }
        i++;
    }
    if (cleaning) {
        forget_now(shadow, &forget, LOST_WRITE, TRACE_CAUSE_write_protect);
    }
    return found;
}

uint32_t shadow_dirty_faults(struct shadow *shadow, bool reset) {
    uint32_t faults = shadow->dirty_faults;

    if (reset) {
        shadow->dirty_faults = 0;
    }
    return faults;
}
