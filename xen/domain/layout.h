/*
 * layout.h - where the domain builder puts what the kernel finds at its start.
 *
 * Rules: pure. Addresses are linear; the region [start, end) maps pseudo-physical frame 0 upwards, one frame a page.
 * Callers: build.c; tests/unit.
 * Source: "Start-of-day memory layout" in Xen's xen.h.
 */
#ifndef XEN_DOMAIN_LAYOUT_H
#define XEN_DOMAIN_LAYOUT_H

#include "xen/domain/image.h"

struct layout {
    uint32_t start, end;          /* the initial region; end is aligned to what one L2 entry maps */
    uint32_t ramdisk, ramdisk_size;
    uint32_t mfn_list;            /* nr_pages words */
    uint32_t start_info;          /* one page each: */
    uint32_t store_page;
    uint32_t console_page;
    uint32_t shared_info;         /* of a translated domain, whose number it gets; otherwise there is none: 0 */
    uint32_t page_tables;         /* the L2, then the L1 tables in order of address */
    uint32_t page_table_frames;
    uint32_t stack;               /* one page; the kernel starts with esp at its end */
    uint32_t frames;              /* pseudo-physical frames in the region */
};

/*
 * Lay out a domain of nr_pages frames for the kernel image and a ramdisk of ramdisk_size bytes (0: none).
 * hypervisor_start as for kernel_parse. translated: it is to have a number for shared_info. False with *problem (where: the number of frames needed, or an address): it
 * does not fit in the domain's memory, or reaches into the hypervisor's addresses.
 */
bool layout_domain(struct layout *layout, const struct kernel_image *image, uint32_t ramdisk_size, uint32_t nr_pages,
                   uint32_t hypervisor_start, bool translated, struct image_problem *problem);

#endif
