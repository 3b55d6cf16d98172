/*
 * kernel_map.c - see kernel_map.h.
 *
 * The builder's tables map only the bootstrap region. The frames below the kernel image (VIRT_BASE up) are in it and
 * unused, and they are enough for the tables of the largest memory that the hypervisor gives.
 */
#include "guests/mini/kernel_map.h"

#include "guests/lib/boot.h"
#include "guests/lib/outcome.h"
#include "guests/lib/string.h"
#include "guests/mini/flush.h"
#include "guests/mini/frames.h"
#include "guests/mini/machine.h"

extern const uint8_t image_start[];

uint32_t kernel_directory;

static uint32_t next_table = 1;      /* pfn 0 means "none" */

static uint32_t take_table(void) {
    if (next_table >= pointer_frame(image_start))
        panic("%u frames below the kernel are too few for its page tables", pointer_frame(image_start));
    memset(frame_pointer(next_table), 0, PAGE_SIZE);
    return next_table++;
}

static void build_tables(uint32_t count) {
    pte_t *directory;
    pte_t *table = NULL;

    kernel_directory = take_table();
    directory = frame_pointer(kernel_directory);
    for (uint32_t pfn = 0; pfn < count; pfn++) {
        uint32_t linear = KERNEL_BASE + pfn * PAGE_SIZE;

        if (l1_index(linear) == 0) {
            uint32_t table_pfn = take_table();

            table = frame_pointer(table_pfn);
            machine->write_entry(&directory[l2_index(linear)], machine->make_entry(table_pfn, PTE_TABLE));
        }
        machine->write_entry(&table[l1_index(linear)], machine->make_entry(pfn, PTE_KERNEL));
    }
}

/*
 * shared_info's frame is not one of ours: its page in the image keeps the entry that the boot tables have for it.
 */
static void keep_shared_info(void) {
    uint32_t linear = (uint32_t)(uintptr_t)shared_info;
    pte_t *directory = frame_pointer(kernel_directory);
    pte_t *table = frame_pointer(machine->entry_frame(directory[l2_index(linear)]));

    machine->write_entry(&table[l1_index(linear)], (pte_t)start_info->shared_info | PTE_KERNEL);
}

void kernel_map_start(uint32_t swap_frames, uint32_t *swap_first) {
    uint32_t count = start_info->nr_pages < MAXIMUM_FRAMES ? start_info->nr_pages : MAXIMUM_FRAMES;
    uint32_t boot_end = pointer_frame((const void *)(start_info->pt_base + start_info->nr_pt_frames * PAGE_SIZE));
    uint32_t table_frames = page_up(count * sizeof(struct frame)) / PAGE_SIZE;
    uint32_t first = boot_end + table_frames + swap_frames;

    if (first + 64 > count)
        panic("memory is too small: %u frames, %u of them for the kernel, its frame table and swap; "
              "use more memory or a smaller swap=", count, first);
    build_tables(count);
    keep_shared_info();
    machine->load_base(kernel_directory);

    memset(frame_pointer(boot_end), 0, table_frames * PAGE_SIZE);
    frames_start(frame_pointer(boot_end), count);
    *swap_first = boot_end + table_frames;
    frames_add(first, count);
    frames_add(next_table, pointer_frame(image_start));
}

void kernel_map_fill(pte_t *directory) {
    const pte_t *own = frame_pointer(kernel_directory);

    for (uint32_t i = KERNEL_L2_FIRST; i < TABLE_ENTRIES; i++)
        directory[i] = own[i];
}

static pte_t *entry_of(const uint8_t *page) {
    uint32_t linear = (uint32_t)(uintptr_t)page;
    pte_t *directory = frame_pointer(kernel_directory);
    pte_t *table = frame_pointer(machine->entry_frame(directory[l2_index(linear)]));

    return &table[l1_index(linear)];
}

void kernel_map_hide(const void *first, uint32_t pages) {
    const uint8_t *page = first;

    for (uint32_t i = 0; i < pages; i++, page += PAGE_SIZE)
        machine->write_entry(entry_of(page), 0);
    flush_tlb_all();
}

void kernel_map_show(const void *first, uint32_t pages) {
    const uint8_t *page = first;

    for (uint32_t i = 0; i < pages; i++, page += PAGE_SIZE)
        machine->write_entry(entry_of(page), machine->make_entry(pointer_frame(page), PTE_KERNEL));
}
