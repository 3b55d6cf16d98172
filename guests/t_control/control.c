/* control.c - what the privileged domain does with the other one, and with requests that are wrong (see main.c). */
#define __XEN_TOOLS__ 1
#include <stddef.h>
#include <stdint.h>

#include <xen/domctl.h>
#include <xen/errno.h>
#include <xen/sysctl.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/clock.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/string.h"
#include "guests/t_control/requests.h"
#include "guests/t_control/t_control.h"

#define ANSWER_NS (50 * MILLISECOND)
#define NOBODY 0x7eff
#define PORTS_TRIED 16u

struct xen_domctl request;
static uint32_t channel;

long domctl(uint32_t command, uint32_t domain) {
    request.cmd = command;
    request.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
    request.domain = (domid_t)domain;
    return hypercall(__HYPERVISOR_domctl, pointer_word(&request), 0, 0, 0, 0);
}

long sysctl(struct xen_sysctl *what) {
    what->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
    return hypercall(__HYPERVISOR_sysctl, pointer_word(what), 0, 0, 0, 0);
}

uint64_t free_frames(void) {
    struct xen_sysctl what = { .cmd = XEN_SYSCTL_physinfo };

    if (sysctl(&what) != 0)
        check_stop("physinfo was refused");
    return what.u.physinfo.free_pages;
}

static bool answers(void) {
    return event_send(channel) == 0 && event_wait(channel, ANSWER_NS);
}

/* The other's port is one of the first; the only one that is open to us. */
static void bind(uint32_t other) {
    for (uint32_t i = 0; i < 100; i++) {
        for (uint32_t port = 1; port < PORTS_TRIED; port++) {
            struct evtchn_bind_interdomain bind = { .remote_dom = (domid_t)other, .remote_port = port };

            if (hypercall_event_channel_op(EVTCHNOP_bind_interdomain, &bind) == 0) {
                channel = bind.local_port;
                event_wait(channel, 0);                    /* a new channel is pending */
                if (answers())
                    return;                              /* store and console have ports that are open to us as well */
                hypercall_event_channel_op(EVTCHNOP_close, &(struct evtchn_close){ .port = channel });
            }
        }
        event_wait(0, MILLISECOND);
    }
    check_stop("the other domain does not answer");
}

static uint32_t flags_of(uint32_t domain) {
    check_equal(domctl(XEN_DOMCTL_getdomaininfo, domain), 0);
    check_equal(request.domain, domain);
    return request.u.getdomaininfo.flags;
}

static void check_info(uint32_t other) {
    check_group("what there is to know");
    check(flags_of(0) & XEN_DOMINF_running);
    check(!(flags_of(other) & (XEN_DOMINF_running | XEN_DOMINF_dying | XEN_DOMINF_paused | XEN_DOMINF_shutdown)));
    check(request.u.getdomaininfo.flags & XEN_DOMINF_blocked);
    check(request.u.getdomaininfo.tot_pages > 1000);
    check(request.u.getdomaininfo.tot_pages == request.u.getdomaininfo.max_pages);
    check(request.u.getdomaininfo.cpu_time > 0);
    check(request.u.getdomaininfo.nr_online_vcpus >= 1);
    check_equal(domctl(XEN_DOMCTL_getdomaininfo, DOMID_SELF), 0);
    check_equal(request.domain, 0);
    check_errno(domctl(XEN_DOMCTL_getdomaininfo, NOBODY), XEN_ESRCH);

    request.u.getvcpuinfo.vcpu = 0;
    check_equal(domctl(XEN_DOMCTL_getvcpuinfo, other), 0);
    check(request.u.getvcpuinfo.online && request.u.getvcpuinfo.blocked && !request.u.getvcpuinfo.running);
    request.u.getvcpuinfo.vcpu = 31;
    check_errno(domctl(XEN_DOMCTL_getvcpuinfo, other), XEN_ESRCH);
    request.u.getvcpuinfo.vcpu = 32;
    check_errno(domctl(XEN_DOMCTL_getvcpuinfo, other), XEN_EINVAL);

    memcpy(request.u.setdomainhandle.handle, "sixteen letters.", 16);
    check_equal(domctl(XEN_DOMCTL_setdomainhandle, other), 0);
    flags_of(other);
    check_equal(memcmp(request.u.getdomaininfo.handle, "sixteen letters.", 16), 0);
}

static void check_machine(uint32_t other) {
    static xen_domctl_getdomaininfo_t list[16];
    struct xen_sysctl what = { .cmd = XEN_SYSCTL_physinfo };

    check_group("the machine");
    check_equal(sysctl(&what), 0);
    check(what.u.physinfo.nr_cpus == 1 && what.u.physinfo.cpu_khz > 0);
    check(what.u.physinfo.total_pages > start_info->nr_pages);
    check(what.u.physinfo.free_pages < what.u.physinfo.total_pages);
    what.cmd = XEN_SYSCTL_sched_id;
    check_equal(sysctl(&what), 0);
    check_equal(what.u.sched_id.sched_id, XEN_SCHEDULER_CREDIT);
    what = (struct xen_sysctl){ .cmd = XEN_SYSCTL_getdomaininfolist };
    what.u.getdomaininfolist.max_domains = 16;
    set_xen_guest_handle(what.u.getdomaininfolist.buffer, list);
    check_equal(sysctl(&what), 0);
    check(what.u.getdomaininfolist.num_domains >= 2);
    check(list[0].domain == 0 && list[1].domain >= 1);
    what.u.getdomaininfolist.first_domain = (domid_t)other;
    what.u.getdomaininfolist.max_domains = 1;
    check_equal(sysctl(&what), 0);
    check_equal(what.u.getdomaininfolist.num_domains, 1);
    check_equal(list[0].domain, other);
    set_xen_guest_handle(what.u.getdomaininfolist.buffer, (xen_domctl_getdomaininfo_t *)0xfc000000);
    check_errno(sysctl(&what), XEN_EFAULT);
    what.cmd = 999;
    check_errno(sysctl(&what), XEN_ENOSYS);
}

static void check_pause(uint32_t other) {
    check_group("pause");
    check(answers());
    check_equal(domctl(XEN_DOMCTL_pausedomain, other), 0);
    check_equal(domctl(XEN_DOMCTL_pausedomain, other), 0);       /* paused is paused */
    check(flags_of(other) & XEN_DOMINF_paused);
    check(!answers());
    check_equal(domctl(XEN_DOMCTL_unpausedomain, other), 0);
    check(!(flags_of(other) & XEN_DOMINF_paused));
    check(event_wait(channel, ANSWER_NS));                 /* what it was sent meanwhile */
    check_equal(domctl(XEN_DOMCTL_unpausedomain, other), 0);
    check(answers());
    check_errno(domctl(XEN_DOMCTL_pausedomain, 0), XEN_EINVAL);
    check_errno(domctl(XEN_DOMCTL_pausedomain, NOBODY), XEN_ESRCH);
    check_errno(domctl(XEN_DOMCTL_unpausedomain, NOBODY), XEN_ESRCH);
}

static long schedule(uint32_t other, uint32_t command, uint32_t weight, uint32_t cap) {
    request.u.scheduler_op = (struct xen_domctl_scheduler_op){ .sched_id = XEN_SCHEDULER_CREDIT, .cmd = command };
    request.u.scheduler_op.u.credit = (struct xen_domctl_sched_credit){ (uint16_t)weight, (uint16_t)cap };
    return domctl(XEN_DOMCTL_scheduler_op, other);
}

static bool has(uint32_t other, uint32_t weight, uint32_t cap) {
    return schedule(other, XEN_DOMCTL_SCHEDOP_getinfo, 0, 0) == 0 && request.u.scheduler_op.u.credit.weight == weight &&
           request.u.scheduler_op.u.credit.cap == cap;
}

static void check_scheduling(uint32_t other) {
    check_group("weight and cap");
    check_equal(schedule(other, XEN_DOMCTL_SCHEDOP_putinfo, 512, 50), 0);
    check(has(other, 512, 50));
    check_equal(schedule(other, XEN_DOMCTL_SCHEDOP_putinfo, 0, 0xffff), 0);
    check(has(other, 512, 50));
    check(answers());
    check_equal(schedule(other, XEN_DOMCTL_SCHEDOP_putinfo, 256, 0), 0);
    check(has(other, 256, 0));
    check(answers());
    check_errno(schedule(other, 9, 256, 0), XEN_EINVAL);
    request.u.scheduler_op.sched_id = XEN_SCHEDULER_CREDIT2;
    check_errno(domctl(XEN_DOMCTL_scheduler_op, other), XEN_EINVAL);
    check_errno(schedule(NOBODY, XEN_DOMCTL_SCHEDOP_getinfo, 0, 0), XEN_ESRCH);
}

long shadow(uint32_t other, uint32_t operation, uint32_t mode) {
    request.u.shadow_op = (struct xen_domctl_shadow_op){ .op = operation, .mode = mode };
    return domctl(XEN_DOMCTL_shadow_op, other);
}

static void check_modes(uint32_t other) {
    check_group("the other's paging mode");
    for (uint32_t i = 0; i < 8; i++) {
        check_equal(shadow(other, i % 2 ? XEN_DOMCTL_SHADOW_OP_ENABLE_TEST : XEN_DOMCTL_SHADOW_OP_ENABLE, 0), 0);
        check(answers());
        check_equal(shadow(other, XEN_DOMCTL_SHADOW_OP_OFF, 0), 0);
        check(answers());
    }
    check_errno(shadow(other, XEN_DOMCTL_SHADOW_OP_ENABLE, XEN_DOMCTL_SHADOW_ENABLE_LOG_DIRTY), XEN_EOPNOTSUPP);
    check_errno(shadow(other, XEN_DOMCTL_SHADOW_OP_ENABLE, XEN_DOMCTL_SHADOW_ENABLE_REFCOUNT), XEN_EINVAL);
    check_errno(shadow(other, XEN_DOMCTL_SHADOW_OP_CLEAN, 0), XEN_EINVAL);
    check_errno(shadow(0, XEN_DOMCTL_SHADOW_OP_ENABLE, 0), XEN_EINVAL);
}

static void check_memory(uint32_t other) {
    uint64_t frames;

    check_group("memory");
    flags_of(other);
    frames = request.u.getdomaininfo.tot_pages;
    request.u.max_mem.max_memkb = frames * 4 - 4;
    check_errno(domctl(XEN_DOMCTL_max_mem, other), XEN_EINVAL);  /* it has more */
    request.u.max_mem.max_memkb = 1ull << 40;
    check_errno(domctl(XEN_DOMCTL_max_mem, other), XEN_EINVAL);
    request.u.max_mem.max_memkb = frames * 4;
    check_equal(domctl(XEN_DOMCTL_max_mem, other), 0);
}

static void check_errors(uint32_t other) {
    static const uint32_t unknown[] = { 0, 6, 7, 8, 23, 29, 60, 999, 0x80000000, 0xffffffff };

    check_group("errors");
    for (uint32_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        check_errno(domctl(unknown[i], other), XEN_ENOSYS);
    check_errno(hypercall(__HYPERVISOR_domctl, 0xfc000000, 0, 0, 0, 0), XEN_EFAULT);
    request.interface_version--;
    check_errno(hypercall(__HYPERVISOR_domctl, pointer_word(&request), 0, 0, 0, 0), XEN_EACCES);
    check_errno(domctl(XEN_DOMCTL_destroydomain, 0), XEN_EINVAL);
    check_errno(domctl(XEN_DOMCTL_destroydomain, NOBODY), XEN_ESRCH);
    check(answers());
}

static void check_destruction(uint32_t other) {
    struct evtchn_bind_virq virq = { .virq = VIRQ_DOM_EXC };
    struct evtchn_status status = { .dom = DOMID_SELF, .port = channel };
    long result = 0;

    check_group("destruction");
    check_equal(hypercall_event_channel_op(EVTCHNOP_bind_virq, &virq), 0);
    check_equal(domctl(XEN_DOMCTL_destroydomain, other), 0);
    for (uint32_t i = 0; i < 100 && result == 0; i++) {
        event_wait(virq.port, 100 * MILLISECOND);
        result = domctl(XEN_DOMCTL_getdomaininfo, other);
        if (result == 0 && request.domain != other)
            result = -XEN_ESRCH;                         /* that is the next one */
    }
    check_errno(result, XEN_ESRCH);
    check_equal(hypercall_event_channel_op(EVTCHNOP_status, &status), 0);
    check(status.status == EVTCHNSTAT_unbound && status.u.unbound.dom == other);
    check_errno(domctl(XEN_DOMCTL_pausedomain, other), XEN_ESRCH);
}

void control(uint32_t other) {
    bind(other);
    check_info(other);
    check_machine(other);
    check_pause(other);
    check_scheduling(other);
    check_modes(other);
    check_memory(other);
    check_errors(other);
    check_own_context();
    check_console();
    check_building();
    check_destruction(other);
}
