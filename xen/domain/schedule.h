/*
 * schedule.h - vcpus come and go on this processor: when they can run, and what the return path has to look at.
 *
 * Rules: a vcpu's state says why it cannot run; vcpu_sleep and vcpu_resume are the only writers of it once the vcpu is
 * up. Which vcpu runs is credit.h's to say; changing to it happens on the return path only, where nothing of the
 * hypervisor is half done. this_cpu()->work says that something waits for the next return to a guest.
 * Callers: xen/guest (return.c), xen/hypercall (sched_op, vcpu_op), events, time, end, start.
 */
#ifndef XEN_DOMAIN_SCHEDULE_H
#define XEN_DOMAIN_SCHEDULE_H

#include <stdint.h>

#include "xen/domain/domain.h"

/* Bits of this_cpu()->work. */
#define WORK_AREAS 1u      /* the areas in which the current vcpu is told the time want to be renewed */
#define WORK_HOP 2u        /* a domain is to change its mode (mode_hop.h) */
#define WORK_DYING 4u      /* a domain is dying (end.h) */
#define WORK_NMI 16u       /* the current vcpu may have an NMI to be delivered */
#define WORK_SCHEDULE 8u   /* another vcpu may have to run */

/* The vcpu cannot run any more. why: VCPU_* bits. */
void vcpu_sleep(struct vcpu *vcpu, uint32_t why);
/* These reasons are gone: if no other is left the vcpu can run. */
void vcpu_resume(struct vcpu *vcpu, uint32_t why);
/* An event came, or a poll ended: it does not wait any more. */
void vcpu_wake(struct vcpu *vcpu);
/* Block the current vcpu until an event is pending for it (events are unmasked, as Xen's SCHEDOP_block does). */
void vcpu_block(struct vcpu *vcpu);
/* The vcpu has an NMI: it does not wait any more, and gets it when it runs. */
void vcpu_send_nmi(struct vcpu *vcpu);
/* The current vcpu lets others go first, once. */
void vcpu_yield(struct vcpu *vcpu);

/* Pause and unpause all vcpus of the domain; pauses nest. Unpausing one that is not paused does nothing. */
void domain_pause(struct domain *domain);
void domain_unpause(struct domain *domain);

/*
 * Return path: go on with the vcpu whose turn it is, idle until there is one. regs: the guest's registers, of the
 * current vcpu before and of the chosen one afterwards. When nothing that could wake any vcpu is left the domains are
 * ended with a message.
 */
void schedule(struct cpu_user_regs *regs);
/* The vcpu is not loaded any more: nothing of the processor refers to it, and the hypervisor's own root is in CR3. */
void vcpu_unload(struct vcpu *vcpu);
/* Work for another domain was recorded as its: from here on records are the running vcpu's again, or nobody's. */
void schedule_restore_identity(void);

#endif
