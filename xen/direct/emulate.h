/*
 * emulate.h - one store of the guest kernel to one of its L1 tables, carried out for it (writable mode).
 *
 * Callers: writable.c.
 */
#ifndef XEN_DIRECT_EMULATE_H
#define XEN_DIRECT_EMULATE_H

#include "xen/direct/direct.h"

struct domain;
struct cpu_user_regs;

/*
 * The instruction at regs faulted on a write to linear, which lies in the validated L1 table. Instructions are those of
 * shadow/decode.h, as far as they write within one entry; of a repeated string one iteration is carried out. True:
 * done, regs are advanced. False: nothing has changed: the instruction is none of these, or the entry is refused
 * (domain->direct.refusal).
 */
bool emulate_store(struct domain *domain, uint32_t linear, mfn_t table, struct cpu_user_regs *regs);

#endif
