/*
 * main.c - the boot, in order. Interrupts are off throughout.
 */
#include <stddef.h>
#include <stdint.h>
#include <xen/xen.h>

#include "trace/emit.h"
#include "xen/boot/loader.h"
#include "xen/boot/memory.h"
#include "xen/boot/modules.h"
#include "xen/boot/multiboot.h"
#include "xen/boot/options.h"
#include "xen/boot/selftest.h"
#include "xen/cpu/descriptor.h"
#include "xen/cpu/irq.h"
#include "xen/cpu/timer.h"
#include "xen/domain/mode.h"
#include "xen/glue/shadow_watch.h"
#include "xen/lib/console.h"
#include "xen/lib/panic.h"
#include "xen/lib/printk.h"
#include "xen/mm/frame.h"
#include "xen/mm/frame_setup.h"
#include "xen/mm/heap.h"
#include "xen/mm/layout.h"
#include "xen/mm/paging.h"

/* start.S comes here, on the processor's stack. */
_Noreturn void boot_main(uint32_t magic, const struct multiboot_info *information);

static void choose_console(void) {
    switch (boot_options.console) {
    case OPTION_CONSOLE_AUTO:
        console_choose(console_e9_present(), !console_e9_present());
        return;
    case OPTION_CONSOLE_E9:
        console_choose(true, false);
        return;
    case OPTION_CONSOLE_COM1:
        console_choose(false, true);
        return;
    case OPTION_CONSOLE_BOTH:
        console_choose(true, true);
        return;
    }
}

static void start_trace(void) {
    static const enum trace_sink sinks[] = {
        [OPTION_TRACE_OFF] = TRACE_SINK_off,
        [OPTION_TRACE_RING] = TRACE_SINK_ring,
        [OPTION_TRACE_AGENT] = TRACE_SINK_agent,
    };
    trace_start(sinks[boot_options.trace], boot_options.trace_classes);
    trace_hypervisor_start(memory_total_mib() << (20 - PAGE_SHIFT), layout_own_root_mfn() << PAGE_SHIFT, trace_mask);
}

/* What there is, and whom it is for. */
static void greet(void) {
    printk("Penumbra: %u MiB of memory, ", memory_total_mib());
    if (domain_config_count > 1) {
        printk("%u domains\n", domain_config_count);
    }
    for (uint32_t i = 0; i < domain_config_count; i++) {
        const struct mode_ops *mode = mode_by_number(domain_configs[i].mode);

        if (domain_config_count > 1) {
            printk("  module %u: ", domain_configs[i].kernel);
        }
        printk("mem=%u mode=%s\n", domain_configs[i].memory_mib, mode->name);
        if (mode->unchecked) {
            printk("Penumbra: WARNING: the domain is TRUSTED: its page tables are not checked, and it can do anything "
                   "to this machine and to the hypervisor\n");
        }
    }
}

void boot_main(uint32_t magic, const struct multiboot_info *information) {
    descriptor_init();
    if (magic != MULTIBOOT_BOOTED) {
        panic("not started by a multiboot loader (eax %08x)", magic);
    }
    loader_read(information);
    options_parse(loader_command_line());
    watch_tables();
    choose_console();
    memory_divide(domains_memory_mib());
    loader_place();
    paging_finish();
    start_trace();

    greet();
    memory_populate();
    if (boot_options.scatter) {
        frame_scatter(boot_options.scatter_seed);
    }
    irq_init();
    timer_init();
    selftest_run();
    domains_start();
}
