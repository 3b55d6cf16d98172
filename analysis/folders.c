/*
 * folders.c - see folders.h. nftw has no argument for its visitor, hence the variables of this file.
 */
#include "analysis/folders.h"

#include <errno.h>
#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "analysis/map.h"
#include "analysis/stream_file.h"

#define OPEN_DIRECTORIES 16

static struct folders *found;
static bool hidden; /* a folder could not be listed */
static char *instructions; /* the first folder with an instruction stream, which can be read without metadata */

static int visit(const char *path, const struct stat *status, int kind, struct FTW *walk) {
    hidden |= kind == FTW_DNR;
    if (kind != FTW_F || !S_ISREG(status->st_mode))
        return 0;
    found->files++;
    found->bytes += (uint64_t)status->st_size;
    if (!strcmp(path + walk->base, "metadata")) {
        found->paths = grow(found->paths, found->count + 1, sizeof(*found->paths));
        found->paths[found->count++] = strndup(path, walk->base ? (size_t)walk->base - 1 : 0);
    } else if (!instructions && stream_file_is_one(path + walk->base)) {
        instructions = strndup(path, walk->base ? (size_t)walk->base - 1 : 0);
    }
    return 0;
}

static int compare_paths(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

const char *folders_find(const char *path, struct folders *folders) {
    struct stat status;

    *folders = (struct folders){ 0 };
    if (stat(path, &status))
        return errno == ENOENT ? "there is no such directory" : strerror(errno);
    if (!S_ISDIR(status.st_mode))
        return "it is not a directory; name the folder that holds the trace";
    found = folders;
    hidden = false;
    instructions = NULL;
    if (nftw(path, visit, OPEN_DIRECTORIES, FTW_PHYS))
        return "its folders cannot be listed";
    if (!folders->count && instructions) {
        folders->paths = grow(NULL, 1, sizeof(*folders->paths));
        folders->paths[folders->count++] = instructions;
        return NULL;
    }
    free(instructions);
    if (folders->count) {
        qsort(folders->paths, folders->count, sizeof(*folders->paths), compare_paths);
        return NULL;
    }
    if (hidden)
        return "no trace was found, but it is, or holds, a folder that may not be listed: permission denied";
    return folders->files ? "it holds no CTF trace: no file called metadata lies in it or below it"
                          : "it is empty: no trace was written";
}

void folders_free(struct folders *folders) {
    for (uint32_t i = 0; i < folders->count; i++)
        free(folders->paths[i]);
    free(folders->paths);
    *folders = (struct folders){ 0 };
}
