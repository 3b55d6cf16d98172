/* exec.c - see exec.h. Source: System V ABI, i386 supplement (ELF header and program header). */
#include "guests/mini/exec.h"

#include <stddef.h>

#include "guests/lib/boot.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/segments.h"
#include "guests/lib/string.h"
#include "guests/mini/archive.h"
#include "guests/mini/machine.h"
#include "guests/mini/mm.h"
#include "guests/mini/process.h"
#include "guests/mini/user_copy.h"

#define STACK_PAGES_AT_FIRST 4

struct elf_header {
    uint8_t ident[16];
    uint16_t type, machine;
    uint32_t version, entry, program_headers, section_headers, flags;
    uint16_t header_size, program_header_size, program_header_count;
    uint16_t section_header_size, section_header_count, names_index;
};

struct elf_program_header {
    uint32_t type, offset, linear, physical, file_size, memory_size, flags, alignment;
};

#define ELF_EXECUTABLE 2
#define ELF_I386 3
#define ELF_LOAD 1
#define ELF_WRITABLE 2

static bool valid_header(const struct archive_file *file, const struct elf_header *header) {
    static const uint8_t ident[] = { 0x7f, 'E', 'L', 'F', 1, 1, 1 };     /* 32 bits, little endian, version 1 */

    return file->bytes >= sizeof(*header) && memcmp(header->ident, ident, sizeof(ident)) == 0 &&
           header->type == ELF_EXECUTABLE && header->machine == ELF_I386 &&
           header->program_header_size == sizeof(struct elf_program_header) &&
           header->program_headers <= file->bytes &&
           header->program_header_count <= (file->bytes - header->program_headers) / sizeof(struct elf_program_header);
}

static bool valid_segment(const struct archive_file *file, const struct elf_program_header *segment) {
    return segment->offset <= file->bytes && segment->file_size <= file->bytes - segment->offset &&
           segment->file_size <= segment->memory_size && segment->linear % PAGE_SIZE == 0 &&
           segment->linear >= USER_START && segment->linear < USER_END && segment->memory_size <= USER_END - segment->linear - PAGE_SIZE;
}

static int32_t add_segment(struct mm *mm, const struct archive_file *file, const struct elf_program_header *segment) {
    struct region region;

    if (segment->type != ELF_LOAD || segment->memory_size == 0)
        return 0;
    if (!valid_segment(file, segment))
        return -ERROR_invalid;
    region = (struct region){
        .start = segment->linear,
        .end = page_up(segment->linear + segment->memory_size),
        .protection = (segment->flags & ELF_WRITABLE) != 0 ? PROTECTION_read | PROTECTION_write : PROTECTION_read,
        .data = file->data + segment->offset,
        .data_bytes = segment->file_size,
    };
    if (region_overlaps(mm->regions, region.start, region.end))
        return -ERROR_invalid;
    return region_insert(&mm->regions, &region) ? 0 : -ERROR_no_memory;
}

/* Fill mm with the program's regions and its stack's. */
static int32_t add_regions(struct mm *mm, const struct archive_file *file, uint32_t *entry) {
    struct region stack = {
        .start = USER_END - STACK_PAGES_AT_FIRST * PAGE_SIZE,
        .end = USER_END,
        .protection = PROTECTION_read | PROTECTION_write,
        .grows_down = true,
    };
    struct elf_header header;

    memcpy(&header, file->data, file->bytes < sizeof(header) ? file->bytes : sizeof(header));
    if (!valid_header(file, &header))
        return -ERROR_invalid;
    for (uint32_t i = 0; i < header.program_header_count; i++) {
        struct elf_program_header segment;
        int32_t result;

        memcpy(&segment, file->data + header.program_headers + i * sizeof(segment), sizeof(segment));
        result = add_segment(mm, file, &segment);
        if (result != 0)
            return result;
    }
    if (region_overlaps(mm->regions, stack.start, stack.end) || region_find(mm->regions, header.entry) == NULL)
        return -ERROR_invalid;
    *entry = header.entry;
    return region_insert(&mm->regions, &stack) ? 0 : -ERROR_no_memory;
}

/* The argument text and, below it, the stack as a called function finds it: return address 0, then its argument. */
static bool push_arguments(const char *arguments, uint32_t *esp) {
    uint32_t text = USER_END - ARGUMENT_BYTES;
    uint32_t call[2] = { 0, text };

    *esp = text - sizeof(call);
    return copy_to_user(text, arguments, (uint32_t)strlen(arguments) + 1) && copy_to_user(*esp, call, sizeof(call));
}

int32_t exec_program(struct trap_frame *frame, const char *name, const char *arguments) {
    struct process *process = process_current();
    struct mm *old = process->mm;
    struct archive_file file;
    struct mm *mm;
    uint32_t entry = 0, esp = 0;
    int32_t result;

    if (start_info->mod_start == 0 ||
        !archive_find((const uint8_t *)start_info->mod_start, start_info->mod_len, name, &file))
        return -ERROR_no_entry;
    if (strlen(arguments) >= ARGUMENT_BYTES)
        return -ERROR_invalid;
    mm = mm_create();
    if (mm == NULL)
        return -ERROR_no_memory;
    result = add_regions(mm, &file, &entry);
    if (result == 0) {
        process->mm = mm;
        mm_activate(mm);
        if (!push_arguments(arguments, &esp))
            result = -ERROR_no_memory;
    }
    if (result != 0) {
        process->mm = old;
        mm_activate(old);
        mm_destroy(mm);
        return result;
    }
    if (old != NULL)
        mm_destroy(old);
    fpu_reset(process);
    string_copy(process->name, name, sizeof(process->name));
    machine->name_process(mm->directory, process->pid, process->name);
    *frame = (struct trap_frame){
        .eip = entry, .cs = USER_CS, .eflags = EFLAGS_IF | 2, .esp = esp, .ss = USER_DS,
        .ds = USER_DS, .es = USER_DS,
    };
    return 0;
}

const char *exec_error(int32_t error) {
    switch (-error) {
    case ERROR_no_entry:
        return "no such file in the ramdisk (or no ramdisk, or a damaged one)";
    case ERROR_invalid:
        return "not a static i386 program with page-aligned segments, or its arguments are too long";
    case ERROR_no_memory:
        return "out of memory";
    default:
        return "unknown error";
    }
}
