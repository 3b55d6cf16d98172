/* kernel_traps.c - exceptions: page faults, the FPU, and what ends a program (see kernel_traps.h). */
#include "guests/mini/kernel_traps.h"

#include <stddef.h>

#include "guests/lib/console.h"
#include "guests/lib/outcome.h"
#include "guests/mini/mm.h"
#include "guests/mini/process.h"
#include "guests/mini/user_copy.h"

#define TRAP_DEVICE_NOT_AVAILABLE 7u
#define TRAP_PAGE_FAULT 14u

static _Noreturn void kill(const struct trap_frame *frame, const char *why, uint32_t linear) {
    const struct process *process = process_current();

    print("process %u (%s) killed: %s, trap %u, error code %x, at %x, address %x\n", process->pid, process->name, why,
          frame->vector, frame->error_code, frame->eip, linear);
    process_exit((int32_t)(STATUS_KILLED + frame->vector));
}

struct expected_trap kernel_expected;

static bool was_expected(struct trap_frame *frame) {
    if (trap_from_user(frame) || kernel_expected.at == 0 || frame->eip != kernel_expected.at)
        return false;
    frame->eip = kernel_expected.behind;
    kernel_expected.taken = true;
    return true;
}

static bool in_user_copy(uint32_t eip) {
    return eip >= (uint32_t)(uintptr_t)user_bytes_begin && eip < (uint32_t)(uintptr_t)user_bytes_end;
}

static void page_fault(struct trap_frame *frame) {
    uint32_t linear = trap_fault_address();
    struct process *process = process_current();
    int32_t result;

    if (was_expected(frame))
        return;
    if (!trap_from_user(frame) && !in_user_copy(frame->eip))
        panic("page fault in the kernel: address %x, error code %x, at %x", linear, frame->error_code, frame->eip);
    result = mm_fault(process->mm, linear, frame->error_code);
    if (result == 0)
        return;
    if (!trap_from_user(frame))
        frame->eip = (uint32_t)(uintptr_t)user_bytes_failed;
    else
        kill(frame, result == -ERROR_no_memory ? "out of memory" : "page fault", linear);
}

static void device_not_available(struct trap_frame *frame) {
    if (!trap_from_user(frame))
        panic("the kernel used the FPU at %x", frame->eip);
    fpu_trap();
}

static void program_error(struct trap_frame *frame) {
    if (was_expected(frame))
        return;
    if (!trap_from_user(frame))
        panic("trap %u in the kernel: error code %x, at %x", frame->vector, frame->error_code, frame->eip);
    kill(frame, "exception", 0);
}

void kernel_traps_start(void) {
    for (uint32_t vector = 0; vector < 32; vector++)
        trap_handle(vector, program_error);
    trap_handle(TRAP_PAGE_FAULT, page_fault);
    trap_handle(TRAP_DEVICE_NOT_AVAILABLE, device_not_available);
    trap_handle(TRAP_SYSTEM_CALL, system_call);
    trap_before_user(process_preempt);
    traps_install();
}
