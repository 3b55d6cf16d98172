/*
 * bochs_tlb.c - see bochs_tlb.h.
 */
#include "analysis/bochs_tlb.h"

#include <string.h>

#define PAGE 4096u
#define STACK_MARGIN 7u
#define LARGE_PAGES 1024u

static uint8_t right_of(enum stream_walk_use use, bool user) {
    return (uint8_t)((use == WALK_FOR_WRITE ? 4u : 1u) << user);
}

static struct bochs_table *table_of(struct bochs_tlb *tlb, enum stream_walk_use use) {
    return use == WALK_FOR_FETCH ? &tlb->fetch : &tlb->data;
}

static struct bochs_entry *entry_of(const struct bochs_table *table, uint32_t page) {
    return &table->entries[page % table->count];
}

static bool allows(const struct bochs_table *table, const struct reference *reference) {
    const struct bochs_entry *entry = entry_of(table, reference->page);

    return entry->allows && entry->page == reference->page
           && (entry->allows & right_of(reference->use, reference->user));
}

void bochs_load(struct bochs_tlb *tlb, const struct reference *reference) {
    struct bochs_table *table = table_of(tlb, reference->use);
    struct bochs_entry *entry = entry_of(table, reference->page);
    bool for_user = reference->user && (reference->rights & WALK_MAY_USER);

    *entry = (struct bochs_entry){ .page = reference->page, .known = true };
    entry->large = reference->rights & WALK_IS_LARGE;
    entry->global = reference->rights & WALK_IS_GLOBAL;
    for (unsigned user = 0; user <= for_user; user++) {
        entry->allows |= right_of(WALK_FOR_READ, user);
        if (reference->use == WALK_FOR_WRITE)
            entry->allows |= right_of(WALK_FOR_WRITE, user);
    }
    table->has_large |= entry->large;
}

/*
 * A push or pop: true when it needs no look at the table, or finds there that the next ones need none. Where the entry is
 * not known, the page may have become the stack's; a walk shows that it was not, and has not.
 */
static bool stack_refer(struct bochs_tlb *tlb, const struct reference *reference) {
    struct reference as_write = *reference;

    if (tlb->has_stack_page && tlb->stack_page == reference->page && reference->offset < PAGE - STACK_MARGIN)
        return true;
    as_write.use = WALK_FOR_WRITE;
    tlb->has_stack_page = reference->offset + reference->bytes <= PAGE && allows(&tlb->data, &as_write);
    tlb->stack_page = reference->page;
    if (tlb->has_stack_page || reference->walk)
        tlb->stack_known = true;
    else if (!entry_of(&tlb->data, reference->page)->known)
        tlb->stack_known = false;
    return tlb->has_stack_page;
}

enum bochs_answer bochs_refer(struct bochs_tlb *tlb, const struct reference *reference) {
    struct bochs_table *table = table_of(tlb, reference->use);
    struct bochs_entry *entry = entry_of(table, reference->page);
    bool found = (reference->stack && stack_refer(tlb, reference)) || allows(table, reference);
    bool known = entry->known && (!reference->stack || tlb->stack_known || reference->walk);
    enum bochs_answer answer = found ? BOCHS_FINDS : known ? BOCHS_WALKS : BOCHS_UNKNOWN;

    if (reference->walk && reference->walk->filled)
        bochs_load(tlb, reference);
    else if (!found && reference->use != WALK_FOR_FETCH && entry->page == reference->page)
        entry->allows = 0;
    return answer;
}

static void flush_table(struct bochs_table *table, bool all) {
    table->has_large = false;
    for (uint32_t i = 0; i < table->count; i++) {
        struct bochs_entry *entry = &table->entries[i];

        if (all || !entry->global)
            entry->allows = 0;
        entry->known |= all;
        table->has_large |= entry->allows && entry->large;
    }
}

static void flush_page(struct bochs_table *table, uint32_t page) {
    bool has_large = false;

    if (!table->has_large) {
        if (entry_of(table, page)->page == page)
            entry_of(table, page)->allows = 0;
        return;
    }
    for (uint32_t i = 0; i < table->count; i++) {
        struct bochs_entry *entry = &table->entries[i];
        uint32_t unit = entry->large ? LARGE_PAGES : 1;

        if (page / unit == entry->page / unit)
            entry->allows = 0;
        has_large |= entry->allows && entry->large;
    }
    table->has_large = has_large;
}

static void forget_stack(struct bochs_tlb *tlb) {
    tlb->has_stack_page = false;
    tlb->stack_known = true;
}

static void flush_all(struct bochs_tlb *tlb, bool all) {
    flush_table(&tlb->data, all);
    flush_table(&tlb->fetch, all);
    forget_stack(tlb);
}

void bochs_flush(struct bochs_tlb *tlb, const struct replay_flush *flush) {
    if (flush->scope == DROPS_LOCAL || flush->scope == DROPS_ALL) {
        flush_all(tlb, flush->scope == DROPS_ALL);
    } else if (flush->scope == DROPS_PAGE) {
        flush_page(&tlb->data, flush->page);
        flush_page(&tlb->fetch, flush->page);
        forget_stack(tlb);
    }
}

void bochs_begin(struct bochs_tlb *tlb) {
    memset(tlb, 0, sizeof(*tlb));
    tlb->data = (struct bochs_table){ tlb->data_entries, BOCHS_DATA_ENTRIES, false };
    tlb->fetch = (struct bochs_table){ tlb->fetch_entries, BOCHS_FETCH_ENTRIES, false };
}

void bochs_note(struct bochs_tlb *tlb, enum replay_note note) {
    switch (note) {
    case NOTE_LOST:
        bochs_begin(tlb);
        break;
    case NOTE_UNSEEN:
        tlb->has_stack_page = tlb->stack_known = false;
        break;
    case NOTE_STACK_SEGMENT:
        forget_stack(tlb);
        break;
    case NOTE_BREAKPOINTS:
        flush_all(tlb, true);
        break;
    }
}
