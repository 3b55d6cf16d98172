/*
 * decode_forms.c - every opcode in every form, to the engine's decoder and to Zydis. See decoder_oracle.h.
 *
 * One- and two-byte opcodes, each behind no prefix and behind combinations of prefixes, with every ModRM, and with
 * every SIB where there is one; the bytes behind are random, and so is how many are at hand. Printed: each difference
 * (the first few), then for every instruction that writes memory how many forms are decoded and how many run by
 * themselves.
 * Exit status: 0 no difference. Callers: tests/test_fuzz.py.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/fuzz/decoder_oracle.h"

#define NAMES_MAX 512u
#define SHOWN_MAX 50u

/* The forms of one mnemonic that write memory. */
struct tally {
    const char *mnemonic;
    uint64_t decoded;
    uint64_t itself;
};

static struct tally tallies[NAMES_MAX];
static uint32_t names;
static uint64_t strings, differences;

/* Prefixes in front of every opcode; a length, then the bytes. */
static const uint8_t prefixes[][5] = {
    {0}, {1, 0x66}, {1, 0x67}, {2, 0x66, 0x67}, {1, 0xf0}, {1, 0xf2}, {1, 0xf3}, {1, 0x26}, {1, 0x2e}, {1, 0x36},
    {1, 0x3e}, {1, 0x64}, {1, 0x65}, {2, 0xf0, 0x66}, {2, 0xf3, 0x66}, {2, 0x66, 0xf2}, {2, 0x64, 0x67},
    {2, 0x2e, 0x65}, {3, 0xf3, 0x66, 0x67}, {4, 0xf0, 0x36, 0x66, 0x67}, {2, 0xf0, 0xf3}, {2, 0x66, 0x66},
};

#define PREFIXES (sizeof(prefixes) / sizeof(prefixes[0]))

/* xorshift64*: Vigna, "An experimental exploration of Marsaglia's xorshift generators" */
static uint8_t random_byte(void) {
    static uint64_t state = 20260501;

    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint8_t)(state * 0x2545f4914f6cdd1dull >> 56);
}

static struct tally *tally_of(const char *mnemonic) {
    uint32_t i;

    for (i = 0; i < names; i++) {
        if (tallies[i].mnemonic == mnemonic) {
            return &tallies[i];
        }
    }
    if (names == NAMES_MAX) {
        abort();
    }
    tallies[names].mnemonic = mnemonic;
    return &tallies[names++];
}

static void show(const uint8_t *code, uint32_t have, const char *mnemonic, const char *difference) {
    uint32_t i;

    if (++differences > SHOWN_MAX) {
        return;
    }
    for (i = 0; i < have; i++) {
        printf("%02x ", code[i]);
    }
    printf("(%s): %s\n", mnemonic != NULL ? mnemonic : "no instruction", difference);
}

static void try(const uint8_t *code, uint32_t have) {
    struct decoder_view view;
    const char *difference = decoder_compare(code, have, &view);

    strings++;
    if (difference != NULL) {
        show(code, have, view.mnemonic, difference);
    } else if (view.stores && view.accepted) {
        tally_of(view.mnemonic)->decoded++;
    } else if (view.stores) {
        tally_of(view.mnemonic)->itself++;
    }
}

/* One opcode behind one combination of prefixes: two is 0x0f for two-byte opcodes, else 0. */
static void try_opcode(const uint8_t *prefix, uint8_t two, uint8_t opcode) {
    uint8_t code[15];
    uint32_t modrm, sib, i, at = 0;

    memcpy(code, prefix + 1, prefix[0]);
    at += prefix[0];
    if (two != 0) {
        code[at++] = two;
    }
    code[at++] = opcode;
    for (modrm = 0; modrm < 256; modrm++) {
        uint32_t sibs = (modrm & 7) == 4 && modrm < 0xc0 ? 256 : 1;

        for (sib = 0; sib < sibs; sib++) {
            for (i = at; i < sizeof(code); i++) {
                code[i] = random_byte();
            }
            code[at] = (uint8_t)modrm;
            code[at + 1] = sibs == 1 ? code[at + 1] : (uint8_t)sib;
            try(code, random_byte() % 4 == 0 ? 1u + random_byte() % 15u : 15);
        }
    }
}

int main(void) {
    uint32_t i, opcode;

    for (i = 0; i < PREFIXES; i++) {
        for (opcode = 0; opcode < 256; opcode++) {
            try_opcode(prefixes[i], 0, (uint8_t)opcode);
            try_opcode(prefixes[i], 0x0f, (uint8_t)opcode);
        }
    }
    for (i = 0; i < names; i++) {
        printf("%-12s %10llu decoded %10llu by itself\n", tallies[i].mnemonic, (unsigned long long)tallies[i].decoded,
               (unsigned long long)tallies[i].itself);
    }
    printf("decode_forms: %llu strings, %llu differences\n", (unsigned long long)strings,
           (unsigned long long)differences);
    return differences != 0;
}
