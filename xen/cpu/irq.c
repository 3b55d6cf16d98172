/*
 * irq.c - see irq.h.
 */
#include "xen/cpu/irq.h"

#include <stdbool.h>

#include "xen/cpu/entry.h"
#include "xen/cpu/io.h"
#include "xen/cpu/timer_alarm.h"

/* The master's and the slave's command and data ports. */
#define MASTER 0x20
#define SLAVE 0xa0
#define DATA(pic) ((pic) + 1)
#define CASCADE_LINE 2
#define LINES 8

#define ICW1_BEGIN 0x11          /* edge-triggered, cascaded, ICW4 follows */
#define ICW4_8086 0x01
#define OCW2_END_OF_INTERRUPT 0x20
#define OCW3_READ_IN_SERVICE 0x0b

static uint16_t mask = 0xffff & ~(1u << CASCADE_LINE);

static void write_masks(void) {
    out8(DATA(MASTER), (uint8_t)mask);
    out8(DATA(SLAVE), (uint8_t)(mask >> LINES));
}

static void start(uint16_t pic, uint8_t vector, uint8_t cascade) {
    out8(pic, ICW1_BEGIN);
    out8(DATA(pic), vector);
    out8(DATA(pic), cascade);
    out8(DATA(pic), ICW4_8086);
}

void irq_init(void) {
    start(MASTER, IRQ_VECTOR, 1u << CASCADE_LINE);
    start(SLAVE, IRQ_VECTOR + LINES, CASCADE_LINE);
    write_masks();
}

void irq_unmask(uint32_t irq) {
    mask &= ~(1u << irq);
    write_masks();
}

static bool in_service(uint16_t pic, uint32_t line) {
    out8(pic, OCW3_READ_IN_SERVICE);
    return in8(pic) & 1u << line;
}

/*
 * Nothing is in service on the lowest line of a controller that reports it: the request vanished. The master still
 * waits for the slave's end.
 */
static bool is_spurious(uint32_t irq) {
    if (irq == LINES - 1) {
        return !in_service(MASTER, LINES - 1);
    }
    if (irq == IRQS - 1 && !in_service(SLAVE, LINES - 1)) {
        out8(MASTER, OCW2_END_OF_INTERRUPT);
        return true;
    }
    return false;
}

void irq_dispatch(struct cpu_user_regs *regs, uint32_t irq) {
    if (is_spurious(irq)) {
        return;
    }
    if (irq >= LINES) {
        out8(SLAVE, OCW2_END_OF_INTERRUPT);
    }
    out8(MASTER, OCW2_END_OF_INTERRUPT);
    if (irq == IRQ_TIMER) {
        timer_interrupt();
    } else {
        irq_entry(regs, irq);
    }
}
