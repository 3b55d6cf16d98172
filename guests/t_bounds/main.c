/*
 * t_bounds - nothing that a guest asks for keeps the hypervisor busy for long: no hypercall, fault or timer takes more
 * instructions than a bound, however unkind its arguments and however the memory behind it is mapped.
 *
 * Periods that wrap around system time (Xen's XSA-20); one frame mapped writable by tens of thousands of entries, whose
 * tables then go; frames given back or exchanged, each of which may be searched for in every shadow page: ticks come in
 * between. The time-stamp counter counts instructions in Bochs. Expected outcome: success.
 */
#include <stddef.h>

#include <xen/errno.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/clock.h"
#include "guests/lib/console.h"
#include "guests/lib/events.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/tables.h"
#include "guests/lib/traps.h"

#define BOUND 2000000u           /* instructions: half a second at the speed that Bochs is told */
#define TABLES 32u
#define AREA 0x10000000u         /* what TABLES L1 tables map */
#define ENTRIES 1024u

#define GIVEN_BACK 64u

static uint64_t longest;
static volatile uint32_t ticks;

static void on_tick(uint32_t port) {
    (void)port;
    ticks++;
}

static void measure_begin(uint64_t *start) {
    *start = clock_tsc();
}

static void measure_end(uint64_t start) {
    uint64_t took = clock_tsc() - start;

    longest = took > longest ? took : longest;
}

static void report(const char *what) {
    print("%s: at most %u instructions at a time\n", what, (uint32_t)longest);
    check(longest < BOUND);
    longest = 0;
}

/* A period that is refused, or at least does not make the timer run in circles. */
static void check_period(uint64_t period) {
    struct vcpu_set_periodic_timer set = { .period_ns = period };
    uint64_t start;

    measure_begin(&start);
    check_equal(hypercall_vcpu_op(VCPUOP_set_periodic_timer, 0, &set), -XEN_EINVAL);
    for (uint32_t i = 0; i < 1000; i++)
        __asm__ volatile("pause");
    measure_end(start);
}

static void check_periods(void) {
    check_group("periods");
    check_period(UINT64_MAX);
    check_period(UINT64_MAX - 1000);
    check_period(0ull - (clock_ns() + 1000000));
    check_period(1ull << 63);
    check_equal(hypercall_vcpu_op(VCPUOP_stop_periodic_timer, 0, NULL), 0);
    report("periods");
}

/* Everything the guest can be made to wait for in one access: the first touch of a page. */
static void touch(uint32_t linear) {
    uint64_t start;

    measure_begin(&start);
    *(volatile uint32_t *)linear = linear;
    measure_end(start);
}

static pte_t *map_many(pte_t *tables[TABLES], uint32_t pfn) {
    pte_t *directory = page_take(), entry = tables_make(pfn, PTE_P | PTE_W | PTE_A | PTE_D);

    for (uint32_t i = 0; i < ENTRIES; i++)
        directory[i] = tables_directory()[i];
    for (uint32_t t = 0; t < TABLES; t++) {
        tables[t] = page_take();
        for (uint32_t i = 0; i < ENTRIES; i++)
            tables[t][i] = entry;
        tables_close(tables[t]);
        directory[AREA / L2_SPAN + t] = tables_make(page_frame(tables[t]), PTE_P | PTE_W | PTE_A);
    }
    tables_close(directory);
    return directory;
}

static void extended(uint32_t command, const void *page) {
    struct mmuext_op operation = { .cmd = command, .arg1.mfn = boot_mfn_of(page_frame(page)) };
    uint64_t start;

    measure_begin(&start);
    check_equal(hypercall_mmuext_op(&operation, 1, NULL, DOMID_SELF), 0);
    measure_end(start);
}

static void check_one_frame_many_times(void) {
    static pte_t *tables[TABLES];
    void *page = page_take();
    pte_t *directory = map_many(tables, page_frame(page));

    check_group("one frame mapped by many entries");
    extended(MMUEXT_PIN_L2_TABLE, directory);
    extended(MMUEXT_NEW_BASEPTR, directory);
    for (uint32_t linear = AREA; linear < AREA + TABLES * L2_SPAN; linear += GUEST_PAGE_SIZE)
        touch(linear);
    report("mapping");
    for (uint32_t t = 0; t < TABLES; t++) {
        uint64_t start;

        measure_begin(&start);
        tables_set(&directory[AREA / L2_SPAN + t], 0);
        measure_end(start);
    }
    report("taking tables away");
    extended(MMUEXT_NEW_BASEPTR, tables_directory());
    extended(MMUEXT_UNPIN_TABLE, directory);
    report("the directory goes");
}

/* Ticks come in between, unless the whole hypercall is short: without shadow pages there is nothing to search. */
static void give_or_exchange(uint32_t operation, void *request, long answer) {
    uint64_t start = clock_tsc();
    uint32_t took;

    ticks = 0;
    check_equal(hypercall_memory_op(operation, request), answer);
    took = (uint32_t)(clock_tsc() - start);
    print("%u ticks in %u instructions, while %u frames went\n", ticks, took, GIVEN_BACK);
    check(ticks >= GIVEN_BACK / 2 || took < BOUND);
}

/* The same for frames exchanged. */
static void check_exchanging(unsigned long *frames) {
    static unsigned long others[GIVEN_BACK];
    struct xen_memory_exchange request = {
        .in = { .nr_extents = GIVEN_BACK, .domid = DOMID_SELF },
        .out = { .nr_extents = GIVEN_BACK, .domid = DOMID_SELF },
    };

    for (uint32_t i = 0; i < GIVEN_BACK; i++)
        frames[i] = boot_mfn_of(frame_take());
    set_xen_guest_handle(request.in.extent_start, frames);
    set_xen_guest_handle(request.out.extent_start, others);
    give_or_exchange(XENMEM_exchange, &request, 0);
}

/* Many frames given back in one hypercall while many shadow pages are full: the timer is not kept waiting. */
static void check_giving_back(void) {
    static pte_t *tables[TABLES];
    static unsigned long frames[GIVEN_BACK];
    struct vcpu_set_periodic_timer period = { .period_ns = 10000000 };
    struct xen_memory_reservation request = { .nr_extents = GIVEN_BACK, .domid = DOMID_SELF };
    void *page = page_take();
    pte_t *directory = map_many(tables, page_frame(page));

    check_group("giving frames back");
    check_equal(tables_load(directory), 0);
    for (uint32_t linear = AREA; linear < AREA + TABLES * L2_SPAN; linear += GUEST_PAGE_SIZE)
        (void)*(volatile uint32_t *)linear;
    for (uint32_t i = 0; i < GIVEN_BACK; i++)
        frames[i] = boot_mfn_of(frame_take());
    set_xen_guest_handle(request.extent_start, frames);
    event_bind_virq(VIRQ_TIMER, on_tick);
    check_equal(hypercall_vcpu_op(VCPUOP_set_periodic_timer, 0, &period), 0);
    events_enable();
    give_or_exchange(XENMEM_decrease_reservation, &request, GIVEN_BACK);
    check_exchanging(frames);
    events_disable();
    check_equal(tables_load(tables_directory()), 0);
}

_Noreturn void guest_main(void) {
    traps_install();
    check_periods();
    check_one_frame_many_times();
    check_giving_back();
    check_finish();
}
