/*
 * credit.c - see credit.h.
 */
#include "xen/domain/credit.h"

#include "xen/cpu/timer.h"
#include "xen/cpu/timer_queue.h"
#include "xen/domain/domain.h"
#include "xen/domain/schedule.h"

#define UNIT_SHIFT 10                                    /* credit counts 1024 ns */
#define PERIOD_UNITS ((int32_t)(CREDIT_PERIOD_NS >> UNIT_SHIFT))
#define DEBT_MAX (10 * PERIOD_UNITS)                     /* what running alone can cost at most, later */
#define SAVINGS_MAX (10 * PERIOD_UNITS)                  /* a turn of everybody's can take so long */

static struct vcpu *queue;
static uint64_t paid_until;      /* system time: the one that runs has paid so far */
static uint64_t period_begin;
static uint32_t parked;          /* vcpus that were at the end of the last period */

static void tick(struct timer *timer, uint64_t now);
static struct timer ticker = { .fire = tick };

static void insert(struct vcpu *vcpu) {
    struct vcpu **at = &queue;

    while (*at && (*at)->credit.class <= vcpu->credit.class) {
        at = &(*at)->credit.next;
    }
    vcpu->credit.next = *at;
    vcpu->credit.queued = true;
    *at = vcpu;
}

/* Nobody competed for a whole period: what was paid meanwhile, and what is owed, is history. */
static void begin_anew(uint64_t now) {
    for (const struct domain *domain = domain_list; domain; domain = domain->next) {
        for (uint32_t id = 0; id < DOMAIN_VCPUS_MAX; id++) {
            if (domain->vcpu[id]) {
                domain->vcpu[id]->credit.left = 0;
            }
        }
    }
    paid_until = period_begin = now;
}

static void keep_ticking(uint64_t now) {
    const struct vcpu *running = this_cpu()->running;

    if (!ticker.on && (queue || parked != 0 || (running && running->domain->cap != 0))) {
        if (now - ticker.deadline >= CREDIT_PERIOD_NS) {
            begin_anew(now);
        }
        timer_start(&ticker, now + CREDIT_TICK_NS);
    }
}

bool credit_queue(struct vcpu *vcpu, bool woken) {
    const struct vcpu *running = this_cpu()->running;
    struct credit *credit = &vcpu->credit;

    credit->active = true;
    credit->class = credit->left < 0 ? CREDIT_OVER : woken ? CREDIT_BOOST : CREDIT_UNDER;
    insert(vcpu);
    if (!ticker.on) {
        keep_ticking(system_time_ns());
    }
    return !running || credit->class < running->credit.class;
}

void credit_unqueue(struct vcpu *vcpu) {
    if (vcpu->credit.queued) {
        struct vcpu **at = &queue;

        while (*at != vcpu) {
            at = &(*at)->credit.next;
        }
        *at = vcpu->credit.next;
        vcpu->credit.queued = false;
    }
}

static void pay(struct vcpu *vcpu, uint64_t now) {
    struct credit *credit = &vcpu->credit;

    credit->left -= (int32_t)((now - paid_until) >> UNIT_SHIFT);
    if (credit->left < -DEBT_MAX) {
        credit->left = -DEBT_MAX;
    }
    paid_until = now;
}

/* The first of the queue, out of it; NULL: nobody waits. */
static struct vcpu *take_first(void) {
    struct vcpu *first = queue;

    if (first) {
        queue = first->credit.next;
        first->credit.queued = false;
    }
    return first;
}

struct vcpu *credit_choose(struct vcpu *previous, uint64_t now) {
    struct vcpu *next = previous && previous->credit.yields ? take_first() : 0;

    if (!previous) {
        paid_until = now;
    } else {
        pay(previous, now);
        previous->credit.yields = false;
        if (previous->state == 0) {
            previous->credit.class = previous->credit.left < 0 ? CREDIT_OVER : CREDIT_UNDER;
            insert(previous);
        }
    }
    if (!next) {
        next = take_first();
    }
    if (next) {
        next->credit.active = true;
        if (__builtin_expect(!ticker.on, 0)) {
            keep_ticking(now);
        }
    }
    return next;
}

bool credit_anybody_waits(void) {
    return queue != 0;
}

void credit_forgive(uint64_t now) {
    paid_until = now;
}

/* ---- once a period ------------------------------------------------------------------------------------------------- */

static uint32_t active_vcpus(const struct domain *domain) {
    uint32_t count = 0;

    for (uint32_t id = 0; id < DOMAIN_VCPUS_MAX; id++) {
        count += domain->vcpu[id] && domain->vcpu[id]->credit.active;
    }
    return count;
}

/* Who has no credit under a cap waits until it has. */
static void park(struct vcpu *vcpu) {
    bool must = vcpu->domain->cap != 0 && vcpu->credit.left < 0;

    if (must) {
        parked++;
    }
    if (must && !(vcpu->state & VCPU_PARKED)) {
        vcpu_sleep(vcpu, VCPU_PARKED);
    } else if (!must) {
        vcpu_resume(vcpu, VCPU_PARKED);
    }
}

static void give(struct vcpu *vcpu, int32_t share) {
    struct credit *credit = &vcpu->credit;

    credit->left += share;
    if (credit->left > SAVINGS_MAX) {
        credit->left = SAVINGS_MAX;
    }
    /* one that does not want to run, and has paid for what it did, is out until it wakes */
    credit->active = vcpu->state == 0 || credit->left < 0;
    credit->class = credit->left < 0 ? CREDIT_OVER : CREDIT_UNDER;
    park(vcpu);
}

/* The domain's part of so many units of time. weights: of all active domains. */
static void share_out(struct domain *domain, uint32_t units, uint32_t weights) {
    uint32_t vcpus = active_vcpus(domain);

    if (vcpus == 0) {
        return;
    }
    uint32_t part = units * domain->weight / weights + 1;
    uint32_t most = units * domain->cap / 100;

    if (domain->cap != 0 && part > most) {
        part = most;
    }
    for (uint32_t id = 0; id < DOMAIN_VCPUS_MAX; id++) {
        if (domain->vcpu[id] && domain->vcpu[id]->credit.active) {
            give(domain->vcpu[id], (int32_t)(part / vcpus) + (domain->cap == 0));
        }
    }
}

/* Classes have changed: put the queue in order again. */
static void sort(void) {
    struct vcpu *old = queue;

    queue = 0;
    while (old) {
        struct vcpu *vcpu = old;

        old = vcpu->credit.next;
        insert(vcpu);
    }
}

/* Rounding is in favour of the vcpus: were less given than is paid, all would end in debt, and weights would not count. */
static void end_period(uint64_t now) {
    uint64_t length = now - period_begin;
    uint32_t units = (uint32_t)(length > 2 * CREDIT_PERIOD_NS ? 2 * CREDIT_PERIOD_NS : length) >> UNIT_SHIFT;
    uint32_t weights = 0;

    period_begin = now;

    for (const struct domain *domain = domain_list; domain; domain = domain->next) {
        weights += active_vcpus(domain) != 0 ? domain->weight : 0;
    }
    for (struct domain *domain = domain_list; domain; domain = domain->next) {
        share_out(domain, units, weights);
    }
    sort();
}

static void tick(struct timer *timer, uint64_t now) {
    struct vcpu *running = this_cpu()->running;

    (void)timer;
    if (running) {
        pay(running, now);
    }
    if (now - period_begin >= CREDIT_PERIOD_NS) {
        end_period(now);
    }
    if (running) {
        running->credit.class = running->credit.left < 0 ? CREDIT_OVER : CREDIT_UNDER;
        if (queue && (queue->credit.class < running->credit.class || now - running->runstate.state_entry_time >= CREDIT_SLICE_NS)) {
            cpu_add_work(WORK_SCHEDULE);
        }
    }
    keep_ticking(now);
}
