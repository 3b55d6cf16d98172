/*
 * tlb_model.c - see tlb_model.h.
 */
#include "analysis/tlb_model.h"

#include <stdlib.h>
#include <string.h>

#define PAGES (1u << 20)
#define LARGE_PAGES 1024u
#define ANY_TAG 0xffffu

/* In `dropped`. */
enum { PAGE_COLD, PAGE_SEEN, PAGE_FLUSHED /* and the cause */ };

static void begin_table(struct tlb_table *table, uint32_t entries, uint32_t ways) {
    if (entries == 0)
        return;
    table->ways = ways ? ways : entries;
    table->sets = entries / table->ways;
    table->entries = grow(NULL, entries, sizeof(*table->entries));
    memset(table->entries, 0, entries * sizeof(*table->entries));
}

void tlb_begin(struct tlb_model *model, const struct tlb_shape *shape) {
    memset(model, 0, sizeof(*model));
    model->shape = *shape;
    begin_table(&model->data, shape->entries, shape->ways);
    begin_table(&model->fetch, shape->split ? shape->entries : 0, shape->ways);
    begin_table(&model->second, shape->entries2, shape->ways2);
    begin_table(&model->walks, shape->walks, 0);
    model->dropped = grow(NULL, PAGES, 1);
    memset(model->dropped, PAGE_COLD, PAGES);
}

static struct tlb_entry *set_of(const struct tlb_table *table, uint32_t number) {
    return table->entries + (uint64_t)(number % table->sets) * table->ways;
}

static struct tlb_entry *find_in(const struct tlb_table *table, uint32_t number, uint32_t page, uint16_t tag,
                                 bool large) {
    struct tlb_entry *set = set_of(table, number);

    for (uint32_t i = 0; i < table->ways; i++) {
        struct tlb_entry *entry = &set[i];

        if (entry->used && entry->page == page && (entry->tag == tag || entry->tag == ANY_TAG)
            && !(entry->rights & WALK_IS_LARGE) == !large)
            return entry;
    }
    return NULL;
}

static struct tlb_entry *find(const struct tlb_table *table, uint32_t page, uint16_t tag) {
    struct tlb_entry *entry = find_in(table, page, page, tag, false);

    return entry ? entry : find_in(table, page / LARGE_PAGES, page / LARGE_PAGES * LARGE_PAGES, tag, true);
}

/* The place for an entry of that number: one that is free, or the one that was used longest ago. */
static struct tlb_entry *victim(const struct tlb_table *table, uint32_t number) {
    struct tlb_entry *set = set_of(table, number), *oldest = set;

    for (uint32_t i = 1; i < table->ways; i++) {
        if (set[i].used < oldest->used)
            oldest = &set[i];
    }
    return oldest;
}

static void insert(struct tlb_model *model, struct tlb_table *table, const struct tlb_entry *entry) {
    bool large = entry->rights & WALK_IS_LARGE;
    struct tlb_entry *place = victim(table, large ? entry->page / LARGE_PAGES : entry->page);

    *place = *entry;
    place->used = ++model->clock;
}

/* ---- references -------------------------------------------------------------------------------------------------- */

static bool fits(const struct tlb_entry *entry, const struct reference *reference) {
    if (reference->use == WALK_FOR_WRITE && !(entry->rights & WALK_IS_DIRTY))
        return false;
    return !reference->user || (entry->rights & WALK_MAY_USER);
}

/* Entry's page is in another frame now. */
static bool is_stale(const struct tlb_entry *entry, uint32_t page, uint32_t frame) {
    return entry->frame + (page - entry->page) != frame;
}

/* An entry of the table that can be used; what is stale or does not allow the reference is dropped. */
static struct tlb_entry *use(struct tlb_model *model, const struct tlb_table *table,
                             const struct reference *reference, const struct tlb_page *page) {
    struct tlb_entry *entry = table->entries ? find(table, reference->page, model->tag) : NULL;

    if (!entry)
        return NULL;
    if (is_stale(entry, reference->page, page->frame))
        model->counts.stale++;
    else if (fits(entry, reference)) {
        entry->used = ++model->clock;
        return entry;
    }
    entry->used = 0;
    return NULL;
}

static struct tlb_entry entry_for(const struct tlb_model *model, const struct reference *reference,
                                  const struct tlb_page *page) {
    struct tlb_entry entry = {
        .page = reference->page,
        .frame = page->frame,
        .tag = model->tag,
        .rights = page->rights,
    };

    if (page->rights & WALK_IS_LARGE) {
        entry.page = reference->page / LARGE_PAGES * LARGE_PAGES;
        entry.frame = page->frame - (reference->page - entry.page);
    }
    if ((page->rights & WALK_IS_GLOBAL) && model->shape.global)
        entry.tag = ANY_TAG;
    return entry;
}

/* What a walk reads from memory. */
static unsigned walk_reads(struct tlb_model *model, uint32_t page, unsigned levels) {
    uint32_t directory = page / LARGE_PAGES;
    struct tlb_entry entry = { .page = directory, .tag = model->tag }, *known;

    if (levels < 2 || !model->walks.entries)
        return levels;
    known = find_in(&model->walks, directory, directory, model->tag, false);
    if (known) {
        known->used = ++model->clock;
        return levels - 1;
    }
    insert(model, &model->walks, &entry);
    return levels;
}

static void count_miss(struct tlb_model *model, const struct reference *reference) {
    struct tlb_counts *counts = &model->counts;
    uint8_t *dropped = &model->dropped[reference->page];

    counts->misses[reference->use]++;
    if (*dropped == PAGE_COLD)
        counts->cold++;
    else if (*dropped == PAGE_SEEN)
        counts->other++;
    else
        counts->refills[*dropped - PAGE_FLUSHED]++;
    *dropped = PAGE_SEEN;
}

/* The walk failed: nothing is kept of the page. An entry that would have allowed it is stale. */
static void fail(struct tlb_model *model, const struct tlb_table *first, const struct reference *reference) {
    const struct tlb_table *tables[] = { first, &model->second };

    bool stale = false;

    model->counts.failed++;
    for (unsigned i = 0; i < 2; i++) {
        struct tlb_entry *entry = tables[i]->entries ? find(tables[i], reference->page, model->tag) : NULL;

        if (!entry)
            continue;
        stale |= fits(entry, reference);
        entry->used = 0;
    }
    model->counts.stale += stale;
}

void tlb_refer(struct tlb_model *model, const struct reference *reference, const struct tlb_page *page) {
    struct tlb_table *first = reference->use == WALK_FOR_FETCH && model->shape.split ? &model->fetch : &model->data;
    struct tlb_entry *entry, loaded;

    model->counts.references++;
    if (reference->walk && !reference->walk->filled) {
        fail(model, first, reference);
        return;
    }
    if (page->levels == 0 || use(model, first, reference, page))
        return;
    entry = use(model, &model->second, reference, page);
    if (entry) {
        model->counts.second++;
        loaded = *entry;
    } else {
        count_miss(model, reference);
        model->counts.reads += walk_reads(model, reference->page, page->levels);
        loaded = entry_for(model, reference, page);
        if (model->second.entries)
            insert(model, &model->second, &loaded);
    }
    insert(model, first, &loaded);
}

/* ---- flushes ----------------------------------------------------------------------------------------------------- */

static void drop(struct tlb_model *model, struct tlb_entry *entry, uint8_t why) {
    if (entry->used)
        model->dropped[entry->page] = why;
    entry->used = 0;
}

/* Of every table the entries of a tag; all: those that are global, and of every other tag, too. */
static void drop_space(struct tlb_model *model, uint16_t tag, bool all, uint8_t why) {
    const struct tlb_table *tables[] = { &model->data, &model->fetch, &model->second, &model->walks };

    for (unsigned t = 0; t < 4; t++) {
        for (uint64_t i = 0; i < (uint64_t)tables[t]->sets * tables[t]->ways; i++) {
            struct tlb_entry *entry = &tables[t]->entries[i];

            if (!all && entry->tag != tag)
                continue;
            if (t == 3)
                entry->used = 0;
            else
                drop(model, entry, why);
        }
    }
}

static void drop_page(struct tlb_model *model, uint32_t page, uint8_t why) {
    const struct tlb_table *tables[] = { &model->data, &model->fetch, &model->second };

    for (unsigned t = 0; t < 3; t++) {
        struct tlb_entry *entry = tables[t]->entries ? find(tables[t], page, model->tag) : NULL;

        if (entry)
            drop(model, entry, why);
    }
    for (uint32_t i = 0; i < model->walks.ways; i++)
        model->walks.entries[i].used = 0;
}

/* The tag that stands for a value of CR3; or a new one, or the one that was used longest ago. */
static uint32_t tag_for(struct tlb_model *model, uint32_t root) {
    uint32_t oldest = 0;

    for (uint32_t i = 0; i < model->tag_count; i++) {
        if (model->roots[i] == root)
            return i;
        if (model->root_used[i] < model->root_used[oldest])
            oldest = i;
    }
    if (model->tag_count < model->shape.tags) {
        oldest = model->tag_count++;
    } else {
        model->counts.spared--;              /* the tag's old entries go, in place of those of the space that is left */
        drop_space(model, (uint16_t)oldest, false, PAGE_SEEN);
    }
    model->roots[oldest] = root;
    return oldest;
}

static void switch_root(struct tlb_model *model, uint32_t root) {
    model->counts.spared++;
    model->tag = (uint16_t)tag_for(model, root);
    model->root_used[model->tag] = ++model->clock;
}

void tlb_flush(struct tlb_model *model, const struct replay_flush *flush) {
    uint8_t why = (uint8_t)(PAGE_FLUSHED + flush->cause);
    bool tagged = model->shape.tags && flush->loads_root;

    if (flush->scope == DROPS_PAGE)
        drop_page(model, flush->page, why);
    else if (tagged && (model->tag_count == 0 || model->roots[model->tag] != flush->root))
        switch_root(model, flush->root);
    else if (flush->scope != DROPS_NOTHING)
        drop_space(model, model->tag, flush->scope == DROPS_ALL && !tagged, why);
}

void tlb_forget(struct tlb_model *model, const uint32_t *pages, uint32_t count) {
    drop_space(model, 0, true, PAGE_COLD);
    for (uint32_t i = 0; i < count; i++)
        model->dropped[pages[i]] = PAGE_COLD;
}

void tlb_free(struct tlb_model *model) {
    free(model->data.entries);
    free(model->fetch.entries);
    free(model->second.entries);
    free(model->walks.entries);
    free(model->dropped);
}
