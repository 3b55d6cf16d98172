/*
 * test_shrink.c - the random test finds a broken engine, and what it finds becomes short.
 *
 * A faulty version of one function of the engine at a time is put in front of it (the linker's --wrap): random guests
 * must fail, without any audit: by what the guest sees. Their actions must shrink to a few, which still fail on the
 * broken engine and do not on the whole one.
 */
#include <setjmp.h>
#include <stdio.h>

#include "shadow/protect.h"
#include "shadow/sync.h"
#include "shadow/write.h"
#include "tests/unit/shadow/choose.h"
#include "tests/unit/shadow/host.h"
#include "tests/unit/shadow/shrink.h"

#define ACTIONS_MAX 4000u
#define GUESTS_MAX 40u
#define SHORT 25u

void __real_protect_frame(struct shadow *shadow, mfn_t mfn);
void __wrap_protect_frame(struct shadow *shadow, mfn_t mfn);
void __real_leaf_entry_changed(struct shadow *shadow, struct shadow_page *page, uint32_t index, pte_t value);
void __wrap_leaf_entry_changed(struct shadow *shadow, struct shadow_page *page, uint32_t index, pte_t value);
void __real_bring_all_back(struct shadow *shadow);
void __wrap_bring_all_back(struct shadow *shadow);

static enum { WHOLE, NOT_PROTECTED, NOT_PROPAGATED, NOT_BROUGHT_BACK, FAULTS } fault;

/* Some tables stay writable. */
void __wrap_protect_frame(struct shadow *shadow, mfn_t mfn) {
    if (fault != NOT_PROTECTED || mfn.n % 4 != 0) {
        __real_protect_frame(shadow, mfn);
    }
}

/* A change of some entries goes unseen. */
void __wrap_leaf_entry_changed(struct shadow *shadow, struct shadow_page *page, uint32_t index, pte_t value) {
    if (fault != NOT_PROPAGATED || index != 3) {
        __real_leaf_entry_changed(shadow, page, index, value);
    }
}

/* A flush event passes by the tables that are out of sync. */
void __wrap_bring_all_back(struct shadow *shadow) {
    if (fault != NOT_BROUGHT_BACK) {
        __real_bring_all_back(shadow);
    }
}

static jmp_buf found;

static void failed(const char *file, int line, const char *text) {
    (void)file;
    (void)line;
    (void)text;
    longjmp(found, 1);
}

static struct action actions[ACTIONS_MAX];

/* A failing guest: its seed; its actions are in actions[]. */
static uint32_t find(volatile uint32_t *count) {
    volatile uint32_t guest, seed = 0;

    for (guest = 0; guest < GUESTS_MAX; guest++) {
        seed = random_word();
        actions_begin(seed);
        check_failed = failed;
        if (setjmp(found) != 0) {
            check_failed = NULL;
            host_abandon();
            return seed;
        }
        for (*count = 0; *count < ACTIONS_MAX; ++*count) {
            actions[*count] = choose();
            action_run(&actions[*count]);
        }
        check_failed = NULL;
        host_abandon();
    }
    CHECK(!"a broken engine is found");
    return seed;
}

int main(int argc, char **argv) {
    random_begin(argc, argv);
    for (fault = WHOLE + 1; fault < FAULTS; fault++) {
        volatile uint32_t count = 0;
        uint32_t seed = find(&count), left, kept = fault;
        struct failure failure;

        left = shrink(seed, actions, count + 1);
        printf("fault %u: %u actions become %u\n", fault, count + 1, left);
        CHECK(left != 0 && left <= SHORT);
        CHECK(shrink_fails(seed, actions, left, &failure) && failure.line != 0);
        shrink_print(seed, actions, left, &failure);
        fault = WHOLE;
        CHECK(!shrink_fails(seed, actions, left, &failure));
        fault = kept;
    }
    return check_end("shrink");
}
