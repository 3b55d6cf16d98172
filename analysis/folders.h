/*
 * folders.h - which CTF traces lie under a directory.
 *
 * Rules: a folder that holds a file called metadata is one trace; LTTng nests them (uid/0/64-bit). When there is none, a
 * folder with an instruction stream, which needs no metadata, is. Symbolic links are not followed below the given path.
 * Callers: analysis/reader.c, stream_file.c.
 */
#ifndef ANALYSIS_FOLDERS_H
#define ANALYSIS_FOLDERS_H

#include <stdint.h>

struct folders {
    char **paths;
    uint32_t count;
    uint64_t files;   /* regular files under the directory */
    uint64_t bytes;   /* their lengths, added */
};

/*
 * Find the traces under path. Returns null, or a sentence for people (static storage) when path is missing, is no
 * directory, cannot be read, is empty, or holds no trace; *folders is empty then.
 */
const char *folders_find(const char *path, struct folders *folders);
void folders_free(struct folders *folders);

#endif
