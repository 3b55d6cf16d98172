/*
 * segment_fixup.c - which access faulted, and the descriptor turned over for it; see segment_fixup.h.
 *
 * Only instructions with a prefix for %fs or %gs in 32-bit code are looked at, and of those only where the memory
 * operand lies; what they do is the processor's business.
 */
#include "xen/guest/segment_fixup.h"

#include "trace/emit.h"
#include "xen/domain/domain.h"
#include "xen/guest/gdt.h"
#include "xen/guest/privop.h"
#include "xen/guest/segment.h"
#include "xen/guest/trap.h"

#define NO_SELECTOR 0u

struct range {
    uint8_t first, last;
};

/* Opcodes with a ModRM byte that may access memory: of one byte, and behind 0F (SDM volume 2, appendix A). */
static const struct range one_byte[] = {
    { 0x00, 0x03 }, { 0x08, 0x0b }, { 0x10, 0x13 }, { 0x18, 0x1b }, { 0x20, 0x23 }, { 0x28, 0x2b }, { 0x30, 0x33 },
    { 0x38, 0x3b }, { 0x69, 0x69 }, { 0x6b, 0x6b }, { 0x80, 0x8c }, { 0x8e, 0x8f }, { 0xc0, 0xc1 }, { 0xc6, 0xc7 },
    { 0xd0, 0xd3 }, { 0xd8, 0xdf }, { 0xf6, 0xf7 }, { 0xfe, 0xff },
};
static const struct range two_bytes[] = {
    { 0x10, 0x17 }, { 0x28, 0x2f }, { 0x40, 0x76 }, { 0x7e, 0x7f }, { 0x90, 0x9f }, { 0xa3, 0xa5 }, { 0xab, 0xb1 },
    { 0xb3, 0xb3 }, { 0xb6, 0xb7 }, { 0xba, 0xc7 }, { 0xd0, 0xfe },
};

#define FIND(ranges, opcode) find(ranges, sizeof(ranges) / sizeof((ranges)[0]), opcode)

static bool find(const struct range *ranges, uint32_t count, uint8_t opcode) {
    for (uint32_t i = 0; i < count; i++) {
        if (opcode >= ranges[i].first && opcode <= ranges[i].last) {
            return true;
        }
    }
    return false;
}

/* Add a displacement of so many bytes, sign-extended. */
static bool add_displacement(struct privop *op, uint32_t bytes, uint32_t *offset) {
    uint32_t value = 0;
    uint8_t byte;

    for (uint32_t i = 0; i < bytes; i++) {
        if (!privop_fetch(op, &byte)) {
            return false;
        }
        value |= (uint32_t)byte << 8 * i;
    }
    *offset += bytes == 1 ? (uint32_t)(int8_t)value : value;
    return true;
}

/* The offset that ModRM and what follows it name. False: a register, or not readable. SDM volume 2, 2.1.5. */
static bool operand_offset(struct privop *op, uint32_t *offset) {
    static const uint8_t displacement_bytes[] = { 0, 1, 4 };
    uint8_t modrm, sib;

    if (!privop_fetch(op, &modrm) || modrm >> 6 == 3) {
        return false;
    }
    uint32_t mod = modrm >> 6, base = modrm & 7;

    *offset = 0;
    if (base == 4) {
        if (!privop_fetch(op, &sib)) {
            return false;
        }
        base = sib & 7;
        if ((sib >> 3 & 7) != 4) {
            *offset = *privop_register(op->regs, sib >> 3 & 7) << (sib >> 6);
        }
    }
    if (base == 5 && mod == 0) {
        return add_displacement(op, 4, offset);
    }
    *offset += *privop_register(op->regs, base);
    return add_displacement(op, displacement_bytes[mod], offset);
}

/* Prefixes, and the first byte behind them. False: not one that is looked at. */
static bool fetch_opcode(struct privop *op, uint32_t *selector, uint8_t *opcode) {
    *selector = NO_SELECTOR;
    for (;;) {
        if (!privop_fetch(op, opcode)) {
            return false;
        }
        switch (*opcode) {
        case 0x64:
            *selector = op->regs->fs;
            break;
        case 0x65:
            *selector = op->regs->gs;
            break;
        case 0x66: case 0xf0: case 0xf2: case 0xf3:
            break;
        case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x67:
            return false;
        default:
            return *selector != NO_SELECTOR;
        }
    }
}

/* Take apart the instruction as far as its memory operand goes. */
static bool decode(struct privop *op, uint32_t *selector, uint32_t *offset) {
    uint8_t opcode;

    if (!fetch_opcode(op, selector, &opcode)) {
        return false;
    }
    if (opcode >= 0xa0 && opcode <= 0xa3) {
        *offset = 0;
        return add_displacement(op, 4, offset); /* MOV between eAX and an address in the instruction */
    }
    if (opcode == 0x0f) {
        return privop_fetch(op, &opcode) && FIND(two_bytes, opcode) && operand_offset(op, offset);
    }
    return FIND(one_byte, opcode) && operand_offset(op, offset);
}

static bool has_assist(const struct vcpu *vcpu, uint32_t type) {
    return vcpu->domain->assists & 1u << type;
}

bool segment_fixup(struct vcpu *vcpu, struct cpu_user_regs *regs) {
    struct privop op;
    uint32_t selector, offset;

    if (!has_assist(vcpu, VMASST_TYPE_4gb_segments) || !privop_begin(&op, vcpu, regs) || op.address_bytes != 4 ||
        !decode(&op, &selector, &offset)) {
        return false;
    }
    uint32_t *descriptor = segment_own_descriptor(vcpu, selector);

    if (!descriptor || !descriptor_flip(descriptor, offset)) {
        return false;
    }
    trace_pv_emulate_4gb(selector, offset, regs->eip);
    if (has_assist(vcpu, VMASST_TYPE_4gb_segments_notify)) {
        trap_deliver(vcpu, regs, TRAP_SEGMENT_FIXUP, true, op.eip - regs->eip);
    }
    return true;
}
