/* files.c - see files.h. */
#include "guests/mini/files.h"

#include <stddef.h>

#include "guests/lib/boot.h"
#include "guests/lib/string.h"
#include "guests/mini/frames.h"
#include "guests/mini/paging.h"
#include "guests/mini/system_calls.h"

#define FILES 128
#define PAGES 1024u                  /* in the cache; a power of two */

static struct archive_file files[FILES];
static uint32_t count;

/* By hash, and from there to the next free place. Nothing ever leaves it. */
static struct cached {
    const uint8_t *data;
    uint32_t pfn;                    /* 0: free */
} pages[PAGES];

int32_t file_number(const char *name) {
    struct archive_file file;

    if (start_info->mod_start == 0 || !archive_find((const uint8_t *)start_info->mod_start, start_info->mod_len, name, &file))
        return -ERROR_no_entry;
    for (uint32_t i = 0; i < count; i++) {
        if (files[i].data == file.data)
            return (int32_t)i;
    }
    if (count == FILES)
        return -ERROR_too_many;
    files[count] = file;
    return (int32_t)count++;
}

const struct archive_file *file_numbered(uint32_t number) {
    return number < count ? &files[number] : NULL;
}

/* Data begins at a multiple of 512 in the ramdisk, and its pages are a page apart. */
static struct cached *place_of(const uint8_t *data) {
    uint32_t at = (uint32_t)(uintptr_t)data >> 9;

    for (uint32_t tried = 0; tried < PAGES; tried++, at++) {
        struct cached *place = &pages[at % PAGES];

        if (place->pfn == 0 || place->data == data)
            return place;
    }
    return NULL;
}

uint32_t file_frame(const uint8_t *data, uint32_t bytes) {
    struct cached *place = place_of(data);

    if (place == NULL || place->pfn != 0)
        return place != NULL ? place->pfn : 0;
    place->pfn = frame_allocate_kernel();
    if (place->pfn == 0)
        return 0;
    place->data = data;
    memcpy(frame_pointer(place->pfn), data, bytes);
    frames[place->pfn].cached = 1;
    return place->pfn;
}
