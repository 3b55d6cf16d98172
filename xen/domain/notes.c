/*
 * notes.c - the Xen notes of a paravirtual kernel; see image.h.
 *
 * The notes are looked for where Xen looks: in PT_NOTE segments, else in note sections, else (old kernels) in the text
 * of the section __xen_guest. Notes of other owners are passed over.
 */
#include "xen/domain/image.h"

#include <xen/elfnote.h>
#include <xen/features.h>

static uint32_t text_length(const char *text) {
    uint32_t n = 0;
    while (text[n] != 0) {
        n++;
    }
    return n;
}

bool text_begins(const char *text, uint32_t length, const char *word) {
    uint32_t i = 0;
    for (; word[i] != 0; i++) {
        if (i >= length || text[i] != word[i]) {
            return false;
        }
    }
    return true;
}

bool text_is(const char *text, uint32_t length, const char *word) {
    return text_begins(text, length, word) && length == text_length(word);
}

void text_keep(char *to, const char *text, uint32_t length) {
    uint32_t n = length < KERNEL_TEXT_MAX - 1 ? length : KERNEL_TEXT_MAX - 1;
    for (uint32_t i = 0; i < n; i++) {
        to[i] = text[i];
    }
    to[n] = 0;
}

/* Names of the features a kernel may list; NULL: a number without a name in kernels of this age. */
static const char *const feature_names[] = {
    [XENFEAT_writable_page_tables] = "writable_page_tables",
    [XENFEAT_writable_descriptor_tables] = "writable_descriptor_tables",
    [XENFEAT_auto_translated_physmap] = "auto_translated_physmap",
    [XENFEAT_supervisor_mode_kernel] = "supervisor_mode_kernel",
    [XENFEAT_pae_pgdir_above_4gb] = "pae_pgdir_above_4gb",
    [XENFEAT_mmu_pt_update_preserve_ad] = "mmu_pt_update_preserve_ad",
    [XENFEAT_highmem_assist] = "highmem_assist",
    [XENFEAT_gnttab_map_avail_bits] = "gnttab_map_avail_bits",
    [XENFEAT_dom0] = "dom0",
};
#define FEATURE_NAMES (sizeof(feature_names) / sizeof(feature_names[0]))

/* The number of the feature of this name; FEATURE_NAMES: there is none. */
static uint32_t feature_number(const char *name, uint32_t length) {
    uint32_t number = 0;

    while (number < FEATURE_NAMES && (feature_names[number] == 0 || !text_is(name, length, feature_names[number]))) {
        number++;
    }
    return number;
}

static bool read_feature(const char *name, uint32_t length, bool required, uint32_t features,
                         struct kernel_notes *notes, struct image_problem *problem) {
    uint32_t number = feature_number(name, length);

    if (number < FEATURE_NAMES) {
        notes->features_known |= 1u << number;
        notes->features_required |= required << number;
    }
    if (!required) {
        return true;
    }
    if (number == FEATURE_NAMES) {
        return image_refuse(problem, "the kernel requires a feature of an unknown name; the length of the name is",
                            length);
    }
    return (features & 1u << number) != 0 ||
           image_refuse(problem, "the kernel requires a feature that a domain does not have here; the number of the "
                        "feature (XENFEAT_) is", number);
}

bool kernel_read_features(const char *text, uint32_t length, uint32_t features, struct kernel_notes *notes,
                          struct image_problem *problem) {
    for (uint32_t begin = 0; begin < length;) {
        uint32_t end = begin;
        while (end < length && text[end] != '|') {
            end++;
        }
        uint32_t mark = end > begin && text[begin] == '!';

        if (!read_feature(text + begin + mark, end - begin - mark, mark, features, notes, problem)) {
            return false;
        }
        begin = end + 1;
    }
    return true;
}

enum kernel_pae kernel_read_pae(const char *text, uint32_t length) {
    for (uint32_t i = 0; i < length; i++) {
        if (text_begins(text + i, length - i, "bimodal")) {
            return KERNEL_PAE_BIMODAL;
        }
    }
    return text_begins(text, length, "yes") ? KERNEL_PAE_ONLY : KERNEL_PAE_NO;
}

/* The numeric notes: which number goes where. */
static void keep_number(struct kernel_notes *notes, uint32_t type, uint32_t value) {
    switch (type) {
    case XEN_ELFNOTE_VIRT_BASE:
        notes->virt_base = value;
        notes->has_virt_base = true;
        break;
    case XEN_ELFNOTE_PADDR_OFFSET:
        notes->paddr_offset = value;
        notes->has_paddr_offset = true;
        break;
    case XEN_ELFNOTE_ENTRY:
        notes->entry = value;
        notes->has_entry = true;
        break;
    case XEN_ELFNOTE_HYPERCALL_PAGE:
        notes->hypercall_page = value;
        notes->has_hypercall_page = true;
        break;
    case XEN_ELFNOTE_HV_START_LOW:
        notes->hv_start_low = value;
        notes->has_hv_start_low = true;
        break;
    }
}

static bool is_numeric(uint32_t type) {
    return type == XEN_ELFNOTE_VIRT_BASE || type == XEN_ELFNOTE_PADDR_OFFSET || type == XEN_ELFNOTE_ENTRY ||
           type == XEN_ELFNOTE_HYPERCALL_PAGE || type == XEN_ELFNOTE_HV_START_LOW;
}

static bool read_numeric_note(struct kernel_notes *notes, uint32_t type, const uint8_t *value, uint32_t size,
                              struct image_problem *problem) {
    if (size != 4 && size != 8) {
        return image_refuse(problem, "a Xen note of the kernel should hold a number and has another size; its type is",
                            type);
    }
    if (size == 8 && elf_u32(value + 4) != 0) {
        return image_refuse(problem, "a Xen note of the kernel holds an address above 4 GiB; its type is", type);
    }
    keep_number(notes, type, elf_u32(value));
    return true;
}

static bool read_text_note(struct kernel_notes *notes, uint32_t type, const char *text, uint32_t size,
                           uint32_t features, struct image_problem *problem) {
    uint32_t length = 0;
    while (length < size && text[length] != 0) {
        length++;
    }
    switch (type) {
    case XEN_ELFNOTE_GUEST_OS:
        text_keep(notes->guest_os, text, length);
        break;
    case XEN_ELFNOTE_XEN_VERSION:
        text_keep(notes->xen_version, text, length);
        break;
    case XEN_ELFNOTE_LOADER:
        text_keep(notes->loader, text, length);
        break;
    case XEN_ELFNOTE_PAE_MODE:
        notes->pae = kernel_read_pae(text, length);
        break;
    case XEN_ELFNOTE_FEATURES:
        return kernel_read_features(text, length, features, notes, problem);
    }
    return true;
}

static uint32_t round_up_4(uint32_t n) {
    return (n + 3) & ~3u;
}

/*
 * The notes in [offset, offset + size), a range that lies within the file. Some linkers' note segments end a few bytes
 * short: a note that begins in the range is read as long as it lies in the file, and one that does not is the end.
 */
static bool read_note_range(const struct elf_file *file, uint32_t offset, uint32_t size, uint32_t features,
                            struct kernel_notes *notes, struct image_problem *problem) {
    uint32_t at = 0;
    while (size - at >= 12) {
        const uint8_t *note = file->bytes + offset + at;
        uint32_t name_size = elf_u32(note), value_size = elf_u32(note + 4), type = elf_u32(note + 8);

        at += 12;
        uint32_t room = file->length - offset - at;

        if (name_size > room || round_up_4(name_size) > room || value_size > room - round_up_4(name_size)) {
            return true;
        }
        const uint8_t *name = file->bytes + offset + at, *value = name + round_up_4(name_size);

        if (name_size >= 4 && text_is((const char *)name, name_size - 1, "Xen") && name[3] == 0) {
            bool good = is_numeric(type)
                            ? read_numeric_note(notes, type, value, value_size, problem)
                            : read_text_note(notes, type, (const char *)value, value_size, features, problem);
            if (!good) {
                return false;
            }
            notes->count++;
        }
        /* neither sum wraps: both are sizes in the file, and that is never as large */
        at += round_up_4(name_size) + round_up_4(value_size);
        at = at < size ? at : size;
    }
    return true;
}

static bool read_note_segments(const struct elf_file *file, uint32_t features, struct kernel_notes *notes,
                               struct image_problem *problem) {
    for (uint32_t i = 0; i < file->segments; i++) {
        struct elf_segment segment;

        if (!elf_segment(file, i, &segment, problem)) {
            return false;
        }
        if (segment.type == ELF_SEGMENT_NOTE &&
            !read_note_range(file, segment.offset, segment.file_size, features, notes, problem)) {
            return false;
        }
    }
    return true;
}

static bool read_sections(const struct elf_file *file, bool guest_section, uint32_t features,
                          struct kernel_notes *notes, struct image_problem *problem) {
    for (uint32_t i = 0; i < file->sections; i++) {
        struct elf_section section;

        if (!elf_section(file, i, &section, problem)) {
            return false;
        }
        bool is_guest_section = section.type != ELF_SECTION_NO_BITS &&
                                text_is(section.name, text_length(section.name), "__xen_guest");

        if (guest_section ? !is_guest_section : section.type != ELF_SECTION_NOTE) {
            continue;
        }
        const char *text = (const char *)file->bytes + section.offset;
        bool good = guest_section ? kernel_read_guest_section(text, section.size, features, notes, problem)
                                  : read_note_range(file, section.offset, section.size, features, notes, problem);
        if (!good) {
            return false;
        }
    }
    return true;
}

bool kernel_read_notes(const struct elf_file *file, uint32_t features, struct kernel_notes *notes,
                       struct image_problem *problem) {
    *notes = (struct kernel_notes){ 0 };
    if (!read_note_segments(file, features, notes, problem)) {
        return false;
    }
    if (notes->count == 0 && !read_sections(file, false, features, notes, problem)) {
        return false;
    }
    if (notes->count == 0 && !read_sections(file, true, features, notes, problem)) {
        return false;
    }
    if (notes->count == 0) {
        return image_refuse(problem,
                       "the kernel is not a paravirtual kernel: it has neither Xen ELF notes nor a __xen_guest section",
                            IMAGE_NO_NUMBER);
    }
    return true;
}
