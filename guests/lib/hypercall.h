/*
 * hypercall.h - the hypercalls, called through the hypercall page.
 *
 * Convention (xen/arch-x86/xen-x86_32.h): arguments in ebx, ecx, edx, esi, edi; result in eax; argument registers may
 * be lost. Every wrapper returns what the hypervisor returned: 0 or a count, or a negative errno of Xen's list
 * (xen/errno.h). Callers: guests. Pointers are passed as they are; a wrapper checks nothing, so that tests can pass
 * nonsense.
 */
#ifndef GUESTS_LIB_HYPERCALL_H
#define GUESTS_LIB_HYPERCALL_H

#include <stdint.h>

#include <xen/xen.h>
#include <xen/callback.h>
#include <xen/event_channel.h>
#include <xen/grant_table.h>
#include <xen/memory.h>
#include <xen/sched.h>
#include <xen/vcpu.h>
#include <xen/version.h>

#include "xen/public/penumbra.h"

/* The page that the builder filled: stub n lies n * 32 bytes in. */
extern const uint8_t hypercall_page[4096];

/* Hypercall number (0..127) with all five argument registers loaded. */
static inline long hypercall(uint32_t number, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e) {
    long result = (long)(uintptr_t)(hypercall_page + number * 32);

    __asm__ volatile("call *%%eax"
                     : "+a"(result), "+b"(a), "+c"(b), "+d"(c), "+S"(d), "+D"(e)
                     :
                     : "memory", "cc");
    return result;
}

/* The same through the software interrupt, for any number at all. */
static inline long hypercall_int82(uint32_t number, uint32_t a, uint32_t b, uint32_t c, uint32_t d, uint32_t e) {
    long result = (long)number;

    __asm__ volatile("int $0x82"
                     : "+a"(result), "+b"(a), "+c"(b), "+d"(c), "+S"(d), "+D"(e)
                     :
                     : "memory", "cc");
    return result;
}

static inline uint32_t pointer_word(const volatile void *pointer) {
    return (uint32_t)(uintptr_t)pointer;
}

static inline long hypercall_set_trap_table(const struct trap_info *table) {
    return hypercall(__HYPERVISOR_set_trap_table, pointer_word(table), 0, 0, 0, 0);
}

static inline long hypercall_mmu_update(struct mmu_update *requests, uint32_t count, uint32_t *done, uint32_t domain) {
    return hypercall(__HYPERVISOR_mmu_update, pointer_word(requests), count, pointer_word(done), domain, 0);
}

static inline long hypercall_mmuext_op(struct mmuext_op *operations, uint32_t count, uint32_t *done, uint32_t domain) {
    return hypercall(__HYPERVISOR_mmuext_op, pointer_word(operations), count, pointer_word(done), domain, 0);
}

static inline long hypercall_set_gdt(const unsigned long *frames, uint32_t entries) {
    return hypercall(__HYPERVISOR_set_gdt, pointer_word(frames), entries, 0, 0, 0);
}

static inline long hypercall_stack_switch(uint32_t ss, uint32_t esp) {
    return hypercall(__HYPERVISOR_stack_switch, ss, esp, 0, 0, 0);
}

static inline long hypercall_set_callbacks(uint32_t event_cs, uint32_t event, uint32_t failsafe_cs, uint32_t failsafe) {
    return hypercall(__HYPERVISOR_set_callbacks, event_cs, event, failsafe_cs, failsafe, 0);
}

static inline long hypercall_callback_op(uint32_t operation, const void *argument) {
    return hypercall(__HYPERVISOR_callback_op, operation, pointer_word(argument), 0, 0, 0);
}

static inline long hypercall_fpu_taskswitch(uint32_t set) {
    return hypercall(__HYPERVISOR_fpu_taskswitch, set, 0, 0, 0, 0);
}

static inline long hypercall_sched_op(uint32_t operation, const void *argument) {
    return hypercall(__HYPERVISOR_sched_op, operation, pointer_word(argument), 0, 0, 0);
}

static inline long hypercall_update_descriptor(uint64_t machine_address, uint64_t descriptor) {
    return hypercall(__HYPERVISOR_update_descriptor, (uint32_t)machine_address, (uint32_t)(machine_address >> 32),
                     (uint32_t)descriptor, (uint32_t)(descriptor >> 32), 0);
}

static inline long hypercall_memory_op(uint32_t operation, void *argument) {
    return hypercall(__HYPERVISOR_memory_op, operation, pointer_word(argument), 0, 0, 0);
}

static inline long hypercall_multicall(struct multicall_entry *entries, uint32_t count) {
    return hypercall(__HYPERVISOR_multicall, pointer_word(entries), count, 0, 0, 0);
}

/* flags: UVMF_*, possibly with a pointer to a vcpu bitmap or-ed in. */
static inline long hypercall_update_va_mapping(uint32_t linear, uint64_t entry, uint32_t flags) {
    return hypercall(__HYPERVISOR_update_va_mapping, linear, (uint32_t)entry, (uint32_t)(entry >> 32), flags, 0);
}

/* Absolute system time in nanoseconds; 0 stops the timer. */
static inline long hypercall_set_timer_op(uint64_t deadline) {
    return hypercall(__HYPERVISOR_set_timer_op, (uint32_t)deadline, (uint32_t)(deadline >> 32), 0, 0, 0);
}

static inline long hypercall_event_channel_op(uint32_t operation, void *argument) {
    return hypercall(__HYPERVISOR_event_channel_op, operation, pointer_word(argument), 0, 0, 0);
}

static inline long hypercall_xen_version(uint32_t command, void *argument) {
    return hypercall(__HYPERVISOR_xen_version, command, pointer_word(argument), 0, 0, 0);
}

static inline long hypercall_console_io(uint32_t command, uint32_t count, const char *text) {
    return hypercall(__HYPERVISOR_console_io, command, count, pointer_word(text), 0, 0);
}

static inline long hypercall_grant_table_op(uint32_t operation, void *list, uint32_t count) {
    return hypercall(__HYPERVISOR_grant_table_op, operation, pointer_word(list), count, 0, 0);
}

static inline long hypercall_vm_assist(uint32_t command, uint32_t type) {
    return hypercall(__HYPERVISOR_vm_assist, command, type, 0, 0, 0);
}

static inline long hypercall_vcpu_op(uint32_t operation, uint32_t vcpu, void *argument) {
    return hypercall(__HYPERVISOR_vcpu_op, operation, vcpu, pointer_word(argument), 0, 0);
}

static inline long hypercall_marker(uint32_t kind, uint32_t a, uint32_t b, uint32_t c, const char *text) {
    return hypercall(PENUMBRA_HYPERVISOR_marker, kind, a, b, c, pointer_word(text));
}

#endif
