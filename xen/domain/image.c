/*
 * image.c - a paravirtual kernel's file, read and checked as a whole; see image.h.
 *
 * A segment is loaded where Xen 3.x's builder puts it: at VIRT_BASE + (physical address in the program header -
 * PADDR_OFFSET).
 */
#include "xen/domain/image.h"

static uint32_t text_length(const char *text) {
    uint32_t n = 0;
    while (text[n] != 0) {
        n++;
    }
    return n;
}

static bool check_notes(const struct kernel_notes *notes, uint32_t hypervisor_start, struct image_problem *problem) {
    if (!text_begins(notes->loader, text_length(notes->loader), "generic") &&
        !text_begins(notes->guest_os, text_length(notes->guest_os), "linux")) {
        return image_refuse(problem,
                       "the kernel asks for another loader: its note LOADER is not \"generic\" and it is not Linux",
                            IMAGE_NO_NUMBER);
    }
    if (!text_begins(notes->xen_version, text_length(notes->xen_version), "xen-3.0")) {
        return image_refuse(problem,
                            "the kernel is built for another interface: its note XEN_VERSION is not \"xen-3.0\"",
                            IMAGE_NO_NUMBER);
    }
    if (notes->pae == KERNEL_PAE_ONLY) {
        return image_refuse(problem, "the kernel runs on PAE page tables only, and this build's geometry is 2level",
                            IMAGE_NO_NUMBER);
    }
    if (notes->has_hv_start_low && notes->hv_start_low > hypervisor_start) {
        return image_refuse(problem, "the kernel wants the hypervisor to begin higher than it does, at",
                            notes->hv_start_low);
    }
    if (notes->has_paddr_offset && !notes->has_virt_base) {
        return image_refuse(problem, "the kernel's notes give PADDR_OFFSET without VIRT_BASE", notes->paddr_offset);
    }
    if (notes->virt_base & 0xfff) {
        return image_refuse(problem, "the kernel's VIRT_BASE is not the beginning of a page:", notes->virt_base);
    }
    return true;
}

static bool overlaps_earlier(const struct kernel_image *image, const struct kernel_segment *segment) {
    for (uint32_t i = 0; i < image->segments; i++) {
        const struct kernel_segment *other = &image->segment[i];

        if (segment->linear < other->linear + other->memory_size &&
            other->linear < segment->linear + segment->memory_size) {
            return true;
        }
    }
    return false;
}

/* Take one loadable segment into image. */
static bool add_segment(struct kernel_image *image, const struct elf_segment *from, uint32_t index, uint32_t offset,
                        uint32_t hypervisor_start, struct image_problem *problem) {
    struct kernel_segment segment = {
        .linear = from->physical + offset, .file_offset = from->offset, .file_size = from->file_size,
        .memory_size = from->memory_size,
    };

    if (segment.linear < image->virt_base || (uint64_t)segment.linear + segment.memory_size > UINT32_MAX) {
        return image_refuse(problem,
                           "a segment of the kernel lies below VIRT_BASE or wraps around; its program header is number",
                            index);
    }
    if (segment.linear + segment.memory_size > hypervisor_start) {
        return image_refuse(problem, "a segment of the kernel reaches into the hypervisor's addresses; it would end at",
                            segment.linear + segment.memory_size);
    }
    if (overlaps_earlier(image, &segment)) {
        return image_refuse(problem, "two segments of the kernel overlap; the program header of the second is number",
                            index);
    }
    if (image->segments == KERNEL_SEGMENTS_MAX) {
        return image_refuse(problem, "the kernel has too many loadable segments; the limit is", KERNEL_SEGMENTS_MAX);
    }
    image->segment[image->segments++] = segment;
    image->start = segment.linear < image->start ? segment.linear : image->start;
    image->end = segment.linear + segment.memory_size > image->end ? segment.linear + segment.memory_size : image->end;
    return true;
}

static bool read_segments(struct kernel_image *image, uint32_t hypervisor_start, struct image_problem *problem) {
    const struct kernel_notes *notes = &image->notes;
    /* Without the note, new kernels mean 0, and those of the __xen_guest years mean VIRT_BASE itself. */
    uint32_t otherwise = notes->from_guest_section ? notes->virt_base : 0;
    uint32_t paddr_offset = notes->has_paddr_offset ? notes->paddr_offset : otherwise;

    image->start = UINT32_MAX;
    for (uint32_t i = 0; i < image->file.segments; i++) {
        struct elf_segment segment;

        if (!elf_segment(&image->file, i, &segment, problem)) {
            return false;
        }
        if (segment.type == ELF_SEGMENT_LOAD && segment.memory_size != 0 &&
            !add_segment(image, &segment, i, image->virt_base - paddr_offset, hypervisor_start, problem)) {
            return false;
        }
    }
    if (image->segments == 0) {
        return image_refuse(problem, "the kernel has no loadable segment", IMAGE_NO_NUMBER);
    }
    return true;
}

bool kernel_parse(struct kernel_image *image, const uint8_t *bytes, uint32_t length, uint32_t features,
                  uint32_t hypervisor_start, struct image_problem *problem) {
    *image = (struct kernel_image){ 0 };
    if (!elf_open(&image->file, bytes, length, problem) ||
        !kernel_read_notes(&image->file, features, &image->notes, problem) ||
        !check_notes(&image->notes, hypervisor_start, problem)) {
        return false;
    }
    image->virt_base = image->notes.virt_base;
    if (!read_segments(image, hypervisor_start, problem)) {
        return false;
    }
    image->entry = image->notes.has_entry ? image->notes.entry : image->file.entry;
    if (image->entry < image->start || image->entry >= image->end) {
        return image_refuse(problem, "the kernel's entry lies outside its segments, at", image->entry);
    }
    if (image->notes.has_hypercall_page && (image->notes.hypercall_page < image->start ||
        (uint64_t)image->notes.hypercall_page + 0x1000 > image->end || (image->notes.hypercall_page & 0xfff) != 0)) {
        return image_refuse(problem, "the kernel's hypercall page lies outside its segments or is not a whole page, at",
                            image->notes.hypercall_page);
    }
    return true;
}
