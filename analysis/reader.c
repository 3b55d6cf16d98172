/*
 * reader.c - see reader.h: find the traces, set damage aside, read, and say what came of it.
 */
#include "analysis/reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/folders.h"
#include "analysis/graph.h"
#include "analysis/salvage.h"

/* Check each folder; where one is damaged its name is replaced by that of the temporary folder. */
static bool check_all(struct folders *folders, struct salvage *salvages, struct graph_run *run) {
    for (uint32_t i = 0; i < folders->count; i++) {
        bool usable = salvage_begin(folders->paths[i], &salvages[i]);

        if (salvages[i].damage[0])
            snprintf(run->report->error, sizeof(run->report->error), "%s", salvages[i].damage);
        if (!usable)
            return false;
        if (salvages[i].until < run->until)
            run->until = salvages[i].until;
        if (salvages[i].folder) {
            free(folders->paths[i]);
            folders->paths[i] = strdup(salvages[i].folder);
        }
    }
    return true;
}

static void read_folders(struct folders *folders, struct graph_run *run) {
    struct salvage *salvages = grow(NULL, folders->count, sizeof(*salvages));
    char damage[sizeof(run->report->error)];

    memset(salvages, 0, folders->count * sizeof(*salvages));
    if (check_all(folders, salvages, run)) {
        memcpy(damage, run->report->error, sizeof(damage));
        graph_read(folders->paths, folders->count, run);
        if (damage[0]) /* the first cause, not what followed from it */
            memcpy(run->report->error, damage, sizeof(damage));
    }
    for (uint32_t i = 0; i < folders->count; i++)
        salvage_end(&salvages[i]);
    free(salvages);
}

/* No event reached the analyzers: say why, unless an error already does. */
static void explain_nothing(struct reader_report *report) {
    const char *why = "it holds no event";

    if (report->error[0])
        return;
    if (report->unknown)
        why = "it holds only records that this version does not know";
    else if (report->foreign)
        why = "it is not a trace of Penumbra: no event of the provider 'penumbra' is in it";
    snprintf(report->error, sizeof(report->error), "%s", why);
}

enum reader_status read_trace(const char *path, event_handler *handle, void *state, struct reader_report *report) {
    struct graph_run run = { .handle = handle, .state = state, .until = UINT64_MAX, .report = report };
    struct folders folders;

    *report = (struct reader_report){ 0 };
    const char *problem = folders_find(path, &folders);

    report->bytes = folders.bytes;
    if (problem)
        snprintf(report->error, sizeof(report->error), "%s", problem);
    else
        read_folders(&folders, &run);
    folders_free(&folders);
    if (report->events == 0) {
        explain_nothing(report);
        return STATUS_NOTHING;
    }
    report->complete = report->ended && !report->error[0] && !report->discarded && !report->discarded_packets;
    return report->complete ? STATUS_FINE : STATUS_INCOMPLETE;
}

void print_report(const char *path, const struct reader_report *report) {
    if (report->events == 0) {
        fprintf(stderr, "error: trace %s cannot be used: %s\n", path, report->error);
        return;
    }
    if (report->error[0])
        fprintf(stderr, "warning: trace %s: %s\n", path, report->error);
    if (report->unknown)
        fprintf(stderr, "warning: trace %s: %" PRIu64 " records skipped that this version does not know (first: %s); it was made by a "
                "newer version\n", path, report->unknown, report->unknown_name);
    if (report->discarded || report->discarded_packets)
        fprintf(stderr, "warning: trace %s: %" PRIu64 " events and %" PRIu64 " packets were lost while it was recorded; what is "
                "counted here is too little\n", path, report->discarded, report->discarded_packets);
    if (!report->ended)
        fprintf(stderr, "warning: trace %s is not complete: it ends early at instruction %" PRIu64 "\n", path, report->last_time);
}
