/*
 * privop.h - privileged instructions that a guest kernel executes in ring 1, where they fault, carried out for it.
 *
 * Rules: the instruction is fetched once, byte by byte through its code segment, and decided on that copy. Either it is
 * carried out whole and eip moves behind it, or nothing changes and the guest gets its general-protection fault. From
 * ring 3 only I/O instructions are looked at.
 * Source: which instructions, and what they do, as Xen 3.x does for an unprivileged domain; deviations in docs/abi.md.
 */
#ifndef XEN_GUEST_PRIVOP_H
#define XEN_GUEST_PRIVOP_H

#include <stdbool.h>
#include <stdint.h>
#include <xen/xen.h>

struct vcpu;

/* The instruction being carried out. */
struct privop {
    struct vcpu *vcpu;
    struct cpu_user_regs *regs;
    uint32_t code_base, code_limit;
    uint32_t eip;                  /* offset of the next byte to fetch */
    uint32_t operand_bytes;        /* 4, or 2 with the prefix in 32-bit code */
    uint32_t address_bytes;
};

/* #GP(0): true when the instruction was carried out; false: deliver the fault. */
bool privop_emulate(struct vcpu *vcpu, struct cpu_user_regs *regs);
/* #UD: true when it was Xen's prefix (ud2a; "xen") before cpuid, which was carried out. */
bool privop_emulate_forced(struct vcpu *vcpu, struct cpu_user_regs *regs);

/* Begin with the instruction at regs. False: its code segment cannot be read. */
bool privop_begin(struct privop *op, struct vcpu *vcpu, struct cpu_user_regs *regs);
/* Fetch the next byte. False: beyond the segment, not readable, or the instruction is longer than 15 bytes. */
bool privop_fetch(struct privop *op, uint8_t *byte);
/*
 * Fetch a ModRM byte of a register form: its reg field and the general register that rm names. False: fetch failed or a
 * memory form.
 */
bool privop_fetch_register(struct privop *op, uint32_t *reg, uint32_t **rm);
/* The general register number 0..7 (eax ecx edx ebx esp ebp esi edi). */
uint32_t *privop_register(struct cpu_user_regs *regs, uint32_t number);

/* Instructions by group; op->eip is behind the opcode. False: not allowed (#GP). */
bool privop_mov_from_cr(struct privop *op);
bool privop_mov_to_cr(struct privop *op);
bool privop_mov_from_dr(struct privop *op);
bool privop_mov_to_dr(struct privop *op);
bool privop_rdmsr(struct privop *op);
bool privop_wrmsr(struct privop *op);
bool privop_in(struct privop *op, uint32_t bytes, bool immediate);
bool privop_out(struct privop *op, uint32_t bytes, bool immediate);
/* May the guest, in the ring it is in, use its interrupt flag (virtual IOPL)? */
bool privop_io_level(const struct privop *op);
/* The guest's view of cpuid. */
void privop_cpuid(struct cpu_user_regs *regs);

#endif
