/*
 * domain.c - making and unmaking the structures of a domain; see domain.h. What they are filled with is build.c's.
 */
#include "xen/domain/domain.h"

#include <xen/features.h>

#include "shadow/geometry.h"
#include "shadow/shadow.h"
#include "xen/cpu/descriptor.h"
#include "xen/domain/foreign.h"
#include "xen/domain/grant.h"
#include "xen/domain/mode.h"
#include "xen/domain/physmap.h"
#include "xen/domain/time.h"
#include "xen/mm/frame.h"
#include "xen/mm/heap.h"
#include "xen/mm/layout.h"
#include "xen/mm/m2p.h"
#include "xen/mm/tlb.h"

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

bool domain_may_have_global_pages(const struct domain *domain) {
    return domain->mode->has_global && (domain->shadow_switches & SHADOW_SWITCH_GLOBAL);
}

void domain_set_global_pages(struct domain *domain, bool on) {
    for (uint32_t id = 0; id < DOMAIN_VCPUS_MAX; id++) {
        if (domain->vcpu[id]) {
            domain->vcpu[id]->switching &= ~VCPU_HAS_GLOBAL_PAGES;
            domain->vcpu[id]->switching |= on ? VCPU_HAS_GLOBAL_PAGES : 0;
        }
    }
    domain->global_pages = on;
    mode_policy_changed(domain);
}

__attribute__((cold, noinline)) void domain_forget_global(const struct domain *domain, uint32_t cause) {
    if (domain->mode->has_global && domain->mode->has_global(domain)) {
        tlb_load_root((smfn_t){ layout_own_root_mfn() }, 0, cause);
        tlb_flush_all(cause);
    }
}

struct domain *domain_by_id(uint32_t id) {
    struct domain *domain = domain_list;

    while (domain && domain->id != id) {
        domain = domain->next;
    }
    return domain;
}

uint32_t domain_next_id(void) {
    static uint32_t next = DOMAIN_FIRST_ID;
    uint32_t id;

    do {
        id = next++;
        next = next == DOMID_FIRST_RESERVED ? DOMAIN_FIRST_ID : next;
    } while (domain_by_id(id));
    return id;
}

mfn_t domain_shared_info_mfn(const struct domain *domain) {
    return (mfn_t){ physical_of(domain->shared_info) >> PAGE_SHIFT };
}

uint32_t domain_features(const struct domain *domain) {
    uint32_t features = domain->mode->features | (domain->privileged ? 1u << XENFEAT_dom0 : 0);

    if (domain->mode->policy_changed && domain->shadow_policy == SHADOW_ANNOUNCE) { /* stores to page tables are not seen */
        features &= ~(1u << XENFEAT_writable_page_tables);
    }
    return features;
}

/*
 * The guest may map this page of the heap: from here on its references are counted, and the first is the hypervisor's
 * own.
 */
static void share(struct domain *domain) {
    frame_of(domain_shared_info_mfn(domain))->count = 1;
}

static bool add_vcpu(struct domain *domain, uint32_t id) {
    struct vcpu *vcpu = heap_pages(PAGES(sizeof(*vcpu)));

    if (!vcpu) {
        return false;
    }
    vcpu->domain = domain;
    vcpu->id = id;
    vcpu->state = VCPU_DOWN;
    vcpu->info = &domain->shared_info->vcpu_info[id];
    vcpu->kernel_ss = FLAT_RING1_SS;
    vcpu->debug[6] = 0xffff0ff0;
    vcpu->debug[7] = 0x400;
    vcpu->base_pointer.n = MFN_NONE;
    vcpu->direct_trap = idt_no_direct_trap();
    time_init_vcpu(vcpu);
    fpu_initial(&vcpu->fpu);
    domain->vcpu[id] = vcpu;
    return true;
}

/* What domain_create allocated, as far as it came. */
static void give_back(struct domain *domain) {
    for (uint32_t id = 0; id < DOMAIN_VCPUS_MAX; id++) {
        if (domain->vcpu[id]) {
            heap_free(domain->vcpu[id], PAGES(sizeof(struct vcpu)));
        }
    }
    if (domain->area.l1) {
        domain_area_destroy(&domain->area);
    }
    if (domain->shared_info) {
        heap_free(domain->shared_info, 1);
    }
    if (domain->p2m) {
        heap_free(domain->p2m, PAGES(domain->p2m_size * sizeof(mfn_t)));
    }
    heap_free(domain, PAGES(sizeof(*domain)));
}

static bool fill(struct domain *domain, uint32_t vcpus) {
    domain->p2m = heap_pages(PAGES(domain->p2m_size * sizeof(mfn_t)));
    domain->shared_info = heap_pages(1);
    if (!domain->p2m || !domain->shared_info || !domain_area_create(&domain->area, vcpus)) {
        return false;
    }
    for (uint32_t pfn = 0; pfn < domain->p2m_size; pfn++) {
        domain->p2m[pfn].n = MFN_NONE;
    }
    for (uint32_t i = 0; i < XEN_LEGACY_MAX_VCPUS; i++) {
        domain->shared_info->vcpu_info[i].evtchn_upcall_mask = 1;
    }
    for (uint32_t id = 0; id < vcpus; id++) {
        if (!add_vcpu(domain, id)) {
            return false;
        }
    }
    return true;
}

static void append(struct domain *domain) {
    struct domain **at = &domain_list;

    while (*at) {
        at = &(*at)->next;
    }
    *at = domain;
}

struct domain *domain_create(uint32_t id, uint32_t frames_limit, uint32_t vcpus, bool translated) {
    struct domain *domain = heap_pages(PAGES(sizeof(*domain)));

    if (!domain) {
        return 0;
    }
    domain->id = id;
    domain->frames_limit = frames_limit;
    domain->p2m_size = frames_limit + (translated ? PHYSMAP_ROOM : 0);
    domain->translated = translated;
    domain->plain_numbers = translated ? 0 : frame_limit;
    domain->weight = CREDIT_WEIGHT_DEFAULT;
    domain->foreign_owner = FOREIGN_NOBODY;
    direct_init(&domain->direct);
    if (!fill(domain, vcpus)) {
        give_back(domain);
        return 0;
    }
    domain->active = domain->vcpu[0];
    share(domain);
    append(domain);
    return domain;
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
    m2p_set(domain_shared_info_mfn(domain), M2P_INVALID);
    grant_table_free(domain);
    foreign_free(domain);
    give_back(domain);
}
