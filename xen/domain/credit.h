/*
 * credit.h - which vcpu runs: the credit policy of Xen 3.x, for the one processor there is.
 *
 * Every CREDIT_PERIOD the processor's time of that period is given to the active domains as credit, in proportion to
 * their weights, and in a domain in equal parts to its active vcpus. A vcpu that runs pays for the exact time. Who has
 * credit left (UNDER) goes before who has not (OVER); who wakes with credit left goes before both (BOOST), until the
 * next tick. Within a class it is everybody's turn, for a slice of CREDIT_SLICE at most. A domain with a cap gets no
 * more than that share; a vcpu of it without credit is parked until it has some. Who yields lets one go first that
 * waits, whatever its class.
 *
 * Rules:
 *  C1. A vcpu is queued if and only if it can run (state 0) and does not run.
 *  C2. The queue is in order of classes, and of arrival in each.
 *  C3. The tick is on as long as somebody waits, is parked, or runs with a cap: a lone vcpu is not disturbed.
 * Source: the policy's published description (weight, cap, 30 ms, 10 ms); paying for exact time instead of by samples
 * is ours.
 * Locking: the queue belongs to the one processor there is.
 * Callers: schedule.c.
 */
#ifndef XEN_DOMAIN_CREDIT_H
#define XEN_DOMAIN_CREDIT_H

#include <stdbool.h>
#include <stdint.h>

struct vcpu;

#define CREDIT_WEIGHT_DEFAULT 256u
#define CREDIT_WEIGHT_MAX 65535u
#define CREDIT_TICK_NS 10000000u
#define CREDIT_SLICE_NS 30000000u
#define CREDIT_PERIOD_NS 30000000u

/* A vcpu's account. */
struct credit {
    int32_t left;            /* about microseconds: 1024 ns */
    uint8_t class;           /* CREDIT_BOOST .. CREDIT_OVER */
    bool queued, active;     /* active: has run or could have since the last period */
    bool yields;             /* whoever waits goes first at the next choice, whatever its class */
    struct vcpu *next;       /* in the queue */
};

enum { CREDIT_BOOST, CREDIT_UNDER, CREDIT_OVER };

/*
 * The vcpu can run and does not: queue it. woken: it waited, and may be boosted. Returns whether it should run before
 * what runs now.
 */
bool credit_queue(struct vcpu *vcpu, bool woken);
/* The vcpu can run no more; does nothing to one that is not queued. */
void credit_unqueue(struct vcpu *vcpu);

/*
 * The one to run next: previous (NULL: none) pays and goes to the end of its class, if it can still run. NULL: nobody
 * can. now: system time.
 */
struct vcpu *credit_choose(struct vcpu *previous, uint64_t now);
/* Is anybody waiting for the processor? */
bool credit_anybody_waits(void);
/* The time since the last choice is nobody's: the hypervisor's own work. */
void credit_forgive(uint64_t now);

#endif
