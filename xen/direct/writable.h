/*
 * writable.h - the page table that the guest writes by itself (writable mode).
 *
 * A store to an L1 table traps, since no table is mapped writable. The table is then disconnected from the directory
 * entry that uses it, and the one entry through which the guest writes is made writable: whatever the guest writes, the
 * processor cannot use it. When something needs the table again its entries are compared with what they were, the
 * changed ones checked, and the table is connected again.
 *
 * Rules:
 *  W1. At most one table of a domain is disconnected, and only while the guest runs: every operation of the hypervisor
 *      on its page tables connects it first.
 *  W2. The directory entry of a disconnected table is not present, and no processor remembers it (invlpg makes it
 *      forget all directory entries): so nothing is translated by entries that have not been checked.
 *  W3. A disconnected table keeps its type and the references of the entries as they were (struct disconnected.before).
 *  W4. The entry that was made writable holds no reference of type FRAME_WRITABLE, and is read-only again before the
 *      first entry is checked.
 *  W5. A forbidden entry ends the domain, and is named; the table is connected with that entry cleared, so that counts
 *      still add up.
 *  W6. While a table is disconnected none leaves (FRAME_LEAVING): a directory that leaves would pass over an entry that
 *      is only not present for the time being.
 *
 * Often a kernel changes one entry and flushes. So the first store to a table since something was last flushed, be it
 * one page, is emulated, and the second disconnects; a first store that cannot be emulated, or whose entry is refused,
 * disconnects too. When a table is not used by exactly one directory entry, or the guest writes it through itself, each
 * store is emulated instead (emulate.h); so is every one with the assist PENUMBRA_VMASST_TYPE_writable_emulate.
 * Source: "Writable page tables" of Xen 2.0 and 3.0.
 * Callers: writable_mode.c.
 */
#ifndef XEN_DIRECT_WRITABLE_H
#define XEN_DIRECT_WRITABLE_H

#include "xen/direct/direct.h"

struct domain;
struct cpu_user_regs;

/* Memory for struct disconnected.before. -XEN_ENOMEM. */
int writable_prepare(struct domain *domain);
void writable_dispose(struct domain *domain);

/*
 * A write of the guest kernel to linear faulted, and nothing is disconnected. True: it was to a page table, and is
 * either done or can be done now: go on at regs. False: the fault is the guest's own.
 */
bool writable_write_fault(struct domain *domain, uint32_t linear, struct cpu_user_regs *regs);

/* Connect the disconnected table. why: enum trace_reconnect. A table must be disconnected. */
void writable_reconnect(struct domain *domain, uint32_t why);

#endif
