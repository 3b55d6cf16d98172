/*
 * tlbsim - what other TLBs would have done with a trace.
 */
#include <stdio.h>
#include <stdlib.h>

#include "analysis/options.h"
#include "analysis/tlbsim.h"
#include "analysis/window.h"

static const char help[] =
    "usage: tlbsim DIRECTORY [--tlb DESCRIPTION]... [--from N] [--until N] [--csv | --json]\n"
    "\n"
    "Replay the references and flushes of a trace through TLBs: print their misses, which flushes they are due to,\n"
    "and what tags for address spaces save. The emulator's own TLB is among them: it must make the walks that are in\n"
    "the trace. The trace needs data accesses (TRACE=mem); without them instruction fetches alone are replayed.\n"
    "\n"
    "  DIRECTORY   the folder with the trace, for instance out/run/trace\n"
    "  --tlb TEXT  a TLB, words with commas between them; may be given several times. The words, each with its value\n"
    "              when it is not given:\n"
    "                entries=64, ways=4     of the first level; ways=0: fully associative\n"
    "                split=no               yes: two such tables, one for instructions\n"
    "                entries2=0, ways2=4    of the second level; 0: there is none\n"
    "                global=yes             global pages stay when CR3 is loaded\n"
    "                tags=0                 so many address spaces are told apart, as PCID does\n"
    "                walks=0                directory entries that are kept for walks\n"
    "                name=TEXT              for the report\n"
    WINDOW_HELP("")
    "  --csv       comma-separated values instead of tables\n"
    "  --json      JSON, described in docs/analysis.md, as the columns are\n"
    "\n"
    "Exit status: 0 fine, 1 the emulator's TLB made other walks than its model, 2 wrong usage, 3 nothing could be\n"
    "read, 4 the trace is incomplete.\n"
    "\n"
    "Example: analysis/tlbsim out/run/trace --tlb entries=64,ways=4 --tlb entries=64,ways=4,tags=8\n";

static void add_tlb(struct tlbsim *sim, const char *text) {
    struct tlb_shape shape;
    char why[128];

    if (!tlb_shape_read(&shape, text, why, sizeof(why)))
        usage_error("--tlb %s: %s", text, why);
    tlbsim_add(sim, &shape);
}

static struct command choose(int argc, char **argv, struct tlbsim *sim) {
    struct command command = { .window = WHOLE_TRACE };
    const char *value;

    for (int at = 1; at < argc;) {
        if (take_option(argc, argv, &at, "--tlb", &value))
            add_tlb(sim, value);
        else
            take_command(argc, argv, &at, &command);
    }
    check_command(&command);
    return command;
}

int main(int argc, char **argv) {
    static void (*const print[])(FILE *, const struct tlbsim *) = {
        print_tlbsim_table, print_tlbsim_csv, print_tlbsim_json,
    };
    static struct tlbsim sim;
    struct follow follow = { .state = &sim, .item = tlbsim_item, .event = tlbsim_event };

    answer_help(argc, argv, help);
    tlbsim_begin(&sim);
    struct command command = choose(argc, argv, &sim);
    enum reader_status status = follow_trace(&follow, command.directory, command.window.from, command.window.until);

    tlbsim_end(&sim);
    follow_print_report(command.directory, &follow);
    if (status != STATUS_NOTHING) {
        print[command.format](stdout, &sim);
        fflush(stdout); /* the table before the complaint */
        print_tlbsim_difference(stderr, &sim);
        if (sim.first.what)
            status = STATUS_OFFENCE;
    }
    tlbsim_free(&sim);
    follow_free(&follow);
    return finish_output(status);
}
