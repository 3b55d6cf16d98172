/*
 * machine.c - the bare machine as the mini kernel sees it (see machine.h): the kernel runs in ring 0 and its page tables are the processor's.
 *
 * Each instruction that makes the TLB forget stands directly behind the record that announces it, as in the hypervisor.
 */
#include <stddef.h>

#include "guests/lib/traps.h"
#include "guests/mini/counters.h"
#include "guests/mini/machine.h"
#include "guests/mini/mmu.h"
#include "guests/native/native.h"
#include "trace/emit.h"

/* As on the paravirtual machine. */
#define SINGLE_PAGES 8
#define CR0_TS 8u
#define CR4_PGE 0x80u
#define BASE_FRAME (NATIVE_BASE >> PAGE_SHIFT)

static pte_t native_make_entry(uint32_t pfn, pte_t flags) {
    return (pfn + BASE_FRAME) << PAGE_SHIFT | flags;
}

static uint32_t native_entry_frame(pte_t entry) {
    return (entry >> PAGE_SHIFT) - BASE_FRAME;
}

static void write_cr3(uint32_t value, uint32_t cause, uint32_t label, uint32_t pages) {
    native_record_flush(cause, label, TRACE_MEANS_mov_cr3, TRACE_SCOPE_non_global, value, pages);
    __asm__ volatile("mov %0, %%cr3" : : "r"(value) : "memory");
}

static void native_load_base(uint32_t pfn) {
    write_cr3(native_make_entry(pfn, 0), TRACE_CAUSE_base_pointer_switch, TRACE_LABEL_none, 0);
}

/* Nobody else counts on it. */
static void keep_boot_directory(uint32_t pfn) {
    (void)pfn;
}

static void let_fpu_trap(bool trap) {
    uint32_t cr0;

    __asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
    if (!trap) {
        __asm__ volatile("clts");
    } else if ((cr0 & CR0_TS) == 0) {
        native_record_flush(TRACE_CAUSE_fpu_lazy, TRACE_LABEL_none, TRACE_MEANS_mov_cr0, TRACE_SCOPE_nothing, cr0 | CR0_TS, 0);
        __asm__ volatile("mov %0, %%cr0" : : "r"(cr0 | CR0_TS));
    }
}

static void native_switch_context(uint32_t pfn, uint32_t stack_top, bool fpu_trap) {
    native_kernel_stack(stack_top);
    let_fpu_trap(fpu_trap);
    if (pfn != 0)
        native_load_base(pfn);
}

static uint32_t read_cr4(void) {
    uint32_t cr4;

    __asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
    return cr4;
}

static void write_cr4(uint32_t value, uint32_t label) {
    native_record_flush(TRACE_CAUSE_guest_control_register, label, TRACE_MEANS_mov_cr4, TRACE_SCOPE_everything, value, 0);
    __asm__ volatile("mov %0, %%cr4" : : "r"(value) : "memory");
}

static bool native_let_global(void) {
    write_cr4(read_cr4() | CR4_PGE, TRACE_LABEL_none);
    return true;
}

static bool native_large_page(uint32_t pfn) {
    (void)pfn;
    return true;
}

static void native_flush(enum flush_kind kind, uint32_t linear, uint32_t pages) {
    uint32_t cr3;

    trace_marker(TRACE_MARKER_flush, kind, linear, pages, NULL);
    if (kind == FLUSH_TLB_ALL && (read_cr4() & CR4_PGE) != 0) {
        write_cr4(read_cr4() & ~CR4_PGE, kind);
        write_cr4(read_cr4() | CR4_PGE, kind);
        return;
    }
    if (kind == FLUSH_TLB_ALL || kind == FLUSH_TLB_MM || pages > SINGLE_PAGES) {
        __asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
        write_cr3(cr3, TRACE_CAUSE_guest_mov_cr3, kind, pages);
        return;
    }
    for (; pages != 0; pages--, linear += PAGE_SIZE) {
        native_record_flush(TRACE_CAUSE_guest_invlpg, kind, TRACE_MEANS_invlpg, TRACE_SCOPE_page, linear, 1);
        __asm__ volatile("invlpg (%0)" : : "r"(linear) : "memory");
    }
}

/* An interrupt that waits comes after the instruction behind STI, and ends the wait. */
static void native_idle(void) {
    __asm__ volatile("sti\n hlt\n cli" : : : "memory");
}

static void native_name_process(uint32_t pfn, uint32_t pid, const char *name) {
    trace_marker(TRACE_MARKER_process, pfn + BASE_FRAME, pid, 0, name);
}

static void ports_are_open(void) {
}

static void native_measure(uint32_t number, uint32_t operations, const char *name) {
    trace_marker(operations != 0 ? TRACE_MARKER_measure_end : TRACE_MARKER_measure_begin, number, operations, 0, name);
}

static uint32_t native_mode(void) {
    return MODE_native;
}

static const char *native_mode_name(uint32_t mode) {
    return mode == MODE_native ? "native" : "another";
}

static int32_t native_change_mode(uint32_t mode) {
    return mode == MODE_native ? 0 : -ERROR_no_mode;
}

static const struct machine native = {
    .name = "on the bare machine",
    .mmu = &mmu_plain,
    .mode = native_mode,
    .mode_name = native_mode_name,
    .change_mode = native_change_mode,
    .make_entry = native_make_entry,
    .entry_frame = native_entry_frame,
    .load_base = native_load_base,
    .release_boot_directory = keep_boot_directory,
    .switch_context = native_switch_context,
    .flush = native_flush,
    .let_global = native_let_global,
    .large_page = native_large_page,
    .start_clock = native_clock_start,
    .idle = native_idle,
    .pause_clock = native_clock_pause,
    .open_ports = ports_are_open,
    .measure = native_measure,
    .name_process = native_name_process,
};

const struct machine *machine = &native;

void machine_choose(void) {
}
