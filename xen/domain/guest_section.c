/*
 * guest_section.c - the text of the old section __xen_guest, "KEY=value,KEY=value"; see image.h.
 *
 * Kernels of the Xen 3.0 years carry it instead of ELF notes. Unknown keys are passed over, as Xen does.
 */
#include "xen/domain/image.h"

#include <xen/elfnote.h>

/* A number as C writes it: decimal, 0x..., 0... False: not a number, or beyond 32 bits. */
static bool read_number(const char *text, uint32_t length, uint32_t *value) {
    uint32_t base = 10, i = 0;
    uint64_t sum = 0;

    if (length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        i = 2;
    } else if (length > 1 && text[0] == '0') {
        base = 8;
        i = 1;
    }
    if (i == length) {
        return false;
    }
    for (; i < length; i++) {
        uint32_t c = (uint8_t)text[i], digit;

        if (c >= '0' && c <= '9') {
            digit = c - '0';
        } else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f') {
            digit = (c | 0x20) - 'a' + 10;
        } else {
            return false;
        }
        sum = sum * base + digit;
        if (digit >= base || sum > UINT32_MAX) {
            return false;
        }
    }
    *value = (uint32_t)sum;
    return true;
}

struct number_key {
    const char *key;
    uint32_t note; /* the note that says the same */
};

static const struct number_key number_keys[] = {
    { "VIRT_BASE", XEN_ELFNOTE_VIRT_BASE },
    { "VIRT_ENTRY", XEN_ELFNOTE_ENTRY },
    { "ELF_PADDR_OFFSET", XEN_ELFNOTE_PADDR_OFFSET },
    { "HYPERCALL_PAGE", XEN_ELFNOTE_HYPERCALL_PAGE },
};

static void keep(struct kernel_notes *notes, uint32_t note, uint32_t value) {
    switch (note) {
    case XEN_ELFNOTE_VIRT_BASE:
        notes->virt_base = value;
        notes->has_virt_base = true;
        break;
    case XEN_ELFNOTE_ENTRY:
        notes->entry = value;
        notes->has_entry = true;
        break;
    case XEN_ELFNOTE_PADDR_OFFSET:
        notes->paddr_offset = value;
        notes->has_paddr_offset = true;
        break;
    case XEN_ELFNOTE_HYPERCALL_PAGE:
        notes->hypercall_page = value;
        notes->has_hypercall_page = true;
        break;
    }
}

static bool read_pair(const char *key, uint32_t key_length, const char *value, uint32_t length, uint32_t features,
                      struct kernel_notes *notes, struct image_problem *problem) {
    notes->count++;
    for (uint32_t i = 0; i < sizeof(number_keys) / sizeof(number_keys[0]); i++) {
        if (text_is(key, key_length, number_keys[i].key)) {
            uint32_t number;

            if (!read_number(value, length, &number)) {
                return image_refuse(problem,
                                  "a key of the kernel's __xen_guest section should hold a 32-bit number and does not; "
                                    "the length of its value is", length);
            }
            keep(notes, number_keys[i].note, number);
            return true;
        }
    }
    if (text_is(key, key_length, "LOADER")) {
        text_keep(notes->loader, value, length);
    } else if (text_is(key, key_length, "GUEST_OS")) {
        text_keep(notes->guest_os, value, length);
    } else if (text_is(key, key_length, "XEN_VER")) {
        text_keep(notes->xen_version, value, length);
    } else if (text_is(key, key_length, "PAE")) {
        notes->pae = kernel_read_pae(value, length);
    } else if (text_is(key, key_length, "FEATURES")) {
        return kernel_read_features(value, length, features, notes, problem);
    }
    return true;
}

bool kernel_read_guest_section(const char *text, uint32_t length, uint32_t features, struct kernel_notes *notes,
                               struct image_problem *problem) {
    uint32_t begin = 0;

    notes->from_guest_section = true;
    while (begin < length && text[begin] != 0) {
        uint32_t end = begin, equals;

        while (end < length && text[end] != ',' && text[end] != 0) {
            end++;
        }
        for (equals = begin; equals < end && text[equals] != '='; equals++) {
        }
        uint32_t value = equals < end ? equals + 1 : end;

        if (end > begin &&
            !read_pair(text + begin, equals - begin, text + value, end - value, features, notes, problem)) {
            return false;
        }
        begin = end < length && text[end] == ',' ? end + 1 : end;
    }
    /* The old key counts pages from VIRT_BASE, and may come before it. */
    if (notes->has_hypercall_page) {
        notes->hypercall_page = (notes->hypercall_page << 12) + notes->virt_base;
    }
    return true;
}
