/*
 * images.h - whose code an instruction is: the hypervisor's, a guest kernel's, a program's, the firmware's; and in
 * which function it lies.
 *
 * Rules:
 *   - Ring 0 is the hypervisor where its image lies, otherwise firmware: BIOS, boot loader. Before there is paging the
 *     hypervisor runs at physical addresses; code there is its own when it has the same bytes. Of a run without a
 *     hypervisor the kernel is in its place.
 *   - Rings 1 and 2 are the running domain's kernel. Ring 3 is the program that its process was named after; what no
 *     marker has named is one image a domain, without symbols.
 *   - Symbols come from the folder `images` that the run wrote beside its trace (bochs-config/images.py). Without it,
 *     or for what it does not list, everything is told apart as above and has no functions.
 *   - Each function has a number, dense over all images: for a reader's tables. The last one of an image stands for
 *     code without a symbol.
 * Callers: analysis/tools/ that read instructions.
 */
#ifndef ANALYSIS_IMAGES_H
#define ANALYSIS_IMAGES_H

#include "analysis/follow.h"
#include "analysis/symbols.h"

enum image_kind { IMAGE_FIRMWARE, IMAGE_HYPERVISOR, IMAGE_KERNEL, IMAGE_PROGRAM };

struct image {
    enum image_kind kind;
    uint32_t domid;                /* of a kernel or program */
    char name[64];                 /* of its file, or of the process */
    const struct symbols *symbols; /* null: none are known */
    uint32_t first_function;       /* number of symbols->list[0] */
    uint32_t functions;            /* with the last one */
};

struct images {
    struct image **list;
    uint32_t count;
    uint32_t functions;            /* of all images */
    char trouble[300];             /* why there are no symbols, or not all; empty when nothing is wrong */

    /* for images.c alone */
    struct catalogue *catalogue;
    const struct follow *follow;
    struct map by_domain;          /* domid -> index of the kernel */
    struct map by_process;         /* domain, process -> index of the program as it was last asked for */
};

/*
 * Find the images of the trace under path: in folder, or when that is null in a folder `images` in path or in one of
 * those that hold it. follow: whose domains and processes are meant. Never fails; trouble says what is missing.
 */
void images_open(struct images *images, const struct follow *follow, const char *path, const char *folder);
/*
 * Whose code this is, executed in ring context->ring at address. code: the bytes that were fetched there and how many;
 * null when they are not known. Valid until images_close.
 */
const struct image *images_of(struct images *images, const struct context *context, uint32_t address,
                              const uint8_t *code, uint32_t bytes);
/* The function of the image that address lies in, and null when no symbol tells. */
const struct symbol *image_symbol(const struct image *image, uint32_t address);
/* How far behind the beginning of its symbol address lies. */
uint32_t image_offset(const struct image *image, const struct symbol *symbol, uint32_t address);
/* Is address the first of a function? */
bool image_is_entry(const struct image *image, uint32_t address);
/* The function's number; of a part, the whole one's. */
uint32_t image_function(const struct image *image, uint32_t address);
/* Back: the image of a function's number, and its name: "[unknown]" for code without a symbol. */
const struct image *images_of_function(const struct images *images, uint32_t function, const char **name);
/* "hypervisor", "kernel mini", "program init", with the domain behind it when the run has several. */
const char *image_title(const struct images *images, const struct image *image, char *text, size_t size);
void images_close(struct images *images);

extern const char *const image_kind_names[];

#endif
