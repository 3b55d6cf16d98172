/*
 * layout.c - the initial region of a domain, element by element; see layout.h.
 *
 * The number of page tables depends on the size of the region, which holds the page tables: the smallest number that is
 * enough is found by counting up.
 */
#include "xen/domain/layout.h"

#include "shadow/geometry.h"

#define PADDING (512u << 10) /* at least so much is mapped behind the last element */
#define L2_SPAN (1ull << L2_SHIFT)

static uint64_t page_up(uint64_t address) {
    return (address + PAGE_SIZE - 1) & ~(uint64_t)(PAGE_SIZE - 1);
}

static uint64_t span_up(uint64_t address) {
    return (address + L2_SPAN - 1) & ~(L2_SPAN - 1);
}

/* End of the region when its last element ends at last. */
static uint64_t region_end(uint64_t last) {
    uint64_t end = span_up(last);
    return end - last < PADDING ? end + L2_SPAN : end;
}

/* L1 tables that map [start, end). */
static uint32_t l1_tables(uint64_t start, uint64_t end) {
    return (uint32_t)((end - (start & ~(L2_SPAN - 1))) >> L2_SHIFT);
}

bool layout_domain(struct layout *layout, const struct kernel_image *image, uint32_t ramdisk_size, uint32_t nr_pages,
                   uint32_t hypervisor_start, bool translated, struct image_problem *problem) {
    uint64_t ramdisk = page_up(image->end);
    uint64_t mfn_list = page_up(ramdisk + ramdisk_size);
    uint64_t start_info = page_up(mfn_list + (uint64_t)nr_pages * sizeof(uint32_t));
    uint64_t tables = start_info + (translated ? 4 : 3) * PAGE_SIZE;
    uint64_t stack, end;
    uint32_t count = 2; /* one of each level */

    for (;; count++) {
        stack = tables + (uint64_t)count * PAGE_SIZE;
        end = region_end(stack + PAGE_SIZE);
        if (end > hypervisor_start) {
            return image_refuse(problem,
                           "the kernel, its ramdisk and its tables reach into the hypervisor's addresses; the kernel's "
                                "VIRT_BASE is", image->virt_base);
        }
        if (1 + l1_tables(image->virt_base, end) <= count) {
            break;
        }
    }
    uint32_t frames = (uint32_t)((end - image->virt_base) >> PAGE_SHIFT);

    if (frames > nr_pages) {
        return image_refuse(problem,
                      "the kernel, its ramdisk and its tables do not fit in the domain's memory (mem=); frames needed:",
                            frames);
    }
    *layout = (struct layout){
        .start = image->virt_base, .end = (uint32_t)end, .ramdisk = (uint32_t)ramdisk, .ramdisk_size = ramdisk_size,
        .mfn_list = (uint32_t)mfn_list, .start_info = (uint32_t)start_info,
        .store_page = (uint32_t)start_info + PAGE_SIZE,
        .console_page = (uint32_t)start_info + 2 * PAGE_SIZE,
        .shared_info = translated ? (uint32_t)start_info + 3 * PAGE_SIZE : 0, .page_tables = (uint32_t)tables,
        .page_table_frames = count, .stack = (uint32_t)stack, .frames = frames,
    };
    return true;
}
