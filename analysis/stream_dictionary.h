/*
 * stream_dictionary.h - the symbols of an instruction stream, and the code that they are.
 *
 * A run's symbol is cut into parts, so that code ends where the flow may go elsewhere. The same code in several
 * symbols, and in several epochs, is the same struct stream_code.
 * Rules: symbols live for an epoch, code until the dictionary is freed. Memory: as much as there is code that
 * differs, and the symbols of an epoch, of which the writer makes at most 2^18.
 * Callers: analysis/stream.c.
 */
#ifndef ANALYSIS_STREAM_DICTIONARY_H
#define ANALYSIS_STREAM_DICTIONARY_H

#include <stdbool.h>
#include <stdint.h>

#include "analysis/map.h"
#include "analysis/stream.h"

struct stream_part {
    const struct stream_code *code;
    bool repeats; /* its last instruction is a repeated string instruction */
};

enum stream_symbol_kind { SYMBOL_UNKNOWN, SYMBOL_RUN, SYMBOL_TRANSFER };

struct stream_symbol {
    uint8_t kind;
    uint8_t flags;       /* of a run: CODE_FAULTED, CODE_ITERATED */
    uint8_t vector, transfer;
    uint8_t rings;       /* of a transfer, with TRANSFER_ADDRESSED */
    uint8_t parts;       /* of a run */
    uint8_t instructions;
    uint32_t first_part; /* in dictionary.parts */
    uint32_t error_code, address;
    uint32_t second;     /* the flow's: what came after this one; 0: nothing yet */
};

struct stream_dictionary {
    uint32_t epoch;
    struct stream_symbol *symbols; /* by number; number 0 is none */
    uint32_t symbol_count, symbol_room;
    struct stream_part *parts;
    uint32_t part_count, part_room;
    struct stream_code_chunk *chunks; /* memory of the code */
    struct map codes;                 /* by content: number of the newest code with that hash */
    struct stream_code **by_number;
    struct stream_code **same_hash;   /* by number: the next older one */
    uint32_t code_count;
};

/* Begin an epoch: no symbol is defined. */
void dictionary_begin(struct stream_dictionary *dictionary, uint32_t epoch);
/*
 * Add `count` symbols from number first on, as they are defined in bytes; those that are not there, or are no
 * definition, stay SYMBOL_UNKNOWN. False: some did.
 */
bool dictionary_add(struct stream_dictionary *dictionary, uint32_t first, uint32_t count, const uint8_t *bytes,
                    size_t length);
void dictionary_free(struct stream_dictionary *dictionary);

#endif
