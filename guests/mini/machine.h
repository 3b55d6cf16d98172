/*
 * machine.h - all that the kernel asks of the machine below it, as one table of functions.
 *
 * The rest of the kernel executes no privileged instruction, makes no hypercall and writes no page-table entry but
 * through here, so that another kind of machine is another table. machine_pv.c fills it for a paravirtual machine whose
 * page tables may be written with plain stores (XENFEAT_writable_page_tables, which shadow mode reports).
 */
#ifndef MINI_MACHINE_H
#define MINI_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#include "guests/mini/paging.h"

/* The four flushes that Linux has; numbers of the flush marker (xen/public/penumbra.h). */
enum flush_kind {
    FLUSH_TLB_ALL = 1,       /* every address space, kernel mappings too */
    FLUSH_TLB_MM = 2,        /* one address space */
    FLUSH_TLB_RANGE = 3,     /* some pages of one address space */
    FLUSH_TLB_PAGE = 4,      /* one page of one address space */
};

struct machine {
    const char *name;

    /* Frame number as it stands in entries <-> this kernel's own numbering. */
    pte_t (*make_entry)(uint32_t pfn, pte_t flags);
    uint32_t (*entry_frame)(pte_t entry);

    /* Write an entry that may be live. */
    void (*write_entry)(pte_t *entry, pte_t value);
    /* Clear a live entry and return what it was: the processor's accessed and dirty marks are not lost. */
    pte_t (*take_entry)(pte_t *entry);
    /* Clear some bits of a live entry, keeping the processor's marks; returns what it was. */
    pte_t (*clear_bits)(pte_t *entry, pte_t bits);

    /* Make the page directory in frame pfn the base pointer. Forgets all of the user's translations. */
    void (*load_base)(uint32_t pfn);
    /*
     * The context switch: traps from ring 3 use the stack that ends at stack_top from now on; the first use of the FPU
     * traps when fpu_trap; the base pointer becomes frame pfn, unless that is 0.
     */
    void (*switch_context)(uint32_t pfn, uint32_t stack_top, bool fpu_trap);
    /* Forget pages (pages == 0: all) from linear on. */
    void (*flush)(enum flush_kind kind, uint32_t linear, uint32_t pages);

    /* Call tick, with events masked, at every tick of the clock. */
    void (*start_clock)(void (*tick)(void));
    /* Wait for an event; called and left with events masked, but they are handled meanwhile. */
    void (*idle)(void);
    /* Name the process that runs on page directory pfn, for the trace. */
    void (*name_process)(uint32_t pfn, uint32_t pid, const char *name);
};

extern const struct machine *machine;

/* Recognize the machine and set machine. Ends the guest with a message when there is no table for it. */
void machine_choose(void);

#endif
