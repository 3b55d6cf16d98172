/*
 * privop_msr.c - rdmsr and wrmsr for a guest kernel; see privop.h.
 *
 * What a guest may see is a table. Everything else faults, with one exception that Xen's header promises: a read that
 * would fault reads as zero while the guest has not yet set a handler for the fault.
 */
#include "xen/cpu/timer.h"
#include "xen/domain/domain.h"
#include "xen/domain/physmap.h"
#include "xen/guest/privop.h"
#include "xen/guest/trap.h"
#include "xen/hypercall/page.h"

#define MSR_TSC 0x10u
#define MSR_APIC_BASE 0x1bu
#define MSR_SYSENTER_CS 0x174u
#define MSR_SYSENTER_ESP 0x175u
#define MSR_SYSENTER_EIP 0x176u
#define MSR_HYPERCALL_PAGE 0x40000000u

enum msr_kind { MSR_ZERO, MSR_TIME, MSR_PAGE };

struct msr {
    uint32_t number;
    enum msr_kind kind;
    bool writes_ignored;
};

static const struct msr table[] = {
    { MSR_TSC, MSR_TIME, false },
    { MSR_APIC_BASE, MSR_ZERO, true },           /* no local APIC is given to a guest */
    { MSR_SYSENTER_CS, MSR_ZERO, true },         /* sysenter is not offered: CPUID says so */
    { MSR_SYSENTER_ESP, MSR_ZERO, true },
    { MSR_SYSENTER_EIP, MSR_ZERO, true },
    { MSR_HYPERCALL_PAGE, MSR_PAGE, false },
};

static const struct msr *find(uint32_t number) {
    for (uint32_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        if (table[i].number == number) {
            return &table[i];
        }
    }
    return 0;
}

bool privop_rdmsr(struct privop *op) {
    const struct msr *msr = find(op->regs->ecx);
    uint64_t value = 0;

    if (!msr && op->vcpu->traps[TRAP_PROTECTION].address != 0) {
        return false;
    }
    if (msr && msr->kind == MSR_TIME) {
        value = read_tsc();
    }
    op->regs->eax = (uint32_t)value;
    op->regs->edx = (uint32_t)(value >> 32);
    return true;
}

bool privop_wrmsr(struct privop *op) {
    const struct msr *msr = find(op->regs->ecx);

    if (!msr) {
        return false;
    }
    if (msr->kind == MSR_PAGE) {
        /* Bits 0-11 number the page within the area (only one page: 0); the rest is its machine address. */
        return op->regs->edx == 0 && (op->regs->eax & (PAGE_SIZE - 1)) == 0 &&
               hypercall_page_install(op->vcpu->domain, physmap_frame(op->vcpu->domain, op->regs->eax >> PAGE_SHIFT));
    }
    return msr->writes_ignored;
}
