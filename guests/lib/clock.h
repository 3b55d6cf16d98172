/*
 * clock.h - system time, from the time block that the hypervisor keeps in shared_info.
 *
 * Callers: guest kernels. Source: vcpu_time_info in xen/xen.h.
 */
#ifndef GUESTS_LIB_CLOCK_H
#define GUESTS_LIB_CLOCK_H

#include <stdint.h>

/* Nanoseconds since the hypervisor booted. */
uint64_t clock_ns(void);
/* What the time block of this vcpu makes of a reading of the time-stamp counter, in ns. */
uint64_t clock_of_vcpu(uint32_t vcpu, uint64_t tsc);
#define MILLISECOND 1000000ull
/* How far the time-stamp counter goes in so many nanoseconds, to one in a few thousand. */
uint32_t clock_ticks(uint32_t ns);
/* The time-stamp counter. */
static inline uint64_t clock_tsc(void) {
    uint64_t value;

    __asm__ volatile("rdtsc" : "=A"(value));
    return value;
}

#endif
