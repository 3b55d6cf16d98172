/*
 * timer_queue.h - timers: any number of deadlines over the one alarm of xen/cpu/timer.h.
 *
 * Rules: a timer never fires early. It fires from the timer interrupt, which comes only while a guest runs or the
 * processor idles: nothing of the hypervisor is half done then. Before its function is called the timer is off; the
 * function may start it again. Setting a timer takes time in proportion to the timers that are on.
 * Locking: the queue belongs to the one processor there is.
 * Callers: xen/domain (the timers of vcpus, the scheduler's tick).
 */
#ifndef XEN_CPU_TIMER_QUEUE_H
#define XEN_CPU_TIMER_QUEUE_H

#include <stdbool.h>
#include <stdint.h>

struct timer {
    void (*fire)(struct timer *timer, uint64_t now);
    void *owner;           /* the function's */
    uint64_t deadline;     /* system time */
    struct timer *next;
    bool on;
};

/* Make a timer that is off. */
static inline void timer_make(struct timer *timer, void (*fire)(struct timer *, uint64_t), void *owner) {
    *timer = (struct timer){ .fire = fire, .owner = owner };
}

/* Let timer fire at system time deadline, or with the next interrupt when that is past; replaces an earlier wish. */
void timer_start(struct timer *timer, uint64_t deadline);
/* The timer does not fire any more. Does nothing to one that is off. */
void timer_stop(struct timer *timer);

#endif
