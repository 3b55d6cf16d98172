/*
 * search.c - every sequence of moves of the small world, to a stated depth, breadth first; no state is looked at twice.
 *
 *     build/unit/small DEPTH DEPTH_OF_OTHERS [LOG2_STATES [BEGINNINGS]]
 *
 * Checked in every state: the audit, the books, and that all that the processor may use at that moment is allowed
 * (hardware.h). In the first DEPTH_OF_OTHERS moves of a sequence another vcpu stores or walks at every port callback.
 * LOG2_STATES: room for so many states; BEGINNINGS: from so many of the beginnings (below), or from all.
 * A state is kept as the move that led to it and where from, so the first failure is shown as its shortest sequence.
 * Two states are the same when their 64-bit hashes are.
 * Exit status: 0 every state is right, 1 one is not, 2 out of memory. Callers: tests/test_small.py.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/small/moves.h"

struct state {
    uint32_t from;          /* NONE: a beginning */
    struct move move;
};

static struct state *states;
static uint32_t state_count, state_room;
static uint64_t *seen, seen_mask, transitions;

/*
 * Moves that lead to beginnings. After FILLED of them everything has been touched and both roots are cached; then there
 * is also a 4 MiB page (of this geometry: four frames) in one piece; and then one in pieces instead.
 */
static const struct move filling[] = {
    {MOVE_ACCESS, 0, 0, 0, 0, 0}, {MOVE_ACCESS, 2, 0, 0, 0, 0}, {MOVE_ACCESS, 4, FAULT_WRITE, 0, 0, 0},
    {MOVE_LOAD, 1, 0, 0, 0, 0}, {MOVE_ACCESS, 5, 0, 0, 0, 0}, {MOVE_LOAD, 0, 0, 0, 0, 0}, {MOVE_ACCESS, 3, 0, 0, 0, 0},
    {MOVE_ACCESS, 4, FAULT_WRITE | FAULT_USER, 0, 0, 0},
    {MOVE_EXPLICIT, 0, 2, VALUE_LARGE, 0, 0}, {MOVE_ACCESS, 8, 0, 0, 0, 0}, {MOVE_ACCESS, 9, 0, 0, 0, 0},
    {MOVE_EXPLICIT, 0, 2, VALUE_PIECES, 0, 0}, {MOVE_ACCESS, 8, 0, 0, 0, 0}, {MOVE_ACCESS, 9, 0, 0, 0, 0},
};
#define FILLED 8u

/* And then a table is written that is in sync until that is worth it to have it out of sync (heat.h). */
static const struct move heating[] = {{MOVE_EMULATE, 3, 2, 3, 0, 0}, {MOVE_ACCESS, 3, FAULT_WRITE, 0, 0, 0}};

/* And then frames are watched. */
static const struct move watching[] = {
    {MOVE_LOG, 0, 0, 0, 0, 0}, {MOVE_CLEAN, FRAMES, 0, 0, 0, 0}, {MOVE_SAMPLE, 0, 0, 0, 0, 0},
    {MOVE_ACCESS, 4, FAULT_WRITE | FAULT_USER, 0, 0, 0}, {MOVE_ACCESS, 5, 0, 0, 0, 0},
};
#define WATCHED 5u

static const struct beginning {
    uint8_t policy, switches;                 /* from the first move on */
    uint8_t filling, heating, watching;       /* so many moves of each */
} beginnings[] = {
    {SHADOW_EMULATE, SHADOW_SWITCHES_DEFAULT, 0, 0, 0},
    {SHADOW_EMULATE, SHADOW_SWITCHES_DEFAULT, FILLED, 0, 0},
    {SHADOW_EMULATE, SHADOW_SWITCHES_DEFAULT, FILLED + 3, 0, 0},
    {SHADOW_EMULATE, SHADOW_SWITCHES_DEFAULT, FILLED + 6, 0, 0},
    {SHADOW_OOS, SHADOW_SWITCHES_DEFAULT, FILLED, 2, 0},
    {SHADOW_OOS, SHADOW_SWITCHES_DEFAULT, FILLED, 2, WATCHED},
    {SHADOW_EMULATE, SHADOW_SWITCH_PREFETCH, FILLED, 0, WATCHED},
    {SHADOW_BRUTE, SHADOW_SWITCHES_DEFAULT, FILLED, 0, 0},
    {SHADOW_ANNOUNCE, SHADOW_SWITCHES_DEFAULT, FILLED, 0, WATCHED},
};
#define BEGINNINGS (sizeof(beginnings) / sizeof(beginnings[0]))

static struct kept *kept_beginnings[BEGINNINGS], *now;

static void *room(uint64_t bytes) {
    void *memory = calloc(1, bytes);

    if (memory == NULL) {
        printf("out of memory\n");
        exit(2);
    }
    return memory;
}

/* Was the state never seen before? Open addressing; 0 is an empty place. */
static bool is_new(uint64_t hash) {
    uint64_t at;

    hash += hash == 0;
    for (at = hash & seen_mask; seen[at] != 0; at = (at + 1) & seen_mask) {
        if (seen[at] == hash) {
            return false;
        }
    }
    if (state_count >= seen_mask / 4 * 3) {
        printf("out of memory: more than %u states\n", state_count);
        exit(2);
    }
    seen[at] = hash;
    return true;
}

static void show(uint32_t state) {
    if (states[state].from == NONE) {
        printf("from beginning %u:\n", state);
        return;
    }
    show(states[state].from);
    move_print(&states[state].move);
}

static void fail(uint32_t from, const struct move *last, const char *what) {
    show(from);
    move_print(last);
    printf("%s\n", what);
    fflush(stdout);
    exit(1);
}

/* The world as it is in a state. */
static void go_to(uint32_t state) {
    if (states[state].from == NONE) {
        world_restore(kept_beginnings[state]);
        return;
    }
    go_to(states[state].from);
    (void)move_make(&states[state].move);
}

static void add_state(uint32_t from, struct move move) {
    if (state_count == state_room) {
        state_room = state_room * 2 + 1024;
        states = realloc(states, state_room * sizeof(*states));
        if (states == NULL) {
            printf("out of memory\n");
            exit(2);
        }
    }
    states[state_count++] = (struct state){from, move};
}

/* One move from the state that is in *now. last: what it leads to is looked at, and not kept. */
static void try(uint32_t from, const struct move *move, bool last) {
    const char *wrong;

    world_restore(now);
    world_trouble = NULL;
    if (setjmp(world_panic) != 0) {
        fail(from, move, world_trouble);
    }
    if (!move_make(move)) {
        if (world_trouble != NULL) {
            fail(from, move, world_trouble);
        }
        return;
    }
    transitions++;
    wrong = world_check();
    if (wrong != NULL) {
        fail(from, move, wrong);
    }
    if (is_new(world_hash())) {
        if (last) {
            state_count++; /* counted only */
        } else {
            add_state(from, *move);
        }
    }
}

/* The same move with another vcpu's turn at every callback. */
static void try_with_others(uint32_t from, struct move move, bool last) {
    uint32_t turns, other;

    world_restore(now);
    (void)move_make(&move);
    turns = callbacks;
    for (move.at = 1; move.at <= turns && move.at < 255; move.at++) {
        for (other = 0; other < other_move_count; other++) {
            move.other = (uint8_t)other;
            try(from, &move, last);
        }
    }
}

static void expand(uint32_t state, bool others, bool last) {
    uint32_t i;

    go_to(state);
    world_keep(now);
    for (i = 0; i < move_count; i++) {
        try(state, &moves[i], last);
        if (others) {
            try_with_others(state, moves[i], last);
        }
    }
}

static void make_all(const struct move *list, uint32_t count) {
    uint32_t i;

    for (i = 0; i < count; i++) {
        (void)move_make(&list[i]);
    }
}

static void begin(uint32_t count) {
    uint32_t i;

    moves_begin();
    for (i = 0; i < count; i++) {
        const struct beginning *beginning = &beginnings[i];

        world_begin();
        shadow_set_policy(shadow, (enum shadow_policy)beginning->policy, beginning->switches);
        (void)move_make(&(struct move){.kind = MOVE_LOAD, .a = 0});
        make_all(filling, beginning->filling);
        make_all(heating, beginning->heating);
        make_all(watching, beginning->watching);
        if (world_check() != NULL) {
            printf("from beginning %u:\n%s\n", i, world_check());
            exit(1);
        }
        kept_beginnings[i] = room(kept_bytes);
        world_keep(kept_beginnings[i]);
        (void)is_new(world_hash());
        add_state(NONE, (struct move){0});
    }
}

int main(int argc, char **argv) {
    uint32_t depth = argc > 1 ? (uint32_t)atoi(argv[1]) : 3, others = argc > 2 ? (uint32_t)atoi(argv[2]) : 1, level;
    uint32_t first = 0, end, i, kept, from = argc > 4 ? (uint32_t)atoi(argv[4]) : BEGINNINGS;

    seen_mask = (1ull << (argc > 3 ? atoi(argv[3]) : 25)) - 1;
    seen = room((seen_mask + 1) * sizeof(*seen));
    now = room(kept_bytes);
    begin(from < BEGINNINGS ? from : BEGINNINGS);
    for (level = 0; level < depth; level++) {
        end = kept = state_count;
        for (i = first; i < end; i++) {
            expand(i, level < others, level + 1 == depth);
        }
        first = kept;
        printf("depth %u: %u states, %llu transitions\n", level + 1, state_count, (unsigned long long)transitions);
        fflush(stdout);
    }
    printf("small: %u states, %llu transitions, from %u beginnings every sequence of %u moves, %u of them with another "
           "vcpu's turns\n", state_count, (unsigned long long)transitions, from < BEGINNINGS ? from : (uint32_t)BEGINNINGS,
           depth, others < depth ? others : depth);
    return 0;
}
