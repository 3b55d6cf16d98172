/*
 * reader.c - see reader.h: find the trace, set damage aside, read, and say what came of it.
 */
#include "analysis/reader.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analysis/folders.h"
#include "analysis/graph.h"
#include "analysis/quick.h"
#include "analysis/salvage.h"

/* Read the one trace that was found; of a damaged one, the part that salvage.h makes readable. */
static void read_folder(const char *folder, struct graph_run *run) {
    struct reader_report *report = run->report;
    struct salvage salvage;

    run->until = UINT64_MAX;
    if (quick_read(folder, run))
        return;
    bool usable = salvage_begin(folder, &salvage);

    run->until = salvage.until;
    if (usable)
        graph_read(salvage.folder ? salvage.folder : folder, run);
    if (salvage.damage[0]) /* the first cause, not what followed from it */
        snprintf(report->error, sizeof(report->error), "%s", salvage.damage);
    salvage_end(&salvage);
}

/* One run is one trace: several would be several machines with clocks of their own. */
static void refuse_several(const struct folders *folders, struct reader_report *report) {
    size_t used =
        (size_t)snprintf(report->error, sizeof(report->error), "it holds %u traces; name one of them:", folders->count);

    for (uint32_t i = 0; i < folders->count && used < sizeof(report->error); i++)
        used += (size_t)snprintf(report->error + used, sizeof(report->error) - used, " %s", folders->paths[i]);
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

enum reader_status read_trace_until(const char *path, uint64_t until, event_handler *handle, void *state,
                                    struct reader_report *report) {
    struct graph_run run = { .wanted = until, .handle = handle, .state = state, .report = report };
    struct folders folders;

    *report = (struct reader_report){ 0 };
    const char *problem = folders_find(path, &folders);

    report->bytes = folders.bytes;
    if (problem)
        snprintf(report->error, sizeof(report->error), "%s", problem);
    else if (folders.count > 1)
        refuse_several(&folders, report);
    else
        read_folder(folders.paths[0], &run);
    folders_free(&folders);
    if (report->events == 0 && !report->stopped) {
        explain_nothing(report);
        return STATUS_NOTHING;
    }
    report->complete = (report->ended || report->stopped) && !report->error[0] && !report->lost && !report->discarded
        && !report->discarded_packets;
    return report->complete ? STATUS_FINE : STATUS_INCOMPLETE;
}

enum reader_status read_trace(const char *path, event_handler *handle, void *state, struct reader_report *report) {
    return read_trace_until(path, UINT64_MAX, handle, state, report);
}

void print_report(const char *path, const struct reader_report *report) {
    if (report->events == 0 && !report->stopped) {
        fprintf(stderr, "error: trace %s cannot be used: %s\n", path, report->error);
        return;
    }
    if (report->error[0])
        fprintf(stderr, "warning: trace %s: %s\n", path, report->error);
    if (report->unknown)
        fprintf(stderr,
                "warning: trace %s: %" PRIu64
                " records skipped that this version does not know (first: %s); it was made by a "
                "newer version\n",
                path, report->unknown, report->unknown_name);
    if (report->discarded || report->discarded_packets)
        fprintf(stderr,
                "warning: trace %s: %" PRIu64 " events and %" PRIu64
                " packets were lost while it was recorded; what is "
                "counted here is too little\n",
                path, report->discarded, report->discarded_packets);
    if (report->lost)
        fprintf(stderr,
                "warning: trace %s: %" PRIu64 " records of the hypervisor were lost on their way to the agent\n", path,
                report->lost);
    if (!report->ended && !report->stopped)
        fprintf(stderr, "warning: trace %s is not complete: it ends early at instruction %" PRIu64 "\n", path,
                report->last_time);
}
