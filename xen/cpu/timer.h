/*
 * timer.h - time: the time-stamp counter, calibrated against the 8254 at boot, and the 8254's channel 0 as alarm.
 *
 * System time counts nanoseconds from the calibration. One one-shot alarm and one periodic alarm can be armed; both
 * share the channel. An alarm never fires early; a deadline in the past fires with the next interrupt.
 * Rules: timer_fired is called from the interrupt, with interrupts off, on whatever stack; it should note the fact
 * and return.
 * Callers: xen/domain (vcpu timers), boot.
 */
#ifndef XEN_CPU_TIMER_H
#define XEN_CPU_TIMER_H

#include <stdint.h>

/*
 * How to turn the TSC into nanoseconds, in the form of Xen's vcpu_time_info: ((tsc << shift, or >> -shift) * mul) >>
 * 32.
 */
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
/* Wall-clock time when system time was 0, from the CMOS clock read at boot: seconds since 1970, UTC. */
uint32_t timer_boot_seconds(void);

/* Arm the one-shot alarm for system time deadline_ns; 0 disarms it. Replaces what was armed. */
void timer_program(uint64_t deadline_ns);
/* Fire every period_ns from now on, without drift; 0 stops. Whoever passes a guest's wish on has set a lower bound. */
void timer_program_periodic(uint64_t period_ns);

#define TIMER_ONE_SHOT 1
#define TIMER_PERIODIC 2
/* Given by xen/domain: alarms (TIMER_* bits) that are due. Periods that passed unnoticed count once. */
void timer_fired(uint32_t which);

#endif
