/*
 * user_copy.c - see user_copy.h. The instructions that may fault have their entry in the fix-up table: pairs of
 * addresses, the instruction and where to go on (xen/cpu/exception.c searches it).
 */
#include "xen/mm/user_copy.h"

#include "xen/mm/layout.h"

#define FIXUP(instruction, resume) ".pushsection .fixup_table, \"a\"\n.long " instruction ", " resume "\n.popsection\n"

bool guest_range_ok(uint32_t linear, uint32_t length) {
    return linear < GUEST_LINEAR_END && length <= GUEST_LINEAR_END - linear;
}

/* Words first, then the tail. Either string instruction leaves in ecx what it has not done. */
static uint32_t copy(void *to, const void *from, uint32_t length) {
    uint32_t left = length / 4;
    asm volatile("1: rep movsl\n"
                 "   mov %[tail], %%ecx\n"
                 "2: rep movsb\n"
                 "3:\n"
                 ".pushsection .text.fixup, \"ax\"\n"
                 "4: lea (%[tail], %%ecx, 4), %%ecx\n"
                 "   jmp 3b\n"
                 ".popsection\n"
                 FIXUP("1b", "4b")
                 FIXUP("2b", "3b")
                 : "+&c"(left), "+&D"(to), "+&S"(from)
                 : [tail] "r"(length % 4)
                 : "memory", "cc");
    return left;
}

uint32_t copy_from_guest(void *to, uint32_t linear, uint32_t length) {
    return guest_range_ok(linear, length) ? copy(to, (const void *)linear, length) : length;
}

uint32_t copy_to_guest(uint32_t linear, const void *from, uint32_t length) {
    return guest_range_ok(linear, length) ? copy((void *)linear, from, length) : length;
}

static inline uint32_t copy_words(void *to, const void *from, uint32_t words) {
    asm volatile("1: rep movsl\n"
                 "2:\n"
                 FIXUP("1b", "2b")
                 : "+&c"(words), "+&D"(to), "+&S"(from) : : "memory");
    return words;
}

uint32_t copy_words_from_guest(void *to, uint32_t linear, uint32_t words) {
    return copy_words(to, (const void *)linear, words);
}

uint32_t copy_words_to_guest(uint32_t linear, const void *from, uint32_t words) {
    return copy_words((void *)linear, from, words);
}

/* An aligned word below GUEST_LINEAR_END. */
static bool word_ok(uint32_t linear) {
    return linear < GUEST_LINEAR_END && !(linear & 3);
}

bool read_guest_word(uint32_t linear, uint32_t *value) {
    uint32_t word;
    if (!word_ok(linear)) {
        return false;
    }
    asm goto volatile("1: movl (%1), %0\n"
                      FIXUP("1b", "%l[failed]")
                      : "=r"(word) : "r"(linear) : "memory" : failed);
    *value = word;
    return true;
failed:
    return false;
}

bool read_guest_words(uint32_t linear, uint32_t words[4]) {
    uint32_t first, second, third, fourth;

    if (linear > GUEST_LINEAR_END - 4 * sizeof(uint32_t)) {
        return false;
    }
    asm goto volatile("1: movl (%4), %0\n"
                      "2: movl 4(%4), %1\n"
                      "3: movl 8(%4), %2\n"
                      "4: movl 12(%4), %3\n"
                      FIXUP("1b", "%l[failed]") FIXUP("2b", "%l[failed]")
                      FIXUP("3b", "%l[failed]") FIXUP("4b", "%l[failed]")
                      : "=&r"(first), "=&r"(second), "=&r"(third), "=r"(fourth) : "r"(linear) : "memory" : failed);
    words[0] = first;
    words[1] = second;
    words[2] = third;
    words[3] = fourth;
    return true;
failed:
    return false;
}

bool write_guest_word(uint32_t linear, uint32_t value) {
    if (!word_ok(linear)) {
        return false;
    }
    asm goto volatile("1: movl %0, (%1)\n"
                      FIXUP("1b", "%l[failed]")
                      : : "r"(value), "r"(linear) : "memory" : failed);
    return true;
failed:
    return false;
}

bool compare_exchange_guest_word(uint32_t linear, uint32_t expected, uint32_t desired, uint32_t *seen) {
    uint32_t word;
    if (!word_ok(linear)) {
        return false;
    }
    asm goto volatile("1: lock cmpxchgl %2, (%1)\n"
                      FIXUP("1b", "%l[failed]")
                      : "=a"(word) : "r"(linear), "r"(desired), "0"(expected) : "memory", "cc" : failed);
    *seen = word;
    return true;
failed:
    return false;
}
