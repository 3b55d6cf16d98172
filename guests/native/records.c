/*
 * records.c - the trace of the bare machine (native.h): the kernel is domain 0, and makes the records that the hypervisor would
 * make of it, so that every analyzer reads its runs like the others.
 */
#include "trace/emit.h"

#include "guests/native/native.h"
#include "guests/native/port.h"

uint32_t trace_platform_physical(const void *object) {
    return (uint32_t)(uintptr_t)object - NATIVE_LINEAR + NATIVE_BASE;
}

void trace_platform_out(uint32_t port, uint32_t value) {
    port_write_32((uint16_t)port, value);
}

void native_records_start(uint32_t memory_frames, uint32_t classes) {
    uint32_t root;

    __asm__ volatile("mov %%cr3, %0" : "=r"(root));
    trace_start(TRACE_SINK_agent, classes);
    trace_hypervisor_start(memory_frames, root, trace_mask);
    trace_set_identity(0, 0);
    trace_domain_built(TRACE_MODE_native, memory_frames, (uint32_t)(uintptr_t)native_records_start, root >> 12, 0);
    trace_sched_switch(TRACE_NO_DOMAIN, 0, 0, 0);
    trace_domain_start();
}

void native_record_flush(uint32_t cause, uint32_t label, uint32_t means, uint32_t scope, uint32_t value, uint32_t pages) {
    trace_flush(cause, label, means, scope, value, pages);
}

void native_record_end(uint32_t reason, uint32_t outcome) {
    trace_domain_ended(reason, outcome, 0, reason == TRACE_END_REASON_poweroff ? "it powered off" : "it crashed");
}
