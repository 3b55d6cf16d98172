/*
 * writable_mode.c - writable page tables as a mode (xen/domain/mode.h): direct mode, and a table that may be
 * disconnected.
 *
 * Every operation on page tables connects it first (W1), and says why: that is all that there is to each of them.
 */
#include <xen/features.h>

#include "xen/direct/audit.h"
#include "xen/direct/direct_mode.h"
#include "xen/direct/table.h"
#include "xen/direct/update.h"
#include "xen/direct/writable.h"
#include "xen/domain/domain.h"
#include "xen/domain/mode.h"

#define ERROR_PRESENT 1u
#define ERROR_WRITE 2u
#define ERROR_USER 4u

static void connect(struct domain *domain, uint32_t why) {
    if (__builtin_expect(domain->direct.disconnected.active, 0)) {
        writable_reconnect(domain, why);
    }
}

static int load_base_pointer(struct vcpu *vcpu, gfn_t gfn, uint32_t cause) {
    connect(vcpu->domain, TRACE_RECONNECT_base_pointer);
    vcpu->domain->direct.stored = NO_FRAME;
    return direct_load_base_pointer(vcpu, gfn, cause);
}

static __attribute__((noinline)) int connect_and_write_entry(struct domain *domain, uint32_t address, pte_t value) {
    writable_reconnect(domain, TRACE_RECONNECT_hypercall);
    return update_entry(domain, address, value);
}

static int write_entry(struct domain *domain, uint32_t address, pte_t value) {
    return __builtin_expect(domain->direct.disconnected.active, 0) ? connect_and_write_entry(domain, address, value)
                                                                   : update_entry(domain, address, value);
}

static int write_l1e(struct domain *domain, uint32_t linear, pte_t value) {
    connect(domain, TRACE_RECONNECT_hypercall);
    return direct_write_l1e(domain, linear, value);
}

static int clear_l1e(struct domain *domain, uint32_t linear, pte_t expected) {
    connect(domain, TRACE_RECONNECT_hypercall);
    return direct_clear_l1e(domain, linear, expected);
}

static pte_t guest_l1e(struct domain *domain, uint32_t linear) {
    connect(domain, TRACE_RECONNECT_hypervisor);
    return direct_guest_l1e(domain, linear);
}

static int pin(struct domain *domain, mfn_t mfn, uint32_t level) {
    connect(domain, TRACE_RECONNECT_hypercall);
    return direct_pin(domain, mfn, level);
}

static int unpin(struct domain *domain, mfn_t mfn) {
    connect(domain, TRACE_RECONNECT_hypercall);
    return direct_unpin(domain, mfn);
}

/* Only the guest kernel's own write to a page that is mapped read-only can be one to a table. */
static bool is_kernel_write(uint32_t error_code, bool from_hypervisor) {
    return (error_code & (ERROR_PRESENT | ERROR_WRITE | ERROR_USER)) == (ERROR_PRESENT | ERROR_WRITE) &&
           !from_hypervisor;
}

/*
 * Before a table is disconnected those that leave must be gone: a directory among them may be what uses it (W6). A part
 * with each fault: the instruction is tried again in between.
 */
static bool tables_gone(struct domain *domain) {
    if (__builtin_expect(domain->direct.leaving == NO_FRAME, 1)) {
        return true;
    }
    domain->direct.budget = DIRECT_BUDGET;
    return tables_left(domain);
}

/*
 * While a table is disconnected any fault may be its doing: it is connected, and the processor tries again. Unless the
 * guest writes to another table: that one is next.
 */
static enum fault_answer page_fault(struct domain *domain, uint32_t linear, uint32_t *error_code,
                                    struct cpu_user_regs *regs, bool from_hypervisor) {
    bool write = is_kernel_write(*error_code, from_hypervisor), was_active = domain->direct.disconnected.active;

    if (write && !tables_gone(domain)) {
        return FAULT_REPAIRED;
    }
    connect(domain, from_hypervisor ? TRACE_RECONNECT_hypervisor : write ? TRACE_RECONNECT_other_table
                                                                         : TRACE_RECONNECT_used);
    if (write && !domain->ended && writable_write_fault(domain, linear, regs)) {
        direct_count_operation(domain);
        return FAULT_REPAIRED;
    }
    return was_active ? FAULT_REPAIRED : FAULT_TO_GUEST;
}

static void invlpg(struct domain *domain, uint32_t linear, uint32_t cause) {
    connect(domain, TRACE_RECONNECT_flush);
    domain->direct.stored = NO_FRAME;
    direct_invlpg(domain, linear, cause);
}

static void flush(struct domain *domain, uint32_t cause) {
    connect(domain, TRACE_RECONNECT_flush);
    domain->direct.stored = NO_FRAME;
    direct_flush(domain, cause);
}

static void frame_released(struct domain *domain, mfn_t mfn) {
    connect(domain, TRACE_RECONNECT_hypercall);
    direct_frame_released(domain, mfn);
}

const struct mode_ops mode_writable = {
    .name = "writable",
    .number = TRACE_MODE_writable,
    .features = 1u << XENFEAT_mmu_pt_update_preserve_ad,
    .prepare = writable_prepare,
    .enter = direct_enter,
    .leave = direct_leave,
    .dispose = writable_dispose,
    .load_base_pointer = load_base_pointer,
    .take_base_pointer = direct_take_base_pointer,
    .resume = direct_resume,
    .write_entry = write_entry,
    .write_l1e = write_l1e,
    .clear_l1e = clear_l1e,
    .guest_l1e = guest_l1e,
    .pin = pin,
    .unpin = unpin,
    .page_fault = page_fault,
    .invlpg = invlpg,
    .flush = flush,
    .frame_written = direct_frame_written,
    .frame_released = frame_released,
    .permission_lost = direct_permission_lost,
    .settle = connect,
    .audit = direct_audit,
};
