/*
 * watcher.h - somebody who watches the guest's memory through the engine, and knows the answers.
 *
 * It keeps a copy of the guest's memory as it was when it was last cleaned: a frame that differs and is not in the log
 * breaks W2 or W3, one that is and was not written breaks W7. In the same way for what was used (A1 to A5).
 */
#ifndef UNIT_WATCHER_H
#define UNIT_WATCHER_H

#include <stdbool.h>
#include <stdint.h>

/* A new guest. Nothing is watched. */
void watcher_begin(void);
/*
 * The guest's access reached frame, which has this number, by the processor or carried out for it; and somebody else
 * wrote it.
 */
void watcher_saw(uint32_t number, bool write);
void watcher_wrote(uint32_t number);
/* Two numbers have each other's frame now: what was used goes with the frame, and both numbers got another one. */
void watcher_exchanged(uint32_t a, uint32_t b);

/* What has been written is in the log, and nothing else. The log is on. */
void watcher_check_log(void);

/* By chance: begin, look, clean, harvest, end. */
void watcher_act(void);
/* The guest ends. */
void watcher_end(void);
/* Everything that it does has been done often. */
void watcher_check_done(void);

#endif
