/*
 * stream_format.h - the instruction stream as it lies in a trace: what the agent writes and analysis/stream*.c reads.
 *
 * The stream is a sequence of symbols: runs of instructions, and transfers. Each is defined once an epoch, with its
 * code, and then named by number. Writer and reader guess each next symbol from those before it, by the same tables;
 * only wrong guesses are written. A packet is read on its own but for the definitions of the earlier packets of its
 * epoch: the guesses begin anew in each. docs/stream.md describes every byte.
 * Rules: little endian, no padding. Whatever changes the meaning of a byte, or a guess, changes STREAM_VERSION.
 * Callers: trace/agent/stream*.c, analysis/stream*.c.
 */
#ifndef TRACE_STREAM_FORMAT_H
#define TRACE_STREAM_FORMAT_H

#include <stddef.h>
#include <stdint.h>

#define STREAM_VERSION 1u
#define STREAM_MAGIC_TEXT "PENUFLOW"
#define STREAM_SECTIONS 8u

enum stream_section_kind {
    SECTION_DEFINITIONS, /* symbols that are new in this packet */
    SECTION_FLOW,        /* which symbols came, in order */
    SECTION_WALKS,       /* page walks: stream/walk_model.h */
    SECTION_ACCESSES,    /* data accesses, where they are traced: stream/access_model.h */
};

struct stream_section {
    uint32_t bytes;  /* when unpacked; 0: there is none */
    uint32_t packed; /* bytes in the packet: one frame of zstd */
    uint32_t check;  /* CRC-32 of the packed bytes */
} __attribute__((packed));

struct stream_header {
    char magic[8];
    uint16_t version;
    uint16_t header_bytes;
    uint32_t check;        /* CRC-32 of the header, this field being 0 */
    uint64_t number;       /* of the packet, from 0 */
    uint64_t first, until; /* time of the first instruction, and one more than that of the last */
    uint32_t epoch;        /* numbers of symbols hold within it */
    uint32_t first_symbol; /* number of the first definition here */
    uint32_t symbols;      /* how many there are */
    uint32_t ring;         /* of the first instruction */
    struct stream_section sections[STREAM_SECTIONS]; /* by enum stream_section_kind; they follow the header in this order */
} __attribute__((packed));

#define STREAM_HEADER_BYTES 152u
_Static_assert(sizeof(struct stream_header) == STREAM_HEADER_BYTES, "no padding");

/* First byte of a definition. */
enum { DEFINITION_RUN, DEFINITION_TRANSFER };

/* Of a run, flags. */
enum {
    CODE_32 = 1,        /* default operand and address size is 32 bits, not 16 */
    CODE_FAULTED = 2,   /* its last instruction did not complete */
    CODE_ITERATED = 4,  /* its last instruction repeats, and did so once more */
    CODE_TWO_PAGES = 8, /* a further frame is given: that of the first instruction that begins in the second page */
};

#define RUN_INSTRUCTIONS 255u /* at most */

/* Kinds of transfers. */
enum {
    FLOW_EXCEPTION,
    FLOW_INTERRUPT,
    FLOW_SOFTWARE_INTERRUPT,
    FLOW_IRET,
    FLOW_FAR,
    FLOW_HLT,
};

/* Of a transfer: rings, and whether the address is given that the next instruction would have had. */
#define TRANSFER_FROM(rings) ((rings) & 3u)
#define TRANSFER_TO(rings) ((rings) >> 2 & 3u)
#define TRANSFER_ADDRESSED 16u

/* Tokens of the flow: a number of right guesses, then what came instead of the next guess. */
enum {
    TOKEN_NONE,   /* nothing: more right guesses, or the end */
    TOKEN_SECOND, /* what came last time after the same symbol */
    TOKEN_GAP,    /* nothing was recorded for as many instructions as the next number says; the one behind it: ring of the first that is */
    TOKEN_SYMBOL = TOKEN_GAP, /* symbol number token - TOKEN_SYMBOL, which is never 0 */
};

/* ---- the guess: a table of what came after the same symbols ------------------------------------------------------------------ */

#define GUESS_BITS 14u

/* Of the symbols so far, the last ones more than those before; symbol numbers begin at 1, and 0 is no symbol. */
static inline uint32_t stream_history(uint32_t history, uint32_t symbol) {
    return (history << 3) ^ (symbol * 0x9e3779b1u >> 7);
}

static inline uint32_t stream_guess_index(uint32_t history) {
    return history * 0x85ebca6bu >> (32 - GUESS_BITS);
}

/* ---- numbers of variable length: seven bits a byte, the lowest first; the last byte has bit 7 clear --------------------------- */

#define STREAM_NUMBER_BYTES 10u /* at most */

static inline uint8_t *stream_put_number(uint8_t *to, uint64_t number) {
    for (; number >= 0x80; number >>= 7)
        *to++ = (uint8_t)(number | 0x80);
    *to++ = (uint8_t)number;
    return to;
}

/* Null: it does not end before `end`, or is too long. */
static inline const uint8_t *stream_get_number(const uint8_t *from, const uint8_t *end, uint64_t *number) {
    *number = 0;
    for (uint32_t shift = 0; from < end && shift < 64; shift += 7) {
        *number |= (uint64_t)(*from & 0x7f) << shift;
        if (!(*from++ & 0x80))
            return from;
    }
    return NULL;
}

/* CRC-32 as in Ethernet and zlib (reflected polynomial 0xedb88320), four bits at a time. */
static inline uint32_t stream_check(const void *bytes, size_t count) {
    static const uint32_t table[16] = { 0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
                                        0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
                                        0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c };
    const uint8_t *at = bytes;
    uint32_t check = ~0u;

    for (size_t i = 0; i < count; i++) {
        check ^= at[i];
        check = table[check & 15] ^ check >> 4;
        check = table[check & 15] ^ check >> 4;
    }
    return ~check;
}

#endif
