/* archive.c - see archive.h. Pure: tests/unit compile it for the build machine too. */
#include "guests/mini/archive.h"

#include "guests/lib/string.h"

#define BLOCK 512u
#define NAME_SIZE 100
#define SIZE_AT 124
#define SIZE_DIGITS 11
#define TYPE_AT 156
#define MAGIC_AT 257

static bool parse_size(const uint8_t *digits, uint32_t *size) {
    uint32_t value = 0;

    for (uint32_t i = 0; i < SIZE_DIGITS; i++) {
        if (digits[i] < '0' || digits[i] > '7' || value > UINT32_MAX / 8)
            return false;
        value = value * 8 + (digits[i] - '0');
    }
    *size = value;
    return true;
}

bool archive_find(const uint8_t *archive, uint32_t bytes, const char *name, struct archive_file *file) {
    uint32_t at = 0;

    while (bytes - at >= BLOCK) {
        const uint8_t *header = archive + at;
        bool plain = header[TYPE_AT] == '0' || header[TYPE_AT] == '\0';
        uint32_t size;

        if (memcmp(header + MAGIC_AT, "ustar", 5) != 0 || !parse_size(header + SIZE_AT, &size))
            return false;               /* the two zero blocks at the end come here too */
        at += BLOCK;
        if (size > bytes - at)
            return false;
        if (plain && strncmp((const char *)header, name, NAME_SIZE) == 0) {
            *file = (struct archive_file){ archive + at, size };
            return true;
        }
        if (size > UINT32_MAX - (BLOCK - 1) || (size + BLOCK - 1) / BLOCK * BLOCK > bytes - at)
            return false;
        at += (size + BLOCK - 1) / BLOCK * BLOCK;
    }
    return false;
}
