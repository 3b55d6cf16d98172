/*
 * check - whether the instruction stream of a trace and the records beside it keep their rules.
 */
#include <stdio.h>
#include <stdlib.h>

#include "analysis/check.h"
#include "analysis/options.h"
#include "analysis/window.h"

static const char help[] =
    "usage: check DIRECTORY [--from N] [--until N] [--csv | --json]\n"
    "\n"
    "Check the instruction stream of a trace, rule by rule: how instructions follow each other, what page walks,\n"
    "accesses and records say of them. Prints how many cases each rule was checked in, and the first offences.\n"
    "\n"
    "  DIRECTORY   the folder with the trace, for instance out/run/trace\n"
    WINDOW_HELP("")
    "  --csv       comma-separated values instead of a table\n"
    "  --json      JSON, described in docs/analysis.md, as the rules are\n"
    "\n"
    "Exit status: 0 fine, 1 a rule is broken, 2 wrong usage, 3 nothing could be read, 4 the trace is incomplete.\n"
    "\n"
    "Example: analysis/check out/run/trace\n";

int main(int argc, char **argv) {
    static void (*const print[])(FILE *, const struct check *) = {
        print_check_table, print_check_csv, print_check_json,
    };
    struct command command = { .window = WHOLE_TRACE };
    struct check check = { 0 };
    struct follow follow = { .state = &check, .item = check_item, .event = check_event };

    answer_help(argc, argv, help);
    for (int at = 1; at < argc;)
        take_command(argc, argv, &at, &command);
    check_command(&command);
    check.follow = &follow;
    enum reader_status status = follow_trace(&follow, command.directory, command.window.from, command.window.until);

    follow_print_report(command.directory, &follow);
    if (status != STATUS_NOTHING) {
        print[command.format](stdout, &check);
        fflush(stdout); /* the table before the complaint */
        print_check_offences(stderr, &check);
        if (check_offences(&check))
            status = STATUS_OFFENCE;
    }
    check_free(&check);
    follow_free(&follow);
    return finish_output(status);
}
