/*
 * metadata.c - see metadata.h. Metadata is plain text, or text in packets.
 */
#include "analysis/metadata.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define METADATA_MAGIC 0x75d11d57u
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

/* The whole file, with a zero behind it; null (errno): it cannot be read. */
static char *read_file(const char *folder, size_t *length) {
    char path[PATH_BYTES], *text = NULL;
    struct stat status;

    snprintf(path, sizeof(path), "%s/metadata", folder);
    FILE *file = fopen(path, "rb");

    if (file && !fstat(fileno(file), &status) && (text = calloc(1, (size_t)status.st_size + 1)))
        *length = fread(text, 1, (size_t)status.st_size, file);
    if (file)
        fclose(file);
    return text;
}

/* Move the contents of the packets together, in the same place. Null, or what is wrong with them. */
static const char *join_packets(char *text, size_t length) {
    struct metadata_header header;
    size_t used = 0;

    for (size_t at = 0; at < length; at += header.packet_bits / 8) {
        if (length - at < sizeof(header))
            return "its metadata is cut off";
        memcpy(&header, text + at, sizeof(header));
        if (header.magic != METADATA_MAGIC || header.content_bits < 8 * sizeof(header)
            || header.packet_bits < header.content_bits)
            return "its metadata is damaged";
        if (header.content_bits / 8 > length - at)
            return "its metadata is cut off";
        memmove(text + used, text + at + sizeof(header), header.content_bits / 8 - sizeof(header));
        used += header.content_bits / 8 - sizeof(header);
    }
    text[used] = '\0';
    return NULL;
}

const char *metadata_read(const char *folder, char **text, bool *is_lttng) {
    size_t length = 0;
    uint32_t magic;
    const char *problem = NULL;

    *is_lttng = false;
    *text = read_file(folder, &length);
    if (!*text)
        return errno == ENOENT ? "its metadata is missing" : strerror(errno);
    memcpy(&magic, length < sizeof(magic) ? "none" : *text, sizeof(magic));
    if (length < sizeof(magic))
        problem = "its metadata is empty";
    else if (magic == METADATA_MAGIC)
        problem = join_packets(*text, length);
    else if (memcmp(*text, "/* CTF 1.8", strlen("/* CTF 1.8")))
        problem = "its metadata is not that of CTF 1.8";
    *is_lttng = !problem && strstr(*text, "lttng-ust");
    return problem;
}

const char *metadata_check(const char *folder, bool *is_lttng) {
    char *text;
    const char *problem = metadata_read(folder, &text, is_lttng);

    free(text);
    return problem;
}
