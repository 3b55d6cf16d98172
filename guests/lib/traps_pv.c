/*
 * traps_pv.c - traps.h on the paravirtual machine: the hypervisor delivers traps and events, and a mask in shared memory
 * stands for the interrupt flag.
 */
#include "guests/lib/boot.h"
#include "guests/lib/events.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"
#include "guests/lib/traps.h"

#define EXCEPTIONS 32

static volatile struct vcpu_info *vcpu(void) {
    return &shared_info->vcpu_info[0];
}

void traps_install(void) {
    static struct trap_info table[EXCEPTIONS + 2];
    const uint8_t open_to_user = 3, mask_events = 4;

    for (uint32_t i = 0; i < EXCEPTIONS; i++) {
        table[i].vector = (uint8_t)i;
        table[i].flags = (i == 3 || i == 4) ? mask_events | open_to_user : mask_events;
        table[i].cs = FLAT_KERNEL_CS;
        table[i].address = pointer_word(trap_entries[i]);
    }
    /* Not masking events makes it eligible for the processor's own gate: no hypervisor in the way. */
    table[EXCEPTIONS] = (struct trap_info){
        TRAP_SYSTEM_CALL, open_to_user, FLAT_KERNEL_CS, pointer_word(trap_entry_system_call),
    };
    if (hypercall_set_trap_table(table) != 0)
        panic("the hypervisor refused the trap table");
    if (hypercall_set_callbacks(FLAT_KERNEL_CS, pointer_word(trap_entry_event), FLAT_KERNEL_CS,
                                pointer_word(trap_entry_failsafe)) != 0)
        panic("the hypervisor refused the callbacks");
}

uint32_t trap_fault_address(void) {
    return (uint32_t)vcpu()->arch.cr2;
}

bool events_disable(void) {
    bool enabled = vcpu()->evtchn_upcall_mask == 0;

    vcpu()->evtchn_upcall_mask = 1;
    return enabled;
}

void events_enable(void) {
    for (;;) {
        vcpu()->evtchn_upcall_mask = 0;
        if (vcpu()->evtchn_upcall_pending == 0)
            return;
        vcpu()->evtchn_upcall_mask = 1;
        events_dispatch();
    }
}

void trap_enter(struct trap_frame *frame) {
    vcpu()->evtchn_upcall_mask = 1;     /* a direct system call arrives with events enabled */
    trap_deliver(frame);
    if ((frame->eflags & EFLAGS_IF) != 0)
        events_enable();
}
