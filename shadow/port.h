/*
 * port.h - all that the shadow engine asks of its host.
 *
 * The hypervisor implements it in xen/glue/, the hosted tests in tests/unit/. The engine includes no header of xen/
 * and calls nothing else of its host but the generated trace emitters (trace/).
 *
 * Rules: a function here never calls back into the engine. Frames of guests are reached only through map/unmap; pool
 * frames are always mapped.
 */
#ifndef SHADOW_PORT_H
#define SHADOW_PORT_H

#include <stdbool.h>
#include <stdint.h>

#include "shadow/geometry.h"

/* Three kinds of frame number that must not be mixed up. */
typedef struct { uint32_t n; } mfn_t;   /* machine frame */
typedef struct { uint32_t n; } gfn_t;   /* frame number as the guest writes it into its entries */
typedef struct { uint32_t n; } smfn_t;  /* machine frame of the pool: holds a shadow page */

struct domain;   /* the host's; opaque here */

/* --- memory --- */

/* Map machine frame mfn (must be below the machine's end); valid until unmapped, nests to a depth of 8. Never fails. */
void *shadow_port_map(mfn_t mfn);
void shadow_port_unmap(const void *pointer);
/* The always-mapped address of a pool frame. The frames of one pool lie one behind the other in address space too. */
void *shadow_port_pool_pointer(smfn_t smfn);
/* Guest frame number -> machine frame. The same number unless the domain is translated. False: no such frame. */
bool shadow_port_frame_of(struct domain *domain, gfn_t gfn, mfn_t *mfn);
/*
 * The same for SUPERPAGE_FRAMES guest frame numbers from first, a multiple of that, on. False: no such frames, or they
 * do not lie one behind the other, or do not begin where a 4 MiB page may. Whose they are is not asked.
 */
bool shadow_port_superframe_of(struct domain *domain, gfn_t first, mfn_t *mfn);

/* --- references (rule S5) --- */

/*
 * Take one reference to mfn for a shadow entry of domain. False: not the domain's and not shared with it that way;
 * nothing taken.
 */
bool shadow_port_get_frame(struct domain *domain, mfn_t mfn, bool writable);
void shadow_port_put_frame(struct domain *domain, mfn_t mfn, bool writable);
/* No shadow entry of the domain is writable that maps mfn: may somebody else write it all the same (W4)? */
bool shadow_port_written_by_others(struct domain *domain, mfn_t mfn);
/* Does the domain own mfn as ordinary memory, so that it may serve as a page table? */
bool shadow_port_owns(struct domain *domain, mfn_t mfn);

/* --- roots and TLB --- */

/* Fill the hypervisor's slots (HYPERVISOR_L2_FIRST up) of a new root. */
void shadow_port_init_root(struct domain *domain, pte_t *root);
/* Is this root in some CPU's CR3 now? (rule S10) */
bool shadow_port_root_loaded(struct domain *domain, smfn_t root);
/*
 * Make every CPU that runs domain forget: one page (linear, pages == 1), global or not; or everything but the
 * hypervisor's global entries (pages == 0), those of the domain too if shadow_has_global. cause: enum cause of
 * trace/schema.toml. Carried out before it returns.
 */
void shadow_port_flush(struct domain *domain, uint32_t linear, uint32_t pages, uint32_t cause);

/* --- segments, for emulation (guest memory itself the engine reads through its own walk of the guest's tables) --- */

/* What the engine must know of a segment. */
struct shadow_segment {
    uint32_t base;
    uint32_t limit;    /* highest valid offset */
    bool code32;       /* code segment with 32-bit operands and addresses by default; meaningless for data */
};

/*
 * The segment that selector names in the domain's GDT or LDT. False: none, not present, or one the engine need not
 * understand (expand-down, system): the instruction is then not emulated and runs by itself. The engine does not ask
 * for Xen's flat segments.
 */
bool shadow_port_segment(struct domain *domain, uint32_t selector, struct shadow_segment *segment);

/*
 * Has the guest asked that its kernel's stores to L1 tables that it maps read-only are carried out (Xen's assist
 * writable_pagetables)?
 */
bool shadow_port_stores_to_tables(struct domain *domain);
/* Has the guest said that mfn, the domain's own, is an L1 table? Tables that the engine shadows need not be known. */
bool shadow_port_known_table(struct domain *domain, mfn_t mfn);

/* --- trouble --- */

/* The domain did what cannot be survived; it will not run again. text: a sentence for people, static storage. */
void shadow_port_fail_domain(struct domain *domain, const char *text);
/* The engine itself is broken. Does not return. */
_Noreturn void shadow_port_panic(const char *file, int line, const char *text);

#endif
