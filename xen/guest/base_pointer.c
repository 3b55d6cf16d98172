/*
 * base_pointer.c - a vcpu runs on another page directory; see base_pointer.h.
 */
#include "xen/guest/base_pointer.h"

#include "xen/domain/domain.h"
#include "xen/domain/mode.h"
#include "xen/guest/ldt.h"
#include "xen/hypercall/table.h"

int base_pointer_set(struct vcpu *vcpu, gfn_t gfn, uint32_t cause) {
    int result = vcpu->domain->mode->load_base_pointer(vcpu, gfn, cause);

    if (__builtin_expect(result == 0, 1)) {
        if (__builtin_expect(vcpu->ldt_entries != 0, 0)) {
            ldt_forget_pages(vcpu);
        }
        return 0;
    }
    return result == -XEN_ERESTART ? hypercall_preempt(vcpu) : result;
}
