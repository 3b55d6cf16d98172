/*
 * export - a trace, or a part of it, in other programs' formats.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "analysis/export.h"
#include "analysis/options.h"
#include "analysis/progress.h"
#include "analysis/reader.h"
#include "analysis/window.h"

static const char help[] =
    "usage: export DIRECTORY --format FORMAT [--from N] [--until N] [--domain N] [--lanes NAMES] > FILE\n"
    "\n"
    "Write a trace, or a part of it, for other programs:\n"
    "\n"
    "  chrome   the Trace Event Format: open the file in Perfetto, or in Chrome's chrome://tracing. It has the lanes\n"
    "           of analysis/timeline: a process is a domain, a thread is a lane; a nanosecond is an instruction\n"
    "  xen      Xen's own trace: xenalyze --summary --cpu-hz=1G FILE. Records that Xen has, too; docs/exports.md says\n"
    "           which\n"
    "\n"
    "  DIRECTORY     the folder with the trace, for instance out/run/trace\n"
    WINDOW_HELP("  ")
    "  --domain N    chrome: only what belongs to domain N\n"
    "  --lanes NAME  chrome: only the lanes of these names; NAME may end in *\n"
    "\n"
    "Exit status: 0 fine, 2 wrong usage, 3 nothing could be read or written, 4 the trace is incomplete.\n"
    "\n"
    "Example: analysis/export out/run/trace --format chrome --from 78000000 --until 79000000 > out/run/trace.json\n";

struct request {
    const char *directory, *format;
    struct window window;
    uint32_t lanes;
    bool one_domain;
    uint32_t domid;
};

static struct request parse(int argc, char **argv) {
    struct request request = { .window = WHOLE_TRACE, .lanes = TIMELINE_ALL_LANES };
    const char *value, *chosen = NULL;

    for (int at = 1; at < argc;) {
        if (take_window(argc, argv, &at, &request.window))
            continue;
        if (take_option(argc, argv, &at, "--format", &request.format))
            continue;
        if (take_option(argc, argv, &at, "--domain", &value)) {
            chosen = "--domain";
            request.one_domain = true;
            uint64_t number = option_number("--domain", value);

            if (number > UINT16_MAX)
                usage_error("--domain %s: from 0 to 65535", value);
            request.domid = (uint32_t)number;
        } else if (take_option(argc, argv, &at, "--lanes", &value)) {
            chosen = "--lanes";
            request.lanes = timeline_lanes_named("--lanes", value);
        } else {
            take_directory(argv, &at, &request.directory);
        }
    }
    if (!request.directory)
        usage_error("which trace directory?");
    if (!request.format || (strcmp(request.format, "chrome") && strcmp(request.format, "xen")))
        usage_error("--format chrome or --format xen");
    if (chosen && !strcmp(request.format, "xen"))
        usage_error("%s is for --format chrome", chosen);
    return request;
}

static enum reader_status nothing_in_window(void) {
    fprintf(stderr, "error: the trace has nothing in the window, or of the domain, that was asked for\n");
    return STATUS_USAGE;
}

static struct progress progress;

static void to_chrome(void *chrome, const struct event *event) {
    progress_event(&progress, event->time);
    export_chrome_event(chrome, event);
}

static void to_xen(void *xen, const struct event *event) {
    progress_event(&progress, event->time);
    export_xen_event(xen, event);
}

static enum reader_status write_chrome(const struct request *request) {
    static struct export_chrome chrome;
    struct reader_report report;

    chrome.to = stdout;
    chrome.timeline.from = request->window.from;
    chrome.timeline.until = request->window.until;
    chrome.timeline.lanes = request->lanes;
    chrome.timeline.one_domain = request->one_domain;
    chrome.timeline.domid = request->domid;
    enum reader_status status =
        read_trace_until(request->directory, request->window.until, to_chrome, &chrome, &report);

    progress_end(&progress);
    print_report(request->directory, &report);
    export_chrome_finish(&chrome, report.stopped ? request->window.until : report.last_time);
    return status == STATUS_NOTHING || chrome.begun ? status : nothing_in_window();
}

static enum reader_status write_xen(const struct request *request) {
    static struct export_xen xen;
    struct reader_report report;

    if (isatty(STDOUT_FILENO))
        usage_error("--format xen writes bytes that are not for a terminal: direct them into a file");
    xen.to = stdout;
    xen.from = request->window.from;
    enum reader_status status =
        read_trace_until(request->directory, request->window.until, to_xen, &xen, &report);

    progress_end(&progress);
    print_report(request->directory, &report);
    export_xen_finish(&xen);
    if (xen.refused) {
        fprintf(stderr, "error: the trace does not say which vcpu runs: the record class 'sched' was off (boot option "
                        "classes=)\n");
        return STATUS_NOTHING;
    }
    if (xen.numbers)
        fprintf(stderr, "note: left out %" PRIu64 " hypercalls of numbers that Xen does not have\n", xen.numbers);
    if (xen.elsewhere)
        fprintf(stderr, "note: left out %" PRIu64 " records of vcpus that were not the running one\n", xen.elsewhere);
    return status == STATUS_NOTHING || xen.records ? status : nothing_in_window();
}

int main(int argc, char **argv) {
    answer_help(argc, argv, help);
    const struct request request = parse(argc, argv);

    return finish_output(strcmp(request.format, "xen") ? write_chrome(&request) : write_xen(&request));
}
