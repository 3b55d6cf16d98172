/*
 * images.c - see images.h. The catalogue is images.json, read once; an ELF file is read when code of it is first seen.
 */
#include "analysis/images.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "analysis/json_read.h"

#define PARENTS_MAX 6                 /* out/run/trace/ust/uid/0/64-bit */
#define KERNELS_START 0xc0000000u     /* linear: no kernel and no hypervisor lies below, once there is paging */
#define FIRMWARE_START 0xfff00000u    /* the BIOS below 4 GiB, where the processor begins */

const char *const image_kind_names[] = { "firmware", "hypervisor", "kernel", "program" };

struct entry {
    const char *what, *name, *file;  /* name: of a program; file: in the folder */
    uint32_t domid;
    struct symbols symbols;
    bool read;
};

struct catalogue {
    char folder[4096];
    struct json_file json;
    struct entry *list;
    uint32_t count;
    bool several;                    /* domains */
};

static const char *text_of(const struct json_file *json, uint32_t index, const char *key) {
    char path[64];

    snprintf(path, sizeof(path), "images.%u.%s", index, key);
    const struct json_entry *entry = json_find(json, path);

    return entry && entry->is_text ? entry->text : NULL;
}

static bool take_entry(struct catalogue *catalogue) {
    const struct json_file *json = &catalogue->json;
    uint32_t index = catalogue->count;
    char path[64];

    snprintf(path, sizeof(path), "images.%u.domain", index);
    const struct json_entry *domain = json_find(json, path);
    struct entry entry = { .what = text_of(json, index, "what"), .name = text_of(json, index, "name"),
                           .file = text_of(json, index, "file"), .domid = domain ? (uint32_t)domain->number : 0 };

    if (!entry.what || !entry.file || strchr(entry.file, '/'))
        return false;
    catalogue->list = grow(catalogue->list, catalogue->count + 1, sizeof(*catalogue->list));
    catalogue->list[catalogue->count++] = entry;
    catalogue->several |= domain && catalogue->count > 2 && domain->number != catalogue->list[1].domid;
    return true;
}

/* The folder `images` in path, or in a folder that holds it; false when there is none. */
static bool find_folder(const char *path, char *folder, size_t size) {
    char real[4096];

    if (!realpath(path, real))
        return false;
    for (unsigned i = 0; i < PARENTS_MAX && real[0]; i++) {
        int length = snprintf(folder, size, "%s/images/images.json", real);

        if (length > 0 && (size_t)length < size && !access(folder, F_OK)) {
            *strrchr(folder, '/') = '\0';
            return true;
        }
        *strrchr(real, '/') = '\0';
    }
    return false;
}

void images_open(struct images *images, const struct follow *follow, const char *path, const char *folder) {
    struct catalogue *catalogue = grow(NULL, 1, sizeof(*catalogue));
    char file[4200];

    *catalogue = (struct catalogue){ .count = 0 };
    *images = (struct images){ .follow = follow, .catalogue = catalogue };
    if (folder)
        snprintf(catalogue->folder, sizeof(catalogue->folder), "%s", folder);
    else if (!find_folder(path, catalogue->folder, sizeof(catalogue->folder))) {
        snprintf(images->trouble, sizeof(images->trouble), "no folder images lies beside the trace");
        return;
    }
    snprintf(file, sizeof(file), "%s/images.json", catalogue->folder);
    json_read(file, &catalogue->json);
    if (catalogue->json.error)
        snprintf(images->trouble, sizeof(images->trouble), "images.json in %.200s cannot be read: %s", catalogue->folder,
                 catalogue->json.error);
    while (take_entry(catalogue)) {}
}

/* The catalogue's line about it, read when it was not yet; null when there is none, or it cannot be read. */
static struct entry *find_entry(struct images *images, const char *what, uint32_t domid, const char *name) {
    struct catalogue *catalogue = images->catalogue;
    char path[4200], why[100];

    for (uint32_t i = 0; i < catalogue->count; i++) {
        struct entry *entry = &catalogue->list[i];

        if (strcmp(entry->what, what) || entry->domid != domid || (name && (!entry->name || strcmp(entry->name, name))))
            continue;
        snprintf(path, sizeof(path), "%s/%s", catalogue->folder, entry->file);
        if (!entry->read && !symbols_read(&entry->symbols, path, why, sizeof(why)) && !images->trouble[0])
            snprintf(images->trouble, sizeof(images->trouble), "%s: %s", entry->file, why);
        entry->read = true;
        return entry;
    }
    return NULL;
}

static uint32_t add(struct images *images, enum image_kind kind, uint32_t domid, const char *name,
                    struct entry *entry) {
    struct image *image = grow(NULL, 1, sizeof(*image));

    *image = (struct image){ .kind = kind, .domid = domid, .symbols = entry ? &entry->symbols : NULL };
    snprintf(image->name, sizeof(image->name), "%s", name);
    image->first_function = images->functions;
    image->functions = (entry ? entry->symbols.count : 0) + 1;
    images->functions += image->functions;
    images->list = grow(images->list, images->count + 1, sizeof(*images->list));
    images->list[images->count] = image;
    return images->count++;
}

/* The file's name without the hash behind it, and without ".elf". */
static void name_kernel(char *name, size_t size, const struct entry *entry) {
    const char *dash = strrchr(entry->file, '-');
    size_t length = dash ? (size_t)(dash - entry->file) : strlen(entry->file);

    if (length > 4 && !strncmp(entry->file + length - 4, ".elf", 4))
        length -= 4;
    snprintf(name, size, "%.*s", (int)length, entry->file);
}

/* Firmware is image 0, the hypervisor, or the kernel of the bare machine, image 1, from the first question on. */
static void begin(struct images *images) {
    struct catalogue *catalogue = images->catalogue;
    struct entry *entry = find_entry(images, "hypervisor", 0, NULL);
    char name[64] = "";

    add(images, IMAGE_FIRMWARE, 0, "", NULL);
    if (entry || !catalogue->count) {
        add(images, IMAGE_HYPERVISOR, 0, "", entry);
        return;
    }
    entry = find_entry(images, "kernel", catalogue->list[0].domid, NULL);
    if (entry)
        name_kernel(name, sizeof(name), entry);
    add(images, IMAGE_KERNEL, catalogue->list[0].domid, name, entry);
}

static const struct segment *linear_segment(const struct symbols *symbols, uint32_t address) {
    for (uint32_t i = 0; i < symbols->segment_count; i++) {
        if (address - symbols->segments[i].linear < symbols->segments[i].bytes)
            return &symbols->segments[i];
    }
    return NULL;
}

static const struct segment *physical_segment(const struct symbols *symbols, uint32_t address) {
    for (uint32_t i = 0; i < symbols->segment_count; i++) {
        if (address - symbols->segments[i].physical < symbols->segments[i].bytes)
            return &symbols->segments[i];
    }
    return NULL;
}

/* Does the image have these bytes where they would lie before there is paging? */
static bool is_early(const struct symbols *symbols, uint32_t address, const uint8_t *code, uint32_t bytes) {
    const struct segment *segment = code ? physical_segment(symbols, address) : NULL;
    uint32_t offset = segment ? address - segment->physical : 0;

    return segment && bytes <= segment->bytes - offset && !memcmp(segment->data + offset, code, bytes);
}

static const struct image *ring0(struct images *images, uint32_t address, const uint8_t *code, uint32_t bytes) {
    const struct symbols *symbols = images->list[1]->symbols;
    bool inside = symbols ? linear_segment(symbols, address) || is_early(symbols, address, code, bytes)
                          : address >= KERNELS_START && address < FIRMWARE_START;

    return images->list[inside];
}

static const struct image *kernel(struct images *images, uint32_t domid) {
    const uint32_t *known = map_get(&images->by_domain, domid);
    char name[64] = "";

    if (known)
        return images->list[*known];
    struct entry *entry = find_entry(images, "kernel", domid, NULL);

    if (entry)
        name_kernel(name, sizeof(name), entry);
    map_put(&images->by_domain, domid, add(images, IMAGE_KERNEL, domid, name, entry));
    return images->list[images->count - 1];
}

static const struct image *program(struct images *images, const struct context *context) {
    const struct processes *processes = &images->follow->processes;
    bool named = context->process && processes->list[context->process].named;
    const char *name = named ? processes->list[context->process].name : "";
    uint64_t key = (uint64_t)context->domain << 32 | context->process;
    const uint32_t *known = map_get(&images->by_process, key);
    uint32_t index = 0;

    if (known && !strcmp(images->list[*known]->name, name))
        return images->list[*known];
    while (index < images->count && (images->list[index]->kind != IMAGE_PROGRAM
                                     || images->list[index]->domid != context->domid
                                     || strcmp(images->list[index]->name, name)))
        index++;
    if (index == images->count)
        add(images, IMAGE_PROGRAM, context->domid, name, find_entry(images, "program", context->domid, name));
    map_put(&images->by_process, key, index);
    return images->list[index];
}

const struct image *images_of(struct images *images, const struct context *context, uint32_t address,
                              const uint8_t *code, uint32_t bytes) {
    if (!images->count)
        begin(images);
    if (context->ring == 0)
        return ring0(images, address, code, bytes);
    return context->ring == 3 ? program(images, context) : kernel(images, context->domid);
}

/* Where the image would have address if there were paging. */
static uint32_t linear_of(const struct image *image, uint32_t address) {
    const struct segment *early = linear_segment(image->symbols, address) ? NULL
                                                                          : physical_segment(image->symbols, address);

    return early ? address - early->physical + early->linear : address;
}

const struct symbol *image_symbol(const struct image *image, uint32_t address) {
    return image->symbols ? symbols_at(image->symbols, linear_of(image, address)) : NULL;
}

uint32_t image_offset(const struct image *image, const struct symbol *symbol, uint32_t address) {
    return linear_of(image, address) - symbol->address;
}

bool image_is_entry(const struct image *image, uint32_t address) {
    const struct symbol *symbol = image_symbol(image, address);

    return symbol && image_offset(image, symbol, address) == 0
        && symbol == &image->symbols->list[symbol->whole];
}

uint32_t image_function(const struct image *image, uint32_t address) {
    const struct symbol *symbol = image_symbol(image, address);

    return image->first_function + (symbol ? symbol->whole : image->functions - 1);
}

const struct image *images_of_function(const struct images *images, uint32_t function, const char **name) {
    uint32_t i = 0;

    while (function - images->list[i]->first_function >= images->list[i]->functions)
        i++;
    const struct image *image = images->list[i];
    uint32_t index = function - image->first_function;

    *name = index == image->functions - 1 ? "[unknown]" : image->symbols->list[index].name;
    return image;
}

const char *image_title(const struct images *images, const struct image *image, char *text, size_t size) {
    char domain[32] = "";

    if (image->kind >= IMAGE_KERNEL && images->catalogue->several)
        snprintf(domain, sizeof(domain), " (domain %u)", image->domid);
    snprintf(text, size, "%s%s%s%s", image_kind_names[image->kind], image->name[0] ? " " : "", image->name, domain);
    return text;
}

void images_close(struct images *images) {
    for (uint32_t i = 0; i < images->count; i++)
        free(images->list[i]);
    free(images->list);
    map_free(&images->by_domain);
    map_free(&images->by_process);
    for (uint32_t i = 0; i < images->catalogue->count; i++)
        symbols_free(&images->catalogue->list[i].symbols);
    free(images->catalogue->list);
    json_read_free(&images->catalogue->json);
    free(images->catalogue);
}
