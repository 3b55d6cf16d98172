/*
 * entries.c - see entries.h.
 */
#include "analysis/entries.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/entry_names.h"

/* The entry that is under way. */
struct entry {
    bool under_way;               /* false: nothing is known of its beginning, or there is none */
    struct entry_facts facts;
    uint64_t instructions;
    uint64_t *of_function;        /* instructions of each */
    uint32_t function_room;
    uint32_t *touched;            /* the functions that have some */
    uint32_t touched_count, touched_room;
};

/* ---- kinds ------------------------------------------------------------------------------------------------------ */

static uint32_t kind_named(struct entries *entries, const char *name) {
    uint32_t i = 0;

    while (i < entries->count && strcmp(entries->kinds[i].name, name))
        i++;
    if (i < entries->count)
        return i;
    if (entries->count == ENTRY_KINDS)
        return ENTRY_KINDS - 1;
    entries->kinds = grow(entries->kinds, entries->count + 1, sizeof(*entries->kinds));
    entries->kinds[i] = (struct entry_kind){ .writes = 0 };
    snprintf(entries->kinds[i].name, sizeof(entries->kinds[i].name), "%s", i == ENTRY_KINDS - 1 ? "more" : name);
    return entries->count++;
}

static struct entry_function *function_of(struct entries *entries, uint32_t kind, uint32_t function) {
    uint64_t key = (uint64_t)kind << 32 | function;
    const uint32_t *known = map_get(&entries->by_function, key);

    if (known)
        return &entries->functions[*known];
    entries->functions = grow(entries->functions, entries->function_count + 1, sizeof(*entries->functions));
    entries->functions[entries->function_count] = (struct entry_function){ .kind = kind, .function = function };
    map_put(&entries->by_function, key, entries->function_count);
    return &entries->functions[entries->function_count++];
}

/* ---- an entry's life -------------------------------------------------------------------------------------------- */

static struct entry *reset(struct entry *entry) {
    for (uint32_t i = 0; i < entry->touched_count; i++)
        entry->of_function[entry->touched[i]] = 0;
    entry->touched_count = 0;
    entry->instructions = 0;
    entry->under_way = false;
    entry->facts = (struct entry_facts){ .hypercall = NO_HYPERCALL };
    return entry;
}

static void drop(struct entries *entries) {
    if (entries->now)
        reset(entries->now);
}

static bool is_under_way(const struct entries *entries) {
    return entries->now && entries->now->under_way;
}

static void begin(struct entries *entries, bool switched_to) {
    if (!entries->now) {
        entries->now = grow(NULL, 1, sizeof(*entries->now));
        *entries->now = (struct entry){ .instructions = 0 };
    }
    struct entry_facts *facts = &reset(entries->now)->facts;

    entries->now->under_way = true;
    facts->switched_to = switched_to;
    if (switched_to)
        return;
    facts->vector = entries->transfer.vector;
    facts->is_exception = entries->transfer.kind == TRANSFER_EXCEPTION;
    facts->is_interrupt = entries->transfer.kind == TRANSFER_INTERRUPT;
}

static void finish(struct entries *entries) {
    struct entry *entry = entries->now;
    char name[96];

    if (is_under_way(entries) && entry->instructions
        && entry_name(&entry->facts, entries->by, name, sizeof(name))) {
        uint32_t kind = kind_named(entries, name);

        spread_add(&entries->kinds[kind].instructions, entry->instructions);
        entries->kinds[kind].writes += entry_writes(&entry->facts);
        for (uint32_t i = 0; i < entry->touched_count; i++) {
            struct entry_function *to = function_of(entries, kind, entry->touched[i]);

            to->instructions += entry->of_function[entry->touched[i]];
            to->entries++;
        }
    }
    drop(entries);
}

static void count(struct entry *entry, uint32_t function, uint64_t instructions) {
    if (function >= entry->function_room) {
        uint32_t room = 2 * function + 64;

        entry->of_function = grow(entry->of_function, room, sizeof(*entry->of_function));
        memset(entry->of_function + entry->function_room, 0,
               (room - entry->function_room) * sizeof(*entry->of_function));
        entry->function_room = room;
    }
    if (!entry->of_function[function]) {
        if (entry->touched_count == entry->touched_room) {
            entry->touched_room = 2 * entry->touched_room + 64;
            entry->touched = grow(entry->touched, entry->touched_room, sizeof(*entry->touched));
        }
        entry->touched[entry->touched_count++] = function;
    }
    entry->of_function[function] += instructions;
    entry->instructions += instructions;
}

void entries_run(struct entries *entries, const struct context *context, uint32_t function, uint64_t instructions) {
    if (context->ring) {
        if (!entries->outside)
            finish(entries);
        entries->outside = true;
        return;
    }
    if (entries->outside)
        begin(entries, false);
    entries->outside = false;
    if (is_under_way(entries))
        count(entries->now, function, instructions);
}

void entries_transfer(struct entries *entries, const struct stream_transfer *transfer) {
    if ((transfer->to_ring == 0) == (transfer->from_ring == 0))
        return;
    if (transfer->to_ring == 0)
        entries->transfer = *transfer;
    else
        finish(entries);
    entries->outside = true; /* even if nothing is executed there: the first fetch may fault, an interrupt wait */
}

void entries_gap(struct entries *entries) {
    drop(entries);
    entries->outside = false;
}

/* ---- what the records say --------------------------------------------------------------------------------------- */

void entries_event(struct entries *entries, const struct event *event) {
    if (event->header.id == TRACE_ID_sched_switch && !entries->outside) {
        finish(entries);
        begin(entries, true);
        return;
    }
    if (!is_under_way(entries) || event->what->is_hardware)
        return;
    entry_facts_event(&entries->now->facts, event);
}

/* ---- the end ---------------------------------------------------------------------------------------------------- */

static int compare_functions(const void *left, const void *right) {
    const struct entry_function *a = left, *b = right;

    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->instructions != b->instructions)
        return a->instructions > b->instructions ? -1 : 1;
    return a->function < b->function ? -1 : a->function > b->function;
}

/* qsort has no argument for its comparison, hence the indices sorted by insertion: there are few kinds. */
void entries_finish(struct entries *entries) {
    uint32_t place[ENTRY_KINDS], order[ENTRY_KINDS];
    struct entry_kind sorted[ENTRY_KINDS];

    drop(entries);
    for (uint32_t i = 0; i < entries->count; i++) {
        uint32_t j = i;

        for (; j > 0 && entries->kinds[order[j - 1]].instructions.sum < entries->kinds[i].instructions.sum; j--)
            order[j] = order[j - 1];
        order[j] = i;
    }
    for (uint32_t i = 0; i < entries->count; i++) {
        sorted[i] = entries->kinds[order[i]];
        place[order[i]] = i;
    }
    if (entries->count)
        memcpy(entries->kinds, sorted, entries->count * sizeof(*sorted));
    for (uint32_t i = 0; i < entries->function_count; i++)
        entries->functions[i].kind = place[entries->functions[i].kind];
    if (entries->function_count)
        qsort(entries->functions, entries->function_count, sizeof(*entries->functions), compare_functions);
}

void entries_free(struct entries *entries) {
    for (uint32_t i = 0; i < entries->count; i++)
        spread_free(&entries->kinds[i].instructions);
    if (entries->now) {
        free(entries->now->of_function);
        free(entries->now->touched);
    }
    free(entries->now);
    free(entries->kinds);
    free(entries->functions);
    map_free(&entries->by_function);
    *entries = (struct entries){ 0 };
}
