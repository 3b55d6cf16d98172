/*
 * salvage.c - see salvage.h.
 */
#include "analysis/salvage.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "analysis/metadata.h"
#include "analysis/packets.h"
#include "analysis/scratch.h"
#include "analysis/stream_file.h"

#define COPY_BYTES 65536
#define PATH_BYTES 4096

/* Write the sound packets of from, and the readable beginning of a partial one with its sizes made true, to path. */
static bool copy_readable(int from, const char *path, const struct stream_check *check) {
    uint64_t length = check->partial ? check->file_bytes : check->good_bytes;
    int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    char *buffer = malloc(COPY_BYTES);
    bool done = to >= 0 && buffer;

    for (uint64_t at = 0; done && at < length;) {
        size_t want = length - at < COPY_BYTES ? (size_t)(length - at) : COPY_BYTES;
        ssize_t got = pread(from, buffer, want, (off_t)at);

        done = got > 0 && pwrite(to, buffer, (size_t)got, (off_t)at) == got;
        at += done ? (uint64_t)got : 0;
    }
    if (done && check->partial) {
        struct packet_header header;

        done = pread(from, &header, sizeof(header), (off_t)check->good_bytes) == sizeof(header);
        header.packet_bits = 8 * (check->file_bytes - check->good_bytes);
        if (header.content_bits > header.packet_bits)
            header.content_bits = header.packet_bits;
        done = done && pwrite(to, &header, sizeof(header), (off_t)check->good_bytes) == sizeof(header);
    }
    free(buffer);
    return (to < 0 || !close(to)) && done;
}

/* Put the stream called name into the temporary folder: whole as a link, damaged as a copy of what can be read. */
static bool carry_over(const char *folder, const char *name, struct salvage *salvage) {
    const char *to = scratch_path(name);
    struct stream_check check;
    char from[PATH_BYTES];

    snprintf(from, sizeof(from), "%s/%s", folder, name);
    int descriptor = open(from, O_RDONLY | O_CLOEXEC);
    bool done = descriptor >= 0 && packets_check(descriptor, &check);

    if (done && check.damage) {
        snprintf(salvage->damage, sizeof(salvage->damage), "it is damaged: %s, byte %llu: %s", name,
                 (unsigned long long)check.good_bytes, check.damage);
        if (!check.partial && check.last_time < salvage->until)
            salvage->until = check.last_time;
        done = check.good_bytes == 0 && !check.partial ? true : copy_readable(descriptor, to, &check);
    } else if (done) {
        done = !symlink(from, to);
    }
    if (descriptor >= 0)
        close(descriptor);
    return done;
}

bool salvage_is_stream(const char *folder, const char *name) {
    char path[PATH_BYTES];
    struct stat status;

    if (stream_file_is_one(name))
        return false;

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return name[0] != '.' && strcmp(name, "metadata") && !stat(path, &status) && S_ISREG(status.st_mode);
}

static bool any_damage(const char *folder, DIR *directory) {
    bool damaged = false;

    for (struct dirent *entry; !damaged && (entry = readdir(directory));) {
        struct stream_check check = { .damage = "unreadable" };
        char path[PATH_BYTES];

        if (!salvage_is_stream(folder, entry->d_name))
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        int descriptor = open(path, O_RDONLY | O_CLOEXEC);

        damaged = descriptor < 0 || !packets_check(descriptor, &check) || check.damage;
        if (descriptor >= 0)
            close(descriptor);
    }
    rewinddir(directory);
    return damaged;
}

static bool any_instructions(DIR *directory) {
    bool found = false;

    for (struct dirent *entry; !found && (entry = readdir(directory));)
        found = stream_file_is_one(entry->d_name);
    rewinddir(directory);
    return found;
}

/* Fill the temporary folder. */
static bool carry_all(const char *folder, DIR *directory, struct salvage *salvage) {
    char metadata[PATH_BYTES];
    bool done;

    snprintf(metadata, sizeof(metadata), "%s/metadata", folder);
    salvage->folder = scratch_make();
    done = salvage->folder && !symlink(metadata, scratch_path("metadata"));
    for (struct dirent *entry; done && (entry = readdir(directory));) {
        if (salvage_is_stream(folder, entry->d_name))
            done = carry_over(folder, entry->d_name, salvage);
    }
    if (!done)
        snprintf(salvage->damage, sizeof(salvage->damage),
                 "its readable part cannot be copied to a temporary folder: %s", strerror(errno));
    return done;
}

bool salvage_begin(const char *folder, struct salvage *salvage) {
    char *absolute = realpath(folder, NULL);
    DIR *directory = absolute ? opendir(absolute) : NULL;
    bool is_lttng, done;

    *salvage = (struct salvage){ .until = UINT64_MAX };
    const char *problem = directory ? metadata_check(absolute, &is_lttng) : strerror(errno);

    if (problem)
        snprintf(salvage->damage, sizeof(salvage->damage), "%s", problem);
    done = !problem;
    /* only of LTTng's packets is the layout known here */
    if (done && is_lttng && (any_instructions(directory) || any_damage(absolute, directory)))
        done = carry_all(absolute, directory, salvage);
    if (directory)
        closedir(directory);
    free(absolute);
    return done;
}

void salvage_end(struct salvage *salvage) {
    scratch_remove();
    salvage->folder = NULL;
}
