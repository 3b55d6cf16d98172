/*
 * t_hello - the smallest guest: is what the builder hands over as Xen's start-of-day layout says?
 *
 * Prints the facts of start_info and checks each against its neighbours: the magic word, the order of the bootstrap
 * elements, the frame list against the machine-to-physical table, shared_info's fields. Expected outcome: success.
 */
#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/console.h"
#include "guests/lib/outcome.h"

extern const char image_start[], image_end[];

static void check_layout(void) {
    uint32_t image = (uint32_t)image_end;
    uint32_t table_end = start_info->pt_base + start_info->nr_pt_frames * GUEST_PAGE_SIZE;

    check(start_info->mfn_list >= image);
    check((uint32_t)start_info >= start_info->mfn_list + start_info->nr_pages * 4);
    check(start_info->pt_base > (uint32_t)start_info);
    check(start_info->pt_base % GUEST_PAGE_SIZE == 0);
    check(start_info->nr_pt_frames >= 2);
    check((table_end - GUEST_VIRT_BASE) / GUEST_PAGE_SIZE <= start_info->nr_pages);
    if (start_info->mod_start != 0)
        check(start_info->mod_start >= image && start_info->mod_start + start_info->mod_len <= start_info->mfn_list);
}

static void check_frame_list(void) {
    uint32_t wrong = 0;
    uint32_t scattered = 0;

    for (uint32_t pfn = 0; pfn < start_info->nr_pages; pfn++) {
        if (boot_pfn_of(boot_mfn_of(pfn)) != pfn)
            wrong++;
        if (pfn > 0 && boot_mfn_of(pfn) != boot_mfn_of(pfn - 1) + 1)
            scattered++;
    }
    check_equal(wrong, 0);
    print("frames: %u, of which %u do not follow their neighbour in machine memory\n", (uint32_t)start_info->nr_pages,
          scattered);
}

static void check_shared_info(void) {
    uint32_t version = shared_info->vcpu_info[0].time.version;

    check(shared_info->vcpu_info[0].evtchn_upcall_mask != 0);
    check((version & 1) == 0);
    check(shared_info->vcpu_info[0].time.tsc_to_system_mul != 0);
}

_Noreturn void guest_main(void) {
    print("hello from ring %u: %.32s\n", check_ring(), start_info->magic);
    print("image %p..%p, start_info %p, mfn_list %x, page tables %x (%u frames)\n", (const void *)image_start,
          (const void *)image_end, (void *)start_info, (uint32_t)start_info->mfn_list, (uint32_t)start_info->pt_base,
          (uint32_t)start_info->nr_pt_frames);
    print("ramdisk %x (%u bytes), flags %x, shared_info at machine %x\n", (uint32_t)start_info->mod_start,
          (uint32_t)start_info->mod_len, start_info->flags, (uint32_t)start_info->shared_info);
    print("command line: \"%s\"\n", (const char *)start_info->cmd_line);

    check_equal(check_ring(), 1);
    check_layout();
    check_frame_list();
    check_shared_info();
    check_finish();
}
