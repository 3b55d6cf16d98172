/*
 * memory_map.c - the pseudo-physical memory map that a domain is told; see memory_op.h.
 *
 * Nobody has set one when a domain starts; in Xen 3.1 a domain may set its own. Its entries are kept and told as bytes:
 * they mean nothing to the hypervisor.
 */
#include <xen/errno.h>
#include <xen/memory.h>

#include "xen/boot/memory.h"
#include "xen/domain/domain.h"
#include "xen/hypercall/memory_op.h"
#include "xen/mm/user_copy.h"

int32_t memory_map_tell(struct vcpu *vcpu, uint32_t linear) {
    struct domain *domain = vcpu->domain;
    struct xen_memory_map map;

    if (domain->memory_map_entries == 0) {
        return -XEN_ENOSYS;
    }
    if (copy_from_guest(&map, linear, sizeof(map)) != 0) {
        return -XEN_EFAULT;
    }
    if (map.nr_entries > domain->memory_map_entries) {
        map.nr_entries = domain->memory_map_entries;
    }
    if (copy_to_guest((uint32_t)map.buffer.p, domain->memory_map, map.nr_entries * MEMORY_MAP_ENTRY_BYTES) != 0 ||
        copy_to_guest(linear, &map, sizeof(map)) != 0) {
        return -XEN_EFAULT;
    }
    return 0;
}

int32_t memory_map_tell_machine(uint32_t linear) {
    struct xen_memory_map map;

    if (copy_from_guest(&map, linear, sizeof(map)) != 0) {
        return -XEN_EFAULT;
    }
    if (map.nr_entries > machine_map_entries) {
        map.nr_entries = machine_map_entries;
    }
    if (copy_to_guest((uint32_t)map.buffer.p, machine_map, map.nr_entries * sizeof(machine_map[0])) != 0 ||
        copy_to_guest(linear, &map, sizeof(map)) != 0) {
        return -XEN_EFAULT;
    }
    return 0;
}

int32_t memory_map_set(struct vcpu *vcpu, uint32_t linear) {
    struct domain *domain;
    struct xen_foreign_memory_map request;

    if (copy_from_guest(&request, linear, sizeof(request)) != 0) {
        return -XEN_EFAULT;
    }
    if (request.map.nr_entries > MEMORY_MAP_ENTRIES_MAX) {
        return -XEN_EINVAL;
    }
    int32_t result = memory_find_domain(vcpu, request.domid, &domain);

    if (result != 0) {
        return result;
    }
    domain->memory_map_entries = 0;
    if (copy_from_guest(domain->memory_map, (uint32_t)request.map.buffer.p,
                        request.map.nr_entries * MEMORY_MAP_ENTRY_BYTES) != 0) {
        return -XEN_EFAULT;
    }
    domain->memory_map_entries = request.map.nr_entries;
    return 0;
}
