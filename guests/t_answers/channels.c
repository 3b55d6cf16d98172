/* channels.c - event channels: ports, domains, vcpus. */
#include "guests/t_answers/answers.h"

#define NO_DOMAIN 0x7eff

static const uint32_t ports[] = {
    0, 1, 2, 3, 4, 31, 32, 500, 1023, 1024, 1025, 65535, 0x7fffffff, 0x80000000, 0xffffffff,
};
static const uint32_t vcpus[] = { 0, 1, 7, 8, 31, 32, 33, 255, 0x7fffffff, 0x80000000, 0xffffffff };
/* Nobody, the numbers that Xen reserves (self, I/O, Xen, copy on write, invalid, idle), and the last of all. */
static const uint16_t domains[] = {
    NO_DOMAIN, 0x7fef, DOMID_IO, DOMID_XEN, DOMID_COW, DOMID_INVALID, DOMID_IDLE, 0xffff,
};

static long event_op(uint32_t command, void *argument) {
    return hypercall_event_channel_op(command, argument);
}

static void reset(void) {
    struct evtchn_reset request = { .dom = DOMID_SELF };

    event_op(EVTCHNOP_reset, &request);
}

static void ask_commands(void) {
    static const uint32_t commands[] = { 14, 15, 16, 31, 32, 100, 0x7fffffff, 0x80000000, 0xffffffff };
    uint32_t nothing[8] = { 0 };

    row("event_channel_op command");
    for (uint32_t i = 0; i < LENGTH(commands); i++)
        answer(event_op(commands[i], nothing));
    row("event_channel_op_compat command");
    for (uint32_t i = 0; i < LENGTH(commands); i++) {
        nothing[0] = commands[i];
        answer(hypercall(__HYPERVISOR_event_channel_op_compat, pointer_word(nothing), 0, 0, 0, 0));
    }
}

/* Every operation on a port: when none is in use, and when 1 is unbound, 2 an IPI, 3 a VIRQ, 4 a channel with 5. */
static void ask_ports(const char *when) {
    row("evtchn_send, %s, port", when);
    for (uint32_t i = 0; i < LENGTH(ports); i++) {
        struct evtchn_send send = { .port = ports[i] };

        answer(event_op(EVTCHNOP_send, &send));
    }
    row("evtchn_unmask, %s, port", when);
    for (uint32_t i = 0; i < LENGTH(ports); i++) {
        struct evtchn_unmask unmask = { .port = ports[i] };

        if (ports[i] != 0)                               /* valid in Xen and without meaning */
            answer(event_op(EVTCHNOP_unmask, &unmask));
    }
    row("evtchn_status, %s, port", when);
    for (uint32_t i = 1; i < LENGTH(ports); i++) {
        struct evtchn_status status = { .dom = DOMID_SELF, .port = ports[i] };
        long result = event_op(EVTCHNOP_status, &status);

        answer(result != 0 ? result : (long)(100 + status.status));
    }
    for (uint32_t vcpu = 0; vcpu < LENGTH(vcpus); vcpu++) {
        row("evtchn_bind_vcpu, %s, vcpu %x, port", when, vcpus[vcpu]);
        for (uint32_t i = 0; i < LENGTH(ports); i++) {
            struct evtchn_bind_vcpu bind = { .port = ports[i], .vcpu = vcpus[vcpu] };

            answer(event_op(EVTCHNOP_bind_vcpu, &bind));
        }
    }
    row("evtchn_bind_interdomain self, %s, remote port", when);
    for (uint32_t i = 0; i < LENGTH(ports); i++) {
        struct evtchn_bind_interdomain bind = { .remote_dom = DOMID_SELF, .remote_port = ports[i] };

        if (ports[i] != 1)                               /* could be bound, and is asked elsewhere */
            answer(event_op(EVTCHNOP_bind_interdomain, &bind));
    }
    row("evtchn_close, %s, port", when);
    for (uint32_t i = 0; i < LENGTH(ports); i++) {
        struct evtchn_close close = { .port = ports[i] };

        answer(event_op(EVTCHNOP_close, &close));
    }
}

static void use_ports(void) {
    struct evtchn_alloc_unbound unbound = { .dom = DOMID_SELF, .remote_dom = DOMID_SELF };
    struct evtchn_bind_ipi ipi = { .vcpu = 0 };
    struct evtchn_bind_virq virq = { .virq = VIRQ_DEBUG };
    struct evtchn_bind_interdomain bind = { .remote_dom = DOMID_SELF };

    row("using ports 1 to 5");
    answer(event_op(EVTCHNOP_alloc_unbound, &unbound));
    answer((long)unbound.port);
    answer(event_op(EVTCHNOP_bind_ipi, &ipi));
    answer((long)ipi.port);
    answer(event_op(EVTCHNOP_bind_virq, &virq));
    answer((long)virq.port);
    answer(event_op(EVTCHNOP_alloc_unbound, &unbound));
    answer((long)unbound.port);
    bind.remote_port = unbound.port;
    answer(event_op(EVTCHNOP_bind_interdomain, &bind));
    answer((long)bind.local_port);
}

static void ask_domains(void) {
    row("evtchn_alloc_unbound for remote domain");
    for (uint32_t i = 0; i < LENGTH(domains); i++) {
        struct evtchn_alloc_unbound request = { .dom = DOMID_SELF, .remote_dom = domains[i] };

        answer(event_op(EVTCHNOP_alloc_unbound, &request));
    }
    row("evtchn_alloc_unbound in domain");
    for (uint32_t i = 0; i < LENGTH(domains); i++) {
        struct evtchn_alloc_unbound request = { .dom = domains[i], .remote_dom = DOMID_SELF };

        answer(event_op(EVTCHNOP_alloc_unbound, &request));
    }
    row("evtchn_bind_interdomain, domain, port 1");
    for (uint32_t i = 0; i < LENGTH(domains); i++) {
        struct evtchn_bind_interdomain request = { .remote_dom = domains[i], .remote_port = 1 };

        answer(event_op(EVTCHNOP_bind_interdomain, &request));
    }
    row("evtchn_status of domain");
    for (uint32_t i = 0; i < LENGTH(domains); i++) {
        struct evtchn_status request = { .dom = domains[i], .port = 1 };

        answer(event_op(EVTCHNOP_status, &request));
    }
    row("evtchn_reset of domain");
    for (uint32_t i = 0; i < LENGTH(domains); i++) {
        struct evtchn_reset request = { .dom = domains[i] };

        answer(event_op(EVTCHNOP_reset, &request));
    }
    reset();
}

/* Each VIRQ twice. The result of the first is the port's number being above 0. */
static void ask_virqs(void) {
    for (uint32_t vcpu = 0; vcpu < LENGTH(vcpus); vcpu++) {
        row("evtchn_bind_virq, vcpu %x, virq 0 to 25 and -1, twice", vcpus[vcpu]);
        for (uint32_t virq = 0; virq < 27; virq++) {
            struct evtchn_bind_virq bind = { .virq = virq == 26 ? 0xffffffff : virq, .vcpu = vcpus[vcpu] };

            answer(event_op(EVTCHNOP_bind_virq, &bind));
            answer(event_op(EVTCHNOP_bind_virq, &bind));
        }
        reset();
    }
    row("evtchn_bind_ipi, vcpu");
    for (uint32_t vcpu = 0; vcpu < LENGTH(vcpus); vcpu++) {
        struct evtchn_bind_ipi bind = { .vcpu = vcpus[vcpu] };

        answer(event_op(EVTCHNOP_bind_ipi, &bind));
    }
    row("evtchn_bind_pirq");
    for (uint32_t i = 0; i < LENGTH(ports); i++) {
        struct evtchn_bind_pirq bind = { .pirq = ports[i] };

        answer(event_op(EVTCHNOP_bind_pirq, &bind));
    }
    reset();
}

/* One port after the other until there is none. */
static void ask_all(void) {
    struct evtchn_bind_ipi bind = { .vcpu = 0 };
    struct evtchn_alloc_unbound unbound = { .dom = DOMID_SELF, .remote_dom = NO_DOMAIN };
    struct evtchn_bind_virq virq = { .virq = VIRQ_DEBUG };

    row("evtchn_bind_ipi 1026 times, then alloc_unbound, bind_virq");
    for (uint32_t i = 0; i < 1026; i++)
        answer(event_op(EVTCHNOP_bind_ipi, &bind));
    answer(event_op(EVTCHNOP_alloc_unbound, &unbound));
    answer(event_op(EVTCHNOP_bind_virq, &virq));
    reset();
}

void ask_channels(void) {
    reset();
    ask_commands();
    ask_ports("all free");
    use_ports();
    ask_ports("1 to 5 in use");
    reset();
    ask_domains();
    ask_virqs();
    ask_all();
}
