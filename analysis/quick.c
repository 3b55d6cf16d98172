/*
 * quick.c - see quick.h.
 */
#include "analysis/quick.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/layouts.h"
#include "analysis/packets.h"
#include "analysis/salvage.h"

#define PATH_BYTES 4096
#define PADDING 16 /* an event's header at the end may be looked at as if it were a longer one */

/* The one stream that has events. */
struct quick {
    struct layouts layouts;
    struct graph_run *run;
    int file;               /* -1: there is none yet */
    uint64_t length;
    char name[256];
    bool large;             /* its events' headers */
    uint32_t kind;
    uint8_t *packet;        /* one of them, and PADDING zeros behind it */
    uint64_t room;
};

static uint64_t little(const uint8_t *at, uint32_t bytes) {
    uint64_t value = 0;

    memcpy(&value, at, bytes);
    return value;
}

/* The number and time of the event at `at`; returns where its payload begins. *time: of the event before. */
static const uint8_t *take_header(const struct quick *quick, const uint8_t *at, uint32_t *id, uint64_t *time) {
    uint32_t id_bits = quick->large ? 16 : 5, bits = quick->large ? 32 : 27;
    uint32_t word = (uint32_t)little(at, 4), extended = (1u << id_bits) - 1;

    *id = word & extended;
    if (*id == extended) {
        at += quick->large ? 2 : 1;
        *id = (uint32_t)little(at, 4);
        *time = little(at + 4, 8);
        return at + 12;
    }
    uint64_t low = quick->large ? little(at + 2, 4) : word >> id_bits, span = 1ull << bits;

    low |= *time & ~(span - 1);
    *time = low < *time ? low + span : low;
    return at + (quick->large ? 6 : 4);
}

static uint64_t take_number(const uint8_t *at, const struct layout_step *step) {
    uint64_t value = little(at, step->from_bytes);
    uint32_t unused = 64 - 8 * step->from_bytes;

    return step->is_signed ? (uint64_t)((int64_t)(value << unused) >> unused) : value;
}

static void take_fields(const struct layout *layout, const uint8_t *payload, struct event *event) {
    for (uint32_t i = 0; i < layout->count; i++) {
        const struct layout_step *step = &layout->steps[i];
        const uint8_t *from = payload + step->from;
        uint8_t *to = event->bytes + step->to;

        if (step->is_text)
            memcpy(to, from, strnlen((const char *)from, step->from_bytes));
        else
            decode_store(to, step->to_bytes, take_number(from, step));
    }
}

static void hand_over(struct quick *quick, const struct layout *layout, uint64_t time, const uint8_t *payload) {
    struct event event;

    if (layout->result == DECODE_OK) {
        decode_begin(layout->what, time, &event);
        take_fields(layout, payload, &event);
    } else if (layout->result == DECODE_UNKNOWN && !quick->run->decoder.first_unknown[0]) {
        snprintf(quick->run->decoder.first_unknown, sizeof(quick->run->decoder.first_unknown), "%.*s",
                 (int)layout->name_bytes, layout->name);
    }
    graph_take(quick->run, layout->result, &event);
}

/* The events of the packet that was read. Returns its length, or where what is no event begins. */
static uint64_t take_packet(struct quick *quick, const struct packet_header *header) {
    const uint8_t *at = quick->packet + sizeof(*header), *end = quick->packet + header->content_bits / 8;
    uint64_t time = header->begin;

    while (at < end && !quick->run->report->stopped) {
        uint32_t id;
        const uint8_t *payload = take_header(quick, at, &id, &time);
        const uint32_t *known = map_get(&quick->layouts.by_number, (uint64_t)quick->kind << 32 | id);
        const struct layout *layout = known ? &quick->layouts.list[*known] : NULL;

        if (!layout || time > header->end || payload > end || layout->bytes > (uint64_t)(end - payload))
            return (uint64_t)(at - quick->packet);
        hand_over(quick, layout, time, payload);
        at = payload + layout->bytes;
    }
    return header->packet_bits / 8;
}

/* The packet at place. False: it cannot be read. */
static bool read_packet(struct quick *quick, uint64_t place, struct packet_header *header) {
    if (pread(quick->file, header, sizeof(*header), (off_t)place) != sizeof(*header))
        return false;
    uint64_t bytes = header->content_bits / 8;

    if (quick->room < bytes + PADDING)
        quick->packet = grow(quick->packet, quick->room = bytes + PADDING, 1);
    memset(quick->packet + bytes, 0, PADDING);
    return pread(quick->file, quick->packet, bytes, (off_t)place) == (ssize_t)bytes;
}

static void take_packets(struct quick *quick) {
    struct packet_header header;

    for (uint64_t place = 0; place < quick->length && !quick->run->report->stopped; place += header.packet_bits / 8) {
        uint64_t taken = read_packet(quick, place, &header) ? take_packet(quick, &header) : 0;

        if (taken == header.packet_bits / 8)
            continue;
        snprintf(quick->run->report->error, sizeof(quick->run->report->error),
                 "it is damaged: %s, byte %" PRIu64 ": no event begins there", quick->name, place + taken);
        return;
    }
}

/* All events of this kind of stream can be read. */
static bool knows_all(struct quick *quick) {
    const uint32_t *large = map_get(&quick->layouts.large_headers, quick->kind);

    for (uint32_t i = 0; i < quick->layouts.by_number.size; i++) {
        const struct map_slot *slot = &quick->layouts.by_number.slots[i];

        if (slot->used && slot->key >> 32 == quick->kind && !quick->layouts.list[slot->value].readable)
            return false;
    }
    quick->large = large && *large;
    return large;
}

/* Look at one stream; when it has events, it becomes the one. False: it is damaged or lost some, or is the second. */
static bool look_at(struct quick *quick, const char *folder, const char *name) {
    struct packet_header header;
    struct stream_check check;
    char path[PATH_BYTES];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    bool sound = file >= 0 && packets_check(file, &check) && !check.damage && !check.lost;

    if (sound && check.content_bytes && quick->file < 0 && pread(file, &header, sizeof(header), 0) == sizeof(header)) {
        snprintf(quick->name, sizeof(quick->name), "%s", name);
        quick->file = file;
        quick->length = check.file_bytes;
        quick->kind = header.stream;
        return knows_all(quick);
    }
    if (file >= 0)
        close(file);
    return sound && !check.content_bytes;
}

static bool open_streams(struct quick *quick, const char *folder) {
    DIR *directory = opendir(folder);
    bool sound = directory;

    for (struct dirent *entry; sound && (entry = readdir(directory));) {
        if (salvage_is_stream(folder, entry->d_name))
            sound = look_at(quick, folder, entry->d_name);
    }
    if (directory)
        closedir(directory);
    return sound && quick->file >= 0;
}

bool quick_read(const char *folder, struct graph_run *run) {
    struct quick quick = { .run = run, .file = -1 };
    bool sound = layouts_read(folder, &quick.layouts) && open_streams(&quick, folder);

    if (sound)
        take_packets(&quick);
    if (quick.file >= 0)
        close(quick.file);
    free(quick.packet);
    snprintf(run->report->unknown_name, sizeof(run->report->unknown_name), "%s", run->decoder.first_unknown);
    layouts_free(&quick.layouts);
    return sound;
}
