/*
 * count.c - instructions, rings, page walks, and the clock that is made of them; see agent.h.
 *
 * Rules: the clock is the number of instructions that have begun since reset. Bochs runs a decoded instruction after
 * the one before it in memory until it has to look elsewhere; that is all the path taken for every instruction
 * checks, and how many there were is the distance. Totals by ring are kept as differences, brought up to date when
 * the ring changes. The processes of LTTng see the clock in a page of its own, which is brought up to date whenever
 * it is read in this process. HLT lets emulated time pass, not this clock.
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
#define SEARCHED_BYTES 0x100u

static union {
    uint64_t instructions;
    uint8_t bytes[CLOCK_PAGE_BYTES];
} clock_page __attribute__((aligned(CLOCK_PAGE_BYTES)));

/*
 * The run: instructions that lie decoded one after another. Where the next one would be is in run_next, and with it, in
 * the bits that are zero in an address, that it ends here in any case (RUN_ENDS), and what is to be known of its last
 * instruction. At first it is empty, and has work too: the very first instruction.
 */
static uintptr_t run_start, run_next = RUN_ENDS;
static uint64_t before; /* lengths of earlier runs, as distances */
static volatile bool attention = true; /* something is to be done before the next instruction */
static uint32_t length_offset; /* where in a decoded instruction its length is; 0 until known */
static const uint64_t *completed; /* Bochs's own count of instructions that are over */
static uint64_t completed_ahead; /* of the clock */

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

/* The displacement in the instruction that begins with these bytes, somewhere in code; 0: it is not there. */
static uint32_t displacement_behind(const uint8_t *code, uint32_t bytes, const uint8_t *pattern, uint32_t pattern_bytes) {
    const uint8_t *found = memmem(code, bytes, pattern, pattern_bytes);
    uint32_t displacement = 0;

    if (found)
        memcpy(&displacement, found + pattern_bytes, sizeof(displacement));
    return displacement;
}

/*
 * Where Bochs keeps an instruction's length, the size of a decoded instruction and its own count: right after the
 * hook returns it adds the length to EIP, beginning with movzbl disp8(reg), %eax; before it, in the same loop, are
 * addq $1, disp32(%r14), the processor being in r14, and addq $SIZE, %rbx.
 */
static void find_layout(const uint8_t *after_call) {
    static const uint8_t count_one[] = { 0x49, 0x83, 0x86 }, advance[] = { 0x48, 0x83, 0xc3, BOCHS_INSTRUCTION_BYTES };
    const uint8_t *loop = after_call - SEARCHED_BYTES;
    uint32_t offset = displacement_behind(loop, SEARCHED_BYTES, count_one, sizeof(count_one));

    if (after_call[0] != 0x0f || after_call[1] != 0xb6 || (after_call[2] & 0xf8) != 0x40 || offset == 0
        || !memmem(loop, SEARCHED_BYTES, advance, sizeof(advance)))
        end_because(TRACE_OUTCOME_error, "the agent does not recognize how this Bochs advances from one instruction to the next");
    length_offset = after_call[3];
    completed = (const uint64_t *)((const uint8_t *)bochs_processor() + offset);
}

uint64_t count_now(void) {
    clock_page.instructions = (before + (run_next & ~RUN_BITS) - run_start) / BOCHS_INSTRUCTION_BYTES;
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
static __attribute__((noinline)) void attend(const uint8_t *after_call) {
    uint32_t now = bochs_ring();

    attention = false;
    if (length_offset == 0)
        find_layout(after_call);
    completed_ahead = *completed - count_now();
    end_if_asked();
    hardware_next_instruction(ring, now);
    if (now != ring) {
        settle_ring();
        ring = now;
    }
    stream_next_instruction(now);
}

/* The run is over, and an empty one begins where the next instruction of it would be. */
static void end_run(uintptr_t behind) {
    uintptr_t first = run_start, last = run_next;

    before += (last & ~RUN_BITS) - first;
    run_start = behind;
    run_next = behind | RUN_ENDS;
    if (stream_on)
        stream_run(first, last);
}

void count_end_run(void) {
    end_run(run_next & ~RUN_BITS);
}

/* An instruction that does not lie behind the last one. */
static __attribute__((noinline)) void begin_run(uintptr_t instruction, const uint8_t *after_call) {
    end_run(instruction);
    if (__builtin_expect(attention || before + 1 >= stream_alarm, 0))
        attend(after_call);
    if (stream_on)
        stream_begin_run(instruction);
    run_next = instruction + BOCHS_INSTRUCTION_BYTES;
}

void count_instruction(unsigned cpu, const void *instruction) {
    (void)cpu;
    if (__builtin_expect((uintptr_t)instruction != run_next, 0))
        begin_run((uintptr_t)instruction, __builtin_return_address(0));
    else
        run_next = (uintptr_t)instruction + BOCHS_INSTRUCTION_BYTES;
}

uintptr_t count_running(void) {
    return (run_next & ~RUN_BITS) - BOCHS_INSTRUCTION_BYTES;
}

void count_mark(uintptr_t bits) {
    run_next |= bits;
}

void count_attend(void) {
    attention = true;
    run_next |= RUN_ENDS;
}

void count_attend_soon(void) {
    attention = true;
}

bool count_completed(void) {
    return *completed - completed_ahead == count_now();
}

uint32_t count_ring(void) {
    return ring;
}

uint8_t count_length(const void *instruction) {
    return ((const uint8_t *)instruction)[length_offset];
}

uint32_t count_running_eip(void) {
    return bochs.get_eip() - count_length((const void *)count_running());
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
