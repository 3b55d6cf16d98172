/*
 * stream_packet.c - sections to packets, packets to the provider; see stream.h and trace/stream_format.h.
 *
 * Rules: a packet is compressed and handed over whole; nothing of it is known outside before. The largest packet fits
 * into a sub-buffer of the session's channel (trace/session.py).
 */
#include <string.h>
#include <zstd.h>

#include "trace/agent/agent.h"
#include "trace/agent/stream.h"
#include "trace/stream/access_encode.h"
#include "trace/stream/walk_encode.h"

#define SECTION_BYTES (384u << 10)
#define SLACK_BYTES (64u << 10) /* more than what one run and its transfers can add */
#define TOGETHER_BYTES (832u << 10) /* of all sections, when a packet is ended */
#define LEVEL 3
#define PACKET_BYTES_MAX (STREAM_HEADER_BYTES + STREAM_SECTIONS * (SECTION_BYTES + SECTION_BYTES / 128))

_Static_assert(WALK_CONTENT_BYTES <= SECTION_BYTES && ACCESS_CONTENT_BYTES <= SECTION_BYTES, "a section holds either");

static struct section {
    uint8_t bytes[SECTION_BYTES];
    uint32_t used;
} sections[STREAM_SECTIONS];

static struct stream_header header;
static uint64_t number;

void packet_token(uint64_t token) {
    struct section *flow = &sections[SECTION_FLOW];

    flow->used = (uint32_t)(stream_put_number(flow->bytes + flow->used, token) - flow->bytes);
}

void packet_definition(const uint8_t *definition, uint32_t bytes) {
    struct section *to = &sections[SECTION_DEFINITIONS];

    memcpy(to->bytes + to->used, definition, bytes);
    to->used += bytes;
}

bool packet_has_room(void) {
    uint32_t flow = sections[SECTION_FLOW].used, definitions = sections[SECTION_DEFINITIONS].used;

    return flow < SECTION_BYTES - SLACK_BYTES && definitions < SECTION_BYTES - SLACK_BYTES && !walks_full()
           && !accesses_full() && flow + definitions + walks_bytes() + accesses_bytes() < TOGETHER_BYTES;
}

void packet_begin(uint64_t time, uint32_t ring, uint32_t epoch, uint32_t first_symbol) {
    header = (struct stream_header){ .magic = STREAM_MAGIC_TEXT, .version = STREAM_VERSION,
                                     .header_bytes = STREAM_HEADER_BYTES, .first = time, .epoch = epoch,
                                     .first_symbol = first_symbol, .ring = ring };
    for (uint32_t i = 0; i < STREAM_SECTIONS; i++)
        sections[i].used = 0;
    walks_begin(time);
    accesses_begin(time);
}

void packet_end(uint64_t time, uint32_t symbols) {
    static uint8_t packet[PACKET_BYTES_MAX];
    static ZSTD_CCtx *context;
    uint32_t used = STREAM_HEADER_BYTES;

    if (!context && !(context = ZSTD_createCCtx()))
        end_because(TRACE_OUTCOME_error, "the host has no memory for compressing the instruction stream");
    if (time == header.first && !sections[SECTION_FLOW].used)
        return;
    sections[SECTION_WALKS].used = walks_end(sections[SECTION_WALKS].bytes);
    sections[SECTION_ACCESSES].used = accesses_end(time, sections[SECTION_ACCESSES].bytes);
    for (uint32_t i = 0; i < STREAM_SECTIONS; i++) {
        size_t packed = sections[i].used ? ZSTD_compressCCtx(context, packet + used, sizeof(packet) - used,
                                                             sections[i].bytes, sections[i].used, LEVEL) : 0;

        if (ZSTD_isError(packed))
            end_because(TRACE_OUTCOME_error, "the instruction stream cannot be compressed");
        header.sections[i] = (struct stream_section){ sections[i].used, (uint32_t)packed,
                                                      stream_check(packet + used, packed) };
        used += (uint32_t)packed;
    }
    header.number = number++;
    header.until = time;
    header.symbols = symbols;
    header.check = 0;
    header.check = stream_check(&header, sizeof(header));
    memcpy(packet, &header, sizeof(header));
    if (!flight_keep(packet, used))
        provider->stream(packet, used);
}
