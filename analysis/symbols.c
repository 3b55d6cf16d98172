/*
 * symbols.c - see symbols.h.
 */
#include "analysis/symbols.h"

#include <errno.h>
#include <gelf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/map.h"

struct candidate {
    struct symbol symbol;
    uint32_t bytes;      /* as the symbol says */
    bool is_function, is_local;
};

struct candidates {
    struct candidate *list;
    uint32_t count;
};

static bool read_file(struct symbols *symbols, const char *path, size_t *bytes) {
    FILE *from = fopen(path, "rb");
    long size = -1;

    if (!from)
        return false;
    if (!fseek(from, 0, SEEK_END))
        size = ftell(from);
    rewind(from);
    symbols->file = size > 0 ? grow(NULL, (size_t)size, 1) : NULL;
    *bytes = symbols->file ? fread(symbols->file, 1, (size_t)size, from) : 0;
    fclose(from);
    return true;
}

static void take_segments(struct symbols *symbols, Elf *elf, size_t file_bytes) {
    size_t count = 0;

    elf_getphdrnum(elf, &count);
    for (size_t i = 0; i < count; i++) {
        GElf_Phdr header;

        if (!gelf_getphdr(elf, (int)i, &header) || header.p_type != PT_LOAD || header.p_offset > file_bytes
            || header.p_filesz > file_bytes - header.p_offset)
            continue;
        symbols->segments = grow(symbols->segments, symbols->segment_count + 1, sizeof(*symbols->segments));
        symbols->segments[symbols->segment_count++] = (struct segment){
            .linear = (uint32_t)header.p_vaddr, .physical = (uint32_t)header.p_paddr,
            .bytes = (uint32_t)header.p_filesz, .data = symbols->file + header.p_offset,
        };
    }
}

/* The section's end when the symbol is a place in code, otherwise 0. */
static uint32_t end_of_code(Elf *elf, const GElf_Sym *symbol) {
    unsigned type = GELF_ST_TYPE(symbol->st_info);
    Elf_Scn *section = symbol->st_shndx < SHN_LORESERVE ? elf_getscn(elf, symbol->st_shndx) : NULL;
    GElf_Shdr header;

    if ((type != STT_FUNC && type != STT_NOTYPE && type != STT_OBJECT) || !section || !gelf_getshdr(section, &header)
        || !(header.sh_flags & SHF_EXECINSTR) || symbol->st_value >= header.sh_addr + header.sh_size)
        return 0;
    return (uint32_t)(header.sh_addr + header.sh_size);
}

static void take_table(struct candidates *found, Elf *elf, Elf_Scn *section, const GElf_Shdr *header) {
    Elf_Data *data = elf_getdata(section, NULL);
    size_t count = data && header->sh_entsize ? header->sh_size / header->sh_entsize : 0;

    for (size_t i = 0; i < count; i++) {
        GElf_Sym symbol;
        const char *name = gelf_getsym(data, (int)i, &symbol) ? elf_strptr(elf, header->sh_link, symbol.st_name) : NULL;
        uint32_t end = name && *name && *name != '.' && *name != '$' ? end_of_code(elf, &symbol) : 0;

        if (!end)
            continue;
        found->list = grow(found->list, found->count + 1, sizeof(*found->list));
        found->list[found->count++] = (struct candidate){
            .symbol = { .address = (uint32_t)symbol.st_value, .end = end, .name = name },
            .bytes = (uint32_t)symbol.st_size,
            .is_function = GELF_ST_TYPE(symbol.st_info) == STT_FUNC,
            .is_local = GELF_ST_BIND(symbol.st_info) == STB_LOCAL,
        };
    }
}

static int compare(const void *left, const void *right) {
    const struct candidate *a = left, *b = right;

    if (a->symbol.address != b->symbol.address)
        return a->symbol.address < b->symbol.address ? -1 : 1;
    if (a->is_function != b->is_function)
        return a->is_function ? -1 : 1;
    return a->is_local != b->is_local ? (a->is_local ? 1 : -1) : strcmp(a->symbol.name, b->symbol.name);
}

/* A label in a function, as assembly code has them. */
static bool is_inside(const struct candidate *label, const struct candidate *before) {
    uint32_t offset = label->symbol.address - before->symbol.address;

    return !label->is_function && label->is_local && before->is_function && label->symbol.address < before->symbol.end
        && (!before->bytes || offset < before->bytes);
}

/* The best of each address, each up to the next one. */
static void keep(struct symbols *symbols, struct candidates *found) {
    const struct candidate *before = NULL;

    if (found->count)
        qsort(found->list, found->count, sizeof(*found->list), compare);
    symbols->list = grow(NULL, found->count, sizeof(*symbols->list));
    for (uint32_t i = 0; i < found->count; i++) {
        const struct candidate *candidate = &found->list[i];

        if (before && (before->symbol.address == candidate->symbol.address || is_inside(candidate, before)))
            continue;
        if (before && symbols->list[symbols->count - 1].end > candidate->symbol.address)
            symbols->list[symbols->count - 1].end = candidate->symbol.address;
        symbols->list[symbols->count] = candidate->symbol;
        symbols->list[symbols->count].name = strdup(candidate->symbol.name);
        symbols->list[symbols->count].whole = symbols->count;
        symbols->count++;
        before = candidate;
    }
    free(found->list);
}

static void join_parts(struct symbols *symbols) {
    for (uint32_t i = 0; i < symbols->count; i++) {
        const char *name = symbols->list[i].name, *suffix = strstr(name, ".cold");
        size_t length = suffix ? (size_t)(suffix - name) : 0;

        for (uint32_t j = 0; suffix && j < symbols->count; j++) {
            if (strlen(symbols->list[j].name) == length && !strncmp(symbols->list[j].name, name, length))
                symbols->list[i].whole = j;
        }
    }
}

bool symbols_read(struct symbols *symbols, const char *path, char *why, size_t why_bytes) {
    struct candidates found = { 0 };
    size_t bytes = 0;

    *symbols = (struct symbols){ 0 };
    if (!read_file(symbols, path, &bytes)) {
        snprintf(why, why_bytes, "%s", strerror(errno));
        return false;
    }
    elf_version(EV_CURRENT);
    Elf *elf = elf_memory((char *)symbols->file, bytes);

    if (!elf || elf_kind(elf) != ELF_K_ELF || gelf_getclass(elf) != ELFCLASS32) {
        snprintf(why, why_bytes, "it is no ELF file of 32 bits");
        elf_end(elf);
        symbols_free(symbols);
        return false;
    }
    take_segments(symbols, elf, bytes);
    for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section));) {
        GElf_Shdr header;

        if (gelf_getshdr(section, &header) && header.sh_type == SHT_SYMTAB)
            take_table(&found, elf, section, &header);
    }
    keep(symbols, &found);
    join_parts(symbols);
    elf_end(elf);
    return true;
}

const struct symbol *symbols_at(const struct symbols *symbols, uint32_t address) {
    uint32_t low = 0, high = symbols->count;

    while (low < high) {
        uint32_t middle = (low + high) / 2;

        if (symbols->list[middle].address <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low && address < symbols->list[low - 1].end ? &symbols->list[low - 1] : NULL;
}

void symbols_free(struct symbols *symbols) {
    for (uint32_t i = 0; i < symbols->count; i++)
        free((void *)symbols->list[i].name);
    free(symbols->list);
    free(symbols->segments);
    free(symbols->file);
    *symbols = (struct symbols){ 0 };
}
