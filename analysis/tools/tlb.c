/*
 * tlb - TLB-flush statistics of a trace.
 */
#include <stdio.h>
#include <string.h>

#include "analysis/flushes.h"
#include "analysis/options.h"
#include "analysis/print.h"
#include "analysis/reader.h"

static const char help[] =
    "usage: tlb DIRECTORY [--by WHAT[,WHAT...]] [--csv | --json | --svg]\n"
    "\n"
    "Count the TLB flushes in a trace: who asked for them, how they were done, what it cost to fill the TLB again.\n"
    "\n"
    "  DIRECTORY   the folder with the trace, for instance out/run/trace\n"
    "  --by WHAT   cause (if not given), means, domain, process, or several with commas: one line each combination\n"
    "  --csv       comma-separated values instead of a table, with the flushes before the guest's start\n"
    "  --json      JSON, described in docs/analysis.md\n"
    "  --svg       a picture: bars of flushes and of the page walks that they cost\n"
    "\n"
    "Columns: calls: times that the guest announced such a flush; flushes; of them by mov cr3, invlpg, cr0/cr4;\n"
    "elided: requests answered without a flush; whole: flushes of everything; pages: pages asked for by the others;\n"
    "walks: page walks from the flush to the next one; median gap: instructions since the last flush, of whatever\n"
    "group. A dot is 0.\n"
    "\n"
    "Exit status: 0 fine, 1 a flush is unexplained, 2 wrong usage, 3 nothing could be read, 4 the trace is\n"
    "incomplete.\n"
    "\n"
    "Example: analysis/tlb out/run/trace --by cause,process\n";

struct choice {
    const char *directory;
    unsigned dimensions;
    enum format format;
};

static unsigned parse_by(const char *list) {
    unsigned dimensions = 0;

    for (const char *at = list; *at;) {
        size_t length = strcspn(at, ",");
        unsigned found = 0;

        for (unsigned i = 0; i < 4; i++) {
            if (strlen(dimension_names[i].name) == length && !strncmp(dimension_names[i].name, at, length))
                found = dimension_names[i].dimension;
        }
        if (!found)
            usage_error("--by %.*s: it can be cause, means, domain or process", (int)length, at);
        dimensions |= found;
        at += length + (at[length] == ',');
    }
    if (!dimensions)
        usage_error("--by wants cause, means, domain or process");
    return dimensions;
}

static void choose_format(struct choice *choice, enum format format) {
    if (choice->format != FORMAT_TABLE && choice->format != format)
        usage_error("one of --csv, --json and --svg");
    choice->format = format;
}

static struct choice parse(int argc, char **argv) {
    struct choice choice = { .dimensions = BY_CAUSE };
    const char *value;

    for (int at = 1; at < argc;) {
        if (take_option(argc, argv, &at, "--by", &value))
            choice.dimensions = parse_by(value);
        else if (take_option(argc, argv, &at, "--csv", NULL))
            choose_format(&choice, FORMAT_CSV);
        else if (take_option(argc, argv, &at, "--json", NULL))
            choose_format(&choice, FORMAT_JSON);
        else if (take_option(argc, argv, &at, "--svg", NULL))
            choose_format(&choice, FORMAT_SVG);
        else
            take_directory(argv, &at, &choice.directory);
    }
    if (!choice.directory)
        usage_error("which trace directory?");
    return choice;
}

static void on_event(void *state, const struct event *event) {
    struct flushes *flushes = state;

    domains_event(flushes->processes->domains, event);
    processes_event(flushes->processes, event);
    flushes_event(flushes, event);
}

int main(int argc, char **argv) {
    static void (*const print[])(FILE *, const struct flushes *) = { print_table, print_csv, print_json, print_svg };

    answer_help(argc, argv, help);
    struct choice choice = parse(argc, argv);
    struct domains domains = { 0 };
    struct processes processes = { .domains = &domains };
    struct flushes flushes = { .processes = &processes, .groupings = { choice.dimensions } };
    struct reader_report report;
    enum reader_status status = read_trace(choice.directory, on_event, &flushes, &report);

    print_report(choice.directory, &report);
    if (status != STATUS_NOTHING) {
        flushes_finish(&flushes);
        print[choice.format](stdout, &flushes);
        fflush(stdout); /* the table before the complaint */
        print_offence(stderr, &flushes);
        if (flushes.unexplained)
            status = STATUS_OFFENCE;
    }
    flushes_free(&flushes);
    processes_free(&processes);
    domains_free(&domains);
    return finish_output(status);
}
