/*
 * schedule - who had the processor in a trace.
 */
#include <stdio.h>

#include "analysis/options.h"
#include "analysis/reader.h"
#include "analysis/schedule.h"

static const char help[] =
    "usage: schedule DIRECTORY [--csv | --json]\n"
    "\n"
    "Print for each vcpu of each domain in a trace how much of the processor it had, how long it was running, ready\n"
    "to run and blocked, how often the processor went over to it, and how long it had to wait at most.\n"
    "\n"
    "  DIRECTORY   the folder with the trace, for instance out/run/trace\n"
    "  --csv       comma-separated values instead of a table\n"
    "  --json      JSON, described in docs/analysis.md\n"
    "\n"
    "Columns: share: of all instructions; instructions while it was the running one, the hypervisor's (ring 0) too;\n"
    "switches: to it; wakes: ends of a wait for an event; running, runnable, blocked: time in these states, in\n"
    "instructions of the machine; longest wait: runnable without a break. A dot is 0. Nobody: the processor had no\n"
    "vcpu to run.\n"
    "\n"
    "Exit status: 0 fine, 2 wrong usage, 3 nothing could be read, 4 the trace is incomplete.\n"
    "\n"
    "Example: analysis/schedule out/run/trace\n";

static void on_event(void *state, const struct event *event) {
    struct schedule *schedule = state;

    domains_event(schedule->domains, event);
    schedule_event(schedule, event);
}

int main(int argc, char **argv) {
    static void (*const print[])(FILE *, const struct schedule *) = {
        print_schedule_table, print_schedule_csv, print_schedule_json,
    };
    struct domains domains = { 0 };
    struct schedule schedule = { .domains = &domains };
    struct reader_report report;
    enum format format;

    answer_help(argc, argv, help);
    const char *directory = take_directory_and_format(argc, argv, &format);
    enum reader_status status = read_trace(directory, on_event, &schedule, &report);

    print_report(directory, &report);
    if (status != STATUS_NOTHING) {
        schedule_finish(&schedule);
        print[format](stdout, &schedule);
    }
    schedule_free(&schedule);
    domains_free(&domains);
    return finish_output(status);
}
