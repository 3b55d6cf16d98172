/*
 * modes - paging modes in a trace: switches and what they cost, page tables validated, disconnected and refused, stores
 * that shadow mode did not carry out.
 */
#include <stdio.h>

#include "analysis/modes_print.h"
#include "analysis/options.h"
#include "analysis/reader.h"

static const char help[] =
    "usage: modes DIRECTORY [--csv | --json]\n"
    "\n"
    "Print what a trace says about paging modes: switches by kind with what they cost; of direct and writable mode\n"
    "the page tables that were validated, those that were disconnected while the guest wrote them and why they were\n"
    "connected again, and requests that were refused; of shadow mode the stores to tables that it did not carry out,\n"
    "by reason and by the instruction's first bytes.\n"
    "\n"
    "  DIRECTORY   the folder with the trace, for instance out/run/trace\n"
    "  --csv       comma-separated values instead of tables\n"
    "  --json      JSON, described in docs/analysis.md\n"
    "\n"
    "Columns: switches: those that took place; least, median, most: instructions of one of them; walks: page walks\n"
    "from the end of the switch to the next flush; entries changed: while tables were disconnected, with the mean and\n"
    "the most for one table. A dot is 0.\n"
    "\n"
    "Exit status: 0 fine, 2 wrong usage, 3 nothing could be read, 4 the trace is incomplete.\n"
    "\n"
    "Example: analysis/modes out/run/trace\n";

static void on_event(void *state, const struct event *event) {
    struct modes *modes = state;

    switches_event(&modes->switches, event);
    tables_event(&modes->tables, event);
}

int main(int argc, char **argv) {
    static void (*const print[])(FILE *, const struct modes *) = {
        print_modes_table, print_modes_csv, print_modes_json,
    };
    struct modes modes = { 0 };
    struct reader_report report;
    enum format format;

    answer_help(argc, argv, help);
    const char *directory = take_directory_and_format(argc, argv, &format);
    enum reader_status status = read_trace(directory, on_event, &modes, &report);

    print_report(directory, &report);
    if (status != STATUS_NOTHING) {
        switches_finish(&modes.switches);
        tables_finish(&modes.tables);
        print[format](stdout, &modes);
    }
    switches_free(&modes.switches);
    tables_free(&modes.tables);
    return finish_output(status);
}
