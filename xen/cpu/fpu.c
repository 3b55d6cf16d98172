/*
 * fpu.c - see fpu.h.
 */
#include "xen/cpu/fpu.h"

#include "xen/lib/string.h"

#define AREA_CONTROL_WORD 0
#define AREA_MXCSR 24
#define AREA_MXCSR_MASK 28
#define CONTROL_WORD_FNINIT 0x037f
#define MXCSR_RESET 0x1f80u
/* what MXCSR may hold when FXSAVE reports no mask: SDM volume 1, 11.6.6 */
#define MXCSR_MASK_DEFAULT 0xffbfu

/* Bits of MXCSR that this processor has; 0: not asked yet. */
static uint32_t mxcsr_mask;

void fpu_save(struct fpu_state *state) {
    asm volatile("fxsave %0" : "=m"(*state));
}

static uint32_t find_mxcsr_mask(void) {
    static struct fpu_state probe;
    uint32_t mask;
    fpu_save(&probe);
    memcpy(&mask, probe.area + AREA_MXCSR_MASK, sizeof(mask));
    return mask ? mask : MXCSR_MASK_DEFAULT;
}

void fpu_restore(struct fpu_state *state) {
    uint32_t mxcsr;
    if (!mxcsr_mask) {
        mxcsr_mask = find_mxcsr_mask();
    }
    memcpy(&mxcsr, state->area + AREA_MXCSR, sizeof(mxcsr));
    mxcsr &= mxcsr_mask;
    memcpy(state->area + AREA_MXCSR, &mxcsr, sizeof(mxcsr));
    asm volatile("fxrstor %0" : : "m"(*state));
}

void fpu_initial(struct fpu_state *state) {
    uint16_t control = CONTROL_WORD_FNINIT;
    uint32_t mxcsr = MXCSR_RESET;
    memset(state, 0, sizeof(*state));
    memcpy(state->area + AREA_CONTROL_WORD, &control, sizeof(control));
    memcpy(state->area + AREA_MXCSR, &mxcsr, sizeof(mxcsr));
}
