/*
 * stream_dictionary.c - see stream_dictionary.h.
 */
#include "analysis/stream_dictionary.h"

#include <stdlib.h>
#include <string.h>

#include "analysis/stream_instruction.h"
#include "trace/stream_format.h"

#define CHUNK_BYTES (1u << 18)
#define CODE_BYTES_MAX (sizeof(struct stream_code) + 16 * RUN_INSTRUCTIONS + 16)
#define PAGE_BYTES 4096u

struct stream_code_chunk {
    struct stream_code_chunk *older;
    uint32_t used;
    _Alignas(8) uint8_t bytes[CHUNK_BYTES];
};

/* ---- code -------------------------------------------------------------------------------------------------------- */

static uint64_t hash(uint64_t value, const uint8_t *bytes, uint32_t length) {
    for (uint32_t i = 0; i < length; i++)
        value = (value ^ bytes[i]) * 0x100000001b3u;
    return value ^ value >> 31;
}

static uint64_t hash_of(const struct stream_code *code) {
    uint64_t value = ((uint64_t)code->address << 32 | code->mfn) * 0x9e3779b97f4a7c15u + code->bits;

    return hash(hash(value, code->lengths, code->instructions), code->bytes, code->byte_count);
}

static bool is_same(const struct stream_code *a, const struct stream_code *b) {
    return a->address == b->address && a->mfn == b->mfn && a->bits == b->bits && a->instructions == b->instructions
           && a->byte_count == b->byte_count && !memcmp(a->lengths, b->lengths, a->instructions)
           && !memcmp(a->bytes, b->bytes, a->byte_count);
}

static void *room_for(struct stream_dictionary *dictionary, uint32_t bytes) {
    struct stream_code_chunk *chunk = dictionary->chunks;

    bytes = (bytes + 7) & ~7u;
    if (!chunk || chunk->used + bytes > CHUNK_BYTES) {
        chunk = grow(NULL, 1, sizeof(*chunk));
        chunk->older = dictionary->chunks;
        chunk->used = 0;
        dictionary->chunks = chunk;
    }
    chunk->used += bytes;
    return chunk->bytes + chunk->used - bytes;
}

/* A copy of code that lasts; the one there is, when it has been seen before. */
static const struct stream_code *keep(struct stream_dictionary *dictionary, const struct stream_code *code) {
    uint64_t key = hash_of(code);
    uint32_t *newest = map_get(&dictionary->codes, key);
    struct stream_code *older = newest ? dictionary->by_number[*newest] : NULL, *kept;
    uint32_t number = dictionary->code_count;

    for (kept = older; kept; kept = dictionary->same_hash[kept->number]) {
        if (is_same(kept, code))
            return kept;
    }
    kept = room_for(dictionary, (uint32_t)sizeof(*kept) + code->instructions + code->byte_count);
    memcpy(kept + 1, code->lengths, code->instructions);
    memcpy((uint8_t *)(kept + 1) + code->instructions, code->bytes, code->byte_count);
    *kept = *code;
    kept->number = number;
    kept->lengths = (const uint8_t *)(kept + 1);
    kept->bytes = kept->lengths + code->instructions;
    if (!(number & (number - 1))) {
        dictionary->by_number = grow(dictionary->by_number, number ? 2 * number : 1, sizeof(*dictionary->by_number));
        dictionary->same_hash = grow(dictionary->same_hash, number ? 2 * number : 1, sizeof(*dictionary->same_hash));
    }
    dictionary->by_number[number] = kept;
    dictionary->same_hash[number] = older;
    dictionary->code_count++;
    map_put(&dictionary->codes, key, number);
    return kept;
}

/* ---- symbols ----------------------------------------------------------------------------------------------------- */

static void add_part(struct stream_dictionary *dictionary, struct stream_symbol *symbol, const struct stream_code *code,
                     bool repeats) {
    if (dictionary->part_count == dictionary->part_room) {
        dictionary->part_room = dictionary->part_room ? 2 * dictionary->part_room : 1024;
        dictionary->parts = grow(dictionary->parts, dictionary->part_room, sizeof(*dictionary->parts));
    }
    dictionary->parts[dictionary->part_count++] = (struct stream_part){ keep(dictionary, code), repeats };
    symbol->parts++;
}

/*
 * Cut a run into parts: behind an instruction that may go elsewhere or repeats, and before one that begins in another
 * page.
 */
static void cut(struct stream_dictionary *dictionary, struct stream_symbol *symbol, const struct stream_code *run,
                uint32_t second_mfn) {
    struct stream_code part = *run;

    part.instructions = part.byte_count = 0;
    for (uint32_t i = 0; i < run->instructions; i++) {
        enum instruction_end end = instruction_end(part.bytes + part.byte_count, part.lengths[part.instructions]);
        uint32_t behind;

        part.byte_count = (uint16_t)(part.byte_count + part.lengths[part.instructions++]);
        behind = part.address + part.byte_count;
        if (end == GOES_ON && i + 1 < run->instructions && behind / PAGE_BYTES == part.address / PAGE_BYTES)
            continue;
        add_part(dictionary, symbol, &part, end == REPEATS);
        if (behind / PAGE_BYTES != run->address / PAGE_BYTES)
            part.mfn = second_mfn;
        part.address = behind;
        part.lengths += part.instructions;
        part.bytes += part.byte_count;
        part.instructions = part.byte_count = 0;
    }
}

static const uint8_t *get_32(const uint8_t *at, const uint8_t *end, uint32_t *value) {
    if (!at || end - at < 4)
        return NULL;
    memcpy(value, at, sizeof(*value));
    return at + sizeof(*value);
}

static const uint8_t *get_mfn(const uint8_t *at, const uint8_t *end, uint32_t *mfn) {
    uint64_t number = 0;

    at = at ? stream_get_number(at, end, &number) : NULL;
    *mfn = (uint32_t)number;
    return at;
}

/* Each returns where the definition ends, null when it is none. */
static const uint8_t *add_run(struct stream_dictionary *dictionary, struct stream_symbol *symbol, const uint8_t *at,
                              const uint8_t *end) {
    struct stream_code run = { 0 };
    uint32_t second_mfn = 0, byte_count = 0;
    uint8_t flags;

    if (at == end)
        return NULL;
    flags = *at++;
    at = get_mfn(get_32(at, end, &run.address), end, &run.mfn);
    if (flags & CODE_TWO_PAGES)
        at = get_mfn(at, end, &second_mfn);
    if (!at || at == end || *at == 0 || end - at <= *at)
        return NULL;
    run.instructions = *at++;
    run.lengths = at;
    run.bytes = at + run.instructions;
    run.bits = flags & CODE_32 ? 32 : 16;
    for (uint32_t i = 0; i < run.instructions; i++) {
        byte_count += run.lengths[i];
        if (run.lengths[i] == 0 || run.lengths[i] > 15)
            return NULL;
    }
    if (byte_count > (size_t)(end - run.bytes))
        return NULL;
    symbol->kind = SYMBOL_RUN;
    symbol->flags = flags;
    symbol->instructions = (uint8_t)run.instructions;
    symbol->first_part = dictionary->part_count;
    cut(dictionary, symbol, &run, second_mfn);
    return run.bytes + byte_count;
}

static const uint8_t *add_transfer(struct stream_symbol *symbol, const uint8_t *at, const uint8_t *end) {
    if (end - at < 3 || at[0] > TRANSFER_HLT)
        return NULL;
    symbol->kind = SYMBOL_TRANSFER;
    symbol->transfer = at[0];
    symbol->vector = at[1];
    symbol->rings = at[2];
    at = get_32(at + 3, end, &symbol->error_code);
    return symbol->rings & TRANSFER_ADDRESSED ? get_32(at, end, &symbol->address) : at;
}

void dictionary_begin(struct stream_dictionary *dictionary, uint32_t epoch) {
    dictionary->epoch = epoch;
    dictionary->symbol_count = 0;
    dictionary->part_count = 0;
    dictionary_add(dictionary, 0, 1, NULL, 0);
}

bool dictionary_add(struct stream_dictionary *dictionary, uint32_t first, uint32_t count, const uint8_t *bytes,
                    size_t length) {
    const uint8_t *at = bytes, *end = bytes + length;

    if (first + count > dictionary->symbol_room) {
        dictionary->symbol_room = 2 * (first + count);
        dictionary->symbols = grow(dictionary->symbols, dictionary->symbol_room, sizeof(*dictionary->symbols));
    }
    for (; dictionary->symbol_count < first + count; dictionary->symbol_count++)
        dictionary->symbols[dictionary->symbol_count] = (struct stream_symbol){ .kind = SYMBOL_UNKNOWN };
    for (uint32_t i = 0; i < count; i++) {
        struct stream_symbol *symbol = &dictionary->symbols[first + i];

        if (!at || at == end)
            return false;
        if (symbol->kind != SYMBOL_UNKNOWN)
            return false;
        at = *at == DEFINITION_RUN        ? add_run(dictionary, symbol, at + 1, end) :
             *at == DEFINITION_TRANSFER ? add_transfer(symbol, at + 1, end) :
                                            NULL;
        if (!at)
            symbol->kind = SYMBOL_UNKNOWN;
    }
    return at == end;
}

void dictionary_free(struct stream_dictionary *dictionary) {
    while (dictionary->chunks) {
        struct stream_code_chunk *older = dictionary->chunks->older;

        free(dictionary->chunks);
        dictionary->chunks = older;
    }
    map_free(&dictionary->codes);
    free(dictionary->symbols);
    free(dictionary->parts);
    free(dictionary->by_number);
    free(dictionary->same_hash);
    *dictionary = (struct stream_dictionary){ 0 };
}
