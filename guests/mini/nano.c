/* nano.c - see nano.h. */
#include "guests/mini/nano.h"

#include <stddef.h>

#include "guests/lib/events.h"
#include "guests/mini/flush.h"
#include "guests/mini/kernel_traps.h"
#include "guests/mini/machine.h"
#include "guests/mini/mm.h"
#include "guests/mini/process.h"
#include "guests/mini/system_calls.h"

#define A_PORT 0x80                  /* the POST code's, which nobody minds being read */
#define NEVER_MAPPED 8u

static void read_port(uint32_t times) {
    uint8_t value;

    machine->open_ports();
    for (uint32_t i = 0; i < times; i++)
        __asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"((uint16_t)A_PORT));
}

static void mask_events(uint32_t times) {
    for (uint32_t i = 0; i < times; i++) {
        events_disable();
        events_enable();
    }
    events_disable();
}

static __attribute__((noinline)) void return_at_once(void) {
    __asm__ volatile("");
}

static void call_and_return(uint32_t times) {
    for (uint32_t i = 0; i < times; i++)
        return_at_once();
}

static void fault(uint32_t times) {
    uint32_t value;

    __asm__ volatile("movl $1f, %0\n movl $2f, %1" : "=m"(kernel_expected.at), "=m"(kernel_expected.behind));
    for (uint32_t i = 0; i < times; i++)
        __asm__ volatile("1: movl (%1), %0\n2:" : "=r"(value) : "r"(NEVER_MAPPED));
}

static void divide_by_zero(uint32_t times) {
    uint32_t low, high;

    __asm__ volatile("movl $3f, %0\n movl $4f, %1" : "=m"(kernel_expected.at), "=m"(kernel_expected.behind));
    for (uint32_t i = 0; i < times; i++)
        __asm__ volatile("3: divl %4\n4:" : "=a"(low), "=d"(high) : "a"(1), "d"(0), "r"(0));
}

/* Without and with write permission in turn, and at last as it was. */
static void modify_entry(uint32_t times, uint32_t linear, pte_t *entry) {
    pte_t was = *entry;

    for (uint32_t i = 0; i < times; i++)
        machine->mmu->write_loaded(linear, entry, i % 2 == 0 ? was & ~PTE_W : was | PTE_W);
    machine->mmu->write_loaded(linear, entry, was);
    flush_tlb_page(mm_active(), linear);
}

int32_t nano(uint32_t which, uint32_t times, uint32_t linear) {
    pte_t *entry = which == NANO_ptemod && linear < USER_END ? mm_find_entry(mm_active(), linear) : NULL;

    if (which >= NANO_COUNT || (which == NANO_ptemod && (entry == NULL || (*entry & PTE_P) == 0)))
        return -ERROR_invalid;
    machine->pause_clock(true);
    if (which == NANO_in)
        read_port(times);
    else if (which == NANO_mask)
        mask_events(times);
    else if (which == NANO_callret)
        call_and_return(times);
    else if (which == NANO_pgfault)
        fault(times);
    else if (which == NANO_divzero)
        divide_by_zero(times);
    else
        modify_entry(times, linear, entry);
    kernel_expected = (struct expected_trap){ 0 };
    machine->pause_clock(false);
    return 0;
}
