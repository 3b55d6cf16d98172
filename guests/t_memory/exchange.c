/* exchange.c - frames given for others (see main.c). */
#include <stddef.h>

#include <xen/errno.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/t_memory/t_memory.h"

#define FRAMES 200u                  /* more than is done at a time */
#define FIRST_PFN 1000u

static unsigned long in[FRAMES], out[FRAMES];
static struct xen_memory_exchange request;

static struct xen_memory_exchange *exchange_of(const void *from, const void *to, uint32_t extents) {
    request = (struct xen_memory_exchange){
        .in = { .nr_extents = extents, .domid = DOMID_SELF }, .out = { .nr_extents = extents, .domid = DOMID_SELF },
    };
    set_xen_guest_handle(request.in.extent_start, (unsigned long *)from);
    set_xen_guest_handle(request.out.extent_start, (unsigned long *)to);
    return &request;
}

static long exchange(void) {
    return hypercall_memory_op(XENMEM_exchange, &request);
}

static void check_done(void) {
    long before = frames_now();

    check_group("exchange");
    take_frames(in, FRAMES);
    for (uint32_t i = 0; i < FRAMES; i++) {
        look(in[i])[5] = PATTERN;
        out[i] = FIRST_PFN + i;
    }
    look(NOT_OURS);
    exchange_of(in, out, FRAMES);
    check_equal(exchange(), 0);
    check_equal(request.nr_exchanged, FRAMES);
    check_equal(frames_now(), before);
    for (uint32_t i = 0; i < FRAMES; i++) {
        check_equal(known_as(out[i]), FIRST_PFN + i);
        check(look(out[i])[5] != PATTERN);
        look(out[i])[5] = PATTERN;           /* it is ours, and nobody has got it twice */
    }
    look(NOT_OURS);
    check_equal(exchange(), 0);              /* everything is exchanged: nothing to do */
    check_equal(known_as(out[0]), FIRST_PFN);
}

/* A frame that cannot be given away stops the call; what is done stays done, the rest is untouched. */
static void check_stopped(void) {
    unsigned long *edge = before_nothing(2);
    long before = frames_now();

    check_group("exchange, stopped");
    take_frames(in, 4);
    out[0] = out[1] = out[2] = out[3] = FIRST_PFN;
    in[2] = NOT_OURS;
    exchange_of(in, out, 4);
    check_errno(exchange(), XEN_EINVAL);
    check_equal(request.nr_exchanged, 2);
    check(out[1] != FIRST_PFN && out[2] == FIRST_PFN);
    check(known_as(in[3]) < start_info->nr_pages);
    in[2] = in[3];
    request.in.nr_extents = request.out.nr_extents = 3;
    check_equal(exchange(), 0);              /* goes on where it stopped */
    check_equal(request.nr_exchanged, 3);
    check(out[2] != FIRST_PFN && out[3] == FIRST_PFN);

    take_frames(edge, 2);
    exchange_of(edge, out, 3);
    check_errno(exchange(), XEN_EFAULT);
    check_equal(request.nr_exchanged, 2);
    check_equal(frames_now(), before);
}

static void check_refused(void) {
    long before = frames_now();

    check_group("exchange, refused");
    take_frames(in, 2);
    out[0] = out[1] = FIRST_PFN;
    check_errno(hypercall_memory_op(XENMEM_exchange, (void *)0xfc000000u), XEN_EFAULT);
    check_errno(hypercall_memory_op(XENMEM_exchange, before_nothing(4)), XEN_EFAULT);
    exchange_of(in, out, 2)->nr_exchanged = 3;
    check_errno(exchange(), XEN_EINVAL);
    exchange_of(in, out, 2)->out.nr_extents = 1;
    check_errno(exchange(), XEN_EINVAL);
    exchange_of(in, out, 2)->out.domid = 0;
    check_errno(exchange(), XEN_EINVAL);
    exchange_of(in, out, 2)->out.domid = 1;
    request.in.domid = 1;
    check_errno(exchange(), XEN_EPERM);
    exchange_of(in, out, 2)->out.extent_order = 1;
    check_errno(exchange(), XEN_EINVAL);
    request.out.nr_extents = 1;
    check_errno(exchange(), XEN_EPERM);
    exchange_of(in, out, 2)->in.extent_order = 32;
    check_errno(exchange(), XEN_EINVAL);
    exchange_of(in, out, 2)->in.nr_extents = 0x80000001u;
    request.in.extent_order = 1;
    check_errno(exchange(), XEN_EINVAL);
    exchange_of(in, out, 2)->out.address_bits = 12;
    check_errno(exchange(), XEN_ENOMEM);
    check_equal(request.nr_exchanged, 0);
    exchange_of(in, out, 2)->out.address_bits = 13;
    check_errno(exchange(), XEN_ENOMEM);
    check_equal(request.nr_exchanged, 0);
    check(out[0] == FIRST_PFN && known_as(in[0]) < start_info->nr_pages);
    check_equal(exchange_of(in, out, 0)->nr_exchanged, 0);
    check_equal(exchange(), 0);
    check_equal(frames_now(), before);
}

void check_exchange(void) {
    check_done();
    check_stopped();
    check_refused();
}
