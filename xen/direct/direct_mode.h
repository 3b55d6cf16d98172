/*
 * direct_mode.h - the operations of direct mode, for writable mode to build on; what each does is said in
 * xen/domain/mode.h.
 */
#ifndef XEN_DIRECT_DIRECT_MODE_H
#define XEN_DIRECT_DIRECT_MODE_H

#include "xen/direct/direct.h"
#include "xen/domain/mode.h"

int direct_prepare(struct domain *domain);
int direct_enter(struct domain *domain);
void direct_leave(struct domain *domain);
void direct_dispose(struct domain *domain);
int direct_load_base_pointer(struct vcpu *vcpu, gfn_t gfn, uint32_t cause);
int direct_take_base_pointer(struct domain *domain, mfn_t gmfn);
void direct_resume(struct vcpu *vcpu, uint32_t cause);
int direct_write_l1e(struct domain *domain, uint32_t linear, pte_t value);
int direct_clear_l1e(struct domain *domain, uint32_t linear, pte_t expected);
pte_t direct_guest_l1e(struct domain *domain, uint32_t linear);
int direct_pin(struct domain *domain, mfn_t mfn, uint32_t level);
int direct_unpin(struct domain *domain, mfn_t mfn);
enum fault_answer direct_page_fault(struct domain *domain, uint32_t linear, uint32_t *error_code,
                                    struct cpu_user_regs *regs, bool from_hypervisor);
void direct_invlpg(struct domain *domain, uint32_t linear, uint32_t cause);
void direct_flush(struct domain *domain, uint32_t cause);
void direct_frame_written(struct domain *domain, mfn_t mfn);
void direct_frame_released(struct domain *domain, mfn_t mfn);
void direct_permission_lost(struct domain *domain, struct foreign_frame *frame);

#endif
