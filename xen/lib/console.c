/*
 * console.c - see console.h. COM1: 115200 baud, 8 data bits, no parity, FIFO on; output waits for the transmitter,
 * never for long.
 */
#include "xen/lib/console.h"

#include <stdint.h>

#include "xen/cpu/io.h"
#include "xen/lib/printk.h"

#define PORT_E9 CONSOLE_E9
#define COM1 CONSOLE_COM1
#define COM1_DATA (COM1 + 0)
#define COM1_INTERRUPTS (COM1 + 1)
#define COM1_FIFO (COM1 + 2)
#define COM1_LINE_CONTROL (COM1 + 3)
#define COM1_MODEM_CONTROL (COM1 + 4)
#define COM1_LINE_STATUS (COM1 + 5)
#define LINE_STATUS_RECEIVED 0x01
#define LINE_STATUS_READY 0x20
#define INTERRUPT_RECEIVED 0x01
#define MODEM_READY 0x03             /* data terminal ready, request to send */
#define MODEM_INTERRUPTS 0x08        /* lets the port's interrupt out */
#define ABSENT 0xff                  /* what a port gives that nothing answers */
#define DIVISOR_115200 1
/* polls before a byte is sent anyway: a missing or stuck port must not stop the machine */
#define PATIENCE 100000

static struct {
    bool chosen, e9, com1, com1_ready;
} console;

bool console_e9_present(void) {
    return in8(PORT_E9) == PORT_E9;
}

static void com1_setup(void) {
    out8(COM1_INTERRUPTS, 0);
    out8(COM1_LINE_CONTROL, 0x80);   /* the divisor's turn */
    out8(COM1_DATA, DIVISOR_115200);
    out8(COM1_INTERRUPTS, 0);
    out8(COM1_LINE_CONTROL, 0x03);
    out8(COM1_FIFO, 0x07);
    out8(COM1_MODEM_CONTROL, MODEM_READY);
    console.com1_ready = true;
}

void console_choose(bool e9, bool com1) {
    console.chosen = true;
    console.e9 = e9;
    console.com1 = com1;
    if (com1 && !console.com1_ready) {
        com1_setup();
    }
}

void console_start_input(void) {
    if (!console.com1_ready) {
        com1_setup();
    }
    out8(COM1_MODEM_CONTROL, MODEM_READY | MODEM_INTERRUPTS);
    out8(COM1_INTERRUPTS, INTERRUPT_RECEIVED);
}

bool console_receive(uint8_t *character) {
    uint8_t status = in8(COM1_LINE_STATUS);

    if (status == ABSENT || !(status & LINE_STATUS_RECEIVED)) {
        return false;
    }
    *character = in8(COM1_DATA);
    return true;
}

static void com1_put(char character) {
    for (uint32_t tries = 0; tries < PATIENCE && !(in8(COM1_LINE_STATUS) & LINE_STATUS_READY); tries++) {
    }
    out8(COM1_DATA, (uint8_t)character);
}

void console_write(const char *text, uint32_t length) {
    if (!console.chosen) {
        bool e9 = console_e9_present();
        console_choose(e9, !e9);
    }
    if (console.e9) {
        const char *at = text;
        uint32_t left = length;
        asm volatile("rep outsb" : "+S"(at), "+c"(left) : "d"(PORT_E9) : "memory");
    }
    for (uint32_t i = 0; console.com1 && i < length; i++) {
        if (text[i] == '\n') {
            com1_put('\r');
        }
        com1_put(text[i]);
    }
}
