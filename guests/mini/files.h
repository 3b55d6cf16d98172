/*
 * files.h - files of the ramdisk that programs map, and the cache of their pages.
 *
 * Rules: a page of a file has one frame, made when the page is first needed and kept from then on. It is the kernel's, so it has
 * a reference that is no entry's: with any entry it is shared, and nobody maps it writable. Callers: system calls, fault, swap.
 */
#ifndef MINI_FILES_H
#define MINI_FILES_H

#include <stdint.h>

#include "guests/mini/archive.h"

/* The number of the ramdisk's file of that name. -ERROR_no_entry, or -ERROR_too_many: all numbers are taken. */
int32_t file_number(const char *name);
/* The file with a number; NULL when there is none. */
const struct archive_file *file_numbered(uint32_t number);

/* The frame with bytes of data (at most a page), which lie in the ramdisk, and zeros behind; 0 when memory has run out. */
uint32_t file_frame(const uint8_t *data, uint32_t bytes);

#endif
