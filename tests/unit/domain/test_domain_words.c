/*
 * test_domain_words.c - what the boot line's words about domains become, and how each wrong one is named.
 *
 * xen/boot/options.c and its helpers run here as they are; a panic returns to the test. options_parse is called once
 * in a boot, so what it keeps is put back before each line.
 * Usage: test_domain_words
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "trace/emit.h"
#include "xen/boot/modules.h"
#include "xen/boot/options.h"
#include "xen/lib/panic.h"
#include "xen/lib/printk.h"

#define ALL_BUT_TRUSTED (1u << TRACE_MODE_shadow | 1u << TRACE_MODE_writable | 1u << TRACE_MODE_direct)

static struct boot_options fresh;
static jmp_buf panicked;
static char panic_text[512];
static uint32_t loaded;   /* modules */
static int failures;

#define CHECK(condition) \
    ((condition) ? (void)0 : (void)(failures++, printf("%s:%d: %s does not hold\n", __FILE__, __LINE__, #condition)))

/* --- the rest of the hypervisor --- */

void panic(const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(panic_text, sizeof(panic_text), format, arguments);
    va_end(arguments);
    longjmp(panicked, 1);
}

uint32_t print_to(char *buffer, uint32_t size, const char *format, ...) {
    va_list arguments;

    va_start(arguments, format);
    uint32_t length = (uint32_t)vsnprintf(buffer, size, format, arguments);

    va_end(arguments);
    CHECK(length < size); /* nothing is cut off */
    return length;
}

uint32_t modules_count(void) {
    return loaded;
}

/* --- what is asked --- */

/* Parse a line as a boot would; false: it panicked. */
static bool parse(const char *line, uint32_t modules) {
    boot_options = fresh;
    domain_config_count = 0;
    loaded = modules;
    if (setjmp(panicked)) {
        return false;
    }
    options_parse(line);
    return true;
}

static void check_refused(const char *line, const char *text) {
    if (parse(line, 4) || !strstr(panic_text, text)) {
        failures++;
        printf("'%s': wanted a panic with '%s', got '%s'\n", line, text, panic_text);
    }
}

static void test_short_form(void) {
    const struct domain_config *config = domain_configs;

    CHECK(parse("mem=128 mode=direct", 2));
    CHECK(domain_config_count == 1 && config->kernel == 1 && config->ramdisk == 2);
    CHECK(config->memory_mib == 128 && config->mode == TRACE_MODE_direct && config->pool_frames == 2048);
    CHECK(config->weight == 256 && config->cap == 0 && config->vcpus == 1 && !config->privileged && !config->emulate);
    CHECK(config->restarts == 0 && config->hop_ms == 0 && config->hop_modes == ALL_BUT_TRUSTED);
    CHECK(parse("pool=77", 1));
    CHECK(config->ramdisk == 0 && config->memory_mib == 64 && config->pool_frames == 77);
}

static void test_every_word(void) {
    const struct domain_config *config = domain_configs;

    CHECK(parse("domain=3,ramdisk=4,mem=8,mode=writable,policy=emulate,weight=65535,cap=100,vcpus=8,pool=4096,"
                "privileged=yes,translated=yes,restarts=7,hop=20,modes=writable+shadow mode=shadow", 4));
    CHECK(domain_config_count == 1 && config->kernel == 3 && config->ramdisk == 4 && config->memory_mib == 8);
    CHECK(config->mode == TRACE_MODE_writable && config->emulate && config->weight == 65535 && config->cap == 100);
    CHECK(config->vcpus == 8 && config->pool_frames == 4096 && config->privileged &&
          config->translated && config->restarts == 7);
    CHECK(config->hop_ms == 20 && config->hop_modes == (1u << TRACE_MODE_shadow | 1u << TRACE_MODE_writable));
}

/* What a word does not say comes from the line, wherever that stands. */
static void test_several(void) {
    CHECK(parse("domain=1,mem=16 mode=writable domain=1,ramdisk=2,mode=trusted mem=32", 4));
    CHECK(domain_config_count == 2);
    CHECK(domain_configs[0].memory_mib == 16 && domain_configs[0].mode == TRACE_MODE_writable);
    CHECK(domain_configs[1].memory_mib == 32 && domain_configs[1].mode == TRACE_MODE_trusted);
    CHECK(domain_configs[0].ramdisk == 0 && domain_configs[1].ramdisk == 2);
    CHECK(domains_memory_mib() == 48);
}

static void test_many(void) {
    char line[16 * 16 + 16] = "";

    for (uint32_t i = 0; i < DOMAIN_CONFIGS_MAX; i++) {
        strcat(line, "domain=1 ");
    }
    CHECK(parse(line, 1) && domain_config_count == DOMAIN_CONFIGS_MAX);
    CHECK(domain_configs[0].pool_frames * DOMAIN_CONFIGS_MAX == 2048); /* together as large as the largest alone */
    CHECK(parse("pool=300 domain=1 domain=1,pool=50", 1));
    CHECK(domain_configs[0].pool_frames == 300 && domain_configs[1].pool_frames == 50);
    strcat(line, "domain=1");
    check_refused(line, "more than 16 domains");
}

static void test_refusals(void) {
    check_refused("domain=", "domain=: allowed is a number from 1 to 32");
    check_refused("domain=0", "domain=0: allowed is a number from 1 to 32");
    check_refused("domain=33", "domain=33: allowed is a number from 1 to 32");
    check_refused("domain=mini", "domain=mini: allowed is a number from 1 to 32");
    check_refused("domain=2,ramdisk=0", "domain=2,..,ramdisk=0: allowed is a number from 1 to 32");
    check_refused("domain=1,mem=7", "domain=1,..,mem=7: allowed is a number from 8 to 1024");
    check_refused("domain=1,mem=1025", "mem=1025: allowed is a number from 8 to 1024");
    check_refused("domain=1,mode=fast", "mode=fast: allowed is shadow, writable, direct, trusted");
    check_refused("domain=1,policy=none", "policy=none: allowed is disconnect, emulate");
    check_refused("domain=1,weight=0", "weight=0: allowed is a number from 1 to 65535");
    check_refused("domain=1,weight=65536", "weight=65536: allowed is a number from 1 to 65535");
    check_refused("domain=1,cap=101", "cap=101: allowed is a number from 0 to 100");
    check_refused("domain=1,vcpus=0", "vcpus=0: allowed is a number from 1 to 8");
    check_refused("domain=1,vcpus=9", "vcpus=9: allowed is a number from 1 to 8");
    check_refused("domain=1,pool=15", "pool=15: allowed is a number from 16 to 4096");
    check_refused("domain=1,privileged=maybe", "privileged=maybe: allowed is no, yes");
    check_refused("domain=1,restarts=many", "restarts=many: allowed is a number from 0 to 100000");
    check_refused("domain=1,hop=1000001", "hop=1000001: allowed is a number from 0 to 1000000");
    check_refused("domain=1,modes=", "modes=: allowed is shadow, writable, direct");
    check_refused("domain=1,modes=shadow+trusted", "modes=trusted: allowed is shadow, writable, direct");
    check_refused("domain=1,colour=blue", "'colour' is unknown: allowed are ramdisk=, mem=, mode=, policy=, weight=, "
                  "cap=, vcpus=, pool=, privileged=, translated=, restarts=, hop=, modes=, prefetch=, root_cache=, flood=, global=, "
                  "superpages=");
    check_refused("domain=1,", "'' is unknown");
    check_refused("domain=1,privileged=yes domain=1,privileged=yes", "2 domains are privileged: allowed is one");
    check_refused("domains=1", "'domains' is unknown: allowed are mem=, mode=, ");
}

int main(void) {
    fresh = boot_options;
    test_short_form();
    test_every_word();
    test_several();
    test_many();
    test_refusals();
    return failures != 0;
}
