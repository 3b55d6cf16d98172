/*
 * profile - where the instructions of a trace went.
 */
#include <stdio.h>
#include <string.h>

#include "analysis/options.h"
#include "analysis/profile_print.h"
#include "analysis/profile_read.h"
#include "analysis/window.h"

static const char help[] =
    "usage: profile DIRECTORY [--from N] [--until N] [--by WHAT] [--top N] [--images FOLDER]\n"
    "               [--csv | --json | --folded | --svg]\n"
    "\n"
    "Count the instructions that the processor executed: by ring; by image, that is firmware, hypervisor, each\n"
    "domain's kernel and each program; by function, in it itself and with what it called.\n"
    "\n"
    "  DIRECTORY         the folder with the trace; it must have an instruction stream\n"
    WINDOW_HELP("      ")
    "  --top N           so many functions (30; with --by, of each kind: 5)\n"
    "  --images FOLDER   take the symbols from there, not from the folder images that the run wrote\n"
    "  --csv, --json     all functions, or all kinds, for other programs: docs/analysis.md\n"
    "  --folded          a line a path of calls, with the instructions at its end: for flame-graph tools\n"
    "  --svg             a flame graph of it\n"
    "  --by WHAT         what the hypervisor executed on whose behalf: entries into it from an outer ring, by kind,\n"
    "                    with the least, median, 90th percentile and most instructions of one, and its functions:\n"
    "                      hypercall   by the hypercall\n"
    "                      fault       exceptions, by what became of them\n"
    "                      pte-write   changes of guest page tables, by how they came\n"
    "                      entry       all entries, by all of that\n"
    "\n"
    "Exit status: 0 fine, 2 wrong usage, 3 nothing could be read, 4 the trace is incomplete.\n"
    "\n"
    "Example: analysis/profile out/run/trace --by hypercall\n";

enum output { AS_TABLE, AS_CSV, AS_JSON, AS_FOLDED, AS_SVG, OUTPUTS };

struct choice {
    const char *directory, *images;
    struct window window;
    uint64_t most;
    bool some_most;
    bool by_entries;
    enum entries_by by;
    enum output output;
};

static void parse_by(struct choice *choice, const char *text) {
    static const char *const names[] = { "entry", "hypercall", "fault", "pte-write" };

    choice->by_entries = true;
    for (unsigned i = 0; i < 4; i++) {
        if (!strcmp(text, names[i])) {
            choice->by = (enum entries_by)i;
            return;
        }
    }
    usage_error("--by %s: it can be hypercall, fault, pte-write or entry", text);
}

static bool parse_output(struct choice *choice, int argc, char **argv, int *at) {
    static const char *const names[OUTPUTS] = { NULL, "--csv", "--json", "--folded", "--svg" };

    for (unsigned i = AS_CSV; i < OUTPUTS; i++) {
        if (!take_option(argc, argv, at, names[i], NULL))
            continue;
        if (choice->output != AS_TABLE && choice->output != i)
            usage_error("one of --csv, --json, --folded and --svg");
        choice->output = (enum output)i;
        return true;
    }
    return false;
}

static struct choice parse(int argc, char **argv) {
    struct choice choice = { .window = WHOLE_TRACE };
    const char *value;

    for (int at = 1; at < argc;) {
        if (take_window(argc, argv, &at, &choice.window))
            continue;
        if (take_option(argc, argv, &at, "--by", &value))
            parse_by(&choice, value);
        else if (take_option(argc, argv, &at, "--top", &value)) {
            choice.some_most = true;
            choice.most = option_number("--top", value);
        } else if (!take_option(argc, argv, &at, "--images", &choice.images) && !parse_output(&choice, argc, argv, &at))
            take_directory(argv, &at, &choice.directory);
    }
    if (!choice.directory)
        usage_error("which trace directory?");
    if (choice.by_entries && choice.output >= AS_FOLDED)
        usage_error("--by has neither folded stacks nor a picture");
    if (!choice.some_most)
        choice.most = choice.by_entries ? 5 : 30;
    if (choice.most > UINT32_MAX)
        choice.most = UINT32_MAX;
    return choice;
}

static void print(const struct profile *profile, const struct choice *choice) {
    if (choice->output == AS_TABLE && choice->by_entries)
        entries_print_table(stdout, profile, (uint32_t)choice->most);
    else if (choice->output == AS_TABLE)
        profile_print_table(stdout, profile, (uint32_t)choice->most);
    else if (choice->output == AS_CSV)
        (choice->by_entries ? entries_print_csv : profile_print_csv)(stdout, profile);
    else if (choice->output == AS_JSON)
        (choice->by_entries ? entries_print_json : profile_print_json)(stdout, profile);
    else if (choice->output == AS_FOLDED)
        profile_print_folded(stdout, profile);
    else
        profile_print_svg(stdout, profile);
}

int main(int argc, char **argv) {
    answer_help(argc, argv, help);
    struct choice choice = parse(argc, argv);
    struct profile_read *read = profile_read(choice.directory, choice.window.from, choice.window.until, choice.images,
                                             choice.by_entries ? (int)choice.by : -1);
    enum reader_status status = read->status;

    if (status != STATUS_NOTHING)
        print(&read->profile, &choice);
    fflush(stdout);
    profile_read_report(read, choice.directory);
    profile_read_free(read);
    return (int)finish_output(status);
}
