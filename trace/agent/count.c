/*
 * count.c - instructions, rings, page walks, and the clock that is made of them; see agent.h.
 *
 * Rules: the clock is the number of instructions that have begun since reset. It lives alone in a page that the processes of
 * LTTng map too; only this file writes it. The path taken for every instruction is a handful of host instructions: totals by ring
 * are kept as differences, brought up to date when the ring changes. HLT lets emulated time pass, not this clock.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "trace/agent/agent.h"
#include "trace/agent/bochs.h"

#define CLOCK_PAGE_BYTES 4096u

static union {
    uint64_t instructions;
    uint8_t bytes[CLOCK_PAGE_BYTES];
} clock_page __attribute__((aligned(CLOCK_PAGE_BYTES)));

/* Something is to be done before the next instruction. True at first: the very first instruction has work too. */
static bool attention = true;
static const uint8_t *running; /* Bochs's decoded form of the running instruction */
static uint32_t length_offset; /* where in it the instruction's length is; 0 until known */

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

/*
 * Where Bochs keeps an instruction's length: right after the hook returns it adds the length to EIP, beginning with
 * movzbl disp8(reg), %eax, whose displacement is the answer.
 */
static void find_length(const uint8_t *after_call) {
    if (after_call[0] != 0x0f || after_call[1] != 0xb6 || (after_call[2] & 0xf8) != 0x40)
        end_because(TRACE_OUTCOME_error, "the agent does not recognize how this Bochs advances EIP");
    length_offset = after_call[3];
}

static void settle_ring(void) {
    totals.ring[ring] += clock_page.instructions - ring_counted;
    ring_counted = clock_page.instructions;
}

/* The rare path, before an instruction runs and is counted. */
static __attribute__((noinline)) void attend(const uint8_t *after_call) {
    uint32_t now = bochs_ring();

    attention = false;
    if (length_offset == 0)
        find_length(after_call);
    end_if_asked();
    hardware_next_instruction(ring, now);
    if (now != ring) {
        settle_ring();
        ring = now;
    }
}

void count_instruction(unsigned cpu, const void *instruction) {
    (void)cpu;
    if (__builtin_expect(attention, 0))
        attend(__builtin_return_address(0));
    clock_page.instructions++;
    running = instruction;
}

void count_attend(void) {
    attention = true;
}

uint64_t count_now(void) {
    return clock_page.instructions;
}

uint32_t count_ring(void) {
    return ring;
}

uint32_t count_running_eip(void) {
    return bochs.get_eip() - running[length_offset];
}

void count_walk(void) {
    totals.walks++;
}

static struct totals current(void) {
    settle_ring();
    totals.instructions = clock_page.instructions;
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
