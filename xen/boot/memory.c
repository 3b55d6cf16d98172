/*
 * memory.c - see memory.h.
 */
#include "xen/boot/memory.h"

#include <stdbool.h>
#include <stddef.h>

#include "xen/boot/modules.h"
#include "xen/lib/panic.h"
#include "xen/lib/string.h"
#include "xen/mm/frame.h"
#include "xen/mm/frame_setup.h"
#include "xen/mm/heap.h"
#include "xen/mm/heap_setup.h"
#include "xen/mm/layout.h"
#include "xen/mm/m2p.h"
#include "xen/mm/paging.h"

#define MIB (1u << 20)
#define USABLE_LIMIT 16
/* The image, its symbols and their names, and the modules. */
#define HELD_LIMIT (3 + MODULES_MAX)
/* The frame table's range holds no more. */
#define MACHINE_BYTES_LIMIT ((LAYOUT_FRAME_TABLE_END - LAYOUT_FRAME_TABLE) / (uint32_t)sizeof(struct frame) * PAGE_SIZE)
/* Guest frames beyond the domains' own: for what the builder allocates around them. */
#define SPARE_GUEST_BYTES (1 * MIB)
/* What a machine needs beyond its domains. */
#define HYPERVISOR_MIB 32
/* Less heap than this holds no domain. */
#define HEAP_MINIMUM (8 * MIB)

struct machine_map_entry machine_map[MACHINE_MAP_LIMIT];
uint32_t machine_map_entries;

extern char image_start[], image_end[];

/* From the image up, whole pages, ascending as the BIOS reports them. */
static struct memory_range usable[USABLE_LIMIT];
static uint32_t usable_count;
static struct memory_range held[HELD_LIMIT];
static uint32_t held_count;
static uint32_t heap_end;

static uint32_t page_up(uint32_t address) {
    return (address + PAGE_SIZE - 1) & PAGE_MASK;
}

static void add_usable(uint64_t start, uint64_t end) {
    const uint64_t in_page = PAGE_SIZE - 1;
    uint64_t from = start < LAYOUT_IMAGE_PHYSICAL ? LAYOUT_IMAGE_PHYSICAL : (start + in_page) & ~in_page;
    uint64_t to = end > MACHINE_BYTES_LIMIT ? MACHINE_BYTES_LIMIT : end & ~in_page;
    if (from < to && usable_count < USABLE_LIMIT) {
        usable[usable_count++] = (struct memory_range){ (uint32_t)from, (uint32_t)to };
    }
}

void memory_read_map(const struct multiboot_info *information) {
    if (!(information->flags & MULTIBOOT_HAS_MEMORY_MAP)) {
        panic("the boot loader gave no memory map");
    }
    uint32_t at = information->map;
    while (at < information->map + information->map_bytes) {
        const struct multiboot_map_entry *entry = (const struct multiboot_map_entry *)at;
        if (machine_map_entries < MACHINE_MAP_LIMIT) {
            machine_map[machine_map_entries++] = (struct machine_map_entry){ entry->start, entry->length, entry->type };
        }
        if (entry->type == MULTIBOOT_MEMORY_USABLE) {
            add_usable(entry->start, entry->start + entry->length);
        }
        at += entry->size + sizeof(entry->size);
    }
    if (!usable_count) {
        panic("the boot loader's memory map has no usable memory above 1 MiB");
    }
    memory_hold(physical_of(image_start), physical_of(image_end));
}

void memory_hold(uint32_t start, uint32_t end) {
    if (held_count == HELD_LIMIT) {
        panic("the boot loader left more than %d ranges of memory to be kept", HELD_LIMIT);
    }
    uint32_t at = held_count++;
    for (; at > 0 && held[at - 1].start > start; at--) {
        held[at] = held[at - 1];
    }
    held[at] = (struct memory_range){ start & PAGE_MASK, page_up(end) };
}

uint32_t memory_total_mib(void) {
    uint32_t bytes = 0;
    for (uint32_t i = 0; i < usable_count; i++) {
        bytes += usable[i].end - usable[i].start;
    }
    return (bytes + LAYOUT_IMAGE_PHYSICAL + MIB - 1) / MIB;
}

void memory_divide(uint32_t domains_mib) {
    uint64_t wanted = (uint64_t)domains_mib * MIB + SPARE_GUEST_BYTES;
    uint32_t boundary = 0;
    for (uint32_t i = usable_count; i-- > 0 && wanted;) {
        uint32_t bytes = usable[i].end - usable[i].start;
        uint32_t taken = bytes < wanted ? bytes : (uint32_t)wanted;
        boundary = usable[i].end - taken;
        wanted -= taken;
    }
    uint32_t needed = physical_of(image_end) + HEAP_MINIMUM;
    if (wanted || boundary < needed) {
        panic("%u MiB of domains (mem=) do not fit: the machine has %u MiB and needs %u MiB for them", domains_mib,
              memory_total_mib(), domains_mib + HYPERVISOR_MIB);
    }
    heap_end = boundary < LAYOUT_DIRECT_MAP_BYTES ? boundary : LAYOUT_DIRECT_MAP_BYTES;
}

/* The lowest free bytes of the heap's part, page-aligned. 0: no gap is large enough. */
static uint32_t find_gap(uint32_t bytes) {
    uint32_t at = page_up(physical_of(image_end));
    for (uint32_t i = 0; i < held_count; i++) {
        if (held[i].end > at) {
            if (held[i].start >= at && held[i].start - at >= bytes) {
                break;
            }
            at = held[i].end;
        }
    }
    return at < heap_end && heap_end - at >= bytes ? at : 0;
}

uint32_t memory_place(uint32_t start, uint32_t end) {
    if (page_up(end) <= heap_end) {
        return start;
    }
    uint32_t to = find_gap(page_up(end - start));
    if (!to) {
        panic("no room to keep %u KiB of modules in the hypervisor's %u MiB", (end - start) >> 10, heap_end / MIB);
    }
    memmove((void *)to, (const void *)start, end - start);
    for (uint32_t i = 0; i < held_count; i++) {
        if (held[i].start == (start & PAGE_MASK)) {
            memmove(&held[i], &held[i + 1], (--held_count - i) * sizeof(held[0]));
            break;
        }
    }
    memory_hold(to, to + (end - start));
    return to;
}

/* Call visit for each stretch of usable memory in [from, to) that is not held. */
static void for_each_free(uint32_t from, uint32_t to, void (*visit)(uint32_t start, uint32_t end)) {
    for (uint32_t i = 0; i < usable_count; i++) {
        uint32_t at = usable[i].start > from ? usable[i].start : from;
        uint32_t end = usable[i].end < to ? usable[i].end : to;
        for (uint32_t h = 0; h < held_count && at < end; h++) {
            if (held[h].end <= at) {
                continue;
            }
            if (held[h].start > at) {
                visit(at, held[h].start < end ? held[h].start : end);
            }
            at = held[h].end;
        }
        if (at < end) {
            visit(at, end);
        }
    }
}

static void give_to_heap(uint32_t start, uint32_t end) {
    heap_add(pointer_of_physical(start), (end - start) >> PAGE_SHIFT);
}

static void give_to_guests(uint32_t start, uint32_t end) {
    frame_add(start >> PAGE_SHIFT, end >> PAGE_SHIFT);
}

/* Heap pages that must be there; the heap is known to be large enough for a sensible machine. */
static void *boot_pages(uint32_t pages, const char *what) {
    void *pointer = heap_pages_uncleared(pages);
    if (!pointer) {
        panic("no room for the %s: %u KiB", what, pages << (PAGE_SHIFT - 10));
    }
    return pointer;
}

static uint32_t pages_of(uint32_t bytes) {
    return (bytes + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

void memory_populate(void) {
    for_each_free(0, heap_end, give_to_heap);
    uint32_t frames = usable[usable_count - 1].end >> PAGE_SHIFT;

    uint32_t pages = pages_of(frames * sizeof(struct frame));
    paging_map_frame_table(boot_pages(pages, "frame table"), pages);
    memset(frame_table, 0, frames * sizeof(struct frame));
    pages = pages_of(frames * sizeof(uint32_t));
    paging_map_m2p(boot_pages(pages, "machine-to-physical table"), pages);
    memset((void *)LAYOUT_M2P_WRITABLE, 0xff, pages << PAGE_SHIFT);

    frame_setup(frames, heap_end >> PAGE_SHIFT, boot_pages(pages, "list of free frames"));
    for_each_free(heap_end, MACHINE_BYTES_LIMIT, give_to_guests);
}
