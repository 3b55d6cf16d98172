/*
 * machine.h - all that the kernel asks of the machine below it, as one table of functions.
 *
 * The rest of the kernel executes no privileged instruction, makes no hypercall and writes no entry of a page table in
 * use but through here, so that another kind of machine is another table. machine_pv.c fills it for a paravirtual
 * machine; how page tables are written there depends on the paging mode and changes with it, so that part is a table
 * of its own, struct mmu (mmu.h tells which are there). guests/native/machine.c fills it for the bare one.
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

/*
 * How page tables are written. Entries may always be read directly. A frame is a page table from the moment that it is
 * linked or adopted until it is retired; before and after, it is memory like any other and is written with plain
 * stores.
 */
struct mmu {
    const char *name;
    /* How the kernel's map maps a page table. */
    pte_t table_flags;

    /* Write an L1 entry that may be live. */
    void (*write_entry)(pte_t *entry, pte_t value);
    /* Clear a live L1 entry and return what it was: the processor's accessed and dirty marks are not lost. */
    pte_t (*take_entry)(pte_t *entry);
    /* Clear some bits of a live L1 entry, keeping the processor's marks; returns what it was. */
    pte_t (*clear_bits)(pte_t *entry, pte_t bits);
    /* write_entry where the address is known: entry is the one for linear in the loaded address space. */
    void (*write_loaded)(uint32_t linear, pte_t *entry, pte_t value);
    /* The same in the kernel's part of it. */
    void (*write_kernel)(uint32_t linear, pte_t *entry, pte_t value);

    /*
     * Between begin and end, L1 entries may be written late: an entry that was written is not read, nor the frame
     * behind it used otherwise, before the end or the next flush. settle writes what is held back.
     */
    void (*begin_batch)(void);
    void (*end_batch)(void);
    void (*settle)(void);

    /* Frame pfn is filled and will be a page table: the kernel's map may map it writable no more. */
    void (*protect_table)(uint32_t pfn);
    /* Frame pfn becomes the L1 table that entry, of a page directory, names. */
    void (*link_table)(pte_t *entry, uint32_t pfn);
    /* Clear a directory's entry; returns the frame that it named. The translations through it are to be flushed. */
    uint32_t (*unlink_table)(pte_t *entry);
    /* Frame pfn, which no directory in use names any more, is memory again. */
    void (*retire_table)(uint32_t pfn);
    /* Frame pfn, filled with the kernel's entries, becomes a page directory. */
    void (*adopt_directory)(uint32_t pfn);
    /* It is memory again; it must not be loaded. Its tables can be retired then. */
    void (*retire_directory)(uint32_t pfn);
};

struct machine {
    const char *name;
    const struct mmu *mmu;

    /* The paging mode, MODE_* (system_calls.h), and its name. */
    uint32_t (*mode)(void);
    const char *(*mode_name)(uint32_t mode);
    /*
     * Go on in another paging mode, with all page tables as they are. 0, or a negative number of Xen's error list: the
     * hypervisor refused (-ERROR_no_mode: it cannot), and the mode has not changed. Not within a batch.
     */
    int32_t (*change_mode)(uint32_t mode);

    /* Frame number as it stands in entries <-> this kernel's own numbering. */
    pte_t (*make_entry)(uint32_t pfn, pte_t flags);
    uint32_t (*entry_frame)(pte_t entry);

    /* Make the page directory in frame pfn the base pointer. Forgets all of the user's translations. */
    void (*load_base)(uint32_t pfn);
    /* The builder's page directory, frame pfn, is used no more, and its tables neither: they can be retired. */
    void (*release_boot_directory)(uint32_t pfn);
    /*
     * The context switch: traps from ring 3 use the stack that ends at stack_top from now on; the first use of the FPU
     * traps when fpu_trap; the base pointer becomes frame pfn, unless that is 0.
     */
    void (*switch_context)(uint32_t pfn, uint32_t stack_top, bool fpu_trap);
    /* Forget pages (pages == 0: all) from linear on. */
    void (*flush)(enum flush_kind kind, uint32_t linear, uint32_t pages);

    /*
     * May entries of the kernel's part have PTE_G from now on, so that they outlive a load of the base pointer? False: not on
     * this machine, or not in its paging mode. Then, and with PTE_PS, the mode cannot be changed.
     */
    bool (*let_global)(void);
    /* Can one L2 entry with PTE_PS map the frames from pfn on, a multiple of TABLE_ENTRIES? */
    bool (*large_page)(uint32_t pfn);

    /* Call tick, with events masked, at every tick of the clock. */
    void (*start_clock)(void (*tick)(void));
    /* Wait for an event; called and left with events masked, but they are handled meanwhile. */
    void (*idle)(void);
    /* Stop the ticks, or let them come again, with a whole period before the first. */
    void (*pause_clock)(bool pause);
    /* Let this kernel read I/O ports. */
    void (*open_ports)(void);
    /* Measurement number begins, or ends after so many operations (0: begins); for the trace. */
    void (*measure)(uint32_t number, uint32_t operations, const char *name);
    /* Name the process that runs on page directory pfn, for the trace. */
    void (*name_process)(uint32_t pfn, uint32_t pid, const char *name);
};

extern const struct machine *machine;

/* Recognize the machine and the mode that it is in. Ends the guest with a message when this kernel does not know it. */
void machine_choose(void);

#endif
