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

/* What has been done with a configuration. */
static struct {
    uint32_t built;             /* times */
    uint32_t frames, pages;     /* free before it was built last */
} history[DOMAIN_CONFIGS_MAX];

static void print_problem(const struct image_problem *problem) {
    printk("Penumbra: cannot build the domain: %s", problem->text);
    if (problem->where != IMAGE_NO_NUMBER) {
        printk(" %u (0x%x)", problem->where, problem->where);
    }
    printk("\n");
}

/* The number of the next domain. */
static uint32_t next_id(const struct domain_config *config) {
    static uint32_t next = DOMAIN_FIRST_ID;

    return config->privileged ? 0 : next++;
}

static bool build(const struct domain_config *config) {
    uint32_t index = (uint32_t)(config - domain_configs);
    struct image_problem problem;

    history[index].built++;
    history[index].frames = frame_available();
    history[index].pages = heap_available();
    struct domain *domain = domain_build(config, next_id(config), &problem);

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

_Noreturn void domains_start(void) {
    for (uint32_t i = 0; i < domain_config_count; i++) {
        if (!build(&domain_configs[i])) {
            machine_end(TRACE_OUTCOME_error);
        }
    }
    if (any_privileged()) {
        console_input_start();
    }
    if (!any_restarts()) {
        modules_release();
    }
    schedule(guest_regs());
    return_to_guest();
}

/* The only domain is gone: what was free before it must be free again, unless the modules were given back meanwhile. */
static uint32_t count_leaks(uint32_t index) {
    if (domain_list || !any_restarts()) {
        return 0;
    }
    return history[index].frames - frame_available() + history[index].pages - heap_available();
}

bool domain_restart(const struct domain_config *config, uint32_t *leaked) {
    uint32_t index = (uint32_t)(config - domain_configs);

    *leaked = count_leaks(index);
    return history[index].built <= config->restarts && build(config);
}
