/*
 * timer.h - time: the time-stamp counter, calibrated against the 8254 at boot, and the 8254's channel 0 as alarm.
 *
 * System time counts nanoseconds from the calibration. Who wants to be called at a time uses timer_queue.h.
 * Callers: timer_queue.c, xen/domain (system time), boot.
 */
#ifndef XEN_CPU_TIMER_H
#define XEN_CPU_TIMER_H

#include <stdint.h>

/*
 * How to turn the TSC into nanoseconds, in the form of Xen's vcpu_time_info: ((tsc << shift, or >> -shift) * mul) >>
 * 32. mul is a multiple of 1 << TSC_MUL_ZEROS: so often the product is a whole number of ns (timer_whole_tsc).
 */
#define TSC_MUL_ZEROS 12
struct tsc_scale {
    uint32_t mul;
    int8_t shift;
};

/* Measured at boot. timer_tsc_origin: the TSC when system time was 0. */
extern struct tsc_scale timer_tsc_scale;
extern uint64_t timer_tsc_origin;
extern uint32_t timer_tsc_khz;

static inline uint64_t read_tsc(void) {
    uint64_t tsc;
    asm volatile("rdtsc" : "=A"(tsc));
    return tsc;
}

/* Boot: calibrate; takes about 10 ms of simulated time. */
void timer_init(void);

/* Nanoseconds since calibration. Never goes back. */
uint64_t system_time_ns(void);
/* The same for a given reading of the TSC at or after timer_tsc_origin. */
uint64_t system_time_of_tsc(uint64_t tsc);
/*
 * The last reading of the TSC, at or before tsc, at which system time is a whole number of ns. Who reckons from there
 * gets, for every later reading, what the hypervisor gets and what all others get who do so.
 */
uint64_t timer_whole_tsc(uint64_t tsc);
/* Wall-clock time when system time was 0, from the CMOS clock read at boot: seconds since 1970, UTC. */
uint32_t timer_boot_seconds(void);

/*
 * Let the alarm's interrupt come at system time deadline_ns or earlier; now: the time as of now. An alarm that is set
 * for an earlier time stands: it finds nothing due, and the caller sets the next one.
 */
void timer_program(uint64_t deadline_ns, uint64_t now);
/* The alarm's interrupt has come: none is set. */
void timer_passed(void);

#endif
