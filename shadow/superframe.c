/* superframe.c - the frames behind a superpage. Rules and callers: superframe.h. */
#include "shadow/superframe.h"

#include "shadow/hash.h"

/* Put the references to so many frames from first on. */
static void put_frames(struct shadow *shadow, uint32_t first, uint32_t count, bool writable) {
    uint32_t i;

    for (i = 0; i < count; i++) {
        shadow_port_put_frame(shadow->domain, (mfn_t){first + i}, writable);
    }
}

static bool get_frame(struct shadow *shadow, mfn_t mfn, bool writable) {
    return shadow_port_owns(shadow->domain, mfn) && !(writable && is_in_sync_table(shadow, mfn)) &&
           shadow_port_get_frame(shadow->domain, mfn, writable);
}

/* Rarely called, but for each of 1024 frames: compiled to be fast. */
__attribute__((noinline, hot)) bool superframe_hold(struct shadow *shadow, pte_t entry) {
    bool writable = (entry & PTE_W) != 0;
    uint32_t first = entry >> PAGE_SHIFT, *superpages = &superframe_of(shadow, first)->superpages[writable], i;

    for (i = 0; *superpages == 0 && i < SUPERPAGE_FRAMES; i++) {
        if (!get_frame(shadow, (mfn_t){first + i}, writable)) {
            put_frames(shadow, first, i, writable);
            return false;
        }
    }
    shadow->references += i;
    ++*superpages;
    return true;
}

void superframe_release(struct shadow *shadow, pte_t entry) {
    bool writable = (entry & PTE_W) != 0;
    uint32_t first = entry >> PAGE_SHIFT;

    if (--superframe_of(shadow, first)->superpages[writable] == 0) {
        put_frames(shadow, first, SUPERPAGE_FRAMES, writable);
        shadow->references -= SUPERPAGE_FRAMES;
    }
}
