/*
 * domain_words.h - the boot words that describe domains: domain=KERNEL[,key=value...], in the order in which the
 * domains are built.
 *
 * KERNEL and ramdisk= are numbers of modules. What a word does not say comes from the line's own mem=, mode= and pool=,
 * wherever they stand. A line without such a word describes one domain: kernel in module 1, ramdisk in module 2.
 * Callers: options.c.
 */
#ifndef XEN_BOOT_DOMAIN_WORDS_H
#define XEN_BOOT_DOMAIN_WORDS_H

#include "xen/boot/words.h"

/* The paging modes. */
extern const struct name mode_names[];

/* Take the value of one word domain=. Panics on the first part that it does not understand. */
void domain_words_parse(const char *key, char *value);
/* The line is at its end: fill in what was not said. Panics when the domains do not go together. */
void domain_words_finish(void);

#endif
