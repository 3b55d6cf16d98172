/*
 * user_copy.h - the hypervisor's access to guest memory by linear address, under the root that is loaded.
 *
 * A fault in such an access goes through the page-fault router first, so that the shadow engine fills what is
 * missing; when nobody repairs it the fix-up table ends the copy early. CR0.WP is set, so a guest's read-only page is
 * read-only here too; pages of ring 3 and of ring 1 are both reached.
 *
 * Rules: linear addresses at or above GUEST_LINEAR_END are refused before anything is touched. What is copied in is a
 * private copy: check the copy, never the original. A guest page table that is written this way is the router's
 * business (from_hypervisor).
 * Callers: hypercalls, trap delivery, instruction emulation.
 */
#ifndef XEN_MM_USER_COPY_H
#define XEN_MM_USER_COPY_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Does [linear, linear + length) lie below GUEST_LINEAR_END without wrapping? True for length 0 at an allowed
 * address.
 */
bool guest_range_ok(uint32_t linear, uint32_t length);

/*
 * Copy length bytes in or out, ascending. Returns how many were NOT copied: 0 is success; length when the range is
 * refused. Bytes before the one that faulted have been copied.
 */
uint32_t copy_from_guest(void *to, uint32_t linear, uint32_t length);
uint32_t copy_to_guest(uint32_t linear, const void *from, uint32_t length);

/*
 * The same for whole words, at any alignment, of a range that guest_range_ok has allowed: that is not asked again here.
 * Return how many words were not copied.
 */
uint32_t copy_words_from_guest(void *to, uint32_t linear, uint32_t words);
uint32_t copy_words_to_guest(uint32_t linear, const void *from, uint32_t words);

/*
 * One aligned 32-bit word, cheaper than a copy (about ten instructions). Return true when done; false: refused,
 * misaligned or not accessible, nothing changed (*value neither).
 */
bool read_guest_word(uint32_t linear, uint32_t *value);
bool write_guest_word(uint32_t linear, uint32_t value);
/* Four words in a row, at any alignment: a request of a list. False: as above; words are undefined then. */
bool read_guest_words(uint32_t linear, uint32_t words[4]);

/*
 * Compare-and-swap of one aligned word. False: refused, misaligned or not accessible, nothing changed. True: *seen is
 * what was there; the word was replaced exactly when *seen == expected.
 */
bool compare_exchange_guest_word(uint32_t linear, uint32_t expected, uint32_t desired, uint32_t *seen);

#endif
