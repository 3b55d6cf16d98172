/*
 * stream - counts the instruction stream of a trace.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/json.h"
#include "analysis/options.h"
#include "analysis/stream.h"

static const char help[] =
    "usage: stream DIRECTORY [--from N] [--until N] [--json | --list]\n"
    "\n"
    "Decode the instruction stream of a trace and count it: instructions by ring, those that faulted, runs,\n"
    "transfers, page walks, data accesses, and what is missing.\n"
    "\n"
    "  DIRECTORY   the folder with the trace, recorded with TRACE=insn\n"
    "  --from N    the first instruction, in instructions since reset (default: the first recorded)\n"
    "  --until N   the first one that is not counted any more (default: all)\n"
    "  --json      as JSON\n"
    "  --list      print it instead: a line for each instruction that began, with its time, ring, linear address,\n"
    "              frame, bytes, and 'faulted' when it did not complete; and a line for each transfer and gap\n"
    "\n"
    "Exit status: 0 fine, 2 wrong usage, 3 nothing could be read, 4 something is missing.\n"
    "\n"
    "Example: analysis/stream out/run/trace\n";

struct window {
    uint64_t first, until; /* of what was recorded */
};

static uint64_t number_of(const char *option, const char *text) {
    char *end;
    uint64_t number = strtoull(text, &end, 0);

    if (!*text || *end || *text == '-')
        usage_error("%s %s is not a number of instructions", option, text);
    return number;
}

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

static struct window count(struct stream *stream, bool with_list) {
    struct window window = { UINT64_MAX, 0 };
    const struct stream_item *item;

    while ((item = stream_next(stream))->kind != STREAM_END) {
        if (with_list)
            list(item);
        if (item->kind != STREAM_GAP && window.first == UINT64_MAX)
            window.first = item->time;
    }
    window.until = item->time;
    return window;
}

static void print_json(const struct stream_totals *totals, const struct window *window, const char *damage) {
    struct json json = { .to = stdout };

    json_begin(&json, NULL, '{');
    json_number(&json, "format", 1);
    json_number(&json, "first", window->first);
    json_number(&json, "until", window->until);
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
    json_text(&json, "damage", damage);
    json_end(&json, '}');
}

static void print_table(const struct stream_totals *totals, const struct window *window) {
    printf("%-14s  %16" PRIu64 "  from %" PRIu64 " to %" PRIu64 "\n", "instructions", totals->instructions,
           window->first, window->until - 1);
    for (uint32_t ring = 0; ring < STREAM_RINGS; ring++)
        printf("  ring %u        %16" PRIu64 "\n", ring, totals->ring[ring]);
    printf("%-14s  %16" PRIu64 "\n", "faulted", totals->faulted);
    printf("%-14s  %16" PRIu64 "\n", "runs", totals->runs);
    printf("%-14s  %16" PRIu64 "\n", "transfers", totals->transfers);
    printf("%-14s  %16" PRIu64 "\n", "page walks", totals->walks);
    printf("%-14s  %16" PRIu64 "\n", "accesses", totals->accesses);
    printf("%-14s  %16" PRIu64 "\n", "missing", totals->missing);
}

int main(int argc, char **argv) {
    const char *directory = NULL, *from = "0", *until = NULL;
    bool as_json = false, as_list = false;
    char why[400];

    answer_help(argc, argv, help);
    for (int at = 1; at < argc;) {
        if (take_option(argc, argv, &at, "--json", NULL))
            as_json = true;
        else if (take_option(argc, argv, &at, "--list", NULL))
            as_list = true;
        else if (!take_option(argc, argv, &at, "--from", &from) && !take_option(argc, argv, &at, "--until", &until))
            take_directory(argv, &at, &directory);
    }
    if (!directory)
        usage_error("which trace directory?");
    struct stream *stream = stream_open(directory, number_of("--from", from),
                                        until ? number_of("--until", until) : UINT64_MAX, why, sizeof(why));

    if (!stream) {
        fprintf(stderr, "error: trace %s cannot be used: %s\n", directory, why);
        return STATUS_NOTHING;
    }
    struct window window = count(stream, as_list);
    struct stream_totals totals = stream_totals(stream);

    if (*stream_damage(stream))
        fprintf(stderr, "warning: trace %s: %s\n", directory, stream_damage(stream));
    if (as_json)
        print_json(&totals, &window, stream_damage(stream));
    else if (!as_list)
        print_table(&totals, &window);
    enum reader_status status = *stream_damage(stream) ? STATUS_INCOMPLETE : STATUS_FINE;

    stream_close(stream);
    return finish_output(status);
}
