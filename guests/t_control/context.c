/*
 * context.c - the state of another domain's vcpu as getvcpucontext tells it: what setvcpucontext was given before it
 * runs, what became of it while it waits; given to a second vcpu it is the same again.
 */
#define __XEN_TOOLS__ 1
#include <stddef.h>
#include <stdint.h>

#include <xen/domctl.h>
#include <xen/errno.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/string.h"
#include "guests/t_control/child.h"
#include "guests/t_control/requests.h"
#include "guests/t_control/t_control.h"

#define NOBODY 0x7eff
#define PAGE_FAULT 14u
#define FPU_REGISTERS 32u            /* of an FXSAVE area: ST0, ten bytes */

static struct vcpu_guest_context got, again;

static long get_context(uint32_t domain, uint32_t vcpu, struct vcpu_guest_context *context) {
    request.u.vcpucontext.vcpu = vcpu;
    set_xen_guest_handle(request.u.vcpucontext.ctxt, context);
    return domctl(XEN_DOMCTL_getvcpucontext, domain);
}

void check_first_context(const struct vcpu_guest_context *given) {
    check_errno(get_context(child_id, 32, &got), XEN_EINVAL);
    check_errno(get_context(child_id, 2, &got), XEN_ESRCH);
    check_errno(get_context(NOBODY, 0, &got), XEN_ESRCH);
    check_errno(get_context(child_id, 1, &got), XEN_ENODATA);
    check_errno(get_context(child_id, 0, (void *)0xfc000000), XEN_EFAULT);
    check_equal(get_context(child_id, 0, &got), 0);
    check_equal(got.user_regs.eip, given->user_regs.eip);
    check_equal(got.user_regs.esp, given->user_regs.esp);
    check_equal(got.user_regs.esi, given->user_regs.esi);
    check_equal(got.user_regs.cs, FLAT_RING1_CS);
    check_equal(got.ctrlreg[3], given->ctrlreg[3]);
    check_equal(got.flags, VGCF_in_kernel | VGCF_online | VGCF_I387_VALID);
    check(got.trap_ctxt[PAGE_FAULT].address == 0 && got.trap_ctxt[PAGE_FAULT].vector == PAGE_FAULT);
    check(got.gdt_ents == 0 && got.ldt_ents == 0 && got.event_callback_eip == 0);
}

/* It waits in a hypercall, with 1.0 on its FPU's stack. */
void check_context_of_waiting(void) {
    static const uint8_t one[] = { 0, 0, 0, 0, 0, 0, 0, 0x80, 0xff, 0x3f };

    check_equal(get_context(child_id, 0, &got), 0);
    check(got.user_regs.eip >= GUEST_VIRT_BASE && got.user_regs.eip < GUEST_VIRT_BASE + CHILD_FRAMES * GUEST_PAGE_SIZE);
    check_equal(got.user_regs.cs & 3, 1);
    check(got.trap_ctxt[PAGE_FAULT].address != 0 && got.trap_ctxt[PAGE_FAULT].cs == FLAT_RING1_CS);
    check(got.event_callback_eip != 0 && got.failsafe_callback_eip != 0);
    check_equal(got.ctrlreg[3], xen_pfn_to_cr3(child_directory()));
    check_equal(memcmp((const uint8_t *)&got.fpu_ctxt + FPU_REGISTERS, one, sizeof(one)), 0);

    got.flags &= ~(unsigned long)VGCF_online;
    check_equal(set_vcpu_context(child_id, 1, &got), 0);
    check_equal(get_context(child_id, 1, &again), 0);
    check_equal(memcmp(&got, &again, sizeof(got)), 0);
    request.u.getvcpuinfo.vcpu = 1;
    check_equal(domctl(XEN_DOMCTL_getvcpuinfo, child_id), 0);
    check(!request.u.getvcpuinfo.online && request.u.getvcpuinfo.cpu_time == 0);
}

/* Our own, by our own number. */
void check_own_context(void) {
    uint32_t esp;

    check_group("our own state");
    __asm__ volatile("mov %%esp, %0" : "=r"(esp));
    check_equal(get_context(0, 0, &got), 0);
    check(got.user_regs.esp <= esp && got.user_regs.esp > esp - 0x1000);
    check_equal(got.user_regs.eax, 36);                  /* domctl's number, as the stub left it */
    check(got.flags & VGCF_online);
}
