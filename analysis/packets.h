/*
 * packets.h - the packets of one stream file, checked without decoding their events.
 *
 * Callers: analysis/salvage.c, quick.c.
 */
#ifndef ANALYSIS_PACKETS_H
#define ANALYSIS_PACKETS_H

#include <stdbool.h>
#include <stdint.h>

#define PACKET_HEADER_BYTES 84

/* LTTng-UST's packet header and context: little endian, packed. Sizes are in bits. */
struct packet_header {
    uint32_t magic;
    uint8_t uuid[16];
    uint32_t stream;
    uint64_t stream_instance;
    uint64_t begin;
    uint64_t end;
    uint64_t content_bits;
    uint64_t packet_bits;
    uint64_t sequence;
    uint64_t discarded;
    uint32_t cpu;
} __attribute__((packed));

struct stream_check {
    uint64_t good_bytes;   /* whole, sound packets from the beginning of the file */
    uint64_t last_time;    /* end of the last sound packet, 0 when there is none */
    uint64_t packets;      /* sound ones */
    uint64_t file_bytes;
    uint64_t content_bytes; /* of events, in sound packets */
    bool lost;             /* events or packets, as the sound ones say */
    bool partial;          /* the next packet's header is sound but the file ends within the packet */
    const char *damage;    /* why reading stopped at good_bytes, or null when the whole file is sound */
};

/* Check the stream file open as descriptor. False: it cannot be read (errno). */
bool packets_check(int descriptor, struct stream_check *check);

#endif
