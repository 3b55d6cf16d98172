/* choose.c - the next action of a random guest. See choose.h. */
#include "tests/unit/shadow/choose.h"

#include "tests/unit/shadow/host.h"
#include "tests/unit/shadow/legality.h"

/* A few addresses that come again and again, for a while. */
static uint32_t hot[3];
/* Is the guest watched? There are superpages only when nobody watches. */
static bool is_watched;

/* Often the table behind a hot address: then it is reached under two addresses. */
static uint32_t random_frame(bool upper) {
    uint32_t base = actions_base(), behind = host_table(base)[l2_index(hot[random_below(3)])] >> PAGE_SHIFT;

    if (random_below(3) == 0 && behind >= L1_FIRST && behind < L1_FIRST + L1S) {
        return behind;
    }
    if (upper && random_below(8) != 0) {
        return random_below(32) != 0 ? L1_FIRST + random_below(L1S) : HIGH_FIRST + random_below(HIGH);
    }
    switch (random_below(8)) {
    case 0:
        return ROOT_FIRST + random_below(ROOTS);
    case 1:
    case 2:
    case 3:
        return L1_FIRST + random_below(L1S);
    case 4:
        return random_below(16) == 0 ? random_word() >> 12 : HIGH_FIRST + random_below(HIGH);
    default:
        return DATA_FIRST + random_below(DATA);
    }
}

/* upper: for an L2 table */
uint32_t random_entry(int upper) {
    uint32_t bits = random_word(), entry = random_frame(upper) << PAGE_SHIFT;

    entry |= (bits & 15 ? PTE_P : 0) | (bits >> 4 & 7 ? PTE_W : 0) | (bits >> 24 & 7 ? PTE_U : 0);
    entry |= (bits >> 8 & 1 ? PTE_A : 0) | (bits >> 9 & 1 ? PTE_D : 0) | (bits >> 10 & 3 ? 0 : PTE_G) |
        (bits >> 13 & 7) << 9;
    if ((bits >> 16 & 7) == 0) {
        entry = (entry & 0xfff) | (random_below(3) != 0) << L2_SHIFT | PTE_PS | (bits >> 19 & 7 ? 0 : 0x4000) |
                (bits >> 22 & 1 ? PTE_PWT : 0);
    }
    return entry;
}

static uint32_t random_linear(void) {
    uint32_t linear = (LEGAL_SLOT_FIRST + random_below(LEGAL_SLOTS)) << L2_SHIFT |
                      legal_indexes[random_below(LEGAL_INDEXES)] << L1_SHIFT;

    if (random_below(64) == 0) {
        hot[random_below(3)] = linear;
    }
    return random_below(4) != 0 ? hot[random_below(3)] : linear;
}

/* Byte offset of an entry that matters. */
static uint32_t random_offset(void) {
    return legal_indexes[random_below(LEGAL_INDEXES)] * 4;
}

static uint32_t random_table(void) {
    return random_below(3) == 0 ? ROOT_FIRST + random_below(ROOTS) : L1_FIRST + random_below(L1S);
}

/* An entry to change: often one through which a hot address goes. */
static void random_place(uint32_t *table, uint32_t *offset) {
    uint32_t linear = hot[random_below(3)], l2e = host_table(actions_base())[l2_index(linear)];

    *table = random_table();
    *offset = random_offset();
    if (random_below(3) == 0) {
        return;
    }
    if (random_below(3) == 0 || (l2e & PTE_PS) || l2e >> PAGE_SHIFT >= HOST_FRAMES) {
        *table = actions_base();
        *offset = l2_index(linear) * 4;
    } else if (l2e >> PAGE_SHIFT < ALIASED && !is_fixture(l2e >> PAGE_SHIFT)) {
        *table = l2e >> PAGE_SHIFT;
        *offset = l1_index(linear) * 4;
    }
}

/* What to write there: something new, or what is there with one right or mark changed. */
static uint32_t random_change(uint32_t table, uint32_t offset) {
    static const uint32_t bits[] = {PTE_W, PTE_W, PTE_W, PTE_U, PTE_A, PTE_D, PTE_PCD, PTE_G};
    uint32_t old = host_table(table)[offset / 4];

    if (random_below(3) == 0 || old >> PAGE_SHIFT == 0) {
        return random_entry(table >= ROOT_FIRST);
    }
    if (!(old & PTE_P) || random_below(8) == 0) {
        return old ^ PTE_P;
    }
    return old ^ bits[random_below(8)];
}

void choose_begin(void) {
    uint32_t i;

    is_watched = random_below(2);
    for (i = 0; i < 3; i++) {
        hot[i] = (LEGAL_SLOT_FIRST + i) << L2_SHIFT | legal_indexes[i] << L1_SHIFT;
    }
}

/* Any access to the set; a write may land in a table. */
static void choose_access(uint32_t *arguments) {
    arguments[0] = random_linear();
    arguments[1] = random_offset();
    arguments[2] = random_below(8);
    arguments[3] = random_below(STORES);
    arguments[4] = random_entry(false);
}

static void choose_store(uint32_t *arguments) {
    random_place(&arguments[0], &arguments[1]);
    arguments[3] = random_change(arguments[0], arguments[1]);
    arguments[1] += random_below(8) == 0 ? random_below(4) : 0;
    arguments[2] = random_below(STORES);
}

static void choose_explicit(uint32_t *arguments) {
    random_place(&arguments[0], &arguments[1]);
    arguments[2] = random_change(arguments[0], arguments[1]);
    arguments[1] /= 4;
    arguments[3] = random_below(2);
}

/* Mostly with the guest's CR4.PGE as it is. */
static uint32_t random_switches(void) {
    uint32_t switches = random_below(SHADOW_SWITCHES + 1);

    return random_below(4) == 0 ? switches
                                : (switches & ~SHADOW_SWITCH_GLOBAL) | (host.shadow->switches & SHADOW_SWITCH_GLOBAL);
}

/* Another policy or pool, or the engine is left and begun again. */
static void choose_change_of_engine(struct action *action) {
    switch (random_below(4)) {
    case 0:
        action->kind = ACTION_LEAVE;
        action->arguments[0] = random_below(8);
        break;
    case 1:
        action->kind = ACTION_RESIZE;
        action->arguments[0] = SHADOW_POOL_MINIMUM + (random_below(4) == 0 ? random_below(64) : 0);
        break;
    default:
        action->kind = ACTION_POLICY;
        action->arguments[0] = random_below(SHADOW_ANNOUNCE); /* these guests announce nothing (test_policy.c) */
        action->arguments[1] = random_switches();
    }
}

struct action choose(void) {
    struct action action = {.chance = random_word()};
    uint32_t choice = random_below(is_watched ? 108 : 106), *arguments = action.arguments;

    if (choice < 45) {
        action.kind = ACTION_ACCESS;
        choose_access(arguments);
    } else if (choice < 75) {
        action.kind = ACTION_STORE;
        choose_store(arguments);
    } else if (choice < 83) {
        action.kind = ACTION_EXPLICIT;
        choose_explicit(arguments);
    } else if (choice < 93) {
        action.kind = random_below(3) != 0 ? ACTION_INVLPG : ACTION_FLUSH;
        arguments[0] = action.kind == ACTION_INVLPG ? random_linear() : 0;
    } else if (choice < 98) {
        action.kind = ACTION_LOAD;
        arguments[0] = ROOT_FIRST + random_below(ROOTS);
    } else if (choice < 100) {
        action.kind = ACTION_RESUME;
        arguments[0] = random_below(2);
    } else if (choice < 101) {
        action.kind = ACTION_TAKE_BACK;
        arguments[0] = random_below(64);
    } else if (choice < 102) {
        action.kind = ACTION_RELEASE;
        arguments[0] = random_below(2) ? DATA_FIRST + random_below(DATA)
            : random_below(4) ? random_table() : HIGH_FIRST + random_below(HIGH);
    } else if (choice < 104) {
        action.kind = ACTION_UNPIN;
        arguments[0] = random_table();
    } else if (choice < 105) {
        choose_change_of_engine(&action);
    } else if (choice < 106) {
        action.kind = ACTION_RENUMBER;
        arguments[0] = random_table();
        arguments[1] = arguments[0] >= ROOT_FIRST ? ROOT_FIRST + random_below(ROOTS)
                       : random_below(2)          ? L1_FIRST + random_below(L1S)
                                                  : DATA_FIRST + random_below(DATA);
    } else {
        action.kind = ACTION_WATCH;
    }
    return action;
}
