/* actions.c - what a random guest does. See actions.h. */
#include "tests/unit/shadow/actions.h"

#include <string.h>

#include "tests/unit/shadow/choose.h"
#include "tests/unit/shadow/host.h"
#include "tests/unit/shadow/legality.h"
#include "tests/unit/shadow/mmu.h"
#include "tests/unit/shadow/watcher.h"

#define VCPUS 2u

static uint32_t vcpu, bases[VCPUS];
static uint32_t base;    /* of the vcpu that runs */

const char *const action_names[ACTION_KINDS] = {
    [ACTION_ACCESS] = "ACTION_ACCESS", [ACTION_STORE] = "ACTION_STORE", [ACTION_EXPLICIT] = "ACTION_EXPLICIT",
    [ACTION_INVLPG] = "ACTION_INVLPG", [ACTION_FLUSH] = "ACTION_FLUSH", [ACTION_LOAD] = "ACTION_LOAD",
    [ACTION_RESUME] = "ACTION_RESUME", [ACTION_LEAVE] = "ACTION_LEAVE", [ACTION_RESIZE] = "ACTION_RESIZE",
    [ACTION_TAKE_BACK] = "ACTION_TAKE_BACK", [ACTION_RELEASE] = "ACTION_RELEASE", [ACTION_UNPIN] = "ACTION_UNPIN",
    [ACTION_RENUMBER] = "ACTION_RENUMBER",
    [ACTION_POLICY] = "ACTION_POLICY", [ACTION_WATCH] = "ACTION_WATCH", [ACTION_AUDIT] = "ACTION_AUDIT",
};

uint32_t actions_base(void) {
    return base;
}

/* When the guest's CR4.PGE changes, everything is flushed. */
static void change_policy(uint32_t policy, uint32_t switches) {
    uint32_t changed = host.shadow->switches ^ switches;

    shadow_set_policy(host.shadow, (enum shadow_policy)policy, switches);
    if (changed & SHADOW_SWITCH_GLOBAL) {
        legality_global((switches & SHADOW_SWITCH_GLOBAL) != 0);
    }
}

/* Half of the guests are translated: numbers, also those of 4 MiB pages, mean other frames. */
static void number_frames(void) {
    bool translated = random_below(2);
    uint32_t i;

    for (i = 0; translated && i < ALIASED; i++) {
        host_exchange_numbers(i, random_below(8) ? random_below(ALIASED) : 1024 + random_below(24));
    }
}

static void guest_begin(void) {
    static const uint32_t pools[] = {16, 16, 17, 18, 64};
    uint32_t i, k;

    base = 0;
    host_begin(pools[random_below(5)]);
    number_frames();
    legality_global(false);
    mmu_use_caches(true);
    for (i = 0; i < ROOTS; i++) {
        host_table(ROOT_FIRST + i)[0x200] = CODE_L1 << PAGE_SHIFT | PTE_P | PTE_A;
        host_table(ROOT_FIRST + i)[0x201] = ALIAS_L1 << PAGE_SHIFT | PTE_P | PTE_W;
    }
    host_table(CODE_L1)[0] = CODE << PAGE_SHIFT | PTE_P;
    for (i = 0; i < ALIASED; i++) {
        host_table(ALIAS_L1)[i] = i << PAGE_SHIFT | PTE_P | PTE_W;
    }
    for (i = 0; i < ROOTS + L1S; i++) {
        uint32_t table = i < ROOTS ? ROOT_FIRST + i : L1_FIRST + i - ROOTS;

        for (k = 0; k < LEGAL_INDEXES; k++) {
            host_table(table)[legal_indexes[k]] = random_entry(false);
        }
        for (k = 0; i < ROOTS && k < LEGAL_SLOTS; k++) {
            host_table(table)[LEGAL_SLOT_FIRST + k] = random_entry(true);
        }
    }
    if (random_below(2)) { /* the map of all memory is global, as a kernel's is */
        for (i = 0; i < ALIASED; i++) {
            host_table(ALIAS_L1)[i] |= PTE_G;
        }
    }
    choose_begin();
    vcpu = 0;
    bases[0] = base = ROOT_FIRST;
    bases[1] = ROOT_FIRST + 1;
    host_load(base);
    legality_load(base);
    change_policy(SHADOW_POLICY_DEFAULT, SHADOW_SWITCHES_DEFAULT | (random_below(2) ? SHADOW_SWITCH_GLOBAL : 0));
    watcher_begin();
}

/* One instruction that stores value at (edi); emulated ones first. */
struct store {
    const char *code;
    uint32_t length, size;
};

static const struct store stores[] = {
    {"\x89\x07", 2, 4}, {"\x66\x89\x07", 3, 2}, {"\x88\x07", 2, 1}, {"\x87\x07", 2, 4}, {"\xf0\x87\x07", 3, 4},
        {"\xab", 1, 4},
    {"\x0f\xc3\x07", 3, 4}, {"\xd9\x1f", 2, 4}, /* FSTP */
};

_Static_assert(STORES == sizeof(stores) / sizeof(stores[0]), "as many as actions.h says");

static struct cpu_user_regs store_regs(const struct store *store, uint32_t linear, uint32_t value) {
    struct cpu_user_regs regs = {.eip = CODE_LINEAR + random_below(PAGE_SIZE - store->length + 1), .cs = FLAT_RING1_CS,
                                 .ds = FLAT_RING1_DS, .es = FLAT_RING1_DS, .ss = FLAT_RING1_DS, .edi = linear,
                                 .eax = value};

    memcpy(host_bytes(CODE) + regs.eip % PAGE_SIZE, store->code, store->length);
    shadow_frame_written(host.shadow, (mfn_t){host_mfn(CODE)}); /* a half-written entry may have made a table of it */
    watcher_wrote(CODE);
    legality_moment();
    return regs;
}

/* A success: was it legal? */
static void check_success(uint32_t linear, uint32_t cpl, bool write, const struct translation *translation) {
    uint32_t frame = 0, table;
    int32_t fault = model_walk(base, linear, cpl, write, &frame);
    pte_t l2e = host_table(base)[l2_index(linear)], leaf = l2e;

    CHECK(translation->frame < HOST_FRAMES && host.frames[translation->frame].ownership != FOREIGN);
    CHECK(legality_allows(linear, translation->frame, write, cpl == 3));
    if (!translation->fresh || host.shadow->out_of_sync != 0) {
        return;
    }
    CHECK(fault == -1 && host_mfn(frame) == translation->frame);
    CHECK(l2e & PTE_A);
    if (!(l2e & PTE_PS)) {
        table = l2e >> PAGE_SHIFT;
        leaf = host_table(table)[l1_index(linear)];
    }
    CHECK(leaf & PTE_A);
    CHECK(!write || (leaf & PTE_D));
}

static void access_memory(const uint32_t *arguments) {
    uint32_t linear = arguments[0], offset = arguments[1], cpl = arguments[2] & 3, value = arguments[4];
    uint32_t error = 0, frame;
    const struct store *store = &stores[arguments[3]];
    bool write = arguments[2] & 4;
    struct cpu_user_regs regs = store_regs(store, linear + offset, value);
    int32_t fault = model_walk(base, linear, cpl, write, &frame);
    struct translation translation = {0, false};

    if (fault == -1 && is_fixture(frame)) {
        write = false;
        fault = model_walk(base, linear, cpl, write, &frame);
    }
    switch (mmu_run(linear + offset, cpl, write, &regs, &translation, &error)) {
    case ACCESS_DONE:
        check_success(linear, cpl, write, &translation);
        frame = host.number_of[translation.frame];
        watcher_saw(frame, write);
        if (write && !is_fixture(frame)) {
            memcpy(host_bytes(frame) + offset, &value, store->size);
        }
        break;
    case ACCESS_EMULATED:
        CHECK(write && cpl != 3 && fault == -1);
        CHECK(memcmp(host_bytes(frame) + offset, &value, store->size) == 0);
        watcher_saw(frame, true);
        break;
    case ACCESS_FAULT:
        CHECK_EQUAL(error, fault);
        break;
    case ACCESS_DEAD:
        CHECK(!"the domain lives");
    }
}

/* The guest kernel stores to a table through its map of all memory. */
static void store_entry(const uint32_t *arguments) {
    uint32_t table = arguments[0], linear = ALIAS_LINEAR + table * PAGE_SIZE + arguments[1], value = arguments[3];
    uint32_t error;
    const struct store *store = &stores[arguments[2]];
    struct cpu_user_regs regs = store_regs(store, linear, value);
    struct translation translation = {0, false};
    enum outcome outcome = mmu_run(linear, 1, true, &regs, &translation, &error);

    if (host_frame(table)->ownership == FOREIGN) {
        CHECK(outcome == ACCESS_FAULT);
        return;
    }
    if (outcome == ACCESS_DONE) {
        CHECK(translation.frame == host_mfn(table));
        memcpy(host_bytes(table) + linear % PAGE_SIZE, &value, store->size);
    } else {
        CHECK(outcome == ACCESS_EMULATED);
        CHECK(memcmp(host_bytes(table) + linear % PAGE_SIZE, &value, store->size) == 0);
    }
    watcher_saw(table, true);
}

/* Somebody else has written the frame of that number. */
static void note_written_outside(uint32_t number) {
    shadow_note_written(host.shadow, (mfn_t){host_mfn(number)});
    watcher_wrote(number);
}

static void update_explicitly(const uint32_t *arguments) {
    int done = shadow_write_entry(host.shadow, (mfn_t){host_mfn(arguments[0])}, arguments[1], arguments[2], arguments[3] != 0,
                                  TRACE_WRITE_VIA_mmu_update);

    if (done == 0) {
        note_written_outside(arguments[0]);
    }
    CHECK((done == 0) == (host_frame(arguments[0])->ownership == OWNED));
}

static void load_base_pointer(uint32_t to) {
    uint32_t old = host.shadow->root;
    smfn_t root;
    bool cached;

    if (host_frame(to)->ownership != OWNED) {
        CHECK(shadow_set_base_pointer(host.shadow, (mfn_t){host_mfn(to)}, &root, &cached) != 0);
        CHECK(host.shadow->root == old);
        return;
    }
    host_load(to);
    bases[vcpu] = base = to;
    legality_load(base);
}

/* The vcpu's turn, as the hypervisor gives it. */
static void resume(uint32_t which) {
    smfn_t root;

    vcpu = which;
    base = bases[vcpu];
    if (shadow_same_base_pointer(host.shadow, (mfn_t){host_mfn(base)}, &root)) {
        CHECK(root.n == HOST_POOL_FIRST + host.shadow->root);
        host.loaded = root;
        mmu_forget_non_global();
    } else {
        host_load(base);
    }
    legality_load(base);
}

/* The engine is empty, and the processor knows nothing; the vcpu goes on. */
static void begin_again(void) {
    CHECK(host_references_agree());
    host_load(base);
    legality_load(base);
    legality_flush_all();
}

/* In the other mode nobody tells the engine what the guest writes. */
static void leave_and_return(uint32_t changes) {
    host.loaded.n = 0;
    mmu_forget_all();
    shadow_clear(host.shadow);
    while (changes-- > 0) {
        uint32_t table = L1_FIRST + random_below(L1S);

        host_table(table)[legal_indexes[random_below(LEGAL_INDEXES)]] = random_entry(false);
        note_written_outside(table);
    }
    shadow_set_policy(host.shadow, host.shadow->policy, host.shadow->switches);
    begin_again();
}

static void resize(uint32_t pool_frames) {
    host_resize(pool_frames);
    begin_again();
}

static bool is_base(uint32_t number) {
    return number == bases[0] || number == bases[1];
}

/* A frame leaves the domain, or comes back. */
static void change_ownership(uint32_t number) {
    struct host_frame *frame = host_frame(number);

    if (is_base(number)) {
        return;
    }
    if (frame->ownership == FOREIGN) {
        frame->ownership = OWNED;
        note_written_outside(number);
    } else {
        shadow_frame_released(host.shadow, (mfn_t){host_mfn(number)});
        CHECK(frame->read_references == 0 && frame->write_references == 0);
        frame->ownership = FOREIGN;
    }
}

static bool is_root(uint32_t number) {
    return number - ROOT_FIRST < ROOTS;
}

/*
 * As the hypervisor does it: the engine forgets a frame before its number means another one. Roots change among
 * themselves only: each has the entries that the guest stands on.
 */
static void renumber(uint32_t a, uint32_t b) {
    uint32_t frames[2] = {host_mfn(a), host_mfn(b)}, i;

    if (a == b || is_base(a) || is_base(b) || is_fixture(a) || is_fixture(b) || is_root(a) != is_root(b)) {
        return;
    }
    for (i = 0; i < 2; i++) {
        shadow_frame_released(host.shadow, (mfn_t){frames[i]});
        CHECK(host.frames[frames[i]].read_references == 0 && host.frames[frames[i]].write_references == 0);
        legality_forget_frame(frames[i]);
    }
    host_exchange_numbers(a, b);
    watcher_exchanged(a, b);
    note_written_outside(a);
    note_written_outside(b);
}

static void take_back(uint32_t frames) {
    while (frames-- > 0) {
        uint32_t number = random_below(4) != 0 ? random_below(ALIASED) : HIGH_FIRST + random_below(HIGH);

        host_frame(number)->ownership = OWNED;
        note_written_outside(number);
    }
}

static void invlpg(uint32_t linear) {
    shadow_invlpg(host.shadow, linear);
    mmu_forget_page(linear);
    legality_flush_page(linear);
}

static void flush(void) {
    shadow_flush(host.shadow);
    mmu_forget_all();
    legality_flush_all();
}

static void run(uint32_t kind, const uint32_t *arguments) {
    switch (kind) {
    case ACTION_ACCESS: access_memory(arguments); break;
    case ACTION_STORE: store_entry(arguments); break;
    case ACTION_EXPLICIT: update_explicitly(arguments); break;
    case ACTION_INVLPG: invlpg(arguments[0]); break;
    case ACTION_FLUSH: flush(); break;
    case ACTION_LOAD: load_base_pointer(ROOT_FIRST + arguments[0] % ROOTS); break; /* also when 0 is left of it */
    case ACTION_RESUME: resume(arguments[0]); break;
    case ACTION_LEAVE: leave_and_return(arguments[0]); break;
    case ACTION_RESIZE: resize(arguments[0]); break;
    case ACTION_TAKE_BACK: take_back(arguments[0]); break;
    case ACTION_RELEASE: change_ownership(arguments[0]); break;
    case ACTION_UNPIN: shadow_unpin(host.shadow, (mfn_t){host_mfn(arguments[0])}); break;
    case ACTION_RENUMBER: renumber(arguments[0], arguments[1]); break;
    case ACTION_POLICY: change_policy(arguments[0], arguments[1]); break;
    case ACTION_WATCH: watcher_act(); break;
    case ACTION_AUDIT: host_audit(); break;
    default: CHECK(!"an action");
    }
}

void action_run(const struct action *action) {
    uint64_t kept = random_switch(action->chance * 2ull + 1);

    run(action->kind, action->arguments);
    legality_moment();
    CHECK(!host.dead);
    (void)random_switch(kept);
}

void actions_begin(uint32_t seed) {
    uint64_t kept = random_switch(seed * 2ull + 1);

    guest_begin();
    (void)random_switch(kept);
}

void actions_end(void) {
    host_audit();
    watcher_end();
    host_end();
}

void actions_play(uint32_t seed, const struct action *actions, uint32_t count) {
    uint32_t i;

    actions_begin(seed);
    for (i = 0; i < count; i++) {
        action_run(&actions[i]);
    }
    actions_end();
}
