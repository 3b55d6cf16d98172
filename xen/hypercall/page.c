/*
 * page.c - the hypercall page; see page.h.
 *
 * A stub is: mov $number, %eax; int $0x82; ret. The one for iret keeps the guest's eax on the stack first, where the
 * hypercall looks for it, and has no ret: it does not come back. The rest of each 32 bytes is int3.
 */
#include "xen/hypercall/page.h"

#include <xen/xen.h>

#include "xen/cpu/descriptor.h"
#include "xen/domain/domain.h"
#include "xen/domain/mode.h"
#include "xen/lib/string.h"
#include "xen/mm/frame.h"
#include "xen/mm/map_cache.h"

#define STUB_BYTES 32u
#define CODE_INT3 0xcc

void hypercall_page_fill(void *page) {
    memset(page, CODE_INT3, PAGE_SIZE);
    for (uint32_t number = 0; number < PAGE_SIZE / STUB_BYTES; number++) {
        uint8_t *code = (uint8_t *)page + number * STUB_BYTES;

        if (number == __HYPERVISOR_iret) {
            *code++ = 0x50;
        }
        *code++ = 0xb8;
        memcpy(code, &number, sizeof(number));
        code[4] = 0xcd;
        code[5] = HYPERCALL_VECTOR;
        if (number != __HYPERVISOR_iret) {
            code[6] = 0xc3;
        }
    }
}

bool hypercall_page_install(struct domain *domain, mfn_t mfn) {
    if (!frame_get_with_type(domain->id, mfn, FRAME_WRITABLE)) {
        return false;
    }
    void *page = map_frame(mfn);

    hypercall_page_fill(page);
    unmap_frame(page);
    domain->mode->frame_written(domain, mfn);
    frame_put_with_type(mfn);
    return true;
}
