/* memory.c - memory_op: domains, orders, counts, frames. No frame changes hands in what is asked. */
#include "guests/lib/boot.h"
#include "guests/t_answers/answers.h"

static const uint16_t domains[] = { 0x7eff, 0x7fef, DOMID_IO, DOMID_XEN, DOMID_COW, DOMID_INVALID, DOMID_IDLE, 0xffff };

static void ask_commands(void) {
    static const uint32_t commands[] = {
        8, 10, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 63,
    };
    static uint32_t nothing[16];

    row("memory_op command");
    for (uint32_t i = 0; i < LENGTH(commands); i++)
        answer(hypercall_memory_op(commands[i], nothing));
    row("memory_op maximum_ram_page is a frame, with any argument");
    for (uint32_t i = 0; i < POINTERS; i++)
        answer(hypercall_memory_op(XENMEM_maximum_ram_page, bad_pointer(i)) > 0);
}

static void ask_domains(void) {
    static unsigned long frame;

    for (uint32_t command = 0; command < 7; command = command == 1 ? 6 : command + 1) {
        row("memory_op %u of 1 extent, domain", command);
        for (uint32_t i = 0; i < LENGTH(domains); i++) {
            struct xen_memory_reservation request = { .nr_extents = 1, .domid = domains[i] };

            set_xen_guest_handle(request.extent_start, &frame);
            answer(hypercall_memory_op(command, &request));
        }
    }
    for (uint32_t command = XENMEM_current_reservation; command <= XENMEM_maximum_reservation; command++) {
        row("memory_op %u of domain", command);
        for (uint32_t i = 0; i < LENGTH(domains); i++)
            answer(hypercall_memory_op(command, (void *)&domains[i]));
    }
    row("memory_op current_reservation of self is what start_info says");
    for (uint32_t i = 0; i < 2; i++) {
        domid_t self = DOMID_SELF;

        answer(hypercall_memory_op(XENMEM_current_reservation + i, &self) == (long)start_info->nr_pages);
    }
    row("memory_op exchange, domains in and out");
    for (uint32_t i = 0; i < LENGTH(domains); i++) {
        struct xen_memory_exchange request = { .in = { .domid = domains[i] }, .out = { .domid = domains[i] } };

        answer(hypercall_memory_op(XENMEM_exchange, &request));
        request.out.domid = DOMID_SELF;
        answer(hypercall_memory_op(XENMEM_exchange, &request));
    }
}

/* More than the domain may have, frames that are not its own, orders that are not for it. */
static void ask_extents(void) {
    static const uint32_t orders[] = { 1, 2, 9, 10, 18, 20, 31, 32, 33, 0xffffffff };
    static const uint32_t counts[] = { 0, 1, 2, 0x3ffffff, 0x4000000, 0x7fffffff, 0xffffffff };
    static const uint32_t frames[] = { 0, 1, 0x9f, 0xa0, 0xfffff, 0x100000, 0x7fffffff, 0xffffffff };
    static unsigned long frame = 0xfffff;

    for (uint32_t command = 0; command < 7; command = command == 1 ? 6 : command + 1) {
        row("memory_op %u, 1 extent of order", command);
        for (uint32_t i = 0; i < LENGTH(orders); i++) {
            struct xen_memory_reservation request = { .nr_extents = 1, .extent_order = orders[i], .domid = DOMID_SELF };

            if (command == XENMEM_decrease_reservation && orders[i] > 20)
                continue;
            set_xen_guest_handle(request.extent_start, &frame);
            answer(hypercall_memory_op(command, &request));
        }
        row("memory_op %u at no address, number of extents", command);
        for (uint32_t i = 0; i < LENGTH(counts); i++) {
            struct xen_memory_reservation request = { .nr_extents = counts[i], .domid = DOMID_SELF };

            if (command == XENMEM_increase_reservation)
                request.address_bits = 12;                 /* no memory has so short an address */
            answer(hypercall_memory_op(command, &request));
        }
    }
    row("memory_op decrease_reservation of frame");
    for (uint32_t i = 0; i < LENGTH(frames); i++) {
        struct xen_memory_reservation request = { .nr_extents = 1, .domid = DOMID_SELF };

        frame = frames[i];
        set_xen_guest_handle(request.extent_start, &frame);
        answer(hypercall_memory_op(XENMEM_decrease_reservation, &request));
    }
    row("memory_op exchange of frame");
    for (uint32_t i = 0; i < LENGTH(frames); i++) {
        struct xen_memory_exchange request = { .in = { .nr_extents = 1, .domid = DOMID_SELF },
                                               .out = { .nr_extents = 1, .domid = DOMID_SELF } };

        frame = frames[i];
        set_xen_guest_handle(request.in.extent_start, &frame);
        set_xen_guest_handle(request.out.extent_start, &frame);
        answer(hypercall_memory_op(XENMEM_exchange, &request));
    }
}

static void ask_exchange(void) {
    static unsigned long frame = 0xfffff;

    for (uint32_t in = 0; in < 4; in++) {
        row("memory_op exchange, %u in, 0 to 3 out, order in and out 0 and 1", in);
        for (uint32_t out = 0; out < 4; out++) {
            for (uint32_t orders = 0; orders < 4; orders++) {
                struct xen_memory_exchange request = {
                    .in = { .nr_extents = in, .extent_order = orders & 1, .domid = DOMID_SELF },
                    .out = { .nr_extents = out, .extent_order = orders >> 1, .domid = DOMID_SELF },
                };

                if (in == 0 && out == 0)
                    continue;
                set_xen_guest_handle(request.in.extent_start, &frame);
                set_xen_guest_handle(request.out.extent_start, &frame);
                answer(hypercall_memory_op(XENMEM_exchange, &request));
            }
        }
    }
    row("memory_op exchange of 1, exchanged already 1, 2, -1");
    for (uint32_t done = 1; done < 4; done++) {
        struct xen_memory_exchange request = { .in = { .nr_extents = 1, .domid = DOMID_SELF },
                                               .out = { .nr_extents = 1, .domid = DOMID_SELF } };

        request.nr_exchanged = done == 3 ? 0xffffffff : done;
        set_xen_guest_handle(request.in.extent_start, &frame);
        set_xen_guest_handle(request.out.extent_start, &frame);
        answer(hypercall_memory_op(XENMEM_exchange, &request));
    }
}

void ask_memory(void) {
    ask_commands();
    ask_domains();
    ask_extents();
    ask_exchange();
}
