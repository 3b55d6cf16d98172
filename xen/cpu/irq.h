/*
 * irq.h - the two 8259 interrupt controllers. Only the timer's line is open until others are opened.
 * Source: Intel 8259A data sheet.
 */
#ifndef XEN_CPU_IRQ_H
#define XEN_CPU_IRQ_H

#include <stdint.h>

#define IRQS 16
/* Vector of line 0. */
#define IRQ_VECTOR 0x20
#define IRQ_TIMER 0

struct cpu_user_regs;

/* Boot: move the lines to IRQ_VECTOR and up, all masked. */
void irq_init(void);
/* Open line irq. */
void irq_unmask(uint32_t irq);
/*
 * Called by the entry: acknowledge line irq and hand it on. Spurious interrupts (lines 7 and 15 with nothing in
 * service) are dropped.
 */
void irq_dispatch(struct cpu_user_regs *regs, uint32_t irq);

#endif
