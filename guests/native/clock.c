/*
 * clock.c - the interrupt controllers and the tick of the bare machine (native.h).
 *
 * Channel 0 of the 8254 divides its input by a fixed number (mode 2). Of the 8259s only line 0 is let through. The processor has
 * masked interrupts when the handler is entered, so the tick is handled as the paravirtual kernel's timer event is: at once.
 * System time is the time-stamp counter's, whose rate channel 2 of the 8254 tells, as in the hypervisor (xen/cpu/timer.c).
 * Source: Intel 8254 and 8259A data sheets.
 */
#include "guests/lib/clock.h"
#include "guests/lib/events.h"
#include "guests/lib/traps.h"
#include "guests/native/native.h"
#include "guests/native/port.h"

#define VECTOR 0x20u
#define MASTER 0x20
#define SLAVE 0xa0
#define DATA 1                       /* added to either */
#define BEGIN 0x11                   /* edge-triggered, cascaded, a fourth word follows */
#define MODE_8086 1
#define END_OF_INTERRUPT 0x20
#define COUNTER_0 0x40
#define COUNTER_CONTROL 0x43
#define COUNTER_0_MODE_2 0x34        /* low byte, then high byte */
#define INPUT_HZ 1193182u
#define TICK_HZ 100u
#define COUNTER_2 0x42
#define COUNTER_2_MODE_0 0xb0        /* low byte, then high byte; ends once */
#define SPEAKER 0x61
#define SPEAKER_COUNT 1u             /* lets counter 2 count */
#define SPEAKER_SOUND 2u
#define SPEAKER_ENDED 0x20u          /* counter 2 has ended */
#define MEASURED_MS 10u

static void (*clock_tick)(void);
static uint32_t ns_scaled;           /* of one count of the time-stamp counter, << 16 */

static void measure_rate(void) {
    uint32_t count = INPUT_HZ / 1000 * MEASURED_MS, ns_high = MEASURED_MS * 1000000u >> 16;
    uint8_t speaker = port_read(SPEAKER) & (uint8_t) ~(SPEAKER_COUNT | SPEAKER_SOUND);
    uint64_t begin;

    port_write(SPEAKER, speaker | SPEAKER_COUNT);
    port_write(COUNTER_CONTROL, COUNTER_2_MODE_0);
    port_write(COUNTER_2, count & 0xff);
    port_write(COUNTER_2, count >> 8);
    begin = clock_tsc();
    while ((port_read(SPEAKER) & SPEAKER_ENDED) == 0)
        ;
    __asm__("divl %2"
            : "=a"(ns_scaled), "+d"(ns_high)
            : "r"((uint32_t)(clock_tsc() - begin)), "a"(MEASURED_MS * 1000000u << 16));
    port_write(SPEAKER, speaker);
}

uint64_t clock_ns(void) {
    return clock_tsc() * ns_scaled >> 16;
}

static void start_controller(uint16_t port, uint8_t vector, uint8_t cascade, uint8_t mask) {
    port_write(port, BEGIN);
    port_write(port + DATA, vector);
    port_write(port + DATA, cascade);
    port_write(port + DATA, MODE_8086);
    port_write(port + DATA, mask);
}

void native_clock_start(void (*tick)(void)) {
    clock_tick = tick;
    measure_rate();
    native_gate(VECTOR, trap_entry_event, false);
    start_controller(MASTER, VECTOR, 1 << 2, 0xff);
    start_controller(SLAVE, VECTOR + 8, 2, 0xff);
    native_clock_pause(false);
}

void native_clock_pause(bool pause) {
    port_write(MASTER + DATA, pause ? 0xff : 0xfe);
    if (pause)
        return;
    port_write(COUNTER_CONTROL, COUNTER_0_MODE_2);
    port_write(COUNTER_0, (INPUT_HZ / TICK_HZ) & 0xff);
    port_write(COUNTER_0, (INPUT_HZ / TICK_HZ) >> 8);
}

void events_dispatch(void) {
    port_write(MASTER, END_OF_INTERRUPT);
    clock_tick();
}
