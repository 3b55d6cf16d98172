/*
 * stream_file.h - the packets of an instruction stream in a trace directory.
 *
 * Rules: a packet is found by what it begins with, not by LTTng's structures around it, so that damage costs the
 * packets it hit and no others. Files are mapped, not read; what is kept of a packet is its place, and its bytes while
 * it is read.
 * Callers: analysis/stream.c, analysis/salvage.c.
 */
#ifndef ANALYSIS_STREAM_FILE_H
#define ANALYSIS_STREAM_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace/stream_format.h"

struct stream_file {
    const uint8_t *bytes;
    size_t length;
};

/* A packet whose header is sound. */
struct stream_packet {
    const struct stream_header *header; /* a copy: looking for a packet brings none into memory */
    const struct stream_file *file;
    const uint8_t *sections;
};

struct stream_files {
    struct stream_file *files;
    struct stream_packet *packets; /* in the order of time */
    uint32_t file_count, packet_count;
    uint32_t damaged;              /* headers that are not sound */
    uint32_t foreign_version;      /* of a packet that this reader does not understand; 0: there is none */
    bool described;                /* the trace's metadata speaks of an instruction stream */
    uint64_t run_until;            /* of the run, as the records beside the stream tell; 0: they do not */
};

/* Whether a file with this name in a trace's folder holds packets of an instruction stream. */
bool stream_file_is_one(const char *name);

/*
 * Find the packets under path. Null, or a sentence for people when there is no stream that can be read; *files is to be
 * closed in either case.
 */
const char *stream_files_open(const char *path, struct stream_files *files);
void stream_files_close(struct stream_files *files);

/* Unpack a section into to, which has room for SECTION_ROOM bytes. Null, or what is wrong with it. */
const char *stream_section_unpack(const struct stream_packet *packet, enum stream_section_kind kind, uint8_t *to);
/* The packet is not needed for the time being: no memory is kept for it. */
void stream_packet_release(const struct stream_packet *packet);

#define SECTION_ROOM (1u << 20) /* a larger section is damage */

#endif
