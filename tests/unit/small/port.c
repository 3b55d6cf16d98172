/* port.c - the engine's port in the small world. At every call another vcpu may get its turn (world.h). */
#include "tests/unit/small/hardware.h"

uint32_t callbacks, interfere_at;
void (*interfere)(void);
const char *world_trouble;
jmp_buf world_panic;

static void turn(void) {
    if (++callbacks == interfere_at) {
        interfere();
    }
}

void *shadow_port_map(mfn_t mfn) {
    turn();
    world.mapped++;
    if (mfn.n >= FRAMES) {
        world_trouble = "a frame that is not the guest's is mapped";
        return world.guest[0];
    }
    return world.guest[mfn.n];
}

void shadow_port_unmap(const void *pointer) {
    (void)pointer;
    world.mapped--;
}

void *shadow_port_pool_pointer(smfn_t smfn) {
    static _Alignas(PAGE_SIZE) pte_t pool[POOL_FRAMES][1u << TABLE_SHIFT];

    return pool[smfn.n - POOL_FIRST];
}

bool shadow_port_frame_of(struct domain *domain, gfn_t gfn, mfn_t *mfn) {
    (void)domain;
    turn();
    mfn->n = gfn.n;
    return gfn.n < FRAMES;
}

bool shadow_port_superframe_of(struct domain *domain, gfn_t first, mfn_t *mfn) {
    return shadow_port_frame_of(domain, first, mfn) && first.n + SUPERPAGE_FRAMES <= FRAMES;
}

bool shadow_port_get_frame(struct domain *domain, mfn_t mfn, bool writable) {
    (void)domain;
    turn();
    if (mfn.n >= FRAMES || !world.owned[mfn.n]) {
        return false;
    }
    world.references[mfn.n][writable]++;
    return true;
}

void shadow_port_put_frame(struct domain *domain, mfn_t mfn, bool writable) {
    (void)domain;
    turn();
    if (world.references[mfn.n][writable]-- == 0) {
        world_trouble = "S5: a reference is put that was not taken";
    }
}

/* No other domain, no grant, no descriptor table. */
bool shadow_port_written_by_others(struct domain *domain, mfn_t mfn) {
    (void)domain;
    (void)mfn;
    return false;
}

bool shadow_port_owns(struct domain *domain, mfn_t mfn) {
    (void)domain;
    turn();
    return mfn.n < FRAMES && world.owned[mfn.n];
}

void shadow_port_init_root(struct domain *domain, pte_t *root) {
    uint32_t i;

    (void)domain;
    turn();
    for (i = SLOTS; i < TABLE_ENTRIES; i++) {
        root[i] = SLOT_MARK;
    }
}

bool shadow_port_root_loaded(struct domain *domain, smfn_t root) {
    (void)domain;
    turn();
    return world.loaded == root.n;
}

void shadow_port_flush(struct domain *domain, uint32_t linear, uint32_t pages, uint32_t cause) {
    (void)domain;
    (void)cause;
    turn();
    if (pages == 0) {
        hardware_forget_all();
    } else {
        hardware_forget_page(linear >> PAGE_SHIFT);
    }
    turn();
}

bool shadow_port_segment(struct domain *domain, uint32_t selector, struct shadow_segment *segment) {
    (void)domain;
    (void)selector;
    (void)segment;
    return false;
}

bool shadow_port_stores_to_tables(struct domain *domain) {
    (void)domain;
    return false;
}

bool shadow_port_known_table(struct domain *domain, mfn_t mfn) {
    (void)domain;
    (void)mfn;
    return false;
}

void shadow_port_fail_domain(struct domain *domain, const char *text) {
    (void)domain;
    (void)text;
    world_trouble = "the domain is failed";
}

void shadow_port_panic(const char *file, int line, const char *text) {
    (void)file;
    (void)line;
    world_trouble = text;
    longjmp(world_panic, 1);
}

uint32_t trace_platform_physical(const void *object) {
    (void)object;
    return 0;
}

void trace_platform_out(uint32_t port, uint32_t value) {
    (void)port;
    (void)value;
}
