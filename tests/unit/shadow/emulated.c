/* emulated.c - one instruction on the engine and on the processor. See emulated.h. */
#include "tests/unit/shadow/emulated.h"

#include <string.h>

#include "tests/unit/shadow/host.h"
#include "tests/unit/shadow/mmu.h"
#include "tests/unit/shadow/native.h"

void guest_begin(void) {
    host_begin(32);
    shadow_set_policy(host.shadow, SHADOW_EMULATE, SHADOW_SWITCH_ROOT_CACHE); /* as many stores as there may be */
    mmu_use_caches(false);
    host_table(L2)[l2_index(NATIVE_DATA)] = DATA_L1 << PAGE_SHIFT | PTE_P | PTE_W;
    host_table(L2)[l2_index(NATIVE_CODE)] = CODE_L1 << PAGE_SHIFT | PTE_P | PTE_W;
    host_table(L2)[1] = TABLE << PAGE_SHIFT | PTE_P | PTE_W;
    host_table(DATA_L1)[0] = TABLE << PAGE_SHIFT | PTE_P | PTE_W;
    host_table(DATA_L1)[1] = PLAIN << PAGE_SHIFT | PTE_P | PTE_W;
    host_table(CODE_L1)[0] = CODE << PAGE_SHIFT | PTE_P;
    host_table(CODE_L1)[1] = (CODE + 1) << PAGE_SHIFT | PTE_P;
    host_load(L2);
}

void ensure_table(void) {
    struct translation translation;
    uint32_t error;
    pte_t *entry = &host_table(TABLE)[1000], kept = *entry;

    *entry = PLAIN << PAGE_SHIFT | PTE_P;
    CHECK(mmu_run(1u << L2_SHIFT | 1000u << L1_SHIFT, 1, false, NULL, &translation, &error) == ACCESS_DONE);
    *entry = kept;
    shadow_frame_written(host.shadow, (mfn_t){TABLE});
}

void random_memory(void) {
    uint32_t i;

    for (i = 0; i < TABLE_ENTRIES; i++) {
        host_table(TABLE)[i] = random_word();
        host_table(PLAIN)[i] = random_word();
    }
}

void place_code(const struct code *code, struct cpu_user_regs *regs) {
    uint32_t offset = random_below(16) == 0 ? PAGE_SIZE - 1 - random_below(code->length) : random_below(PAGE_SIZE - 16);

    memcpy(host.memory + CODE * PAGE_SIZE + offset, code->bytes, code->length);
    regs->eip = NATIVE_CODE + offset;
}

void load_native(void) {
    memcpy((void *)NATIVE_DATA, host_bytes(TABLE), PAGE_SIZE);
    memcpy((void *)(NATIVE_DATA + PAGE_SIZE), host_bytes(PLAIN), PAGE_SIZE);
}

void compare(const struct cpu_user_regs *engine, const struct cpu_user_regs *native, uint32_t defined) {
    CHECK_EQUAL(engine->eax, native->eax);
    CHECK_EQUAL(engine->ecx, native->ecx);
    CHECK_EQUAL(engine->edx, native->edx);
    CHECK_EQUAL(engine->ebx, native->ebx);
    CHECK_EQUAL(engine->ebp, native->ebp);
    CHECK_EQUAL(engine->esi, native->esi);
    CHECK_EQUAL(engine->edi, native->edi);
    CHECK_EQUAL(engine->eip, native->eip);
    CHECK_EQUAL(engine->eflags & (defined | FLAG_DF), native->eflags & (defined | FLAG_DF));
    CHECK(memcmp(host_bytes(TABLE), (void *)NATIVE_DATA, PAGE_SIZE) == 0);
    CHECK(memcmp(host_bytes(PLAIN), (void *)(NATIVE_DATA + PAGE_SIZE), PAGE_SIZE) == 0);
}
