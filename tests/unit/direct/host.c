/* host.c - see host.h. */
#include "tests/unit/direct/host.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "xen/boot/options.h"
#include "xen/direct/audit.h"
#include "xen/direct/table.h"
#include "xen/direct/walk.h"
#include "xen/domain/end.h"
#include "xen/domain/mode.h"
#include "xen/domain/schedule.h"
#include "xen/guest/segment.h"
#include "xen/lib/panic.h"
#include "xen/lib/printk.h"
#include "xen/mm/frame_setup.h"
#include "xen/mm/heap.h"
#include "xen/mm/m2p.h"
#include "xen/mm/tlb.h"
#include "xen/mm/user_copy.h"

#define SLOT_MARK (PTE_P | PTE_W | PTE_A)
#define PAGES (HOST_SLOTS * TABLE_ENTRIES)

struct host host;
struct boot_options boot_options;
struct cpu cpus[1];
uint32_t map_cache_frame[LAYOUT_MAP_CACHE_SLOTS];
uint8_t map_cache_used[LAYOUT_MAP_CACHE_SLOTS];
uint32_t tlb_generation = 1;

static uint32_t free_list[HOST_LIMIT];
static mfn_t p2m[HOST_GUEST];

/* Bit n: guest frame n. What the TLB may hold of each page, and the tables that it may believe to be in each slot. */
static uint64_t seen[PAGES], seen_writable[PAGES], seen_tables[HOST_SLOTS];

/* ---- the rest of the hypervisor ---- */

void *map_cache_miss(uint32_t frame) {
    fprintf(stderr, "frame %x is none of this machine\n", frame);
    abort();
}

void assertion_failed(const char *file, int line, const char *expression) {
    check(false, file, line, expression);
    abort();
}

void printk(const char *format, ...) {
    (void)format;
}

void layout_init_root(pte_t *root, const struct domain_area *area) {
    for (uint32_t i = HYPERVISOR_L2_FIRST; i < TABLE_ENTRIES; i++) {
        root[i] = ENTRY(i % HOST_FIRST, SLOT_MARK);
    }
    root[l2_index(LAYOUT_DOMAIN_AREA)] = ENTRY((uint32_t)area->l1 / PAGE_SIZE % HOST_LIMIT, SLOT_MARK);
}

uint32_t layout_own_root_mfn(void) {
    return HOST_OWN_ROOT;
}

mfn_t domain_shared_info_mfn(const struct domain *domain) {
    (void)domain;
    return (mfn_t){ HOST_SHARED_INFO };
}

bool domain_area_ldt(const struct domain_area *area, uint32_t vcpu, uint32_t page, mfn_t *mfn) {
    pte_t entry = area->l1[vcpu * DOMAIN_AREA_VCPU_PAGES + DOMAIN_AREA_LDT_PAGE + page];

    mfn->n = entry >> PAGE_SHIFT;
    return entry & PTE_P;
}

/* Nobody here grants anything. */
struct domain *domain_list;

struct domain *domain_by_id(uint32_t id) {
    return host.domain.id == id ? &host.domain : NULL;
}

/* Nothing here is global: the modes that need no shadows refuse G. */
void domain_forget_global(const struct domain *domain, uint32_t cause) {
    (void)cause;
    CHECK(domain->mode->has_global == NULL);
}

void *heap_pages(uint32_t pages) {
    (void)pages;
    return NULL;
}

uint32_t physical_of(const void *pointer) {
    return (uint32_t)pointer;
}

uint32_t dirty_logs;

void dirty_log_mark(struct domain *domain, mfn_t mfn) {
    (void)mfn;
    CHECK(domain->dirty_log && false); /* nobody keeps one in these modes */
}

void schedule_restore_identity(void) {
}

void *heap_pages_uncleared(uint32_t pages) {
    CHECK(pages == 1);
    return host.heap_refuses ? NULL : map_frame((mfn_t){ HOST_BEFORE });
}

void heap_free(void *pointer, uint32_t pages) {
    CHECK(pages == 1 && pointer == map_frame((mfn_t){ HOST_BEFORE }));
}

void domain_fail(struct domain *domain, uint32_t reason, const char *text) {
    CHECK(domain == &host.domain && reason == TRACE_END_REASON_killed && text != NULL);
    domain->ended = true;
    host.failures++;
}

uint32_t trace_platform_physical(const void *object) {
    (void)object;
    return 0;
}

void trace_platform_out(uint32_t port, uint32_t value) {
    (void)port;
    (void)value;
}

/* Guest memory by linear address, under the tables that are loaded. */
uint32_t copy_from_guest(void *to, uint32_t linear, uint32_t length) {
    for (uint32_t i = 0; i < length; i++) {
        mfn_t table;
        uint32_t index;

        if (walk_find_l1(host.loaded, linear + i, &table, &index) != 0 || !(walk_entry(table, index) & PTE_P)) {
            return length - i;
        }
        const uint8_t *bytes = map_frame((mfn_t){ walk_entry(table, index) >> PAGE_SHIFT });

        ((uint8_t *)to)[i] = bytes[(linear + i) % PAGE_SIZE];
    }
    return 0;
}

static bool refused(void) {
    return host.refuse != 0 && --host.refuse == 0;
}

bool host_frame_get(uint32_t domid, mfn_t mfn) {
    return !refused() && (frame_get)(domid, mfn);
}

bool host_frame_get_with_type(uint32_t domid, mfn_t mfn, enum frame_type type) {
    return !refused() && (frame_get_with_type)(domid, mfn, type);
}

bool read_guest_words(uint32_t linear, uint32_t words[4]) {
    return copy_from_guest(words, linear, 4 * sizeof(*words)) == 0;
}

/* One data segment with a base of its own, and a code segment of 16 bits. */
bool segment_find(const struct vcpu *vcpu, uint32_t selector, struct segment *segment) {
    CHECK(vcpu == &host.vcpu);
    *segment = (struct segment){ .base = selector == HOST_BASED ? 0x1000 : 0, .limit = UINT32_MAX, .level = 1,
                                 .writable = true, .big = selector == HOST_BASED };
    return selector == HOST_BASED || selector == HOST_CODE16;
}

/* ---- the TLB ---- */

uint32_t host_slot(uint32_t k) {
    return k == HOST_SLOTS - 1 ? HYPERVISOR_L2_FIRST - 1 : k;
}

static bool is_guests(uint32_t mfn) {
    return mfn - HOST_FIRST < HOST_GUEST;
}

static void see_page(uint32_t page, pte_t entry, bool writable) {
    uint32_t mfn = entry >> PAGE_SHIFT;

    if ((entry & PTE_P) && is_guests(mfn)) {
        seen[page] |= 1ull << (mfn - HOST_FIRST);
        if (writable && (entry & PTE_W)) {
            seen_writable[page] |= 1ull << (mfn - HOST_FIRST);
        }
    }
}

static void see_table(uint32_t slot, uint32_t table, bool writable) {
    const pte_t *entries = host_table(table);

    for (uint32_t i = 0; i < TABLE_ENTRIES; i++) {
        if (entries[i] & PTE_P) {
            see_page(slot * TABLE_ENTRIES + i, entries[i], writable);
        }
    }
}

void host_tlb_fill(void) {
    if (host.loaded.n == HOST_OWN_ROOT) {
        return;
    }
    for (uint32_t slot = 0; slot < HOST_SLOTS; slot++) {
        pte_t entry = host_table(host.loaded.n)[host_slot(slot)];

        if ((entry & PTE_P) && is_guests(entry >> PAGE_SHIFT)) {
            if (frame_of((mfn_t){ entry >> PAGE_SHIFT })->type == FRAME_L1) {
                seen_tables[slot] |= 1ull << ((entry >> PAGE_SHIFT) - HOST_FIRST);
            }
            see_table(slot, entry >> PAGE_SHIFT, entry & PTE_W);
        }
        for (uint32_t n = 0; seen_tables[slot] >> n; n++) {
            if (seen_tables[slot] >> n & 1) {
                see_table(slot, FRAME(n), true); /* a directory entry that it has not forgotten */
            }
        }
    }
}

static void forget_all(void) {
    memset(seen, 0, sizeof(seen));
    memset(seen_writable, 0, sizeof(seen_writable));
    memset(seen_tables, 0, sizeof(seen_tables));
    tlb_generation++;
    host.flushes++;
}

void tlb_load_root(smfn_t root, uint32_t pages, uint32_t cause) {
    (void)pages;
    (void)cause;
    host.loaded.n = root.n;
    forget_all();
    host_tlb_fill();
}

void tlb_flush_non_global(uint32_t pages, uint32_t cause) {
    (void)pages;
    (void)cause;
    forget_all();
    host_tlb_fill();
}

/* One page, and all that it knows of directories (Intel SDM volume 3, 4.10.4.1). */
void tlb_flush_page(uint32_t linear, uint32_t pages, uint32_t cause) {
    CHECK(pages == 1 && cause != 0);
    host.page_flushes++;
    host_tlb_fill(); /* until now it may have looked */
    memset(seen_tables, 0, sizeof(seen_tables));
    for (uint32_t slot = 0; slot < HOST_SLOTS; slot++) {
        if (host_slot(slot) == l2_index(linear)) {
            seen[slot * TABLE_ENTRIES + l1_index(linear)] = 0;
            seen_writable[slot * TABLE_ENTRIES + l1_index(linear)] = 0;
        }
    }
    host_tlb_fill();
}

void tlb_elided(uint32_t cause, uint32_t linear, uint32_t pages) {
    CHECK(cause != 0 && linear >= HYPERVISOR_LINEAR_START && pages == 1);
}

static uint64_t any(const uint64_t *sets, uint32_t count) {
    uint64_t sum = 0;

    for (uint32_t i = 0; i < count; i++) {
        sum |= sets[i];
    }
    return sum;
}

bool host_tlb_writes(uint32_t mfn) {
    return any(seen_writable, PAGES) >> (mfn - HOST_FIRST) & 1;
}

void host_tlb_check(void) {
    uint64_t mapped = any(seen, PAGES), writable = any(seen_writable, PAGES), tables = any(seen_tables, HOST_SLOTS);
    const struct disconnected *disconnected = &host.domain.direct.disconnected;

    for (uint32_t n = 0; n < HOST_GUEST; n++) {
        const struct frame *frame = frame_of((mfn_t){ FRAME(n) });
        bool guests_now = disconnected->active && disconnected->table.n == FRAME(n);

        if (writable >> n & 1) {
            CHECK(guests_now || frame->type == FRAME_WRITABLE || frame->type == FRAME_NONE);
        }
        if (tables >> n & 1) {
            CHECK(!guests_now && frame->type == FRAME_L1 && (frame->flags & (FRAME_VALIDATED | FRAME_LEAVING)));
        }
        if (mapped >> n & 1) {
            CHECK(frame->owner == host.domain.id);
        }
    }
    if (host.loaded.n != HOST_OWN_ROOT) {
        CHECK(is_table(host.loaded, FRAME_L2));
    }
}

/* ---- the machine ---- */

static void place(uint32_t linear, uint32_t bytes) {
    void *got = mmap((void *)linear, bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    CHECK(got == (void *)linear);
}

void host_begin(void) {
    place(LAYOUT_FRAME_TABLE, PAGE_SIZE);
    place(LAYOUT_DIRECT_MAP, HOST_LIMIT * PAGE_SIZE);
    place(LAYOUT_M2P_WRITABLE, PAGE_SIZE);
}

pte_t *host_table(uint32_t mfn) {
    return map_frame((mfn_t){ mfn });
}

static void take_frames(void) {
    mfn_t mfn;

    for (uint32_t n = 0; n < HOST_GUEST; n++) {
        CHECK(frame_allocate(host.domain.id, &mfn) && mfn.n == FRAME(n));
        m2p_set(mfn, n);
        p2m[n] = mfn;
    }
    for (uint32_t n = 0; n < 2; n++) {
        CHECK(frame_allocate(host.domain.id + 1, &mfn) && mfn.n == HOST_FOREIGN + n);
    }
}

void host_reset(const struct mode_ops *mode) {
    struct trace_slot slot;

    memset(frame_table, 0, HOST_LIMIT * sizeof(struct frame));
    memset(host_table(0), 0, HOST_LIMIT * PAGE_SIZE);
    frame_setup(HOST_LIMIT, HOST_FIRST, free_list);
    frame_add(HOST_FIRST, HOST_LIMIT);
    frame_of((mfn_t){ HOST_SHARED_INFO })->count = 1;
    memset(&host, 0, sizeof(host));
    host.domain = (struct domain){ .id = 1, .vcpu = { &host.vcpu }, .active = &host.vcpu, .p2m = p2m,
                                   .p2m_size = HOST_GUEST, .plain_numbers = HOST_LIMIT, .frames = HOST_GUEST, .frames_limit = HOST_GUEST, .mode = mode };
    direct_init(&host.domain.direct);
    host.domain.direct.budget = DIRECT_UNBOUNDED;
    host.domain.area.l1 = host_table(HOST_AREA);
    host.vcpu = (struct vcpu){ .domain = &host.domain, .base_pointer = { MFN_NONE } };
    cpus[0].vcpu = &host.vcpu;
    take_frames();
    tlb_load_root((smfn_t){ HOST_OWN_ROOT }, 0, TRACE_CAUSE_boot);
    host.flushes = 0;
    trace_start(TRACE_SINK_ring, TRACE_CLASS_always);
    while (trace_take(&slot)) {
    }
}

int host_load(uint32_t mfn) {
    int result = host.domain.mode->load_base_pointer(&host.vcpu, (gfn_t){ mfn }, TRACE_CAUSE_base_pointer_switch);

    if (result == 0) {
        host.vcpu.base_pointer.n = mfn;
    }
    return result;
}

void host_finish_leaving(void) {
    host.domain.direct.budget = DIRECT_UNBOUNDED;
    CHECK(tables_left(&host.domain));
}

uint32_t host_audit_rules(void) {
    uint32_t checks = 0, rules = 0, found = 0, violations;
    struct trace_slot slot;

    while (trace_take(&slot)) {
    }
    violations = direct_audit(&host.domain, &checks);
    CHECK(checks != 0);
    while (trace_take(&slot)) {
        if (slot.header.id == TRACE_ID_audit_violation) {
            CHECK(slot.words[0] > 100 && slot.words[0] <= 106);
            rules |= 1u << (slot.words[0] - 100);
            found++;
        }
    }
    CHECK((found != 0) == (violations != 0));
    return rules;
}

void host_audit(void) {
    CHECK_EQUAL(host_audit_rules(), 0);
    host_tlb_fill();
    host_tlb_check();
}

void host_check_left(void) {
    CHECK_EQUAL(host.domain.direct.leaving, NO_FRAME);
    CHECK_EQUAL(host.domain.direct.partial, 0);
    for (uint32_t n = 0; n < HOST_LIMIT; n++) {
        const struct frame *frame = frame_of((mfn_t){ n });

        CHECK(frame->type == FRAME_NONE && frame->type_count == 0);
        CHECK(!(frame->flags & (FRAME_VALIDATED | FRAME_PARTIAL | FRAME_LEAVING)));
        if (is_guests(n)) {
            CHECK_EQUAL(frame->count, ((frame->flags & FRAME_ALLOCATED) != 0) + ((frame->flags & FRAME_PINNED) != 0));
        }
    }
    CHECK_EQUAL(frame_of((mfn_t){ HOST_SHARED_INFO })->count, 1);
}

void host_keep_frames(struct frame *kept) {
    memcpy(kept, frame_table, HOST_LIMIT * sizeof(*kept));
}

/* That a frame has been a table once is a hint for shadow mode, and stays. */
static bool same_frame(struct frame kept, struct frame now) {
    kept.flags &= (uint8_t)~FRAME_TABLE;
    now.flags &= (uint8_t)~FRAME_TABLE;
    return memcmp(&kept, &now, offsetof(struct frame, link)) == 0;
}

bool host_same_frames(const struct frame *kept) {
    for (uint32_t n = 0; n < HOST_LIMIT; n++) {
        if (!same_frame(kept[n], frame_table[n])) {
            return false;
        }
    }
    return true;
}
