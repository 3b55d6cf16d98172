/*
 * timer_queue.c - see timer_queue.h: a list in order of deadlines.
 */
#include "xen/cpu/timer_queue.h"

#include "xen/cpu/timer.h"
#include "xen/cpu/timer_alarm.h"

static struct timer *first;

static void take_out(struct timer *timer) {
    struct timer **at = &first;

    while (*at != timer) {
        at = &(*at)->next;
    }
    *at = timer->next;
    timer->on = false;
}

void timer_start(struct timer *timer, uint64_t deadline) {
    struct timer **at = &first;

    timer_stop(timer);
    while (*at && (*at)->deadline <= deadline) {
        at = &(*at)->next;
    }
    timer->deadline = deadline;
    timer->next = *at;
    timer->on = true;
    *at = timer;
    if (first == timer) {
        timer_program(deadline, system_time_ns());
    }
}

void timer_stop(struct timer *timer) {
    if (timer->on) {
        take_out(timer);
    }
}

void timer_interrupt(void) {
    uint64_t now = system_time_ns();

    timer_passed();
    while (first && first->deadline <= now) {
        struct timer *due = first;

        take_out(due);
        due->fire(due, now);
    }
    if (first) {
        timer_program(first->deadline, now);
    }
}
