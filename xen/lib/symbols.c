/*
 * symbols.c - see symbols.h.
 */
#include "xen/lib/symbols.h"

#include <stdbool.h>
#include <stddef.h>

#define SYMBOL_TYPE(info) ((info) & 15)
#define SYMBOL_NOTYPE 0   /* labels of assembly */
#define SYMBOL_FUNCTION 2

extern char image_start[], image_end[];

static const struct elf_symbol *symbols;
static uint32_t symbol_count;
static const char *symbol_names;
static uint32_t symbol_names_bytes;

void symbols_set(const struct elf_symbol *table, uint32_t count, const char *names, uint32_t names_bytes) {
    symbols = table;
    symbol_names = names;
    symbol_names_bytes = names_bytes;
    symbol_count = names_bytes && !names[names_bytes - 1] ? count : 0;
}

const char *symbol_of(uint32_t address, uint32_t *offset) {
    const struct elf_symbol *best = NULL;
    if (address < (uint32_t)image_start || address >= (uint32_t)image_end) {
        return NULL;
    }
    for (uint32_t i = 0; i < symbol_count; i++) {
        const struct elf_symbol *symbol = &symbols[i];
        uint32_t type = SYMBOL_TYPE(symbol->info);
        bool is_code = (type == SYMBOL_FUNCTION || type == SYMBOL_NOTYPE) && symbol->section &&
                       symbol->name < symbol_names_bytes;
        if (is_code && symbol->value >= (uint32_t)image_start && symbol->value <= address &&
            (!best || symbol->value > best->value)) {
            best = symbol;
        }
    }
    if (!best) {
        return NULL;
    }
    *offset = address - best->value;
    return symbol_names + best->name;
}
