/*
 * shadow.h - the shadow engine as its host sees it.
 *
 * Callers: xen/glue/ (through the domain's mode operations) and the hosted tests. One struct shadow stands for one
 * domain.
 * Rules S1-S13 are stated in shadow/rules.h; each function says which of them it is about.
 */
#ifndef SHADOW_SHADOW_H
#define SHADOW_SHADOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <xen/xen.h>

#include "shadow/port.h"

struct shadow;

/* What became of a page fault. */
enum shadow_verdict {
    /* repaired, emulated, or spurious: return to the interrupted instruction (regs may have advanced) */
    SHADOW_RETRY,
    SHADOW_TO_GUEST,   /* a true fault of the guest: deliver *error_code and linear to it */
    SHADOW_DEAD,       /* the domain has been failed */
};

/* Bytes of memory that shadow_create wants for its own state, besides the pool. */
uint32_t shadow_state_bytes(uint32_t pool_frames);

/* The smallest pool that is allowed (in the exhaustive test a smaller one), and the largest, in frames. */
#ifndef SHADOW_POOL_MINIMUM
#define SHADOW_POOL_MINIMUM 16
#endif
#define SHADOW_POOL_MAXIMUM (1u << 20)

/* What the engine does about the guest's stores to its tables (policy.h explains each). */
enum shadow_policy {
    SHADOW_EMULATE,    /* they trap, and are carried out one by one */
    SHADOW_OOS,        /* an L1 table that is written often may be written unseen until the next flush */
    SHADOW_BRUTE,      /* nothing is watched: at every flush all shadows are dropped */
    SHADOW_ANNOUNCE,   /* nothing is watched: the guest announces its changes by hypercall */
};
/* What it does beside, as bits. */
#define SHADOW_SWITCH_PREFETCH 1u     /* a fill takes its neighbours along */
#define SHADOW_SWITCH_ROOT_CACHE 2u   /* roots live on when another base pointer is loaded */
#define SHADOW_SWITCH_FLOOD 4u        /* a table that is being recycled as data loses its shadow */
#define SHADOW_SWITCH_GLOBAL 8u       /* the guest's CR4.PGE is on: what it maps globally outlives a load of CR3 */
#define SHADOW_SWITCH_SUPERPAGES 16u  /* a guest's 4 MiB page is one in the shadow too where it can be */
#define SHADOW_SWITCHES 31u
/* With which a new engine begins. */
#define SHADOW_POLICY_DEFAULT SHADOW_EMULATE
#define SHADOW_SWITCHES_DEFAULT (SHADOW_SWITCH_ROOT_CACHE | SHADOW_SWITCH_FLOOD | SHADOW_SWITCH_SUPERPAGES)
/* Tables that are out of sync by choice at a time (in the exhaustive test fewer). */
#ifndef SHADOW_OOS_TABLES
#define SHADOW_OOS_TABLES 8u
#endif

/*
 * Begin shadowing for a domain. state: shadow_state_bytes(pool_frames) zeroed bytes; pool: that many frames,
 * first..first+n-1 contiguous, the engine's as long as it is used. Returns NULL when pool_frames is less than
 * SHADOW_POOL_MINIMUM or more than SHADOW_POOL_MAXIMUM.
 */
struct shadow *shadow_create(struct domain *domain, void *state, smfn_t first, uint32_t pool_frames);
/*
 * Drop everything: every reference taken is put, and the engine is empty as it was created, but for its counters; the
 * host may use it again or give its memory back. No CPU may have a root of this domain loaded.
 */
void shadow_clear(struct shadow *shadow);

/*
 * Work by this policy and with these switches (bits SHADOW_SWITCH_*) from now on. When the policy changes, or
 * SHADOW_SWITCH_GLOBAL, all shadows are dropped, and everything is forgotten.
 */
void shadow_set_policy(struct shadow *shadow, enum shadow_policy policy, uint32_t switches);

/*
 * May the TLB hold global translations of the guest (F9)? Then the host makes it forget everything, global entries too,
 * when the guest asks for a flush (shadow_flush), when the engine does (shadow_port_flush) and before anything else than
 * this vcpu of the domain runs, or the domain in another mode.
 */
bool shadow_has_global(const struct shadow *shadow);

/*
 * Give the engine another pool, larger or smaller: it is cleared as shadow_clear does and begins anew in state
 * (anything in it) with pool, which may be its own. Counters, log and samples go on. Returns the new engine, or NULL
 * when pool_frames is out of range; nothing has changed then. The same about loaded roots.
 */
struct shadow *shadow_resize(struct shadow *shadow, void *state, smfn_t first, uint32_t pool_frames);

/*
 * Make gmfn the base pointer: the root that must go into CR3 is put into *root, whether it was cached into *cached.
 * Writes nothing to CR3: the host loads *root, which makes the TLB forget, before it calls the engine again and
 * before the guest runs. A root is never freed while it is the current one or while shadow_port_root_loaded says that
 * a CPU holds it (S10).
 * Returns 0, or -EINVAL when the domain does not own gmfn (nothing changed).
 */
int shadow_set_base_pointer(struct shadow *shadow, mfn_t gmfn, smfn_t *root, bool *cached);
/*
 * The host loads the root of base pointer gmfn again, after other domains ran. True and *root when gmfn is the base
 * pointer that was made last and nothing is to be done about it; the same rules as above. False: nothing has
 * changed, and shadow_set_base_pointer is to be asked.
 */
bool shadow_same_base_pointer(struct shadow *shadow, mfn_t gmfn, smfn_t *root);

/*
 * A page fault under this domain's root. linear: CR2. *error_code: as pushed, may be changed for delivery. regs: the
 * interrupted state, advanced when an instruction was emulated. from_hypervisor: the access was the hypervisor's own
 * copy to or from the guest (regs are then the hypervisor's and are not touched; a guest table written that way is
 * handled without emulation).
 */
enum shadow_verdict shadow_page_fault(struct shadow *shadow, uint32_t linear, uint32_t *error_code,
                                      struct cpu_user_regs *regs, bool from_hypervisor);

/* The guest asked for one page, or for all, to be forgotten: invlpg and flush hypercalls,
    base-pointer reload. Resynchronizes as S8 says. The
 * host performs the hardware flush itself afterwards. */
void shadow_invlpg(struct shadow *shadow, uint32_t linear);
void shadow_flush(struct shadow *shadow);

/*
 * mmu_update, update_va_mapping: write one guest entry (table frame, index, value) as the guest could have done with
 * a plain store, and propagate. preserve_ad: keep the accessed and dirty bits of the old entry. Returns 0, -EINVAL
 * (not the domain's frame). While the log of dirty frames is on, the host then says that the table was written
 * (shadow_note_written): this is too frequent to ask.
 */
int shadow_write_entry(struct shadow *shadow, mfn_t table, uint32_t index, pte_t value, bool preserve_ad, uint32_t via);
/* The same, of an entry that is a mapping like expected (guest_entry.h), and 0. -EINVAL also: it is not one. */
int shadow_clear_entry(struct shadow *shadow, mfn_t table, uint32_t index, pte_t expected, uint32_t via);
/*
 * The guest entry that maps linear under the current base pointer: its table and index. Returns 0, -EINVAL when there
 * is no L1.
 */
int shadow_find_l1(struct shadow *shadow, uint32_t linear, mfn_t *table, uint32_t *index);
/*
 * Read-only translation for the hypervisor's use: the guest's own l1e (or the piece of a large page) for linear, with
 * the machine frame that it means; 0: not mapped.
 */
pte_t shadow_guest_l1e(struct shadow *shadow, uint32_t linear);

/*
 * The host wrote into a guest frame by itself (not through guest linear addresses): if it is a shadowed table,
 * propagate.
 */
void shadow_frame_written(struct shadow *shadow, mfn_t mfn);
/* The domain gives mfn back: no shadow entry may name it any more, no shadow of it may live on. */
void shadow_frame_released(struct shadow *shadow, mfn_t mfn);
/* The guest unpinned or will recycle this table: its shadows may go (a hint; frees memory early). */
void shadow_unpin(struct shadow *shadow, mfn_t gmfn);

/* Bytes of so many marks, or bits of a report: whole words. */
#define SHADOW_MARKS_BYTES(n) (((uint32_t)(n) + 31) / 32 * 4)

/*
 * Log-dirty (rules W1-W7 of dirty.h): on, with a mark for each of so many frames of the machine, all of them set at
 * first, in memory of SHADOW_MARKS_BYTES(frames) bytes; or, with NULL, off. It must be off before the memory goes.
 */
void shadow_log_dirty(struct shadow *shadow, uint32_t *marks, uint32_t frames);
/* The host has written, or is about to write, frame mfn by itself (W3), or somebody else begins to (W4). */
void shadow_note_written(struct shadow *shadow, mfn_t mfn);
/*
 * Which of these frames are marked dirty? Bit n of bitmap (SHADOW_MARKS_BYTES(count) bytes) becomes frames[n]'s; a
 * number beyond the machine has none. cleaning: and from now on they are clean (W5). Returns how many were. The log
 * is on.
 */
uint32_t shadow_read_dirty(struct shadow *shadow, const mfn_t *frames, uint32_t count, uint32_t *bitmap, bool cleaning);
/* Stores that faulted because their frame was clean, since the log began or this was reset. */
uint32_t shadow_dirty_faults(struct shadow *shadow, bool reset);

/*
 * Working-set sampling (rules A1-A5 of sample.h): on, with a mark for each of so many frames of the machine, none of
 * them set; or, with NULL, off. frames as for log-dirty.
 */
void shadow_sample(struct shadow *shadow, uint32_t *marks, uint32_t frames);
/*
 * Collect accessed bits from so many leaf pages of the pool, from its page first on. Returns where to go on, or 0: that
 * was all. Before the last of a series of them marks are not complete. Sampling is on.
 */
uint32_t shadow_harvest(struct shadow *shadow, uint32_t first, uint32_t pages);
/* Clear the marks of these frames; or report them, as shadow_read_dirty does. Sampling is on. */
void shadow_forget_used(struct shadow *shadow, const mfn_t *frames, uint32_t count);
uint32_t shadow_read_used(const struct shadow *shadow, const mfn_t *frames, uint32_t count, uint32_t *bitmap);

/* Full audit of S1-S13. Emits audit_violation for each finding. Returns violations, checks made in *checks. */
uint32_t shadow_audit(struct shadow *shadow, uint32_t *checks);
/* Counter n of enum counter (trace/schema.toml). */
uint32_t shadow_counter(const struct shadow *shadow, uint32_t which);

#endif
