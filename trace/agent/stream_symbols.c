/*
 * stream_symbols.c - from runs and transfers to symbols, and their definitions; see stream.h.
 *
 * Rules: a symbol is its definition: what has the same bytes is the same symbol, wherever in the pool it lies. Found
 * first by its place in the pool, then by its definition; what is not found is defined. Memory is bounded by the
 * limits below: an epoch ends before one is passed.
 */
#include <string.h>
#include <sys/mman.h>

#include "trace/agent/agent.h"
#include "trace/agent/bochs.h"
#include "trace/agent/stream.h"

#define SYMBOLS_MAX (1u << 18)
#define TABLE_BITS 20u
#define TABLE (1u << TABLE_BITS)
#define PLACE_BITS 18u
#define PLACES (1u << PLACE_BITS)
#define DEFINITION_BYTES_MAX (32u + 16u * RUN_INSTRUCTIONS)
#define DEFINITIONS_BYTES (64u << 20)
#define PAGE_BYTES 4096u

static struct symbol symbols[SYMBOLS_MAX];
struct symbol *const stream_symbols = symbols;
static uint32_t count; /* the last one's number */

static uint8_t definitions[DEFINITIONS_BYTES];
static uint32_t definition_bytes;

static uint32_t by_definition[TABLE]; /* symbol numbers; 0: free */

/* A symbol may have several places: Bochs decodes the same code again for another state of the processor. */
static struct place {
    uintptr_t start, next;
    uint32_t address, number; /* number 0: free */
} places[PLACES];
static uint32_t place_count;

uint32_t symbols_count(void) {
    return count;
}

bool symbols_have_room(void) {
    return count < SYMBOLS_MAX - 64 && definition_bytes < DEFINITIONS_BYTES - 64 * DEFINITION_BYTES_MAX;
}

void symbols_forget_places(void) {
    memset(places, 0, sizeof(places));
    place_count = 0;
    for (uint32_t i = 0; i <= count; i++)
        symbols[i].start = 1; /* no place */
}

void symbols_begin_packet(void) {
    for (uint32_t i = 0; i <= count; i++)
        symbols[i].second = 0;
}

void symbols_begin_epoch(void) {
    count = 0;
    definition_bytes = 0;
    memset(by_definition, 0, sizeof(by_definition));
    symbols_forget_places();
}

static uint64_t hash(const uint8_t *bytes, uint32_t length) {
    uint64_t value = length;

    for (; length >= 8; length -= 8, bytes += 8) {
        uint64_t word;

        memcpy(&word, bytes, 8);
        value = (value ^ word) * 0x9e3779b97f4a7c15u;
        value ^= value >> 29;
    }
    for (; length; length--)
        value = (value ^ *bytes++) * 0x9e3779b97f4a7c15u;
    return value;
}

/* The symbol with this definition. */
static struct symbol *define(const uint8_t *definition, uint32_t bytes) {
    uint32_t at = (uint32_t)(hash(definition, bytes) >> (64 - TABLE_BITS));
    struct symbol *symbol;

    for (; by_definition[at]; at = (at + 1) % TABLE) {
        symbol = &symbols[by_definition[at]];
        if (symbol->definition + bytes <= definition_bytes && !memcmp(definitions + symbol->definition, definition, bytes))
            return symbol;
    }
    symbol = &symbols[++count];
    *symbol = (struct symbol){ .start = 1, .number = count, .definition = definition_bytes };
    by_definition[at] = count;
    memcpy(definitions + definition_bytes, definition, bytes);
    definition_bytes += bytes;
    packet_definition(definition, bytes);
    return symbol;
}

static uint8_t *put_32(uint8_t *to, uint32_t value) {
    memcpy(to, &value, sizeof(value));
    return to + sizeof(value);
}

/* Bochs looks around before it goes to another page: all instructions of a run begin in one. */
static uint32_t describe(uint8_t *to, uintptr_t start, uintptr_t next, uint32_t address) {
    const uint8_t *begin = to;
    uintptr_t end = next & ~RUN_BITS;
    uint8_t flags = code_at(start)->is_32 ? CODE_32 : 0;

    flags |= next & RUN_FAULTED ? CODE_FAULTED : 0;
    flags |= next & RUN_ITERATED ? CODE_ITERATED : 0;
    *to++ = DEFINITION_RUN;
    *to++ = flags;
    to = put_32(to, address);
    to = stream_put_number(to, code_at(start)->physical / PAGE_BYTES);
    *to++ = (uint8_t)((end - start) / BOCHS_INSTRUCTION_BYTES);
    for (uintptr_t at = start; at < end; at += BOCHS_INSTRUCTION_BYTES)
        *to++ = code_at(at)->length;
    for (uintptr_t at = start; at < end; at += BOCHS_INSTRUCTION_BYTES) {
        memcpy(to, code_at(at)->bytes, code_at(at)->length);
        to += code_at(at)->length;
    }
    return (uint32_t)(to - begin);
}

/* The entry of this place, or the free one where it is to be. */
static struct place *find_place(uintptr_t start, uintptr_t next, uint32_t address) {
    uint64_t key = (start ^ next << 20 ^ (uint64_t)address << 32) * 0x9e3779b97f4a7c15u;
    uint32_t at = (uint32_t)(key >> (64 - PLACE_BITS));

    while (places[at].number && (places[at].start != start || places[at].next != next || places[at].address != address))
        at = (at + 1) % PLACES;
    return &places[at];
}

struct symbol *symbols_of_run(uintptr_t start, uintptr_t next, uint32_t address) {
    uint8_t definition[DEFINITION_BYTES_MAX];
    struct place *place = find_place(start, next, address);
    struct symbol *symbol;

    if (!place->number) {
        if (place_count++ == PLACES / 2) {
            symbols_forget_places();
            place = find_place(start, next, address);
        }
        symbol = define(definition, describe(definition, start, next, address));
        *place = (struct place){ start, next, address, symbol->number };
    }
    symbol = &symbols[place->number];
    symbol->start = start; /* the place where it is looked for first */
    symbol->next = next;
    symbol->address = address;
    return symbol;
}

struct symbol *symbols_of_transfer(uint32_t kind, uint32_t vector, uint32_t error_code, uint32_t rings, uint32_t address) {
    uint8_t definition[32], *to = definition;

    *to++ = DEFINITION_TRANSFER;
    *to++ = (uint8_t)kind;
    *to++ = (uint8_t)vector;
    *to++ = (uint8_t)rings;
    to = put_32(to, error_code);
    if (rings & TRANSFER_ADDRESSED)
        to = put_32(to, address);
    return define(definition, (uint32_t)(to - definition));
}
