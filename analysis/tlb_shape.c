/*
 * tlb_shape.c - reads the description of a TLB: see tlb_model.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/tlb_model.h"

#define ENTRIES_MAX (1u << 20)

static const struct word {
    const char *name;
    size_t offset;
    uint32_t most;
} words[] = {
    { "entries", offsetof(struct tlb_shape, entries), ENTRIES_MAX },
    { "ways", offsetof(struct tlb_shape, ways), ENTRIES_MAX },
    { "entries2", offsetof(struct tlb_shape, entries2), ENTRIES_MAX },
    { "ways2", offsetof(struct tlb_shape, ways2), ENTRIES_MAX },
    { "tags", offsetof(struct tlb_shape, tags), TLB_TAGS_MAX },
    { "walks", offsetof(struct tlb_shape, walks), ENTRIES_MAX },
};

static bool read_number(struct tlb_shape *shape, const char *name, const char *value) {
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        char *end;
        unsigned long number = strtoul(value, &end, 0);

        if (strcmp(name, words[i].name))
            continue;
        if (end == value || *end || *value == '-' || number > words[i].most)
            return false;
        *(uint32_t *)((char *)shape + words[i].offset) = (uint32_t)number;
        return true;
    }
    return false;
}

static bool read_flag(bool *flag, const char *value) {
    *flag = !strcmp(value, "yes");
    return *flag || !strcmp(value, "no");
}

static bool read_word(struct tlb_shape *shape, const char *name, const char *value) {
    if (!strcmp(name, "name"))
        return value[0] && snprintf(shape->name, sizeof(shape->name), "%s", value) < (int)sizeof(shape->name);
    if (!strcmp(name, "split"))
        return read_flag(&shape->split, value);
    if (!strcmp(name, "global"))
        return read_flag(&shape->global, value);
    return read_number(shape, name, value);
}

/* What the word may be. */
static void tell_allowed(const char *name, char *why, size_t why_bytes) {
    if (!strcmp(name, "split") || !strcmp(name, "global")) {
        snprintf(why, why_bytes, "%s is yes or no", name);
        return;
    }
    if (!strcmp(name, "name")) {
        snprintf(why, why_bytes, "name is a text of 1 to %zu bytes", sizeof(((struct tlb_shape *)NULL)->name) - 1);
        return;
    }
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (!strcmp(name, words[i].name)) {
            snprintf(why, why_bytes, "%s is a number up to %u", name, words[i].most);
            return;
        }
    }
    snprintf(why, why_bytes, "the words are entries, ways, split, entries2, ways2, global, tags, walks and name");
}

static bool is_table(uint32_t entries, uint32_t ways) {
    uint32_t sets = ways ? entries / ways : entries > 0;

    return sets && !(sets & (sets - 1)) && (!ways || sets * ways == entries);
}

bool tlb_shape_read(struct tlb_shape *shape, const char *text, char *why, size_t why_bytes) {
    char copy[256], *next = copy, *word;

    *shape = (struct tlb_shape){ .entries = 64, .ways = 4, .ways2 = 4, .global = true };
    snprintf(shape->name, sizeof(shape->name), "%.*s", (int)sizeof(shape->name) - 1, text);
    if ((size_t)snprintf(copy, sizeof(copy), "%s", text) >= sizeof(copy)) {
        snprintf(why, why_bytes, "it is too long");
        return false;
    }
    while ((word = strsep(&next, ","))) {
        char *value = strchr(word, '=');

        if (value)
            *value++ = '\0';
        if (!value || !read_word(shape, word, value)) {
            tell_allowed(word, why, why_bytes);
            return false;
        }
    }
    if (is_table(shape->entries, shape->ways) && (!shape->entries2 || is_table(shape->entries2, shape->ways2)))
        return true;
    snprintf(why, why_bytes, "entries must be ways times a power of two, and not 0");
    return false;
}
