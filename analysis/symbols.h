/*
 * symbols.h - the functions of an ELF file, by address.
 *
 * Rules: what counts is every symbol of a function, an object (the hypercall page) or a place in a section that is
 * executed, but for local labels inside of a function. Each reaches to the next one or to the end of its section, since
 * those of assembly code have no size. Of several at one address the function goes before the others, then the global
 * one. What the compiler put aside as "NAME.cold" is a part of NAME.
 * Callers: analysis/images.c. Source: libelf 0.188; System V ABI, chapter 4.
 */
#ifndef ANALYSIS_SYMBOLS_H
#define ANALYSIS_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct symbol {
    uint32_t address, end;
    const char *name;
    uint32_t whole;      /* index of the symbol that this one is a part of; its own when it is none */
};

/* What is loaded, and where the boot loader puts it before there is paging. */
struct segment {
    uint32_t linear, physical, bytes; /* bytes that are in the file */
    const uint8_t *data;
};

struct symbols {
    struct symbol *list;        /* by address */
    uint32_t count;
    struct segment *segments;
    uint32_t segment_count;
    uint8_t *file;
};

/* Read the ELF file at path. False: it cannot be read, or is none of 32 bits; why says it for people. */
bool symbols_read(struct symbols *symbols, const char *path, char *why, size_t why_bytes);
/* The symbol that address lies in, or null. */
const struct symbol *symbols_at(const struct symbols *symbols, uint32_t address);
void symbols_free(struct symbols *symbols);

#endif
