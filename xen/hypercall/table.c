/*
 * table.c - the table of hypercalls and the way through it; see table.h. This is the path whose length every guest
 * feels.
 */
#include "xen/hypercall/table.h"

#include <xen/errno.h>

#include "trace/emit.h"
#include "xen/cpu/entry.h"
#include "xen/direct/table.h"
#include "xen/domain/domain.h"
#include "xen/mm/tlb.h"
#include "xen/public/penumbra.h"

#define INT_BYTES 2u /* of the instruction int $0x82 */

/* For a privileged domain, and there is nothing to be loaded and started instead of this. */
static int32_t kexec_op(struct vcpu *vcpu, uint32_t *args) {
    (void)args;
    return vcpu->domain->privileged ? -XEN_ENOSYS : -XEN_EPERM;
}

const struct hypercall hypercall_table[HYPERCALL_NUMBERS] = {
    [__HYPERVISOR_set_trap_table] = { hypercall_set_trap_table, 1, "set_trap_table" },
    [__HYPERVISOR_mmu_update] = { hypercall_mmu_update, 4, "mmu_update" },
    [__HYPERVISOR_set_gdt] = { hypercall_set_gdt, 2, "set_gdt" },
    [__HYPERVISOR_stack_switch] = { hypercall_stack_switch, 2, "stack_switch" },
    [__HYPERVISOR_set_callbacks] = { hypercall_set_callbacks, 4, "set_callbacks" },
    [__HYPERVISOR_fpu_taskswitch] = { hypercall_fpu_taskswitch, 1, "fpu_taskswitch" },
    [__HYPERVISOR_sched_op_compat] = { hypercall_sched_op_compat, 2, "sched_op_compat" },
    [__HYPERVISOR_platform_op] = { hypercall_platform_op, 1, "platform_op" },
    [__HYPERVISOR_set_debugreg] = { hypercall_set_debugreg, 2, "set_debugreg" },
    [__HYPERVISOR_get_debugreg] = { hypercall_get_debugreg, 1, "get_debugreg" },
    [__HYPERVISOR_update_descriptor] = { hypercall_update_descriptor, 4, "update_descriptor" },
    [__HYPERVISOR_memory_op] = { hypercall_memory_op, 2, "memory_op" },
    [__HYPERVISOR_multicall] = { hypercall_multicall, 2, "multicall" },
    [__HYPERVISOR_update_va_mapping] = { hypercall_update_va_mapping, 4, "update_va_mapping" },
    [__HYPERVISOR_set_timer_op] = { hypercall_set_timer_op, 2, "set_timer_op" },
    [__HYPERVISOR_event_channel_op_compat] = { hypercall_event_channel_op_compat, 1, "event_channel_op_compat" },
    [__HYPERVISOR_xen_version] = { hypercall_xen_version, 2, "xen_version" },
    [__HYPERVISOR_console_io] = { hypercall_console_io, 3, "console_io" },
    [__HYPERVISOR_physdev_op_compat] = { hypercall_physdev_op_compat, 1, "physdev_op_compat" },
    [__HYPERVISOR_grant_table_op] = { hypercall_grant_table_op, 3, "grant_table_op" },
    [__HYPERVISOR_vm_assist] = { hypercall_vm_assist, 2, "vm_assist" },
    [__HYPERVISOR_update_va_mapping_otherdomain] = { hypercall_update_va_mapping_otherdomain, 5,
                                                     "update_va_mapping_otherdomain" },
    [__HYPERVISOR_iret] = { hypercall_iret, 0, "iret" },
    [__HYPERVISOR_vcpu_op] = { hypercall_vcpu_op, 3, "vcpu_op" },
    [__HYPERVISOR_mmuext_op] = { hypercall_mmuext_op, 4, "mmuext_op" },
    [__HYPERVISOR_nmi_op] = { hypercall_nmi_op, 2, "nmi_op" },
    [__HYPERVISOR_sched_op] = { hypercall_sched_op, 2, "sched_op" },
    [__HYPERVISOR_callback_op] = { hypercall_callback_op, 2, "callback_op" },
    [__HYPERVISOR_event_channel_op] = { hypercall_event_channel_op, 2, "event_channel_op" },
    [__HYPERVISOR_physdev_op] = { hypercall_physdev_op, 2, "physdev_op" },
    [__HYPERVISOR_sysctl] = { hypercall_sysctl, 1, "sysctl" },
    [__HYPERVISOR_domctl] = { hypercall_domctl, 1, "domctl" },
    [__HYPERVISOR_kexec_op] = { kexec_op, 2, "kexec_op" },
    [PENUMBRA_HYPERVISOR_marker] = { hypercall_marker, 5, "marker" },
};

bool hypercall_takes(uint32_t number, uint32_t words) {
    return number < HYPERCALL_NUMBERS && hypercall_table[number].args >= words;
}

const char *hypercall_name(uint32_t number) {
    return number < HYPERCALL_NUMBERS && hypercall_table[number].name ? hypercall_table[number].name : "none there is";
}

int32_t hypercall_preempt(struct vcpu *vcpu) {
    vcpu->preempted = true;
    return -XEN_ERESTART;
}

/* A hypercall begins when no page table is being given up any more. */
static int32_t execute(struct vcpu *vcpu, uint32_t number, uint32_t *args) {
    if (__builtin_expect(vcpu->domain->direct.leaving != NO_FRAME, 0) && !tables_left(vcpu->domain)) {
        return hypercall_preempt(vcpu);
    }
    if (__builtin_expect(number >= HYPERCALL_NUMBERS, 0)) {
        return -XEN_ENOSYS;
    }
    int32_t (*handler)(struct vcpu *, uint32_t *) = hypercall_table[number].handler;

    return __builtin_expect(handler != 0, 1) ? handler(vcpu, args) : -XEN_ENOSYS;
}

int32_t hypercall_execute(struct vcpu *vcpu, uint32_t number, uint32_t *args) {
    return execute(vcpu, number, args);
}

/* The guest asks again: its registers hold the arguments that are left. eax still holds the number. */
static void execute_again(struct vcpu *vcpu, struct cpu_user_regs *regs) {
    vcpu->preempted = false;
    regs->eip -= INT_BYTES;
}

/* A hypercall whose flushes carry the guest's label, or that is recorded. */
static __attribute__((noinline, cold)) void execute_noted(struct vcpu *vcpu, struct cpu_user_regs *regs) {
    uint32_t number = regs->eax, arg0 = regs->ebx, arg1 = regs->ecx, eip = regs->eip, label = vcpu->pending_label;

    vcpu->pending_label = 0;
    vcpu->last_hypercall = number;
    tlb_set_label(label);
    int32_t result = execute(vcpu, number, &regs->ebx);

    if (vcpu->preempted) {
        vcpu->pending_label = tlb_label() != 0 ? tlb_label() : vcpu->pending_label;
        tlb_set_label(0);
        execute_again(vcpu, regs);
        return;
    }
    tlb_set_label(0);
    regs->eax = (uint32_t)result;
    trace_pv_hypercall(number, hypercall_takes(number, 1) ? arg0 : 0, hypercall_takes(number, 2) ? arg1 : 0, result,
                       eip);
}

void hypercall_entry(struct cpu_user_regs *regs) {
    struct vcpu *vcpu = current_vcpu();

    vcpu->domain->direct.budget = DIRECT_BUDGET;
    if (__builtin_expect((vcpu->pending_label | (trace_mask & TRACE_CLASS_hypercall)) != 0, 0)) {
        execute_noted(vcpu, regs);
        return;
    }
    vcpu->last_hypercall = regs->eax;
    int32_t result = execute(vcpu, regs->eax, &regs->ebx);

    if (__builtin_expect(vcpu->preempted, 0)) {
        execute_again(vcpu, regs);
    } else {
        regs->eax = (uint32_t)result;
    }
}
