/*
 * marker.c - the marker hypercall: a guest labels its work in the trace (xen/public/penumbra.h).
 */
#include <xen/errno.h>

#include "trace/emit.h"
#include "xen/domain/domain.h"
#include "xen/domain/physmap.h"
#include "xen/hypercall/table.h"
#include "xen/lib/string.h"
#include "xen/mm/tlb.h"
#include "xen/mm/user_copy.h"
#include "xen/public/penumbra.h"

#define TEXT_BYTES 16u

/* Up to 16 bytes or up to the NUL, which may be the last readable byte. False: neither is readable. */
static bool take_text(uint32_t linear, char *text) {
    memset(text, 0, TEXT_BYTES + 1);
    if (linear == 0) {
        return true;
    }
    uint32_t taken = TEXT_BYTES - copy_from_guest(text, linear, TEXT_BYTES);

    return taken == TEXT_BYTES || strnlen(text, taken) < taken;
}

static bool outcome_known(uint32_t outcome) {
    return outcome == PENUMBRA_OUTCOME_success || outcome == PENUMBRA_OUTCOME_skip ||
           outcome == PENUMBRA_OUTCOME_error || outcome == PENUMBRA_OUTCOME_failure;
}

/* Inside a multicall the label holds from here on; otherwise for the next hypercall. */
static void label_flushes(struct vcpu *vcpu, uint32_t label) {
    if (vcpu->in_multicall) {
        tlb_set_label(label);
    } else {
        vcpu->pending_label = label;
    }
}

/* What the trace has as a: frames are machine frames there. */
static uint32_t recorded(const struct domain *domain, uint32_t kind, uint32_t a) {
    return kind == PENUMBRA_MARKER_process && domain->translated ? physmap_translate(domain, a).n : a;
}

int32_t hypercall_marker(struct vcpu *vcpu, uint32_t *args) {
    uint32_t kind = args[0], a = args[1];
    char text[TEXT_BYTES + 1];

    if (kind > PENUMBRA_MARKER_note || (kind == PENUMBRA_MARKER_outcome && !outcome_known(a)) ||
        (kind == PENUMBRA_MARKER_flush && (a < PENUMBRA_FLUSH_tlb_all || a > PENUMBRA_FLUSH_tlb_page))) {
        return -XEN_EINVAL;
    }
    if (!take_text(args[4], text)) {
        return -XEN_EFAULT;
    }
    trace_marker(kind, recorded(vcpu->domain, kind, a), args[2], args[3], text);
    if (kind == PENUMBRA_MARKER_outcome) {
        vcpu->domain->outcome = a;
    } else if (kind == PENUMBRA_MARKER_flush) {
        label_flushes(vcpu, a);
    }
    return 0;
}
