/* host.c - a machine for the shadow engine to live in. See host.h. */
#include "tests/unit/shadow/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/shadow/mmu.h"

struct host host;

struct domain {
    int nothing;
};

static struct domain the_domain;

static bool in_pool(uint32_t mfn) {
    return mfn >= HOST_POOL_FIRST && mfn < HOST_POOL_FIRST + HOST_POOL_MAX;
}

/* Is this the time? n counts down to it. */
static bool is_due(uint32_t *n) {
    return *n != 0 && --*n == 0;
}

/* ---- the port ---- */

void *shadow_port_map(mfn_t mfn) {
    CHECK(mfn.n < HOST_FRAMES);
    CHECK(++host.mapped <= 8);
    return host.memory + mfn.n * PAGE_SIZE;
}

void shadow_port_unmap(const void *pointer) {
    CHECK(pointer != NULL && host.mapped != 0);
    host.mapped--;
}

void *shadow_port_pool_pointer(smfn_t smfn) {
    CHECK(in_pool(smfn.n));
    return host.pool + (smfn.n - HOST_POOL_FIRST) * PAGE_SIZE;
}

bool shadow_port_frame_of(struct domain *domain, gfn_t gfn, mfn_t *mfn) {
    CHECK(domain == &the_domain);
    mfn->n = host_mfn(gfn.n);
    if (host.interfere != NULL) {
        host.interfere(*mfn);
    }
    return gfn.n < HOST_FRAMES && !is_due(&host.refuse_frame);
}

bool shadow_port_superframe_of(struct domain *domain, gfn_t first, mfn_t *mfn) {
    bool found = shadow_port_frame_of(domain, first, mfn) && first.n + SUPERPAGE_FRAMES <= HOST_FRAMES &&
                 mfn->n % SUPERPAGE_FRAMES == 0;
    uint32_t i;

    for (i = 1; host.renumbered && found && i < SUPERPAGE_FRAMES; i++) {
        found = host_mfn(first.n + i) == mfn->n + i;
    }
    return found;
}

bool shadow_port_get_frame(struct domain *domain, mfn_t mfn, bool writable) {
    CHECK(domain == &the_domain);
    if (mfn.n >= HOST_FRAMES || host.frames[mfn.n].ownership == FOREIGN ||
        (writable && host.frames[mfn.n].ownership == GRANTED_READ)) {
        return false;
    }
    if (is_due(&host.refuse_reference) ||
        (host.reference_limit != 0 &&
         host.frames[mfn.n].read_references + host.frames[mfn.n].write_references >= host.reference_limit)) {
        return false;
    }
    if (writable) {
        host.frames[mfn.n].write_references++;
    } else {
        host.frames[mfn.n].read_references++;
    }
    return true;
}

void shadow_port_put_frame(struct domain *domain, mfn_t mfn, bool writable) {
    uint32_t *references = writable ? &host.frames[mfn.n].write_references : &host.frames[mfn.n].read_references;

    CHECK(domain == &the_domain && mfn.n < HOST_FRAMES);
    CHECK(*references != 0);
    --*references;
}

bool shadow_port_written_by_others(struct domain *domain, mfn_t mfn) {
    CHECK(domain == &the_domain && mfn.n < HOST_FRAMES);
    return host.frames[mfn.n].write_references != 0 || host.frames[mfn.n].held;
}

bool shadow_port_owns(struct domain *domain, mfn_t mfn) {
    CHECK(domain == &the_domain);
    return mfn.n < HOST_FRAMES && host.frames[mfn.n].ownership == OWNED && !is_due(&host.refuse_ownership);
}

void shadow_port_init_root(struct domain *domain, pte_t *root) {
    uint32_t i;

    CHECK(domain == &the_domain);
    for (i = 0; i < TABLE_ENTRIES; i++) {
        CHECK(root[i] == 0);
        root[i] = i < HYPERVISOR_L2_FIRST ? 0 : HOST_SLOT_MARK;
    }
}

bool shadow_port_root_loaded(struct domain *domain, smfn_t root) {
    CHECK(domain == &the_domain);
    return host.loaded.n == root.n;
}

void shadow_port_flush(struct domain *domain, uint32_t linear, uint32_t pages, uint32_t cause) {
    CHECK(domain == &the_domain && pages <= 1);
    host.flushes++;
    host.last_cause = cause;
    host.last_linear = linear;
    if (pages == 0) {
        host.full_flushes++;
        mmu_forget_all();
    } else {
        host.page_flushes++;
        mmu_forget_page(linear);
    }
}

bool shadow_port_segment(struct domain *domain, uint32_t selector, struct shadow_segment *segment) {
    CHECK(domain == &the_domain);
    if (selector == 0x10) { /* a base that is not 0 */
        *segment = (struct shadow_segment){.base = 0x1000, .limit = 0x7fffffff, .code32 = true};
        return true;
    }
    if (selector == 0x18) { /* a 16-bit code segment */
        *segment = (struct shadow_segment){.base = 0, .limit = 0xffffffff, .code32 = false};
        return true;
    }
    return false;
}

bool shadow_port_stores_to_tables(struct domain *domain) {
    CHECK(domain == &the_domain);
    return host.stores_to_tables;
}

bool shadow_port_known_table(struct domain *domain, mfn_t mfn) {
    CHECK(domain == &the_domain && mfn.n < HOST_FRAMES);
    return host.frames[mfn.n].known_table;
}

void shadow_port_fail_domain(struct domain *domain, const char *text) {
    CHECK(domain == &the_domain && text != NULL);
    host.dead = true;
}

void shadow_port_panic(const char *file, int line, const char *text) {
    if (host.panic_expected) {
        host.panic_text = text;
        longjmp(host.panic_exit, 1);
    }
    fprintf(stderr, "%s:%d: the engine panicked: %s\n", file, line, text);
    check(false, file, line, "no panic");
    abort();
}

/* ---- the trace's platform ---- */

uint32_t trace_platform_physical(const void *object) {
    (void)object;
    return 0;
}

void trace_platform_out(uint32_t port, uint32_t value) {
    (void)port;
    (void)value;
}

/* ---- the machine ---- */

void host_begin(uint32_t pool_frames) {
    uint32_t bytes = shadow_state_bytes(pool_frames), i;

    CHECK(pool_frames <= HOST_POOL_MAX);
    memset(&host, 0, sizeof(host));
    for (i = 0; i < HOST_FRAMES; i++) {
        host.frame_of[i] = host.number_of[i] = i;
    }
    host.memory = aligned_alloc(PAGE_SIZE, HOST_FRAMES * PAGE_SIZE);
    host.pool = aligned_alloc(PAGE_SIZE, pool_frames * PAGE_SIZE);
    host.state = calloc(1, bytes);
    CHECK(host.memory != NULL && host.pool != NULL && host.state != NULL);
    memset(host.memory, 0, HOST_FRAMES * PAGE_SIZE);
    memset(host.pool, 0xa5, pool_frames * PAGE_SIZE);
    host.shadow = shadow_create(&the_domain, host.state, (smfn_t){HOST_POOL_FIRST}, pool_frames);
    CHECK(host.shadow != NULL);
    mmu_forget_all();
    trace_start(TRACE_SINK_ring, 0xffffffff);
}

void host_end(void) {
    uint32_t i;

    host.loaded.n = 0;
    mmu_forget_all();
    shadow_clear(host.shadow);
    CHECK(host.mapped == 0);
    for (i = 0; i < HOST_FRAMES; i++) {
        CHECK(host.frames[i].read_references == 0 && host.frames[i].write_references == 0);
    }
    host_abandon();
}

void host_abandon(void) {
    free(host.memory);
    free(host.pool);
    free(host.state);
    host.memory = NULL;
}

void host_resize(uint32_t pool_frames) {
    bool grows = pool_frames > host.shadow->pool_frames;
    uint8_t *pool = host.pool;
    void *state = host.state;

    CHECK(pool_frames <= HOST_POOL_MAX);
    host.loaded.n = 0;
    mmu_forget_all();
    if (grows) {
        host.pool = aligned_alloc(PAGE_SIZE, pool_frames * PAGE_SIZE);
        host.state = malloc(shadow_state_bytes(pool_frames));
        memset(host.state, 0xa5, shadow_state_bytes(pool_frames));
    }
    host.shadow = shadow_resize(host.shadow, host.state, (smfn_t){HOST_POOL_FIRST}, pool_frames);
    CHECK(host.shadow != NULL && host.shadow == host.state);
    if (grows) {
        free(pool);
        free(state);
    }
}

void host_exchange_numbers(uint32_t a, uint32_t b) {
    uint32_t of_a = host_mfn(a), of_b = host_mfn(b);

    host.renumbered = true;
    host.frame_of[a] = of_b;
    host.frame_of[b] = of_a;
    host.number_of[of_a] = b;
    host.number_of[of_b] = a;
}

pte_t *host_table(uint32_t number) {
    return (pte_t *)host_bytes(number);
}

uint8_t *host_bytes(uint32_t number) {
    CHECK(number < HOST_FRAMES);
    return host.memory + host_mfn(number) * PAGE_SIZE;
}

bool host_load(uint32_t number) {
    bool cached;
    smfn_t root;

    CHECK_EQUAL(shadow_set_base_pointer(host.shadow, (mfn_t){host_mfn(number)}, &root, &cached), 0);
    CHECK(in_pool(root.n));
    host.loaded = root;
    mmu_forget_non_global();
    CHECK(host_maps_balance());
    return cached;
}

bool host_maps_balance(void) {
    return host.mapped == (host.shadow->base_table != NULL ? 1u : 0u) + (host.shadow->code != NULL ? 1u : 0u);
}

/* Every frame behind a superpage is referenced once for all of them (P3). */
static void count_superpages(uint32_t *reads, uint32_t *writes) {
    uint32_t i, k;

    for (i = 0; i < HOST_FRAMES / SUPERPAGE_FRAMES; i++) {
        const struct superframe *superframe = &host.shadow->superframes[i];

        for (k = i * SUPERPAGE_FRAMES; k < (i + 1) * SUPERPAGE_FRAMES; k++) {
            reads[k] += superframe->superpages[false] != 0;
            writes[k] += superframe->superpages[true] != 0;
        }
    }
}

bool host_references_agree(void) {
    static uint32_t reads[HOST_FRAMES], writes[HOST_FRAMES];
    uint32_t i, k;

    memset(reads, 0, sizeof(reads));
    memset(writes, 0, sizeof(writes));
    count_superpages(reads, writes);
    for (i = 0; i < host.shadow->pool_frames; i++) {
        const struct shadow_page *page = &host.shadow->pages[i];

        for (k = 0; (page->kind == KIND_L1 || page->kind == KIND_FL1) && k < TABLE_ENTRIES; k++) {
            pte_t entry = page_table(host.shadow, page)[k];

            if (entry != 0 && entry >> PAGE_SHIFT < HOST_FRAMES) {
                (entry & PTE_W ? writes : reads)[entry >> PAGE_SHIFT]++;
            }
        }
    }
    for (i = 0; i < HOST_FRAMES; i++) {
        if (reads[i] != host.frames[i].read_references || writes[i] != host.frames[i].write_references) {
            return false;
        }
    }
    return true;
}

uint32_t host_audit_rules(void) {
    uint32_t rules = 0, checks = 0, violations, found = 0;
    struct trace_slot slot;

    while (trace_take(&slot)) {
        ;
    }
    violations = shadow_audit(host.shadow, &checks);
    CHECK(checks != 0);
    while (trace_take(&slot)) {
        if (slot.header.id == TRACE_ID_audit_violation) {
            rules |= 1u << slot.words[0];
            if (!host.violations_expected) {
                printf("S%u broken: frame %x, index %x, entry %x\n", slot.words[0], slot.words[1], slot.words[2],
                       slot.words[3]);
            }
            found++;
        }
    }
    CHECK((found != 0) == (violations != 0));
    CHECK(host_maps_balance());
    return rules;
}

void host_audit(void) {
    CHECK_EQUAL(host_audit_rules(), 0);
    CHECK(host_references_agree());
}

uint32_t host_last_path(void) {
    struct trace_slot slot;
    uint32_t path = 0;

    while (trace_take(&slot)) {
        if (slot.header.id == TRACE_ID_shadow_fault) {
            path = slot.words[5];
        }
    }
    return path;
}
