/* vcpus.c - vcpu_op, sched_op, set_timer_op. */
#include "guests/lib/boot.h"
#include "guests/t_answers/answers.h"

static const uint32_t vcpus[] = { 0, 1, 7, 8, 31, 32, 33, 0x7fffffff, 0x80000000, 0xffffffff };

static long vcpu_op(uint32_t command, uint32_t vcpu, void *argument) {
    return hypercall_vcpu_op(command, vcpu, argument);
}

static void ask_commands(void) {
    static uint32_t area[64];
    uint32_t address[2] = { pointer_word(area), 0 };

    for (uint32_t command = 3; command < 18; command++) {
        if (command == VCPUOP_set_periodic_timer || command == VCPUOP_set_singleshot_timer ||
            command == VCPUOP_send_nmi)
            continue;                                    /* asked below */
        row("vcpu_op %u of vcpu", command);
        for (uint32_t i = 0; i < LENGTH(vcpus); i++) {
            if (command != VCPUOP_stop_singleshot_timer || vcpus[i] != 1)
                answer(vcpu_op(command, vcpus[i], address));
        }
    }
    row("vcpu_op initialise, up of vcpu");
    for (uint32_t i = 1; i < LENGTH(vcpus); i++) {
        answer(vcpu_op(VCPUOP_initialise, vcpus[i], area));
        answer(vcpu_op(VCPUOP_up, vcpus[i], NULL));
    }
    row("vcpu_op initialise 0, up 0, is_up 0");
    answer(vcpu_op(VCPUOP_initialise, 0, (void *)GUEST_VIRT_BASE));
    answer(vcpu_op(VCPUOP_up, 0, NULL));
    answer(vcpu_op(VCPUOP_is_up, 0, NULL));
    row("vcpu_op send_nmi, argument 0 and 1, of vcpu");
    for (uint32_t i = 1; i < LENGTH(vcpus); i++) {
        answer(vcpu_op(VCPUOP_send_nmi, vcpus[i], NULL));
        answer(vcpu_op(VCPUOP_send_nmi, vcpus[i], area));
    }
    address[0] = 0;                                      /* the areas are not kept up to date any more */
    vcpu_op(VCPUOP_register_runstate_memory_area, 0, address);
    vcpu_op(VCPUOP_register_vcpu_time_memory_area, 0, address);
}

static void ask_timers(void) {
    static const uint64_t periods[] = { 0, 1, 999, 999999, 1000000, 1000001, 1ull << 32, 1ull << 61, (1ull << 62) - 1 };
    static const uint64_t future[] = { 1ull << 62, ~0ull >> 1, ~0ull };
    struct vcpu_set_singleshot_timer shot;

    row("set_periodic_timer, nanoseconds");
    for (uint32_t i = 0; i < LENGTH(periods); i++) {
        struct vcpu_set_periodic_timer set = { .period_ns = periods[i] };

        answer(vcpu_op(VCPUOP_set_periodic_timer, 0, &set));
    }
    row("stop_periodic_timer twice");
    answer(vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL));
    answer(vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL));
    row("set_singleshot_timer in the past, VCPU_SSHOTTMR_future unset and set");
    for (uint32_t flags = 0; flags < 2; flags++) {
        for (uint64_t deadline = 1; deadline < 4; deadline++) {
            shot = (struct vcpu_set_singleshot_timer){ .timeout_abs_ns = deadline, .flags = flags };
            answer(vcpu_op(VCPUOP_set_singleshot_timer, 0, &shot));
        }
    }
    row("set_singleshot_timer in the future, flag unset and set");
    for (uint32_t flags = 0; flags < 2; flags++) {
        for (uint32_t i = 0; i < LENGTH(future); i++) {
            shot = (struct vcpu_set_singleshot_timer){ .timeout_abs_ns = future[i], .flags = flags };
            answer(vcpu_op(VCPUOP_set_singleshot_timer, 0, &shot));
        }
    }
    row("stop_singleshot_timer twice");
    answer(vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL));
    answer(vcpu_op(VCPUOP_stop_singleshot_timer, 0, NULL));
    row("set_timer_op: past, future, stop");
    answer(hypercall_set_timer_op(1));
    answer(hypercall_set_timer_op(1000));
    for (uint32_t i = 0; i < LENGTH(future); i++)
        answer(hypercall_set_timer_op(future[i]));
    answer(hypercall_set_timer_op(0));
}

static void ask_scheduling(void) {
    static const uint32_t commands[] = { 6, 7, 8, 16, 31, 32, 0x7fffffff, 0x80000000, 0xffffffff };
    static const uint32_t counts[] = { 0, 1, 2, 127, 128, 129, 1024, 0x20000001, 0x40000000, 0x7fffffff, 0xffffffff };
    static const uint32_t ports[] = { 0, 1, 1023, 1024, 0xffffffff };
    static evtchn_port_t list[128];
    struct sched_remote_shutdown shutdown = { .reason = SHUTDOWN_poweroff };

    row("sched_op command");
    for (uint32_t i = 0; i < LENGTH(commands); i++)
        answer(hypercall_sched_op(commands[i], &shutdown));
    row("sched_op_compat command");
    for (uint32_t i = 0; i < LENGTH(commands); i++)
        answer(hypercall(__HYPERVISOR_sched_op_compat, commands[i], 0, 0, 0, 0));
    row("sched_op_compat poll, remote_shutdown");
    answer(hypercall(__HYPERVISOR_sched_op_compat, SCHEDOP_poll, pointer_word(list), 0, 0, 0));
    answer(hypercall(__HYPERVISOR_sched_op_compat, SCHEDOP_remote_shutdown, pointer_word(list), 0, 0, 0));
    row("yield both ways, any argument");
    for (uint32_t i = 0; i < POINTERS; i++) {
        answer(hypercall_sched_op(SCHEDOP_yield, bad_pointer(i)));
        answer(hypercall(__HYPERVISOR_sched_op_compat, SCHEDOP_yield, pointer_word(bad_pointer(i)), 0, 0, 0));
    }
    for (uint32_t i = 0; i < LENGTH(ports); i++) {
        row("poll, all ports %x, time-out in the past, number of ports", ports[i]);
        for (uint32_t j = 0; j < LENGTH(list); j++)
            list[j] = ports[i];
        for (uint32_t j = 0; j < LENGTH(counts); j++) {
            struct sched_poll poll = { .nr_ports = counts[j], .timeout = 1 };

            set_xen_guest_handle(poll.ports, list);
            answer(hypercall_sched_op(SCHEDOP_poll, &poll));
        }
    }
    row("poll, port pending at place 0, 1, 2 of 4; a bad one behind it, before it");
    shared_info->evtchn_pending[1] |= 1;
    for (uint32_t place = 0; place < 3; place++) {
        struct sched_poll poll = { .nr_ports = 4 };

        set_xen_guest_handle(poll.ports, list);
        for (uint32_t j = 0; j < 4; j++)
            list[j] = j == place ? 32 : 33;
        answer(hypercall_sched_op(SCHEDOP_poll, &poll));
        list[3] = 1024;
        answer(hypercall_sched_op(SCHEDOP_poll, &poll));
        list[0] = place == 0 ? 32 : 1024;
        answer(hypercall_sched_op(SCHEDOP_poll, &poll));
    }
    shared_info->evtchn_pending[1] = 0;
}

void ask_vcpus(void) {
    ask_commands();
    ask_timers();
    ask_scheduling();
}
