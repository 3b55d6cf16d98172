/*
 * frames.c - see frames.h.
 */
#include "analysis/frames.h"

#define GROUP 32u

enum { MARK_SHADOW = 1, MARK_VALIDATED = 2 };

const char *const frame_use_names[FRAME_USES] = { "hypervisor", "shadow table", "guest", "guest table" };

static void set_owner(struct frames *frames, uint32_t mfn, uint16_t owner) {
    if (mfn >= FRAMES || frames->owner[mfn] == owner)
        return;
    frames->owner[mfn] = owner;
    frames->shadows[mfn] = 0;
    frames->marks[mfn] = 0;
}

static void on_frames(struct frames *frames, const struct event *event) {
    const struct trace_record_domain_frames *record = (const void *)event->bytes;
    uint16_t domain = (uint16_t)(event->header.domid + 1);

    for (uint32_t i = 0; i < GROUP; i++) {
        uint32_t mfn = record->first_mfn + i;

        if (record->owned >> i & 1)
            set_owner(frames, mfn, domain);
        else if (mfn < FRAMES && frames->owner[mfn] == domain)
            set_owner(frames, mfn, 0);
    }
}

static void set_mark(struct frames *frames, uint32_t mfn, uint8_t mark, bool on) {
    if (mfn >= FRAMES)
        return;
    if (on)
        frames->marks[mfn] |= mark;
    else
        frames->marks[mfn] &= (uint8_t)~mark;
}

/* A splintered page is no table of the guest. */
static void on_shadow(struct frames *frames, uint32_t kind, uint32_t guest, uint32_t shadow, bool made) {
    set_mark(frames, shadow, MARK_SHADOW, made);
    if (kind == TRACE_SHADOW_KIND_fl1 || guest >= FRAMES)
        return;
    if (made)
        frames->shadows[guest]++;
    else if (frames->shadows[guest])
        frames->shadows[guest]--;
}

void frames_event(struct frames *frames, const struct event *event) {
    const struct trace_record_table_type *type = (const void *)event->bytes;
    const struct trace_record_shadow_make *make = (const void *)event->bytes;
    const struct trace_record_shadow_free *free = (const void *)event->bytes;

    switch (event->header.id) {
    case TRACE_ID_domain_frames:
        on_frames(frames, event);
        break;
    case TRACE_ID_table_type:
        set_mark(frames, type->mfn, MARK_VALIDATED, type->type != TRACE_TABLE_TYPE_none);
        break;
    case TRACE_ID_shadow_make:
        on_shadow(frames, make->kind, make->guest_mfn, make->shadow_mfn, true);
        break;
    case TRACE_ID_shadow_free:
        on_shadow(frames, free->kind, free->guest_mfn, free->shadow_mfn, false);
        break;
    default:
        break;
    }
}

enum frame_use frames_use(const struct frames *frames, uint32_t mfn) {
    if (frames->marks[mfn] & MARK_SHADOW)
        return FRAME_SHADOW_TABLE;
    if (!frames->owner[mfn])
        return FRAME_HYPERVISOR;
    return frames->shadows[mfn] || (frames->marks[mfn] & MARK_VALIDATED) ? FRAME_GUEST_TABLE : FRAME_GUEST;
}
