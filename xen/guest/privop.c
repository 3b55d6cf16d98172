/*
 * privop.c - decoding privileged instructions; see privop.h.
 */
#include "xen/cpu/io.h"
#include "xen/guest/privop.h"

#include "trace/emit.h"
#include "xen/domain/domain.h"
#include "xen/domain/mode.h"
#include "xen/domain/schedule.h"
#include "xen/guest/fpu.h"
#include "xen/guest/ldt.h"
#include "xen/guest/segment.h"
#include "xen/mm/user_copy.h"

#define INSTRUCTION_BYTES_MAX 15
#define RING_KERNEL 1u

bool privop_begin(struct privop *op, struct vcpu *vcpu, struct cpu_user_regs *regs) {
    *op = (struct privop){ .vcpu = vcpu, .regs = regs, .eip = regs->eip, .operand_bytes = 4, .address_bytes = 4,
                           .code_limit = UINT32_MAX };
    if (regs->cs == FLAT_RING1_CS || regs->cs == FLAT_RING3_CS) {
        return true;
    }
    struct segment segment;

    if (!segment_find(vcpu, regs->cs, &segment) || segment.system || !segment.code) {
        return false;
    }
    op->code_base = segment.base;
    op->code_limit = segment.limit;
    op->operand_bytes = op->address_bytes = segment.big ? 4 : 2;
    return true;
}

bool privop_fetch(struct privop *op, uint8_t *byte) {
    if (op->eip > op->code_limit || op->eip - op->regs->eip >= INSTRUCTION_BYTES_MAX ||
        copy_from_guest(byte, op->code_base + op->eip, 1) != 0) {
        return false;
    }
    op->eip++;
    return true;
}

uint32_t *privop_register(struct cpu_user_regs *regs, uint32_t number) {
    switch (number) {
    case 0:
        return &regs->eax;
    case 1:
        return &regs->ecx;
    case 2:
        return &regs->edx;
    case 3:
        return &regs->ebx;
    case 4:
        return &regs->esp;
    case 5:
        return &regs->ebp;
    case 6:
        return &regs->esi;
    default:
        return &regs->edi;
    }
}

bool privop_fetch_register(struct privop *op, uint32_t *reg, uint32_t **rm) {
    uint8_t modrm;

    if (!privop_fetch(op, &modrm)) {
        return false;
    }
    *reg = modrm >> 3 & 7;
    *rm = privop_register(op->regs, modrm & 7); /* MOV to and from CR and DR ignores the mod field (SDM volume 2) */
    return true;
}

/*
 * Prefixes: operand and address size are kept, segment overrides and repeats do not matter here, LOCK makes the
 * instruction invalid.
 */
static bool fetch_opcode(struct privop *op, uint8_t *opcode) {
    uint32_t operand = op->operand_bytes, address = op->address_bytes;

    for (;;) {
        if (!privop_fetch(op, opcode)) {
            return false;
        }
        switch (*opcode) {
        case 0x66:
            op->operand_bytes = operand ^ 6;
            break;
        case 0x67:
            op->address_bytes = address ^ 6;
            break;
        case 0x26: case 0x2e: case 0x36: case 0x3e: case 0x64: case 0x65: case 0xf2: case 0xf3:
            break;
        default:
            return *opcode != 0xf0;
        }
    }
}

static bool halt(struct privop *op) {
    vcpu_block(op->vcpu);
    return true;
}

static bool clear_task_switched(struct privop *op) {
    fpu_set_task_switched(op->vcpu, false);
    return true;
}

/* 0F 01 /7 with a 32-bit address without SIB or displacement, the one form that kernels use; anything else faults. */
static bool invlpg(struct privop *op) {
    uint8_t modrm;

    if (!privop_fetch(op, &modrm) || op->address_bytes != 4 || (modrm & 0xf8) != 0x38 || (modrm & 7) == 4 ||
        (modrm & 7) == 5) {
        return false;
    }
    uint32_t linear = *privop_register(op->regs, modrm & 7);

    op->vcpu->domain->mode->invlpg(op->vcpu->domain, linear, TRACE_CAUSE_guest_invlpg);
    ldt_flush(op->vcpu, true, linear);
    return true;
}

/* Only a domain with devices has memory that the caches could be stale for; for the others there is nothing to do. */
static bool write_back_caches(struct privop *op) {
    if (op->vcpu->domain->privileged) {
        cpu_write_back_caches();
    }
    return true;
}

struct two_byte {
    uint8_t opcode;
    uint8_t what; /* enum trace_privop */
    bool (*carry_out)(struct privop *op);
};

static const struct two_byte two_byte_table[] = {
    { 0x01, TRACE_PRIVOP_invlpg, invlpg },
    { 0x06, TRACE_PRIVOP_clts, clear_task_switched },
    { 0x09, TRACE_PRIVOP_wbinvd, write_back_caches },
    { 0x20, TRACE_PRIVOP_mov_from_cr, privop_mov_from_cr },
    { 0x21, TRACE_PRIVOP_mov_dr, privop_mov_from_dr },
    { 0x22, TRACE_PRIVOP_mov_to_cr, privop_mov_to_cr },
    { 0x23, TRACE_PRIVOP_mov_dr, privop_mov_to_dr },
    { 0x30, TRACE_PRIVOP_wrmsr, privop_wrmsr },
    { 0x32, TRACE_PRIVOP_rdmsr, privop_rdmsr },
};

static bool emulate_two_byte(struct privop *op, uint32_t *what) {
    uint8_t opcode;

    if ((op->regs->cs & 3) != RING_KERNEL || !privop_fetch(op, &opcode)) {
        return false;
    }
    for (uint32_t i = 0; i < sizeof(two_byte_table) / sizeof(two_byte_table[0]); i++) {
        if (two_byte_table[i].opcode == opcode) {
            *what = two_byte_table[i].what;
            return two_byte_table[i].carry_out(op);
        }
    }
    return false;
}

static bool emulate_one_byte(struct privop *op, uint8_t opcode, uint32_t *what) {
    uint32_t bytes = opcode & 1 ? op->operand_bytes : 1;

    switch (opcode) {
    case 0xe4: case 0xe5: case 0xec: case 0xed:
        *what = TRACE_PRIVOP_in;
        return privop_in(op, bytes, opcode < 0xe8);
    case 0xe6: case 0xe7: case 0xee: case 0xef:
        *what = TRACE_PRIVOP_out;
        return privop_out(op, bytes, opcode < 0xe8);
    case 0xfa:
    case 0xfb:
        /* As in Xen they do nothing: POPF cannot be seen, so a guest that mixed them would lose its interrupts. */
        *what = opcode == 0xfa ? TRACE_PRIVOP_cli : TRACE_PRIVOP_sti;
        return privop_io_level(op);
    case 0xf4:
        *what = TRACE_PRIVOP_hlt;
        return (op->regs->cs & 3) == RING_KERNEL && halt(op);
    default:
        return false;
    }
}

bool privop_emulate(struct vcpu *vcpu, struct cpu_user_regs *regs) {
    struct privop op;
    uint8_t opcode;
    uint32_t what, eip = regs->eip;

    if (!privop_begin(&op, vcpu, regs) || !fetch_opcode(&op, &opcode)) {
        return false;
    }
    if (!(opcode == 0x0f ? emulate_two_byte(&op, &what) : emulate_one_byte(&op, opcode, &what))) {
        return false;
    }
    regs->eip = op.eip;
    trace_pv_emulate_privop(what, eip);
    return true;
}

bool privop_emulate_forced(struct vcpu *vcpu, struct cpu_user_regs *regs) {
    static const uint8_t wanted[] = { 0x0f, 0x0b, 'x', 'e', 'n', 0x0f, 0xa2 };
    struct privop op;
    uint32_t eip = regs->eip;

    if (!privop_begin(&op, vcpu, regs)) {
        return false;
    }
    for (uint32_t i = 0; i < sizeof(wanted); i++) {
        uint8_t byte;

        if (!privop_fetch(&op, &byte) || byte != wanted[i]) {
            return false;
        }
    }
    privop_cpuid(regs);
    regs->eip = op.eip;
    trace_pv_emulate_privop(TRACE_PRIVOP_ud2_cpuid, eip);
    return true;
}
