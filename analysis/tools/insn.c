/*
 * insn - the instructions of a trace as a debugger would show them, with the records between them.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/insn_print.h"
#include "analysis/options.h"
#include "analysis/window.h"

static const char help[] =
    "usage: insn DIRECTORY [--from N] [--until N] [--around N|RECORD] [--count N] [filters] [--show WHAT[,WHAT...]]\n"
    "            [--images FOLDER] [--csv | --json]\n"
    "\n"
    "Print the instructions that the processor executed, in their order, with what the hypervisor recorded and what\n"
    "the processor did between them: instruction count, domain, vcpu and process, ring, address, function, bytes,\n"
    "disassembly.\n"
    "\n"
    "  DIRECTORY          the folder with the trace; it must have an instruction stream\n"
    WINDOW_HELP("       ")
    "  --around N         from 50 instructions before instruction N to 50 behind it\n"
    "  --around RECORD    the same around the first record of that name (docs/records.md), from --from on\n"
    "  --context N        with --around: N instead of 50\n"
    "  --count N          only the first N rows\n"
    "  --images FOLDER    take the symbols from there, not from the folder images that the run wrote\n"
    "\n"
    "Filters. A row that is no instruction goes with the instruction before it. When no row passes, the status is 3.\n"
    "\n"
    "  --ring R[,R...]    only in these rings\n"
    "  --domain N         only while domain N has the processor\n"
    "  --process NAME     only while a process of this name has it, for instance init, 'init (1)' or 'mfn 0x1c12'\n"
    "  --function NAME    only in this function; several with commas, one that ends in * for all that begin so\n"
    "  --address A[-B]    only at address A, or from A to B, in hexadecimal\n"
    "\n"
    "  --show WHAT        instructions, records, transfers (interrupts and the like), walks, accesses, or several\n"
    "                     with commas; if not given, all but walks and accesses. What is unknown is always shown\n"
    "  --csv, --json      a row or an object each\n"
    "\n"
    "Exit status: 0 fine, 2 wrong usage, 3 nothing could be read, 4 the trace is incomplete.\n"
    "\n"
    "Example: analysis/insn out/run/trace --around domain_start --context 20\n";

#define RING_COUNT 4

struct view {
    const char *directory, *images;
    struct window window;
    uint64_t count;
    const char *around;               /* null: no such thing */
    uint64_t margin;
    bool rings[RING_COUNT], some_rings;
    bool some_domain;
    uint64_t domain;
    const char *process, *function;   /* null: all */
    bool some_address;
    uint64_t low, high;
    char filters[300];                /* for people: the options that choose rows, as they were given */
    bool show[6];                     /* by enum stream_kind; STREAM_END: records */
    enum format format;
};

struct state {
    const struct view *view;
    struct follow follow;
    struct images images;
    struct insn_print print;
    bool shown;                       /* the last instruction passed the filters */
    uint32_t process, changes;        /* that the filter was last asked about, and how many names it had changed until then */
    bool process_passes;
    uint64_t rows;                    /* but for gaps */
};

/* ---- what is shown ---------------------------------------------------------------------------------------------- */

/* By its name, or as it is printed. */
static bool process_passes(struct state *state, const struct context *context) {
    const struct processes *processes = &state->follow.processes;
    const struct process *process = context->process ? &processes->list[context->process] : NULL;
    char title[96];

    if (state->process == context->process && state->changes == processes->changes)
        return state->process_passes;
    state->process = context->process;
    state->changes = processes->changes;
    process_title(processes, context->process, false, title, sizeof(title));
    state->process_passes = (process && process->named && in_list(state->view->process, process->name))
                            || in_list(state->view->process, title);
    return state->process_passes;
}

/* By its name, by that of what it is a part of, or by what stands before the suffix of a compiler. */
static bool function_passes(const struct view *view, const struct image *image, uint32_t address) {
    const struct symbol *symbol = image_symbol(image, address);
    char name[128];

    if (!symbol)
        return false;
    snprintf(name, sizeof(name), "%.*s", (int)strcspn(symbol->name, "."), symbol->name);
    return in_list(view->function, symbol->name) || in_list(view->function, name)
           || in_list(view->function, image->symbols->list[symbol->whole].name);
}

static bool passes(struct state *state, const struct context *context, uint32_t address, const uint8_t *code,
                   uint32_t bytes) {
    const struct view *view = state->view;

    if ((view->some_rings && !view->rings[context->ring]) || (view->some_domain && view->domain != context->domid)
        || (view->some_address && (address < view->low || address > view->high)))
        return false;
    if (view->process && !process_passes(state, context))
        return false;
    return !view->function
           || function_passes(view, images_of(&state->images, context, address, code, bytes), address);
}

static bool has_room(struct state *state) {
    state->follow.enough = state->rows >= state->view->count;
    return !state->follow.enough && (++state->rows, true);
}

static void on_run(struct state *state, const struct context *context, const struct stream_item *item) {
    const struct stream_code *code = item->run.code;
    uint32_t offset = 0;

    for (uint32_t i = 0; i < (uint32_t)item->run.first + item->run.count; offset += code->lengths[i++]) {
        if (i < item->run.first)
            continue;
        state->shown = passes(state, context, code->address + offset, code->bytes + offset, code->lengths[i]);
        if (state->shown && state->view->show[STREAM_RUN] && has_room(state))
            insn_print_instruction(&state->print, context, item->time + i - item->run.first, &item->run, i);
    }
}

/* Always shown, and none of the rows that are counted; but for what was before the recording of a trace from its beginning. */
static void on_gap(struct state *state, const struct context *context, const struct stream_item *item) {
    bool is_before = item->time == 0 && item->gap.asked;

    if (state->rows < state->view->count && !is_before)
        insn_print_item(&state->print, context, item);
}

static void on_item(void *data, const struct context *context, const struct stream_item *item) {
    struct state *state = data;

    if (item->kind == STREAM_RUN)
        on_run(state, context, item);
    else if (item->kind == STREAM_GAP)
        on_gap(state, context, item);
    else if (state->shown && state->view->show[item->kind] && has_room(state))
        insn_print_item(&state->print, context, item);
}

static void on_event(void *data, const struct context *context, const struct event *event) {
    struct state *state = data;

    if (state->shown && state->view->show[STREAM_END] && has_room(state))
        insn_print_record(&state->print, context, event);
}

/* ---- the command line ------------------------------------------------------------------------------------------- */

static void parse_rings(struct view *view, const char *list) {
    for (const char *at = list; *at; at += *at == ',') {
        if (*at < '0' || *at > '3' || (at[1] && at[1] != ','))
            usage_error("--ring %s: rings are 0, 1, 2 and 3", list);
        view->rings[*at++ - '0'] = view->some_rings = true;
    }
}

/* Hexadecimal, as addresses are printed, with 0x or without. */
static bool take_address(const char **text, uint64_t *address) {
    char *end;

    if (!isxdigit((unsigned char)**text))
        return false;
    errno = 0;
    *address = strtoull(*text, &end, 16);
    *text = end;
    return !errno && *address <= UINT32_MAX;
}

static void parse_address(struct view *view, const char *text) {
    const char *at = text;
    bool sound = take_address(&at, &view->low);

    view->high = view->low;
    if (sound && *at == '-')
        sound = (at++, take_address(&at, &view->high));
    if (!sound || *at || view->high < view->low)
        usage_error("--address %s is no address, or two with - between them, the lower one first", text);
    view->some_address = true;
}

static void parse_show(struct view *view, const char *list) {
    static const char *const names[] = { "records", "instructions", "transfers", "walks", "accesses" };

    memset(view->show, 0, sizeof(view->show));
    for (const char *at = list; *at;) {
        size_t length = strcspn(at, ",");
        bool found = false;

        for (unsigned i = 0; i < 5; i++) {
            if (strlen(names[i]) == length && !strncmp(names[i], at, length))
                found = view->show[i] = true;
        }
        if (!found)
            usage_error("--show %.*s: it can be instructions, records, transfers, walks or accesses", (int)length, at);
        at += length + (at[length] == ',');
    }
}

static bool take_filter(struct view *view, int argc, char **argv, int *at, const char *name, const char **value) {
    size_t used = strlen(view->filters);

    if (!take_option(argc, argv, at, name, value))
        return false;
    if (!**value)
        usage_error("%s wants a value", name);
    snprintf(view->filters + used, sizeof(view->filters) - used, " %s %s", name, *value);
    return true;
}

static bool parse_filter(struct view *view, int argc, char **argv, int *at) {
    const char *value;

    if (take_filter(view, argc, argv, at, "--ring", &value))
        parse_rings(view, value);
    else if (take_filter(view, argc, argv, at, "--address", &value))
        parse_address(view, value);
    else if (take_filter(view, argc, argv, at, "--show", &value))
        parse_show(view, value);
    else if (take_filter(view, argc, argv, at, "--process", &value))
        view->process = value;
    else if (take_filter(view, argc, argv, at, "--function", &value))
        view->function = value;
    else if (take_filter(view, argc, argv, at, "--domain", &value)) {
        view->some_domain = true;
        view->domain = option_number("--domain", value);
    } else {
        return false;
    }
    return true;
}

static bool parse_window(struct view *view, int argc, char **argv, int *at) {
    const char *value;

    if (take_window(argc, argv, at, &view->window))
        return true;
    if (take_option(argc, argv, at, "--around", &view->around)) {
        if (!*view->around)
            usage_error("--around wants a value");
    } else if (take_option(argc, argv, at, "--context", &value))
        view->margin = option_number("--context", value);
    else if (take_option(argc, argv, at, "--count", &value))
        view->count = option_number("--count", value);
    else
        return false;
    return true;
}

static struct view parse(int argc, char **argv) {
    struct view view = { .window = WHOLE_TRACE, .count = UINT64_MAX, .margin = 50,
                         .show = { [STREAM_END] = true, [STREAM_RUN] = true, [STREAM_TRANSFER] = true } };
    enum format chosen;

    for (int at = 1; at < argc;) {
        if (parse_window(&view, argc, argv, &at) || parse_filter(&view, argc, argv, &at)
            || take_option(argc, argv, &at, "--images", &view.images))
            continue;
        chosen = take_option(argc, argv, &at, "--csv", NULL) ? FORMAT_CSV
               : take_option(argc, argv, &at, "--json", NULL) ? FORMAT_JSON : FORMAT_TABLE;
        if (chosen == FORMAT_TABLE)
            take_directory(argv, &at, &view.directory);
        else if (view.format != FORMAT_TABLE && view.format != chosen)
            usage_error("one of --csv and --json");
        else
            view.format = chosen;
    }
    if (!view.directory)
        usage_error("which trace directory?");
    return view;
}

/* ---- --around --------------------------------------------------------------------------------------------------- */

struct wanted {
    const char *name;
    uint64_t from, time;
    bool found;
    struct reader_report report;
};

static void look_for(void *data, const struct event *event) {
    struct wanted *wanted = data;

    if (wanted->found || event->time < wanted->from || strcmp(event->what->name, wanted->name))
        return;
    wanted->found = wanted->report.stopped = true;
    wanted->time = event->time;
}

/* The window around a number or a record. */
static void resolve_around(struct view *view) {
    bool is_number = view->around[0] >= '0' && view->around[0] <= '9';
    struct wanted wanted = { .name = view->around, .from = view->window.from };

    if (is_number) {
        wanted.time = option_number("--around", view->around);
    } else {
        check_record_names("--around", view->around);
        read_trace(view->directory, look_for, &wanted, &wanted.report);
        if (!wanted.found) {
            print_report(view->directory, &wanted.report);
            fprintf(stderr, "error: trace %s has no record %s from instruction %" PRIu64 " on\n", view->directory,
                    view->around, view->window.from);
            exit(STATUS_NOTHING);
        }
    }
    view->window.from = wanted.time > view->margin ? wanted.time - view->margin : 0;
    if (view->margin < view->window.until && wanted.time < view->window.until - view->margin)
        view->window.until = wanted.time + view->margin + 1;
}

/* There was no row: say what was looked for. */
static enum reader_status nothing_passed(const struct state *state) {
    const struct view *view = state->view;

    fprintf(stderr, "error: trace %s has no row of%s", view->directory, view->filters);
    if (view->window.from)
        fprintf(stderr, " from instruction %" PRIu64 " on", view->window.from);
    if (view->window.until != UINT64_MAX)
        fprintf(stderr, " before instruction %" PRIu64, view->window.until);
    fputs(view->show[STREAM_ACCESS] && !state->follow.totals.accesses ? "; accesses need TRACE=mem\n" : "\n", stderr);
    return STATUS_NOTHING;
}

int main(int argc, char **argv) {
    answer_help(argc, argv, help);
    struct view view = parse(argc, argv);

    if (view.around)
        resolve_around(&view);
    if (view.window.from >= view.window.until)
        usage_error("--from must be less than --until");
    bool filtered = view.some_rings || view.some_domain || view.some_address || view.process || view.function;
    struct state state = { .view = &view, .shown = !filtered };

    state.follow = (struct follow){ .state = &state, .item = on_item, .event = on_event };
    images_open(&state.images, &state.follow, view.directory, view.images);
    state.print = (struct insn_print){ .images = &state.images, .follow = &state.follow, .format = view.format };
    enum reader_status status = follow_trace(&state.follow, view.directory, view.window.from, view.window.until);

    if (status != STATUS_NOTHING)
        insn_print_end(&state.print);
    fflush(stdout);
    follow_print_report(view.directory, &state.follow);
    if (status == STATUS_FINE && !state.rows && view.count && state.follow.totals.instructions)
        status = nothing_passed(&state);
    if (status != STATUS_NOTHING && state.images.trouble[0])
        fprintf(stderr, "warning: trace %s: symbols are missing: %s\n", view.directory, state.images.trouble);
    images_close(&state.images);
    follow_free(&state.follow);
    return (int)finish_output(status);
}
