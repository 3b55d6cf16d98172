/* watcher.c - see watcher.h. */
#include "tests/unit/shadow/watcher.h"

#include <stdlib.h>
#include <string.h>

#include "shadow/marks.h"
#include "tests/unit/shadow/host.h"
#include "tests/unit/shadow/mmu.h"

#define WATCHED 128u     /* frames: those that the guest kernel maps all the time, its tables among them */

static struct {
    bool logging, sampling;
    uint32_t log[HOST_FRAMES / 32], samples[HOST_FRAMES / 32];
    uint8_t before[WATCHED][PAGE_SIZE];       /* when the frame was cleaned */
    bool written[WATCHED], used[WATCHED];     /* since */
} watcher;

static struct {
    uint32_t cleaned, dirty, sampled, used;
} done;

static mfn_t watched[WATCHED];

void watcher_begin(void) {
    uint32_t i;

    watcher.logging = watcher.sampling = false;
    for (i = 0; i < WATCHED; i++) {
        watched[i].n = i;
    }
}

void watcher_wrote(uint32_t frame) {
    if (frame < WATCHED) {
        watcher.written[frame] = true;
    }
}

void watcher_saw(uint32_t frame, bool write) {
    if (frame < WATCHED) {
        watcher.used[frame] = true;
        watcher.written[frame] |= write;
    }
}

static void check_log(const uint32_t *bitmap) {
    uint32_t i;

    for (i = 0; i < WATCHED; i++) {
        bool differs = memcmp(watcher.before[i], host_bytes(i), PAGE_SIZE) != 0;

        if (host.frames[i].ownership != FOREIGN) {
            CHECK(is_marked(bitmap, i) == (differs || watcher.written[i] || host.frames[i].held));
        }
        done.dirty += is_marked(bitmap, i);
    }
}

void watcher_check_log(void) {
    uint32_t bitmap[WATCHED / 32];

    (void)shadow_read_dirty(host.shadow, watched, WATCHED, bitmap, false);
    check_log(bitmap);
}

static void clean(bool check_first) {
    uint32_t bitmap[WATCHED / 32], i, found;

    found = shadow_read_dirty(host.shadow, watched, WATCHED, bitmap, true);
    if (check_first) {
        check_log(bitmap);
        done.cleaned++;
    } else {
        CHECK_EQUAL(found, WATCHED); /* W6 */
    }
    for (i = 0; i < WATCHED; i++) {
        memcpy(watcher.before[i], host_bytes(i), PAGE_SIZE);
        watcher.written[i] = host.frames[i].held;
    }
}

static void act_on_log(void) {
    if (!watcher.logging) {
        shadow_log_dirty(host.shadow, watcher.log, HOST_FRAMES);
        watcher.logging = true;
        host_audit();
        clean(false);
        return;
    }
    switch (random_below(8)) {
    case 0:
        shadow_log_dirty(host.shadow, NULL, 0);
        watcher.logging = false;
        break;
    case 1:
        watcher_check_log();
        break;
    default:
        clean(true);
        break;
    }
}

static void harvest(void) {
    uint32_t next = 0;

    do {
        next = shadow_harvest(host.shadow, next, 1 + random_below(8));
    } while (next != 0);
}

static void act_on_samples(void) {
    uint32_t bitmap[WATCHED / 32], i;

    if (!watcher.sampling) {
        shadow_sample(host.shadow, watcher.samples, HOST_FRAMES);
        watcher.sampling = true;
    } else if (random_below(8) == 0) {
        shadow_sample(host.shadow, NULL, 0);
        watcher.sampling = false;
        return;
    } else {
        harvest();
        (void)shadow_read_used(host.shadow, watched, WATCHED, bitmap);
        for (i = 0; i < WATCHED; i++) {
            CHECK(is_marked(bitmap, i) == watcher.used[i]);
            done.used += watcher.used[i];
        }
        done.sampled++;
    }
    harvest();
    shadow_forget_used(host.shadow, watched, WATCHED);
    memset(watcher.used, 0, sizeof(watcher.used));
}

void watcher_act(void) {
    (random_below(2) ? act_on_log : act_on_samples)();
    host_audit();
}

void watcher_end(void) {
    if (watcher.logging) {
        watcher_check_log();
    }
}

void watcher_check_done(void) {
    CHECK(done.cleaned > 500 && done.dirty > 5000 && done.sampled > 500 && done.used > 5000);
}
