/*
 * t_built - a small domain for others to build (guests/t_control/child.c): it looks at what it was given, makes a page
 * table and uses it, speaks with domain 0, leaves a mark, and shuts down.
 *
 * Words: port=N, an event channel: send to it, and wait for the answer; nap=N, sleep so many ms; code=N, shut down with
 * this instead of powering off; writable=yes, go to writable mode first.
 * Expected outcome: success, also of one that the hypervisor has built.
 */
#include <stddef.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/clock.h"
#include "guests/lib/console.h"
#include "guests/lib/events.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/mode.h"
#include "guests/lib/outcome.h"
#include "guests/lib/probe.h"
#include "guests/lib/string.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"
#include "guests/t_built/mark.h"

#define PLACE 0x40000000u            /* nothing is there */
#define PAGES 8u
#define PATIENCE_NS 10000000000ull

static void check_start(void) {
    uint32_t wrong = 0;

    check_group("what it was given");
    check_equal(check_ring(), 1);
    check(shared_info->vcpu_info[0].evtchn_upcall_mask != 0);
    for (uint32_t pfn = 0; pfn < start_info->nr_pages; pfn++)
        wrong += boot_pfn_of(boot_mfn_of(pfn)) != pfn;
    check_equal(wrong, 0);
    check(clock_ns() > 0);
}

/* A table that is kept open in writable mode too: its entries are plain stores where those are allowed. */
static void set(volatile pte_t *entry, pte_t value) {
    if (mode_now() == PENUMBRA_MODE_direct)
        tables_set(entry, value);
    else
        *entry = value;
}

static void check_memory(void) {
    volatile pte_t *table = tables_install(PLACE);
    uint32_t word;

    check_group("its memory");
    for (uint32_t i = 0; i < PAGES; i++) {
        uint32_t *page = page_take(), linear = PLACE + i * GUEST_PAGE_SIZE;

        set(&table[i], tables_make(page_frame(page), PTE_P | PTE_W | PTE_A | PTE_D));
        check(probe_write(linear, BUILT_MARK + i));
        check_equal(*(volatile uint32_t *)page, BUILT_MARK + i);
        set(&table[i], 0);
        tables_flush_page(linear);
        check(!probe_read(linear, &word));
    }
}

/* The number 1.0 stays on the FPU's stack while others run, and while somebody looks at it. */
static void load_one(void) {
    __asm__ volatile("fld1");
}

static uint64_t take_one(void) {
    uint64_t value;

    __asm__ volatile("fstpl %0" : "=m"(value));
    return value;
}

/* The answer is polled for, never delivered. */
static void speak(uint32_t port) {
    evtchn_port_t ports[1] = { port };
    struct sched_poll poll = { .nr_ports = 1, .timeout = clock_ns() + PATIENCE_NS };

    check_group("its channel");
    set_xen_guest_handle(poll.ports, ports);
    load_one();
    check_equal(event_send(port), 0);
    check_equal(hypercall_sched_op(SCHEDOP_poll, &poll), 0);
    check(shared_info->evtchn_pending[port / 32] >> port % 32 & 1);
    check(take_one() == 0x3ff0000000000000ull);
}

static void nap(uint32_t ms) {
    struct sched_poll poll = { .timeout = clock_ns() + ms * 1000000ull };

    hypercall_sched_op(SCHEDOP_poll, &poll);
}

static void leave_mark(void) {
    volatile uint32_t *words = (volatile uint32_t *)GUEST_VIRT_BASE;

    words[BUILT_WORD_MODE] = mode_now();
    words[BUILT_WORD_MARK] = BUILT_MARK;
}

_Noreturn void guest_main(void) {
    uint32_t port = boot_number("port", 0), code = boot_number("code", SHUTDOWN_poweroff);
    char word[4];

    traps_install();
    probe_start();
    if (boot_option("writable", word, sizeof(word)))
        check_equal(mode_switch(PENUMBRA_MODE_writable), 0);
    print("a domain of %u frames, in %s mode\n", (uint32_t)start_info->nr_pages, mode_name(mode_now()));
    check_start();
    check_memory();
    if (port != 0)
        speak(port);
    nap(boot_number("nap", 0));
    leave_mark();
    if (code == SHUTDOWN_poweroff || !checks_hold())
        check_finish();
    print("shuts down with code %u\n", code);
    shutdown(code);
}
