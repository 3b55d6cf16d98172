/*
 * shadow_watch.c - see shadow_watch.h.
 */
#include "xen/glue/shadow_watch.h"

#include <xen/errno.h>

#include "shadow/marks.h"
#include "shadow/shadow.h"
#include "trace/emit.h"
#include "xen/boot/options.h"
#include "xen/domain/mode.h"
#include "xen/domain/schedule.h"
#include "xen/mm/frame.h"
#include "xen/mm/heap.h"

uint32_t dirty_logs;
bool tables_watched;

void watch_tables(void) {
    tables_watched = boot_options.audit == OPTION_AUDIT_FULL || dirty_logs != 0;
}

static uint32_t pages_of_marks(void) {
    return (SHADOW_MARKS_BYTES(frame_limit) + PAGE_SIZE - 1) / PAGE_SIZE;
}

static int make_marks(const struct domain *domain, uint32_t **marks) {
    if (domain->mode->number != TRACE_MODE_shadow) {
        return -XEN_EOPNOTSUPP;
    }
    *marks = heap_pages_uncleared(pages_of_marks());
    return *marks ? 0 : -XEN_ENOMEM;
}

static void free_marks(uint32_t **marks) {
    if (*marks) {
        heap_free(*marks, pages_of_marks());
    }
    *marks = 0;
}

int dirty_log_start(struct domain *domain) {
    int result = domain->dirty_log ? -XEN_EINVAL : make_marks(domain, &domain->dirty_log);

    if (result == 0) {
        shadow_log_dirty(domain->shadow, domain->dirty_log, frame_limit);
        dirty_logs++;
        tables_watched = true;
    }
    return result;
}

static void forget_log(struct domain *domain) {
    if (domain->dirty_log) {
        dirty_logs--;
        watch_tables();
        free_marks(&domain->dirty_log);
    }
}

void dirty_log_stop(struct domain *domain) {
    shadow_log_dirty(domain->shadow, 0, 0);
    forget_log(domain);
}

/*
 * The frames behind count numbers (up to WATCH_PART) from first on: those that are the domain's memory. A translated
 * one has numbers also for what is not, which is not reported.
 */
static const mfn_t *frames_of(const struct domain *domain, uint32_t first, uint32_t count) {
    static mfn_t owned[WATCH_PART]; /* too large for the stack */

    if (!domain->translated) {
        return domain->p2m + first;
    }
    for (uint32_t i = 0; i < count; i++) {
        mfn_t mfn = domain->p2m[first + i];

        owned[i] = frame_owned_by(domain->id, mfn) ? mfn : (mfn_t){ MFN_NONE };
    }
    return owned;
}

uint32_t dirty_log_read(struct domain *domain, uint32_t first, uint32_t count, uint32_t *bitmap, bool cleaning) {
    trace_set_identity(domain->id, 0); /* whoever asks */
    uint32_t found = shadow_read_dirty(domain->shadow, frames_of(domain, first, count), count, bitmap, cleaning);

    schedule_restore_identity();
    return found;
}

void dirty_log_undo(struct domain *domain, uint32_t first, uint32_t count, const uint32_t *bitmap) {
    for (uint32_t i = 0; i < count; i++) {
        if (is_marked(bitmap, i)) {
            dirty_log_note(domain, domain->p2m[first + i]);
        }
    }
}

uint32_t dirty_log_faults(const struct domain *domain, bool reset) {
    return shadow_dirty_faults(domain->shadow, reset);
}

__attribute__((cold)) void dirty_log_mark(struct domain *domain, mfn_t mfn) {
    shadow_note_written(domain->shadow, mfn);
}

int sampling_start(struct domain *domain) {
    int result = make_marks(domain, &domain->samples);

    if (result == 0) {
        shadow_sample(domain->shadow, domain->samples, frame_limit);
    }
    return result;
}

void sampling_stop(struct domain *domain) {
    shadow_sample(domain->shadow, 0, 0);
    free_marks(&domain->samples);
}

uint32_t sampling_harvest(struct domain *domain, uint32_t first) {
    trace_set_identity(domain->id, 0);
    uint32_t next = shadow_harvest(domain->shadow, first, WATCH_PAGES);

    schedule_restore_identity();
    return next;
}

void sampling_forget(struct domain *domain, uint32_t first, uint32_t count) {
    shadow_forget_used(domain->shadow, frames_of(domain, first, count), count);
}

uint32_t sampling_read(struct domain *domain, uint32_t first, uint32_t count, uint32_t *bitmap) {
    return shadow_read_used(domain->shadow, frames_of(domain, first, count), count, bitmap);
}

void watch_dispose(struct domain *domain) {
    forget_log(domain);
    free_marks(&domain->samples);
}
