/*
 * guest_parts.c - the parts of the guests that need no machine, on this host: formatting against the C library's,
 * regions against a map of single pages, the queue of page-table updates against a log of what was sent, the archive
 * reader against every truncation and many corruptions of a real archive.
 *
 * Usage: guest_parts ARCHIVE NAME BYTES - a ustar archive and one of its files. Exit status 0: all held.
 */
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guests/lib/format.h"
#include "guests/mini/archive.h"
#include "guests/mini/paging.h"
#include "guests/mini/region.h"
#include "guests/mini/update_queue.h"

#define REQUIRE(condition)                                                                \
    do {                                                                                  \
        if (!(condition)) {                                                               \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition);               \
            exit(1);                                                                      \
        }                                                                                 \
    } while (0)

static uint32_t seed = 12345;

static uint32_t random_below(uint32_t limit) {
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % limit;
}

/* --- formatting --- */

static void same_text(const char *format, ...) {
    char ours[64], theirs[64];
    va_list arguments, again;
    size_t length;

    va_start(arguments, format);
    va_copy(again, arguments);
    length = format_text(ours, sizeof(ours), format, arguments);
    vsnprintf(theirs, sizeof(theirs), format, again);
    va_end(again);
    va_end(arguments);
    if (strcmp(ours, theirs) != 0)
        fprintf(stderr, "\"%s\": \"%s\" and not \"%s\"\n", format, ours, theirs);
    REQUIRE(strcmp(ours, theirs) == 0 && length == strlen(theirs));
}

static size_t cut_text(char *buffer, size_t size, const char *format, ...) {
    va_list arguments;
    size_t length;

    va_start(arguments, format);
    length = format_text(buffer, size, format, arguments);
    va_end(arguments);
    return length;
}

static void test_format(void) {
    static const int numbers[] = { 0, 1, -1, 9, 10, 12345, -12345, INT32_MAX, INT32_MIN };
    char small[8];

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        same_text("%d|%8d|%-8d|%08d", numbers[i], numbers[i], numbers[i], numbers[i]);
        same_text("%u %x %08x %3x|%-5x|", numbers[i], numbers[i], numbers[i], numbers[i], numbers[i]);
        same_text("%lld %llu %016llx", numbers[i] * 4000000007ll, numbers[i] * 3ll, numbers[i] * 1ll);
    }
    same_text("%s %10s|%-10s|%.3s|%c%%", "text", "text", "text", "text", 'x');
    same_text("%s", "a text that is much longer than the buffer, so that it must be cut off at its end");
    REQUIRE(cut_text(small, sizeof(small), "%d", 123456789) == 7 && strcmp(small, "1234567") == 0);
    REQUIRE(cut_text(small, 1, "%s", "abc") == 0 && small[0] == '\0');
    REQUIRE(cut_text(small, sizeof(small), "abc%") == 3);
}

/* --- regions --- */

#define PAGES 64u

static uint32_t model[PAGES];          /* protection + 1 of each page; 0: none */

static uint32_t address(uint32_t page) {
    return USER_START + page * PAGE_SIZE;
}

static void compare(struct region *list) {
    uint32_t last = 0;

    for (struct region *region = list; region != NULL; region = region->next) {
        REQUIRE(region->start >= last && region->start < region->end);
        last = region->end;
    }
    for (uint32_t page = 0; page < PAGES; page++) {
        const struct region *region = region_find(list, address(page) + 7);

        REQUIRE((region == NULL) == (model[page] == 0));
        REQUIRE(region == NULL || region->protection + 1 == model[page]);
        REQUIRE(region_overlaps(list, address(page), address(page + 1)) == (model[page] != 0));
    }
}

static bool model_free(uint32_t first, uint32_t count) {
    for (uint32_t page = first; page < first + count; page++) {
        if (model[page] != 0)
            return false;
    }
    return true;
}

static void change(struct region **list) {
    uint32_t first = random_below(PAGES), count = 1 + random_below(PAGES - first), protection = random_below(3);
    struct region region = { .start = address(first), .end = address(first + count), .protection = protection };

    if (random_below(2) == 0) {
        bool room = model_free(first, count);

        REQUIRE(region_overlaps(*list, region.start, region.end) == !room);
        if (!room)
            return;
        REQUIRE(region_insert(list, &region));
        for (uint32_t page = first; page < first + count; page++)
            model[page] = protection + 1;
    } else {
        REQUIRE(region_split(list, region.start, region.end));
        region_remove(list, region.start, region.end);
        for (uint32_t page = first; page < first + count; page++)
            model[page] = 0;
    }
}

static void test_regions(void) {
    struct region *list = NULL;

    for (uint32_t i = 0; i < 20000; i++) {
        bool copied;
        struct region *copy;
        uint32_t gap;

        change(&list);
        compare(list);
        gap = region_find_gap(list, address(0), 3 * PAGE_SIZE);
        REQUIRE(gap >= address(0) && !region_overlaps(list, gap, gap + 3 * PAGE_SIZE));
        if (i % 64 != 0)
            continue;
        copy = region_copy(list, &copied);
        REQUIRE(copied);
        compare(copy);
        region_free_all(&copy);
        REQUIRE(copy == NULL);
    }
    region_free_all(&list);
}

/* The pool is finite: running out is reported, and what was there stays. */
static void test_region_pool(void) {
    struct region *list = NULL, *copy;
    uint32_t count = 0;
    bool copied = true;
    struct region region = { .protection = PROTECTION_read };

    for (;; count++) {
        region.start = address(2 * count);
        region.end = region.start + PAGE_SIZE;
        if (!region_insert(&list, &region))
            break;
    }
    REQUIRE(count >= 1000);
    copy = region_copy(list, &copied);
    REQUIRE(copy == NULL && !copied);
    region_remove(&list, address(0), address(1));
    REQUIRE(region_insert(&list, &region));
    region_free_all(&list);
}

/* --- the queue of page-table updates --- */

static uint32_t sent;                  /* requests, all in order */
static uint32_t calls;

static void log_requests(struct mmu_update *requests, uint32_t count) {
    REQUIRE(count >= 1 && count <= UPDATE_QUEUE_ROOM);
    for (uint32_t i = 0; i < count; i++, sent++)
        REQUIRE(requests[i].ptr == 0x100000000ull + 4 * sent && requests[i].val == ~(uint64_t)sent);
    calls++;
}

static void test_update_queue(void) {
    static struct update_queue queue = { .send = log_requests };
    uint32_t added = 0;

    update_queue_send(&queue);
    REQUIRE(calls == 0);
    for (uint32_t round = 0; round < 2000; round++) {
        uint32_t count = random_below(3 * UPDATE_QUEUE_ROOM), calls_before = calls;

        for (uint32_t i = 0; i < count; i++, added++)
            update_queue_add(&queue, 0x100000000ull + 4 * added, ~(uint64_t)added);
        REQUIRE(added - sent <= UPDATE_QUEUE_ROOM);
        update_queue_send(&queue);
        update_queue_send(&queue);
        REQUIRE(sent == added);
        REQUIRE(calls - calls_before == (count + UPDATE_QUEUE_ROOM - 1) / UPDATE_QUEUE_ROOM);
    }
}

/* --- the archive --- */

static void test_archive(const char *path, const char *name, uint32_t bytes) {
    FILE *input = fopen(path, "rb");
    static uint8_t whole[1 << 20];
    struct archive_file file;
    uint32_t size;

    REQUIRE(input != NULL);
    size = (uint32_t)fread(whole, 1, sizeof(whole), input);
    fclose(input);
    REQUIRE(archive_find(whole, size, name, &file) && file.bytes == bytes && memcmp(file.data, "\177ELF", 4) == 0);
    REQUIRE(!archive_find(whole, size, "nothing", &file));

    /* Every length, in a block of exactly that size, so that the sanitizer sees a read beyond it. */
    for (uint32_t length = 0; length < size; length += length < 2048 ? 1 : 509) {
        uint8_t *cut = malloc(length + 1);

        memcpy(cut, whole, length);
        cut = realloc(cut, length == 0 ? 1 : length);
        if (archive_find(cut, length, name, &file))
            REQUIRE(file.data >= cut && file.data + file.bytes <= cut + length);
        free(cut);
    }
    for (uint32_t i = 0; i < 20000; i++) {
        uint8_t *copy = malloc(size);
        uint32_t block = random_below(size / 512) * 512;

        memcpy(copy, whole, size);
        copy[124 + random_below(12)] = (uint8_t)('0' + random_below(10));
        copy[block + random_below(512)] = (uint8_t)random_below(256);
        if (archive_find(copy, size, name, &file))
            REQUIRE(file.data >= copy && file.bytes <= size && file.data + file.bytes <= copy + size);
        free(copy);
    }
}

int main(int count, char **words) {
    REQUIRE(count == 4);
    test_format();
    test_regions();
    test_region_pool();
    test_update_queue();
    test_archive(words[1], words[2], (uint32_t)strtoul(words[3], NULL, 10));
    return 0;
}
