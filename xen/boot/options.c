/*
 * options.c - see options.h.
 */
#include "xen/boot/options.h"

#include <stddef.h>

#include "shadow/geometry.h"
#include "trace/emit.h"
#include "xen/boot/domain_words.h"
#include "xen/boot/words.h"
#include "xen/lib/panic.h"
#include "xen/lib/printk.h"
#include "xen/lib/string.h"

#define WORD_BYTES 256
#define CLASSES_ALL 0x1ffu

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

static void set_memory(const char *key, char *value) {
    boot_options.memory_mib = word_number(key, value, DOMAIN_MEMORY_MIN, DOMAIN_MEMORY_MAX);
}

static void set_mode(const char *key, char *value) {
    boot_options.mode = word_name(key, value, mode_names);
}

static void set_scatter(const char *key, char *value) {
    boot_options.scatter = strcmp(value, "off");
    if (boot_options.scatter && !word_digits(value, &boot_options.scatter_seed)) {
        word_refuse(key, value, "off or a number (the seed)");
    }
}

static void set_trace(const char *key, char *value) {
    boot_options.trace = word_name(key, value, traces);
}

static void set_classes(const char *key, char *value) {
    boot_options.trace_classes = TRACE_CLASS_always;
    while (value) {
        char *comma = strchr(value, ',');
        if (comma) {
            *comma++ = 0;
        }
        boot_options.trace_classes |= word_name(key, value, classes);
        value = comma;
    }
}

static void set_audit(const char *key, char *value) {
    boot_options.audit = word_name(key, value, audits);
}

static void set_pool(const char *key, char *value) {
    boot_options.pool_frames = word_number(key, value, DOMAIN_POOL_MIN, DOMAIN_POOL_MAX);
}

static void set_console(const char *key, char *value) {
    boot_options.console = word_name(key, value, consoles);
}

static void set_timer(const char *key, char *value) {
    boot_options.timer_hz = word_number(key, value, 1, 1000);
}

static void set_phase(const char *key, char *value) {
    boot_options.phase_us = word_number(key, value, 0, 1000000);
}

static void set_selftest(const char *key, char *value) {
    boot_options.selftest = word_name(key, value, selftests);
}

static const struct {
    const char *key;
    void (*set)(const char *key, char *value);
} options[] = {
    { "mem", set_memory },     { "mode", set_mode },       { "scatter", set_scatter }, { "trace", set_trace },
    { "classes", set_classes }, { "audit", set_audit },    { "pool", set_pool },       { "console", set_console },
    { "timer", set_timer },    { "phase", set_phase },     { "selftest", set_selftest }, { "domain", domain_words_parse },
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
    domain_words_finish();
}
