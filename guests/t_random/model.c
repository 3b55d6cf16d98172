/* model.c - the processor's page walk, done by hand over the guest's own tables (see t_random.h). */
#include <stddef.h>

#include "guests/t_random/t_random.h"

uint32_t model_frame(uint32_t mfn) {
    for (uint32_t i = 0; i < FRAMES; i++) {
        if (boot_mfn_of(page_frame(views[i])) == mfn)
            return i;
    }
    return FRAMES;
}

struct translation model_walk(uint32_t linear) {
    struct translation result = { .frame = FRAMES };
    uint32_t table, frame;

    result.l2 = &views[current_directory][linear / L2_SPAN];
    if ((*result.l2 & PTE_P) == 0)
        return result;
    table = model_frame(*result.l2 >> 12);
    if (table == FRAMES) {
        result.foreign = true;
        return result;
    }
    result.l1 = &views[table][linear / GUEST_PAGE_SIZE % 1024];
    if ((*result.l1 & PTE_P) == 0)
        return result;
    frame = *result.l1 >> 12;
    result.frame = model_frame(frame);
    result.foreign = result.frame == FRAMES;
    result.present = !result.foreign;
    result.writable = (*result.l2 & *result.l1 & PTE_W) != 0;
    result.user = (*result.l2 & *result.l1 & PTE_U) != 0;
    return result;
}
