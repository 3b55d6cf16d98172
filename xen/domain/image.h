/*
 * image.h - what a paravirtual kernel's file says about itself, read and checked.
 *
 * Rules: pure, like elf.h. A struct kernel_image that kernel_parse returned true for can be loaded without another
 * check, except that its address range must fit the domain (layout.h).
 * Callers: build.c; tests/unit.
 * Source: Xen's elfnote.h and features.h; for __xen_guest the keys that Xen 3.x's builder accepts.
 */
#ifndef XEN_DOMAIN_IMAGE_H
#define XEN_DOMAIN_IMAGE_H

#include "xen/domain/elf.h"

#define KERNEL_SEGMENTS_MAX 32
#define KERNEL_TEXT_MAX 32

struct kernel_segment {
    uint32_t linear, file_offset, file_size, memory_size;
};

enum kernel_pae { KERNEL_PAE_NO, KERNEL_PAE_ONLY, KERNEL_PAE_BIMODAL };

/* What the notes, or the __xen_guest section, said. has_*: whether they said it at all. */
struct kernel_notes {
    uint32_t count;              /* Xen notes or keys seen */
    bool from_guest_section;     /* the old __xen_guest section, not notes */
    bool has_virt_base, has_paddr_offset, has_entry, has_hypercall_page, has_hv_start_low;
    uint32_t virt_base, paddr_offset, entry, hypercall_page, hv_start_low;
    enum kernel_pae pae;
    uint32_t features_known, features_required; /* bits XENFEAT_*: all that are named, and those marked ! */
    char guest_os[KERNEL_TEXT_MAX], xen_version[KERNEL_TEXT_MAX], loader[KERNEL_TEXT_MAX];
};

struct kernel_image {
    struct elf_file file;
    struct kernel_notes notes;
    uint32_t virt_base;          /* linear address of pseudo-physical frame 0 */
    uint32_t start, end;         /* linear addresses the segments cover, [start, end) */
    uint32_t entry;
    uint32_t segments;
    struct kernel_segment segment[KERNEL_SEGMENTS_MAX];
};

/*
 * Read and check the kernel of length bytes. features: the bits XENFEAT_* that the domain will be told it has;
 * hypervisor_start: the lowest linear address that is not the guest's. False with *problem: everything elf.h refuses;
 * no Xen notes and no __xen_guest section; another loader or Xen version than "generic" or Linux for "xen-3.0"; PAE
 * only; a required feature that is not in features; segments that overlap, wrap or reach into the hypervisor; entry or
 * hypercall page outside the kernel.
 */
bool kernel_parse(struct kernel_image *image, const uint8_t *bytes, uint32_t length, uint32_t features,
                  uint32_t hypervisor_start, struct image_problem *problem);

/*
 * Read the notes of an open file into *notes (zeroed first); part of kernel_parse. False with *problem: damaged or
 * refused.
 */
bool kernel_read_notes(const struct elf_file *file, uint32_t features, struct kernel_notes *notes,
                       struct image_problem *problem);
/*
 * One list "name|!name|..." of features; those marked ! are required. False with *problem: a required one is unknown or
 * not in features.
 */
bool kernel_read_features(const char *text, uint32_t length, uint32_t features, struct kernel_notes *notes,
                          struct image_problem *problem);
/* The old section's "KEY=value,KEY=value" text. False with *problem. */
bool kernel_read_guest_section(const char *text, uint32_t length, uint32_t features, struct kernel_notes *notes,
                               struct image_problem *problem);
/* PAE_MODE's value -> enum kernel_pae. */
enum kernel_pae kernel_read_pae(const char *text, uint32_t length);

/* Is the text of length characters (not NUL-terminated) exactly word? Does it begin with it? */
bool text_is(const char *text, uint32_t length, const char *word);
bool text_begins(const char *text, uint32_t length, const char *word);
/* Copy length characters of text into to[KERNEL_TEXT_MAX], cut to fit, NUL-terminated. */
void text_keep(char *to, const char *text, uint32_t length);

#endif
