/* hardware.c - the processor. See hardware.h. */
#include "tests/unit/small/hardware.h"

#include <string.h>

#include "shadow/hash.h"
#include "shadow/marks.h"
#include "shadow/walk.h"
#include "tests/unit/small/legal.h"

static pte_t *table_of(uint32_t smfn) {
    return shadow->memory + ((smfn - POOL_FIRST) << TABLE_SHIFT);
}

static uint32_t link_bit(pte_t link) {
    return ((link >> PAGE_SHIFT) - POOL_FIRST) | (link & PTE_W ? 4 : 0) | (link & PTE_U ? 8 : 0);
}

static rights_t rights_bit(uint32_t frame, pte_t rights) {
    return (rights_t)1 << (frame | (rights & PTE_W ? 8 : 0) | (rights & PTE_U ? 16 : 0));
}

/* A page that is remembered as a part of a superpage has its rights so many bits up. */
#define LARGE 32u

static pte_t *root_entry(uint32_t slot) {
    static pte_t none;

    none = 0;
    return world.loaded == 0 ? &none : &table_of(world.loaded)[slot];
}

void hardware_forget_all(void) {
    memset(world.tlb, 0, sizeof(world.tlb));
    memset(world.links, 0, sizeof(world.links));
}

/* INVLPG: the page, all that lies with it in a superpage, and every remembered L2 entry. */
void hardware_forget_page(uint32_t page) {
    uint32_t i;

    for (i = page & ~(TABLE_ENTRIES - 1); i <= (page | (TABLE_ENTRIES - 1)); i++) {
        world.tlb[i] &= (1ull << LARGE) - 1;
    }
    world.tlb[page] = 0;
    memset(world.links, 0, sizeof(world.links));
}

void hardware_faulted(uint32_t page) {
    world.tlb[page] = 0;
    world.links[page / TABLE_ENTRIES] = 0;
}

/* The link that is in slot of the root now, as its bit; 0: there is none. */
static uint64_t link_now(uint32_t slot) {
    pte_t entry = *root_entry(slot);

    return (entry & (PTE_P | PTE_PS)) == PTE_P ? 1ull << link_bit(entry) : 0;
}

static bool is_link(pte_t link) {
    return (link >> PAGE_SHIFT) - POOL_FIRST < POOL_FRAMES;
}

/* The frame that superpage entry maps page to. */
static uint32_t frame_in(pte_t entry, uint32_t page) {
    return (entry >> PAGE_SHIFT) + page % TABLE_ENTRIES;
}

/* The walk ends in the root. */
static bool walk_superpage(uint32_t page, uint32_t access, pte_t *entry, uint32_t *frame, uint32_t *error) {
    pte_t needed = PTE_P | access;

    if ((*entry & needed) != needed) {
        *error |= PTE_P;
        return false;
    }
    *entry |= PTE_A | (access & FAULT_WRITE ? PTE_D : 0);
    *frame = frame_in(*entry, page);
    if (*frame >= FRAMES) {
        world_trouble = "S1: a superpage names no frame of the guest";
        return false;
    }
    world.tlb[page] |= rights_bit(*frame, *entry) << LARGE;
    return true;
}

bool hardware_walk(uint32_t page, uint32_t access, uint32_t *frame, uint32_t *error) {
    pte_t *link = root_entry(page / TABLE_ENTRIES), *leaf, rights, needed = PTE_P | access;

    *error = access;
    if (!(*link & PTE_P)) {
        return false;
    }
    if (*link & PTE_PS) {
        return walk_superpage(page, access, link, frame, error);
    }
    if (!is_link(*link)) {
        world_trouble = "S1: a link leads out of the pool";
        return false;
    }
    *link |= PTE_A;
    world.links[page / TABLE_ENTRIES] |= 1ull << link_bit(*link);
    leaf = &table_of(*link >> PAGE_SHIFT)[page % TABLE_ENTRIES];
    rights = *link & *leaf;
    if ((rights & needed) != needed) {
        *error |= rights & PTE_P;
        return false;
    }
    *leaf |= PTE_A | (access & FAULT_WRITE ? PTE_D : 0);
    *frame = *leaf >> PAGE_SHIFT;
    if (*frame >= FRAMES) {
        world_trouble = "S1: a leaf entry names no frame of the guest";
        return false;
    }
    world.tlb[page] |= rights_bit(*frame, rights);
    return true;
}

/* What a walk through L2 entry bits (link_bit) finds for page: the leaf and its combined rights; 0: nothing. */
static pte_t through(uint32_t bits, uint32_t page, pte_t **leaf) {
    pte_t link = PTE_P | (bits & 4 ? PTE_W : 0) | (bits & 8 ? PTE_U : 0);

    *leaf = &table_of(POOL_FIRST + (bits & 3))[page % TABLE_ENTRIES];
    return **leaf & link & PTE_P ? **leaf & link : 0;
}

bool hardware_walk_remembered(uint32_t page) {
    uint64_t links = world.links[page / TABLE_ENTRIES] & ~link_now(page / TABLE_ENTRIES);
    pte_t *leaf, rights;
    uint32_t bits;
    bool any = false;

    for (bits = 0; bits < 16; bits++) {
        if (links >> bits & 1) {
            rights = through(bits, page, &leaf);
            if (rights != 0) {
                *leaf |= PTE_A;
                world.tlb[page] |= rights_bit(*leaf >> PAGE_SHIFT, rights);
                any = true;
            }
        }
    }
    return any;
}

/* All that the processor may use for page: by a walk from the root, and what it remembers. */
static rights_t usable(uint32_t page, bool remembered) {
    uint32_t bits, slot = page / TABLE_ENTRIES;
    uint64_t links = link_now(slot) | (remembered ? world.links[slot] : 0);
    rights_t all = remembered ? world.tlb[page] | world.tlb[page] >> LARGE : 0;
    pte_t *leaf, rights, entry = *root_entry(slot);

    if (entry & PTE_PS) {
        all |= rights_bit(frame_in(entry, page), entry);
    }
    for (bits = 0; bits < 16; bits++) {
        rights = links >> bits & 1 ? through(bits, page, &leaf) : 0;
        if (rights != 0) {
            all |= rights_bit(*leaf >> PAGE_SHIFT & 7, rights);
        }
    }
    return all;
}

bool hardware_may_write(uint32_t frame, bool remembered) {
    rights_t writes = rights_bit(frame, PTE_W) | rights_bit(frame, PTE_W | PTE_U);
    uint32_t page;

    for (page = 0; page < PAGES; page++) {
        if (usable(page, remembered) & writes) {
            return true;
        }
    }
    return false;
}

/* Does a leaf entry of frame say that it was used? */
static bool is_accessed(uint32_t frame) {
    uint32_t i, k;

    for (i = 0; i < POOL_FRAMES; i++) {
        const struct shadow_page *page = &shadow->pages[i];

        for (k = 0; (page->kind == KIND_L1 || page->kind == KIND_FL1) && k < TABLE_ENTRIES; k++) {
            pte_t leaf = page_table(shadow, page)[k];

            if ((leaf & PTE_A) && leaf >> PAGE_SHIFT == frame) {
                return true;
            }
        }
    }
    return false;
}

/* What those who watch frames rely on: remembered, it may be used without a walk. */
static const char *check_watched(uint32_t frame, bool write, bool remembered) {
    if (write && shadow->dirty != NULL && !is_marked(world.dirty, frame)) {
        return "W1, W5: a clean frame can be written";
    }
    if (remembered && shadow->seen != NULL && !is_marked(world.seen, frame) && !is_accessed(frame)) {
        return "A2, A3: a frame can be used, and nothing will say so";
    }
    return NULL;
}

static const char *check_page(uint32_t page) {
    rights_t all = usable(page, true);
    const char *wrong;
    uint32_t bits;

    for (bits = 0; bits < 32; bits++) {
        uint32_t frame = bits & 7;
        bool write = bits & 8;

        if (!(all >> bits & 1)) {
            continue;
        }
        if (frame >= FRAMES || !world.owned[frame]) {
            return "S5, F3: a frame that is not the domain's can be reached";
        }
        if (!world.unannounced && !legal(page, frame, write, bits & 16)) {
            return "S3, S8: more can be done than the guest's tables gave since its last flush";
        }
        if (write && is_in_sync_table(shadow, (mfn_t){frame})) {
            return "S4, F2: a table in sync can be written";
        }
        wrong = check_watched(frame, write, (world.tlb[page] | world.tlb[page] >> LARGE) >> bits & 1);
        if (wrong != NULL) {
            return wrong;
        }
    }
    return NULL;
}

const char *hardware_check(void) {
    const char *wrong = NULL;
    uint32_t page;

    for (page = 0; page < PAGES && wrong == NULL; page++) {
        wrong = check_page(page);
    }
    return wrong;
}
