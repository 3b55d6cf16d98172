/*
 * metadata.c - see metadata.h. Metadata is plain text, or text in packets.
 */
#include "analysis/metadata.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define METADATA_MAGIC 0x75d11d57u
#define LOOK_BYTES 4096
#define PATH_BYTES 4096

/* Sizes are in bits and count the header. */
struct metadata_header {
    uint32_t magic;
    uint8_t uuid[16];
    uint32_t checksum;
    uint32_t content_bits;
    uint32_t packet_bits;
    uint8_t compression, encryption, checksum_kind, major, minor;
} __attribute__((packed));

static const char *check_packets(FILE *file, long length) {
    struct metadata_header header;

    for (long at = 0; at < length; at += (long)(header.packet_bits / 8)) {
        if (fseek(file, at, SEEK_SET) || fread(&header, sizeof(header), 1, file) != 1)
            return "its metadata is cut off";
        if (header.magic != METADATA_MAGIC || header.content_bits < 8 * sizeof(header)
            || header.packet_bits < header.content_bits)
            return "its metadata is damaged";
        if (header.content_bits / 8 > length - at)
            return "its metadata is cut off";
    }
    return NULL;
}

static const char *check(FILE *file, bool *is_lttng) {
    char text[LOOK_BYTES] = { 0 };
    size_t got = fread(text, 1, sizeof(text), file);
    uint32_t magic;

    memcpy(&magic, text, sizeof(magic));
    if (got == 0 || fseek(file, 0, SEEK_END))
        return "its metadata is empty";
    *is_lttng = memmem(text, got, "lttng-ust", strlen("lttng-ust"));
    if (magic == METADATA_MAGIC)
        return check_packets(file, ftell(file));
    return memcmp(text, "/* CTF 1.8", strlen("/* CTF 1.8")) ? "its metadata is not that of CTF 1.8" : NULL;
}

const char *metadata_check(const char *folder, bool *is_lttng) {
    char path[PATH_BYTES];

    snprintf(path, sizeof(path), "%s/metadata", folder);
    FILE *file = fopen(path, "rb");

    *is_lttng = false;
    if (!file)
        return strerror(errno);
    const char *problem = check(file, is_lttng);

    fclose(file);
    return problem;
}

/* Move the contents of the packets together, in the same place. */
static size_t join_packets(char *text, size_t length) {
    struct metadata_header header;
    size_t used = 0;

    for (size_t at = 0; at + sizeof(header) <= length; at += header.packet_bits / 8) {
        memcpy(&header, text + at, sizeof(header));
        memmove(text + used, text + at + sizeof(header), header.content_bits / 8 - sizeof(header));
        used += header.content_bits / 8 - sizeof(header);
    }
    return used;
}

char *metadata_text(const char *folder) {
    char path[PATH_BYTES], *text = NULL;
    uint32_t magic = 0;
    bool is_lttng;

    if (metadata_check(folder, &is_lttng))
        return NULL;
    snprintf(path, sizeof(path), "%s/metadata", folder);
    FILE *file = fopen(path, "rb");
    long length = file && !fseek(file, 0, SEEK_END) ? ftell(file) : -1;

    if (length >= (long)sizeof(magic) && (text = calloc(1, (size_t)length + 1))) {
        rewind(file);
        size_t got = fread(text, 1, (size_t)length, file);

        memcpy(&magic, text, sizeof(magic));
        text[magic == METADATA_MAGIC ? join_packets(text, got) : got] = '\0';
    }
    if (file)
        fclose(file);
    return text;
}
