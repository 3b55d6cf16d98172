/*
 * machine_lib.c - hosted test of what the hypervisor's library does by itself: formatted output against the C
 * library's, 64-bit division against the compiler's, the text functions at their edges. tests/test_machine_lib.py
 * compiles and runs it under sanitizers; it prints each disagreement and exits with their number.
 */
#include <stdio.h>
#include <stdlib.h>

#include "xen/lib/conring.h"
#include "xen/lib/divide.h"
#include "xen/lib/printk.h"
#include "xen/lib/string.h"

static int disagreements;
static char console[4096];
static uint32_t console_length;

void console_write(const char *text, uint32_t length) {
    for (uint32_t i = 0; i < length; i++) {
        console[console_length++] = text[i];
    }
    console[console_length] = 0;
}

static void expect(int equal, const char *what, const char *got, const char *wanted) {
    if (!equal) {
        printf("%s: got '%s', wanted '%s'\n", what, got, wanted);
        disagreements++;
    }
}

/* The same format and arguments through both; every buffer size down to 1. */
#define BOTH(format, ...) do { \
        for (uint32_t size = 1; size <= 64; size += size < 8 ? 1 : 28) { \
            char *ours = malloc(size), theirs[64]; \
            uint32_t length = print_to(ours, size, format, __VA_ARGS__); \
            snprintf(theirs, size, format, __VA_ARGS__); \
            expect(!strcmp(ours, theirs) && length == strlen(theirs), format, ours, theirs); \
            free(ours); \
        } \
    } while (0)

static void test_format(void) {
    BOTH("%d %u %x", -5, 4000000000u, 0xdeadbeefu);
    BOTH("%d", INT32_MIN);
    BOTH("[%5d][%-5d][%05d]", -42, 42, -42);
    BOTH("[%8x][%08x][%-8x]", 0x12u, 0x12u, 0x12u);
    BOTH("[%2d]", 12345);
    BOTH("%llx %llu %lld", 0x123456789abcdef0ull, UINT64_MAX, INT64_MIN);
    BOTH("%lx", 7ul);
    BOTH("[%s][%10s][%-10s]", "text", "text", "text");
    BOTH("[%.2s][%.9s][%.*s]", "text", "text", 3, "text");
    BOTH("[%c][%3c][%-3c]", 'a', 'b', 'c');
    BOTH("%d%%", 100);
    BOTH("%s", "");

    char text[16];
    print_to(text, sizeof(text), "%p", (void *)0x1f);
    expect(!strcmp(text, "0000001f"), "%p", text, "0000001f");
    print_to(text, sizeof(text), "%s", (const char *)NULL);
    expect(!strcmp(text, "(null)"), "%s NULL", text, "(null)");
    printk("a %d\n", 1);
    printk("b");
    expect(!strcmp(console, "a 1\nb"), "printk", console, "a 1\nb");
}

/* Everything from place at on, put together. */
static uint32_t read_ring(uint32_t at, char *into) {
    const char *text;
    uint32_t length = 0;

    for (uint32_t part; (part = conring_piece(at, &text)) != 0; at += part, length += part) {
        memcpy(into + length, text, part);
    }
    return length;
}

/* Twice round, against the whole text. */
static void test_console_ring(void) {
    static char all[3 * CONRING_BYTES], got[CONRING_BYTES];
    uint32_t length = 0, start = conring_end();

    while (length < 2 * CONRING_BYTES + 777) {
        uint32_t part = 1 + length % 1000;

        for (uint32_t i = 0; i < part; i++) {
            all[length + i] = (char)('a' + (length + i) % 23);
        }
        conring_put(all + length, part);
        length += part;

        uint32_t at = conring_begin(), there = read_ring(at, got);

        expect(there <= CONRING_BYTES && at + there == conring_end() && conring_end() - start == length,
               "console ring", "other places", "all that is there, or as much as there is room for");
        if (there <= length) {
            expect(!memcmp(got, all + length - there, there), "console ring", "another text", "what was put");
        }
    }
    conring_forget(conring_end() - 5);
    expect(read_ring(conring_begin(), got) == 5 && !memcmp(got, all + length - 5, 5), "console ring", "another text",
           "the last five");
    conring_forget(conring_end());
    expect(conring_begin() == conring_end(), "console ring", "something", "nothing");
}

static void test_divide(void) {
    static const uint64_t dividends[] = { 0, 1, 9, 10, UINT32_MAX, 1ull << 32, 1000000000ull << 32, UINT64_MAX };
    static const uint32_t divisors[] = { 1, 2, 3, 10, 1000, 65536, 1000000007u, UINT32_MAX };
    for (unsigned i = 0; i < 8; i++) {
        for (unsigned j = 0; j < 8; j++) {
            uint32_t remainder;
            uint64_t a = dividends[i];
            uint32_t b = divisors[j];
            expect(divide_u64(a, b, &remainder) == a / b && remainder == a % b,
                   "divide_u64", "a wrong quotient or remainder", "the compiler's");
            uint64_t wanted = (uint64_t)(((a >> 32) * b) + (((a & UINT32_MAX) * b) >> 32));
            expect(multiply_shift_32(a, b) == wanted, "multiply_shift_32", "another product", "the schoolbook's");
        }
    }
}

static void test_text(void) {
    char buffer[5] = "zzzz";
    expect(copy_text(buffer, "abc", sizeof(buffer)) == 3 && !strcmp(buffer, "abc"), "copy_text fits", buffer, "abc");
    expect(copy_text(buffer, "abcdefg", sizeof(buffer)) == 7 && !strcmp(buffer,
           "abcd"), "copy_text cut", buffer, "abcd");
    expect(copy_text(buffer, "x", 1) == 1 && !buffer[0], "copy_text into one byte", buffer, "");
}

/* Every length and distance that reaches all of the word and tail paths, forwards and backwards. */
static void test_memory(void) {
    for (unsigned length = 0; length < 20; length++) {
        for (unsigned from = 0; from < 12; from++) {
            for (unsigned to = 0; to < 12; to++) {
                char moved[32], wanted[32], copy[32];
                for (unsigned i = 0; i < 32; i++) {
                    moved[i] = wanted[i] = copy[i] = (char)('A' + i);
                }
                for (unsigned i = 0; i < length; i++) {
                    wanted[to + i] = copy[from + i];
                }
                memmove(moved + to, moved + from, length);
                expect(!memcmp(moved, wanted, 32), "memmove", moved, wanted);
                memset(moved + to, 0x80 + from, length);
                for (unsigned i = 0; i < length; i++) {
                    wanted[to + i] = (char)(0x80 + from);
                }
                expect(!memcmp(moved, wanted, 32), "memset", moved, wanted);
            }
        }
    }
    expect(memcmp("\x80", "\x7f", 1) > 0 && memcmp("ab", "ac", 2) < 0 && !memcmp("ab", "ac", 1),
           "memcmp", "a wrong order", "unsigned bytes");
}

static void test_compare(void) {
    expect(!strcmp("a", "a") && strcmp("a", "b") < 0 && strcmp("ab", "a") > 0 && strcmp("\x80", "a") > 0,
           "strcmp", "a wrong order", "unsigned");
    expect(!strncmp("abc", "abd", 2) && strncmp("abc", "abd", 3) < 0, "strncmp", "a wrong order", "the first n");
    const char *text = "key=value";
    expect(strchr(text, '=') == text + 3 && !strchr(text, 'x') && strchr(text, 0) == text + 9,
           "strchr", "another place", "the first");
    expect(strlen("") == 0 && strlen("four") == 4 && strnlen("four", 2) == 2 && strnlen("four", 9) == 4,
           "strlen", "another length", "4");
}

int main(void) {
    test_memory();
    test_compare();
    test_format();
    test_divide();
    test_console_ring();
    test_text();
    return disagreements > 100 ? 100 : disagreements;
}
