/*
 * table.h - the hypercalls: one table, one form of handler.
 *
 * A handler gets the calling vcpu and its six argument words (ebx, ecx, edx, esi, edi, ebp, which lie in that order in
 * struct cpu_user_regs; or the words of a multicall's entry, in the hypervisor's copy). It returns what goes into eax:
 * by Xen's ABI 0 or positive for success, else a negative errno.
 *
 * Rules: a pointer argument is checked and copied once. A handler that has much to do stops after HYPERCALL_BATCH
 * steps: it writes into its argument words what is left and calls hypercall_preempt; the guest executes the call again,
 * after whatever interrupt or event was waiting.
 * Source: <xen/xen.h>, numbers __HYPERVISOR_*.
 */
#ifndef XEN_HYPERCALL_TABLE_H
#define XEN_HYPERCALL_TABLE_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

#define HYPERCALL_NUMBERS 64u
#define HYPERCALL_ARGUMENTS 6
#define HYPERCALL_BATCH 128u

struct hypercall {
    int32_t (*handler)(struct vcpu *vcpu, uint32_t *args);
    uint32_t args;         /* words it takes */
    const char *name;
};

/* handler NULL: no such hypercall, -ENOSYS. */
extern const struct hypercall hypercall_table[HYPERCALL_NUMBERS];

/* Execute hypercall number; args may be rewritten when vcpu->preempted is set afterwards. */
int32_t hypercall_execute(struct vcpu *vcpu, uint32_t number, uint32_t *args);
/*
 * The handler has rewritten its arguments: call it again. The result, which is not 0, is what the handler shall return.
 */
int32_t hypercall_preempt(struct vcpu *vcpu);

/* Does hypercall number take so many argument words? False for numbers that do not exist. */
bool hypercall_takes(uint32_t number, uint32_t words);
/* Its name, for people. */
const char *hypercall_name(uint32_t number);

/* Handlers, each in the file of its name. */
int32_t hypercall_set_trap_table(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_mmu_update(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_set_gdt(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_stack_switch(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_set_callbacks(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_fpu_taskswitch(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_sched_op_compat(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_set_debugreg(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_get_debugreg(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_update_descriptor(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_memory_op(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_multicall(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_update_va_mapping(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_set_timer_op(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_event_channel_op_compat(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_xen_version(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_console_io(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_physdev_op_compat(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_grant_table_op(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_vm_assist(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_update_va_mapping_otherdomain(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_iret(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_vcpu_op(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_mmuext_op(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_nmi_op(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_sched_op(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_callback_op(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_event_channel_op(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_platform_op(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_physdev_op(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_sysctl(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_domctl(struct vcpu *vcpu, uint32_t *args);
int32_t hypercall_marker(struct vcpu *vcpu, uint32_t *args);

#endif
