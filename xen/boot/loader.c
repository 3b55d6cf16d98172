/*
 * loader.c - see loader.h and modules.h. GRUB passes, for the image and each module, the words behind the file name
 * in its configuration; the first of them names the file once more, by GRUB's own convention, and is skipped unless
 * it is an option.
 */
#include "xen/boot/loader.h"

#include <stddef.h>
#include <stdbool.h>

#include "xen/boot/memory.h"
#include "xen/boot/modules.h"
#include "xen/lib/panic.h"
#include "xen/lib/string.h"
#include "xen/lib/symbols.h"
#include "xen/mm/heap.h"
#include "xen/mm/heap_setup.h"

#define COMMAND_LINE_BYTES 4096

static struct module modules[MODULES_MAX];
static uint32_t module_count;

static char command_line[COMMAND_LINE_BYTES];
static struct memory_range module_ranges[MODULES_MAX];
/* The image's symbol table and its names, as GRUB loaded them. end 0: there are none. */
static struct memory_range symbol_range, name_range;

/* Behind the first word, unless that word has a '='. */
static const char *skip_name(const char *line) {
    const char *at = line;
    while (*at == ' ') {
        at++;
    }
    while (*at && *at != ' ' && *at != '=') {
        at++;
    }
    if (*at == '=') {
        return line;
    }
    while (*at == ' ') {
        at++;
    }
    return at;
}

static void read_modules(const struct multiboot_info *information) {
    const struct multiboot_module *given = (const struct multiboot_module *)information->modules;
    uint32_t count = information->flags & MULTIBOOT_HAS_MODULES ? information->module_count : 0;
    if (count > MODULES_MAX) {
        panic("%u modules were loaded: at most %u are understood", count, MODULES_MAX);
    }
    module_count = count;
    for (uint32_t i = 0; i < count; i++) {
        const char *words = given[i].command_line ? skip_name((const char *)given[i].command_line) : "";
        if (copy_text(modules[i].command_line, words, MODULE_COMMAND_LINE_BYTES) >= MODULE_COMMAND_LINE_BYTES) {
            panic("the command line of module %u is longer than %d characters", i + 1, MODULE_COMMAND_LINE_BYTES - 1);
        }
        module_ranges[i] = (struct memory_range){ given[i].start, given[i].end };
        modules[i].size = given[i].end - given[i].start;
        memory_hold(given[i].start, given[i].end);
    }
}

static void read_symbols(const struct multiboot_info *information) {
    if (!(information->flags & MULTIBOOT_HAS_SECTIONS) || information->section_size != sizeof(struct elf_section)) {
        return;
    }
    const struct elf_section *sections = (const struct elf_section *)information->sections;
    for (uint32_t i = 0; i < information->section_count; i++) {
        const struct elf_section *names = &sections[sections[i].link];
        if (sections[i].type != ELF_SECTION_SYMBOLS || sections[i].link >= information->section_count ||
            !sections[i].address || !names->address) {
            continue;
        }
        symbol_range = (struct memory_range){ sections[i].address, sections[i].address + sections[i].size };
        name_range = (struct memory_range){ names->address, names->address + names->size };
        memory_hold(symbol_range.start, symbol_range.end);
        memory_hold(name_range.start, name_range.end);
        /* usable already, by the identity map, in case the boot itself fails */
        symbols_set((const struct elf_symbol *)symbol_range.start, sections[i].size / sizeof(struct elf_symbol),
                    (const char *)name_range.start, names->size);
        return;
    }
}

void loader_read(const struct multiboot_info *information) {
    memory_read_map(information);
    read_symbols(information);
    if (information->flags & MULTIBOOT_HAS_COMMAND_LINE) {
        const char *words = skip_name((const char *)information->command_line);
        if (copy_text(command_line, words, sizeof(command_line)) >= sizeof(command_line)) {
            panic("the boot line is longer than %d characters", COMMAND_LINE_BYTES - 1);
        }
    }
    read_modules(information);
}

const char *loader_command_line(void) {
    return command_line;
}

void loader_place(void) {
    for (uint32_t i = 0; i < module_count; i++) {
        if (module_ranges[i].end) {
            uint32_t start = memory_place(module_ranges[i].start, module_ranges[i].end);
            module_ranges[i] = (struct memory_range){ start, start + modules[i].size };
            modules[i].data = pointer_of_physical(start);
        }
    }
    if (symbol_range.end) {
        uint32_t bytes = symbol_range.end - symbol_range.start, name_bytes = name_range.end - name_range.start;
        const void *table = pointer_of_physical(memory_place(symbol_range.start, symbol_range.end));
        const void *names = pointer_of_physical(memory_place(name_range.start, name_range.end));
        symbols_set(table, bytes / sizeof(struct elf_symbol), names, name_bytes);
    }
}

uint32_t modules_count(void) {
    return module_count;
}

const struct module *module_by_number(uint32_t n) {
    return n - 1 < module_count && modules[n - 1].data ? &modules[n - 1] : NULL;
}

void modules_release(void) {
    for (uint32_t i = 0; i < module_count; i++) {
        if (modules[i].data && modules[i].size) {
            uint32_t pages = (modules[i].size + PAGE_SIZE - 1) >> PAGE_SHIFT;
            heap_add((void *)modules[i].data, pages);
        }
        modules[i].data = NULL;
    }
}
