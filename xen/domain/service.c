/*
 * service.c - see service.h.
 */
#include "xen/domain/service.h"

#include "xen/domain/console_ring.h"
#include "xen/domain/domain.h"
#include "xen/domain/events.h"
#include "xen/domain/mode.h"
#include "xen/domain/store.h"
#include "xen/lib/panic.h"
#include "xen/mm/frame.h"
#include "xen/mm/map_cache.h"

uint32_t service_begin(struct domain *domain, enum service service, uint32_t pfn) {
    int port = event_port_allocate(domain);

    ASSERT(port > 0);
    domain->ports[port].state = PORT_UNBOUND;
    domain->ports[port].remote_id = 0;
    domain->service[service] = (struct service_end){ .pfn = pfn, .port = (uint32_t)port };
    return (uint32_t)port;
}

void service_call(struct domain *domain, uint32_t port) {
    if (port == domain->service[SERVICE_CONSOLE].port) {
        console_ring_drain(domain);
    } else if (port == domain->service[SERVICE_STORE].port) {
        store_serve(domain);
    }
}

static mfn_t page_of(const struct domain *domain, enum service service) {
    return domain->p2m[domain->service[service].pfn];
}

void *service_page(struct domain *domain, enum service service) {
    mfn_t mfn = page_of(domain, service);

    return frame_get_with_type(domain->id, mfn, FRAME_WRITABLE) ? map_frame(mfn) : 0;
}

void service_page_done(struct domain *domain, enum service service, void *page) {
    mfn_t mfn = page_of(domain, service);

    unmap_frame(page);
    domain->mode->frame_written(domain, mfn);
    frame_put_with_type(mfn);
}

void service_notify(struct domain *domain, enum service service) {
    uint32_t port = domain->service[service].port;

    if (domain->ports[port].state == PORT_UNBOUND && domain->ports[port].remote_id == 0) {
        event_set_pending(domain, port);
    }
}
