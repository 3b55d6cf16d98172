/*
 * sysctl.c - hypercall sysctl: the privileged domain asks about the machine and about all domains.
 *
 * Source: <xen/sysctl.h>; errors as Xen 3.1.
 */
#define __XEN_TOOLS__ 1
#include <stdint.h>

#include <xen/errno.h>
#include <xen/sysctl.h>

#include "xen/cpu/io.h"
#include "xen/cpu/timer.h"
#include "xen/domain/domain.h"
#include "xen/hypercall/domain_info.h"
#include "xen/hypercall/table.h"
#include "xen/lib/conring.h"
#include "xen/lib/string.h"
#include "xen/mm/frame.h"
#include "xen/mm/user_copy.h"

/* The machine: one processor, 32-bit addresses, and what its cpuid says. */
static int32_t describe_machine(struct xen_sysctl *request) {
    struct xen_sysctl_physinfo *info = &request->u.physinfo;
    uint32_t leaf[4];

    memset(info, 0, sizeof(*info));
    cpuid(1, leaf);
    info->threads_per_core = info->cores_per_socket = info->nr_cpus = info->nr_nodes = 1;
    info->cpu_khz = timer_tsc_khz;
    info->capabilities = XEN_SYSCTL_PHYSCAP_pv | XEN_SYSCTL_PHYSCAP_shadow;
    info->total_pages = frame_limit;
    info->free_pages = frame_available();
    info->max_mfn = frame_limit - 1;
    info->hw_cap[0] = leaf[3];
    info->hw_cap[4] = leaf[2];
    return 0;
}

/* There are never more domains than DOMAIN_CONFIGS_MAX and those that a domain made. */
static int32_t list_domains(struct xen_sysctl *request) {
    struct xen_sysctl_getdomaininfolist *list = &request->u.getdomaininfolist;
    const struct domain *domain = domain_from(list->first_domain);
    uint32_t buffer = (uint32_t)(uintptr_t)list->buffer.p;

    for (list->num_domains = 0; domain && list->num_domains < list->max_domains; list->num_domains++) {
        struct xen_domctl_getdomaininfo info;

        domain_info(domain, &info);
        if (copy_to_guest(buffer + list->num_domains * sizeof(info), &info, sizeof(info)) != 0) {
            return -XEN_EFAULT;
        }
        domain = domain_from(domain->id + 1);
    }
    return 0;
}

/* Where to begin: at the first that is there, or where the last call ended, if that is not lost. */
static uint32_t place_to_read(const struct xen_sysctl_readconsole *read) {
    uint32_t begin = conring_begin(), wanted = read->index - begin, all = conring_end() - begin;

    return read->incremental && wanted <= all ? read->index : begin;
}

/* What printk has printed. The buffer's address is a guest's, and so are index and count. */
static int32_t read_console(struct xen_sysctl *request) {
    struct xen_sysctl_readconsole *read = &request->u.readconsole;
    uint32_t at = place_to_read(read), buffer = (uint32_t)(uintptr_t)read->buffer.p, done = 0;
    const char *text;

    for (uint32_t part; done < read->count && (part = conring_piece(at, &text)) != 0; at += part, done += part) {
        part = part < read->count - done ? part : read->count - done;
        if (copy_to_guest(buffer + done, text, part) != 0) {
            return -XEN_EFAULT;
        }
    }
    if (read->clear) {
        conring_forget(at);
    }
    read->count = done;
    read->index = at;
    return 0;
}

/* What all domains could still get. No memory is beyond a limit of 32 bits, and there is one node. */
static int32_t tell_available(struct xen_sysctl *request) {
    request->u.availheap.avail_bytes = (uint64_t)frame_available() << PAGE_SHIFT;
    return 0;
}

static int32_t tell_scheduler(struct xen_sysctl *request) {
    request->u.sched_id.sched_id = XEN_SCHEDULER_CREDIT;
    return 0;
}

int32_t hypercall_sysctl(struct vcpu *vcpu, uint32_t *args) {
    struct xen_sysctl request;
    int32_t result;

    if (!vcpu->domain->privileged) {
        return -XEN_EPERM;
    }
    if (copy_from_guest(&request, args[0], sizeof(request)) != 0) {
        return -XEN_EFAULT;
    }
    if (request.interface_version != XEN_SYSCTL_INTERFACE_VERSION) {
        return -XEN_EACCES;
    }
    switch (request.cmd) {
    case XEN_SYSCTL_readconsole:
        result = read_console(&request);
        break;
    case XEN_SYSCTL_physinfo:
        result = describe_machine(&request);
        break;
    case XEN_SYSCTL_sched_id:
        result = tell_scheduler(&request);
        break;
    case XEN_SYSCTL_getdomaininfolist:
        result = list_domains(&request);
        break;
    case XEN_SYSCTL_availheap:
        result = tell_available(&request);
        break;
    default:
        return -XEN_ENOSYS;
    }
    return result == 0 && copy_to_guest(args[0], &request, sizeof(request)) != 0 ? -XEN_EFAULT : result;
}
