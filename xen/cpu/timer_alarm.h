/*
 * timer_alarm.h - the interrupt half of xen/cpu/timer.h. Callers: irq.c.
 */
#ifndef XEN_CPU_TIMER_ALARM_H
#define XEN_CPU_TIMER_ALARM_H

/* Channel 0 has counted down: fire what is due, program what comes next. */
void timer_interrupt(void);

#endif
