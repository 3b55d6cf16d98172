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
#include "guests/mini/options.h"

extern const uint8_t image_start[];

uint32_t kernel_directory;
uint32_t kernel_large_pages;
bool kernel_is_global;

static uint32_t next_table = 1;      /* pfn 0 means "none" */

static uint32_t take_table(void) {
    if (next_table >= pointer_frame(image_start))
        panic("%u frames below the kernel are too few for its page tables", pointer_frame(image_start));
    memset(frame_pointer(next_table), 0, PAGE_SIZE);
    return next_table++;
}

static pte_t flags(void) {
    return kernel_is_global ? PTE_KERNEL | PTE_G : PTE_KERNEL;
}

/* Are the frames from pfn on to be mapped in one piece? Those of the first table never: the kernel changes its own pages. */
static bool in_one_piece(uint32_t pfn, uint32_t count) {
    return options.large_pages != 0 && pfn != 0 && count - pfn >= TABLE_ENTRIES && machine->large_page(pfn);
}

static uint32_t boot_table(uint32_t index) {
    return pointer_frame((const void *)start_info->pt_base) + index;
}

/* Is the frame one of count new tables, or one of the builder's, which are in use until the new ones are loaded? */
static bool is_table(uint32_t pfn, uint32_t count) {
    return (pfn >= 1 && pfn < 1 + count) || (pfn >= boot_table(0) && pfn < boot_table(start_info->nr_pt_frames));
}

/* Nothing here is in use as a page table yet, so plain stores do in every mode. */
static void build_tables(uint32_t count) {
    uint32_t tables = 1 + (count + TABLE_ENTRIES - 1) / TABLE_ENTRIES;
    pte_t *directory;
    pte_t *table = NULL;

    kernel_directory = take_table();
    directory = frame_pointer(kernel_directory);
    for (uint32_t pfn = 0; pfn < count; pfn++) {
        uint32_t linear = KERNEL_BASE + pfn * PAGE_SIZE;

        if (l1_index(linear) == 0 && in_one_piece(pfn, count)) {
            directory[l2_index(linear)] = machine->make_entry(pfn, flags() | PTE_PS);
            kernel_large_pages++;
            pfn += TABLE_ENTRIES - 1;
            continue;
        }
        if (l1_index(linear) == 0) {
            uint32_t table_pfn = take_table();

            table = frame_pointer(table_pfn);
            directory[l2_index(linear)] = machine->make_entry(table_pfn, PTE_TABLE);
        }
        table[l1_index(linear)] = machine->make_entry(pfn, is_table(pfn, tables) ? machine->mmu->table_flags : flags());
    }
}

pte_t *kernel_map_entry(const void *page) {
    uint32_t linear = (uint32_t)(uintptr_t)page;
    pte_t *directory = frame_pointer(kernel_directory);
    pte_t *table = frame_pointer(machine->entry_frame(directory[l2_index(linear)]));

    return &table[l1_index(linear)];
}

/*
 * shared_info's frame is not one of ours: its page in the image keeps the entry that the boot tables have for it.
 */
static void keep_shared_info(void) {
    *kernel_map_entry(shared_info) = (pte_t)start_info->shared_info | PTE_KERNEL;
}

/*
 * From the builder's tables to ours. Until ours are loaded the builder's map counts, and it maps both; they must be
 * read-only there before ours can be tables. The builder's are memory afterwards.
 */
static void change_tables(void) {
    for (uint32_t pfn = kernel_directory + 1; pfn < next_table; pfn++)
        machine->mmu->protect_table(pfn);
    machine->mmu->adopt_directory(kernel_directory);
    machine->load_base(kernel_directory);
    machine->release_boot_directory(boot_table(0));
    for (uint32_t i = 0; i < start_info->nr_pt_frames; i++)
        machine->mmu->retire_table(boot_table(i));
}

void kernel_map_start(uint32_t swap_frames, uint32_t *swap_first) {
    uint32_t count = start_info->nr_pages < MAXIMUM_FRAMES ? start_info->nr_pages : MAXIMUM_FRAMES;
    uint32_t boot_end = pointer_frame((const void *)(start_info->pt_base + start_info->nr_pt_frames * PAGE_SIZE));
    uint32_t table_frames = page_up(count * sizeof(struct frame)) / PAGE_SIZE;
    uint32_t first = boot_end + table_frames + swap_frames;

    if (first + 64 > count)
        panic("memory is too small: %u frames, %u of them for the kernel, its frame table and swap; "
              "use more memory or a smaller swap=", count, first);
    kernel_is_global = options.global_pages != 0 && machine->let_global();
    build_tables(count);
    keep_shared_info();
    change_tables();

    memset(frame_pointer(boot_end), 0, table_frames * PAGE_SIZE);
    frames_start(frame_pointer(boot_end), count);
    *swap_first = boot_end + table_frames;
    frames_add(first, count);
    frames_add(next_table, pointer_frame(image_start));
}

void kernel_map_fill(pte_t *directory) {
    const pte_t *own = frame_pointer(kernel_directory);

    for (uint32_t i = KERNEL_L2_FIRST; i < HYPERVISOR_L2_FIRST; i++)
        directory[i] = own[i];
}

static void write(const uint8_t *page, pte_t value) {
    machine->mmu->write_kernel((uint32_t)(uintptr_t)page, kernel_map_entry(page), value);
}

void kernel_map_hide(const void *first, uint32_t pages) {
    const uint8_t *page = first;

    for (uint32_t i = 0; i < pages; i++, page += PAGE_SIZE)
        write(page, 0);
    flush_tlb_all();
}

void kernel_map_show(const void *first, uint32_t pages) {
    const uint8_t *page = first;

    for (uint32_t i = 0; i < pages; i++, page += PAGE_SIZE)
        write(page, machine->make_entry(pointer_frame(page), flags()));
}
