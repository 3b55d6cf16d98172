/*
 * clock.c - an LTTng-UST clock that counts simulated instructions, and a processor number that is always 0.
 *
 * Purpose: every process of a run (session daemon, consumer, Bochs) loads this library (LTTNG_UST_CLOCK_PLUGIN,
 * LTTNG_UST_GETCPU_PLUGIN) and reads one page, the file that PENUMBRA_CLOCK names; the agent alone writes it, whenever Bochs's
 * LTTng asks it for the time. With separate clocks
 * the consumer would close packets with times before their beginning. One processor number puts all events into one stream, so
 * that events of the same instruction keep their order.
 * Rules: a page that cannot be had ends the process with status 2 and a message; a clock that stands still would be a trace
 * without time.
 * Source: lttng-ust(3), "LTTNG_UST_CLOCK_PLUGIN"; <lttng/ust-clock.h>, <lttng/ust-getcpu.h>.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <lttng/ust-clock.h>
#include <lttng/ust-getcpu.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE_BYTES 4096u
/* An instruction is shown as a nanosecond: it keeps every digit in a reader that converts to nanoseconds. */
#define TICKS_PER_SECOND 1000000000u

/* The functions that LTTng-UST looks up. */
void lttng_ust_clock_plugin_init(void);
void lttng_ust_getcpu_plugin_init(void);

static const volatile uint64_t *instructions;
static uint64_t (*agents_clock)(void); /* in Bochs, where the agent keeps the time; null elsewhere */

static uint64_t read_clock(void) {
    return agents_clock ? agents_clock() : *instructions;
}

static uint64_t frequency(void) {
    return TICKS_PER_SECOND;
}

static int uuid(char *to) {
    memcpy(to, "70656e75-6d62-4261-8000-000000000001", LTTNG_UST_UUID_STR_LEN);
    return 0;
}

static const char *name(void) {
    return "instructions";
}

static const char *description(void) {
    return "simulated instructions since reset";
}

static int first_processor(void) {
    return 0;
}

static _Noreturn void give_up(const char *path, const char *why) {
    fprintf(stderr, "clock: PENUMBRA_CLOCK=%s: %s\n", path ? path : "", why);
    _exit(2);
}

static const volatile uint64_t *map_page(const char *path) {
    struct stat status;
    void *page;
    int file;

    if (!path)
        give_up(path, "not set; it must name the page of the run's clock");
    file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        give_up(path, strerror(errno));
    if (fstat(file, &status) || status.st_size < (off_t)PAGE_BYTES)
        give_up(path, "shorter than a page");
    page = mmap(NULL, PAGE_BYTES, PROT_READ, MAP_SHARED, file, 0);
    if (page == MAP_FAILED)
        give_up(path, strerror(errno));
    close(file);
    return page;
}

void lttng_ust_clock_plugin_init(void) {
    instructions = map_page(getenv("PENUMBRA_CLOCK"));
    *(void **)&agents_clock = dlsym(RTLD_DEFAULT, "penumbra_clock");
    if (lttng_ust_trace_clock_set_read64_cb(read_clock) || lttng_ust_trace_clock_set_freq_cb(frequency) ||
        lttng_ust_trace_clock_set_uuid_cb(uuid) || lttng_ust_trace_clock_set_name_cb(name) ||
        lttng_ust_trace_clock_set_description_cb(description) || lttng_ust_enable_trace_clock_override())
        give_up(getenv("PENUMBRA_CLOCK"), "LTTng-UST does not take the clock");
}

void lttng_ust_getcpu_plugin_init(void) {
    if (lttng_ust_getcpu_override(first_processor))
        give_up(getenv("PENUMBRA_CLOCK"), "LTTng-UST does not take the processor number");
}
