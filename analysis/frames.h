/*
 * frames.h - what each machine frame is used for at this moment, as records say.
 *
 * Rules: a frame that no domain owns is the hypervisor's (or the firmware's); one that is a shadow page is a shadow
 * table, from shadow_make to shadow_free. A domain's frame is a table of the guest while the hypervisor shadows it or
 * has validated it. A frame that changes its owner is a plain one. Without the record class shadow the shadow
 * engine's tables are not told from other memory. Callers: analysis/memory.c. A zeroed structure knows nothing; it
 * takes 4 MiB.
 */
#ifndef ANALYSIS_FRAMES_H
#define ANALYSIS_FRAMES_H

#include <stdbool.h>

#include "analysis/event.h"

#define FRAMES (1u << 20) /* of 4 KiB in 32 bits of physical address */

enum frame_use { FRAME_HYPERVISOR, FRAME_SHADOW_TABLE, FRAME_GUEST, FRAME_GUEST_TABLE, FRAME_USES };

extern const char *const frame_use_names[FRAME_USES];

struct frames {
    uint16_t owner[FRAMES];    /* number of the domain and 1; 0: nobody */
    uint8_t shadows[FRAMES];   /* how many shadow pages stand for this table */
    uint8_t marks[FRAMES];
};

/* Take notice of an event. */
void frames_event(struct frames *frames, const struct event *event);
/* mfn < FRAMES */
enum frame_use frames_use(const struct frames *frames, uint32_t mfn);

#endif
