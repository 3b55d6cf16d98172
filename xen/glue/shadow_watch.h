/*
 * shadow_watch.h - what a privileged domain watches of another one's memory: which frames are written (log-dirty),
 * which are used (sampling). The engine keeps the marks, by machine frame (shadow/dirty.h, shadow/sample.h); here
 * they get their memory, and numbers of the domain.
 *
 * Rules:
 *  - A domain is watched in shadow mode. While the log is on it stays there (xen/domain/switch.c).
 *  - A number of the domain is dirty when the frame behind it is, and also when it got another frame. A number
 *  without a
 *    frame is neither dirty nor used.
 *  - What has no number is never reported: shared_info, the grant table, frames of others.
 * Callers: hypercall/domctl_shadow.c; what may write a domain's memory without its shadow entries: dirty_log_note.
 */
#ifndef XEN_GLUE_SHADOW_WATCH_H
#define XEN_GLUE_SHADOW_WATCH_H

#include "xen/domain/domain.h"

/* Numbers of the domain that one part of a report covers. */
#define WATCH_PART 1024u
/* Leaf pages from which one part of a harvest collects. */
#define WATCH_PAGES 8u

/*
 * Does somebody want to know of each entry that is written by hypercall in shadow mode: a log, or audit=full? It is so
 * from watch_tables on.
 */
extern bool tables_watched;
void watch_tables(void);

/*
 * Begin the log, every frame dirty. -EINVAL: it is on. -EOPNOTSUPP: the domain is not in shadow mode. -ENOMEM: no
 * memory for the marks. Nothing has changed then.
 */
int dirty_log_start(struct domain *domain);
/* End it; it is on. */
void dirty_log_stop(struct domain *domain);
/*
 * Which of count numbers (up to WATCH_PART) from first on, all below p2m_size, are dirty? Bit n of bitmap is first + n.
 * cleaning: they are not, from now on. Returns how many were. The log is on.
 */
uint32_t dirty_log_read(struct domain *domain, uint32_t first, uint32_t count, uint32_t *bitmap, bool cleaning);
/* What was read and cleaned could not be told to anybody: the same numbers are dirty again. */
void dirty_log_undo(struct domain *domain, uint32_t first, uint32_t count, const uint32_t *bitmap);
/* Stores that faulted for the log's sake, since it began or they were reset. */
uint32_t dirty_log_faults(const struct domain *domain, bool reset);

/* Begin to sample. Errors as for the log; it is off. */
int sampling_start(struct domain *domain);
void sampling_stop(struct domain *domain);
/* Collect from so many leaf pages, from the pool's page first on. Returns where to go on, or 0. Sampling is on. */
uint32_t sampling_harvest(struct domain *domain, uint32_t first);
/* Forget that these numbers have been used; or tell which have been. As dirty_log_read. */
void sampling_forget(struct domain *domain, uint32_t first, uint32_t count);
uint32_t sampling_read(struct domain *domain, uint32_t first, uint32_t count, uint32_t *bitmap);

/* The domain ends: the memory of the marks. */
void watch_dispose(struct domain *domain);

#endif
