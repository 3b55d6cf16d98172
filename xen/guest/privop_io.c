/*
 * privop_io.c - in and out for a guest; see privop.h.
 *
 * What a guest may do with the instructions is Xen's: without virtual IOPL and without the port in its own I/O bitmap
 * they fault. What they reach is io_ports.h's to say: of ports that are not the domain's, reads give ones and writes go
 * nowhere.
 */
#include "xen/domain/domain.h"
#include "xen/guest/io_ports.h"
#include "xen/guest/privop.h"
#include "xen/mm/user_copy.h"

bool privop_io_level(const struct privop *op) {
    uint32_t ring = op->regs->cs & 3;

    return op->vcpu->io_privilege >= ring;
}

/* May the guest use bytes ports from port: by its level, or by zeros in the bitmap it gave. */
static bool io_allowed(const struct privop *op, uint32_t port, uint32_t bytes) {
    if (privop_io_level(op)) {
        return true;
    }
    if (port + bytes > op->vcpu->io_bitmap_ports) {
        return false;
    }
    uint8_t bits[2] = { 0, 0 };
    uint32_t last_byte = (port + bytes - 1) / 8;

    if (copy_from_guest(bits, op->vcpu->io_bitmap + port / 8, last_byte - port / 8 + 1) != 0) {
        return false;
    }
    uint32_t mask = ((1u << bytes) - 1) << (port & 7);

    return ((bits[0] | (uint32_t)bits[1] << 8) & mask) == 0;
}

static bool port_of(struct privop *op, bool immediate, uint32_t *port) {
    uint8_t byte;

    if (!immediate) {
        *port = op->regs->edx & 0xffff;
        return true;
    }
    if (!privop_fetch(op, &byte)) {
        return false;
    }
    *port = byte;
    return true;
}

bool privop_in(struct privop *op, uint32_t bytes, bool immediate) {
    uint32_t port;

    if (!port_of(op, immediate, &port) || !io_allowed(op, port, bytes)) {
        return false;
    }
    uint32_t mask = bytes == 4 ? 0xffffffff : (1u << bytes * 8) - 1;
    uint32_t value = io_ports_permitted(op->vcpu->domain, port, bytes) ? io_ports_read(port, bytes) : mask;

    op->regs->eax = (op->regs->eax & ~mask) | value;
    return true;
}

bool privop_out(struct privop *op, uint32_t bytes, bool immediate) {
    uint32_t port;

    if (!port_of(op, immediate, &port) || !io_allowed(op, port, bytes)) {
        return false;
    }
    if (io_ports_permitted(op->vcpu->domain, port, bytes)) {
        io_ports_write(port, bytes, op->regs->eax);
    }
    return true;
}
