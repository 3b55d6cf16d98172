/*
 * timeline - what went on side by side in a trace: modes, vcpus, processes, rings, hypercalls, faults, flushes ...
 */
#include <inttypes.h>
#include <stdio.h>

#include "analysis/options.h"
#include "analysis/progress.h"
#include "analysis/reader.h"
#include "analysis/timeline_print.h"
#include "analysis/window.h"

#define BINS_MOST 100000u
#define DETAIL_MOST 100000000u

static const char help[] =
    "usage: timeline DIRECTORY [--from N] [--until N] [--domain N] [--lanes NAME[,NAME...]]\n"
    "                          [--top N | --list [--detail N] | --json [--detail N] [--bins N]]\n"
    "\n"
    "Print what went on in a trace as lanes of spans and points: who had the processor, each domain's paging mode,\n"
    "policy and shadow frames, and of each vcpu its state, the process and the ring that ran, hypercalls, faults and\n"
    "interrupts from entry to exit, TLB flushes, writes to page tables, markers and so on. docs/timeline.md has the\n"
    "list. Time is in simulated instructions.\n"
    "\n"
    "  DIRECTORY     the folder with the trace, for instance out/run/trace\n"
    WINDOW_HELP("  ")
    "                what reaches beyond is cut\n"
    "  --domain N    only what belongs to domain N\n"
    "  --lanes NAME  only the lanes of these names; NAME may end in *\n"
    "  --top N       the summary: N names of each lane (default 8)\n"
    "  --list        a line for each span and point, in the order of time\n"
    "  --json        JSON for other programs, described in docs/timeline.md\n"
    "  --detail N    keep at most N spans and points (default 200000): when there are more, the lanes that have most\n"
    "                are not listed, and have bins only in the JSON\n"
    "  --bins N      sums of at most N stretches of time for each lane of the JSON (default 1000)\n"
    "\n"
    "Columns: count: spans and points; instructions: that the spans cover; share: of the window.\n"
    "\n"
    "Exit status: 0 fine, 2 wrong usage, 3 nothing could be read, 4 the trace is incomplete.\n"
    "\n"
    "Example: analysis/timeline out/run/trace --from 78546000 --until 78550000 --list\n";

struct reading {
    struct timeline timeline;
    struct store store;
    struct progress progress;
    struct window window;
    const char *directory;
    bool list, json;
};

static void on_item(void *state, const struct timeline_item *item) {
    struct reading *reading = state;

    store_add(&reading->store, item);
}

static void on_event(void *state, const struct event *event) {
    struct reading *reading = state;

    progress_event(&reading->progress, event->time);
    if (!reading->timeline.begun)
        reading->store.from = event->time > reading->window.from ? event->time : reading->window.from;
    timeline_event(&reading->timeline, event);
}

static uint32_t option_count(const char *option, const char *text, uint32_t least, uint32_t most) {
    uint64_t number = option_number(option, text);

    if (number < least || number > most)
        usage_error("%s %s: from %" PRIu32 " to %" PRIu32, option, text, least, most);
    return (uint32_t)number;
}

static uint32_t parse(int argc, char **argv, struct reading *reading) {
    struct timeline *timeline = &reading->timeline;
    const char *value, *top = NULL, *detail = NULL, *bins = NULL;

    reading->window = WHOLE_TRACE;
    timeline->lanes = TIMELINE_ALL_LANES;
    for (int at = 1; at < argc;) {
        if (take_window(argc, argv, &at, &reading->window))
            continue;
        if (take_option(argc, argv, &at, "--domain", &value)) {
            timeline->one_domain = true;
            timeline->domid = option_count("--domain", value, 0, UINT16_MAX);
        } else if (take_option(argc, argv, &at, "--lanes", &value)) {
            timeline->lanes = timeline_lanes_named("--lanes", value);
        } else if (take_option(argc, argv, &at, "--list", NULL)) {
            reading->list = true;
        } else if (take_option(argc, argv, &at, "--json", NULL)) {
            reading->json = true;
        } else if (!take_option(argc, argv, &at, "--top", &top) && !take_option(argc, argv, &at, "--detail", &detail)
                   && !take_option(argc, argv, &at, "--bins", &bins)) {
            take_directory(argv, &at, &reading->directory);
        }
    }
    if (!reading->directory)
        usage_error("which trace directory?");
    if (reading->list && reading->json)
        usage_error("one of --list and --json");
    if (top && (reading->list || reading->json))
        usage_error("--top is for the summary");
    if (detail && !reading->list && !reading->json)
        usage_error("--detail is for --list and --json");
    if (bins && !reading->json)
        usage_error("--bins is for --json");
    if (reading->list || reading->json)
        reading->store.items = detail ? option_count("--detail", detail, 0, DETAIL_MOST) : 200000;
    if (reading->json)
        reading->store.bins = bins ? option_count("--bins", bins, 1, BINS_MOST) : 1000;
    return top ? option_count("--top", top, 1, UINT32_MAX) : 8;
}

/* Is there anything in the trace of what was asked for? */
static bool is_there(const struct reading *reading, uint64_t end) {
    const struct timeline *timeline = &reading->timeline;

    if (timeline->one_domain && !map_get(&timeline->domains.latest, timeline->domid)) {
        fprintf(stderr, "error: there is no domain %" PRIu32 " in the trace before its end or --until\n",
                timeline->domid);
        return false;
    }
    if (!timeline->begun || reading->window.from > end) {
        fprintf(stderr, "error: the trace has nothing in the window: it %s instruction %" PRIu64 "\n",
                timeline->begun ? "ends at" : "does not begin before", end);
        return false;
    }
    return true;
}

int main(int argc, char **argv) {
    static struct reading reading;
    struct reader_report report;

    answer_help(argc, argv, help);
    uint32_t top = parse(argc, argv, &reading);

    reading.timeline.state = &reading;
    reading.timeline.item = on_item;
    reading.timeline.from = reading.window.from;
    reading.timeline.until = reading.window.until;
    enum reader_status status =
        read_trace_until(reading.directory, reading.window.until, on_event, &reading, &report);

    progress_end(&reading.progress);
    print_report(reading.directory, &report);
    if (status != STATUS_NOTHING) {
        uint64_t end = report.stopped ? reading.window.until : report.last_time;

        timeline_finish(&reading.timeline, end);
        store_finish(&reading.store);
        const struct timeline_view view = { &reading.timeline, &reading.store, reading.store.from, end, top };

        if (!is_there(&reading, end))
            status = STATUS_USAGE;
        else
            (reading.json ? print_timeline_json : reading.list ? print_timeline_list : print_timeline_summary)(stdout,
                                                                                                              &view);
    }
    store_free(&reading.store);
    timeline_free(&reading.timeline);
    return finish_output(status);
}
