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
    WINDOW_HELP
    "  --csv       comma-separated values instead of a table\n"
    "  --json      JSON, described in docs/analysis.md, as the rules are\n"
    "\n"
    "Exit status: 0 fine, 1 a rule is broken, 2 wrong usage, 3 nothing could be read, 4 the trace is incomplete.\n"
    "\n"
    "Example: analysis/check out/run/trace\n";

struct choice {
    const char *directory;
    struct window window;
    enum format format;
};

static struct choice choose(int argc, char **argv) {
    struct choice choice = { .window = WHOLE_TRACE };

    for (int at = 1; at < argc;) {
        if (take_option(argc, argv, &at, "--csv", NULL))
            choice.format = FORMAT_CSV;
        else if (take_option(argc, argv, &at, "--json", NULL))
            choice.format = FORMAT_JSON;
        else if (!take_window(argc, argv, &at, &choice.window))
            take_directory(argv, &at, &choice.directory);
    }
    if (!choice.directory)
        usage_error("which trace directory?");
    return choice;
}

int main(int argc, char **argv) {
    static void (*const print[])(FILE *, const struct check *) = {
        print_check_table, print_check_csv, print_check_json,
    };
    struct check check = { 0 };
    struct follow follow = { .state = &check, .item = check_item, .event = check_event };

    answer_help(argc, argv, help);
    struct choice choice = choose(argc, argv);

    check.follow = &follow;
    enum reader_status status = follow_trace(&follow, choice.directory, choice.window.from, choice.window.until);

    follow_print_report(choice.directory, &follow);
    if (status != STATUS_NOTHING) {
        print[choice.format](stdout, &check);
        fflush(stdout); /* the table before the complaint */
        print_check_offences(stderr, &check);
        if (check_offences(&check))
            status = STATUS_OFFENCE;
    }
    check_free(&check);
    follow_free(&follow);
    return finish_output(status);
}
