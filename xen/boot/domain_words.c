/*
 * domain_words.c - see domain_words.h.
 */
#include "xen/boot/domain_words.h"

#include <stddef.h>

#include "shadow/geometry.h"
#include "shadow/shadow.h"
#include "trace/emit.h"
#include "xen/boot/modules.h"
#include "xen/boot/options.h"
#include "xen/lib/panic.h"
#include "xen/lib/printk.h"
#include "xen/lib/string.h"

#define WEIGHT_DEFAULT 256
#define WEIGHT_MAX 65535
#define CAP_MAX 100
#define VCPUS_MAX 8
#define RESTARTS_MAX 100000
#define HOP_MS_MAX 1000000
/* frames of a shadow pool when none was asked for */
#define POOL_SMALLEST 512
#define POOL_LARGEST 2048
#define KEY_BYTES 48
#define NOT_SAID UINT32_MAX

struct domain_config domain_configs[DOMAIN_CONFIGS_MAX];
uint32_t domain_config_count;

const struct name mode_names[] = {
    { "shadow", TRACE_MODE_shadow }, { "writable", TRACE_MODE_writable }, { "direct", TRACE_MODE_direct },
    { "trusted", TRACE_MODE_trusted }, { NULL, 0 },
};
/* Those that a domain can leave again. */
static const struct name hop_names[] = {
    { "shadow", 1u << TRACE_MODE_shadow }, { "writable", 1u << TRACE_MODE_writable },
    { "direct", 1u << TRACE_MODE_direct }, { NULL, 0 },
};
/* What is done about stores to page tables: policies of writable mode and of shadow mode in one list; emulate is both. */
#define POLICY_DISCONNECT 0x100
static const struct name policy_names[] = {
    { "disconnect", POLICY_DISCONNECT }, { "emulate", SHADOW_EMULATE }, { "oos", SHADOW_OOS }, { "brute", SHADOW_BRUTE },
    { "announce", SHADOW_ANNOUNCE }, { NULL, 0 },
};
static const struct name yes_names[] = { { "no", false }, { "yes", true }, { NULL, 0 } };

static void set_ramdisk(struct domain_config *config, const char *key, char *value) {
    config->ramdisk = word_number(key, value, 1, MODULES_MAX);
}

static void set_memory(struct domain_config *config, const char *key, char *value) {
    config->memory_mib = word_number(key, value, DOMAIN_MEMORY_MIN, DOMAIN_MEMORY_MAX);
}

static void set_mode(struct domain_config *config, const char *key, char *value) {
    config->mode = word_name(key, value, mode_names);
}

static void set_policy(struct domain_config *config, const char *key, char *value) {
    uint32_t policy = word_name(key, value, policy_names);

    config->emulate = policy == SHADOW_EMULATE;
    if (policy != POLICY_DISCONNECT) {
        config->shadow_policy = policy;
    }
}

static void set_switch(struct domain_config *config, const char *key, char *value, uint32_t bit) {
    config->shadow_switches = word_name(key, value, yes_names) ? config->shadow_switches | bit
                                                               : config->shadow_switches & ~bit;
}

static void set_prefetch(struct domain_config *config, const char *key, char *value) {
    set_switch(config, key, value, SHADOW_SWITCH_PREFETCH);
}

static void set_root_cache(struct domain_config *config, const char *key, char *value) {
    set_switch(config, key, value, SHADOW_SWITCH_ROOT_CACHE);
}

static void set_flood(struct domain_config *config, const char *key, char *value) {
    set_switch(config, key, value, SHADOW_SWITCH_FLOOD);
}

static void set_global(struct domain_config *config, const char *key, char *value) {
    set_switch(config, key, value, SHADOW_SWITCH_GLOBAL);
}

static void set_superpages(struct domain_config *config, const char *key, char *value) {
    set_switch(config, key, value, SHADOW_SWITCH_SUPERPAGES);
}

static void set_weight(struct domain_config *config, const char *key, char *value) {
    config->weight = word_number(key, value, 1, WEIGHT_MAX);
}

static void set_cap(struct domain_config *config, const char *key, char *value) {
    config->cap = word_number(key, value, 0, CAP_MAX);
}

static void set_vcpus(struct domain_config *config, const char *key, char *value) {
    config->vcpus = word_number(key, value, 1, VCPUS_MAX);
}

static void set_pool(struct domain_config *config, const char *key, char *value) {
    config->pool_frames = word_number(key, value, DOMAIN_POOL_MIN, DOMAIN_POOL_MAX);
}

static void set_privileged(struct domain_config *config, const char *key, char *value) {
    config->privileged = word_name(key, value, yes_names);
}

static void set_translated(struct domain_config *config, const char *key, char *value) {
    config->translated = word_name(key, value, yes_names);
}

static void set_restarts(struct domain_config *config, const char *key, char *value) {
    config->restarts = word_number(key, value, 0, RESTARTS_MAX);
}

static void set_hop(struct domain_config *config, const char *key, char *value) {
    config->hop_ms = word_number(key, value, 0, HOP_MS_MAX);
}

/* Names with + between them. */
static void set_modes(struct domain_config *config, const char *key, char *value) {
    config->hop_modes = 0;
    while (value) {
        char *plus = strchr(value, '+');

        if (plus) {
            *plus++ = 0;
        }
        config->hop_modes |= word_name(key, value, hop_names);
        value = plus;
    }
}

static const struct {
    const char *key;
    void (*set)(struct domain_config *config, const char *key, char *value);
} parts[] = {
    { "ramdisk", set_ramdisk }, { "mem", set_memory }, { "mode", set_mode }, { "policy", set_policy },
    { "weight", set_weight }, { "cap", set_cap }, { "vcpus", set_vcpus }, { "pool", set_pool },
    { "privileged", set_privileged }, { "translated", set_translated }, { "restarts", set_restarts },
    { "hop", set_hop }, { "modes", set_modes },
    { "prefetch", set_prefetch }, { "root_cache", set_root_cache }, { "flood", set_flood },
    { "global", set_global },
    { "superpages", set_superpages },
};
#define PARTS (sizeof(parts) / sizeof(parts[0]))

static void parse_part(struct domain_config *config, char *part) {
    char allowed[ALLOWED_BYTES], key[KEY_BYTES], *value = strchr(part, '=');
    uint32_t length = 0;

    if (value) {
        *value++ = 0;
        for (uint32_t i = 0; i < PARTS; i++) {
            if (!strcmp(parts[i].key, part)) {
                print_to(key, sizeof(key), "domain=%u,..,%s", config->kernel, part);
                parts[i].set(config, key, value);
                return;
            }
        }
    }
    for (uint32_t i = 0; i < PARTS; i++) {
        length += print_to(allowed + length, sizeof(allowed) - length, "%s%s=", i ? ", " : "", parts[i].key);
    }
    panic("boot option domain=%u,..,'%s' is unknown: allowed are %s", config->kernel, part, allowed);
}

void domain_words_parse(const char *key, char *value) {
    if (domain_config_count == DOMAIN_CONFIGS_MAX) {
        panic("boot option domain=: more than %u domains", DOMAIN_CONFIGS_MAX);
    }
    struct domain_config *config = &domain_configs[domain_config_count++];
    char *rest = strchr(value, ',');

    *config = (struct domain_config){
        .memory_mib = NOT_SAID, .mode = NOT_SAID, .weight = WEIGHT_DEFAULT, .vcpus = 1,
        .shadow_policy = DOMAIN_SHADOW_POLICY, .shadow_switches = DOMAIN_SHADOW_SWITCHES,
        .hop_modes = 1u << TRACE_MODE_shadow | 1u << TRACE_MODE_writable | 1u << TRACE_MODE_direct,
    };
    if (rest) {
        *rest++ = 0;
    }
    config->kernel = word_number(key, value, 1, MODULES_MAX);
    while (rest) {
        char *part = rest;

        rest = strchr(part, ',');
        if (rest) {
            *rest++ = 0;
        }
        parse_part(config, part);
    }
}

/*
 * The pool that suits the memory when none was asked for. All lie in the hypervisor's part of memory: together they are
 * not larger than the largest alone.
 */
static uint32_t default_pool(uint32_t memory_mib) {
    uint32_t frames = (memory_mib << (20 - PAGE_SHIFT)) / 16, share = POOL_LARGEST / domain_config_count;

    frames = frames < POOL_SMALLEST ? POOL_SMALLEST : frames;
    return frames < share ? frames : share;
}

static void fill_in(struct domain_config *config) {
    if (config->memory_mib == NOT_SAID) {
        config->memory_mib = boot_options.memory_mib;
    }
    if (config->mode == NOT_SAID) {
        config->mode = boot_options.mode;
    }
    if (config->pool_frames == 0) {
        config->pool_frames = boot_options.pool_frames != 0 ? boot_options.pool_frames
                                                            : default_pool(config->memory_mib);
    }
}

void domain_words_finish(void) {
    uint32_t privileged = 0;

    if (domain_config_count == 0) {
        char kernel[] = "1";

        domain_words_parse("domain", kernel);
        domain_configs[0].ramdisk = modules_count() >= 2 ? 2 : 0;
    }
    for (uint32_t i = 0; i < domain_config_count; i++) {
        fill_in(&domain_configs[i]);
        privileged += domain_configs[i].privileged;
    }
    if (privileged > 1) {
        panic("boot option domain=: %u domains are privileged: allowed is one", privileged);
    }
}

uint32_t domains_memory_mib(void) {
    uint32_t sum = 0;

    for (uint32_t i = 0; i < domain_config_count; i++) {
        sum += domain_configs[i].memory_mib;
    }
    return sum;
}
