/*
 * kernel_map.h - the kernel's own part of every address space: all memory at KERNEL_BASE.
 *
 * Its L1 tables are made once and shared by all page directories, so a change is seen in all of them.
 */
#ifndef MINI_KERNEL_MAP_H
#define MINI_KERNEL_MAP_H

#include <stdbool.h>
#include <stdint.h>

#include "guests/mini/paging.h"

/* Page directory that has nothing but the kernel; 0 before kernel_map_start. */
extern uint32_t kernel_directory;

/*
 * Build the tables out of the frames below the kernel image, load them and set up the frame allocator with what the
 * builder and we left free. swap_frames frames in a row are set aside; their first pfn goes to *swap_first.
 */
void kernel_map_start(uint32_t swap_frames, uint32_t *swap_first);
/* How it maps memory: L2 entries without a table; and whether what it maps outlives a load of the base pointer. */
extern uint32_t kernel_large_pages;
extern bool kernel_is_global;
/* Copy the kernel's entries into memory that will be a page directory. */
void kernel_map_fill(pte_t *directory);
/* The kernel's L1 entry for a page of memory. */
pte_t *kernel_map_entry(const void *page);
/* Take pages of the kernel's out of the map, or put them back. Taking them out flushes all address spaces. */
void kernel_map_hide(const void *first, uint32_t pages);
void kernel_map_show(const void *first, uint32_t pages);

#endif
