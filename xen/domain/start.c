/*
 * start.c - from a machine that is ready to domains that run: what boot calls last, and building a domain again when it
 * reboots or crashes.
 */
#include "trace/emit.h"
#include "xen/boot/modules.h"
#include "xen/boot/options.h"
#include "xen/cpu/entry.h"
#include "xen/cpu/shutdown.h"
#include "xen/domain/build.h"
#include "xen/domain/console_input.h"
#include "xen/domain/domain.h"
#include "xen/domain/restart.h"
#include "xen/domain/schedule.h"
#include "xen/lib/printk.h"
#include "xen/mm/frame.h"
#include "xen/mm/heap.h"

static uint32_t built[DOMAIN_CONFIGS_MAX];         /* how often, of each configuration */
static uint32_t frames_before, pages_before;       /* free while there is no domain; pages: of the heap */

static void print_problem(const struct image_problem *problem) {
    printk("Penumbra: cannot build the domain: %s", problem->text);
    if (problem->where != IMAGE_NO_NUMBER) {
        printk(" %u (0x%x)", problem->where, problem->where);
    }
    printk("\n");
}

static bool build(const struct domain_config *config) {
    struct image_problem problem;

    built[config - domain_configs]++;
    struct domain *domain = domain_build(config, config->privileged ? 0 : domain_next_id(), &problem);

    if (!domain) {
        print_problem(&problem);
    }
    return domain;
}

static bool any_restarts(void) {
    for (uint32_t i = 0; i < domain_config_count; i++) {
        if (domain_configs[i].restarts != 0) {
            return true;
        }
    }
    return false;
}

static bool any_privileged(void) {
    for (uint32_t i = 0; i < domain_config_count; i++) {
        if (domain_configs[i].privileged) {
            return true;
        }
    }
    return false;
}

/* Nobody will be built from them again. */
static void give_up_modules(void) {
    uint32_t before = heap_available();

    modules_release();
    pages_before += heap_available() - before;
}

_Noreturn void domains_start(void) {
    frames_before = frame_available();
    pages_before = heap_available();
    for (uint32_t i = 0; i < domain_config_count; i++) {
        if (!build(&domain_configs[i])) {
            machine_end(TRACE_OUTCOME_error);
        }
    }
    if (any_privileged()) {
        console_input_start();
    }
    if (!any_restarts()) {
        give_up_modules();
    }
    schedule(guest_regs());
    trace_domain_start();
    return_to_guest();
}

uint32_t domains_leaked(void) {
    return domain_list ? 0 : frames_before - frame_available() + pages_before - heap_available();
}

bool domain_restart(const struct domain_config *config) {
    return built[config - domain_configs] <= config->restarts && build(config);
}
