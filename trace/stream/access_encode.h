/*
 * access_encode.h - data accesses into the content of packets; the format is in access_model.h.
 *
 * Callers: trace/agent/stream_accesses.c; tests/unit/stream/accesses.c.
 */
#ifndef TRACE_STREAM_ACCESS_ENCODE_H
#define TRACE_STREAM_ACCESS_ENCODE_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/stream/access_model.h"
#include "trace/stream/columns.h"

#define ACCESS_CONTENT_BYTES (384u << 10) /* at most, of one packet */

#define ACCESS_SLACK 512u /* more accesses than one instruction and what interrupts it make */

struct access_encoder {
    struct access_model model;
    struct column columns[ACCESS_COLUMNS];
    uint64_t count;
    uint32_t right;     /* accesses since the last token, all predicted right */
    uint64_t quiet_end; /* of the last quiet stretch, or the packet's first instruction */
    bool full;          /* the packet should be ended soon: there is room for ACCESS_SLACK more */
    uint8_t bytes[ACCESS_CONTENT_BYTES];
};

/* Begin a packet whose accesses are of instructions from `time` on. */
void access_begin(struct access_encoder *encoder, uint64_t time);
/*
 * One access: time of the instruction that last began, not before those put earlier, and its linear address; linear
 * and physical address of the access, its length (1 to 64 bytes), its direction (enum access_direction). False: there
 * is no room for it, and the packet cannot go on; before it comes to that, full is set.
 */
bool access_put(struct access_encoder *encoder, uint64_t time, uint32_t instruction, uint32_t address,
                uint32_t physical, uint32_t bytes, uint32_t direction);
/* Of the instructions from, before until, which come after all that were put, no access is recorded. False as above. */
bool access_quiet(struct access_encoder *encoder, uint64_t from, uint64_t until);
/* The packet's content, at most ACCESS_CONTENT_BYTES; returns its length. Only access_begin may follow. */
uint32_t access_end(struct access_encoder *encoder, uint8_t *content);

#endif
