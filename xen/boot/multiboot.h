/*
 * multiboot.h - what GRUB tells. Read once at boot, while everything below HYPERVISOR_LINEAR_START is
 * identity-mapped; GRUB may have put it anywhere.
 * Source: Multiboot Specification 0.6.96, 3.3.
 */
#ifndef XEN_BOOT_MULTIBOOT_H
#define XEN_BOOT_MULTIBOOT_H

#include <stdint.h>

#define MULTIBOOT_BOOTED 0x2badb002u

/* struct multiboot_info.flags */
#define MULTIBOOT_HAS_COMMAND_LINE (1u << 2)
#define MULTIBOOT_HAS_MODULES (1u << 3)
#define MULTIBOOT_HAS_SECTIONS (1u << 5)
#define MULTIBOOT_HAS_MEMORY_MAP (1u << 6)

struct multiboot_info {
    uint32_t flags;
    uint32_t memory_lower, memory_upper;   /* KiB */
    uint32_t boot_device;
    uint32_t command_line;
    uint32_t module_count, modules;
    uint32_t section_count, section_size, sections, section_names;   /* ELF section headers of the image */
    uint32_t map_bytes, map;
};

struct multiboot_module {
    uint32_t start, end;
    uint32_t command_line;
    uint32_t reserved;
};

#define MULTIBOOT_MEMORY_USABLE 1u

/* size counts the bytes behind itself. */
struct multiboot_map_entry {
    uint32_t size;
    uint64_t start, length;
    uint32_t type;
} __attribute__((packed));

/* The parts of an ELF section header that are needed. */
struct elf_section {
    uint32_t name, type, flags, address, offset, size, link, info, align, entry_size;
};

#define ELF_SECTION_SYMBOLS 2u

#endif
