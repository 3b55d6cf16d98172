/*
 * elf.c - reading an unchecked ELF32 file; see elf.h.
 *
 * Offsets within the headers are the System V ABI's. Sums of two 32-bit fields are formed in 64 bits, so that none can
 * wrap.
 */
#include "xen/domain/elf.h"

enum { HEADER_SIZE = 52, SEGMENT_HEADER_SIZE = 32, SECTION_HEADER_SIZE = 40 };
enum { CLASS_32 = 1, DATA_LITTLE = 1, TYPE_EXECUTABLE = 2, MACHINE_386 = 3, MACHINE_X86_64 = 62 };

uint32_t elf_u16(const uint8_t *at) {
    return at[0] | (uint32_t)at[1] << 8;
}

uint32_t elf_u32(const uint8_t *at) {
    return elf_u16(at) | elf_u16(at + 2) << 16;
}

bool image_refuse(struct image_problem *problem, const char *text, uint32_t where) {
    problem->text = text;
    problem->where = where;
    return false;
}

static bool inside(const struct elf_file *file, uint32_t offset, uint64_t size) {
    return offset <= file->length && size <= file->length - offset;
}

/* Why something without the ELF magic number is not a kernel we can load: the usual mistakes get their name. */
static const char *name_foreign_file(const uint8_t *bytes, uint32_t length) {
    if (length >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b) {
        return "the kernel is compressed with gzip; uncompress it first (gunzip)";
    }
    if (length >= 3 && bytes[0] == 'B' && bytes[1] == 'Z' && bytes[2] == 'h') {
        return "the kernel is compressed with bzip2; uncompress it first (bunzip2)";
    }
    if (length >= 0x206 && elf_u32(bytes + 0x202) == 0x53726448) {
        return "the kernel is a Linux boot image (bzImage); give the ELF file it was made from (vmlinux)";
    }
    return "the kernel is not an ELF file (no ELF magic number)";
}

static bool check_identity(const uint8_t *bytes, uint32_t length, struct image_problem *problem) {
    if (length < 4 || elf_u32(bytes) != 0x464c457f) {
        return image_refuse(problem, name_foreign_file(bytes, length), IMAGE_NO_NUMBER);
    }
    if (length < HEADER_SIZE) {
        return image_refuse(problem, "the kernel file is truncated within its ELF header; its length is", length);
    }
    if (bytes[4] != CLASS_32 || elf_u16(bytes + 18) == MACHINE_X86_64) {
        return image_refuse(problem, "the kernel is not a 32-bit ELF file; its ELF class is", bytes[4]);
    }
    if (bytes[5] != DATA_LITTLE) {
        return image_refuse(problem, "the kernel is not a little-endian ELF file; its data encoding is", bytes[5]);
    }
    if (elf_u16(bytes + 18) != MACHINE_386) {
        return image_refuse(problem,
                            "the kernel is built for another processor than the 386 family; its ELF machine is",
                            elf_u16(bytes + 18));
    }
    if (elf_u16(bytes + 16) != TYPE_EXECUTABLE) {
        return image_refuse(problem, "the kernel is not an executable ELF file; its ELF type is", elf_u16(bytes + 16));
    }
    return true;
}

bool elf_open(struct elf_file *file, const uint8_t *bytes, uint32_t length, struct image_problem *problem) {
    if (!check_identity(bytes, length, problem)) {
        return false;
    }
    *file = (struct elf_file){
        .bytes = bytes, .length = length, .entry = elf_u32(bytes + 24),
        .segment_offset = elf_u32(bytes + 28), .segment_size = elf_u16(bytes + 42), .segments = elf_u16(bytes + 44),
        .section_offset = elf_u32(bytes + 32), .section_size = elf_u16(bytes + 46), .sections = elf_u16(bytes + 48),
        .name_section = elf_u16(bytes + 50),
    };
    if (file->segments == 0) {
        return image_refuse(problem, "the kernel has no program headers: nothing to load", IMAGE_NO_NUMBER);
    }
    if (file->segment_size < SEGMENT_HEADER_SIZE) {
        return image_refuse(problem, "the kernel's program headers are too small; the size of one is",
                            file->segment_size);
    }
    if (!inside(file, file->segment_offset, (uint64_t)file->segments * file->segment_size)) {
        return image_refuse(problem,
                            "the kernel file is truncated: its program headers reach beyond its end; they begin at",
                            file->segment_offset);
    }
    if (file->section_offset == 0 || file->sections == 0) {
        file->sections = 0;
        return true;
    }
    if (file->section_size < SECTION_HEADER_SIZE) {
        return image_refuse(problem, "the kernel's section headers are too small; the size of one is",
                            file->section_size);
    }
    if (!inside(file, file->section_offset, (uint64_t)file->sections * file->section_size)) {
        return image_refuse(problem,
                            "the kernel file is truncated: its section headers reach beyond its end; they begin at",
                            file->section_offset);
    }
    return true;
}

bool elf_segment(const struct elf_file *file, uint32_t index, struct elf_segment *segment,
                 struct image_problem *problem) {
    const uint8_t *at = file->bytes + file->segment_offset + index * file->segment_size;

    *segment = (struct elf_segment){
        .type = elf_u32(at), .offset = elf_u32(at + 4), .linear = elf_u32(at + 8), .physical = elf_u32(at + 12),
        .file_size = elf_u32(at + 16), .memory_size = elf_u32(at + 20),
    };
    if (segment->type != ELF_SEGMENT_LOAD && segment->type != ELF_SEGMENT_NOTE) {
        return true; /* nobody reads the others: what they claim is no reason to refuse */
    }
    if (!inside(file, segment->offset, segment->file_size)) {
        return image_refuse(problem,
                         "the kernel file is truncated: a segment reaches beyond its end; its program header is number",
                            index);
    }
    if (segment->type == ELF_SEGMENT_LOAD && segment->file_size > segment->memory_size) {
        return image_refuse(problem,
                           "a segment of the kernel is larger in the file than in memory; its program header is number",
                            index);
    }
    return true;
}

/*
 * The name at offset in the section of names; "" when there is no such section. NULL: outside of it, or not terminated.
 */
static const char *section_name(const struct elf_file *file, uint32_t offset) {
    if (file->name_section >= file->sections) {
        return "";
    }
    const uint8_t *at = file->bytes + file->section_offset + file->name_section * file->section_size;
    uint32_t begin = elf_u32(at + 16), size = elf_u32(at + 20);

    if (!inside(file, begin, size) || offset >= size) {
        return 0;
    }
    for (uint32_t i = offset; i < size; i++) {
        if (file->bytes[begin + i] == 0) {
            return (const char *)file->bytes + begin + offset;
        }
    }
    return 0;
}

bool elf_section(const struct elf_file *file, uint32_t index, struct elf_section *section,
                 struct image_problem *problem) {
    const uint8_t *at = file->bytes + file->section_offset + index * file->section_size;

    *section = (struct elf_section){
        .type = elf_u32(at + 4), .offset = elf_u32(at + 16), .size = elf_u32(at + 20),
        .name = section_name(file, elf_u32(at)),
    };
    if (section->name == 0) {
        return image_refuse(problem,
                  "the kernel file is damaged: a section's name lies outside the table of names; the section is number",
                            index);
    }
    if (section->type != ELF_SECTION_NO_BITS && !inside(file, section->offset, section->size)) {
        return image_refuse(problem, "the kernel file is truncated: a section reaches beyond its end; it is number",
                            index);
    }
    return true;
}
