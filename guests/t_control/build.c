/*
 * build.c - making domains and taking them down again, as far as it goes without a kernel (see run.c); what is refused.
 */
#define __XEN_TOOLS__ 1
#include <stddef.h>
#include <stdint.h>

#include <xen/domctl.h>
#include <xen/errno.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/clock.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/string.h"
#include "guests/t_control/requests.h"
#include "guests/t_control/t_control.h"

#define FRAMES 64u
#define ROUNDS 20u
#define NOBODY 0x7eff

static unsigned long frames[FRAMES];

static long create(uint32_t id, uint32_t flags, uint32_t vcpus) {
    memset(&request.u, 0, sizeof(request.u));
    request.u.createdomain = (struct xen_domctl_createdomain){ .flags = flags, .max_vcpus = vcpus };
    return domctl(XEN_DOMCTL_createdomain, id);
}

static long populate(uint32_t domain, uint32_t count) {
    struct xen_memory_reservation reservation = { .nr_extents = count, .domid = (domid_t)domain };

    for (uint32_t i = 0; i < count; i++)
        frames[i] = i;
    set_xen_guest_handle(reservation.extent_start, frames);
    return hypercall_memory_op(XENMEM_populate_physmap, &reservation);
}

static long limit(uint32_t domain, uint32_t count) {
    request.u.max_mem.max_memkb = count * 4;
    return domctl(XEN_DOMCTL_max_mem, domain);
}

bool domain_is_gone(uint32_t domain) {
    for (uint32_t i = 0; i < 1000; i++) {
        if (domctl(XEN_DOMCTL_getdomaininfo, domain) != 0 || request.domain != domain)
            return true;
        event_wait(0, MILLISECOND);
    }
    return false;
}

long set_vcpu_context(uint32_t domain, uint32_t vcpu, const struct vcpu_guest_context *context) {
    request.u.vcpucontext.vcpu = vcpu;
    set_xen_guest_handle(request.u.vcpucontext.ctxt, (vcpu_guest_context_t *)(uintptr_t)context);
    return domctl(XEN_DOMCTL_setvcpucontext, domain);
}

static void check_contexts(uint32_t domain) {
    static struct vcpu_guest_context context;
    static const uint32_t others[] = { 0, 0xfffff };

    check_group("making a domain: its first state");
    check_errno(set_vcpu_context(domain, 2, &context), XEN_EINVAL);
    check_errno(set_vcpu_context(domain, 0, NULL), XEN_EINVAL);
    check_errno(set_vcpu_context(domain, 0, (void *)0xfc000000), XEN_EFAULT);
    check_errno(set_vcpu_context(NOBODY, 0, &context), XEN_ESRCH);
    for (uint32_t i = 0; i < 2; i++) {
        context.ctrlreg[3] = xen_pfn_to_cr3(others[i]);
        check_errno(set_vcpu_context(domain, 0, &context), XEN_EINVAL);       /* not a frame that it has */
    }
    context.ctrlreg[3] = xen_pfn_to_cr3(boot_mfn_of(0));
    check_errno(set_vcpu_context(domain, 0, &context), XEN_EINVAL);           /* one of ours */
    context.gdt_ents = 0xffff;
    check_errno(set_vcpu_context(domain, 0, &context), XEN_EINVAL);
}

static void check_one(void) {
    uint32_t domain;

    check_group("making a domain");
    check_errno(create(0, XEN_DOMCTL_CDF_hvm, 1), XEN_EINVAL);
    check_errno(create(0, 0, 0), XEN_EINVAL);
    check_errno(create(0, 0, 9), XEN_EINVAL);
    check_errno(create(1, 0, 1), XEN_EEXIST);
    check_equal(create(0, 0, 2), 0);
    domain = request.domain;
    check(domain > 1 && domain < DOMID_FIRST_RESERVED);
    check_equal(domctl(XEN_DOMCTL_getdomaininfo, domain), 0);
    check(request.u.getdomaininfo.flags & XEN_DOMINF_paused);
    check_equal(request.u.getdomaininfo.tot_pages, 0);
    check_equal(request.u.getdomaininfo.nr_online_vcpus, 0);
    check_equal(request.u.getdomaininfo.max_vcpu_id, 1);
    request.u.max_vcpus.max = 2;
    check_equal(domctl(XEN_DOMCTL_max_vcpus, domain), 0);

    check_group("making a domain: its memory");
    check_equal(populate(domain, 1), 0);                 /* it may have none yet */
    check_errno(limit(domain, 0x10000000), XEN_EINVAL);
    check_equal(limit(domain, FRAMES), 0);
    check_equal(populate(domain, FRAMES), FRAMES);
    check_equal(populate(NOBODY, 1), 0);
    check_equal(domctl(XEN_DOMCTL_getdomaininfo, domain), 0);
    check_equal(request.u.getdomaininfo.tot_pages, FRAMES);
    check_errno(limit(domain, FRAMES - 1), XEN_EINVAL);
    request.u.hypercall_init.gmfn = frames[1];
    check_equal(domctl(XEN_DOMCTL_hypercall_init, domain), 0);
    request.u.hypercall_init.gmfn = boot_mfn_of(0);
    check_errno(domctl(XEN_DOMCTL_hypercall_init, domain), XEN_EACCES);
    request.u.hypercall_init.gmfn = 1ull << 40;
    check_errno(domctl(XEN_DOMCTL_hypercall_init, domain), XEN_EACCES);
    check_contexts(domain);
    check_equal(domctl(XEN_DOMCTL_unpausedomain, domain), 0);    /* no vcpu is up: it does not run */
    check_equal(domctl(XEN_DOMCTL_destroydomain, domain), 0);
    check(domain_is_gone(domain));
}

/* What was free before is free again. */
static void check_many(void) {
    uint64_t before = free_frames();

    check_group("making domains again and again");
    for (uint32_t i = 0; i < ROUNDS; i++) {
        check_equal(create(i % 2 ? 0 : 100 + i, 0, 1 + i % 8), 0);
        uint32_t domain = request.domain;

        check(limit(domain, FRAMES) == 0 && populate(domain, 1 + i * 3) == (long)(1 + i * 3));
        check_equal(domctl(XEN_DOMCTL_destroydomain, domain), 0);
        check(domain_is_gone(domain));
    }
    check_equal(free_frames(), before);
}

void check_building(void) {
    check_one();
    check_many();
    if (start_info->mod_len != 0)
        check_running();
    else
        print("no ramdisk: no domain is run\n");
}
