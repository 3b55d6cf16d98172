/*
 * memory.h - who gets which part of the machine's memory.
 *
 * From the bottom: what BIOS and GRUB know of (below 1 MiB) is nobody's; the image; the heap, with modules and
 * symbols lying in it; from heap_end up the frames of guests. heap_end leaves the guest zone just large enough for
 * the domains, so the heap gets the rest, within the direct map.
 *
 * Rules: the list of held ranges is sorted and they do not overlap. Phases, in this order: memory_hold for everything
 * that must survive, memory_divide, memory_place for each held range that may have to move; then the identity map may
 * go, and memory_populate builds frame table and allocators.
 * Callers: boot/main.c; hypercall/memory_map.c tells the map.
 */
#ifndef XEN_BOOT_MEMORY_H
#define XEN_BOOT_MEMORY_H

#include <stdint.h>

#include "xen/boot/multiboot.h"

/* Physical memory, bytes; end is one past. */
struct memory_range {
    uint32_t start, end;
};

/* What the BIOS told of the machine (INT 0x15, EAX=0xE820), constant after boot. */
#define MACHINE_MAP_LIMIT 32
struct machine_map_entry {
    uint64_t start, length;
    uint32_t type;
} __attribute__((packed));
extern struct machine_map_entry machine_map[MACHINE_MAP_LIMIT];
extern uint32_t machine_map_entries;

/* Read GRUB's memory map and hold the image. Panics without a map. */
void memory_read_map(const struct multiboot_info *information);
/* Keep [start, end) as it is. Panics when there are too many ranges. */
void memory_hold(uint32_t start, uint32_t end);
/*
 * Decide heap_end for domains of domains_mib together. Panics, saying how much memory the machine needs, when they do
 * not fit.
 */
void memory_divide(uint32_t domains_mib);
/*
 * Move a held range into the heap's part unless it lies there. Returns its new start (page-aligned when it moved).
 * Panics when there is no room.
 */
uint32_t memory_place(uint32_t start, uint32_t end);
/* Heap, frame table, machine-to-physical table, frame allocator. The identity map is gone. */
void memory_populate(void);
/* MiB of usable memory, for people. */
uint32_t memory_total_mib(void);

#endif
