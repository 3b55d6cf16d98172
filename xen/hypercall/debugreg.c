/*
 * debugreg.c - a guest's debug registers, and hypercalls set_debugreg and get_debugreg; see debugreg.h.
 */
#include "xen/hypercall/debugreg.h"

#include <xen/errno.h>

#include "xen/domain/domain.h"
#include "xen/hypercall/table.h"

#define DR6_ZERO 0x00001000u
#define DR6_ONE 0xffff0ff0u
#define DR7_ZERO 0x0000d800u
#define DR7_ONE 0x00000400u
#define DR7_GENERAL_DETECT 0x00002000u
#define DR7_ENABLES 0x000000ffu

static void write_hardware(uint32_t number, uint32_t value) {
    switch (number) {
    case 0:
        asm volatile("mov %0, %%dr0" : : "r"(value));
        break;
    case 1:
        asm volatile("mov %0, %%dr1" : : "r"(value));
        break;
    case 2:
        asm volatile("mov %0, %%dr2" : : "r"(value));
        break;
    case 3:
        asm volatile("mov %0, %%dr3" : : "r"(value));
        break;
    case 6:
        asm volatile("mov %0, %%dr6" : : "r"(value));
        break;
    case 7:
        asm volatile("mov %0, %%dr7" : : "r"(value));
        break;
    }
}

/*
 * Types (bits 16-17 and so on) and lengths of the four breakpoints: 2 is an I/O breakpoint or a length that is not
 * 32-bit.
 */
static bool has_forbidden_field(uint32_t dr7) {
    for (uint32_t shift = 16; shift < 32; shift += 2) {
        if ((dr7 >> shift & 3) == 2) {
            return true;
        }
    }
    return false;
}

int debugreg_set(struct vcpu *vcpu, uint32_t number, uint32_t value) {
    if (number > 7 || number == 4 || number == 5) {
        return -XEN_EINVAL;
    }
    if (number < 4 && value > HYPERVISOR_LINEAR_START - 4) {
        return -XEN_EPERM;
    }
    if (number == 6) {
        value = (value & ~DR6_ZERO) | DR6_ONE;
    }
    if (number == 7) {
        if ((value & DR7_GENERAL_DETECT) || has_forbidden_field(value)) {
            return -XEN_EPERM;
        }
        value = value != 0 ? (value & ~DR7_ZERO) | DR7_ONE : 0;
    }
    vcpu->debug[number] = value;
    if (number == 7) {
        vcpu->switching &= ~VCPU_HAS_BREAKPOINTS;
        vcpu->switching |= value & DR7_ENABLES ? VCPU_HAS_BREAKPOINTS : 0;
    }
    if (current_vcpu() != vcpu) {
        return 0;
    }
    if (number == 7 && (value & DR7_ENABLES)) {
        debugreg_load(vcpu); /* the others hold what the last vcpu with breakpoints left there */
    } else {
        write_hardware(number, value);
    }
    return 0;
}

bool debugreg_get(const struct vcpu *vcpu, uint32_t number, uint32_t *value) {
    if (number > 7) {
        return false;
    }
    *value = vcpu->debug[number];
    return true;
}

void debugreg_load(const struct vcpu *vcpu) {
    if (vcpu->debug[7] & DR7_ENABLES) {
        for (uint32_t number = 0; number < 8; number++) {
            write_hardware(number, vcpu->debug[number]);
        }
    }
}

void debugreg_unload(const struct vcpu *vcpu) {
    if (vcpu->debug[7] & DR7_ENABLES) {
        write_hardware(7, DR7_ONE);
    }
}

void debugreg_note_trap(struct vcpu *vcpu) {
    asm volatile("mov %%dr6, %0" : "=r"(vcpu->debug[6]));
    write_hardware(6, DR6_ONE);
}

int32_t hypercall_set_debugreg(struct vcpu *vcpu, uint32_t *args) {
    return debugreg_set(vcpu, args[0], args[1]);
}

int32_t hypercall_get_debugreg(struct vcpu *vcpu, uint32_t *args) {
    uint32_t value;

    return debugreg_get(vcpu, args[0], &value) ? (int32_t)value : -XEN_EINVAL;
}
