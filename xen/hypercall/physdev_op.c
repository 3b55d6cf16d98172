/*
 * physdev_op.c - hypercalls physdev_op and physdev_op_compat. No domain has a physical interrupt: those of the timer
 * and of COM1 are the hypervisor's, and there is no APIC.
 *
 * Source: <xen/physdev.h>; errors as Xen 3.x on a machine without APICs.
 */
#include <xen/errno.h>
#include <xen/physdev.h>

#include "xen/domain/domain.h"
#include "xen/hypercall/table.h"
#include "xen/mm/user_copy.h"

#define IRQS 256
#define IO_PORTS 65536u

static int32_t query_irq(uint32_t linear) {
    struct physdev_irq_status_query query;

    if (copy_from_guest(&query, linear, sizeof(query)) != 0) {
        return -XEN_EFAULT;
    }
    if (query.irq >= IRQS) {
        return -XEN_EINVAL;
    }
    query.flags = 0;
    return copy_to_guest(linear, &query, sizeof(query)) == 0 ? 0 : -XEN_EFAULT;
}

static int32_t set_io_privilege(struct vcpu *vcpu, uint32_t linear) {
    struct physdev_set_iopl request;

    if (copy_from_guest(&request, linear, sizeof(request)) != 0) {
        return -XEN_EFAULT;
    }
    if (request.iopl > 3) {
        return -XEN_EINVAL;
    }
    vcpu->io_privilege = request.iopl;
    return 0;
}

static int32_t set_io_bitmap(struct vcpu *vcpu, uint32_t linear) {
    struct physdev_set_iobitmap request;

    if (copy_from_guest(&request, linear, sizeof(request)) != 0) {
        return -XEN_EFAULT;
    }
    uint32_t bitmap = *(const uint32_t *)&request.bitmap;

    if (request.nr_ports > IO_PORTS || !guest_range_ok(bitmap, IO_PORTS / 8)) {
        return -XEN_EINVAL;
    }
    vcpu->io_bitmap = bitmap;
    vcpu->io_bitmap_ports = request.nr_ports;
    return 0;
}

/* No interrupt is bound to anybody: none waits for its end. */
static int32_t end_interrupt(uint32_t linear) {
    struct physdev_eoi request;

    if (copy_from_guest(&request, linear, sizeof(request)) != 0) {
        return -XEN_EFAULT;
    }
    return request.irq < IRQS ? 0 : -XEN_EINVAL;
}

/* Registers of an APIC, and a vector for an interrupt: for the privileged domain, and there is none. */
static int32_t use_apic(const struct vcpu *vcpu, uint32_t linear, uint32_t size) {
    union {
        struct physdev_apic apic;
        struct physdev_irq irq;
    } request;

    if (copy_from_guest(&request, linear, size) != 0) {
        return -XEN_EFAULT;
    }
    return vcpu->domain->privileged ? -XEN_EINVAL : -XEN_EPERM;
}

static int32_t execute(struct vcpu *vcpu, uint32_t command, uint32_t linear) {
    switch (command) {
    case PHYSDEVOP_IRQ_UNMASK_NOTIFY:
        return 0; /* no interrupt of its own could be masked */
    case PHYSDEVOP_eoi:
        return end_interrupt(linear);
    case PHYSDEVOP_irq_status_query:
        return query_irq(linear);
    case PHYSDEVOP_set_iopl:
        return set_io_privilege(vcpu, linear);
    case PHYSDEVOP_set_iobitmap:
        return set_io_bitmap(vcpu, linear);
    case PHYSDEVOP_apic_read:
    case PHYSDEVOP_apic_write:
        return use_apic(vcpu, linear, sizeof(struct physdev_apic));
    case PHYSDEVOP_alloc_irq_vector:
        return use_apic(vcpu, linear, sizeof(struct physdev_irq));
    default:
        return -XEN_ENOSYS;
    }
}

int32_t hypercall_physdev_op(struct vcpu *vcpu, uint32_t *args) {
    return execute(vcpu, args[0], args[1]);
}

int32_t hypercall_physdev_op_compat(struct vcpu *vcpu, uint32_t *args) {
    uint32_t command;

    if (copy_from_guest(&command, args[0], sizeof(command)) != 0) {
        return -XEN_EFAULT;
    }
    return execute(vcpu, command, args[0] + (uint32_t)__builtin_offsetof(struct physdev_op, u));
}
