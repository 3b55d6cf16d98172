/* pool.c - the pool's pages: lists, reserve and take, reclaim. Rules and callers: pool.h. */
#include "shadow/pool.h"

#include "shadow/flush.h"
#include "shadow/unshadow.h"

static struct shadow_page *list_head(struct shadow *shadow, enum list list) {
    return &shadow->pages[shadow->pool_frames + list];
}

void list_push(struct shadow *shadow, enum list list, struct shadow_page *page) {
    struct shadow_page *head = list_head(shadow, list);

    page->previous = page_index(shadow, head);
    page->next = head->next;
    shadow->pages[head->next].previous = page_index(shadow, page);
    head->next = page_index(shadow, page);
    shadow->listed[list]++;
}

void list_remove(struct shadow *shadow, enum list list, struct shadow_page *page) {
    shadow->pages[page->previous].next = page->next;
    shadow->pages[page->next].previous = page->previous;
    shadow->listed[list]--;
}

static void note_low_water(struct shadow *shadow) {
    uint32_t left = shadow->listed[LIST_FREE] + shadow->listed[LIST_QUARANTINE];

    if (left < shadow->counters[TRACE_COUNTER_pool_low_water]) {
        shadow->counters[TRACE_COUNTER_pool_low_water] = left;
    }
}

void pool_init(struct shadow *shadow) {
    uint32_t list, i;

    for (list = 0; list < LISTS; list++) {
        struct shadow_page *head = list_head(shadow, list);

        head->previous = head->next = page_index(shadow, head);
    }
    for (i = shadow->pool_frames; i-- > 0;) {
        shadow->pages[i].hash_next = NONE;
        list_push(shadow, LIST_FREE, &shadow->pages[i]);
    }
    shadow->counters[TRACE_COUNTER_pool_frames] = shadow->pool_frames;
    shadow->counters[TRACE_COUNTER_pool_low_water] = shadow->pool_frames;
}

/* Free the least recently used page that may go. */
static void reclaim_one(struct shadow *shadow) {
    uint32_t index = list_head(shadow, LIST_RECENT)->previous;

    while (index < shadow->pool_frames) {
        struct shadow_page *page = &shadow->pages[index];

        if (may_free(shadow, page)) {
            count(shadow, TRACE_COUNTER_reclaimed);
            unshadow_page(shadow, page, TRACE_FREE_REASON_reclaim);
            return;
        }
        index = page->previous;
    }
    shadow_port_panic(__FILE__, __LINE__, "S9: every page of the pool is in use by a loaded root");
}

/* Reclaim costs a full flush, so a large pool frees several pages at a time. */
static uint32_t reclaim_batch(const struct shadow *shadow) {
    return 1 + shadow->pool_frames / 64;
}

void pool_reserve(struct shadow *shadow, uint32_t pages, uint32_t nodes) {
    while (shadow->node_count - shadow->nodes_used < nodes) {
        reclaim_one(shadow);
    }
    if (shadow->listed[LIST_FREE] >= pages) {
        return;
    }
    if (shadow->listed[LIST_FREE] + shadow->listed[LIST_QUARANTINE] < pages) {
        pages += reclaim_batch(shadow) - 1;
    }
    while (shadow->listed[LIST_FREE] + shadow->listed[LIST_QUARANTINE] < pages) {
        reclaim_one(shadow);
    }
    flush_everything(shadow, TRACE_CAUSE_shadow_freed);
}

struct shadow_page *pool_take(struct shadow *shadow) {
    struct shadow_page *page = &shadow->pages[list_head(shadow, LIST_FREE)->next];

    ENGINE_ASSERT(shadow->listed[LIST_FREE] != 0, "S9: the pool has no page left");
    list_remove(shadow, LIST_FREE, page);
    note_low_water(shadow);
    return page;
}

void pool_give(struct shadow *shadow, struct shadow_page *page) {
    list_push(shadow, LIST_QUARANTINE, page);
}

void pool_end_quarantine(struct shadow *shadow) {
    struct shadow_page *rest = list_head(shadow, LIST_QUARANTINE);
    struct shadow_page *ready = list_head(shadow, LIST_FREE);

    /* the whole chain goes behind the free ones */
    shadow->pages[rest->next].previous = ready->previous;
    shadow->pages[ready->previous].next = rest->next;
    shadow->pages[rest->previous].next = page_index(shadow, ready);
    ready->previous = rest->previous;
    rest->next = rest->previous = page_index(shadow, rest);
    shadow->listed[LIST_FREE] += shadow->listed[LIST_QUARANTINE];
    shadow->listed[LIST_QUARANTINE] = 0;
}

void pool_touch(struct shadow *shadow, struct shadow_page *page) {
    if (page->previous == shadow->pool_frames + LIST_RECENT) {
        return;
    }
    list_remove(shadow, LIST_RECENT, page);
    list_push(shadow, LIST_RECENT, page);
}
