/*
 * salvage.h - the readable part of a damaged LTTng trace.
 *
 * libbabeltrace2 refuses a whole trace when one packet is cut off or overwritten. Here the packets of each stream are
 * checked first; of a damaged stream a copy is made up to the damage, in a temporary folder beside links to what is
 * whole, and that folder is read instead. The instruction stream, which has a reader of its own, is left out in the
 * same way.
 *
 * Rules: the trace itself is never changed. What follows the first damage is not read, in any stream: a reader must be
 * able to rely on having seen everything before the last event it got.
 * Callers: analysis/reader.c, quick.c. Source: Common Trace Format 1.8.3, section 5; LTTng-UST 2.13's packet header and
 * context.
 */
#ifndef ANALYSIS_SALVAGE_H
#define ANALYSIS_SALVAGE_H

#include <stdbool.h>
#include <stdint.h>

struct salvage {
    const char *folder;  /* the temporary folder, or null when the trace is read as it is */
    uint64_t until;      /* events after this time must not be used */
    char damage[400];    /* what was found, for people; empty when nothing */
};

/*
 * Check the trace in folder. Returns false when the damage is such that nothing can be read, or the temporary folder
 * cannot be made; damage says why. salvage_end must be called in any case. One trace at a time.
 */
bool salvage_begin(const char *folder, struct salvage *salvage);
/* Remove the temporary folder. */
void salvage_end(struct salvage *salvage);
/*
 * Whether the file called name in folder is a stream of events. The instruction stream is none: libbabeltrace2 would
 * make an object of each byte of its packets.
 */
bool salvage_is_stream(const char *folder, const char *name);

#endif
