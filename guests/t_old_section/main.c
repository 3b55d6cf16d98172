/*
 * t_old_section - a kernel without ELF notes, described by the older __xen_guest section: is it loaded and started just
 * the same?
 *
 * Expected outcome: success.
 */
#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/console.h"
#include "guests/lib/hypercall.h"

extern const uint8_t image_start[];

_Noreturn void guest_main(void) {
    print("started as %p says, hypercall page %p\n", (const void *)image_start, (const void *)hypercall_page);
    check_equal(pointer_word(image_start), 0xc0100000);
    check_equal(pointer_word(hypercall_page), GUEST_VIRT_BASE + 0x101000);
    check_equal(hypercall_page[32 * __HYPERVISOR_xen_version], 0xb8);        /* mov $number, %eax */
    check_equal(hypercall_xen_version(XENVER_version, 0) >> 16, 3);
    check_equal(check_ring(), 1);
    check_finish();
}
