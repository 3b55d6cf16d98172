/*
 * hardware.c - what the emulated processor did; see agent.h. The order in which Bochs calls these is in bochs.h.
 *
 * Rules: nothing is recorded before hypervisor_start. An exception is recorded when its delivery begins, for then EIP is the
 * address that will be pushed; INT n when it has been delivered, for it may fault instead. A change of ring is recorded before the
 * first instruction in the new ring; a ring in which no instruction ran leaves no record.
 */
#include "trace/agent/agent.h"
#include "trace/agent/bochs.h"
#include "trace/agent/stream.h"

#include <stddef.h>

#define DOUBLE_FAULT 8u
#define CR4_PAE 0x20u

/* From TLB-control number of Bochs, less BOCHS_MOV_CR0, to ours; none: not a means of the IA-32 of this project. */
static const enum trace_means means_of[] = {
    [BOCHS_MOV_CR0 - BOCHS_MOV_CR0] = TRACE_MEANS_mov_cr0,
    [BOCHS_MOV_CR3 - BOCHS_MOV_CR0] = TRACE_MEANS_mov_cr3,
    [BOCHS_MOV_CR4 - BOCHS_MOV_CR0] = TRACE_MEANS_mov_cr4,
    [BOCHS_TASK_SWITCH - BOCHS_MOV_CR0] = TRACE_MEANS_task_switch,
    [BOCHS_INVLPG - BOCHS_MOV_CR0] = TRACE_MEANS_invlpg,
};

static bool recording;

/* What is being delivered. */
static bool exception_raised; /* raised, delivery not begun */
static uint32_t exception_vector, exception_error;
static bool external; /* an external interrupt was acknowledged, delivery not begun */
static bool double_fault; /* a double fault's delivery has begun and no instruction has run since */
static bool software; /* delivery of INT n has begun */
static uint32_t software_vector, software_eip, software_ring;
static enum trace_ring_change change; /* what may have changed the ring since the last instruction */

void hardware_start_recording(uint32_t cr3) {
    recording = true;
    walk_root(cr3);
}

void hardware_tlb_control(unsigned cpu, unsigned what, uint64_t value) {
    uint32_t index = what - BOCHS_MOV_CR0;
    enum trace_means means = index < sizeof(means_of) / sizeof(means_of[0]) ? means_of[index] : TRACE_MEANS_none;

    (void)cpu;
    if (what == BOCHS_MOV_CR4 && value & CR4_PAE)
        end_because(TRACE_OUTCOME_error, "the machine sets CR4.PAE: PAE paging is not known here, and its walks would be missing");
    if (!recording || means == TRACE_MEANS_none)
        return;
    if (provider)
        provider->tlb_control(means, (uint32_t)value, count_running_eip(), count_since_recording().walks);
    if (means == TRACE_MEANS_mov_cr3 || means == TRACE_MEANS_task_switch) {
        walk_root((uint32_t)value);
        oracle_root((uint32_t)value);
    }
}

static void record_exception(void) {
    exception_raised = false;
    stream_transfer(FLOW_EXCEPTION, exception_vector, exception_error);
    if (recording && provider)
        provider->exception(exception_vector, exception_error, bochs.get_eip(), bochs_ring());
}

void hardware_exception(unsigned cpu, unsigned vector, unsigned error_code) {
    (void)cpu;
    if (double_fault && recording)
        end_because(TRACE_OUTCOME_panic, "triple fault: a fault while a double fault was delivered; the processor shut down");
    if (exception_raised) /* the second of two that make a double fault */
        record_exception();
    if (!count_completed())
        count_mark(RUN_FAULTED);
    exception_raised = true;
    exception_vector = vector;
    exception_error = error_code;
}

void hardware_external_interrupt(unsigned cpu, unsigned vector, uint16_t cs, uint64_t eip) {
    (void)cpu;
    (void)vector;
    (void)cs;
    (void)eip;
    external = true;
}

void hardware_interrupt(unsigned cpu, unsigned vector) {
    (void)cpu;
    count_attend();
    software = false;
    if (exception_raised) {
        double_fault = exception_vector == DOUBLE_FAULT;
        change = TRACE_RING_CHANGE_exception;
        record_exception();
    } else if (external) {
        external = false;
        change = TRACE_RING_CHANGE_interrupt;
        stream_transfer(FLOW_INTERRUPT, vector, 0);
        if (recording && provider)
            provider->interrupt(vector, 0, bochs.get_eip(), bochs_ring());
    } else {
        software = true;
        software_vector = vector;
        software_eip = bochs.get_eip();
        software_ring = bochs_ring();
    }
}

void hardware_far_branch(unsigned cpu, unsigned what, uint16_t old_cs, uint64_t old_eip, uint16_t new_cs, uint64_t new_eip) {
    (void)cpu;
    (void)old_cs;
    (void)old_eip;
    (void)new_cs;
    (void)new_eip;
    count_attend();
    if (what != BOCHS_INT) {
        change = what == BOCHS_IRET ? TRACE_RING_CHANGE_iret : TRACE_RING_CHANGE_far_branch;
        stream_transfer(what == BOCHS_IRET ? FLOW_IRET : FLOW_FAR, 0, 0);
        return;
    }
    change = TRACE_RING_CHANGE_software_interrupt;
    if (software)
        stream_transfer(FLOW_SOFTWARE_INTERRUPT, software_vector, 0);
    if (software && recording && provider)
        provider->interrupt(software_vector, 1, software_eip, software_ring);
    software = false;
}

void hardware_physical_access(unsigned cpu, uint64_t address, unsigned bytes, unsigned memory_type, unsigned direction) {
    (void)cpu;
    (void)bytes;
    (void)memory_type;
    if (recording && direction == BOCHS_READ)
        walk_read((uint32_t)address);
    if (direction == BOCHS_READ)
        walks_read((uint32_t)address);
    else
        walks_write((uint32_t)address);
}

void hardware_reset(unsigned cpu, unsigned type) {
    (void)cpu;
    (void)type;
    if (recording)
        end_because(TRACE_OUTCOME_panic, "the machine was reset");
}

void hardware_next_instruction(uint32_t from, uint32_t to) {
    double_fault = false;
    if (recording && from != to && provider)
        provider->ring(from, to, change, bochs.get_eip());
}
