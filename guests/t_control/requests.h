/*
 * requests.h - domctl and sysctl. Include it where __XEN_TOOLS__ is defined.
 *
 * Callers: guests/t_control.
 */
#ifndef GUESTS_T_CONTROL_REQUESTS_H
#define GUESTS_T_CONTROL_REQUESTS_H

#include <stdint.h>

#include <xen/domctl.h>
#include <xen/sysctl.h>

/* What domctl is called with, and has answered. */
extern struct xen_domctl request;

/* Call domctl with request, of this command and domain. */
long domctl(uint32_t command, uint32_t domain);
long sysctl(struct xen_sysctl *what);
/* setvcpucontext. */
long set_vcpu_context(uint32_t domain, uint32_t vcpu, const struct vcpu_guest_context *context);
/* XEN_DOMCTL_shadow_op with this operation and mode. */
long shadow(uint32_t domain, uint32_t operation, uint32_t mode);
/* Frames of the machine that are free. */
uint64_t free_frames(void);

#endif
