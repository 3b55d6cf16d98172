/*
 * user_copy.h - copying between the kernel and the current process; the only code that touches ring-3 memory from the
 * kernel.
 *
 * A fault in it is repaired like the program's own; one that cannot be makes the copy fail.
 */
#ifndef MINI_USER_COPY_H
#define MINI_USER_COPY_H

#include <stdbool.h>
#include <stdint.h>

/* Both: false when part of the range is not the process's to read or write; some of it may have been copied then. */
bool copy_from_user(void *to, uint32_t from, uint32_t bytes);
bool copy_to_user(uint32_t to, const void *from, uint32_t bytes);
/* Copy a text with its NUL into to[size]. False: no NUL within size bytes, or not readable. */
bool copy_text_from_user(char *to, uint32_t from, uint32_t size);

/* user_bytes.S: copy; 0, or 1 when a fault could not be repaired. */
uint32_t user_bytes(void *to, const void *from, uint32_t bytes);
/* Its instructions that may fault, and where it goes on when they do. */
extern const uint8_t user_bytes_begin[], user_bytes_end[], user_bytes_failed[];

#endif
