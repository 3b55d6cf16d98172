/*
 * console_io.c - hypercall console_io: messages of a domain, and what is typed at the machine for the privileged one.
 *
 * Source: HYPERVISOR_console_io in <xen/xen.h>. In Xen 3.x both are domain 0's alone; here every domain may write:
 * it is how a small guest says what it does.
 */
#include <xen/errno.h>

#include "xen/domain/console.h"
#include "xen/domain/console_input.h"
#include "xen/domain/domain.h"
#include "xen/hypercall/table.h"
#include "xen/mm/user_copy.h"

#define CHUNK 128u
#define CHUNKS_A_CALL 16u

static int32_t write(struct vcpu *vcpu, uint32_t *args) {
    char buffer[CHUNK];

    for (uint32_t i = 0; (int32_t)args[1] > 0; i++) {
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

/* Returns how many characters the guest got. */
static int32_t read(const struct vcpu *vcpu, uint32_t count, uint32_t linear) {
    char buffer[CHUNK];
    uint32_t done = 0;

    if (!vcpu->domain->privileged) {
        return -XEN_EPERM;
    }
    while ((int32_t)(count - done) > 0) {
        uint32_t part = console_input_peek(buffer, count - done < CHUNK ? count - done : CHUNK);

        if (part == 0) {
            break;
        }
        if (copy_to_guest(linear + done, buffer, part) != 0) {
            return -XEN_EFAULT;
        }
        console_input_drop(part);
        done += part;
    }
    return (int32_t)done;
}

int32_t hypercall_console_io(struct vcpu *vcpu, uint32_t *args) {
    switch (args[0]) {
    case CONSOLEIO_write:
        return write(vcpu, args);
    case CONSOLEIO_read:
        return read(vcpu, args[1], args[2]);
    default:
        return -XEN_ENOSYS;
    }
}
