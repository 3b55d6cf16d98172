/*
 * penumbra.h - what Penumbra adds to Xen's interface, for guests and for the hypervisor.
 *
 * Everything else a guest needs is in Xen's public headers (package libxen-dev). Numbers here lie outside the ranges
 * that Xen uses or hands out on x86, so a kernel that knows nothing of Penumbra never meets them, and a kernel that
 * knows can ask any Xen and gets -ENOSYS or -EINVAL.
 */
#ifndef PENUMBRA_PUBLIC_H
#define PENUMBRA_PUBLIC_H

/*
 * vm_assist type that stands for shadow page tables. A domain starts with it enabled unless the boot line says
 * otherwise. Its number lies far above Xen's MAX_VMASST_TYPE. Enabling what is enabled succeeds and changes nothing.
 * Disabling it leads to writable mode when VMASST_TYPE_writable_pagetables is enabled, else to direct mode. -EBUSY: a
 * page table is mapped writable; nothing has changed.
 */
#define PENUMBRA_VMASST_TYPE_shadow_pagetables 0x50480000u

/*
 * vm_assist type that chooses, within VMASST_TYPE_writable_pagetables, what becomes of a write to a page table:
 * enabled, each single write is emulated; disabled (so a domain starts), the table is disconnected and written by the
 * guest itself until it is used.
 */
#define PENUMBRA_VMASST_TYPE_writable_emulate 0x50480001u

/*
 * vm_assist types that choose, within shadow page tables, what is done about stores to page tables. One policy holds
 * at a time: the one that was enabled last; when it is disabled, each store is emulated. They may be changed at any
 * time, also in another mode, and always succeed. A change drops all shadows: the longest time it takes is that of a
 * change of mode.
 *   oos        an L1 table that is written often may be written unseen until the next flush
 *   brute      no table is watched; every base-pointer load and flush drops all shadows
 *   announce   no table is watched: the guest announces every change of an entry, by mmu_update or update_va_mapping
 *              with the new value (also when it has stored it already), or invlpg of the address; and that a frame is a
 *              table no longer by unpinning it. A flush alone announces nothing. XENFEAT_writable_page_tables is not
 *              offered
 * And five switches beside: prefetch (a fill takes accessed neighbours along), root_cache (a root outlives the load of
 * another base pointer), flood (a table that is written again and again, unused, loses its shadow), global (the guest
 * may set CR4.PGE, and its global pages are), superpages (a large page of the guest is one in the shadow too, where the
 * frames behind it allow that). The boot line says with which a domain starts.
 */
#define PENUMBRA_VMASST_TYPE_shadow_oos 0x50480002u
#define PENUMBRA_VMASST_TYPE_shadow_brute 0x50480003u
#define PENUMBRA_VMASST_TYPE_shadow_announce 0x50480004u
#define PENUMBRA_VMASST_TYPE_shadow_prefetch 0x50480005u
#define PENUMBRA_VMASST_TYPE_shadow_root_cache 0x50480006u
#define PENUMBRA_VMASST_TYPE_shadow_flood 0x50480007u
#define PENUMBRA_VMASST_TYPE_shadow_global 0x50480008u
#define PENUMBRA_VMASST_TYPE_shadow_superpages 0x50480009u

/*
 * xen_version(XENVER_get_features) with this submap_idx answers with the domain's paging mode, PENUMBRA_MODE_*. Any Xen
 * answers -EINVAL, or 0, which is no mode.
 *   shadow    page tables are plain memory: map them writable, write them with stores
 *   writable  page tables are mapped read-only; a store to an L1 table works all the same; L2 entries by hypercall
 *   direct    page tables are mapped read-only and written by hypercall only
 *   trusted   page tables are plain memory, as in shadow mode, but they are the processor's own, and nothing is checked
 */
#define PENUMBRA_FEATURES_MODE 0x5048u
#define PENUMBRA_MODE_shadow 1u
#define PENUMBRA_MODE_writable 2u
#define PENUMBRA_MODE_direct 3u
#define PENUMBRA_MODE_trusted 4u

/*
 * Operations of XEN_DOMCTL_shadow_op (<xen/domctl.h>) by which a privileged domain samples what another one uses, in
 * shadow mode. Any Xen answers -EINVAL. A range is `pages` pseudo-physical frame numbers from `mode` on; `pages` is
 * cut where the domain's numbers end.
 *   CLEAR  none of the range has been used, from now on. The first one begins the sampling: of all that is not in its
 *          range, too. Costs memory of the hypervisor, a bit for each frame of the machine.
 *   READ   bit n of dirty_bitmap (0: none) says whether frame number mode + n has been used since: through an
 *          address of the domain, by the processor, or by a store to a page table that was carried out for it. stats.dirty_count:
 *          how many have. Nothing is cleared.
 *   STOP   ends it.
 * The domain's page tables, their accessed bits too, stay as they are. What it uses while a call is under way may count
 * or not. -EINVAL: the range begins behind the domain's last number; READ or STOP before a CLEAR. -EOPNOTSUPP:
 * CLEAR, the domain is not in shadow mode. -ENOMEM. -EFAULT.
 */
#define PENUMBRA_SHADOW_OP_SAMPLE_CLEAR 0x50480000u
#define PENUMBRA_SHADOW_OP_SAMPLE_READ 0x50480001u
#define PENUMBRA_SHADOW_OP_SAMPLE_STOP 0x50480002u

/*
 * The marker hypercall labels a phase of a guest's work; it changes nothing but the trace. Its number is one that Xen
 * reserves for architectures and does not use on x86.
 *
 *   long marker(kind, a, b, c, text)
 *     ebx kind   PENUMBRA_MARKER_*
 *     ecx, edx, esi   a, b, c: free values, their meaning by kind below
 *     edi text   linear address of up to 16 bytes, NUL-terminated if shorter, or 0
 *   returns 0; -EINVAL for an unknown kind or an outcome out of range; -EFAULT when text cannot be read (nothing is
 *   recorded then).
 */
#define PENUMBRA_HYPERVISOR_marker 55 /* __HYPERVISOR_arch_7 */

/* a phase called text begins; a is its number */
#define PENUMBRA_MARKER_phase 0
/* a measurement called text begins or ends; a: its number, b: operations in it */
#define PENUMBRA_MARKER_measure_begin 1
#define PENUMBRA_MARKER_measure_end 2
/*
 * a is one of PENUMBRA_FLUSH_*: the flushes that this vcpu's next hypercall causes are that flush of the guest kernel;
 * b: first linear address, c: pages (0: all). In a multicall the label holds for the rest of the multicall.
 */
#define PENUMBRA_MARKER_flush 3
/* the process whose page directory is frame a, by the numbers that the domain uses, has number b and is called text */
#define PENUMBRA_MARKER_process 4
/* a is PENUMBRA_OUTCOME_*: how the guest's work ended; counts when the domain then shuts down with SHUTDOWN_poweroff */
#define PENUMBRA_MARKER_outcome 5
/* a note for people; a, b, c as they please */
#define PENUMBRA_MARKER_note 6

#define PENUMBRA_FLUSH_tlb_all 1
#define PENUMBRA_FLUSH_tlb_mm 2
#define PENUMBRA_FLUSH_tlb_range 3
#define PENUMBRA_FLUSH_tlb_page 4

/* the four outcomes, and the exit status of the run */
#define PENUMBRA_OUTCOME_success 0
#define PENUMBRA_OUTCOME_skip 3
#define PENUMBRA_OUTCOME_error 4
#define PENUMBRA_OUTCOME_failure 5

#endif
