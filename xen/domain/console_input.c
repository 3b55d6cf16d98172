/*
 * console_input.c - see console_input.h.
 */
#include "xen/domain/console_input.h"

#include <xen/xen.h>

#include "xen/cpu/irq.h"
#include "xen/domain/events.h"
#include "xen/lib/console.h"

#define RING_BYTES 1024u     /* a power of two */

static struct {
    bool open;
    uint32_t begin, end;     /* of what waits; they only grow */
    char bytes[RING_BYTES];
} input;

void console_input_start(void) {
    input.open = true;
    console_start_input();
    irq_unmask(CONSOLE_COM1_IRQ);
}

bool console_input_open(void) {
    return input.open;
}

void console_input_interrupt(void) {
    uint8_t character;

    for (uint32_t i = 0; i < RING_BYTES && console_receive(&character); i++) {
        if (input.end - input.begin < RING_BYTES) {
            input.bytes[input.end++ % RING_BYTES] = (char)character;
        }
    }
    event_raise_global_virq(VIRQ_CONSOLE);
}

uint32_t console_input_peek(char *to, uint32_t count) {
    uint32_t waiting = input.end - input.begin;

    if (count > waiting) {
        count = waiting;
    }
    for (uint32_t i = 0; i < count; i++) {
        to[i] = input.bytes[(input.begin + i) % RING_BYTES];
    }
    return count;
}

void console_input_drop(uint32_t count) {
    input.begin += count;
}
