/*
 * elf.h - reading a 32-bit little-endian ELF file that lies in memory and that nobody has checked.
 *
 * Rules: pure (no memory but the caller's, no output); every offset is checked against the file before a byte behind it
 * is read.
 * Callers: image.c (the domain builder's reader), tests/unit.
 * Source: System V ABI, generic and Intel386 supplements (ELF header, program header, section header, notes).
 */
#ifndef XEN_DOMAIN_ELF_H
#define XEN_DOMAIN_ELF_H

#include <stdbool.h>
#include <stdint.h>

#define IMAGE_NO_NUMBER 0xffffffffu

/*
 * What is wrong with an image: a sentence for people (static storage) and the number it speaks of (an offset, an index,
 * a value), or IMAGE_NO_NUMBER.
 */
struct image_problem {
    const char *text;
    uint32_t where;
};

struct elf_file {
    const uint8_t *bytes;
    uint32_t length;
    uint32_t entry;
    uint32_t segments, segment_offset, segment_size; /* program headers: how many, where, how far apart */
    uint32_t sections, section_offset, section_size; /* section headers; 0 when there are none */
    uint32_t name_section;                           /* index of the section that holds their names */
};

enum { ELF_SEGMENT_LOAD = 1, ELF_SEGMENT_NOTE = 4 };
enum { ELF_SECTION_NOTE = 7, ELF_SECTION_NO_BITS = 8 };

struct elf_segment {
    uint32_t type, offset, linear, physical, file_size, memory_size;
};

struct elf_section {
    uint32_t type, offset, size;
    const char *name; /* NUL-terminated inside the file; "" when it has none */
};

/* Little-endian words of a file; at must be within it. */
uint32_t elf_u16(const uint8_t *at);
uint32_t elf_u32(const uint8_t *at);

/*
 * Check the header of the file of length bytes and fill *file. False with *problem: not ELF (compressed files are
 * named), not 32-bit, not little-endian, not for the 386, not an executable, or header tables that reach beyond the
 * end.
 */
bool elf_open(struct elf_file *file, const uint8_t *bytes, uint32_t length, struct image_problem *problem);

/*
 * Program header index (< file->segments). False with *problem: its bytes reach beyond the end of the file, or sizes
 * that contradict.
 */
bool elf_segment(const struct elf_file *file, uint32_t index, struct elf_segment *segment,
                 struct image_problem *problem);

/*
 * Section header index (< file->sections). False with *problem: its bytes or its name reach beyond the end of the file.
 */
bool elf_section(const struct elf_file *file, uint32_t index, struct elf_section *section,
                 struct image_problem *problem);

/* Fill *problem and return false: the one way in which a reader says no. */
bool image_refuse(struct image_problem *problem, const char *text, uint32_t where);

#endif
