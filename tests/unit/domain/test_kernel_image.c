/*
 * test_kernel_image.c - the reader of guest kernels and the layout: kernels made here, one mistake at a time, and then
 * with random damage.
 *
 * Damage must never make the reader touch a byte outside the file (the file lies at the end of its own heap block, and
 * the address sanitizer watches), and a kernel that is accepted must satisfy what the builder relies on.
 * Usage: test_kernel_image [seed]
 */
#include <stdbool.h>
#include <string.h>

#include <xen/elfnote.h>
#include <xen/features.h>

#include "tests/unit/domain/fuzz.h"
#include "xen/domain/layout.h"

#define HYPERVISOR 0xfc000000u
#define BASE 0xc0000000u
#define FEATURES (1u << XENFEAT_writable_page_tables)
#define ROUNDS 100000u
#define FILE_MAX 2048u

/* Offsets within the file that make_kernel builds. */
enum { AT_SEGMENTS = 52, AT_NOTES = 256, AT_SECTIONS = 1024, AT_NAMES = 1200, AT_GUEST_TEXT = 1300, AT_CODE = 1600,
       LENGTH = 1800 };

static uint8_t file[FILE_MAX];
static int failures;
static uint32_t notes_end;               /* of the kernel that was made last */

static void put16(uint32_t at, uint32_t value) {
    file[at] = (uint8_t)value;
    file[at + 1] = (uint8_t)(value >> 8);
}

static void put32(uint32_t at, uint32_t value) {
    put16(at, value);
    put16(at + 2, value >> 16);
}

static uint32_t put_note(uint32_t at, uint32_t type, const void *value, uint32_t size) {
    put32(at, 4);
    put32(at + 4, size);
    put32(at + 8, type);
    memcpy(file + at + 12, "Xen", 4);
    memcpy(file + at + 16, value, size);
    return at + 16 + ((size + 3) & ~3u);
}

static uint32_t put_number_note(uint32_t at, uint32_t type, uint32_t value) {
    return put_note(at, type, &value, 4);
}

static uint32_t put_text_note(uint32_t at, uint32_t type, const char *text) {
    return put_note(at, type, text, (uint32_t)strlen(text) + 1);
}

static void put_segment(uint32_t number, uint32_t type, uint32_t offset, uint32_t physical, uint32_t size,
                        uint32_t memory) {
    uint32_t at = AT_SEGMENTS + number * 32;

    put32(at, type);
    put32(at + 4, offset);
    put32(at + 8, BASE + physical);
    put32(at + 12, physical);
    put32(at + 16, size);
    put32(at + 20, memory);
}

/* What a test may vary. */
struct variation {
    const char *xen_version, *loader, *guest_os, *features, *pae, *guest_section;
    bool no_notes, no_virt_base, no_entry, no_note_memory;
    uint32_t hv_start_low;
    uint32_t notes_cut;                  /* bytes at the end of the note segment that its header leaves out */
};

static void put_notes(const struct variation *v) {
    uint32_t at = AT_NOTES;

    at = put_text_note(at, XEN_ELFNOTE_GUEST_OS, v->guest_os);
    at = put_text_note(at, XEN_ELFNOTE_XEN_VERSION, v->xen_version);
    at = put_text_note(at, XEN_ELFNOTE_LOADER, v->loader);
    at = put_text_note(at, XEN_ELFNOTE_FEATURES, v->features);
    at = put_text_note(at, XEN_ELFNOTE_PAE_MODE, v->pae);
    if (!v->no_virt_base) {
        at = put_number_note(at, XEN_ELFNOTE_VIRT_BASE, BASE);
        at = put_number_note(at, XEN_ELFNOTE_HYPERCALL_PAGE, BASE + 0x101000);
    }
    if (!v->no_entry) {
        at = put_number_note(at, XEN_ELFNOTE_ENTRY, BASE + 0x100010);
    }
    at = put_number_note(at, XEN_ELFNOTE_HV_START_LOW, v->hv_start_low);
    put_segment(1, 4, AT_NOTES, 0, at - AT_NOTES - v->notes_cut, v->no_note_memory ? 0 : at - AT_NOTES - v->notes_cut);
    notes_end = at;
}

static void put_sections(const struct variation *v) {
    put32(32, AT_SECTIONS);
    put16(46, 40);
    put16(48, 3);
    put16(50, 1);
    memcpy(file + AT_NAMES, "\0.names\0__xen_guest", 20);
    put32(AT_SECTIONS + 40, 1);
    put32(AT_SECTIONS + 40 + 4, 3);
    put32(AT_SECTIONS + 40 + 16, AT_NAMES);
    put32(AT_SECTIONS + 40 + 20, 20);
    put32(AT_SECTIONS + 80, 8);
    put32(AT_SECTIONS + 80 + 4, 1);
    put32(AT_SECTIONS + 80 + 16, AT_GUEST_TEXT);
    put32(AT_SECTIONS + 80 + 20, (uint32_t)strlen(v->guest_section) + 1);
    strcpy((char *)file + AT_GUEST_TEXT, v->guest_section);
}

static struct variation plain(void) {
    return (struct variation){
        .xen_version = "xen-3.0", .loader = "generic", .guest_os = "test", .pae = "no",
        .features = "writable_page_tables|auto_translated_physmap", .hv_start_low = 0xf5800000,
    };
}

static void make_kernel(const struct variation *v) {
    memset(file, 0, sizeof(file));
    memcpy(file, "\177ELF\1\1\1", 7);
    put16(16, 2);
    put16(18, 3);
    put32(24, BASE + 0x100000);
    put32(28, AT_SEGMENTS);
    put16(42, 32);
    put16(44, 3);
    put_segment(0, 1, AT_CODE, 0x100000, 150, 0x2000);
    put_segment(2, 1, AT_CODE, 0x103000, 100, 0x800);
    if (!v->no_notes) {
        put_notes(v);
    }
    if (v->guest_section) {
        put_sections(v);
    }
}

/* Read the file from a block of its exact length, so that the sanitizer sees a byte too many. */
static bool read_kernel(uint32_t length, struct kernel_image *image, struct image_problem *problem) {
    uint8_t *block = malloc(length != 0 ? length : 1);
    bool good;

    memcpy(block, file, length);
    problem->text = NULL;
    good = kernel_parse(image, block, length, FEATURES, HYPERVISOR, problem);
    if (good) {
        for (uint32_t i = 0; i < image->segments; i++) {
            volatile uint8_t touched = 0;

            for (uint32_t k = 0; k < image->segment[i].file_size; k++) {
                touched = image->file.bytes[image->segment[i].file_offset + k]; /* what the builder copies */
            }
            (void)touched;
        }
    }
    free(block);
    return good;
}

static void expect(bool wanted, const char *part, const char *what) {
    struct kernel_image image;
    struct image_problem problem;
    bool good = read_kernel(LENGTH, &image, &problem);

    if (good != wanted || (!good && !strstr(problem.text, part))) {
        printf("FAILED %s: %s\n", what, good ? "accepted" : problem.text);
        failures++;
    }
}

static void refused(const struct variation *v, const char *part, const char *what) {
    make_kernel(v);
    expect(false, part, what);
}

static void test_notes(void) {
    struct variation v = plain();

    make_kernel(&v);
    expect(true, "", "a plain kernel");
    v.no_notes = true;
    refused(&v, "not a paravirtual kernel", "no notes");
    v.guest_section = "GUEST_OS=linux,XEN_VER=xen-3.0,VIRT_BASE=0xC0000000,ELF_PADDR_OFFSET=0,HYPERCALL_PAGE=0x101,"
                      "LOADER=generic";
    make_kernel(&v);
    expect(true, "", "__xen_guest");
    v.guest_section = "XEN_VER=xen-3.0,LOADER=generic,VIRT_BASE=0xC0000000,PAE=yes,ELF_PADDR_OFFSET=0";
    refused(&v, "PAE", "__xen_guest, PAE only");
    v.guest_section = "XEN_VER=xen-3.0,LOADER=generic,VIRT_BASE=nonsense";
    refused(&v, "32-bit number", "__xen_guest, not a number");
    v = plain();
    v.pae = "yes";
    refused(&v, "PAE", "PAE only");
    v.pae = "yes,bimodal";
    make_kernel(&v);
    expect(true, "", "bimodal");
    v = plain();
    v.features = "!supervisor_mode_kernel";
    refused(&v, "requires a feature", "required feature that is not there");
    v.features = "!writable_page_tables|nonsense";
    make_kernel(&v);
    expect(true, "", "required feature that is there, unknown optional one");
    v.features = "!nonsense";
    refused(&v, "unknown name", "required unknown feature");
    v = plain();
    v.loader = "other";
    refused(&v, "loader", "loader");
    v.guest_os = "linux";
    make_kernel(&v);
    expect(true, "", "Linux with another loader");
    v = plain();
    v.xen_version = "xen-2.0";
    refused(&v, "interface", "Xen version");
    v = plain();
    v.hv_start_low = 0xfe000000;
    refused(&v, "begin higher", "hypervisor start");
}

/* The kernel must be accepted; what was read. */
static struct kernel_image accepted(const struct variation *v, const char *what) {
    struct kernel_image image = { 0 };
    struct image_problem problem;

    make_kernel(v);
    if (!read_kernel(LENGTH, &image, &problem)) {
        printf("FAILED %s: %s\n", what, problem.text);
        failures++;
    }
    return image;
}

static void equal(uint32_t got, uint32_t wanted, const char *what) {
    if (got != wanted) {
        printf("FAILED %s: %x, not %x\n", what, got, wanted);
        failures++;
    }
}

/* Of the last note four bytes are its value, and twenty all of it. */
static void test_cut_notes(void) {
    struct variation v = plain();

    for (v.notes_cut = 0; v.notes_cut <= 20; v.notes_cut++) {
        struct kernel_image image = accepted(&v, "a note segment cut short");

        equal(image.entry, BASE + 0x100010, "the notes before the cut");
        equal(image.notes.has_hv_start_low, v.notes_cut <= 8, "the note that is cut");
        if (v.notes_cut <= 8) {
            equal(image.notes.hv_start_low, 0xf5800000, "what lies behind the cut, in the file all the same");
        }
    }
    v.notes_cut = 4;
    make_kernel(&v);
    put32(notes_end - 16, 0x10000);      /* its value would be longer than the file */
    expect(true, "", "a cut note that is not in the file either");
    v = plain();
    make_kernel(&v);
    put32(AT_NOTES, 0xfffffff0);
    expect(false, "not a paravirtual kernel", "a first note with a name of 4 GiB");
}

/* What kernels were seen to do. */
static void test_seen(void) {
    struct variation v = plain();
    struct kernel_image image;

    v.no_note_memory = true;
    image = accepted(&v, "a note segment without a size in memory");
    equal(image.notes.count, 9, "its notes");
    equal(image.entry, BASE + 0x100010, "the entry by the note");
    equal(image.segment[0].file_offset, AT_CODE, "a file offset that is no whole page");
    equal(image.segment[0].linear, BASE + 0x100000, "a segment from VIRT_BASE on, without PADDR_OFFSET");
    v.no_entry = true;
    equal(accepted(&v, "no note ENTRY").entry, BASE + 0x100000, "the entry by e_entry");

    v = plain();
    v.no_virt_base = v.no_entry = true;
    make_kernel(&v);
    expect(false, "entry lies outside", "no VIRT_BASE, and an entry as if there were one");
    v.no_notes = true;
    v.guest_section = "XEN_VER=xen-3.0,LOADER=generic,VIRT_ENTRY=0x100020,HYPERCALL_PAGE=0x101";
    image = accepted(&v, "__xen_guest at virtual address 0");
    equal(image.virt_base, 0, "its VIRT_BASE");
    equal(image.segment[0].linear, 0x100000, "its segment");
    equal(image.entry, 0x100020, "its entry");
    equal(image.notes.hypercall_page, 0x101000, "its hypercall page, by number");
    v.guest_section = "XEN_VER=xen-3.0,LOADER=generic,HYPERCALL_PAGE=0x101,VIRT_BASE=0xC0000000,ELF_PADDR_OFFSET=0";
    equal(accepted(&v, "VIRT_BASE behind HYPERCALL_PAGE").notes.hypercall_page, BASE + 0x101000, "the hypercall page");
}

static void damaged(uint32_t at, uint32_t value, const char *part, const char *what) {
    struct variation v = plain();

    make_kernel(&v);
    put32(at, value);
    expect(false, part, what);
}

static void test_structure(void) {
    damaged(0, 0x464c457e, "not an ELF file", "magic number");
    damaged(0, 0x00088b1f, "gzip", "gzip");
    damaged(0, 0x39685a42, "bzip2", "bzip2");
    damaged(4, 0x00010102, "32-bit", "class");
    damaged(4, 0x00010201, "little-endian", "byte order");
    damaged(16, 0x003e0002, "32-bit", "x86-64");
    damaged(16, 0x00280002, "another processor", "ARM");
    damaged(16, 0x00030003, "executable", "shared object");
    damaged(28, LENGTH - 40, "program headers", "program headers beyond the end");
    damaged(AT_SEGMENTS + 4, LENGTH - 100, "truncated", "segment beyond the end");
    damaged(AT_SEGMENTS + 16, 0xffffff00, "truncated", "size that wraps");
    damaged(AT_SEGMENTS + 20, 10, "larger in the file", "memory size below file size");
    damaged(AT_SEGMENTS + 20, 0x4000, "overlap", "overlapping segments");
    damaged(AT_SEGMENTS + 12, 0x3c000000, "hypervisor", "segment in the hypervisor's addresses");
    damaged(AT_SEGMENTS + 12, 0xf0000000, "", "segment that wraps");
}

static bool layout_holds(const struct layout *l, const struct kernel_image *image, uint32_t ramdisk, uint32_t pages,
                         bool translated) {
    return l->start == image->virt_base && l->end % 0x400000 == 0 && l->end <= HYPERVISOR && l->ramdisk >= image->end &&
           l->mfn_list >= l->ramdisk + ramdisk && l->start_info >= l->mfn_list + pages * 4 &&
               l->store_page > l->start_info &&
           l->console_page > l->store_page &&
           (translated ? l->shared_info > l->console_page && l->page_tables > l->shared_info
                       : l->shared_info == 0 && l->page_tables > l->console_page) &&
           l->stack == l->page_tables + l->page_table_frames * 4096 && l->end - (l->stack + 4096) >= 512 * 1024 &&
           l->end - l->start == l->frames * 4096 && l->frames <= pages &&
           l->page_table_frames >= 1 + (l->end - (l->start & ~0x3fffffu)) / 0x400000;
}

static void test_layout(uint32_t *state) {
    struct variation v = plain();
    struct kernel_image image;
    struct image_problem problem;
    struct layout layout;

    make_kernel(&v);
    read_kernel(LENGTH, &image, &problem);
    for (uint32_t i = 0; i < 10000; i++) {
        uint32_t ramdisk = fuzz_next(state) >> fuzz_next(state) % 32,
            pages = fuzz_next(state) >> (12 + fuzz_next(state) % 12);

        if (layout_domain(&layout, &image, ramdisk, pages, HYPERVISOR, i % 2, &problem) &&
            !layout_holds(&layout, &image, ramdisk, pages, i % 2)) {
            printf("FAILED layout with a ramdisk of %u bytes in %u pages\n", ramdisk, pages);
            failures++;
        }
    }
    if (!layout_domain(&layout, &image, 0, 1024, HYPERVISOR, false, &problem) ||
        layout_domain(&layout, &image, 0, 1023, HYPERVISOR, false, &problem)) {
        printf("FAILED 4 MiB are enough for the plain kernel, one page less is not\n");
        failures++;
    }
}

/* Random bytes at random places, sometimes a shorter file. */
static void test_damage(uint32_t *state) {
    uint32_t accepted = 0;

    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct variation v = plain();
        struct kernel_image image;
        struct image_problem problem;
        uint32_t length = LENGTH;

        v.guest_section = fuzz_next(state) % 2 ? "XEN_VER=xen-3.0,LOADER=generic,VIRT_BASE=0xC0000000" : NULL;
        v.no_notes = v.guest_section != NULL;
        make_kernel(&v);
        for (uint32_t n = fuzz_next(state) % 4; n > 0; n--) {
            file[fuzz_next(state) % (fuzz_next(state) % 2 ? AT_NOTES : LENGTH)] = (uint8_t)fuzz_next(state);
        }
        if (fuzz_next(state) % 8 == 0) {
            length = fuzz_next(state) % LENGTH;
        }
        if (read_kernel(length, &image, &problem)) {
            accepted++;
            if (image.end > HYPERVISOR || image.start < image.virt_base || image.entry < image.start ||
                image.entry >= image.end) {
                printf("FAILED round %u: accepted although it cannot be loaded\n", i);
                failures++;
            }
        } else if (!problem.text) {
            printf("FAILED round %u: refused without a reason\n", i);
            failures++;
        }
    }
    printf("%u damaged kernels, %u accepted\n", ROUNDS, accepted);
    if (accepted == 0 || accepted == ROUNDS) {
        printf("FAILED the damage is either always or never noticed\n");
        failures++;
    }
}

int main(int argc, char **argv) {
    uint32_t state = fuzz_seed(argc, argv);

    test_notes();
    test_cut_notes();
    test_seen();
    test_structure();
    test_layout(&state);
    test_damage(&state);
    printf("%d failures\n", failures);
    return failures != 0;
}
