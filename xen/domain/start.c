/*
 * start.c - from a machine that is ready to a domain that runs: what boot calls last.
 */
#include "trace/emit.h"
#include "xen/boot/modules.h"
#include "xen/boot/options.h"
#include "xen/cpu/entry.h"
#include "xen/cpu/shutdown.h"
#include "xen/domain/build.h"
#include "xen/domain/domain.h"
#include "xen/domain/schedule.h"
#include "xen/lib/printk.h"

static _Noreturn void refuse(const struct image_problem *problem) {
    printk("Penumbra: cannot build the domain: %s", problem->text);
    if (problem->where != IMAGE_NO_NUMBER) {
        printk(" %u (0x%x)", problem->where, problem->where);
    }
    printk("\n");
    machine_end(TRACE_OUTCOME_error);
}

_Noreturn void domains_start(void) {
    struct build_request request = {
        .kernel = module_kernel.data, .kernel_size = module_kernel.size,
        .ramdisk = module_ramdisk.data, .ramdisk_size = module_ramdisk.data ? module_ramdisk.size : 0,
        .command_line = module_kernel.command_line,
        .frames = boot_options.memory_mib << (20 - PAGE_SHIFT), .mode = boot_options.mode,
    };
    struct image_problem problem = { "no guest kernel was loaded: give one as the first multiboot module",
                                     IMAGE_NO_NUMBER };
    struct cpu_user_regs regs;
    struct domain *domain = 0;

    if (module_kernel.data) {
        domain = domain_build(&request, &regs, &problem);
    }
    if (!domain) {
        refuse(&problem);
    }
    modules_release();
    vcpu_load(domain->vcpu[0], TRACE_CAUSE_boot);
    *guest_regs() = regs;
    trace_domain_start();
    return_to_guest();
}
