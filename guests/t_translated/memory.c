/* memory.c - numbers lose their frames, get others, and change them among each other (see main.c). */
#include "guests/t_translated/t_translated.h"

#include <stddef.h>

#define OTHER_AREA 0x62000000u

static long exchange(uint32_t from, uint32_t to) {
    xen_pfn_t in[1] = { from }, out[1] = { to };
    struct xen_memory_exchange request = { .in = { .nr_extents = 1, .domid = DOMID_SELF },
                                           .out = { .nr_extents = 1, .domid = DOMID_SELF } };
    long result;

    set_xen_guest_handle(request.in.extent_start, in);
    set_xen_guest_handle(request.out.extent_start, out);
    result = hypercall_memory_op(XENMEM_exchange, &request);
    check_equal(out[0], to);
    check_equal(request.nr_exchanged, result == 0);
    return result;
}

/* Is a frame there, and not the one in which value was? */
static bool is_another(uint32_t linear, uint32_t value) {
    uint32_t found;

    return probe_read(linear, &found) && found != value;
}

/* Nothing is flushed by us: what has left must be gone by itself. */
void check_balloon(void) {
    uint32_t number = frame_take(), linear = show(10, number), frames = frames_now();

    check_group("balloon");
    check(probe_write(linear, 0x1111));
    check_equal(reserve(XENMEM_decrease_reservation, number), 1);
    check(is_absent(linear));
    check_equal(frames_now(), frames - 1);
    check_equal(reserve(XENMEM_decrease_reservation, number), 0);
    check_equal(reserve(XENMEM_populate_physmap, number), 1);
    check(is_another(linear, 0x1111));
    check(probe_write(linear, 0x2222));
    check_equal(reserve(XENMEM_populate_physmap, number), 0);
    check(reads(linear, 0x2222));
    check_equal(reserve(XENMEM_increase_reservation, beyond(1)), 0);
    check_equal(reserve(XENMEM_populate_physmap, 0x80000), 0);
    check_equal(frames_now(), frames);

    check_equal(exchange(number, number), 0);
    check(is_another(linear, 0x2222));
    check(probe_write(linear, 0x3333));
    check_errno(exchange(number, 1), XEN_EINVAL);
    check(reads(linear, 0x3333));
    check_equal(exchange(number, beyond(1)), 0);
    check(is_absent(linear));
    check(is_another(show(11, beyond(1)), 0x3333));
    check_equal(exchange(beyond(1), number), 0);
    check(is_absent(AREA + 11 * GUEST_PAGE_SIZE));
    check_equal(reserve(XENMEM_decrease_reservation, page_frame(tables_directory())), 0);
    check_equal(reserve(XENMEM_decrease_reservation, (uint32_t)start_info->shared_info >> 12), 0);
    check_equal(frames_now(), frames);
}

/* What two numbers mean is changed under entries that are in use. */
static void check_moves(void) {
    uint32_t a = frame_take(), b = frame_take(), at_a = show(20, a), at_b = show(21, b), frames = frames_now();

    check(probe_write(at_a, 0xaaaa) && probe_write(at_b, 0xbbbb));
    check_equal(add(XENMAPSPACE_gmfn, a, a), 0);
    check(reads(at_a, 0xaaaa));
    check_equal(add(XENMAPSPACE_gmfn, a, beyond(2)), 0);
    check(is_absent(at_a));
    check(reads(show(22, beyond(2)), 0xaaaa));
    check_equal(frames_now(), frames);
    check_equal(add(XENMAPSPACE_gmfn, beyond(2), b), 0); /* b's frame is given back */
    check(reads(at_b, 0xaaaa));
    check(is_absent(AREA + 22 * GUEST_PAGE_SIZE));
    check_equal(frames_now(), frames - 1);
    check_equal(reserve(XENMEM_populate_physmap, a), 1);
    check(is_another(at_a, 0xaaaa));
    check_equal(remove(a), 0);
    check(is_absent(at_a));
    check_errno(remove(a), XEN_ENOENT);
    check_equal(frames_now(), frames - 1);
    check_equal(reserve(XENMEM_populate_physmap, a), 1);
}

/* A page table moves to another number: entries that name the old one lead nowhere. */
static void check_table_moves(void) {
    uint32_t *page = page_take(), number = frame_take(), linear = OTHER_AREA + 5 * GUEST_PAGE_SIZE;
    volatile pte_t *table = (volatile pte_t *)show(30, number), *slot = tables_slot(OTHER_AREA);

    *page = 0x7777;
    table[5] = page_frame(page) << 12 | RW;
    *slot = number << 12 | RW;
    check(reads(linear, 0x7777));
    check_equal(add(XENMAPSPACE_gmfn, number, beyond(3)), 0);
    tables_flush();
    check(is_absent(linear));
    check(is_absent(pointer_word((void *)(uintptr_t)table)));
    *slot = beyond(3) << 12 | RW;
    check(reads(linear, 0x7777));
    table = (volatile pte_t *)show(31, beyond(3));
    table[5] = 0;
    tables_flush();
    check(is_absent(linear));
    check_equal(remove(beyond(3)), 0);
    tables_flush();
    check(is_absent(linear));
    *slot = 0;
    tables_flush();
    check_equal(reserve(XENMEM_populate_physmap, number), 1);
}

static void check_refusals(void) {
    uint32_t frames = frames_now(), directory = page_frame(tables_directory());
    struct xen_add_to_physmap other = { .domid = 7, .space = XENMAPSPACE_gmfn, .idx = 1, .gpfn = 2 };
    struct xen_remove_from_physmap away = { .domid = 7, .gpfn = 2 };

    check_errno(add(XENMAPSPACE_gmfn, beyond(4), beyond(5)), XEN_EINVAL);
    check_errno(add(XENMAPSPACE_gmfn, 0x80000, beyond(5)), XEN_EINVAL);
    check_errno(add(XENMAPSPACE_gmfn, 1, 0x80000), XEN_EINVAL);
    check_errno(add(XENMAPSPACE_gmfn, 1, 0xffffffff), XEN_EINVAL);
    check_errno(add(XENMAPSPACE_gmfn, directory, beyond(5)), XEN_EINVAL);
    check_errno(add(XENMAPSPACE_gmfn, 1, directory), XEN_EINVAL);
    check_errno(add(XENMAPSPACE_gmfn, (uint32_t)start_info->shared_info >> 12, beyond(5)), XEN_EINVAL);
    check_errno(add(XENMAPSPACE_gmfn_range, 1, beyond(5)), XEN_EINVAL);
    check_errno(add(0xffff, 1, beyond(5)), XEN_EINVAL);
    check_errno(remove(beyond(5)), XEN_ENOENT);
    check_errno(remove(0x80000), XEN_EINVAL);
    check_errno(remove(directory), XEN_EINVAL);
    check_errno(hypercall_memory_op(XENMEM_add_to_physmap, &other), XEN_EPERM);
    check_errno(hypercall_memory_op(XENMEM_remove_from_physmap, &away), XEN_EPERM);
    check_errno(hypercall_memory_op(XENMEM_add_to_physmap, NULL), XEN_EFAULT);
    check_errno(hypercall_memory_op(XENMEM_remove_from_physmap, NULL), XEN_EFAULT);
    check_equal(frames_now(), frames);
}

void check_physmap(void) {
    check_group("numbers change");
    check_moves();
    check_table_moves();
    check_group("numbers that cannot change");
    check_refusals();
}
