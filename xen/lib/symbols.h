/*
 * symbols.h - names for addresses of the hypervisor's code, from the image's own symbol table, which GRUB loads and
 * hands over.
 */
#ifndef XEN_LIB_SYMBOLS_H
#define XEN_LIB_SYMBOLS_H

#include <stdint.h>

/* One entry of an ELF symbol table, as in the file. */
struct elf_symbol {
    uint32_t name, value, size;
    uint8_t info, other;
    uint16_t section;
};

/*
 * Boot: where the table and its names lie from now on. count: entries; names_bytes: the names end with a NUL within
 * that.
 */
void symbols_set(const struct elf_symbol *table, uint32_t count, const char *names, uint32_t names_bytes);

/* The function or label that address belongs to and how far into it address is; NULL: unknown. */
const char *symbol_of(uint32_t address, uint32_t *offset);

#endif
