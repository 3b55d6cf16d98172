/* control.c - traps and callbacks, descriptors, debug registers, version, devices, the whole machine. */
#include <stdint.h>

#include <xen/nmi.h>
#include <xen/physdev.h>

#include "guests/lib/boot.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"
#include "guests/t_answers/answers.h"

static void ask_callbacks(void) {
    struct callback_register add = { .address = { FLAT_KERNEL_CS, pointer_word(trap_entry_event) } };
    struct callback_unregister remove;

    row("callback_op register, type 0 to 9");
    for (uint16_t type = 0; type < 10; type++) {
        add.type = type;
        if (type != CALLBACKTYPE_failsafe)
            answer(hypercall_callback_op(CALLBACKOP_register, &add));
    }
    row("callback_op unregister, type 0 to 9");
    for (uint16_t type = 0; type < 10; type++) {
        remove = (struct callback_unregister){ .type = type };
        answer(hypercall_callback_op(CALLBACKOP_unregister, &remove));
    }
    row("callback_op command 2 to 9");
    for (uint32_t command = 2; command < 10; command++)
        answer(hypercall_callback_op(command, &add));
    row("nmi_op command 2 to 9");
    for (uint32_t command = 2; command < 10; command++)
        answer(hypercall(__HYPERVISOR_nmi_op, command, pointer_word(&add), 0, 0, 0));
    row("fpu_taskswitch 1, 2, -1, 0");
    answer(hypercall_fpu_taskswitch(1));
    answer(hypercall_fpu_taskswitch(2));
    answer(hypercall_fpu_taskswitch(0xffffffff));
    answer(hypercall_fpu_taskswitch(0));
    row("stack_switch, selector 0 to 0xffff");
    for (uint32_t ss = 0; ss < 0x10000; ss += 0x1111)
        answer(hypercall_stack_switch(ss, 0));
    hypercall_stack_switch(FLAT_KERNEL_SS, 0);
    traps_install();
}

static void ask_debug_registers(void) {
    static const uint32_t numbers[] = { 0, 1, 2, 3, 4, 5, 6, 8, 9, 31, 0x7fffffff, 0x80000000, 0xffffffff };
    static const uint32_t values[] = {
        0, 1, 0x1000, 0xc0000000, 0xfbfffff8, 0xfbfffffb, 0xfc000000, 0xfe000000, 0xffffffff,
    };

    for (uint32_t i = 0; i < LENGTH(numbers); i++) {
        row("set_debugreg %x, value, then get_debugreg", numbers[i]);
        for (uint32_t j = 0; j < LENGTH(values); j++) {
            answer(hypercall(__HYPERVISOR_set_debugreg, numbers[i], values[j], 0, 0, 0));
            answer(hypercall(__HYPERVISOR_get_debugreg, numbers[i], 0, 0, 0, 0));
        }
    }
    row("set_debugreg 7, bit 8 to 31, then get_debugreg");           /* no breakpoint is on */
    for (uint32_t bit = 8; bit < 32; bit++) {
        answer(hypercall(__HYPERVISOR_set_debugreg, 7, 1u << bit, 0, 0, 0));
        answer(hypercall(__HYPERVISOR_get_debugreg, 7, 0, 0, 0, 0));
    }
    row("set_debugreg 7, all fields of one breakpoint");
    for (uint32_t field = 0; field < 16; field++)
        answer(hypercall(__HYPERVISOR_set_debugreg, 7, field << 16, 0, 0, 0));
    hypercall(__HYPERVISOR_set_debugreg, 7, 0, 0, 0, 0);
}

/* Upper and lower half of a descriptor with base 0 and limit 0x0ffff pages. */
#define DESCRIPTOR(type_and_flags) (0x00c000000000ffffull | (uint64_t)(type_and_flags) << 40)

static void ask_descriptors(void) {
    static uint8_t *page;
    uint64_t address;

    page = page_take();
    address = (uint64_t)boot_mfn_of(page_frame(page)) << 12;
    for (uint32_t level = 0; level < 4; level++) {
        row("update_descriptor, present, level %u, system type 0 to 15, then code and data 0 to 15", level);
        for (uint32_t type = 0; type < 32; type++)
            answer(hypercall_update_descriptor(address, DESCRIPTOR(0x80 | level << 5 | type)));
    }
    row("update_descriptor, not present, type 0 to 31");
    for (uint32_t type = 0; type < 32; type++)
        answer(hypercall_update_descriptor(address, DESCRIPTOR(type)));
    row("update_descriptor at offset 0 to 15");
    for (uint32_t offset = 0; offset < 16; offset++)
        answer(hypercall_update_descriptor(address + offset, 0));
    row("update_descriptor at machine frame 0, 0xfffff, above 4 GiB");
    answer(hypercall_update_descriptor(0, 0));
    answer(hypercall_update_descriptor(0xfffff000ull, 0));
    answer(hypercall_update_descriptor(address + (1ull << 32), 0));
}

static void ask_descriptor_tables(void) {
    static const uint32_t counts[] = { 0, 1, 511, 512, 513, 7168, 7169, 8192, 0x10000, 0x7fffffff, 0xffffffff };
    static unsigned long frames[16];

    for (uint32_t i = 0; i < LENGTH(frames); i++)
        frames[i] = 0xfffff;
    row("set_gdt of frames that are not there, entries");
    for (uint32_t i = 0; i < LENGTH(counts); i++) {
        if (counts[i] != 0)
            answer(hypercall_set_gdt(frames, counts[i]));
    }
    for (uint32_t i = 0; i < LENGTH(frames); i++)
        frames[i] = table_frame();
    row("set_gdt of a page table, entries");
    for (uint32_t i = 0; i < LENGTH(counts); i++) {
        if (counts[i] > FIRST_RESERVED_GDT_ENTRY)
            answer(hypercall_set_gdt(frames, counts[i]));
    }
    row("set_gdt, 0 entries, bad pointers");
    for (uint32_t i = 0; i < POINTERS; i++)
        answer(hypercall_set_gdt(bad_pointer(i), 0));
}

/* 0 for a number, which is another for each version of the hypervisor. */
static void ask_version(void) {
    static uint8_t room[2048];

    row("xen_version command 0 to 20");
    for (uint32_t command = 0; command <= 20; command++) {
        long result = hypercall_xen_version(command, room);

        answer(command == XENVER_version ? result >> 16 : result);
    }
    row("xen_version command -1, 0x7fffffff");
    answer(hypercall_xen_version(0xffffffff, room));
    answer(hypercall_xen_version(0x7fffffff, room));
    row("xen_version pagesize, argument 0, 1, -1");
    answer(hypercall_xen_version(XENVER_pagesize, NULL));
    answer(hypercall_xen_version(XENVER_pagesize, (void *)1));
    answer(hypercall_xen_version(XENVER_pagesize, (void *)0xffffffff));
    row("xen_version get_features, submap 1 to 8, -1");
    for (uint32_t submap = 1; submap <= 9; submap++) {
        struct xen_feature_info info = { .submap_idx = submap == 9 ? 0xffffffff : submap };

        answer(hypercall_xen_version(XENVER_get_features, &info));
    }
}

static void ask_devices(void) {
    static const uint32_t irqs[] = { 0, 1, 4, 15, 16, 255, 256, 0x7fffffff, 0x80000000, 0xffffffff };
    static const uint32_t counts[] = { 0, 1, 1024, 65535, 65536, 65537, 0xffffffff };
    static uint8_t bitmap[8192];
    uint32_t nothing[16] = { 0 };

    row("physdev_op command 0 to 31");
    for (uint32_t command = 0; command < 32; command++)
        answer(hypercall(__HYPERVISOR_physdev_op, command, pointer_word(nothing), 0, 0, 0));
    row("physdev_op_compat command 0 to 31");
    for (uint32_t command = 0; command < 32; command++) {
        nothing[0] = command;
        answer(hypercall(__HYPERVISOR_physdev_op_compat, pointer_word(nothing), 0, 0, 0, 0));
    }
    row("physdev_op eoi, irq_status_query, alloc_irq_vector of irq");
    for (uint32_t i = 0; i < LENGTH(irqs); i++) {
        struct physdev_irq irq = { .irq = irqs[i] };

        answer(hypercall(__HYPERVISOR_physdev_op, PHYSDEVOP_eoi, pointer_word(&irqs[i]), 0, 0, 0));
        nothing[0] = irqs[i];
        answer(hypercall(__HYPERVISOR_physdev_op, PHYSDEVOP_irq_status_query, pointer_word(nothing), 0, 0, 0));
        answer(hypercall(__HYPERVISOR_physdev_op, PHYSDEVOP_alloc_irq_vector, pointer_word(&irq), 0, 0, 0));
    }
    row("physdev_op set_iopl 0 to 5, 0x80000000, -1");
    for (uint32_t i = 0; i < 8; i++) {
        nothing[0] = i < 6 ? i : i == 6 ? 0x80000000 : 0xffffffff;
        answer(hypercall(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, pointer_word(nothing), 0, 0, 0));
    }
    nothing[0] = 0;
    hypercall(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iopl, pointer_word(nothing), 0, 0, 0);
    row("physdev_op set_iobitmap, a good pointer, number of ports");
    for (uint32_t i = 0; i < LENGTH(counts); i++) {
        struct physdev_set_iobitmap set = { .nr_ports = counts[i] };

        set_xen_guest_handle(set.bitmap, bitmap);
        answer(hypercall(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iobitmap, pointer_word(&set), 0, 0, 0));
    }
    row("physdev_op set_iobitmap, bad pointers, 8 ports");
    for (uint32_t i = 0; i < POINTERS; i++) {
        struct physdev_set_iobitmap set = { .nr_ports = 8 };

        set_xen_guest_handle(set.bitmap, bad_pointer(i));
        answer(hypercall(__HYPERVISOR_physdev_op, PHYSDEVOP_set_iobitmap, pointer_word(&set), 0, 0, 0));
    }
}

static void ask_console(void) {
    row("console_io command 2 to 9, -1");
    for (uint32_t command = 2; command <= 10; command++)
        answer(hypercall_console_io(command == 10 ? 0xffffffff : command, 1, "."));
    row("console_io write, count 0, -1, 0x80000000");
    answer(hypercall_console_io(CONSOLEIO_write, 0, "."));
    answer(hypercall_console_io(CONSOLEIO_write, 0xffffffff, "."));
    answer(hypercall_console_io(CONSOLEIO_write, 0x80000000, "."));
    row("console_io read, count 0, 1, -1");
    answer(hypercall_console_io(CONSOLEIO_read, 0, NULL));
    answer(hypercall_console_io(CONSOLEIO_read, 1, NULL));
    answer(hypercall_console_io(CONSOLEIO_read, 0xffffffff, NULL));
}

/* Types 0 and 1 are segments of 4 GiB and their notification; Xen's others change how page tables are handled. */
static void ask_assists(void) {
    row("vm_assist, command 0 to 4 and -1, types 0, 1 and 25 to 31");
    for (uint32_t command = 0; command <= 5; command++) {
        for (uint32_t type = 0; type < 32; type = type == 1 ? 25 : type + 1)
            answer(hypercall_vm_assist(command == 5 ? 0xffffffff : command, type));
    }
    row("vm_assist, command 2 to 9, type 2");
    for (uint32_t command = 2; command < 10; command++)
        answer(hypercall_vm_assist(command, VMASST_TYPE_writable_pagetables));
    hypercall_vm_assist(VMASST_CMD_disable, VMASST_TYPE_4gb_segments);
    hypercall_vm_assist(VMASST_CMD_disable, VMASST_TYPE_4gb_segments_notify);
}

static void ask_machine(void) {
    static uint32_t room[64];

    row("platform_op, sysctl, domctl, kexec_op: zeros, bad pointers");
    for (uint32_t i = 0; i <= POINTERS; i++) {
        uint32_t pointer = i == POINTERS ? pointer_word(room) : pointer_word(bad_pointer(i));

        answer(hypercall(__HYPERVISOR_platform_op, pointer, 0, 0, 0, 0));
        answer(hypercall(__HYPERVISOR_sysctl, pointer, 0, 0, 0, 0));
        answer(hypercall(__HYPERVISOR_domctl, pointer, 0, 0, 0, 0));
        answer(hypercall(__HYPERVISOR_kexec_op, 0, pointer, 0, 0, 0));
    }
}

void ask_control(void) {
    ask_callbacks();
    ask_debug_registers();
    ask_descriptors();
    ask_descriptor_tables();
    ask_version();
    ask_devices();
    ask_console();
    ask_assists();
    ask_machine();
}
