/*
 * timer_alarm.h - the interrupt half of xen/cpu/timer_queue.h. Callers: irq.c.
 */
#ifndef XEN_CPU_TIMER_ALARM_H
#define XEN_CPU_TIMER_ALARM_H

/* The alarm has come: fire what is due, set it for what comes next. */
void timer_interrupt(void);

#endif
