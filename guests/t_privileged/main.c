/*
 * t_privileged - what the privileged domain has beyond others: the machine's ports, its clock, what is typed at COM1.
 *
 * It waits for the line that the run types (word line=), read in pieces, and prints it. Run as an ordinary domain it
 * ends with outcome skip.
 * Expected outcome: success.
 */
#include <stddef.h>
#include <stdint.h>

#include <xen/errno.h>
#include <xen/physdev.h>
#include <xen/platform.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/clock.h"
#include "guests/lib/console.h"
#include "guests/lib/events.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/outcome.h"
#include "guests/lib/string.h"
#include "guests/lib/traps.h"

#define SECOND 1000000000ull

static volatile uint32_t console_events, protection_faults;

static void on_console(uint32_t port) {
    (void)port;
    console_events++;
}

static void on_tick(uint32_t port) {
    (void)port;
}

/* IN and OUT are one byte long; a fault is passed over. */
static void on_protection(struct trap_frame *frame) {
    protection_faults++;
    frame->eip++;
}

static uint32_t in8(uint32_t port) {
    uint32_t value = 0;

    __asm__ volatile("inb %%dx, %%al" : "+a"(value) : "d"(port));
    return value;
}

static uint32_t in32(uint32_t port) {
    uint32_t value = 0;

    __asm__ volatile("inl %%dx, %%eax" : "+a"(value) : "d"(port));
    return value;
}

static void out8(uint32_t port, uint32_t value) {
    __asm__ volatile("outb %%al, %%dx" : : "a"(value), "d"(port));
}

static long physdev_op(uint32_t command, void *argument) {
    return hypercall(__HYPERVISOR_physdev_op, command, pointer_word(argument), 0, 0, 0);
}

static void check_start(void) {
    check_group("start");
    check_equal(start_info->flags, SIF_PRIVILEGED | SIF_INITDOMAIN);
    check_equal(start_info->console.dom0.info_size, 0);
    check_equal(start_info->store_evtchn, 0);
    check(boot_feature(XENFEAT_dom0));
}

/* The machine's clock chip answers; what the hypervisor uses does not. */
static void check_ports(void) {
    static const uint16_t kept[] = {
        0x20, 0x21, 0x40, 0x43, 0x61, 0xa0, 0xa1, 0xe9, 0x3f8, 0x3fd, 0x3ff, 0x504, 0x508,
    };
    static uint8_t bitmap[8192];
    struct physdev_set_iopl level = { .iopl = 1 };
    struct physdev_set_iobitmap bits = { .nr_ports = 0x80 };
    uint32_t day;

    check_group("ports");
    trap_handle(13, on_protection);
    out8(0x70, 7);
    check_equal(protection_faults, 1);                   /* not before it has asked for the level */
    check_equal(physdev_op(PHYSDEVOP_set_iopl, &level), 0);
    protection_faults = 0;
    out8(0x70, 7);
    day = in8(0x71);                                     /* of the month, binary-coded decimal */
    check(day >= 1 && day <= 0x31);
    out8(0x70, 0x0f);
    out8(0x71, 0x5a);                                    /* the shutdown byte holds what is written */
    check_equal(in8(0x71), 0x5a);
    out8(0x71, 0);
    for (uint32_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        check_equal(in8(kept[i]), 0xff);
    check_equal(in32(0x1d), 0xffffffff);                 /* one byte of it is kept back */
    out8(0x20, 0x0b);
    out8(0x21, 0xff);                                    /* goes nowhere: the clock goes on */
    out8(0x43, 0x30);
    check_equal(protection_faults, 0);

    level.iopl = 0;
    check_equal(physdev_op(PHYSDEVOP_set_iopl, &level), 0);
    set_xen_guest_handle(bits.bitmap, bitmap);
    bitmap[0x70 / 8] = 0x02;                             /* 0x71 is not allowed, 0x70 is */
    check_equal(physdev_op(PHYSDEVOP_set_iobitmap, &bits), 0);
    out8(0x70, 7);
    check_equal(protection_faults, 0);
    in8(0x71);
    check_equal(protection_faults, 1);
    trap_handle(13, NULL);
}

static void check_devices(void) {
    struct physdev_apic apic = { .apic_physbase = 0xfec00000 };
    struct physdev_irq vector = { .irq = 3 };
    struct physdev_eoi end = { .irq = 3 };
    struct mmuext_op flush = { .cmd = MMUEXT_FLUSH_CACHE };

    check_group("devices");
    check_errno(physdev_op(PHYSDEVOP_apic_read, &apic), XEN_EINVAL);
    check_errno(physdev_op(PHYSDEVOP_apic_write, &apic), XEN_EINVAL);
    check_errno(physdev_op(PHYSDEVOP_alloc_irq_vector, &vector), XEN_EINVAL);
    check_equal(physdev_op(PHYSDEVOP_eoi, &end), 0);
    check_errno(physdev_op(PHYSDEVOP_apic_read, NULL), XEN_EFAULT);
    check_equal(hypercall_mmuext_op(&flush, 1, NULL, DOMID_SELF), 0);
    __asm__ volatile("wbinvd" : : : "memory");
}

static long platform_op(struct xen_platform_op *request) {
    return hypercall(__HYPERVISOR_platform_op, pointer_word(request), 0, 0, 0, 0);
}

static void check_clock(void) {
    struct xen_platform_op request = { .cmd = XENPF_settime32, .interface_version = XENPF_INTERFACE_VERSION };
    uint32_t version = shared_info->wc_version;

    check_group("the wall clock");
    request.u.settime32 = (struct xenpf_settime32){ .secs = 1000000123, .nsecs = 500000000,
                                                    .system_time = 100 * SECOND };
    check_equal(platform_op(&request), 0);
    check_equal(shared_info->wc_sec, 1000000023);
    check_equal(shared_info->wc_nsec, 500000000);
    check_equal(shared_info->wc_version, version + 2);
    request.cmd = XENPF_settime64;
    request.u.settime64 = (struct xenpf_settime64){ .secs = 1234567890, .nsecs = 7, .system_time = 0 };
    check_equal(platform_op(&request), 0);
    check_equal(shared_info->wc_sec, 1234567890);
    check_equal(shared_info->wc_nsec, 7);
    request.u.settime64.mbz = 1;
    check_errno(platform_op(&request), XEN_EINVAL);
    request.cmd = 9999;
    check_errno(platform_op(&request), XEN_ENOSYS);
    request.cmd = XENPF_add_memtype;
    check_errno(platform_op(&request), XEN_ENXIO);
    request.interface_version++;
    check_errno(platform_op(&request), XEN_EACCES);
    check_errno(platform_op(NULL), XEN_EFAULT);
}

/* The machine has memory from address 0 on, and more than this domain. */
static void check_memory_map(void) {
    static struct {
        uint64_t start, length;
        uint32_t type;
    } __attribute__((packed)) entries[32];
    struct xen_memory_map map = { .nr_entries = 32 };
    uint64_t memory = 0;

    check_group("the machine's memory map");
    set_xen_guest_handle(map.buffer, (void *)entries);
    check_equal(hypercall_memory_op(XENMEM_machine_memory_map, &map), 0);
    check(map.nr_entries >= 2 && map.nr_entries <= 32);
    for (uint32_t i = 0; i < map.nr_entries && i < 32; i++)
        memory += entries[i].type == 1 ? entries[i].length : 0;
    check(entries[0].start == 0);
    check(memory > start_info->nr_pages * 4096ull);
    set_xen_guest_handle(map.buffer, (void *)0xfc000000);
    check_errno(hypercall_memory_op(XENMEM_machine_memory_map, &map), XEN_EFAULT);
}

static void check_version(void) {
    static char line[1024];

    check_group("version");
    check_equal(hypercall_xen_version(XENVER_commandline, line), 0);
    check(memcmp(line, "mem=", 4) == 0);
    check_errno(hypercall_xen_version(XENVER_build_id, NULL), XEN_ENODATA);
}

/* Read to the end of the line in pieces of three. */
static void check_input(void) {
    static char line[80], wanted[80];
    uint64_t end = clock_ns() + 5 * SECOND;
    uint32_t length = 0;

    check_group("what is typed");
    check_equal(hypercall_console_io(CONSOLEIO_read, 0, line), 0);
    check_equal(hypercall_console_io(CONSOLEIO_read, 0x80000000u, line), 0);
    if (!boot_option("line", wanted, sizeof(wanted)))
        return;
    event_bind_virq(VIRQ_TIMER, on_tick);                /* should nobody type, the wait has an end */
    while ((length == 0 || line[length - 1] != '\n') && length < sizeof(line) - 4 && clock_ns() < end) {
        long got = hypercall_console_io(CONSOLEIO_read, 3, line + length);

        if (got < 0 || got > 3)
            check_stop("console_io answered nonsense");
        length += (uint32_t)got;
        if (got == 0)
            hypercall_sched_op(SCHEDOP_block, NULL);
    }
    events_enable();
    check(console_events > 0);
    events_disable();
    check(length > 0 && line[length - 1] == '\n');
    line[length > 0 ? length - 1 : 0] = '\0';
    print("typed: \"%s\"\n", line);
    check_equal(strcmp(line, wanted), 0);
    check_equal(hypercall_console_io(CONSOLEIO_read, 99, NULL), 0);      /* nothing is left */
}

_Noreturn void guest_main(void) {
    traps_install();
    if (!(start_info->flags & SIF_PRIVILEGED))
        finish(PENUMBRA_OUTCOME_skip);
    event_bind_virq(VIRQ_CONSOLE, on_console);
    check_start();
    check_ports();
    check_devices();
    check_clock();
    check_memory_map();
    check_version();
    check_input();
    check_finish();
}
