/*
 * stream_file.c - see stream_file.h.
 */
#include "analysis/stream_file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include "analysis/folders.h"
#include "analysis/map.h"
#include "analysis/packets.h"

#define PATH_BYTES 4096
#define PAGE_BYTES 4096u
#define AROUND_BYTES (1u << 18)
#define STREAM_PROVIDER "penumbra_stream:" /* in the metadata of a trace with an instruction stream */
#define CHANNEL "stream_" /* trace/session.py; the rest of a file's name is a number */

bool stream_file_is_one(const char *name) {
    size_t digits = strlen(CHANNEL);

    return !strncmp(name, CHANNEL, digits) && name[digits]
           && strspn(name + digits, "0123456789") == strlen(name + digits);
}

static const char *map_file(const char *path, struct stream_files *files) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    void *bytes = NULL;

    if (descriptor < 0)
        return strerror(errno);
    if (fstat(descriptor, &status) == 0 && status.st_size > 0)
        bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    close(descriptor);
    if (bytes == MAP_FAILED)
        return strerror(errno);
    if (bytes) {
        files->files = grow(files->files, files->file_count + 1, sizeof(*files->files));
        files->files[files->file_count++] = (struct stream_file){ bytes, (size_t)status.st_size };
    }
    return NULL;
}

/* How far the run went, from a file that may be one of records. */
static void note_end(const char *path, struct stream_files *files) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    struct stream_check check;

    if (descriptor < 0)
        return;
    if (packets_check(descriptor, &check) && check.packets && check.last_time >= files->run_until)
        files->run_until = check.last_time + 1;
    close(descriptor);
}

/* Is there an instruction stream, or was there one? */
static bool is_described(const char *path) {
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    void *text = MAP_FAILED;
    bool found = false;

    if (descriptor < 0)
        return false;
    if (fstat(descriptor, &status) == 0 && status.st_size > 0)
        text = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, descriptor, 0);
    close(descriptor);
    if (text != MAP_FAILED) {
        found = memmem(text, (size_t)status.st_size, STREAM_PROVIDER, strlen(STREAM_PROVIDER));
        munmap(text, (size_t)status.st_size);
    }
    return found;
}

static const char *map_folder(const char *folder, struct stream_files *files) {
    DIR *directory = opendir(folder);
    const char *problem = directory ? NULL : strerror(errno);

    for (struct dirent *entry; !problem && (entry = readdir(directory));) {
        char path[PATH_BYTES];

        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (stream_file_is_one(entry->d_name))
            problem = map_file(path, files);
        else if (!strcmp(entry->d_name, "metadata"))
            files->described = is_described(path);
        else
            note_end(path, files);
    }
    if (directory)
        closedir(directory);
    return problem;
}

/* Whether what begins like a header is one. */
static bool is_sound(const struct stream_header *header) {
    struct stream_header copy = *header;

    copy.check = 0;
    return header->header_bytes == STREAM_HEADER_BYTES && header->check == stream_check(&copy, sizeof(copy))
           && header->first <= header->until;
}

/*
 * The system may have the memory of these bytes back: they are read again from the file when they are needed. With a page
 * that is needed it brings those around it, which are given back together with what comes next.
 */
static void release(const struct stream_file *file, const uint8_t *from, const uint8_t *to) {
    size_t first = (size_t)(from - file->bytes);

    first -= first < AROUND_BYTES ? first : AROUND_BYTES;
    first -= first % PAGE_BYTES;
    madvise((void *)(file->bytes + first), (size_t)(to - file->bytes) - first, MADV_DONTNEED);
}

static void find_packets(const struct stream_file *file, struct stream_files *files) {
    const uint8_t *end = file->bytes + file->length, *behind = file->bytes;

    for (const uint8_t *at = file->bytes; (at = memmem(at, (size_t)(end - at), STREAM_MAGIC_TEXT, 8));) {
        const struct stream_header *header = (const struct stream_header *)at;

        release(file, behind, at);
        behind = at++;
        if ((size_t)(end - at) < STREAM_HEADER_BYTES) {
            files->damaged++;
        } else if (header->version != STREAM_VERSION) {
            files->foreign_version = header->version;
        } else if (!is_sound(header)) {
            files->damaged++;
        } else {
            files->packets = grow(files->packets, files->packet_count + 1, sizeof(*files->packets));
            files->packets[files->packet_count++] = (struct stream_packet){
                memcpy(grow(NULL, 1, sizeof(*header)), header, sizeof(*header)), file, behind + STREAM_HEADER_BYTES
            };
        }
    }
    release(file, behind, end);
}

/* What the file has from there on. */
static size_t bytes_from(const struct stream_packet *packet, const uint8_t *at) {
    return (size_t)(packet->file->bytes + packet->file->length - at);
}

void stream_packet_release(const struct stream_packet *packet) {
    size_t bytes = 0, most = bytes_from(packet, packet->sections);

    for (uint32_t i = 0; i < STREAM_SECTIONS; i++)
        bytes += packet->header->sections[i].packed;
    release(packet->file, packet->sections, packet->sections + (bytes < most ? bytes : most));
}

static int by_time(const void *a, const void *b) {
    const struct stream_header *left = ((const struct stream_packet *)a)->header;
    const struct stream_header *right = ((const struct stream_packet *)b)->header;

    return (left->first > right->first) - (left->first < right->first);
}

/* All of its sections are as they were written. */
static bool is_whole(const struct stream_packet *packet) {
    const uint8_t *at = packet->sections;

    for (uint32_t i = 0; i < STREAM_SECTIONS; i++) {
        const struct stream_section *section = &packet->header->sections[i];

        if (section->packed > bytes_from(packet, at) || section->check != stream_check(at, section->packed))
            return false;
        at += section->packed;
    }
    return true;
}

/*
 * The tracer's buffers are used again: behind the last event of one lies what was there before, and that may begin with
 * a packet that is in the file already. Of two such the one that is whole counts.
 */
static void drop_remains(struct stream_files *files) {
    uint32_t kept = 0;

    for (uint32_t i = 0; i < files->packet_count; i++) {
        struct stream_packet *packet = &files->packets[i], *last = &files->packets[kept - (kept > 0)];

        if (kept && !memcmp(last->header, packet->header, STREAM_HEADER_BYTES)) {
            free((void *)packet->header);
            if (!is_whole(last))
                *last = (struct stream_packet){ last->header, packet->file, packet->sections };
        } else {
            files->packets[kept++] = *packet;
        }
    }
    files->packet_count = kept;
}

const char *stream_files_open(const char *path, struct stream_files *files) {
    struct folders folders;
    const char *problem = folders_find(path, &folders);

    *files = (struct stream_files){ 0 };
    if (!problem && folders.count > 1)
        problem = "it holds several traces; name one of them";
    if (!problem)
        problem = map_folder(folders.paths[0], files);
    folders_free(&folders);
    for (uint32_t i = 0; !problem && i < files->file_count; i++)
        find_packets(&files->files[i], files);
    if (!problem && files->packet_count == 0)
        problem = files->foreign_version ? "its instruction stream is of another version" :
                  files->damaged         ? "nothing of its instruction stream is sound" :
                  files->described       ? "its instruction stream is lost: no packet of it is in files stream_N" :
                                           "it holds no instruction stream: record with TRACE=insn";
    if (files->packet_count)
        qsort(files->packets, files->packet_count, sizeof(*files->packets), by_time);
    drop_remains(files);
    return problem;
}

void stream_files_close(struct stream_files *files) {
    for (uint32_t i = 0; i < files->file_count; i++)
        munmap((void *)files->files[i].bytes, files->files[i].length);
    for (uint32_t i = 0; i < files->packet_count; i++)
        free((void *)files->packets[i].header);
    free(files->files);
    free(files->packets);
    *files = (struct stream_files){ 0 };
}

const char *stream_section_unpack(const struct stream_packet *packet, enum stream_section_kind kind, uint8_t *to) {
    const struct stream_section *section = &packet->header->sections[kind];
    const uint8_t *at = packet->sections;

    for (uint32_t i = 0; i < (uint32_t)kind; i++) {
        if (packet->header->sections[i].packed > bytes_from(packet, at))
            return "the file ends within a packet";
        at += packet->header->sections[i].packed;
    }
    if (section->packed > bytes_from(packet, at))
        return "the file ends within a packet";
    if (section->bytes > SECTION_ROOM)
        return "a packet's sizes cannot be";
    if (section->check != stream_check(at, section->packed))
        return "a packet's checksum is wrong";
    if (section->bytes && ZSTD_decompress(to, section->bytes, at, section->packed) != section->bytes)
        return "a packet cannot be unpacked";
    return NULL;
}
