/*
 * test_engine.c - the whole engine under random guests (actions.h says what they do and what is checked).
 *
 * Every guest does so many actions, with an audit now and then; ENGINE_ACTIONS in the environment replaces how many
 * there are in all. When a check fails, the guest's actions are shortened (shrink.h) and printed as a program.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tests/unit/shadow/choose.h"
#include "tests/unit/shadow/host.h"
#include "tests/unit/shadow/shrink.h"
#include "tests/unit/shadow/watcher.h"

#define ACTIONS 250000u
#define ACTIONS_OF_A_GUEST 2500u
#define AUDIT_INTERVAL 16u

/* The guest under way. */
static uint32_t guest_seed;
static struct action done[ACTIONS_OF_A_GUEST + ACTIONS_OF_A_GUEST / AUDIT_INTERVAL + 1];
static uint32_t done_count;

static void failed(const char *file, int line, const char *text) {
    struct failure failure;
    uint32_t left;

    (void)file;
    (void)line;
    (void)text;
    check_failed = NULL;
    left = shrink(guest_seed, done, done_count);
    if (left == 0 || !shrink_fails(guest_seed, done, left, &failure)) {
        printf("the sequence of actions does not fail again\n");
        return;
    }
    shrink_print(guest_seed, done, left, &failure);
}

static void run_action(struct action action) {
    done[done_count++] = action;
    action_run(&action);
}

static void run_guest(uint32_t actions) {
    uint32_t i;

    guest_seed = random_word();
    done_count = 0;
    actions_begin(guest_seed);
    for (i = 0; i < actions; i++) {
        if (i % AUDIT_INTERVAL == 0) {
            run_action((struct action){.kind = ACTION_AUDIT});
        }
        run_action(choose());
    }
}

int main(int argc, char **argv) {
    const char *wanted = getenv("ENGINE_ACTIONS");
    uint64_t counters[COUNTERS] = {0}, all = wanted != NULL ? strtoull(wanted, NULL, 0) : ACTIONS, made = 0;
    uint32_t i;

    random_begin(argc, argv);
    check_failed = failed;
    while (made < all) {
        uint32_t actions = all - made < ACTIONS_OF_A_GUEST ? (uint32_t)(all - made) : ACTIONS_OF_A_GUEST;

        run_guest(actions);
        made += actions;
        for (i = 0; i < COUNTERS; i++) {
            counters[i] += shadow_counter(host.shadow, i);
        }
        actions_end();
    }
    for (i = 0; i < COUNTERS; i++) {
        printf("%s %llu\n", trace_value_name(&trace_enumeration_counter, i), (unsigned long long)counters[i]);
    }
    printf("actions %llu\n", (unsigned long long)made);
    check_failed = NULL;
    if (made >= ACTIONS) {
        watcher_check_done();
    }
    /* the interesting paths were taken */
    CHECK(counters[TRACE_COUNTER_emulated_writes] > made / 250 && counters[TRACE_COUNTER_unshadows] > made / 2500);
    CHECK(counters[TRACE_COUNTER_splinters] > made / 2500 && counters[TRACE_COUNTER_reclaimed] > made / 25000);
    CHECK(counters[TRACE_COUNTER_flushes] > made / 250);
    CHECK(counters[TRACE_COUNTER_oos_unsyncs] > made / 2500 && counters[TRACE_COUNTER_oos_entries] > made / 2500);
    CHECK(counters[TRACE_COUNTER_prefetched] > made / 2500);
    CHECK(counters[TRACE_COUNTER_superpages] > made / 2500);
    CHECK(counters[TRACE_COUNTER_superpage_splits] > made / 25000);
    return check_end("engine");
}
