/*
 * options.c - see options.h.
 */
#include "xen/boot/options.h"

#include <stddef.h>

#include "shadow/geometry.h"
#include "trace/emit.h"
#include "xen/lib/panic.h"
#include "xen/lib/printk.h"
#include "xen/lib/string.h"

#define WORD_BYTES 256
#define ALLOWED_BYTES 120
#define CLASSES_ALL 0x1ffu

struct name {
    const char *text;
    uint32_t value;
};

static const struct name modes[] = {
    { "shadow", TRACE_MODE_shadow }, { "writable", TRACE_MODE_writable }, { "direct", TRACE_MODE_direct },
    { "trusted", TRACE_MODE_trusted }, { NULL, 0 },
};
static const struct name traces[] = {
    { "off", OPTION_TRACE_OFF }, { "ring", OPTION_TRACE_RING }, { "agent", OPTION_TRACE_AGENT }, { NULL, 0 },
};
static const struct name audits[] = {
    { "off", OPTION_AUDIT_OFF }, { "cheap", OPTION_AUDIT_CHEAP }, { "full", OPTION_AUDIT_FULL }, { NULL, 0 },
};
static const struct name consoles[] = {
    { "e9", OPTION_CONSOLE_E9 }, { "com1", OPTION_CONSOLE_COM1 }, { "both", OPTION_CONSOLE_BOTH }, { NULL, 0 },
};
static const struct name selftests[] = {
    { "panic", OPTION_SELFTEST_PANIC }, { "assert", OPTION_SELFTEST_ASSERT }, { "fault", OPTION_SELFTEST_FAULT },
    { "stack", OPTION_SELFTEST_STACK }, { NULL, 0 },
};
static const struct name classes[] = {
    { "all", CLASSES_ALL },
    { "marker", TRACE_CLASS_marker },
    { "hypercall", TRACE_CLASS_hypercall },
    { "fault", TRACE_CLASS_fault },
    { "shadow", TRACE_CLASS_shadow },
    { "flush", TRACE_CLASS_flush },
    { "audit", TRACE_CLASS_audit },
    { "mmu", TRACE_CLASS_mmu },
    { "sched", TRACE_CLASS_sched },
    { "always", TRACE_CLASS_always },
    { NULL, 0 },
};

struct boot_options boot_options = {
    .memory_mib = 64,
    .mode = TRACE_MODE_shadow,
    .trace_classes = CLASSES_ALL,
    .audit = OPTION_AUDIT_CHEAP,
    .timer_hz = 100,
};

struct domain_config domain_configs[DOMAIN_CONFIGS_MAX];
uint32_t domain_config_count;

static _Noreturn void refuse(const char *key, const char *value, const char *allowed) {
    panic("boot option %s=%s: allowed is %s", key, value, allowed);
}

static _Noreturn void refuse_name(const char *key, const char *value, const struct name *names) {
    char allowed[ALLOWED_BYTES];
    uint32_t length = 0;
    for (; names->text; names++) {
        length += print_to(allowed + length, sizeof(allowed) - length, "%s%s", length ? ", " : "", names->text);
    }
    refuse(key, value, allowed);
}

static bool find_name(const struct name *names, const char *value, uint32_t *found) {
    for (; names->text; names++) {
        if (!strcmp(names->text, value)) {
            *found = names->value;
            return true;
        }
    }
    return false;
}

static uint32_t parse_name(const char *key, const char *value, const struct name *names) {
    uint32_t found;
    if (!find_name(names, value, &found)) {
        refuse_name(key, value, names);
    }
    return found;
}

/* A decimal number, all of value. */
static bool parse_digits(const char *value, uint32_t *number) {
    uint64_t sum = 0;
    for (const char *at = value; *at; at++) {
        if (*at < '0' || *at > '9' || (sum = sum * 10 + (uint32_t)(*at - '0')) > UINT32_MAX) {
            return false;
        }
    }
    *number = (uint32_t)sum;
    return *value;
}

static uint32_t parse_number(const char *key, const char *value, uint32_t least, uint32_t most) {
    char allowed[ALLOWED_BYTES];
    uint32_t number;
    if (!parse_digits(value, &number) || number < least || number > most) {
        print_to(allowed, sizeof(allowed), "a number from %u to %u", least, most);
        refuse(key, value, allowed);
    }
    return number;
}

static void set_memory(const char *key, char *value) {
    boot_options.memory_mib = parse_number(key, value, 8, 512);
}

static void set_mode(const char *key, char *value) {
    boot_options.mode = parse_name(key, value, modes);
}

static void set_scatter(const char *key, char *value) {
    boot_options.scatter = strcmp(value, "off");
    if (boot_options.scatter && !parse_digits(value, &boot_options.scatter_seed)) {
        refuse(key, value, "off or a number (the seed)");
    }
}

static void set_trace(const char *key, char *value) {
    boot_options.trace = parse_name(key, value, traces);
}

static void set_classes(const char *key, char *value) {
    boot_options.trace_classes = TRACE_CLASS_always;
    while (value) {
        char *comma = strchr(value, ',');
        if (comma) {
            *comma++ = 0;
        }
        boot_options.trace_classes |= parse_name(key, value, classes);
        value = comma;
    }
}

static void set_audit(const char *key, char *value) {
    boot_options.audit = parse_name(key, value, audits);
}

static void set_pool(const char *key, char *value) {
    boot_options.pool_frames = parse_number(key, value, 16, 4096);
}

static void set_console(const char *key, char *value) {
    boot_options.console = parse_name(key, value, consoles);
}

static void set_timer(const char *key, char *value) {
    boot_options.timer_hz = parse_number(key, value, 1, 1000);
}

static void set_selftest(const char *key, char *value) {
    boot_options.selftest = parse_name(key, value, selftests);
}

static const struct {
    const char *key;
    void (*set)(const char *key, char *value);
} options[] = {
    { "mem", set_memory },     { "mode", set_mode },       { "scatter", set_scatter }, { "trace", set_trace },
    { "classes", set_classes }, { "audit", set_audit },    { "pool", set_pool },       { "console", set_console },
    { "timer", set_timer },    { "selftest", set_selftest },
};
#define OPTIONS (sizeof(options) / sizeof(options[0]))

static void parse_word(char *word) {
    char *value = strchr(word, '=');
    if (value) {
        *value++ = 0;
        for (uint32_t i = 0; i < OPTIONS; i++) {
            if (!strcmp(options[i].key, word)) {
                options[i].set(word, value);
                return;
            }
        }
    }
    char allowed[ALLOWED_BYTES];
    uint32_t length = 0;
    for (uint32_t i = 0; i < OPTIONS; i++) {
        length += print_to(allowed + length, sizeof(allowed) - length, "%s%s=", i ? ", " : "", options[i].key);
    }
    panic("boot option '%s' is unknown: allowed are %s", word, allowed);
}

/* The pool that suits the memory when none was asked for. */
static uint32_t default_pool(uint32_t memory_mib) {
    uint32_t frames = (memory_mib << (20 - PAGE_SHIFT)) / 16;
    return frames < 512 ? 512 : frames > 2048 ? 2048 : frames;
}

void options_parse(const char *line) {
    char word[WORD_BYTES];
    while (*line) {
        uint32_t length = 0;
        while (line[length] && line[length] != ' ') {
            length++;
        }
        if (length >= sizeof(word)) {
            panic("boot option '%.32s...' is longer than %d characters", line, WORD_BYTES - 1);
        }
        if (length) {
            memcpy(word, line, length);
            word[length] = 0;
            parse_word(word);
        }
        line += length + (line[length] == ' ');
    }
    if (!boot_options.pool_frames) {
        boot_options.pool_frames = default_pool(boot_options.memory_mib);
    }
    domain_configs[0] = (struct domain_config){
        .kernel = 1, .ramdisk = 2, .memory_mib = boot_options.memory_mib, .mode = boot_options.mode, .weight = 256,
        .vcpus = 1, .pool_frames = boot_options.pool_frames,
    };
    domain_config_count = 1;
}
