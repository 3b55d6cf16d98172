/* moves.c - everything that can happen next. See moves.h. */
#include "tests/unit/small/moves.h"

#include <stdio.h>
#include <string.h>

#include "shadow/dirty.h"
#include "shadow/emulate.h"
#include "shadow/emulate_target.h"
#include "tests/unit/small/hardware.h"
#include "tests/unit/small/legal.h"

struct move moves[256], other_moves[256];
uint32_t move_count, other_move_count;

#define ENTRY(frame, rights) ((frame) << PAGE_SHIFT | (rights))
#define ATTEMPTS 6u

/* What is written into tables. Of the two 4 MiB pages the first can be one in the shadow, the other is not all there. */
static const pte_t values[] = {
    0, ENTRY(2, PTE_P | PTE_W | PTE_U), ENTRY(3, PTE_P | PTE_W), ENTRY(4, PTE_P | PTE_W | PTE_U | PTE_A | PTE_D),
    ENTRY(0, PTE_P | PTE_W), ENTRY(4, PTE_P | PTE_U), ENTRY(0, PTE_P | PTE_W | PTE_PS),
    ENTRY(4, PTE_P | PTE_W | PTE_U | PTE_PS),
};


/* Where: frame, index. */
static const uint8_t places[][2] = {{0, 0}, {0, 1}, {0, 2}, {1, 1}, {2, 0}, {2, 3}, {3, 0}, {3, 1}};

#define PLACES (sizeof(places) / sizeof(places[0]))

static void add(struct move *list, uint32_t *count, enum move_kind kind, uint32_t a, uint32_t b, uint32_t value) {
    list[(*count)++] = (struct move){(uint8_t)kind, (uint8_t)a, (uint8_t)b, (uint8_t)value, 0, 0};
}

/* Of the values from first to last. */
static void add_stores(struct move *list, uint32_t *count, enum move_kind kind, uint32_t first, uint32_t last) {
    uint32_t i, k;

    for (i = 0; i < PLACES; i++) {
        for (k = first; k <= last; k++) {
            add(list, count, kind, places[i][0], places[i][1], k);
        }
    }
}

/* What the host may do to the engine. At the end of the list: the fuzzer's corpus knows moves by number. */
static void add_host_moves(void) {
    static const uint8_t cleaned[] = {2, 4, FRAMES};
    uint32_t i;

    for (i = 0; i < 4; i++) {
        add(moves, &move_count, MOVE_POLICY, i, 0, 0);
    }
    for (i = 1; i <= SHADOW_SWITCHES; i *= 2) {
        add(moves, &move_count, MOVE_SWITCH, i, 0, 0);
    }
    add(moves, &move_count, MOVE_RESUME, 0, 0, 0);
    add(moves, &move_count, MOVE_RESUME, 1, 0, 0);
    add(moves, &move_count, MOVE_AWAY, 0, 0, 0);
    add(moves, &move_count, MOVE_LEAVE, 0, 0, 0);
    add(moves, &move_count, MOVE_LOG, 0, 0, 0);
    for (i = 0; i < sizeof(cleaned); i++) {
        add(moves, &move_count, MOVE_CLEAN, cleaned[i], 0, 0);
    }
    add(moves, &move_count, MOVE_SAMPLE, 0, 0, 0);
    add(moves, &move_count, MOVE_HARVEST, 0, 0, 0);
}

void moves_begin(void) {
    static const uint8_t accesses[] = {0, FAULT_WRITE, FAULT_USER, FAULT_WRITE | FAULT_USER};
    static const uint8_t frames[] = {0, 2, 3, 4};
    uint32_t page, i;

    for (page = 0; page < PAGES; page++) {
        for (i = 0; i < 4; i++) {
            /* the kernel's accesses everywhere, the user's where there is a user's page at first */
            if (i < 2 || page % TABLE_ENTRIES == 0) {
                add(moves, &move_count, MOVE_ACCESS, page, accesses[i], 0);
            }
        }
        add(other_moves, &other_move_count, MOVE_ACCESS, page, FAULT_WRITE, 0);
    }
    for (page = 0; page < PAGES; page += 2) {
        add(moves, &move_count, MOVE_REMEMBERED, page, 0, 0);
        add(moves, &move_count, MOVE_INVLPG, page, 0, 0);
    }
    for (i = 0; i < TABLE_ENTRIES; i++) { /* slot 0 maps the tables at first */
        add(moves, &move_count, MOVE_EMULATE, i, 0, 0);
        add(moves, &move_count, MOVE_EMULATE, i, 1, 3);
    }
    add_stores(moves, &move_count, MOVE_EXPLICIT, 0, VALUE_LARGE);
    add_stores(moves, &move_count, MOVE_STORE, 0, VALUE_LARGE);
    add_stores(other_moves, &other_move_count, MOVE_STORE, 0, VALUE_LARGE);
    add(moves, &move_count, MOVE_FLUSH, 0, 0, 0);
    add(moves, &move_count, MOVE_LOAD, 0, 0, 0);
    add(moves, &move_count, MOVE_LOAD, 1, 0, 0);
    for (i = 0; i < 4; i++) {
        add(moves, &move_count, MOVE_RELEASE, frames[i], 0, 0);
        add(moves, &move_count, MOVE_RETURN, frames[i], 0, 0);
        add(moves, &move_count, MOVE_UNPIN, frames[i], 0, 0);
    }
    add_host_moves();
    for (page = 0; page < PAGES; page++) {
        add(other_moves, &other_move_count, MOVE_ACCESS, page, page % TABLE_ENTRIES == 0 ? FAULT_USER : 0, 0);
    }
    for (page = 0; page < PAGES; page += 2) {
        add(other_moves, &other_move_count, MOVE_REMEMBERED, page, 0, 0);
    }
    add_stores(moves, &move_count, MOVE_EXPLICIT, VALUE_PIECES, VALUE_PIECES);
    add_stores(moves, &move_count, MOVE_STORE, VALUE_PIECES, VALUE_PIECES);
    add_stores(other_moves, &other_move_count, MOVE_STORE, VALUE_PIECES, VALUE_PIECES);
}

/* The instruction that faulted, for the engine: what it would store; not on: one that is not emulated. */
static struct {
    bool on;
    uint32_t index;
    pte_t value;
} instruction;

uint32_t emulate_write(struct shadow *engine, const struct walk *walk, struct cpu_user_regs *regs) {
    struct target target = {.shadow = engine, .table = walk->frame, .page = walk->linear & PAGE_MASK};

    if (!instruction.on) {
        return TRACE_FALLBACK_operand;
    }
    target.memory = shadow_port_map(walk->frame);
    target_store(&target, instruction.index * (uint32_t)sizeof(pte_t), instruction.value, sizeof(pte_t));
    shadow_port_unmap(target.memory);
    note_written(engine, walk->frame); /* W3 */
    regs->eip++;
    return TRACE_FALLBACK_none;
}

static void wrong_unless(bool holds, const char *what) {
    if (!holds && world_trouble == NULL) {
        world_trouble = what;
    }
}

/* The access succeeded by a walk. Nobody interfered: it is what the guest's tables give now. */
static void check_access(uint32_t page, uint32_t access, uint32_t frame) {
    pte_t upper = world.guest[base()][page / TABLE_ENTRIES], leaf;
    uint32_t right = 0;

    wrong_unless(legal_walk(page, access, &right) == -1 && right == frame, "an access goes where no entry leads");
    if (world_trouble != NULL) {
        return;
    }
    leaf = upper & PTE_PS ? upper : world.guest[upper >> PAGE_SHIFT][page % TABLE_ENTRIES];
    wrong_unless((upper & PTE_A) && (leaf & PTE_A), "S7: a page was used and is not accessed");
    wrong_unless(!(access & FAULT_WRITE) || (leaf & PTE_D), "S7: a page was written and is not dirty");
}

static bool access_page(uint32_t page, uint32_t access) {
    struct cpu_user_regs regs = {.eip = 0xf0000000};
    uint32_t i, frame = 0, error, right;

    if (world.loaded == 0) {
        return false;
    }
    for (i = 0; i < ATTEMPTS; i++) {
        if (hardware_walk(page, access, &frame, &error)) {
            if (interfere_at == 0 && shadow->out_of_sync == 0) {
                check_access(page, access, frame);
            }
            return !instruction.on;
        }
        hardware_faulted(page);
        if (shadow_page_fault(shadow, page << PAGE_SHIFT, &error, &regs, false) == SHADOW_TO_GUEST) {
            if (interfere_at == 0) {
                wrong_unless(legal_walk(page, access, &right) == (int32_t)error, "a fault with a wrong code");
            }
            return !instruction.on;
        }
        if ((uint32_t)regs.eip != 0xf0000000) {
            return true;
        }
    }
    wrong_unless(interfere_at != 0, "a fault that never ends");
    return true;
}

static bool emulate(uint32_t page, uint32_t index, pte_t value) {
    bool done;

    instruction.on = true;
    instruction.index = index;
    instruction.value = value;
    done = access_page(page, FAULT_WRITE);
    instruction.on = false;
    return done;
}

/* The table that was out of sync by choice when this move began; NONE: there was none. */
static uint32_t compared_table;

/*
 * The processor stores: whatever it remembers, or finds, of frame is good enough. One exception: a table that is out of
 * sync by choice is compared before the flush that follows, not after it; there is one processor, which runs no vcpu
 * in between. So while the engine is at work, nobody writes such a table by what is only remembered.
 */
static bool store(uint32_t frame, uint32_t index, pte_t value) {
    bool remembered = interfere_at == 0 || frame != compared_table;

    if (world.guest[frame][index] == value || !hardware_may_write(frame, remembered)) {
        return false;
    }
    world.guest[frame][index] = value;
    world.unannounced |= shadow->policy == SHADOW_ANNOUNCE;
    return true;
}

static bool update(uint32_t frame, uint32_t index, pte_t value) {
    if (world.guest[frame][index] == value || !world.owned[frame]) {
        return false;
    }
    wrong_unless(shadow_write_entry(shadow, (mfn_t){frame}, index, value, false, TRACE_WRITE_VIA_mmu_update) == 0,
                 "an update is refused");
    shadow_note_written(shadow, (mfn_t){frame}); /* as the host does it (shadow.h) */
    wrong_unless(interfere_at != 0 || world.guest[frame][index] == value, "an update is not made");
    return true;
}

/* The vcpu runs, or goes on to run, with this root in CR3. */
static void run(smfn_t root) {
    world.loaded = root.n;
    hardware_forget_all();
    legal_flush_all();
}

static bool load(uint32_t frame) {
    smfn_t root;
    bool cached;

    if (shadow_set_base_pointer(shadow, (mfn_t){frame}, &root, &cached) != 0) {
        wrong_unless(!world.owned[frame], "a base pointer is refused");
        return false;
    }
    world.base[world.vcpu] = frame;
    run(root);
    return true;
}

static bool resume(uint32_t vcpu) {
    smfn_t root;

    world.vcpu = vcpu;
    if (!shadow_same_base_pointer(shadow, (mfn_t){base()}, &root)) {
        return load(base());
    }
    run(root);
    return true;
}

/* Its root is in no CPU any more. */
static bool go_away(void) {
    bool was = world.loaded != 0;

    world.loaded = 0;
    hardware_forget_all();
    return was;
}

static bool leave(void) {
    bool was = shadow->base.n != NONE;

    (void)go_away();
    shadow_clear(shadow);
    return was;
}

static bool set_policy(enum shadow_policy policy, uint32_t switches) {
    world.unannounced &= policy == SHADOW_ANNOUNCE;
    shadow_set_policy(shadow, policy, switches);
    return true;
}

static bool turn_log(void) {
    bool on = shadow->dirty == NULL;

    memset(world.dirty, 0, sizeof(world.dirty));
    shadow_log_dirty(shadow, on ? world.dirty : NULL, FRAMES);
    return true;
}

static const mfn_t all_frames[FRAMES] = {{0}, {1}, {2}, {3}, {4}, {5}};

static bool clean(uint32_t frame) {
    uint32_t bitmap[MARK_WORDS], first = frame == FRAMES ? 0 : frame, n = frame == FRAMES ? FRAMES : 1;

    return shadow->dirty != NULL && shadow_read_dirty(shadow, all_frames + first, n, bitmap, true) != 0;
}

static bool harvest(void) {
    uint32_t next = 0;

    if (shadow->seen == NULL) {
        return false;
    }
    do {
        next = shadow_harvest(shadow, next, 1);
    } while (next != 0);
    shadow_forget_used(shadow, all_frames, FRAMES);
    return true;
}

static bool turn_samples(void) {
    bool on = shadow->seen == NULL;

    memset(world.seen, 0, sizeof(world.seen));
    shadow_sample(shadow, on ? world.seen : NULL, FRAMES);
    return !on || harvest();
}

static bool release(uint32_t frame) {
    if (!world.owned[frame] || frame == world.base[0] || frame == world.base[1]) {
        return false;
    }
    shadow_frame_released(shadow, (mfn_t){frame});
    wrong_unless(world.references[frame][0] == 0 && world.references[frame][1] == 0,
                 "S5: a frame that left is referred to");
    world.owned[frame] = false;
    return true;
}

static bool give_back(uint32_t frame) {
    bool was = world.owned[frame];

    world.owned[frame] = true;
    return !was;
}

/*
 * What another vcpu stores meanwhile may come after the page was forgotten: what the tables gave at the beginning, a walk
 * right then may have found.
 */
static void invlpg(uint32_t page) {
    legal_flush_page(page);
    shadow_invlpg(shadow, page << PAGE_SHIFT);
    hardware_forget_page(page);
    legal_moment();
}

static void flush(void) {
    shadow_flush(shadow);
    hardware_forget_all();
    legal_flush_all();
}

static bool make(const struct move *move) {
    switch (move->kind) {
    case MOVE_ACCESS: return access_page(move->a, move->b);
    case MOVE_REMEMBERED: return hardware_walk_remembered(move->a);
    case MOVE_EMULATE: return emulate(move->a, move->b, values[move->value]);
    case MOVE_STORE: return store(move->a, move->b, values[move->value]);
    case MOVE_EXPLICIT: return update(move->a, move->b, values[move->value]);
    case MOVE_INVLPG: invlpg(move->a); return true;
    case MOVE_FLUSH: flush(); return true;
    case MOVE_LOAD: return load(move->a);
    case MOVE_RELEASE: return release(move->a);
    case MOVE_RETURN: return give_back(move->a);
    case MOVE_UNPIN: shadow_unpin(shadow, (mfn_t){move->a}); return true;
    case MOVE_POLICY: return move->a != shadow->policy && set_policy(move->a, shadow->switches);
    case MOVE_SWITCH: return set_policy(shadow->policy, shadow->switches ^ move->a);
    case MOVE_RESUME: return resume(move->a);
    case MOVE_AWAY: return go_away();
    case MOVE_LEAVE: return leave();
    case MOVE_LOG: return turn_log();
    case MOVE_CLEAN: return clean(move->a);
    case MOVE_SAMPLE: return turn_samples();
    default: return harvest();
    }
}

/*
 * The other vcpu's move, in the middle of this one's. The engine is taken: where the move faults, the fault waits until
 * this one's is made, and is then an old one.
 */
static const struct move *others;
static bool other_done, other_waits;
static uint32_t other_error;

static void make_other(void) {
    uint32_t frame;

    if (others->kind == MOVE_STORE) {
        other_done = store(others->a, others->b, values[others->value]);
    } else if (others->kind == MOVE_REMEMBERED) {
        other_done = hardware_walk_remembered(others->a);
    } else if (world.loaded != 0) {
        other_waits = !hardware_walk(others->a, others->b, &frame, &other_error);
        other_done = true;
    }
    legal_moment();
}

static void serve_other(void) {
    struct cpu_user_regs regs = {.eip = 0xf0000000};

    if (world.loaded == 0) {
        return; /* it faults again when it runs again */
    }
    hardware_faulted(others->a);
    if (shadow_page_fault(shadow, others->a << PAGE_SHIFT, &other_error, &regs, false) != SHADOW_TO_GUEST) {
        (void)access_page(others->a, others->b);
    }
}

/* W3: what was written is in the log. before: the guest's memory before the move. */
static void check_log(const struct move *move, pte_t (*before)[TABLE_ENTRIES]) {
    uint32_t i;

    for (i = 0; shadow->dirty != NULL && move->kind != MOVE_CLEAN && i < FRAMES; i++) {
        wrong_unless(is_marked(world.dirty, i) || memcmp(before[i], world.guest[i], sizeof(before[i])) == 0,
                     "W3: a frame was written and is clean");
    }
}

/* S11: what another vcpu stored is still there, whatever was marked in it, unless this one's move was a store to it. */
static void check_other_store(const struct move *move) {
    pte_t value, entry;

    if (others->kind != MOVE_STORE || move->kind == MOVE_EXPLICIT || move->kind == MOVE_EMULATE ||
        move->kind == MOVE_STORE) {
        return;
    }
    value = values[others->value];
    entry = world.guest[others->a][others->b];
    wrong_unless((entry | PTE_A | PTE_D) == (value | PTE_A | PTE_D) && (entry & value) == value,
                 "S11: a store of another vcpu is lost");
}

bool move_make(const struct move *move) {
    pte_t before[FRAMES][TABLE_ENTRIES];
    bool done;

    memcpy(before, world.guest, sizeof(before));
    compared_table = shadow->oos[0].page != NONE ? shadow->pages[shadow->oos[0].page].frame : NONE;
    others = &other_moves[move->other];
    other_done = move->at == 0;
    other_waits = false;
    interfere = make_other;
    interfere_at = move->at;
    callbacks = 0;
    done = make(move);
    legal_moment();
    interfere_at = 0;
    if (other_waits) {
        serve_other();
        legal_moment();
    }
    if (move->at != 0 && other_done) {
        check_other_store(move);
    }
    check_log(move, before);
    return done && other_done;
}

static void print(const struct move *move) {
    static const char *const names[] = {"access", "remembered", "emulate", "store", "explicit", "invlpg", "flush",
                                        "load", "release", "return", "unpin", "policy", "switch", "resume", "away",
                                        "leave", "log", "clean", "sample", "harvest"};

    printf("%s %u", names[move->kind], move->a);
    if (move->kind == MOVE_ACCESS) {
        printf(move->b & FAULT_WRITE ? " write" : " read");
        printf(move->b & FAULT_USER ? " user" : " kernel");
    } else if (move->kind == MOVE_EMULATE || move->kind == MOVE_STORE || move->kind == MOVE_EXPLICIT) {
        printf("[%u] = %05x", move->b, values[move->value]);
    }
}

void move_print(const struct move *move) {
    printf("    ");
    print(move);
    if (move->at != 0) {
        printf(", at callback %u another vcpu: ", move->at);
        print(&other_moves[move->other]);
    }
    printf("\n");
}
