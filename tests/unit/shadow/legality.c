/* legality.c - which accesses may succeed? See legality.h. */
#include "tests/unit/shadow/legality.h"

#include <string.h>

#include "tests/unit/shadow/host.h"

#define REMEMBERED_MAX 256u
#define GRANTS_MAX 2048u

struct grant {
    uint32_t frame;
    bool write, user;
    bool global;
    bool large;           /* a piece of a 4 MiB page: every INVLPG within the page forgets it */
};

struct remembered {
    uint32_t count;
    uint32_t entries[REMEMBERED_MAX];
};

struct grants {
    uint32_t count;
    struct grant list[GRANTS_MAX];
};

const uint32_t legal_indexes[LEGAL_INDEXES] = {0, 1, 2, 3, 0x10, 0x11, 0x12, 0x13, 0x14};

static uint32_t base_frame;
static bool global_pages;
static struct remembered remembered[LEGAL_SLOTS];
static struct grants grants[LEGAL_SLOTS][LEGAL_INDEXES];

static void remember(struct remembered *all, uint32_t entry) {
    uint32_t i;

    for (i = 0; i < all->count; i++) {
        if (all->entries[i] == entry) {
            return;
        }
    }
    CHECK(all->count < REMEMBERED_MAX);
    all->entries[all->count++] = entry;
}

static void add_grant(struct grants *all, struct grant grant) {
    uint32_t i;

    for (i = 0; i < all->count; i++) {
        if (all->list[i].frame == grant.frame && all->list[i].write == grant.write && all->list[i].user == grant.user &&
            all->list[i].large == grant.large && all->list[i].global == grant.global) {
            return;
        }
    }
    CHECK(all->count < GRANTS_MAX);
    all->list[all->count++] = grant;
}

/* What L2 entry upper gives for L1 index, with the tables as they are. */
static void grant_through(struct grants *all, uint32_t upper, uint32_t index) {
    struct grant grant = {.write = (upper & 2) != 0, .user = (upper & 4) != 0, .large = (upper & 0x80) != 0,
                          .global = global_pages && (upper & 0x180) == 0x180};
    uint32_t lower;

    if (upper & 0x80) {
        if (!(upper & 0x3fe000)) {
            grant.frame = host_mfn((upper >> 22) * 1024 + index);
            add_grant(all, grant);
        }
        return;
    }
    if (upper >> 12 >= HOST_FRAMES) {
        return;
    }
    lower = host_table(upper >> 12)[index];
    if (lower & 1) {
        grant.frame = host_mfn(lower >> 12);
        grant.write = grant.write && (lower & 2);
        grant.user = grant.user && (lower & 4);
        grant.global = global_pages && (lower & 0x100);
        add_grant(all, grant);
    }
}

void legality_moment(void) {
    uint32_t slot, i, k;

    for (slot = 0; slot < LEGAL_SLOTS; slot++) {
        uint32_t upper = host_table(base_frame)[LEGAL_SLOT_FIRST + slot];

        if (upper & 1) {
            remember(&remembered[slot], upper & 0xfffff187); /* frame, G, PS, U, W, P */
        }
        for (i = 0; i < remembered[slot].count; i++) {
            for (k = 0; k < LEGAL_INDEXES; k++) {
                grant_through(&grants[slot][k], remembered[slot].entries[i], legal_indexes[k]);
            }
        }
    }
}

static uint32_t position_of(uint32_t index) {
    uint32_t k;

    for (k = 0; k < LEGAL_INDEXES; k++) {
        if (legal_indexes[k] == index) {
            return k;
        }
    }
    CHECK(!"an address of the set");
    return 0;
}

static struct grants *grants_of(uint32_t linear) {
    CHECK((linear >> 22) - LEGAL_SLOT_FIRST < LEGAL_SLOTS);
    return &grants[(linear >> 22) - LEGAL_SLOT_FIRST][position_of(linear >> 12 & 1023)];
}

static void forget_upper(void) {
    uint32_t slot;

    for (slot = 0; slot < LEGAL_SLOTS; slot++) {
        remembered[slot].count = 0;
    }
}

static void forget_large(struct grants *all) {
    uint32_t i, kept = 0;

    for (i = 0; i < all->count; i++) {
        if (!all->list[i].large) {
            all->list[kept++] = all->list[i];
        }
    }
    all->count = kept;
}

/* One INVLPG forgets all remembered L2 entries; and of a 4 MiB page all the pieces. */
void legality_flush_page(uint32_t linear) {
    uint32_t k;

    forget_upper();
    for (k = 0; k < LEGAL_INDEXES; k++) {
        forget_large(&grants[(linear >> 22) - LEGAL_SLOT_FIRST][k]);
    }
    grants_of(linear)->count = 0;
    legality_moment();
}

void legality_flush_all(void) {
    forget_upper();
    memset(grants, 0, sizeof(grants));
    legality_moment();
}

static void forget_non_global(struct grants *all) {
    uint32_t i, kept = 0;

    for (i = 0; i < all->count; i++) {
        if (all->list[i].global) {
            all->list[kept++] = all->list[i];
        }
    }
    all->count = kept;
}

void legality_load(uint32_t base) {
    uint32_t slot, k;

    base_frame = base;
    forget_upper();
    for (slot = 0; slot < LEGAL_SLOTS; slot++) {
        for (k = 0; k < LEGAL_INDEXES; k++) {
            forget_non_global(&grants[slot][k]);
        }
    }
    legality_moment();
}

void legality_global(bool on) {
    global_pages = on;
    legality_flush_all();
}

void legality_forget_frame(uint32_t frame) {
    uint32_t slot, k, i, kept;

    for (slot = 0; slot < LEGAL_SLOTS; slot++) {
        for (k = 0; k < LEGAL_INDEXES; k++) {
            struct grants *all = &grants[slot][k];

            for (i = kept = 0; i < all->count; i++) {
                if (all->list[i].frame != frame) {
                    all->list[kept++] = all->list[i];
                }
            }
            all->count = kept;
        }
    }
}

bool legality_allows(uint32_t linear, uint32_t frame, bool write, bool user) {
    const struct grants *all = grants_of(linear);
    uint32_t i;

    for (i = 0; i < all->count; i++) {
        const struct grant *grant = &all->list[i];

        if (grant->frame == frame && (!write || grant->write) && (!user || grant->user)) {
            return true;
        }
    }
    return false;
}
