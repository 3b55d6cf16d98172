/*
 * rules.h - the rules of the shadow engine, numbered. Code, audit and tests name them by these numbers.
 *
 * S1   CR3 never holds a frame that a guest can write or name: every shadow page lies in the pool, links between
 *      shadow pages name pool frames only, leaf entries never do, and the domain owns no frame of the pool.
 * S2   One function, set_entry (set.c, set_first.h), is the only writer of non-zero shadow entries; it keeps the books
 *      (references, reverse map, counts of live entries) and returns what the TLB may now wrongly remember. (The
 *      hypervisor's own slots of a root are written by the host, once, when the root is made; accessed bits are the
 *      processor's, and cleared by sample.c.)
 * S3   A shadow entry never grants more than the guest entry grants, in any combination of the two levels: it
 *      translates to the same frame, and its write and user rights are a subset, level by level. It is global only if
 *      the guest's entry is, and the guest's CR4.PGE is on.
 * S4   A leaf entry is writable only if the guest entry is dirty (or dirtying now) and the frame is not an in-sync
 *      guest table.
 * S5   A leaf entry names only a frame that its domain owns or was granted, and holds one reference to it.
 * S6   Every writable shadow mapping of a frame is found from the frame (rmap.c), in time that grows with the number
 *      of mappings. In the same way every link to a shadow page is found from the page.
 * S7   Accessed and dirty are written to the guest entry by compare-and-swap before the translation they stand for
 *      can be used.
 * S8   An out-of-sync table behaves like a TLB that has not been flushed yet: it is brought back at every event at
 *      which real hardware would have to forget, and never later. The same holds for every forgetting that was put
 *      off (below).
 * S9   Memory is reserved on entry, before anything is looked up that a reclaim could take away; after that nothing
 *      allocates and nothing can fail for want of memory.
 * S10  A root is freed only after every CPU has left it, and never while it is the current one.
 * S11  A guest entry is read once into a local, decided on, and written back by compare-and-swap; on a change, start
 *      over.
 * S12  While the log of dirty frames is on, a leaf entry is writable only if its frame is marked dirty (dirty.h).
 * S13  An entry of a root maps 4 MiB by itself only while nobody watches frames, and nobody has forbidden it
 *      (superpage.h). It is a leaf entry for all of its frames: S3-S7 hold for each.
 *
 * What the TLB must forget, and when. A TLB may hold a translation that its tables no longer grant. On hardware a
 * guest may rely on nothing until it flushes; the engine gives it the same, and uses it:
 * F1   What a guest's own store takes away is not flushed by the engine: the guest's next flush is the moment of
 *      forgetting. The engine remembers in shadow->stale that the TLB may hold what the reverse map no longer knows.
 * F2   A frame that becomes a shadowed table must not be written unseen from then on: writable mappings of it are
 *      taken away, and forgotten at once. If stale says that unknown writable translations may exist, everything is
 *      forgotten.
 * F3   A frame that leaves the domain must not be reachable from then on: forgotten at once, whatever mapped it.
 * F4   A freed shadow page may still be reached through the processor's paging-structure caches. It is empty (a walk
 *      through it ends in a fault), rests in quarantine, and is used again only after everything was forgotten.
 * F5   What the engine takes away for its own ends (reclaim) the guest's tables still grant: like F1.
 * F6   Where one 4 MiB guest page was splintered, one invlpg of the guest must forget all the pieces.
 * F7   More permission, or a translation where there was none, needs no forgetting: a fault is the worst that
 *      follows, and the fault itself makes the processor look again.
 * F8   A shadow entry whose accessed bit is clear was never used in a walk, and the processor caches only what it used
 *      (Intel SDM volume 3, 4.10.2.3): removing it needs no forgetting. The bit is read by the same atomic exchange
 *      that removes the entry, and carried over when an entry is replaced.
 * F9   Loading CR3 forgets everything but global translations. So the TLB knows what can be reached through roots that
 *      are loaded now, what global entries give in any root, and what stale admits; the part of stale that was global
 *      outlives the load of another base pointer. A global translation is forgotten by invlpg of its address and by a
 *      flush of everything. Global entries come from the guest's entries with G alone, while its CR4.PGE is on, and
 *      name the domain's own memory: nobody else's safety hangs on one that was forgotten too late. When a table goes
 *      back into sync at a base-pointer load, global translations that could write it are forgotten by the engine.
 *
 * What the guest sees in odd cases.
 * G1   An entry that names a frame which is not the domain's (neither owned nor granted), as a table or as a page, is
 *      treated as not present: the guest gets its page fault with bit 0 of the error code clear.
 * G2   A write to a frame to which the domain may have read access only (its GDT and LDT, a page granted read-only)
 *      is a protection fault of the guest, whatever its entry says.
 * G3   A large L2 entry with any of bits 13-21 set raises a reserved-bit fault: there is no PSE-36. Large pages exist
 *      always, as the hypervisor runs with CR4.PSE set. Bit 7 of an L1 entry (PAT) changes nothing;
 *      bit 8 (global), without CR4.PGE, neither.
 * G4   The guest's L2 entries from HYPERVISOR_L2_FIRST up are ignored.
 */
#ifndef SHADOW_RULES_H
#define SHADOW_RULES_H

enum shadow_rule {
    RULE_S1 = 1,
    RULE_S2 = 2,
    RULE_S3 = 3,
    RULE_S4 = 4,
    RULE_S5 = 5,
    RULE_S6 = 6,
    RULE_S7 = 7,
    RULE_S8 = 8,
    RULE_S9 = 9,
    RULE_S10 = 10,
    RULE_S11 = 11,
    RULE_S12 = 12,
    RULE_S13 = 13,
};

#endif
