/*
 * tally.h - flushes counted in groups: by cause, means, domain, process, or any combination of them.
 *
 * Callers: analysis/flushes.c fills them, table.c, csv.c and summary.c print them.
 */
#ifndef ANALYSIS_TALLY_H
#define ANALYSIS_TALLY_H

#include <stdbool.h>

#include "analysis/map.h"
#include "analysis/processes.h"
#include "analysis/samples.h"
#include "trace/records.h"

#define MEANS_COUNT 6   /* values of enum means */

/* What groups are made by; also the order of the columns. */
enum dimension { BY_CAUSE = 1, BY_MEANS = 2, BY_DOMAIN = 4, BY_PROCESS = 8 };

/*
 * One flush, or one request that was answered without a flush (means none).
 * cause: enum cause, or LABEL_CAUSE + enum label when the guest named it. since: instructions since the last flush of
 * any kind.
 */
#define LABEL_CAUSE 0x100u
struct flush {
    uint32_t cause;
    uint32_t means;
    uint32_t domain;   /* index in domains */
    uint32_t process;
    uint32_t pages;    /* 0: all */
    uint64_t since;
    uint64_t walks;    /* page walks from this flush to the next: what it cost to fill the TLB again */
};

struct tally {
    unsigned dimensions;          /* of its tallies */
    struct flush key;             /* of cause, means, domain, process those it is made by; the rest is 0 */
    uint64_t calls;               /* times that the guest announced such a flush (flush marker); 0 in groups by means */
    uint64_t flushes;
    uint64_t by_means[MEANS_COUNT];
    uint64_t elided;              /* requests answered without a flush */
    uint64_t whole;               /* flushes of everything */
    uint64_t pages;               /* pages asked for by the others */
    uint64_t walks;
    struct samples since;         /* one number a flush: instructions since the last */
};

struct tallies {
    unsigned dimensions;          /* set of enum dimension */
    struct tally *list;
    uint32_t count;
    struct map index;
};

/* Count one flush. */
void tallies_add(struct tallies *tallies, const struct flush *flush);
/* Count one announcement by the guest: cause, domain, process are used. It may lead to many flushes, or to none. */
void tallies_add_call(struct tallies *tallies, const struct flush *call);
/* Sort: the largest group first; the instructions between flushes too. */
void tallies_finish(struct tallies *tallies);
void tallies_free(struct tallies *tallies);

/* Instructions since the last flush: the smallest (0), middle (50), largest (100); 0 without flushes. Once finished. */
uint64_t tally_since(const struct tally *tally, unsigned percent);
/* The cause's name, or "cause 99" for one that this version does not know, in text. */
const char *cause_title(uint32_t cause, char *text, size_t size);
const char *means_title(uint32_t means, char *text, size_t size);
/* The group's value of one dimension, for people. */
const char *tally_title(const struct tally *tally, enum dimension dimension, const struct processes *processes,
                        char *text, size_t size);

#endif
