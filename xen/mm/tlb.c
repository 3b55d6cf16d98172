/*
 * tlb.c - see tlb.h. Each instruction stands directly behind the call that emits its record.
 */
#include "xen/mm/tlb.h"

#include "trace/emit.h"
#include "xen/cpu/io.h"

#define CR0_TS 8u
#define CR4_PGE 0x80u

/* Both belong to the one processor there is. */
static enum trace_label current_label;
uint32_t tlb_generation = 1;

void tlb_set_label(uint32_t label) {
    current_label = label;
}

uint32_t tlb_label(void) {
    return current_label;
}

/* Out of line: every path that flushes would be compiled around it. */
static __attribute__((noinline, cold)) void record_now(uint32_t cause, enum trace_means means, enum trace_scope scope,
                                                       uint32_t value, uint32_t pages) {
    trace_flush(cause, current_label, means, scope, value, pages);
}

static inline void record(uint32_t cause, enum trace_means means, enum trace_scope scope, uint32_t value,
                          uint32_t pages) {
    if (__builtin_expect(trace_mask & TRACE_CLASS_flush, 0)) {
        record_now(cause, means, scope, value, pages);
    }
}

static void write_cr3(uint32_t value, uint32_t pages, uint32_t cause) {
    record(cause, TRACE_MEANS_mov_cr3, TRACE_SCOPE_non_global, value, pages);
    tlb_generation++;
    asm volatile("mov %0, %%cr3" : : "r"(value) : "memory");
}

void tlb_load_root(smfn_t root, uint32_t pages, uint32_t cause) {
    write_cr3(root.n << PAGE_SHIFT, pages, cause);
}

smfn_t tlb_loaded_root(void) {
    return (smfn_t){ read_cr3() >> PAGE_SHIFT };
}

void tlb_flush_page(uint32_t linear, uint32_t pages, uint32_t cause) {
    record(cause, TRACE_MEANS_invlpg, TRACE_SCOPE_page, linear, pages);
    asm volatile("invlpg (%0)" : : "r"(linear) : "memory");
}

void tlb_flush_non_global(uint32_t pages, uint32_t cause) {
    write_cr3(read_cr3(), pages, cause);
}

static void write_cr4(uint32_t value, uint32_t cause) {
    record(cause, TRACE_MEANS_mov_cr4, TRACE_SCOPE_everything, value, 0);
    asm volatile("mov %0, %%cr4" : : "r"(value) : "memory");
}

void tlb_flush_all(uint32_t cause) {
    uint32_t cr4 = read_cr4();
    write_cr4(cr4 & ~CR4_PGE, cause);
    write_cr4(cr4, cause);
}

void tlb_elided(uint32_t cause, uint32_t linear, uint32_t pages) {
    record(cause, TRACE_MEANS_none, TRACE_SCOPE_nothing, linear, pages);
}

bool cpu_task_switched(void) {
    return read_cr0() & CR0_TS;
}

void cpu_set_task_switched(void) {
    uint32_t cr0 = read_cr0();
    if (cr0 & CR0_TS) {
        return;
    }
    record(TRACE_CAUSE_fpu_lazy, TRACE_MEANS_mov_cr0, TRACE_SCOPE_nothing, cr0 | CR0_TS, 0);
    asm volatile("mov %0, %%cr0" : : "r"(cr0 | CR0_TS));
}

void cpu_clear_task_switched(void) {
    if (cpu_task_switched()) {
        asm volatile("clts");
    }
}
