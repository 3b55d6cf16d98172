/*
 * tlb.h - the only code that executes an instruction which makes the TLB forget.
 *
 * Rules: after the record hypervisor_start nothing else in the hypervisor executes mov to CR0, CR3 or CR4, or invlpg.
 * Each function here emits exactly one `flush` record immediately before each such instruction. cause: enum
 * trace_cause. pages: pages whose translation the requester wanted forgotten, 0 for all; it is reported, the scope is
 * what the hardware does. CLTS does not touch the TLB and needs no record.
 * Callers: xen/glue (the shadow engine's flushes), xen/hypercall, xen/domain, xen/mm.
 */
#ifndef XEN_MM_TLB_H
#define XEN_MM_TLB_H

#include <stdbool.h>
#include <stdint.h>

#include "shadow/port.h"

/*
 * Counts the times that everything but global entries was forgotten. What was given up at this number may still be in
 * the TLB; what was given up at another is not. (When it comes round after 2^32 of them, one flush too many is made.)
 */
extern uint32_t tlb_generation;

/* The label (enum trace_label) that flush records carry until it is set again. 0: none. */
void tlb_set_label(uint32_t label);
uint32_t tlb_label(void);

/* Load root into CR3: forgets all but global entries. Executed even when root is already loaded. */
void tlb_load_root(smfn_t root, uint32_t pages, uint32_t cause);
/* The frame in CR3. */
smfn_t tlb_loaded_root(void);

/* Forget the translation of one page: invlpg linear, global or not. */
void tlb_flush_page(uint32_t linear, uint32_t pages, uint32_t cause);
/* Forget all but global entries: CR3 is loaded with what it holds. */
void tlb_flush_non_global(uint32_t pages, uint32_t cause);
/* Forget everything, global entries too: CR4.PGE is cleared and set (two instructions, two records). */
void tlb_flush_all(uint32_t cause);

/*
 * A request was answered without touching the TLB: emits the record with means none. linear: what was asked for, 0
 * when all.
 */
void tlb_elided(uint32_t cause, uint32_t linear, uint32_t pages);

/*
 * Set CR0.TS, so that the next FPU instruction traps (scope nothing, cause fpu_lazy). No instruction and no record
 * when it is set already. cpu_clear_task_switched executes CLTS when it is set.
 */
void cpu_set_task_switched(void);
void cpu_clear_task_switched(void);
bool cpu_task_switched(void);

#endif
