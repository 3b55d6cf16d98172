/* sample.c - working-set sampling. Rules and callers: sample.h. */
#include "shadow/sample.h"

#include <string.h>

#include "shadow/flush.h"
#include "shadow/guest_entry.h"
#include "shadow/superpage.h"

void shadow_sample(struct shadow *shadow, uint32_t *marks, uint32_t frames) {
    if (marks != NULL) {
        memset(marks, 0, SHADOW_MARKS_BYTES(frames));
        shadow->marked_frames = frames;
        end_superpages(shadow);
        if (shadow->stale != 0) {
            flush_everything(shadow, TRACE_CAUSE_sampling); /* what is used without a walk leaves no trace */
        }
    }
    shadow->seen = marks;
}

/* Clear the entry's accessed bit. Nobody but the processor changes the entry meanwhile, and it only sets bits. */
static void forget_use(pte_t *entry) {
    pte_t old;

    do {
        old = guest_entry_load(entry);
    } while (!guest_entry_swap(entry, old, old & ~PTE_A));
}

/* A1: the entries of one leaf page. Returns whether there was anything. */
static bool harvest_page(struct shadow *shadow, const struct shadow_page *page) {
    pte_t *table = page_table(shadow, page);
    uint32_t i, left = page->live;
    bool any = false;

    for (i = 0; left != 0 && i < TABLE_ENTRIES; i++) {
        pte_t entry = guest_entry_load(&table[i]);

        left -= entry != 0;
        if (entry & PTE_A) {
            note_used(shadow, entry);
            forget_use(&table[i]);
            any = true;
        }
    }
    return any;
}

uint32_t shadow_harvest(struct shadow *shadow, uint32_t first, uint32_t pages) {
    uint32_t i;
    bool any = false;

    for (i = first; i < shadow->pool_frames && pages != 0; i++) {
        const struct shadow_page *page = &shadow->pages[i];

        if (page->kind == KIND_L1 || page->kind == KIND_FL1) {
            any |= harvest_page(shadow, page);
            pages--;
        }
    }
    if (any || shadow->stale != 0) {
        flush_everything(shadow, TRACE_CAUSE_sampling); /* A3 */
    }
    return i < shadow->pool_frames ? i : 0;
}

void shadow_forget_used(struct shadow *shadow, const mfn_t *frames, uint32_t count) {
    uint32_t i;

    for (i = 0; i < count; i++) {
        if (frames[i].n < shadow->marked_frames) {
            clear_mark(shadow->seen, frames[i].n);
        }
    }
}

uint32_t shadow_read_used(const struct shadow *shadow, const mfn_t *frames, uint32_t count, uint32_t *bitmap) {
    uint32_t i, found = 0;

    memset(bitmap, 0, SHADOW_MARKS_BYTES(count));
    for (i = 0; i < count; i++) {
        if (frames[i].n < shadow->marked_frames && is_marked(shadow->seen, frames[i].n)) {
            set_mark(bitmap, i);
            found++;
        }
    }
    return found;
}
