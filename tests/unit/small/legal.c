/* legal.c - what the guest's tables give. See legal.h. */
#include "tests/unit/small/legal.h"

#include <string.h>

#define LARGE 32u

static uint32_t pack(uint32_t entry) {
    return (entry >> 12 & 7) | (entry & 2 ? 8 : 0) | (entry & 4 ? 16 : 0) | (entry & 0x80 ? LARGE : 0);
}

/* What L2 entry upper (packed) gives for page, with the tables as they are. */
static rights_t gives(uint32_t upper, uint32_t page) {
    uint32_t index = page % TABLE_ENTRIES, lower;

    if (upper & LARGE) {
        return (upper & 4 ? 4u : 0u) + index < FRAMES ? 1ull << ((upper & 0x38) | ((upper & 4) + index)) : 0;
    }
    if ((upper & 7) >= FRAMES) {
        return 0;
    }
    lower = world.guest[upper & 7][index];
    return lower & 1 ? 1ull << ((pack(lower) & (upper | 7) & 0x1f)) : 0;
}

void legal_moment(void) {
    uint32_t slot, i, bits;

    for (slot = 0; slot < SLOTS; slot++) {
        uint32_t upper = world.guest[base()][slot];

        /* a large page must begin where one may: bit 13 is reserved in this format */
        if ((upper & 1) && !((upper & 0x80) && (upper & 0x2000))) {
            world.upper[slot] |= 1ull << pack(upper);
        }
        for (bits = 0; bits < 64; bits++) {
            for (i = 0; (world.upper[slot] >> bits & 1) && i < TABLE_ENTRIES; i++) {
                world.granted[slot * TABLE_ENTRIES + i] |= gives(bits, slot * TABLE_ENTRIES + i);
            }
        }
    }
}

void legal_flush_page(uint32_t page) {
    uint32_t i, slot = page / TABLE_ENTRIES;

    memset(world.upper, 0, sizeof(world.upper));
    for (i = 0; i < TABLE_ENTRIES; i++) {
        world.granted[slot * TABLE_ENTRIES + i] &= 0xffffffff; /* of a large page all the pieces */
    }
    world.granted[page] = 0;
    legal_moment();
}

void legal_flush_all(void) {
    memset(world.upper, 0, sizeof(world.upper));
    memset(world.granted, 0, sizeof(world.granted));
    legal_moment();
}

bool legal(uint32_t page, uint32_t frame, bool write, bool user) {
    rights_t all = world.granted[page] | world.granted[page] >> 32;
    uint32_t more;

    for (more = 0; more < 4; more++) {
        bool w = write || (more & 1), u = user || (more & 2);

        if (all >> (frame | (w ? 8 : 0) | (u ? 16 : 0)) & 1) {
            return true;
        }
    }
    return false;
}

int32_t legal_walk(uint32_t page, uint32_t access, uint32_t *frame) {
    uint32_t upper = world.guest[base()][page / TABLE_ENTRIES], lower, rights;

    if (!(upper & 1)) {
        return (int32_t)access;
    }
    if (upper & 0x80) {
        if (upper & 0x2000) {
            return (int32_t)(access | 1 | 8);
        }
        rights = upper;
        *frame = (upper >> 14 << 2) + page % TABLE_ENTRIES;
    } else {
        if (upper >> 12 >= FRAMES || !world.owned[upper >> 12]) {
            return (int32_t)access;
        }
        lower = world.guest[upper >> 12][page % TABLE_ENTRIES];
        if (!(lower & 1)) {
            return (int32_t)access;
        }
        rights = upper & lower;
        *frame = lower >> 12;
    }
    if ((rights & access) != access) {
        return (int32_t)(access | 1);
    }
    return *frame < FRAMES && world.owned[*frame] ? -1 : (int32_t)access;
}
