/* region.c - see region.h. Regions come from one pool of fixed size. */
#include "guests/mini/region.h"

#include <stddef.h>

#include "guests/mini/paging.h"

#define POOL 1024

static struct region pool[POOL];
static struct region *free_list;
static uint32_t never_used;

static struct region *take(void) {
    struct region *region = free_list;

    if (region != NULL) {
        free_list = region->next;
        return region;
    }
    return never_used < POOL ? &pool[never_used++] : NULL;
}

static void give_back(struct region *region) {
    region->next = free_list;
    free_list = region;
}

struct region *region_find(struct region *list, uint32_t linear) {
    for (; list != NULL && list->start <= linear; list = list->next) {
        if (linear < list->end)
            return list;
    }
    return NULL;
}

bool region_overlaps(const struct region *list, uint32_t start, uint32_t end) {
    for (; list != NULL; list = list->next) {
        if (list->start < end && start < list->end)
            return true;
    }
    return false;
}

uint32_t region_find_gap(const struct region *list, uint32_t floor, uint32_t bytes) {
    for (; list != NULL; list = list->next) {
        if (list->end <= floor)
            continue;
        if (list->start >= floor && list->start - floor >= bytes)
            return floor;
        floor = list->end;
    }
    return USER_END - floor >= bytes ? floor : 0;
}

bool region_insert(struct region **list, const struct region *what) {
    struct region *region = take();

    if (region == NULL)
        return false;
    while (*list != NULL && (*list)->start < what->start)
        list = &(*list)->next;
    *region = *what;
    region->next = *list;
    *list = region;
    return true;
}

struct region *region_copy(const struct region *list, bool *copied) {
    struct region *first = NULL;
    struct region **tail = &first;

    *copied = true;
    for (; list != NULL; list = list->next) {
        *tail = take();
        if (*tail == NULL) {
            region_free_all(&first);
            *copied = false;
            return NULL;
        }
        **tail = *list;
        (*tail)->next = NULL;
        tail = &(*tail)->next;
    }
    return first;
}

/* Cut the region with linear inside, if there is one. */
static bool cut(struct region **list, uint32_t linear) {
    struct region *low = region_find(*list, linear);
    struct region *high;
    uint32_t offset;

    if (low == NULL || low->start == linear)
        return true;
    high = take();
    if (high == NULL)
        return false;
    offset = linear - low->start;
    *high = *low;
    high->start = linear;
    high->grows_down = false;
    high->data = low->data_bytes > offset ? low->data + offset : NULL;
    high->data_bytes = low->data_bytes > offset ? low->data_bytes - offset : 0;
    if (low->data_bytes > offset)
        low->data_bytes = offset;
    low->end = linear;
    low->next = high;
    return true;
}

bool region_split(struct region **list, uint32_t start, uint32_t end) {
    return cut(list, start) && cut(list, end);
}

void region_remove(struct region **list, uint32_t start, uint32_t end) {
    while (*list != NULL) {
        struct region *region = *list;

        if (region->start >= start && region->end <= end) {
            *list = region->next;
            give_back(region);
        } else {
            list = &region->next;
        }
    }
}

void region_free_all(struct region **list) {
    region_remove(list, 0, UINT32_MAX);
}
