/* world.c - the machine's beginning, its state, and the rules that a state can show. See world.h. */
#include "tests/unit/small/world.h"

#include <stddef.h>
#include <string.h>

#include "shadow/heat.h"
#include "shadow/superframe.h"
#include "tests/unit/small/hardware.h"
#include "tests/unit/small/legal.h"

struct world world;
struct shadow *shadow;

#define STATE_BYTES 16384u
static _Alignas(16) uint8_t state[STATE_BYTES];

/* Only the first entries of a pool frame are used. */
struct kept {
    struct world world;
    uint8_t state[STATE_BYTES];
    pte_t pool[POOL_FRAMES][TABLE_ENTRIES];
};

const uint32_t kept_bytes = sizeof(struct kept);
static uint32_t used_bytes;

static pte_t entry(uint32_t frame, pte_t rights) {
    return frame << PAGE_SHIFT | rights;
}

void world_begin(void) {
    const pte_t kernel = PTE_P | PTE_W, user = PTE_P | PTE_W | PTE_U;
    uint32_t i;

    memset(&world, 0, sizeof(world));
    memset(state, 0, sizeof(state));
    for (i = 0; i < FRAMES; i++) {
        world.owned[i] = true;
    }
    world.guest[0][0] = entry(2, kernel);
    world.guest[0][1] = entry(3, user);
    world.guest[1][0] = entry(2, kernel);
    world.guest[1][1] = entry(3, PTE_P | PTE_U);
    for (i = 0; i < TABLE_ENTRIES; i++) {
        world.guest[2][i] = entry(i, kernel); /* the four tables */
    }
    world.guest[3][0] = entry(4, user);
    world.guest[3][1] = entry(5, PTE_P | PTE_U);
    world.guest[3][2] = entry(2, user);
    world.base[1] = 1;
    used_bytes = shadow_state_bytes(POOL_FRAMES);
    shadow = used_bytes <= STATE_BYTES ? shadow_create(NULL, state, (smfn_t){POOL_FIRST}, POOL_FRAMES) : NULL;
}

void world_keep(struct kept *kept) {
    uint32_t i;

    kept->world = world;
    memcpy(kept->state, state, used_bytes);
    for (i = 0; i < POOL_FRAMES; i++) {
        memcpy(kept->pool[i], shadow->memory + (i << TABLE_SHIFT), sizeof(kept->pool[i]));
    }
}

void world_restore(const struct kept *kept) {
    uint32_t i;

    world = kept->world;
    memcpy(state, kept->state, used_bytes);
    for (i = 0; i < POOL_FRAMES; i++) {
        memcpy(shadow->memory + (i << TABLE_SHIFT), kept->pool[i], sizeof(kept->pool[i]));
    }
}

/* A mixing step: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (splitmix64). */
static uint64_t mix(uint64_t hash, uint64_t value) {
    hash += value + 0x9e3779b97f4a7c15ull;
    hash = (hash ^ hash >> 30) * 0xbf58476d1ce4e5b9ull;
    hash = (hash ^ hash >> 27) * 0x94d049bb133111ebull;
    return hash ^ hash >> 31;
}

static uint64_t mix_bytes(uint64_t hash, const void *from, uint32_t size) {
    const uint8_t *bytes = from;
    uint64_t word = 0;

    for (; size >= sizeof(word); bytes += sizeof(word), size -= (uint32_t)sizeof(word)) {
        memcpy(&word, bytes, sizeof(word));
        hash = mix(hash, word);
    }
    if (size > 0) {
        word = 0;
        memcpy(&word, bytes, size);
        hash = mix(hash, word);
    }
    return hash;
}

/* The pages' order in their list: what is reclaimed and used next. */
static uint64_t mix_list(uint64_t hash, uint32_t list) {
    uint32_t index;

    for (index = shadow->pages[POOL_FRAMES + list].next; index < POOL_FRAMES; index = shadow->pages[index].next) {
        hash = mix(hash, index);
    }
    return mix(hash, 99);
}

/* A field that is left out: those of one structure, in their order. */
struct field {
    size_t begin, end;
};

#define FIELD(type, name) {offsetof(type, name), offsetof(type, name) + sizeof(((type *)0)->name)}
#define FIELDS(from) (sizeof(from) / sizeof((from)[0]))

/*
 * All of a structure but these fields: what is added to it later makes a difference unless it is named here.
 */
static uint64_t mix_but(uint64_t hash, const void *from, uint32_t size, const struct field *fields, uint32_t count) {
    const uint8_t *bytes = from;
    size_t at = 0;
    uint32_t i;

    for (i = 0; i < count; i++) {
        hash = mix_bytes(hash, bytes + at, (uint32_t)(fields[i].begin - at));
        at = fields[i].end;
    }
    return mix_bytes(hash, bytes + at, (uint32_t)(size - at));
}

/* How hot tables are, as far as it matters: no times, only how many fills ago, and nothing of those that are cold. */
static uint64_t mix_heat(uint64_t hash) {
    uint32_t i, fills = shadow->counters[TRACE_COUNTER_fills_l1];

    for (i = 0; i < HOT_TABLES; i++) {
        const struct hot_table *hot = &shadow->hot[i];

        if (hot->writes != 0 && fills - hot->fills <= HEAT_FILLS) {
            hash = mix(mix(hash, i << 16 | hot->frame), (uint64_t)(fills - hot->fills) << 32 | hot->writes);
        }
    }
    return hash;
}

/*
 * Not in it: counters and times, of which only whether two are equal matters (the audit sees to that); the order of
 * reverse-map nodes and of hash chains; no instruction is ever taken apart; and that every eighth use of a cached root
 * makes it recent. What is left out here and matters is mixed in by itself.
 */
static uint64_t mix_engine(uint64_t hash) {
    static const struct field left_out[] = {
        FIELD(struct shadow, node_free), FIELD(struct shadow, nodes_touched), FIELD(struct shadow, decoded),
        FIELD(struct shadow, stale_since), FIELD(struct shadow, full_flushes), FIELD(struct shadow, flush_events),
        FIELD(struct shadow, hot), FIELD(struct shadow, dirty_faults), FIELD(struct shadow, counters),
    };

    return mix_heat(mix_but(hash, shadow, sizeof(*shadow), left_out, FIELDS(left_out)));
}

static uint64_t mix_page(uint64_t hash, uint32_t index) {
    static const struct field left_out[] = {
        FIELD(struct shadow_page, unsynced_at), FIELD(struct shadow_page, hash_next),
        FIELD(struct shadow_page, previous), FIELD(struct shadow_page, next),
    };

    hash = mix_but(hash, &shadow->pages[index], sizeof(struct shadow_page), left_out, FIELDS(left_out));
    return mix_bytes(hash, shadow->memory + (index << TABLE_SHIFT), TABLE_ENTRIES * sizeof(pte_t));
}

uint64_t world_hash(void) {
    uint64_t hash = mix_engine(mix_bytes(0, &world, sizeof(world)));
    uint32_t i;

    for (i = 0; i < POOL_FRAMES; i++) {
        hash = mix_page(hash, i);
    }
    for (i = 0; i < LISTS; i++) {
        hash = mix_list(hash, i);
    }
    for (i = 0; i < SHADOW_OOS_TABLES; i++) {
        if (shadow->oos[i].page != NONE) {
            hash = mix_bytes(hash, shadow->oos[i].snapshot, TABLE_ENTRIES * sizeof(pte_t));
        }
    }
    return hash;
}

static bool references_agree(void) {
    uint32_t counted[FRAMES][2] = {{0}}, i, k;

    for (i = 0; i < POOL_FRAMES; i++) {
        const struct shadow_page *page = &shadow->pages[i];

        for (k = 0; (page->kind == KIND_L1 || page->kind == KIND_FL1) && k < TABLE_ENTRIES; k++) {
            pte_t leaf = page_table(shadow, page)[k];

            if (leaf != 0 && leaf >> PAGE_SHIFT < FRAMES) {
                counted[leaf >> PAGE_SHIFT][(leaf & PTE_W) != 0]++;
            }
        }
    }
    for (i = 0; i < FRAMES; i++) { /* once for all superpages of a kind */
        counted[i][false] += superframe_of(shadow, i)->superpages[false] != 0;
        counted[i][true] += superframe_of(shadow, i)->superpages[true] != 0;
    }
    return memcmp(counted, world.references, sizeof(counted)) == 0;
}

const char *world_check(void) {
    uint32_t checks;

    if (world_trouble != NULL) {
        return world_trouble;
    }
    if (world.mapped != (shadow->base_table != NULL)) {
        return "more is mapped than the base pointer's table";
    }
    if (shadow_audit(shadow, &checks) != 0) {
        return "the audit finds something";
    }
    if (!references_agree()) {
        return "S5: references do not agree";
    }
    return hardware_check();
}
