/*
 * test_credit.c - the scheduler's policy on a processor of paper: do domains get the shares that their weights and caps
 * promise, does nobody starve, does one that sleeps much get its turn soon?
 *
 * The processor runs in steps of random length; the timer interrupt comes when the tick is due. A vcpu is either always
 * hungry, or works and sleeps for random times. After every step the rules C1 and C2 are looked up in the queue itself.
 * Usage: test_credit [seed]
 */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/domain/fuzz.h"
#include "xen/cpu/timer.h"
#include "xen/domain/domain.h"
#include "xen/domain/schedule.h"

#define DOMAINS_MAX 6u
#define VCPUS 2u
#define MS 1000000ull
#define STEP_NS_MAX (2 * MS)
#define CHECK(condition) ((condition) ? (void)0 : failed(#condition, __LINE__))

static uint32_t random_state;

static void failed(const char *text, int line) {
    printf("test_credit.c:%d: %s\n", line, text);
    exit(1);
}

static uint32_t fuzz_below(uint32_t limit) {
    return fuzz_next(&random_state) % limit;
}

/* ---- what credit.c asks of its host -------------------------------------------------------------------------------- */

struct cpu cpus[1];
struct vcpu_info quiet_vcpu_info, urgent_vcpu_info;
struct domain *domain_list;
static uint64_t now;
static struct timer *ticker;

uint64_t system_time_ns(void) {
    return now;
}

void timer_start(struct timer *timer, uint64_t deadline) {
    ticker = timer;
    timer->deadline = deadline;
    timer->on = true;
}

void vcpu_sleep(struct vcpu *vcpu, uint32_t why) {
    vcpu->state |= why;
    if (cpus[0].running == vcpu) {
        cpu_add_work(WORK_SCHEDULE);
    } else {
        credit_unqueue(vcpu);
    }
}

void vcpu_resume(struct vcpu *vcpu, uint32_t why) {
    bool waited = vcpu->state & VCPU_BLOCKED;

    vcpu->state &= ~why;
    if (vcpu->state == 0 && cpus[0].running != vcpu && !vcpu->credit.queued && credit_queue(vcpu, waited)) {
        cpu_add_work(WORK_SCHEDULE);
    }
}

/* ---- the guests ---------------------------------------------------------------------------------------------------- */

/* What a vcpu wants, and what it got. */
struct appetite {
    uint64_t work, sleep;            /* at most, at a time; work 0: always hungry */
    uint64_t until;                  /* work that is left; while it sleeps, the time to wake */
    uint64_t ran, waiting_since, longest_wait;
};

static struct domain domains[DOMAINS_MAX];
static struct vcpu vcpus[DOMAINS_MAX][VCPUS];
static struct appetite appetites[DOMAINS_MAX][VCPUS];
static uint32_t count;

static struct appetite *appetite_of(const struct vcpu *vcpu) {
    return &appetites[vcpu->domain->id][vcpu->id];
}

static uint64_t random_time(uint64_t most) {
    return 1 + (uint64_t)fuzz_below((uint32_t)(most / 1000) + 1) * 1000;
}

static void add_vcpu(struct domain *domain, uint32_t id, uint64_t work, uint64_t sleep) {
    struct vcpu *vcpu = &vcpus[domain->id][id];

    vcpu->domain = domain;
    vcpu->id = id;
    domain->vcpu[id] = vcpu;
    appetites[domain->id][id] = (struct appetite){ .work = work, .sleep = sleep, .until = work,
                                                   .waiting_since = now };
    credit_queue(vcpu, false);
}

static struct domain *add_domain(uint32_t weight, uint32_t cap) {
    struct domain *domain = &domains[count], **at = &domain_list;

    *domain = (struct domain){ .id = count++, .weight = weight, .cap = cap };
    while (*at) {
        at = &(*at)->next;
    }
    *at = domain;
    return domain;
}

/* ---- the processor ------------------------------------------------------------------------------------------------- */

static uint32_t queued(void) {
    uint32_t sum = 0;

    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t id = 0; id < VCPUS; id++) {
            const struct vcpu *vcpu = domains[i].vcpu[id];

            if (vcpu) {
                CHECK(vcpu->credit.queued == (vcpu->state == 0 && cpus[0].running != vcpu)); /* C1 */
                CHECK(!vcpu->credit.queued || !vcpu->credit.next ||
                      vcpu->credit.class <= vcpu->credit.next->credit.class); /* C2 */
                sum += vcpu->credit.queued;
            }
        }
    }
    return sum;
}

static void choose(void) {
    struct vcpu *previous = cpus[0].running, *next = credit_choose(previous, now);

    cpus[0].work = 0;
    if (previous && previous != next && previous->state == 0) {
        appetite_of(previous)->waiting_since = now;
    }
    if (next && previous != next) {
        uint64_t waited = now - appetite_of(next)->waiting_since;

        if (waited > appetite_of(next)->longest_wait) {
            appetite_of(next)->longest_wait = waited;
        }
    }
    cpus[0].running = next;
}

/* Those that have slept enough wake. */
static void wake(void) {
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t id = 0; id < VCPUS; id++) {
            struct vcpu *vcpu = domains[i].vcpu[id];

            if (vcpu && (vcpu->state & VCPU_BLOCKED) && appetites[i][id].until <= now) {
                appetites[i][id].until = random_time(appetites[i][id].work); /* of running, from here */
                appetites[i][id].waiting_since = now;
                vcpu_resume(vcpu, VCPU_BLOCKED);
            }
        }
    }
}

/* The one that runs has run for some time; it may have had enough. */
static void run(uint64_t time) {
    struct vcpu *vcpu = cpus[0].running;

    if (!vcpu) {
        return;
    }
    struct appetite *appetite = appetite_of(vcpu);

    appetite->ran += time;
    if (appetite->work != 0) {
        appetite->until = appetite->until > time ? appetite->until - time : 0;
        if (appetite->until == 0) {
            appetite->until = now + random_time(appetite->sleep);
            vcpu_sleep(vcpu, VCPU_BLOCKED);
        }
    }
}

static void simulate(uint64_t time) {
    uint64_t end = now + time;

    while (now < end) {
        const struct vcpu *running = cpus[0].running;
        uint64_t step = random_time(STEP_NS_MAX);

        if (running && appetite_of(running)->work != 0 && appetite_of(running)->until < step) {
            step = appetite_of(running)->until;
        }
        if (ticker && ticker->on && ticker->deadline < now + step) {
            step = ticker->deadline > now ? ticker->deadline - now : 0;
        }
        now += step;
        run(step);
        if (ticker && ticker->on && ticker->deadline <= now) {
            ticker->on = false;
            ticker->fire(ticker, now);
        }
        wake();
        if (cpus[0].work != 0 || !cpus[0].running) {
            choose();
        }
        CHECK(queued() == 0 || (ticker && ticker->on)); /* C3 */
        CHECK(cpus[0].running || queued() == 0);        /* it does not idle while somebody can run */
    }
}

static void begin(void) {
    while (credit_choose(0, now)) {
        continue; /* nobody is queued any more */
    }
    memset(cpus, 0, sizeof(cpus));
    memset(domains, 0, sizeof(domains));
    memset(vcpus, 0, sizeof(vcpus));
    domain_list = 0;
    count = 0;
    if (ticker) {
        ticker->on = false;
    }
    now += 1000 * MS; /* a race of its own */
}

/* Let it settle, then measure. */
static void measure(uint64_t time) {
    simulate(2000 * MS);
    for (uint32_t i = 0; i < count; i++) {
        for (uint32_t id = 0; id < VCPUS; id++) {
            appetites[i][id].ran = appetites[i][id].longest_wait = 0;
        }
    }
    simulate(time);
}

/* Parts of a thousand of the time. */
static uint32_t share(uint32_t domain, uint64_t time) {
    return (uint32_t)((appetites[domain][0].ran + appetites[domain][1].ran) * 1000 / time);
}

static void check_share(uint32_t domain, uint64_t time, uint32_t wanted, uint32_t tolerance) {
    uint32_t got = share(domain, time);

    if (got + tolerance < wanted || got > wanted + tolerance) {
        printf("domain %u got %u of 1000, and should have had %u\n", domain, got, wanted);
    }
    CHECK(got + tolerance >= wanted && got <= wanted + tolerance);
}

/* ---- the questions ------------------------------------------------------------------------------------------------- */

#define LONG (30000 * MS)

static void test_weights(void) {
    uint32_t weights[DOMAINS_MAX], sum = 0;

    begin();
    for (uint32_t i = 0; i < 2 + fuzz_below(DOMAINS_MAX - 1); i++) {
        weights[count] = 64 << fuzz_below(4);
        sum += weights[count];
        struct domain *domain = add_domain(weights[count], 0);

        for (uint32_t id = 0; id <= fuzz_below(VCPUS); id++) {
            add_vcpu(domain, id, 0, 0);
        }
    }
    measure(LONG);
    for (uint32_t i = 0; i < count; i++) {
        check_share(i, LONG, weights[i] * 1000 / sum, 15);
        CHECK(appetites[i][0].longest_wait < 2000 * MS);
    }
}

static void test_caps(void) {
    begin();
    add_vcpu(add_domain(256, 20), 0, 0, 0);
    measure(LONG);
    check_share(0, LONG, 200, 10); /* though nobody else wants the processor */
    begin();
    add_vcpu(add_domain(256, 10), 0, 0, 0);
    add_vcpu(add_domain(256, 0), 0, 0, 0);
    measure(LONG);
    check_share(0, LONG, 100, 10);
    check_share(1, LONG, 900, 10);
}

/* One that works a little now and then gets what it wants, and soon. */
static void test_sleeper(void) {
    begin();
    for (uint32_t i = 0; i < 4; i++) {
        add_vcpu(add_domain(256, 0), 0, 0, 0);
    }
    add_vcpu(add_domain(256, 0), 0, 2 * MS, 40 * MS);
    measure(LONG);
    CHECK(share(4, LONG) > 35 && share(4, LONG) < 60);
    CHECK(appetites[4][0].longest_wait < 40 * MS);
    for (uint32_t i = 0; i < 4; i++) {
        check_share(i, LONG, (1000 - share(4, LONG)) / 4, 30); /* a turn that was cut short is not made up for */
    }
}

/* One that always sleeps just before the tick does not get more than its share. */
static void test_many_sleepers(void) {
    begin();
    add_vcpu(add_domain(256, 0), 0, 0, 0);
    for (uint32_t i = 1; i < DOMAINS_MAX; i++) {
        add_vcpu(add_domain(256, 0), 0, 9 * MS, 1 * MS);
    }
    measure(LONG);
    CHECK(share(0, LONG) >= 1000 / DOMAINS_MAX - 15);
}

/* Who yields gives way to whoever waits, without credit too, and once. */
static void test_yield(void) {
    begin();
    add_vcpu(add_domain(1024, 0), 0, 0, 0);
    add_vcpu(add_domain(64, 0), 0, 0, 0);
    simulate(500 * MS);
    for (uint32_t i = 0; i < 100; i++) {
        struct vcpu *running = cpus[0].running;

        running->credit.yields = true;
        choose();
        CHECK(cpus[0].running != running && !running->credit.yields);
        CHECK(queued() == 1);
        simulate(MS);
    }
}

/* Coming and going at random: the rules hold. */
static void test_random(void) {
    begin();
    for (uint32_t i = 0; i < DOMAINS_MAX; i++) {
        struct domain *domain = add_domain(1 + fuzz_below(1000), fuzz_below(3) == 0 ? 1 + fuzz_below(60) : 0);

        for (uint32_t id = 0; id < VCPUS; id++) {
            add_vcpu(domain, id, fuzz_below(3) * 20 * MS, 1 + fuzz_below(100) * MS);
        }
    }
    for (uint32_t i = 0; i < 200; i++) {
        struct vcpu *vcpu = &vcpus[fuzz_below(DOMAINS_MAX)][fuzz_below(VCPUS)];

        if (vcpu->state & VCPU_PAUSED) {
            vcpu_resume(vcpu, VCPU_PAUSED);
        } else {
            vcpu_sleep(vcpu, VCPU_PAUSED);
        }
        if (cpus[0].work != 0) {
            choose();
        }
        simulate(50 * MS);
    }
}

int main(int argc, char **argv) {
    random_state = fuzz_seed(argc, argv);
    for (uint32_t i = 0; i < 4; i++) {
        test_weights();
    }
    test_caps();
    test_sleeper();
    test_many_sleepers();
    test_yield();
    test_random();
    return 0;
}
