/*
 * memory - which memory a trace touched.
 */
#include <stdio.h>

#include "analysis/memory.h"
#include "analysis/options.h"
#include "analysis/window.h"

#define INTERVALS 16u
#define TOP 10u
#define TOP_MAX 100000u

static const char help[] =
    "usage: memory DIRECTORY [--intervals N] [--top N] [--from N] [--until N] [--csv | --json | --svg]\n"
    "\n"
    "Print which machine frames a trace touched: what they are used for and what was done with them, how many in each\n"
    "interval of time (working sets), the hottest, and how soon they are referenced again (reuse distances, exact).\n"
    "Data counts where the trace has accesses (TRACE=mem); instructions and page walks always.\n"
    "\n"
    "  DIRECTORY      the folder with the trace, for instance out/run/trace\n"
    "  --intervals N  at most N intervals of the same length, 2 to 256 (default 16; for the picture 256)\n"
    "  --top N        print N of the hottest frames (default 10)\n"
    WINDOW_HELP("   ")
    "  --csv          comma-separated values instead of tables\n"
    "  --json         JSON, described in docs/analysis.md, as the columns are\n"
    "  --svg          a picture: references by memory and time\n"
    "\n"
    "Exit status: 0 fine, 2 wrong usage, 3 nothing could be read, 4 the trace is incomplete.\n"
    "\n"
    "Example: analysis/memory out/run/trace --svg > heat.svg\n";

struct choice {
    struct command command;
    uint32_t intervals, top;
};

static uint32_t number_within(const char *option, const char *text, uint32_t least, uint32_t most) {
    uint64_t number = option_number(option, text);

    if (number < least || number > most)
        usage_error("%s %s: from %u to %u", option, text, least, most);
    return (uint32_t)number;
}

static struct choice choose(int argc, char **argv) {
    struct choice choice = { .command.window = WHOLE_TRACE, .top = TOP };
    const char *value;

    for (int at = 1; at < argc;) {
        if (take_option(argc, argv, &at, "--svg", NULL))
            choose_format(&choice.command, FORMAT_SVG);
        else if (take_option(argc, argv, &at, "--intervals", &value))
            choice.intervals = number_within("--intervals", value, 2, MEMORY_INTERVALS_MAX);
        else if (take_option(argc, argv, &at, "--top", &value))
            choice.top = number_within("--top", value, 0, TOP_MAX);
        else
            take_command(argc, argv, &at, &choice.command);
    }
    check_command(&choice.command);
    if (!choice.intervals)
        choice.intervals = choice.command.format == FORMAT_SVG ? MEMORY_INTERVALS_MAX : INTERVALS;
    return choice;
}

int main(int argc, char **argv) {
    static void (*const print[])(FILE *, const struct memory *, uint32_t) = {
        print_memory_table,
        print_memory_csv,
        print_memory_json,
        print_memory_svg,
    };
    struct follow follow = { .item = memory_item, .event = memory_event };

    answer_help(argc, argv, help);
    struct choice choice = choose(argc, argv);
    struct memory *memory = memory_new(&follow, choice.intervals);

    if (!memory) {
        fprintf(stderr, "error: there is no memory\n");
        return STATUS_NOTHING;
    }
    follow.state = memory;
    const struct command *command = &choice.command;
    enum reader_status status =
        follow_trace(&follow, command->directory, command->window.from, command->window.until);

    follow_print_report(command->directory, &follow);
    if (status != STATUS_NOTHING)
        print[command->format](stdout, memory, choice.top);
    memory_free(memory);
    follow_free(&follow);
    return finish_output(status);
}
