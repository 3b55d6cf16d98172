/*
 * words.h - reading the values of the boot line's words. What cannot be read is a panic that names the word and what is
 * allowed.
 *
 * Callers: options.c, domain_words.c.
 */
#ifndef XEN_BOOT_WORDS_H
#define XEN_BOOT_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#define ALLOWED_BYTES 256u   /* what is allowed, as text */

/* A word for a number; a list of them ends with text NULL. */
struct name {
    const char *text;
    uint32_t value;
};

/* The word key=value is wrong: allowed says what would not be. */
_Noreturn void word_refuse(const char *key, const char *value, const char *allowed);
/* The number that value is a name of. word_find: false, *found unchanged, when it is none of them. */
bool word_find(const struct name *names, const char *value, uint32_t *found);
uint32_t word_name(const char *key, const char *value, const struct name *names);
/* A decimal number that fits 32 bits, all of value. word_digits: false when it is none. */
bool word_digits(const char *value, uint32_t *number);
uint32_t word_number(const char *key, const char *value, uint32_t least, uint32_t most);

#endif
