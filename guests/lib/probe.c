/* probe.c - see probe.h. */
#include "guests/lib/probe.h"

#include "guests/lib/outcome.h"
#include "guests/lib/traps.h"
#include "guests/lib/user.h"

#define TRAP_PAGE_FAULT 14u

static uint32_t error_code;
static uint32_t address;
static uint32_t faults;

static void page_fault(struct trap_frame *frame) {
    user_trapped(frame);
    address = trap_fault_address();
    error_code = frame->error_code;
    faults++;
    if (frame->eip != (uint32_t)(uintptr_t)probe_read_at && frame->eip != (uint32_t)(uintptr_t)probe_write_at)
        panic("page fault outside a probe: address %x, error code %x, at %x", address, error_code, frame->eip);
    frame->eip = (uint32_t)(uintptr_t)probe_failed;
}

void probe_start(void) {
    trap_handle(TRAP_PAGE_FAULT, page_fault);
}

bool probe_read(uint32_t linear, uint32_t *value) {
    return probe_read_word(linear, value);
}

bool probe_write(uint32_t linear, uint32_t value) {
    return probe_write_word(linear, value);
}

uint32_t probe_error_code(void) {
    return error_code;
}

uint32_t probe_address(void) {
    return address;
}

uint32_t probe_faults(void) {
    return faults;
}
