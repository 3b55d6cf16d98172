/*
 * options.h - the hypervisor's boot line: words key=value, separated by spaces. An unknown word or value is a panic
 * that names it and what is allowed.
 */
#ifndef XEN_BOOT_OPTIONS_H
#define XEN_BOOT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

enum option_trace { OPTION_TRACE_OFF, OPTION_TRACE_RING, OPTION_TRACE_AGENT };
enum option_audit { OPTION_AUDIT_OFF, OPTION_AUDIT_CHEAP, OPTION_AUDIT_FULL };
enum option_console { OPTION_CONSOLE_AUTO, OPTION_CONSOLE_E9, OPTION_CONSOLE_COM1, OPTION_CONSOLE_BOTH };
enum option_selftest {
    OPTION_SELFTEST_NONE,
    OPTION_SELFTEST_PANIC,
    OPTION_SELFTEST_ASSERT,
    OPTION_SELFTEST_FAULT,
    OPTION_SELFTEST_STACK,
};

#define DOMAIN_CONFIGS_MAX 16
#define DOMAIN_MEMORY_MIN 8          /* MiB */
#define DOMAIN_MEMORY_MAX 1024
#define DOMAIN_POOL_MIN 16           /* frames */
#define DOMAIN_POOL_MAX 4096
#define DOMAIN_SHADOW_POLICY SHADOW_OOS /* unless it is said otherwise: the one that costs least */
#define DOMAIN_SHADOW_SWITCHES (SHADOW_SWITCHES_DEFAULT | SHADOW_SWITCH_GLOBAL)

/* What one domain is built from and how it runs. Modules are counted from 1; 0: none. */
struct domain_config {
    uint32_t kernel, ramdisk;        /* modules; the kernel's command line is the module's */
    uint32_t memory_mib;
    uint32_t mode;                   /* enum trace_mode */
    bool emulate;                    /* policy of writable mode: emulate single writes instead of disconnecting */
    uint32_t shadow_policy;          /* policy of shadow mode: enum shadow_policy */
    uint32_t shadow_switches;        /* bits SHADOW_SWITCH_* */
    uint32_t weight, cap;            /* of the scheduler: weight 1..65535, default 256; cap in percent, 0: none */
    uint32_t vcpus;
    uint32_t pool_frames;            /* the shadow pool */
    bool privileged;
    bool translated;                 /* xen/domain/physmap.h */
    uint32_t restarts;               /* how often it is built again when it reboots or crashes */
    uint32_t hop_ms, hop_modes;      /* change the mode every so many ms (0: never), round these (bits 1 << enum trace_mode) */
};

struct boot_options {
    uint32_t memory_mib;             /* mem=8..1024: memory of a domain whose domain= does not say; default 64 */
    uint32_t mode;                   /* mode=shadow|writable|direct|trusted: enum trace_mode */
    bool scatter;                    /* scatter=off|SEED: default off */
    uint32_t scatter_seed;
    enum option_trace trace;         /* trace=off|ring|agent: default off */
    uint32_t trace_classes;          /* classes=all|NAME,...: bits of enum trace_class; always is in it */
    enum option_audit audit;         /* audit=off|cheap|full: default cheap */
    uint32_t pool_frames;            /* pool=16..4096: a shadow pool; 0: as its domain's memory wants it */
    enum option_console console;     /* console=e9|com1|both: default e9 when its port answers, else com1 */
    uint32_t timer_hz;               /* timer=1..1000: the guest's periodic timer; default 100 */
    uint32_t phase_us;               /* phase=0..1000000: the first tick of each periodic timer comes so much later; default 0 */
    enum option_selftest selftest;   /* selftest=panic|assert|fault|stack: break on purpose at the end of boot */
};

/* Parsed at boot, then constant. */
extern struct boot_options boot_options;
/* The domains to build, in order; at least one. */
extern struct domain_config domain_configs[DOMAIN_CONFIGS_MAX];
extern uint32_t domain_config_count;
/* The memory of all of them. */
uint32_t domains_memory_mib(void);

/* Boot: parse the line (NUL-terminated). Panics on the first word it does not know. */
void options_parse(const char *line);

#endif
