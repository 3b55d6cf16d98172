/* requests.c - see requests.h. */
#define __XEN_TOOLS__ 1
#include "guests/t_dirty/requests.h"

#include "guests/lib/hypercall.h"
#include "guests/lib/string.h"
#include "guests/t_dirty/t_dirty.h"

struct xen_domctl request;

long domctl(uint32_t command, uint32_t domain) {
    request.cmd = command;
    request.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    request.domain = (domid_t)domain;
    return hypercall(__HYPERVISOR_domctl, pointer_word(&request), 0, 0, 0, 0);
}

long shadow_of(uint32_t domain, uint32_t operation, uint32_t mode, uint32_t bitmap, uint32_t count) {
    memset(&request.u.shadow_op, 0, sizeof(request.u.shadow_op));
    request.u.shadow_op.op = operation;
    request.u.shadow_op.mode = mode;
    request.u.shadow_op.pages = count;
    set_xen_guest_handle(request.u.shadow_op.dirty_bitmap, (uint8_t *)(uintptr_t)bitmap);
    return domctl(XEN_DOMCTL_shadow_op, domain);
}

long set_pool(uint64_t bytes) {
    memset(&request.u, 0, sizeof(request.u));
    request.u.paging_mempool.size = bytes;
    return domctl(XEN_DOMCTL_set_paging_mempool_size, WATCHED);
}
