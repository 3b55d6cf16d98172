/* hash.c - from (kind, frame) to the shadow page that stands for it. Rules and callers: hash.h. */
#include "shadow/hash.h"

struct shadow_page *hash_find(const struct shadow *shadow, enum shadow_kind kind, uint32_t frame, uint32_t attributes) {
    uint32_t index = shadow->hash[hash_bucket(frame, shadow->hash_shift)];

    while (index != NONE) {
        struct shadow_page *page = &shadow->pages[index];

        if (page->frame == frame && page->kind == kind && page->attributes == attributes) {
            return page;
        }
        index = page->hash_next;
    }
    return NULL;
}

void hash_insert(struct shadow *shadow, struct shadow_page *page) {
    uint32_t *head = &shadow->hash[hash_bucket(page->frame, shadow->hash_shift)];

    page->hash_next = *head;
    *head = page_index(shadow, page);
}

void hash_remove(struct shadow *shadow, struct shadow_page *page) {
    uint32_t *link = &shadow->hash[hash_bucket(page->frame, shadow->hash_shift)];

    while (*link != page_index(shadow, page)) {
        ENGINE_ASSERT(*link != NONE, "a shadow page is not in its hash chain");
        link = &shadow->pages[*link].hash_next;
    }
    *link = page->hash_next;
    page->hash_next = NONE;
}
