/*
 * t_translated - a translated domain (XENFEAT_auto_translated_physmap), which its kernel requires: page tables and
 * hypercalls hold numbers of its own, and what a number means changes under entries that are in use. Expected outcome:
 * success.
 */
#include "guests/t_translated/t_translated.h"

#include "guests/lib/mode.h"
#include "guests/lib/traps.h"

pte_t *area;

uint32_t show(uint32_t index, uint32_t number) {
    uint32_t linear = AREA + index * GUEST_PAGE_SIZE;

    *(volatile pte_t *)&area[index] = number << 12 | RW;
    tables_flush_page(linear);
    return linear;
}

bool reads(uint32_t linear, uint32_t value) {
    uint32_t found;

    return probe_read(linear, &found) && found == value;
}

bool is_absent(uint32_t linear) {
    uint32_t found;

    return !probe_read(linear, &found) && probe_error_code() == 0 && probe_address() == linear;
}

long add(uint32_t space, uint32_t index, uint32_t number) {
    struct xen_add_to_physmap request = { .domid = DOMID_SELF, .space = space, .idx = index, .gpfn = number };

    return hypercall_memory_op(XENMEM_add_to_physmap, &request);
}

long remove(uint32_t number) {
    struct xen_remove_from_physmap request = { .domid = DOMID_SELF, .gpfn = number };

    return hypercall_memory_op(XENMEM_remove_from_physmap, &request);
}

long reserve(uint32_t command, uint32_t number) {
    xen_pfn_t list[1] = { number };
    struct xen_memory_reservation request = { .nr_extents = 1, .domid = DOMID_SELF };
    long done;

    set_xen_guest_handle(request.extent_start, list);
    done = hypercall_memory_op(command, &request);
    check_equal(list[0], number); /* nobody is told a machine frame */
    return done;
}

uint32_t frames_now(void) {
    domid_t self = DOMID_SELF;

    return (uint32_t)hypercall_memory_op(XENMEM_current_reservation, &self);
}

uint32_t beyond(uint32_t n) {
    return (uint32_t)start_info->nr_pages + 100 + n;
}

static void check_mode(void) {
    check_group("no other mode");
    check_errno(mode_switch(PENUMBRA_MODE_direct), XEN_EPERM);
    check_errno(mode_switch(PENUMBRA_MODE_writable), XEN_EPERM);
    check_equal(hypercall_vm_assist(VMASST_CMD_disable, VMASST_TYPE_writable_pagetables), 0);
    check_equal(mode_switch(PENUMBRA_MODE_shadow), 0);
    check_equal(mode_now(), PENUMBRA_MODE_shadow);
}

_Noreturn void guest_main(void) {
    traps_install();
    probe_start();
    area = tables_install(AREA);
    check_start();
    check_mode();
    check_tables();
    check_balloon();
    check_physmap();
    check_shared();
    check_grants();
    check_finish();
}
