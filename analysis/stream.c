/*
 * stream.c - see stream.h: packets to symbols to items.
 */
#include "analysis/stream.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "analysis/map.h"
#include "analysis/stream_dictionary.h"
#include "analysis/stream_file.h"
#include "analysis/stream_flow.h"
#include "analysis/stream_sides.h"

#define TRANSFERS_MAX 32u /* between two instructions; the writer makes fewer */

struct stream {
    struct stream_files files;
    struct stream_dictionary dictionary;
    struct stream_flow flow;
    struct stream_sides sides;
    uint64_t from, until;             /* what was asked for */
    uint64_t time;                    /* of the next instruction */
    uint32_t ring;
    uint32_t packet;                  /* being read; files.packet_count: none is left */
    bool in_packet;
    const struct stream_symbol *run;  /* symbol being handed out, from part on */
    uint32_t part;
    struct stream_transfer transfers[TRANSFERS_MAX]; /* that wait for where they led, or to be handed out */
    uint32_t transfer_count, transfer_out;
    struct stream_item item;
    struct stream_totals totals;
    uint8_t unpacked[SECTION_ROOM];
    char damage[400];
};

/* ---- damage ------------------------------------------------------------------------------------------------------ */

/* The first cause is kept. */
static void note_damage(struct stream *stream, const char *what, uint64_t first, uint64_t until) {
    if (!stream->damage[0])
        snprintf(stream->damage, sizeof(stream->damage), "%s, instructions %" PRIu64 " to %" PRIu64, what, first,
                 until - 1);
}

/* ---- items ------------------------------------------------------------------------------------------------------- */

static const struct stream_item *end_item(struct stream *stream) {
    stream->item = (struct stream_item){ .kind = STREAM_END, .time = stream->time };
    return &stream->item;
}

/* Null: nothing of it lies in the window. */
static const struct stream_item *gap_item(struct stream *stream, uint64_t until, const char *why, bool asked) {
    uint64_t first = stream->time > stream->from ? stream->time : stream->from;

    stream->time = until;
    if (until > stream->until)
        until = stream->until;
    if (first >= until)
        return NULL;
    stream->item = (struct stream_item){ .kind = STREAM_GAP, .time = first, .gap = { until, why, asked } };
    if (!asked) {
        stream->totals.missing += until - first;
        note_damage(stream, why, first, until);
    }
    return &stream->item;
}

static const struct stream_item *transfer_item(struct stream *stream) {
    struct stream_item *item = &stream->item;

    item->kind = STREAM_TRANSFER;
    item->time = stream->time - 1;
    item->transfer = stream->transfers[stream->transfer_out++];
    if (stream->transfer_out == stream->transfer_count)
        stream->transfer_out = stream->transfer_count = 0;
    if (item->time < stream->from || item->time >= stream->until)
        return NULL;
    stream->totals.transfers++;
    return item;
}

/* Cut what the window leaves out at the ends of a run of one pass. False: nothing is left. */
static bool clip(struct stream *stream, struct stream_item *item) {
    struct stream_run *run = &item->run;

    if (item->time + run->count <= stream->from || item->time >= stream->until)
        return false;
    if (item->time < stream->from) {
        run->first = (uint16_t)(stream->from - item->time);
        run->count = (uint16_t)(run->count - run->first);
        item->time = stream->from;
    }
    if (item->time + run->count > stream->until) {
        run->count = (uint16_t)(stream->until - item->time);
        run->iterations = 0;
        run->faulted = false;
    }
    return true;
}

static const struct stream_symbol *take_symbol(struct stream *stream);

/* Further passes of the repeated instruction that the run ends with: a symbol each, the instruction alone. */
static void take_passes(struct stream *stream, struct stream_run *run) {
    const struct stream_code *code = run->code;
    uint32_t address = code->address + code->byte_count - code->lengths[code->instructions - 1];

    while (!run->faulted && stream->time < stream->until && !stream->transfer_count && take_symbol(stream)) {
        const struct stream_part *part = &stream->dictionary.parts[stream->run->first_part];

        if (!part->repeats || part->code->instructions != 1 || part->code->address != address
            || sides_recorded(&stream->sides, stream->time, stream->time + 1) != run->accesses)
            return;
        run->passes++;
        run->iterations += stream->run->flags & CODE_ITERATED ? 1 : 0;
        run->faulted = stream->run->flags & CODE_FAULTED;
        stream->time++;
        stream->run = NULL;
    }
}

/* Null: nothing of it lies in the window. */
static const struct stream_item *run_item(struct stream *stream) {
    const struct stream_symbol *symbol = stream->run;
    const struct stream_part *part = &stream->dictionary.parts[symbol->first_part + stream->part++];
    struct stream_item *item = &stream->item;
    bool is_last = stream->part == symbol->parts;

    item->kind = STREAM_RUN;
    item->time = stream->time;
    item->run = (struct stream_run){ .code = part->code, .count = part->code->instructions, .ring = stream->ring,
                                     .passes = 1 };
    stream->time += item->run.count;
    item->run.accesses = sides_recorded(&stream->sides, item->time, stream->time);
    sides_run(&stream->sides, part->code, item->time);
    if (is_last) {
        item->run.faulted = symbol->flags & CODE_FAULTED;
        item->run.iterations = symbol->flags & CODE_ITERATED ? 1 : 0;
        stream->run = NULL;
    }
    if (__builtin_expect((item->time < stream->from || stream->time > stream->until) && !clip(stream, item), 0))
        return NULL;
    if (__builtin_expect(part->repeats && is_last, 0))
        take_passes(stream, &item->run);
    stream->totals.runs++;
    stream->totals.instructions += item->run.count + item->run.passes - 1;
    stream->totals.ring[item->run.ring] += item->run.count + item->run.passes - 1;
    stream->totals.faulted += item->run.faulted;
    return item;
}

/* The next walk or access that belongs to what was handed out so far; null: there is none. */
static const struct stream_item *side_item(struct stream *stream) {
    struct stream_item *item = &stream->item;

    while (sides_next(&stream->sides, stream->time, item)) {
        if (item->time < stream->from || item->time >= stream->until)
            continue;
        if (item->kind == STREAM_WALK)
            stream->totals.walks++;
        else
            stream->totals.accesses++;
        return item;
    }
    return NULL;
}

/* ---- symbols ----------------------------------------------------------------------------------------------------- */

/* The transfers that wait led here, the last one to this address. */
static void resolve_transfers(struct stream *stream, uint32_t address) {
    if (stream->transfer_count)
        stream->transfers[stream->transfer_count - 1].to = address;
}

static bool add_transfer(struct stream *stream, const struct stream_symbol *symbol) {
    if (stream->transfer_count == TRANSFERS_MAX)
        return false;
    stream->transfers[stream->transfer_count++] = (struct stream_transfer){
        .kind = symbol->transfer, .vector = symbol->vector, .error_code = symbol->error_code,
        .from_ring = TRANSFER_FROM(symbol->rings), .to_ring = TRANSFER_TO(symbol->rings), .to = symbol->address,
    };
    stream->ring = TRANSFER_TO(symbol->rings);
    return true;
}

/* The next run of the packet is stream->run, the transfers before it wait; null at its end, and in a gap. */
static const struct stream_symbol *take_symbol(struct stream *stream) {
    const struct stream_symbol *symbol;

    if (stream->flow.gap)
        return NULL;
    while ((symbol = flow_next(&stream->flow)) && symbol->kind == SYMBOL_TRANSFER) {
        if (!add_transfer(stream, symbol)) {
            stream->flow.damaged = true;
            return NULL;
        }
    }
    /* a packet that says more than its header is no packet */
    if (stream->flow.gap > stream->files.packets[stream->packet].header->until - stream->time) {
        stream->flow.gap = 0;
        stream->flow.damaged = true;
    }
    if (symbol && stream->time + symbol->instructions > stream->files.packets[stream->packet].header->until) {
        stream->flow.damaged = true;
        return NULL;
    }
    if (symbol) {
        stream->run = symbol;
        stream->part = 0;
        resolve_transfers(stream, stream->dictionary.parts[symbol->first_part].code->address);
    }
    return symbol;
}

/* A gap in the flow, behind the transfers that led to it. Null: it does not lie in the window. */
static const struct stream_item *flow_gap_item(struct stream *stream) {
    uint64_t until = stream->time + stream->flow.gap;

    if (stream->transfer_count)
        return transfer_item(stream);
    stream->ring = stream->flow.gap_ring;
    stream->flow.gap = 0;
    return gap_item(stream, until, "not recorded, as asked for", true);
}

/* ---- packets ----------------------------------------------------------------------------------------------------- */

static void add_definitions(struct stream *stream, uint32_t packet) {
    const struct stream_header *header = stream->files.packets[packet].header;
    const char *problem = stream_section_unpack(&stream->files.packets[packet], SECTION_DEFINITIONS, stream->unpacked);
    size_t bytes = problem ? 0 : header->sections[SECTION_DEFINITIONS].bytes;

    if (!stream->dictionary.symbols || stream->dictionary.epoch != header->epoch)
        dictionary_begin(&stream->dictionary, header->epoch);
    if (problem)
        note_damage(stream, problem, header->first, header->until);
    if (header->symbols)
        dictionary_add(&stream->dictionary, header->first_symbol, header->symbols, stream->unpacked, bytes);
}

/* Begin the packet, whose definitions have been added but for its own. Null, or what is wrong with it. */
static const char *begin_packet(struct stream *stream) {
    const struct stream_packet *packet = &stream->files.packets[stream->packet];
    const char *problem, *no_accesses;

    add_definitions(stream, stream->packet);
    problem = stream_section_unpack(packet, SECTION_FLOW, stream->unpacked);
    if (problem)
        return problem;
    problem = sides_begin(&stream->sides, packet, &no_accesses);
    if (problem)
        return problem; /* without its walks nobody could believe the rest */
    if (no_accesses)
        note_damage(stream, no_accesses, packet->header->first, packet->header->until);
    flow_begin(&stream->flow, &stream->dictionary, stream->unpacked, packet->header->sections[SECTION_FLOW].bytes);
    stream->ring = packet->header->ring & 3;
    stream->in_packet = true;
    return NULL;
}

/* The packet being read is over, whether it was read to its end or not. Null, or the gap that it leaves. */
static const struct stream_item *leave_packet(struct stream *stream, const char *problem) {
    uint64_t until = stream->files.packets[stream->packet].header->until;

    stream->in_packet = false;
    stream_packet_release(&stream->files.packets[stream->packet]);
    stream->run = NULL;
    stream->packet++;
    if (stream->time >= until) {
        problem = sides_end(&stream->sides);
        if (problem)
            note_damage(stream, problem, stream->files.packets[stream->packet - 1].header->first, until);
        return NULL;
    }
    stream->transfer_count = stream->transfer_out = 0;
    return gap_item(stream, until, problem ? problem : "a packet makes no sense, or needs one that is missing", false);
}

/* Go to the next packet. Null, or the gap before it or in place of it. */
static const struct stream_item *enter_packet(struct stream *stream) {
    const struct stream_header *header = stream->files.packets[stream->packet].header;
    const char *problem;

    if (header->first < stream->time) {
        note_damage(stream, "a packet comes twice", header->first, header->until);
        stream->packet++;
        return NULL;
    }
    if (header->first > stream->time) {
        bool is_first = stream->packet == 0 && header->number == 0;

        stream->transfer_count = stream->transfer_out = 0;
        return gap_item(stream, header->first, is_first ? "recording had not begun" : "a packet is missing or damaged",
                        is_first);
    }
    problem = begin_packet(stream);
    return problem ? leave_packet(stream, problem) : NULL;
}

/* One step. Null: nothing is to be handed out yet. */
static const struct stream_item *advance(struct stream *stream) {
    const struct stream_item *side = stream->in_packet ? side_item(stream) : NULL;

    if (side)
        return side;
    if (stream->run) {
        if (stream->transfer_count)
            return transfer_item(stream);
        return run_item(stream);
    }
    if (stream->time >= stream->until)
        return stream->transfer_count ? transfer_item(stream) : end_item(stream);
    if (stream->in_packet && stream->flow.gap)
        return flow_gap_item(stream);
    if (stream->in_packet)
        return take_symbol(stream) || stream->flow.gap ? NULL : leave_packet(stream, NULL);
    if (stream->packet < stream->files.packet_count)
        return enter_packet(stream);
    if (stream->transfer_count)
        return transfer_item(stream);
    if (stream->time < stream->files.run_until)
        return gap_item(stream, stream->files.run_until, "the stream ends here, the run went on", false);
    return end_item(stream);
}

const struct stream_item *stream_next(struct stream *stream) {
    const struct stream_item *item;

    while (!(item = advance(stream)))
        continue;
    return item;
}

/* ---- open and close ---------------------------------------------------------------------------------------------- */

/* Go to the packet that instruction `from` lies in, or to the first one behind it. */
static void seek(struct stream *stream) {
    const struct stream_packet *packets = stream->files.packets;
    uint32_t first;

    while (stream->packet < stream->files.packet_count && packets[stream->packet].header->until <= stream->from)
        stream->packet++;
    if (stream->packet == stream->files.packet_count) {
        stream->time = stream->from;
        return;
    }
    for (first = stream->packet; first && packets[first - 1].header->epoch == packets[stream->packet].header->epoch;)
        first--;
    for (; first < stream->packet; first++) {
        add_definitions(stream, first);
        stream_packet_release(&packets[first]);
    }
    stream->time = packets[stream->packet].header->first;
    if (stream->time > stream->from)
        stream->time = stream->packet ? packets[stream->packet - 1].header->until : 0;
}

/* False, with the reason: the window lies before the stream, or behind it and all that is known of the run. */
static bool has_window(const struct stream *stream, uint64_t from, uint64_t until, char *why, size_t why_bytes) {
    const struct stream_files *files = &stream->files;
    uint64_t first = files->packets[0].header->first, end = files->run_until;

    for (uint32_t i = 0; i < files->packet_count; i++)
        end = files->packets[i].header->until > end ? files->packets[i].header->until : end;
    if (from < until && from < end && until > first)
        return true;
    snprintf(why, why_bytes, "its instruction stream has nothing there: it begins with instruction %" PRIu64
             " and ends with %" PRIu64, first, end - 1);
    return false;
}

struct stream *stream_open(const char *path, uint64_t from, uint64_t until, char *why, size_t why_bytes) {
    struct stream *stream = calloc(1, sizeof(*stream));
    const char *problem = stream ? stream_files_open(path, &stream->files) : "there is no memory";

    if (problem) {
        snprintf(why, why_bytes, "%s", problem);
        stream_close(stream);
        return NULL;
    }
    if (!has_window(stream, from, until, why, why_bytes)) {
        stream_close(stream);
        return NULL;
    }
    if (stream->files.damaged)
        snprintf(stream->damage, sizeof(stream->damage), "the beginnings of %u packets are damaged or cut off",
                 stream->files.damaged);
    else if (stream->files.foreign_version)
        snprintf(stream->damage, sizeof(stream->damage), "some packets are of version %u, which is not known here",
                 stream->files.foreign_version);
    stream->from = from;
    stream->until = until;
    seek(stream);
    return stream;
}

struct stream_totals stream_totals(const struct stream *stream) {
    return stream->totals;
}

const char *stream_damage(const struct stream *stream) {
    return stream->damage;
}

void stream_close(struct stream *stream) {
    if (!stream)
        return;
    stream_files_close(&stream->files);
    dictionary_free(&stream->dictionary);
    free(stream);
}
