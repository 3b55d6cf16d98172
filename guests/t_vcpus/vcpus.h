/*
 * vcpus.h - the further vcpus of t_vcpus: each has a stack, a port for orders, a port for its timer, and a place where
 * it reports. Vcpu 0 gives one order at a time and waits for all to be done.
 */
#ifndef GUESTS_T_VCPUS_VCPUS_H
#define GUESTS_T_VCPUS_VCPUS_H

#include <stdbool.h>
#include <stdint.h>

#define VCPUS_MAX 8u

enum order { ORDER_NONE, ORDER_SPIN, ORDER_LOOK, ORDER_SEGMENT, ORDER_FPU, ORDER_TIMER, ORDER_PORT, ORDER_DOWN };

struct report {
    volatile uint32_t begun;         /* times it began to run */
    volatile uint32_t order, done;   /* enum order; orders carried out */
    volatile uint32_t events, ticks; /* orders' events, timer events that came */
    volatile uint32_t turns;         /* of the loop while it spins */
    volatile uint32_t seen;          /* what it found */
    volatile uint32_t id;            /* where the event callback believes to be */
};

extern struct report reports[VCPUS_MAX];
extern volatile bool stop;           /* spinning ends */

/* Give vcpu id its first state, with frame mfn as base pointer; those with odd numbers have a virtual IOPL of 1.
* Returns
 * the hypervisor's answer. */
long vcpu_initialise(uint32_t id, uint32_t mfn);
/* Bind its ports. Before it is up. */
void vcpu_bind(uint32_t id);
/* Let it do something; vcpu_wait waits for the end. */
void vcpu_order(uint32_t id, enum order order);
void vcpu_wait(uint32_t id);

/* entry.S and its callers */
extern const uint8_t vcpu_start[], vcpu_event[], vcpu_protection[];
void vcpu_main(uint32_t id);
void vcpu_handle_event(void);

#endif
