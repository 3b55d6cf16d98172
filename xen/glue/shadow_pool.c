/*
 * shadow_pool.c - see shadow_pool.h.
 */
#include "xen/glue/shadow_pool.h"

#include <xen/errno.h>

#include "shadow/shadow.h"
#include "trace/emit.h"
#include "xen/boot/options.h"
#include "xen/domain/schedule.h"
#include "xen/lib/panic.h"
#include "xen/mm/heap.h"

/* A pool and the state that goes with it. */
struct memory {
    void *pool, *state;
    uint32_t pool_pages, state_pages;
};

static uint32_t state_pages_of(uint32_t frames) {
    return (shadow_state_bytes(frames) + PAGE_SIZE - 1) / PAGE_SIZE;
}

static void give_back(const struct memory *memory) {
    if (memory->pool) {
        heap_free(memory->pool, memory->pool_pages);
    }
    if (memory->state) {
        heap_free(memory->state, memory->state_pages);
    }
}

static bool take(uint32_t frames, struct memory *memory) {
    *memory = (struct memory){ .pool_pages = frames, .state_pages = state_pages_of(frames) };
    memory->pool = heap_pages_uncleared(memory->pool_pages);
    memory->state = heap_pages(memory->state_pages);
    if (!memory->pool || !memory->state) {
        give_back(memory);
        return false;
    }
    return true;
}

static struct memory memory_of(const struct domain *domain) {
    return (struct memory){ domain->shadow_pool, domain->shadow_state, domain->shadow_pool_pages,
                            domain->shadow_state_pages };
}

static void set_memory(struct domain *domain, const struct memory *memory) {
    domain->shadow_pool = memory->pool;
    domain->shadow_state = memory->state;
    domain->shadow_pool_pages = memory->pool_pages;
    domain->shadow_state_pages = memory->state_pages;
}

static smfn_t first_frame(const struct memory *memory) {
    return (smfn_t){ physical_of(memory->pool) >> PAGE_SHIFT };
}

int shadow_pool_make(struct domain *domain) {
    struct memory memory;

    if (domain->shadow) {
        return 0;
    }
    if (!take(domain->shadow_pool_pages, &memory)) {
        return -XEN_ENOMEM;
    }
    set_memory(domain, &memory);
    domain->shadow = shadow_create(domain, memory.state, first_frame(&memory), memory.pool_pages);
    ASSERT(domain->shadow);
    return 0;
}

void shadow_pool_free(struct domain *domain) {
    struct memory memory = memory_of(domain);

    give_back(&memory);
    domain->shadow_pool = domain->shadow_state = 0;
    domain->shadow = 0;
}

/* What a pool that shrinks does not need, behind what it keeps. */
static struct memory tail_of(const struct memory *old, const struct memory *new) {
    return (struct memory){ .pool = (uint8_t *)old->pool + new->pool_pages * PAGE_SIZE,
                            .state = old->state_pages == new->state_pages
                                         ? 0 : (uint8_t *)old->state + new->state_pages * PAGE_SIZE,
                            .pool_pages = old->pool_pages - new->pool_pages,
                            .state_pages = old->state_pages - new->state_pages };
}

int shadow_pool_resize(struct domain *domain, uint32_t frames) {
    struct memory old = memory_of(domain), new = old, unused = old;

    if (frames < DOMAIN_POOL_MIN || frames > DOMAIN_POOL_MAX) {
        return -XEN_EINVAL;
    }
    if (!domain->shadow || frames == old.pool_pages) {
        domain->shadow_pool_pages = frames;
        return 0;
    }
    if (frames < old.pool_pages) {
        new.pool_pages = frames;
        new.state_pages = state_pages_of(frames);
        unused = tail_of(&old, &new);
    } else if (!take(frames, &new)) {
        return -XEN_ENOMEM;
    }
    trace_set_identity(domain->id, 0); /* whose shadows go, whoever asks for it */
    domain->shadow = shadow_resize(domain->shadow, new.state, first_frame(&new), frames);
    schedule_restore_identity();
    set_memory(domain, &new);
    give_back(&unused);
    return 0;
}
