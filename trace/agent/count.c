/*
 * count.c - instructions, rings, page walks, and the clock that is made of them; see agent.h.
 *
 * Rules: the clock is the number of instructions that have begun since reset. Nothing is done for each of them: Bochs
 * itself counts those that are over, and between two stretches of decoded instructions it comes by here (loop.c), so
 * that it is known whether one is under way. Totals by ring are kept as differences, brought up to date when the ring
 * changes. The processes of LTTng see the clock in a page of its own, which is brought up to date whenever it is read
 * in this process. HLT lets emulated time pass, not this clock.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/agent/agent.h"
#include "trace/agent/bochs.h"
#include "trace/agent/stream.h"

#define CLOCK_PAGE_BYTES 4096u

static union {
    uint64_t instructions;
    uint8_t bytes[CLOCK_PAGE_BYTES];
} clock_page __attribute__((aligned(CLOCK_PAGE_BYTES)));

/*
 * Bochs counts what is over: instructions, and calls between two of them that ended in an exception (it leaves those
 * as it leaves an instruction that faults).
 */
static uint64_t nothing;
static const uint64_t *over = &nothing;
static uint64_t ended_calls; /* of the latter */
static uint64_t under_way;   /* 1: an instruction has begun and is not over, as far as is known */
static bool calling;         /* one of those calls has not returned */

/* The run: decoded instructions that lie one after another. */
static uintptr_t run_start;
static uint64_t run_before; /* instructions begun before it */
static uintptr_t run_marks;
static volatile bool attention = true; /* something is to be done before the next run; the very first one is */

static uint32_t ring;         /* of the instructions being counted */
static uint64_t ring_counted; /* clock up to which totals.ring is complete */
static struct totals totals;  /* since reset; instructions is unused, the clock is it */
static struct totals at_recording, at_domain;

void count_share_clock(const char *path) {
    struct stat status;
    int file;

    if (!path)
        return;
    file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0)
        agent_refuse("cannot open the clock page %s: %s", path, strerror(errno));
    if (fstat(file, &status) || status.st_size < (off_t)CLOCK_PAGE_BYTES)
        agent_refuse("the clock page %s is shorter than %u bytes", path, CLOCK_PAGE_BYTES);
    if (mmap(&clock_page, CLOCK_PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, file, 0) == MAP_FAILED)
        agent_refuse("cannot map the clock page %s: %s", path, strerror(errno));
    close(file);
}

uint64_t count_now(void) {
    clock_page.instructions = *over - ended_calls + under_way;
    return clock_page.instructions;
}

/* For clock.so: what LTTng reads in this process. */
uint64_t penumbra_clock(void);
__attribute__((visibility("default"))) uint64_t penumbra_clock(void) {
    return count_now();
}

static void settle_ring(void) {
    uint64_t now = count_now();

    totals.ring[ring] += now - ring_counted;
    ring_counted = now;
}

/* The rare path, before an instruction runs and is counted. */
static __attribute__((noinline)) void attend(void) {
    uint32_t now = bochs_ring();

    attention = false;
    watch_end_if_asked();
    hardware_next_instruction(ring, now);
    if (now != ring) {
        settle_ring();
        ring = now;
    }
    stream_next_instruction(now);
}

void count_end_run(void) {
    uint64_t now = *over - ended_calls + under_way;
    uintptr_t start = run_start, end = start + (now - run_before) * BOCHS_INSTRUCTION_BYTES;

    run_start = end;
    run_before = now;
    if (stream_on)
        stream_run(start, end | run_marks);
    run_marks = 0;
}

void count_between(void) {
    ended_calls += calling;
    calling = true;
    under_way = 0;
}

void count_returned(void) {
    calling = false;
}

void count_begin_run(uintptr_t instruction) {
    calling = false;
    count_end_run();
    run_start = instruction;
    if (__builtin_expect(attention || run_before + 1 >= stream_alarm, 0))
        attend();
    if (stream_on)
        stream_begin_run(instruction);
    under_way = 1;
}

void count_watch(const uint64_t *counted) {
    over = counted;
}

uintptr_t count_running(void) {
    return run_start + (*over - ended_calls + under_way - 1 - run_before) * BOCHS_INSTRUCTION_BYTES;
}

void count_mark(uintptr_t bits) {
    run_marks |= bits;
}

void count_attend(void) {
    attention = true;
    if (under_way)
        loop_stop();
}

void count_attend_soon(void) {
    attention = true;
}

bool count_completed(void) {
    return !under_way;
}

uint32_t count_ring(void) {
    return ring;
}

uint32_t count_running_eip(void) {
    return bochs.get_eip() - loop_length(count_running());
}

void count_walk(void) {
    totals.walks++;
}

static struct totals current(void) {
    settle_ring();
    totals.instructions = count_now();
    return totals;
}

static struct totals since(const struct totals *start) {
    struct totals now = current();

    now.instructions -= start->instructions;
    now.walks -= start->walks;
    for (uint32_t i = 0; i < RINGS; i++)
        now.ring[i] -= start->ring[i];
    return now;
}

void count_start_recording(void) {
    static bool started;

    if (started)
        return;
    started = true;
    at_recording = current();
    at_domain = at_recording;
    stream_start();
}

void count_start_domain(void) {
    at_domain = current();
}

struct totals count_since_recording(void) {
    return since(&at_recording);
}

struct totals count_since_domain(void) {
    return since(&at_domain);
}
