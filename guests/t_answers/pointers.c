/*
 * pointers.c - numbers of hypercalls, and a bad pointer in every place where a hypercall takes one.
 */
#include <stdint.h>

#include <xen/nmi.h>
#include <xen/physdev.h>

#include "guests/lib/boot.h"
#include "guests/t_answers/answers.h"

/* None of these is a hypercall of Xen's on this machine. */
void ask_numbers(void) {
    static const uint32_t none[] = {
        11, 40, 41, 42, 43, 44, 45, 46, 47, 49, 50, 51, 52, 53, 54, 56, 57, 58, 59, 60, 61, 62, 63, 64, 100, 127, 128,
        255, 256, 1024, 0x7fffffff, 0x80000000, 0xffffffff,
    };

    row("hypercall number, arguments 0");
    for (uint32_t i = 0; i < LENGTH(none); i++)
        answer(hypercall_int82(none[i], 0, 0, 0, 0, 0));
    row("hypercall number, arguments -1");
    for (uint32_t i = 0; i < LENGTH(none); i++)
        answer(hypercall_int82(none[i], 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff));
}

/* A hypercall with a command and a pointer behind it. */
struct operation {
    uint32_t number, command;
    const char *name;
};

static const struct operation operations[] = {
    { __HYPERVISOR_event_channel_op, EVTCHNOP_bind_interdomain, "event_channel_op bind_interdomain" },
    { __HYPERVISOR_event_channel_op, EVTCHNOP_bind_virq, "event_channel_op bind_virq" },
    { __HYPERVISOR_event_channel_op, EVTCHNOP_bind_pirq, "event_channel_op bind_pirq" },
    { __HYPERVISOR_event_channel_op, EVTCHNOP_close, "event_channel_op close" },
    { __HYPERVISOR_event_channel_op, EVTCHNOP_send, "event_channel_op send" },
    { __HYPERVISOR_event_channel_op, EVTCHNOP_status, "event_channel_op status" },
    { __HYPERVISOR_event_channel_op, EVTCHNOP_alloc_unbound, "event_channel_op alloc_unbound" },
    { __HYPERVISOR_event_channel_op, EVTCHNOP_bind_ipi, "event_channel_op bind_ipi" },
    { __HYPERVISOR_event_channel_op, EVTCHNOP_bind_vcpu, "event_channel_op bind_vcpu" },
    { __HYPERVISOR_event_channel_op, EVTCHNOP_unmask, "event_channel_op unmask" },
    { __HYPERVISOR_event_channel_op, EVTCHNOP_reset, "event_channel_op reset" },
    { __HYPERVISOR_sched_op, SCHEDOP_shutdown, "sched_op shutdown" },
    { __HYPERVISOR_sched_op, SCHEDOP_poll, "sched_op poll" },
    { __HYPERVISOR_sched_op, SCHEDOP_remote_shutdown, "sched_op remote_shutdown" },
    { __HYPERVISOR_callback_op, CALLBACKOP_register, "callback_op register" },
    { __HYPERVISOR_callback_op, CALLBACKOP_unregister, "callback_op unregister" },
    { __HYPERVISOR_nmi_op, XENNMI_register_callback, "nmi_op register" },
    { __HYPERVISOR_nmi_op, XENNMI_unregister_callback, "nmi_op unregister" },
    { __HYPERVISOR_xen_version, XENVER_version, "xen_version version" },
    { __HYPERVISOR_xen_version, XENVER_extraversion, "xen_version extraversion" },
    { __HYPERVISOR_xen_version, XENVER_compile_info, "xen_version compile_info" },
    { __HYPERVISOR_xen_version, XENVER_capabilities, "xen_version capabilities" },
    { __HYPERVISOR_xen_version, XENVER_changeset, "xen_version changeset" },
    { __HYPERVISOR_xen_version, XENVER_platform_parameters, "xen_version platform_parameters" },
    { __HYPERVISOR_xen_version, XENVER_get_features, "xen_version get_features" },
    { __HYPERVISOR_xen_version, XENVER_guest_handle, "xen_version guest_handle" },
    { __HYPERVISOR_physdev_op, PHYSDEVOP_eoi, "physdev_op eoi" },
    { __HYPERVISOR_physdev_op, PHYSDEVOP_irq_status_query, "physdev_op irq_status_query" },
    { __HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, "physdev_op set_iopl" },
    { __HYPERVISOR_physdev_op, PHYSDEVOP_set_iobitmap, "physdev_op set_iobitmap" },
    { __HYPERVISOR_physdev_op, PHYSDEVOP_apic_read, "physdev_op apic_read" },
    { __HYPERVISOR_physdev_op, PHYSDEVOP_apic_write, "physdev_op apic_write" },
    { __HYPERVISOR_physdev_op, PHYSDEVOP_alloc_irq_vector, "physdev_op alloc_irq_vector" },
    { __HYPERVISOR_memory_op, XENMEM_increase_reservation, "memory_op increase_reservation" },
    { __HYPERVISOR_memory_op, XENMEM_decrease_reservation, "memory_op decrease_reservation" },
    { __HYPERVISOR_memory_op, XENMEM_populate_physmap, "memory_op populate_physmap" },
    { __HYPERVISOR_memory_op, XENMEM_exchange, "memory_op exchange" },
    { __HYPERVISOR_memory_op, XENMEM_current_reservation, "memory_op current_reservation" },
    { __HYPERVISOR_memory_op, XENMEM_maximum_reservation, "memory_op maximum_reservation" },
    { __HYPERVISOR_memory_op, XENMEM_machphys_mfn_list, "memory_op machphys_mfn_list" },
    { __HYPERVISOR_memory_op, XENMEM_machphys_mapping, "memory_op machphys_mapping" },
    { __HYPERVISOR_memory_op, XENMEM_memory_map, "memory_op memory_map" },
    { __HYPERVISOR_memory_op, XENMEM_set_memory_map, "memory_op set_memory_map" },
};

static void ask_vcpu_op(void) {
    static const uint32_t commands[] = {
        VCPUOP_initialise, VCPUOP_get_runstate_info, VCPUOP_register_runstate_memory_area, VCPUOP_set_periodic_timer,
        VCPUOP_set_singleshot_timer, VCPUOP_register_vcpu_time_memory_area,
    };

    for (uint32_t i = 0; i < LENGTH(commands); i++) {
        row("vcpu_op %u of vcpu 0, bad pointers", commands[i]);
        for (uint32_t j = 0; j < POINTERS; j++)
            answer(hypercall_vcpu_op(commands[i], 0, bad_pointer(j)));
    }
}

/* Pointers in the first argument. */
static void ask_first(void) {
    row("set_trap_table, bad pointers but 0");
    for (uint32_t i = 1; i < POINTERS; i++)
        answer(hypercall_set_trap_table(bad_pointer(i)));
    for (uint32_t count = 0; count < 3; count++) {
        row("mmu_update of %u, mmuext_op, multicall, bad pointers", count);
        for (uint32_t i = 0; i < POINTERS; i++) {
            answer(hypercall_mmu_update(bad_pointer(i), count, NULL, DOMID_SELF));
            answer(hypercall_mmuext_op(bad_pointer(i), count, NULL, DOMID_SELF));
            answer(hypercall_multicall(bad_pointer(i), count));
        }
    }
    row("set_gdt of 512, bad pointers");
    for (uint32_t i = 0; i < POINTERS; i++)
        answer(hypercall_set_gdt(bad_pointer(i), 512));
    row("both old forms, bad pointers");
    for (uint32_t i = 0; i < POINTERS; i++) {
        answer(hypercall(__HYPERVISOR_event_channel_op_compat, pointer_word(bad_pointer(i)), 0, 0, 0, 0));
        answer(hypercall(__HYPERVISOR_physdev_op_compat, pointer_word(bad_pointer(i)), 0, 0, 0, 0));
    }
}

static void ask_console_pointers(void) {
    static const uint32_t counts[] = { 1, 127, 128, 129, 4096, 0x7fffffff };

    for (uint32_t i = 0; i < LENGTH(counts); i++) {
        row("console_io write of %x, bad pointers", counts[i]);
        for (uint32_t j = 0; j < POINTERS; j++) {
            if (counts[i] < 4096 && (j == 2 || j == 3))
                continue;                                /* the machine-to-physical table is no text */
            answer(hypercall_console_io(CONSOLEIO_write, counts[i], bad_pointer(j)));
        }
    }
}

/* A poll whose ports lie at a bad pointer; its time is over. */
static void ask_poll_pointers(void) {
    for (uint32_t count = 0; count < 4; count++) {
        row("poll of %u ports, bad pointers", count);
        for (uint32_t i = 0; i < POINTERS; i++) {
            struct sched_poll poll = { .nr_ports = count, .timeout = 1 };

            set_xen_guest_handle(poll.ports, bad_pointer(i));
            answer(hypercall_sched_op(SCHEDOP_poll, &poll));
        }
    }
}

void ask_pointers(void) {
    for (uint32_t i = 0; i < LENGTH(operations); i++) {
        row("%s, bad pointers", operations[i].name);
        for (uint32_t j = 0; j < POINTERS; j++) {
            long result = hypercall(operations[i].number, operations[i].command, pointer_word(bad_pointer(j)), 0, 0, 0);

            answer(operations[i].command == XENVER_version && result > 0 ? result >> 16 : result);
        }
    }
    ask_vcpu_op();
    ask_first();
    ask_console_pointers();
    ask_poll_pointers();
}
