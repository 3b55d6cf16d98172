/*
 * console_io.c - hypercall console_io: the guest's messages. Nobody types at this machine, so reading gives nothing.
 *
 * Source: HYPERVISOR_console_io in <xen/xen.h>. Every domain may write; Xen 3.x lets domain 0 only, which is the domain
 * that would run here.
 */
#include <xen/errno.h>

#include "xen/domain/console.h"
#include "xen/domain/domain.h"
#include "xen/hypercall/table.h"
#include "xen/mm/user_copy.h"

#define CHUNK 128u
#define CHUNKS_A_CALL 16u

static int32_t write(struct vcpu *vcpu, uint32_t *args) {
    char buffer[CHUNK];

    for (uint32_t i = 0; args[1] != 0; i++) {
        uint32_t part = args[1] < CHUNK ? args[1] : CHUNK;

        if (i == CHUNKS_A_CALL) {
            return hypercall_preempt(vcpu);
        }
        if (copy_from_guest(buffer, args[2], part) != 0) {
            return -XEN_EFAULT;
        }
        domain_console_write(vcpu->domain, buffer, part);
        args[1] -= part;
        args[2] += part;
    }
    return 0;
}

int32_t hypercall_console_io(struct vcpu *vcpu, uint32_t *args) {
    switch (args[0]) {
    case CONSOLEIO_write:
        return write(vcpu, args);
    case CONSOLEIO_read:
        return 0;
    default:
        return -XEN_ENOSYS;
    }
}
