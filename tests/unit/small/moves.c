/* moves.c - everything that can happen next. See moves.h. */
#include "tests/unit/small/moves.h"

#include <stdio.h>

#include "shadow/emulate.h"
#include "shadow/emulate_target.h"
#include "tests/unit/small/hardware.h"
#include "tests/unit/small/legal.h"

struct move moves[256], other_moves[256];
uint32_t move_count, other_move_count;

#define ENTRY(frame, rights) ((frame) << PAGE_SHIFT | (rights))
#define ATTEMPTS 6u

/* What is written into tables. */
static const pte_t values[] = {
    0, ENTRY(2, PTE_P | PTE_W | PTE_U), ENTRY(3, PTE_P | PTE_W), ENTRY(4, PTE_P | PTE_W | PTE_U | PTE_A | PTE_D),
    ENTRY(0, PTE_P | PTE_W), ENTRY(4, PTE_P | PTE_U), ENTRY(0, PTE_P | PTE_W | PTE_PS),
};

#define VALUES (sizeof(values) / sizeof(values[0]))

/* Where: frame, index. */
static const uint8_t places[][2] = {{0, 0}, {0, 1}, {0, 2}, {1, 1}, {2, 0}, {2, 3}, {3, 0}, {3, 1}};

#define PLACES (sizeof(places) / sizeof(places[0]))

static void add(struct move *list, uint32_t *count, enum move_kind kind, uint32_t a, uint32_t b, uint32_t value) {
    list[(*count)++] = (struct move){(uint8_t)kind, (uint8_t)a, (uint8_t)b, (uint8_t)value, 0, 0};
}

static void add_stores(struct move *list, uint32_t *count, enum move_kind kind) {
    uint32_t i, k;

    for (i = 0; i < PLACES; i++) {
        for (k = 0; k < VALUES; k++) {
            add(list, count, kind, places[i][0], places[i][1], k);
        }
    }
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
    add_stores(moves, &move_count, MOVE_EXPLICIT);
    add_stores(moves, &move_count, MOVE_STORE);
    add_stores(other_moves, &other_move_count, MOVE_STORE);
    add(moves, &move_count, MOVE_FLUSH, 0, 0, 0);
    add(moves, &move_count, MOVE_LOAD, 0, 0, 0);
    add(moves, &move_count, MOVE_LOAD, 1, 0, 0);
    for (i = 0; i < 4; i++) {
        add(moves, &move_count, MOVE_RELEASE, frames[i], 0, 0);
        add(moves, &move_count, MOVE_RETURN, frames[i], 0, 0);
        add(moves, &move_count, MOVE_UNPIN, frames[i], 0, 0);
    }
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
    pte_t upper = world.guest[shadow->base.n][page / TABLE_ENTRIES], leaf;
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

/* The processor stores: whatever it remembers, or finds, of frame is good enough. */
static bool store(uint32_t frame, uint32_t index, pte_t value) {
    if (world.guest[frame][index] == value || !hardware_may_write(frame)) {
        return false;
    }
    world.guest[frame][index] = value;
    return true;
}

static bool update(uint32_t frame, uint32_t index, pte_t value) {
    if (world.guest[frame][index] == value || !world.owned[frame]) {
        return false;
    }
    wrong_unless(shadow_write_entry(shadow, (mfn_t){frame}, index, value, false, TRACE_WRITE_VIA_mmu_update) == 0,
                 "an update is refused");
    wrong_unless(interfere_at != 0 || world.guest[frame][index] == value, "an update is not made");
    return true;
}

static bool load(uint32_t frame) {
    smfn_t root;
    bool cached;

    if (shadow_set_base_pointer(shadow, (mfn_t){frame}, &root, &cached) != 0) {
        wrong_unless(!world.owned[frame], "a base pointer is refused");
        return false;
    }
    world.loaded = root.n;
    hardware_forget_all();
    legal_flush_all();
    return true;
}

static bool release(uint32_t frame) {
    if (!world.owned[frame] || frame == shadow->base.n) {
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
    default: shadow_unpin(shadow, (mfn_t){move->a}); return true;
    }
}

/* The other vcpu's move, in the middle of this one's: it never enters the engine, which is taken. */
static const struct move *others;
static bool other_done;

static void make_other(void) {
    uint32_t frame, error;

    if (others->kind == MOVE_STORE) {
        other_done = store(others->a, others->b, values[others->value]);
    } else {
        other_done = world.loaded != 0 && hardware_walk(others->a, others->b, &frame, &error);
    }
    legal_moment();
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
    bool done;

    others = &other_moves[move->other];
    other_done = move->at == 0;
    interfere = make_other;
    interfere_at = move->at;
    callbacks = 0;
    done = make(move);
    legal_moment();
    interfere_at = 0;
    if (move->at != 0 && other_done) {
        check_other_store(move);
    }
    return done && other_done;
}

static void print(const struct move *move) {
    static const char *const names[] = {"access", "remembered", "emulate", "store", "explicit", "invlpg", "flush",
                                        "load", "release", "return", "unpin"};

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
