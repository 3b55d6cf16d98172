/*
 * domain.c - making and unmaking the structures of a domain; see domain.h. What they are filled with is build.c's.
 */
#include "xen/domain/domain.h"

#include "shadow/geometry.h"
#include "xen/boot/options.h"
#include "xen/cpu/descriptor.h"
#include "xen/cpu/timer.h"
#include "xen/domain/mode.h"
#include "xen/lib/divide.h"
#include "xen/mm/frame.h"
#include "xen/mm/heap.h"

#define PAGES(bytes) (((bytes) + PAGE_SIZE - 1) / PAGE_SIZE)

struct domain *domain_list;

static const struct mode_ops *const modes[] = { &mode_shadow, &mode_direct, &mode_writable, &mode_trusted };

const struct mode_ops *mode_by_number(uint32_t number) {
    for (uint32_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        if (modes[i]->number == number) {
            return modes[i];
        }
    }
    return 0;
}

void modes_dispose(struct domain *domain) {
    for (uint32_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
        modes[i]->dispose(domain);
    }
}

struct domain *domain_by_id(uint32_t id) {
    struct domain *domain = domain_list;

    while (domain && domain->id != id) {
        domain = domain->next;
    }
    return domain;
}

mfn_t domain_shared_info_mfn(const struct domain *domain) {
    return (mfn_t){ physical_of(domain->shared_info) >> PAGE_SHIFT };
}

uint32_t domain_features(const struct domain *domain) {
    return domain->mode->features;
}

/*
 * The guest may map this page of the heap: from here on its references are counted, and the first is the hypervisor's
 * own.
 */
static void share(struct domain *domain) {
    frame_of(domain_shared_info_mfn(domain))->count = 1;
}

static void init_vcpu(struct domain *domain, struct vcpu *vcpu, uint32_t id) {
    vcpu->domain = domain;
    vcpu->id = id;
    vcpu->info = &domain->shared_info->vcpu_info[id];
    vcpu->kernel_ss = FLAT_RING1_SS;
    vcpu->debug[6] = 0xffff0ff0;
    vcpu->debug[7] = 0x400;
    vcpu->base_pointer.n = MFN_NONE;
    vcpu->periodic_ns = divide_u64(1000000000, boot_options.timer_hz, 0);
    vcpu->runstate.state = RUNSTATE_offline;
    vcpu->state_since = system_time_ns();
    fpu_initial(&vcpu->fpu);
    domain->vcpu[id] = vcpu;
}

struct domain *domain_create(uint32_t id, uint32_t frames_limit) {
    struct domain *domain = heap_pages(PAGES(sizeof(*domain)));
    struct vcpu *vcpu = heap_pages(PAGES(sizeof(*vcpu)));

    if (!domain || !vcpu) {
        goto no_memory;
    }
    domain->id = id;
    domain->frames_limit = frames_limit;
    domain->p2m_size = frames_limit;
    direct_init(&domain->direct);
    domain->p2m = heap_pages(PAGES(frames_limit * sizeof(mfn_t)));
    domain->shared_info = heap_pages(1);
    if (!domain->p2m || !domain->shared_info || !domain_area_create(&domain->area)) {
        goto no_memory;
    }
    for (uint32_t pfn = 0; pfn < frames_limit; pfn++) {
        domain->p2m[pfn].n = MFN_NONE;
    }
    for (uint32_t i = 0; i < XEN_LEGACY_MAX_VCPUS; i++) {
        domain->shared_info->vcpu_info[i].evtchn_upcall_mask = 1;
    }
    share(domain);
    init_vcpu(domain, vcpu, 0);
    domain->next = domain_list;
    domain_list = domain;
    return domain;

no_memory:
    if (domain && domain->shared_info) {
        heap_free(domain->shared_info, 1);
    }
    if (domain && domain->p2m) {
        heap_free(domain->p2m, PAGES(frames_limit * sizeof(mfn_t)));
    }
    if (domain) {
        heap_free(domain, PAGES(sizeof(*domain)));
    }
    if (vcpu) {
        heap_free(vcpu, PAGES(sizeof(*vcpu)));
    }
    return 0;
}

static void unlink(struct domain *domain) {
    struct domain **at = &domain_list;

    while (*at != domain) {
        at = &(*at)->next;
    }
    *at = domain->next;
}

void domain_free(struct domain *domain) {
    unlink(domain);
    frame_of(domain_shared_info_mfn(domain))->count = 0;
    domain_area_destroy(&domain->area);
    heap_free(domain->shared_info, 1);
    heap_free(domain->p2m, PAGES(domain->p2m_size * sizeof(mfn_t)));
    for (uint32_t id = 0; id < DOMAIN_VCPUS_MAX; id++) {
        if (domain->vcpu[id]) {
            heap_free(domain->vcpu[id], PAGES(sizeof(struct vcpu)));
        }
    }
    heap_free(domain, PAGES(sizeof(*domain)));
}
