/*
 * profile_read.h - a trace's profile in one call, and its tables row by row.
 *
 * Callers: analysis/tools/profile.c; analysis/stream.py, which mirrors the rows.
 */
#ifndef ANALYSIS_PROFILE_READ_H
#define ANALYSIS_PROFILE_READ_H

#include "analysis/profile.h"

struct profile_read {
    enum reader_status status;
    struct follow follow;
    struct images images;
    struct entries entries;
    struct profile profile;
};

/* A row of the functions (profile.h). */
struct function_row {
    char image[96];
    const char *function;
    uint64_t calls, instructions, with_callees;
};

/* A row of the entries (entries.h): a kind, or what a function executed for it. */
struct entry_row {
    const char *kind;
    const char *function;       /* null in the row of the kind */
    uint64_t entries, instructions;
    uint64_t least, median, p90, most, writes;   /* 0 in a function's row */
};

/*
 * Profile the trace under path from instruction `from` on and before `until`. images: the folder with the symbols, or
 * null for the run's own. by: which entries into the hypervisor are told apart (enum entries_by), -1: none. Never
 * null; status is follow_trace's, and with STATUS_NOTHING there are no rows.
 */
struct profile_read *profile_read(const char *path, uint64_t from, uint64_t until, const char *images, int by);
/* Tell people on stderr what was wrong with the trace under path, if anything. */
void profile_read_report(const struct profile_read *read, const char *path);
enum reader_status profile_read_status(const struct profile_read *read);
/* What was wrong, in one sentence; empty when nothing. Static. */
const char *profile_read_trouble(const struct profile_read *read);
/* The index-th row; false behind the last. Texts are valid until profile_read_free. */
bool profile_read_function(const struct profile_read *read, uint32_t index, struct function_row *row);
bool profile_read_entry(const struct profile_read *read, uint32_t index, struct entry_row *row);
void profile_read_free(struct profile_read *read);

#endif
