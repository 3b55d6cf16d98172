/*
 * stream - counts the instruction stream of a trace.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analysis/grid.h"
#include "analysis/json.h"
#include "analysis/missing.h"
#include "analysis/window.h"

static const char help[] =
    "usage: stream DIRECTORY [--from N] [--until N] [--csv | --json | --list]\n"
    "\n"
    "Decode the instruction stream of a trace and count it: instructions by ring, those that faulted, runs,\n"
    "transfers, page walks, data accesses, and what is missing.\n"
    "\n"
    "  DIRECTORY   the folder with the trace, recorded with TRACE=insn\n"
    WINDOW_HELP("")
    "  --csv       comma-separated values instead of a table\n"
    "  --json      JSON, described in docs/stream.md\n"
    "  --list      print it instead: a line for each instruction that began, with its time, ring, linear address,\n"
    "              frame, bytes, and 'faulted' when it did not complete; and a line for each transfer and gap\n"
    "\n"
    "Exit status: 0 fine, 2 wrong usage, 3 nothing could be read, 4 something is missing.\n"
    "\n"
    "Example: analysis/stream out/run/trace\n";

/* What is printed in the end. */
struct result {
    bool any;                /* instructions or walks: the first of them, and the one behind the last */
    uint64_t first, until;
    struct stream_totals totals;
    struct missing missing;
    const char *damage;
};

/* ---- --list ------------------------------------------------------------------------------------------------------ */

static void list_run(uint64_t time, const struct stream_run *run) {
    const struct stream_code *code = run->code;
    uint32_t offset = 0, last = run->first + run->count - 1u;

    for (uint32_t i = 0; i <= last; offset += code->lengths[i++]) {
        for (uint32_t pass = 0; i >= run->first && pass < (i == last ? run->passes : 1); pass++) {
            printf("%" PRIu64 " %u %08x %05x ", time++, run->ring, code->address + offset, code->mfn);
            for (uint32_t byte = 0; byte < code->lengths[i]; byte++)
                printf("%02x", code->bytes[offset + byte]);
            puts(run->faulted && i == last && pass + 1 == run->passes ? " faulted" : "");
        }
    }
}

static void list_transfer(uint64_t time, const struct stream_transfer *transfer) {
    static const char *const names[] = { "exception", "interrupt", "software_interrupt", "iret", "far", "hlt" };

    printf("%" PRIu64 " %s vector=%u error=%#x ring=%u->%u to=%08x\n", time, names[transfer->kind], transfer->vector,
           transfer->error_code, transfer->from_ring, transfer->to_ring, transfer->to);
}

static void list(const struct stream_item *item) {
    if (item->kind == STREAM_RUN)
        list_run(item->time, &item->run);
    else if (item->kind == STREAM_TRANSFER)
        list_transfer(item->time, &item->transfer);
    else if (item->kind == STREAM_GAP)
        printf("%" PRIu64 " gap until=%" PRIu64 " %s\n", item->time, item->gap.until, item->gap.why);
}

/* ---- the other formats ------------------------------------------------------------------------------------------- */

static void print_json(const struct result *result) {
    const struct stream_totals *totals = &result->totals;
    struct json json = { .to = stdout };

    json_begin(&json, NULL, '{');
    json_number(&json, "format", 1);
    if (result->any) {
        json_number(&json, "first", result->first);
        json_number(&json, "until", result->until);
    } else {
        json_null(&json, "first");
        json_null(&json, "until");
    }
    json_number(&json, "instructions", totals->instructions);
    json_begin(&json, "rings", '[');
    for (uint32_t ring = 0; ring < STREAM_RINGS; ring++)
        json_number(&json, NULL, totals->ring[ring]);
    json_end(&json, ']');
    json_number(&json, "faulted", totals->faulted);
    json_number(&json, "runs", totals->runs);
    json_number(&json, "transfers", totals->transfers);
    json_number(&json, "walks", totals->walks);
    json_number(&json, "accesses", totals->accesses);
    json_number(&json, "missing", totals->missing);
    json_begin(&json, "gaps", '[');
    for (uint32_t i = 0; i < result->missing.count; i++) {
        json_begin(&json, NULL, '{');
        json_number(&json, "first", result->missing.places[i].first);
        json_number(&json, "until", result->missing.places[i].until);
        json_text(&json, "why", result->missing.places[i].why);
        json_end(&json, '}');
    }
    json_end(&json, ']');
    json_text(&json, "damage", result->damage);
    json_end(&json, '}');
}

/* As a table for people, or as CSV. */
static void print_counts(const struct result *result, bool as_csv) {
    const struct stream_totals *totals = &result->totals;
    const struct { const char *name; uint64_t value; } counts[] = {
        { "instructions", totals->instructions }, { "  ring 0", totals->ring[0] }, { "  ring 1", totals->ring[1] },
        { "  ring 2", totals->ring[2] }, { "  ring 3", totals->ring[3] }, { "faulted", totals->faulted },
        { "runs", totals->runs }, { "transfers", totals->transfers }, { "page walks", totals->walks },
        { "accesses", totals->accesses }, { "missing", totals->missing },
    };
    struct grid grid = { .columns = 2, .texts = 1 };

    if (as_csv)
        puts("what,count");
    for (uint32_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        if (as_csv) {
            printf("%s,%" PRIu64 "\n", counts[i].name + strspn(counts[i].name, " "), counts[i].value);
            continue;
        }
        grid_row(&grid);
        snprintf(grid_cell(&grid, 0), CELL_BYTES, "%s", counts[i].name);
        put_number(grid_cell(&grid, 1), counts[i].value);
    }
    if (as_csv)
        return;
    print_grid(stdout, &grid);
    grid_free(&grid);
    if (result->any)
        printf("\nfrom instruction %" PRIu64 " to %" PRIu64 "\n", result->first, result->until - 1);
}

/* ---- the program ------------------------------------------------------------------------------------------------- */

static void read_items(struct stream *stream, uint64_t until, struct result *result, bool as_list) {
    const struct stream_item *item;

    while ((item = stream_next(stream))->kind != STREAM_END) {
        if (as_list)
            list(item);
        if (item->kind == STREAM_GAP) {
            missing_gap(&result->missing, item);
        } else if (!result->any) {
            result->any = true;
            result->first = item->time;
        }
    }
    result->until = item->time < until ? item->time : until;
    result->totals = stream_totals(stream);
    result->damage = stream_damage(stream);
}

int main(int argc, char **argv) {
    struct command command = { .window = WHOLE_TRACE };
    struct result result = { 0 };
    bool as_list = false;
    char why[400];

    answer_help(argc, argv, help);
    for (int at = 1; at < argc;) {
        if (take_option(argc, argv, &at, "--list", NULL))
            as_list = true;
        else
            take_command(argc, argv, &at, &command);
    }
    check_command(&command);
    if (as_list && command.format != FORMAT_TABLE)
        usage_error("only one kind of output is possible");
    struct stream *stream =
        stream_open(command.directory, command.window.from, command.window.until, why, sizeof(why));

    if (!stream) {
        fprintf(stderr, "error: trace %s cannot be used: %s\n", command.directory, why);
        return STATUS_NOTHING;
    }
    read_items(stream, command.window.until, &result, as_list);
    if (!result.totals.instructions && !result.missing.count)
        fputs("warning: no instruction was recorded there, as TRACE_WINDOW or FLIGHT said\n", stderr);
    missing_print(&result.missing, command.directory, result.damage);
    if (command.format == FORMAT_JSON)
        print_json(&result);
    else if (!as_list)
        print_counts(&result, command.format == FORMAT_CSV);
    enum reader_status status = *result.damage ? STATUS_INCOMPLETE : STATUS_FINE;

    missing_free(&result.missing);
    stream_close(stream);
    return finish_output(status);
}
