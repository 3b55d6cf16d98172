/*
 * privop_cpuid.c - the processor as a guest should see it; see privop.h.
 *
 * CPUID does not fault in ring 1, so only a guest that asks with Xen's prefix gets this. Features that a paravirtual
 * kernel cannot use are taken away as Xen 3.x does for x86_32 without PAE.
 * Source: Intel SDM volume 2, CPUID; hypervisor leaves: <xen/arch-x86/cpuid.h>.
 */
#include <xen/arch-x86/cpuid.h>

#include "xen/cpu/io.h"
#include "xen/guest/privop.h"
#include "xen/hypercall/version.h"

/*
 * Leaf 1 edx: VME, DE, PSE, PAE, MCE, APIC, SEP, MTRR, PGE, MCA, PSE-36. PGE also where the guest may have global pages:
 * kernels made for Xen that see it put the bit into entries, which other modes refuse.
 */
#define HIDDEN_EDX \
    (1u << 1 | 1u << 2 | 1u << 3 | 1u << 6 | 1u << 7 | 1u << 9 | 1u << 11 | 1u << 12 | 1u << 13 | 1u << 14 | 1u << 17)
/* Leaf 1 ecx: MONITOR, DS-CPL, VMX, SMX, EIST, TM2, PCID, x2APIC, XSAVE, OSXSAVE, AVX, F16C. */
#define HIDDEN_ECX \
    (1u << 3 | 1u << 4 | 1u << 5 | 1u << 6 | 1u << 7 | 1u << 8 | 1u << 17 | 1u << 21 | 1u << 26 | 1u << 27 | \
     1u << 28 | 1u << 29)
#define IS_HYPERVISOR (1u << 31)

#define XEN_LEAF_FIRST 0x40000000u
#define XEN_LEAF_LAST 0x40000002u
#define XEN_VERSION (XEN_MAJOR << 16 | XEN_MINOR)

static void xen_leaf(uint32_t leaf, uint32_t out[4]) {
    out[0] = out[1] = out[2] = out[3] = 0;
    switch (leaf) {
    case XEN_LEAF_FIRST:
        out[0] = XEN_LEAF_LAST;
        out[1] = XEN_CPUID_SIGNATURE_EBX;
        out[2] = XEN_CPUID_SIGNATURE_ECX;
        out[3] = XEN_CPUID_SIGNATURE_EDX;
        break;
    case XEN_LEAF_FIRST + 1:
        out[0] = XEN_VERSION;
        break;
    case XEN_LEAF_FIRST + 2:
        out[0] = 1;              /* pages in the hypercall area */
        out[1] = XEN_LEAF_FIRST; /* the MSR that installs it */
        break;
    }
}

void privop_cpuid(struct cpu_user_regs *regs) {
    uint32_t leaf = regs->eax, out[4];

    if (leaf >= XEN_LEAF_FIRST && leaf <= XEN_LEAF_LAST) {
        xen_leaf(leaf, out);
    } else {
        cpuid(leaf, out);
    }
    if (leaf == 1) {
        out[2] = (out[2] & ~HIDDEN_ECX) | IS_HYPERVISOR;
        out[3] &= ~HIDDEN_EDX;
    } else if (leaf == 0x80000001) {
        out[2] = 0;
        out[3] &= ~(HIDDEN_EDX | 1u << 20 | 1u << 26 | 1u << 29); /* NX, 1 GiB pages, long mode */
    }
    regs->eax = out[0];
    regs->ebx = out[1];
    regs->ecx = out[2];
    regs->edx = out[3];
}
