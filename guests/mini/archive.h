/*
 * archive.h - the ramdisk: a ustar archive of ring-3 programs.
 *
 * Callers: exec. The archive comes from outside, so every size in it is checked against its end. Source: POSIX.1-1988
 * ustar header: 512-byte blocks, name at 0 (100 bytes), octal size at 124 (12 bytes), type at 156, "ustar" at 257.
 */
#ifndef MINI_ARCHIVE_H
#define MINI_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

struct archive_file {
    const uint8_t *data;
    uint32_t bytes;
};

/* Find the plain file called name in archive[bytes]. False: it is not there, or the archive is damaged before it. */
bool archive_find(const uint8_t *archive, uint32_t bytes, const char *name, struct archive_file *file);

#endif
