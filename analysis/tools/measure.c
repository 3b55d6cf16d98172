/*
 * measure - what a guest's marked measurements cost in instructions.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analysis/json.h"
#include "analysis/measure.h"
#include "analysis/options.h"
#include "analysis/reader.h"
#include "analysis/run.h"

static const char help[] =
    "usage: measure DIRECTORY [--json]\n"
    "\n"
    "Print what each measurement in a trace cost: a guest marks its beginning and end with the marker hypercall, and\n"
    "the processor's counters at both are subtracted. The first line is the time from the hypervisor's start to the\n"
    "guest's first instruction.\n"
    "\n"
    "  DIRECTORY   the folder with the trace\n"
    "  --json      totals as JSON, described in docs/analysis.md; without it, a table for one operation\n"
    "\n"
    "Exit status: 0 fine, 2 wrong usage, 3 nothing could be read, 4 the trace is incomplete.\n"
    "\n"
    "Example: analysis/measure out/run/trace\n";

struct analysis {
    struct measures measures;
    struct domains domains;
    struct run run;
};

static void on_event(void *state, const struct event *event) {
    struct analysis *analysis = state;

    measures_event(&analysis->measures, event);
    domains_event(&analysis->domains, event);
    run_event(&analysis->run, event);
}

static void put_counts(struct json *json, const struct counts *counts) {
    json_number(json, "instructions", counts->instructions);
    json_number(json, "ring0", counts->ring0);
    json_number(json, "ring1", counts->ring1);
    json_number(json, "ring3", counts->ring3);
    json_number(json, "walks", counts->walks);
}

static void print_as_json(const struct analysis *analysis) {
    struct json json = { .to = stdout };

    json_begin(&json, NULL, '{');
    json_number(&json, "format", 1);
    if (analysis->run.started) {
        json_begin(&json, "boot", '{');
        put_counts(&json, &analysis->run.start);
        json_end(&json, '}');
    } else {
        json_null(&json, "boot");
    }
    json_begin(&json, "measures", '[');
    for (uint32_t i = 0; i < analysis->measures.count; i++) {
        const struct measurement *measurement = &analysis->measures.list[i];

        json_begin(&json, NULL, '{');
        json_text(&json, "name", measurement->name);
        json_number(&json, "number", measurement->number);
        json_number(&json, "domid", measurement->domid);
        json_number(&json, "operations", measurement->operations);
        put_counts(&json, &measurement->counts);
        json_end(&json, '}');
    }
    json_end(&json, ']');
    json_end(&json, '}');
}

static void print_line(const char *name, uint64_t operations, const struct counts *counts) {
    double each = operations ? (double)operations : 1.0;

    printf("%-16s  %10" PRIu64 "  %12.1f  %12.1f  %12.1f  %12.1f  %10.1f\n", name, operations,
           (double)counts->instructions / each, (double)counts->ring0 / each, (double)counts->ring1 / each,
           (double)counts->ring3 / each, (double)counts->walks / each);
}

static void print_as_table(const struct analysis *analysis) {
    printf("%-16s  %10s  %12s  %12s  %12s  %12s  %10s\n", "for one operation", "operations", "instructions", "ring 0",
           "ring 1", "ring 3", "walks");
    if (analysis->run.started)
        print_line("boot", 1, &analysis->run.start);
    for (uint32_t i = 0; i < analysis->measures.count; i++) {
        const struct measurement *measurement = &analysis->measures.list[i];

        print_line(measurement->name, measurement->operations, &measurement->counts);
    }
}

int main(int argc, char **argv) {
    struct analysis analysis = { .run = { .domains = &analysis.domains } };
    struct reader_report report;
    const char *directory = NULL;
    bool as_json = false;

    answer_help(argc, argv, help);
    for (int at = 1; at < argc;) {
        if (take_option(argc, argv, &at, "--json", NULL))
            as_json = true;
        else
            take_directory(argv, &at, &directory);
    }
    if (!directory)
        usage_error("which trace directory?");
    enum reader_status status = read_trace(directory, on_event, &analysis, &report);

    print_report(directory, &report);
    if (status != STATUS_NOTHING)
        (as_json ? print_as_json : print_as_table)(&analysis);
    measures_free(&analysis.measures);
    run_free(&analysis.run);
    domains_free(&analysis.domains);
    return finish_output(status);
}
