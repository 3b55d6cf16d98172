/* watcher.c - see watcher.h. */
#include "tests/unit/shadow/watcher.h"

#include <stdlib.h>
#include <string.h>

#include "shadow/marks.h"
#include "tests/unit/shadow/host.h"
#include "tests/unit/shadow/mmu.h"

#define WATCHED 128u     /* numbers: those that the guest kernel maps all the time, its tables among them */

static struct {
    bool logging, sampling;
    uint32_t log[HOST_FRAMES / 32], samples[HOST_FRAMES / 32];
    uint8_t before[WATCHED][PAGE_SIZE];       /* when the frame was cleaned */
    bool written[WATCHED], used[WATCHED];     /* since */
} watcher;

static struct {
    uint32_t cleaned, dirty, sampled, used;
} done;

void watcher_begin(void) {
    watcher.logging = watcher.sampling = false;
}

/* The frames of the numbers that are watched, as they are now. */
static const mfn_t *frames(void) {
    static mfn_t watched[WATCHED];
    uint32_t i;

    for (i = 0; i < WATCHED; i++) {
        watched[i].n = host_mfn(i);
    }
    return watched;
}

void watcher_exchanged(uint32_t a, uint32_t b) {
    bool of_a = watcher.used[a], of_b = watcher.used[b];

    watcher.used[a] = of_b;
    watcher.used[b] = of_a;
    watcher.written[a] = watcher.written[b] = true;
}

void watcher_wrote(uint32_t number) {
    if (number < WATCHED) {
        watcher.written[number] = true;
    }
}

void watcher_saw(uint32_t number, bool write) {
    if (number < WATCHED) {
        watcher.used[number] = true;
        watcher.written[number] |= write;
    }
}

static void check_log(const uint32_t *bitmap) {
    uint32_t i;

    for (i = 0; i < WATCHED; i++) {
        bool differs = memcmp(watcher.before[i], host_bytes(i), PAGE_SIZE) != 0;

        if (host_frame(i)->ownership != FOREIGN) {
            CHECK(is_marked(bitmap, i) == (differs || watcher.written[i] || host_frame(i)->held));
        }
        done.dirty += is_marked(bitmap, i);
    }
}

void watcher_check_log(void) {
    uint32_t bitmap[WATCHED / 32];

    (void)shadow_read_dirty(host.shadow, frames(), WATCHED, bitmap, false);
    check_log(bitmap);
}

static void clean(bool check_first) {
    uint32_t bitmap[WATCHED / 32], i, found;

    found = shadow_read_dirty(host.shadow, frames(), WATCHED, bitmap, true);
    if (check_first) {
        check_log(bitmap);
        done.cleaned++;
    } else {
        CHECK_EQUAL(found, WATCHED); /* W6 */
    }
    for (i = 0; i < WATCHED; i++) {
        memcpy(watcher.before[i], host_bytes(i), PAGE_SIZE);
        watcher.written[i] = host_frame(i)->held;
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
        (void)shadow_read_used(host.shadow, frames(), WATCHED, bitmap);
        for (i = 0; i < WATCHED; i++) {
            CHECK(is_marked(bitmap, i) == watcher.used[i]);
            done.used += watcher.used[i];
        }
        done.sampled++;
    }
    harvest();
    shadow_forget_used(host.shadow, frames(), WATCHED);
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
