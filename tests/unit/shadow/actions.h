/*
 * actions.h - what a random guest does, as data: so that a run can be repeated, shortened and printed.
 *
 * The guest has eight L2 tables and 24 L1 tables, which may map each other and themselves in every way, and two vcpus,
 * each with its own base pointer, that take turns on one processor. Half of the guests are translated: all frames here
 * are numbers, and what a number means changes meanwhile. Each action
 * carries its arguments and the state of the random numbers that are drawn while it runs (what the software MMU
 * remembers, where an instruction lies), so it does the same wherever it stands in a sequence, and can run in any
 * state.
 * Checked while it runs: an access that succeeds was granted by the guest's tables since its last flush (legality.h);
 * one that the tables allow does succeed; a fault has the code that the tables give; accessed and dirty are set; no
 * access ever reaches a frame that was given away; an audit finds nothing. Meanwhile somebody watches the guest's
 * memory (watcher.h): every frame that was written is in the log, and no other; every frame that was used is in the
 * samples, and no other.
 * Callers: choose.c, shrink.c, test_engine.c, test_shrink.c, and what shrink.c prints.
 */
#ifndef UNIT_ACTIONS_H
#define UNIT_ACTIONS_H

#include <stdint.h>

enum action_kind {
    ACTION_ACCESS,    /* linear, offset, CPL | 4 for a write, instruction, value */
    ACTION_STORE,     /* through the map of all memory: table, offset, instruction, value */
    ACTION_EXPLICIT,  /* table, index, value, whether to keep accessed and dirty */
    ACTION_INVLPG,    /* linear */
    ACTION_FLUSH,
    ACTION_LOAD,      /* base pointer */
    ACTION_RESUME,    /* vcpu: it runs now, on its own base pointer */
    ACTION_LEAVE,     /* the domain leaves shadow mode, changes so many entries unseen, and comes back */
    ACTION_RESIZE,    /* pool frames: the engine gets such a pool */
    ACTION_TAKE_BACK, /* so many frames, chosen at random, are the domain's again */
    ACTION_RELEASE,   /* frame; when it was given away before it comes back */
    ACTION_UNPIN,     /* frame */
    ACTION_RENUMBER,  /* two numbers, which mean each other's frame from now on */
    ACTION_POLICY,    /* policy, switches: shadow_set_policy */
    ACTION_WATCH,     /* the watcher does something */
    ACTION_AUDIT,
    ACTION_KINDS,
};

#define ACTION_ARGUMENTS 5u

struct action {
    uint32_t kind;
    uint32_t chance;  /* what is random while it runs */
    uint32_t arguments[ACTION_ARGUMENTS];
};

/* As the enumeration names it. */
extern const char *const action_names[ACTION_KINDS];

#define ROOT_FIRST 64u
#define ROOTS 8u
#define CODE 12u
#define CODE_L1 13u
#define ALIAS_L1 14u
#define L1_FIRST 16u
#define L1S 24u
#define DATA_FIRST 40u
#define DATA 16u
#define HIGH_FIRST 1024u /* some of a 4 MiB page without fixtures */
#define HIGH 24u
#define ALIASED 128u     /* frames that the guest kernel maps all the time */
#define CODE_LINEAR (0x200u << L2_SHIFT)
#define ALIAS_LINEAR (0x201u << L2_SHIFT)

/* The instructions that an action may store with. */
#define STORES 8u

/* A new guest whose tables come from seed; actions_end or host_abandon follows. */
void actions_begin(uint32_t seed);
/* One action, with all its checks. */
void action_run(const struct action *action);
/* The guest's end, with a last audit. */
void actions_end(void);
/* A whole run, from a new guest to its end. */
void actions_play(uint32_t seed, const struct action *actions, uint32_t count);

/* The base pointer's frame of the vcpu that runs. */
uint32_t actions_base(void);
/* These frames must not be written by chance: the guest itself stands on them. */
static inline int is_fixture(uint32_t frame) {
    return frame >= CODE && frame <= ALIAS_L1;
}

#endif
