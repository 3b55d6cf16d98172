/*
 * stream_flight.c - the flight recorder: only the last instructions before an event are kept, and written when it
 * comes; see stream.h.
 *
 * The event is the end of the run, whatever ended it, or what PENUMBRA_FLIGHT_EVENT names: a guest's marker (phase N,
 * or the end of measurement N), the crash of a domain, a violation that the oracle found. Nothing of what comes after
 * it is recorded.
 *
 * Rules: packets wait in memory until the event, and the oldest are dropped when those behind them are enough. Each
 * is readable without those before it, and short, so that little more is kept than was asked for.
 */
#include <stdlib.h>
#include <string.h>

#include "trace/agent/agent.h"
#include "trace/agent/stream.h"

#define MILLION 1000000u
#define PARTS 8u /* a packet is this part of what is kept, at most */

struct kept {
    struct kept *next;
    uint32_t bytes;
    uint8_t packet[];
};

static uint64_t instructions; /* to keep; 0: no flight recorder */
static enum flight_event awaited = FLIGHT_END;
static uint32_t awaited_number;
static bool due;
static struct kept *oldest, **behind_newest = &oldest;

void flight_describe(const char *millions, const char *event) {
    char *end = NULL;
    uint64_t number = millions ? strtoull(millions, &end, 10) : 0;

    if (!millions || !*millions)
        return;
    if (*end || number < 1 || number > FLIGHT_MILLIONS_MAX)
        agent_refuse("PENUMBRA_FLIGHT=%s; it must be a number of million instructions from 1 to %u", millions,
                     FLIGHT_MILLIONS_MAX);
    instructions = number * MILLION;
    if (!event || !*event || strcmp(event, "end") == 0)
        return;
    if (strcmp(event, "crash") == 0) {
        awaited = FLIGHT_CRASH;
    } else if (strcmp(event, "violation") == 0) {
        awaited = FLIGHT_VIOLATION;
    } else if (strncmp(event, "marker=", 7) == 0 && event[7] >= '0' && event[7] <= '9') {
        awaited = FLIGHT_MARKER;
        awaited_number = (uint32_t)strtoul(event + 7, NULL, 0);
    } else {
        agent_refuse("PENUMBRA_FLIGHT_EVENT=%s; it must be end, crash, violation or marker=N", event);
    }
}

uint64_t flight_packet_instructions(void) {
    return instructions / PARTS;
}

void flight_happened(enum flight_event event, uint32_t number) {
    if (instructions == 0 || event != awaited || (event == FLIGHT_MARKER && number != awaited_number))
        return;
    due = true;
    count_attend();
}

bool flight_is_due(void) {
    return due;
}

bool flight_waits(void) {
    return instructions && awaited != FLIGHT_END && !due;
}

static struct stream_header *header_of(struct kept *kept) {
    return (struct stream_header *)kept->packet;
}

bool flight_keep(const uint8_t *packet, uint32_t bytes) {
    struct kept *newest;

    if (instructions == 0)
        return false;
    newest = malloc(sizeof(*newest) + bytes);
    if (!newest)
        end_because(TRACE_OUTCOME_error, "the host has no memory for the flight recorder");
    newest->next = NULL;
    newest->bytes = bytes;
    memcpy(newest->packet, packet, bytes);
    *behind_newest = newest;
    behind_newest = &newest->next;
    while (header_of(oldest)->until + instructions <= header_of(newest)->until) {
        struct kept *dropped = oldest;

        oldest = dropped->next;
        free(dropped);
    }
    return true;
}

static void write_oldest(uint64_t number) {
    struct kept *written = oldest;
    struct stream_header *header = header_of(written);

    header->number = number;
    header->check = 0;
    header->check = stream_check(header, sizeof(*header));
    provider->stream(written->packet, written->bytes);
    oldest = written->next;
    free(written);
}

void flight_write(void) {
    static uint64_t number;

    for (; oldest && watch_disk_has_room(); number++)
        write_oldest(number);
    if (oldest)
        fprintf(stderr, "agent: the disk is full: of the flight recorder, instructions from %llu on are not written\n",
                (unsigned long long)header_of(oldest)->first);
    behind_newest = &oldest;
}
