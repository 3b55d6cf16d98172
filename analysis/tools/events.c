/*
 * events - the records of a trace as text, one a line, filtered.
 */
#include <inttypes.h>
#include <stdio.h>

#include "analysis/event_print.h"
#include "analysis/options.h"
#include "analysis/reader.h"

static const char help[] =
    "usage: events DIRECTORY [--only NAME[,NAME...]] [--from N] [--to N] [--count N]\n"
    "\n"
    "Print the records of a trace in time order: instruction, domain and vcpu, name, fields. docs/records.md lists\n"
    "the records.\n"
    "\n"
    "  DIRECTORY    the folder with the trace\n"
    "  --only NAME  only records of these names; NAME may end in * (shadow_*)\n"
    "  --from N     only from instruction N on\n"
    "  --to N       only up to instruction N\n"
    "  --count N    only the first N of them\n"
    "\n"
    "Exit status: 0 fine, 2 wrong usage, 3 nothing could be read, 4 the trace is incomplete.\n"
    "\n"
    "Example: analysis/events out/run/trace --only flush,hw_tlb_control --count 20\n";

struct filter {
    const char *directory;
    const char *only;       /* null: all */
    uint64_t from, to, count;
};

static void on_event(void *state, const struct event *event) {
    struct filter *filter = state;

    if (event->time < filter->from || event->time > filter->to || filter->count == 0)
        return;
    if (filter->only && !in_list(filter->only, event->what->name))
        return;
    filter->count--;
    printf("%" PRIu64 " ", event->time);
    print_event(stdout, event);
    putchar('\n');
}

static struct filter parse(int argc, char **argv) {
    struct filter filter = { .to = UINT64_MAX, .count = UINT64_MAX };
    const char *value;

    for (int at = 1; at < argc;) {
        if (take_option(argc, argv, &at, "--only", &value))
            check_record_names("--only", filter.only = value);
        else if (take_option(argc, argv, &at, "--from", &value))
            filter.from = option_number("--from", value);
        else if (take_option(argc, argv, &at, "--to", &value))
            filter.to = option_number("--to", value);
        else if (take_option(argc, argv, &at, "--count", &value))
            filter.count = option_number("--count", value);
        else
            take_directory(argv, &at, &filter.directory);
    }
    if (!filter.directory)
        usage_error("which trace directory?");
    return filter;
}

int main(int argc, char **argv) {
    struct reader_report report;

    answer_help(argc, argv, help);
    struct filter filter = parse(argc, argv);
    enum reader_status status = read_trace(filter.directory, on_event, &filter, &report);

    print_report(filter.directory, &report);
    return finish_output(status);
}
