/*
 * packets.c - see packets.h.
 */
#include "analysis/packets.h"

#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define STREAM_MAGIC 0xc1fc1fc1u

_Static_assert(sizeof(struct packet_header) == PACKET_HEADER_BYTES, "LTTng-UST 2.13's layout");

/* Null when the header can stand after previous (null for the first packet), otherwise what is wrong with it. */
static const char *judge(const struct packet_header *header, const struct packet_header *previous) {
    if (header->magic != STREAM_MAGIC)
        return "no packet begins there";
    if (header->packet_bits % 8 || header->content_bits > header->packet_bits
        || header->content_bits < 8 * PACKET_HEADER_BYTES)
        return "the packet's sizes cannot be";
    if (header->end < header->begin)
        return "the packet ends before it begins";
    if (previous && memcmp(header->uuid, previous->uuid, sizeof(header->uuid)))
        return "the packet belongs to another trace";
    if (previous && (header->begin < previous->end || header->stream != previous->stream))
        return "the packet does not follow the one before it";
    return NULL;
}

bool packets_check(int descriptor, struct stream_check *check) {
    struct packet_header header, previous;
    struct stat status;

    *check = (struct stream_check){ 0 };
    if (fstat(descriptor, &status))
        return false;
    check->file_bytes = (uint64_t)status.st_size;
    while (check->good_bytes < check->file_bytes) {
        ssize_t got = pread(descriptor, &header, sizeof(header), (off_t)check->good_bytes);

        if (got < 0)
            return false;
        check->damage = got < (ssize_t)sizeof(header) ? "the file ends within a packet's header"
                                                      : judge(&header, check->packets ? &previous : NULL);
        if (check->damage)
            return true;
        if (header.packet_bits / 8 > check->file_bytes - check->good_bytes) {
            check->damage = "the file ends within a packet";
            check->partial = true;
            return true;
        }
        check->good_bytes += header.packet_bits / 8;
        check->last_time = header.end;
        check->content_bytes += header.content_bits / 8 - sizeof(header);
        check->lost |= header.discarded || header.sequence != check->packets;
        check->packets++;
        previous = header;
    }
    return true;
}
