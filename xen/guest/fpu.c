/*
 * fpu.c - lazy switching of FPU state; see fpu.h.
 */
#include "xen/guest/fpu.h"

#include "trace/emit.h"
#include "xen/cpu/fpu.h"
#include "xen/domain/domain.h"
#include "xen/guest/trap.h"
#include "xen/mm/tlb.h"

void fpu_trap(struct vcpu *vcpu, struct cpu_user_regs *regs) {
    struct cpu *cpu = this_cpu();

    cpu_clear_task_switched();
    if (cpu->fpu_owner != vcpu) {
        if (cpu->fpu_owner) {
            fpu_save(&cpu->fpu_owner->fpu);
        }
        fpu_restore(&vcpu->fpu);
        cpu->fpu_owner = vcpu;
    }
    trace_pv_math_state_restore(vcpu->task_switched);
    if (vcpu->task_switched) {
        vcpu->task_switched = false;
        trap_deliver(vcpu, regs, TRAP_NO_DEVICE, false, 0);
    }
}

void fpu_set_task_switched(struct vcpu *vcpu, bool set) {
    vcpu->task_switched = set;
    if (set) {
        cpu_set_task_switched();
    } else if (this_cpu()->fpu_owner == vcpu) {
        cpu_clear_task_switched();
    }
}

void fpu_vcpu_loaded(struct vcpu *vcpu) {
    if (this_cpu()->fpu_owner == vcpu && !vcpu->task_switched) {
        cpu_clear_task_switched();
    } else {
        cpu_set_task_switched();
    }
}

void fpu_store(struct vcpu *vcpu) {
    if (this_cpu()->fpu_owner == vcpu) {
        cpu_clear_task_switched();
        fpu_save(&vcpu->fpu);
        this_cpu()->fpu_owner = 0;
        cpu_set_task_switched();
    }
}

void fpu_vcpu_gone(struct vcpu *vcpu) {
    if (this_cpu()->fpu_owner == vcpu) {
        this_cpu()->fpu_owner = 0;
    }
}
