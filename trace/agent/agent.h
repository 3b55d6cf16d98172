/*
 * agent.h - the parts of the agent and what they say to each other.
 *
 * The agent is a library that LD_PRELOAD puts into Bochs. It patches the empty instrumentation functions of the emulator:
 *   hooks.c     finds, checks and patches them
 *   loop.c      the emulator's main loop: where it comes by
 *   count.c     counts instructions, rings and page walks; the clock
 *   hardware.c  what the processor did: TLB control, exceptions, interrupts, changes of ring
 *   handover.c  the hypervisor's records
 *   walk.c      page walks, entry by entry
 *   oracle.c    what a page walk must not meet
 *   ownership.c which frames the domains own, were granted and had validated as page tables
 *   shares.c    instructions and page walks by domain
 *   stream*.c   every instruction, packed (stream.h)
 *   console.c   the debug console's bytes; the text that ends a run
 *   display.c   keeps the emulated display on the loopback interface
 *   serial.c    waits for what is typed at the serial line
 *   end.c       every way a run can end; the status file
 *   crash.c     the signals of a Bochs that crashes
 *   watch.c     signals, the trace's disk, and an LTTng that cannot write: a thread of its own
 *   provider.c  LTTng-UST tracepoints, a library of its own that is loaded only when events are wanted
 *   main.c      start
 *
 * Rules: one thread, the emulator's, runs all of it but watch.c. Nothing here changes what the emulated
 * machine does, except that host time is replaced by simulated time. The environment (PENUMBRA_*) is described in docs/agent.md.
 */
#ifndef TRACE_AGENT_AGENT_H
#define TRACE_AGENT_AGENT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "trace/records.h"

#define RINGS 4u

/* ---- main.c --------------------------------------------------------------------------------------------------------------- */

/* Print "agent: ..." and leave the process with status 2: the run must not start. */
_Noreturn void agent_refuse(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* ---- hooks.c -------------------------------------------------------------------------------------------------------------- */

enum hook_kind {
    HOOK_STUB,     /* must be a lone ret with padding behind it */
    HOOK_FUNCTION, /* a function to be replaced; must be long enough */
};

struct hook {
    const char *symbol;
    enum hook_kind kind;
    void *replacement;
};

/*
 * Check every hook, then patch every hook. When one does not pass, nothing has been patched and the process ends with status 2
 * after a message that names the symbol and what was found there.
 */
void hooks_patch(const struct hook *hooks, uint32_t count);
/*
 * Replace a function by one that calls it: returns the address that does what the function did. Ends the process with status 2 like
 * hooks_patch when the function does not begin with instructions that work anywhere.
 */
void *hooks_detour(const char *symbol, void *replacement);
/*
 * The calls of an empty hook become no-operations, wherever in the program they are: Bochs is then faster than without an
 * agent. The hook must be a stub.
 */
void hooks_silence(const char *symbol);
/* The code of an exported function, and how long it is; ends the process with status 2 when it is missing. */
const uint8_t *hooks_code(const char *symbol, uint64_t *bytes);
/* The address of an exported symbol; ends the process with status 2 when it is missing. */
void *hooks_symbol(const char *symbol);

/* ---- loop.c --------------------------------------------------------------------------------------------------------------- */

/* Get into the way of the main loop; ends the process with status 2 when it is not the one that is known. */
void loop_prepare(void);
/* The instruction under way is the last of its run: the loop looks around before the next. */
void loop_stop(void);
/* Bytes of a decoded instruction, as Bochs's form of it says. */
uint8_t loop_length(uintptr_t instruction);

/* ---- count.c -------------------------------------------------------------------------------------------------------------- */

struct totals {
    uint64_t instructions;
    uint64_t ring[RINGS];
    uint64_t walks;
};

/* Map the page of the shared clock in file path over the counter; a null path leaves it private. */
void count_share_clock(const char *path);
/*
 * From loop.c. The last instruction is over, and a call begins that may end in an exception instead of returning; it has
 * returned; it has, and this decoded instruction and those behind it come next. And where Bochs counts what is over.
 */
void count_between(void);
void count_returned(void);
void count_begin_run(uintptr_t instruction);
void count_watch(const uint64_t *counted);
/* Before the next instruction there is something to do: the ring may have changed, or a packet shall end. */
void count_attend(void);
/* The same from another thread: before one of the next instructions. */
void count_attend_soon(void);
/* Bits in the address behind a run; they are zero in the address itself. */
#define RUN_ITERATED 1u /* its last instruction repeats, and did so once more */
#define RUN_FAULTED 2u  /* its last instruction began and did not complete */
#define RUN_BITS ((uintptr_t)3)
/* Bochs's decoded form of the instruction that last began. */
uintptr_t count_running(void);
/* Note them of the run, of which the running instruction is the last. */
void count_mark(uintptr_t bits);
/* The run ends with the last instruction that began. */
void count_end_run(void);
/* Whether the last instruction that began has completed. */
bool count_completed(void);
/* Instructions that have begun since reset. */
uint64_t count_now(void);
/* Start of the totals that hw_counters records give (the first call counts), and of those that the status file gives. */
void count_start_recording(void);
void count_start_domain(void);
struct totals count_since_recording(void);
struct totals count_since_domain(void);
void count_walk(void);
/* Address of the running instruction, for hooks that Bochs calls in the middle of one that cannot fault any more. */
uint32_t count_running_eip(void);
/* The ring that instructions are being counted for. */
uint32_t count_ring(void);

/* ---- hardware.c ----------------------------------------------------------------------------------------------------------- */

void hardware_tlb_control(unsigned cpu, unsigned what, uint64_t value);
void hardware_exception(unsigned cpu, unsigned vector, unsigned error_code);
void hardware_interrupt(unsigned cpu, unsigned vector);
void hardware_external_interrupt(unsigned cpu, unsigned vector, uint16_t cs, uint64_t eip);
void hardware_far_branch(unsigned cpu, unsigned what, uint16_t old_cs, uint64_t old_eip, uint16_t new_cs, uint64_t new_eip);
void hardware_physical_access(unsigned cpu, uint64_t address, unsigned bytes, unsigned memory_type, unsigned direction);
void hardware_reset(unsigned cpu, unsigned type);
/* Record from here on; cr3 is the root that is loaded. */
void hardware_start_recording(uint32_t cr3);
/* Between two instructions: delivery is over; the next one is at eip and runs in ring to instead of ring from. */
void hardware_next_instruction(uint32_t from, uint32_t to);

/* ---- handover.c ----------------------------------------------------------------------------------------------------------- */

/* The hook: before each OUT. */
void handover_port_out(uint16_t port, unsigned bytes, unsigned value);

struct handover_counts {
    uint64_t records; /* taken */
    uint64_t lost;    /* missing sequence numbers, and what lost_records records said */
    uint64_t bad;     /* hand-overs that were no record */
};

struct handover_counts handover_counts(void);

/* ---- walk.c --------------------------------------------------------------------------------------------------------------- */

/* CR3 has this value now. */
void walk_root(uint32_t cr3);
/* The page walker read an entry at this physical address. */
void walk_read(uint32_t address);

/* ---- ownership.c ---------------------------------------------------------------------------------------------------------- */

enum frame_owner {
    FRAME_NOBODYS, /* the hypervisor's, a trusted domain's, or free */
    FRAME_OWN,     /* the domain's that was asked about */
    FRAME_ANOTHERS,
};

/*
 * What records say, from now on; false, and nothing has changed: it cannot be said of a frame.
 *   frames  of first_mfn..+31 domain domid owns those whose bit is set in owned; first_mfn is a multiple of 32
 *   grant   domid may map mfn (enum trace_access), whoever owns it; what others may is not touched
 *   table   mfn is a validated table of this type (enum trace_table_type), as long as its owner stays the same
 */
bool ownership_frames(uint16_t domid, uint32_t first_mfn, uint32_t owned);
bool ownership_grant(uint16_t domid, uint32_t mfn, uint32_t access);
bool ownership_table(uint32_t mfn, uint32_t type);
/* The domain has ended; a later one may get its number. */
void ownership_ended(uint16_t domid);

/* Of a frame, mfn < 1 << 20: whose it is, as what it is validated, and what domid may do with it, as its owner or by a grant. */
enum frame_owner ownership_of(uint32_t mfn, uint32_t domid);
uint32_t ownership_type(uint32_t mfn);
uint32_t ownership_access(uint32_t mfn, uint32_t domid);

/* ---- oracle.c ------------------------------------------------------------------------------------------------------------- */

/* The domain's paging mode, enum trace_mode. */
void oracle_mode(uint16_t domid, uint32_t mode);
/* The first instruction of a domain comes; whose it is, when the scheduler has not said. */
void oracle_start(uint16_t domid);
/* The scheduler made this domain the running one; TRACE_NO_DOMAIN: none. */
void oracle_switch(uint32_t domid);
/* Checks, at physical address: CR3 was loaded with it; an entry of a page table was read at it. */
void oracle_root(uint32_t address);
void oracle_table(uint32_t address);
/* An entry of a domain's part, read at address, maps frame mfn. */
void oracle_mapping(uint32_t mfn, bool writable, uint32_t address);

struct oracle_counts {
    uint64_t checks;
    uint64_t violations;
    uint64_t unchecked; /* mappings of trusted domains */
};

struct oracle_counts oracle_counts(void);

/* ---- shares.c ------------------------------------------------------------------------------------------------------------- */

/* What records say: a domain was built, and in which mode; it has ended; the first runs (domid, if the scheduler has not said). */
void shares_built(uint32_t domid, uint32_t mode);
void shares_ended(const struct trace_record_domain_ended *end);
void shares_start(uint32_t domid);
/* The processor works for this domain from now on; TRACE_NO_DOMAIN: for none. */
void shares_switch(uint32_t domid);
/* The members domains and idle of the status file. */
void shares_print(FILE *to);

/* ---- console.c ------------------------------------------------------------------------------------------------------------ */

/* Append the console's bytes to the file at path, created if need be; a null path drops them. */
void console_open(const char *path);
/* End the run with success as soon as the console has said text; null: it may say anything. */
void console_until(const char *text);
void console_byte(uint8_t byte);
void console_flush(void);

/* ---- end.c ---------------------------------------------------------------------------------------------------------------- */

/* Where the status file goes (null: nowhere); takes over the process's end. */
void end_prepare(const char *status_path);
/* The machine ended the run with this outcome. */
_Noreturn void end_outcome(uint32_t outcome);
/* The run cannot go on; why is a sentence for people, outcome a value of enum trace_outcome. */
_Noreturn void end_because(uint32_t outcome, const char *why);
/* Bochs has given up: nothing of its own is taken down any more. */
_Noreturn void end_of_bochs(void);
/* The same when no tracepoint can be called any more: LTTng never comes back from one. */
_Noreturn void end_without_trace(uint32_t outcome, const char *why);

/* ---- crash.c -------------------------------------------------------------------------------------------------------------- */

/* From now on a crash of Bochs ends the run as an error, with all its records. */
void crash_prepare(void);

/* ---- watch.c -------------------------------------------------------------------------------------------------------------- */

/*
 * The trace goes to this directory (null: nothing is written). So many MiB of its disk are set aside for completing it
 * (null: 32); when there are not so many, the run ends as soon as it can.
 */
void watch_describe(const char *directory, const char *reserved);
/* Start watching, before any other thread is started. */
void watch_start(void);
/* There is room on the disk for more than what has been recorded. */
bool watch_disk_has_room(void);
/* Give back what was set aside: the run is being completed. */
void watch_give_back(void);
/* Between two instructions: does not return when a signal or the disk asks for the end. */
void watch_end_if_asked(void);

/* ---- provider.c ----------------------------------------------------------------------------------------------------------- */

/* The tracepoints; null while no events are wanted. */
struct provider {
    bool (*wanted)(void); /* a session records the events */
    void (*record)(const struct trace_header *record);
    void (*tlb_control)(uint32_t means, uint32_t value, uint32_t eip, uint64_t walks);
    void (*exception)(uint32_t vector, uint32_t error_code, uint32_t eip, uint32_t ring);
    void (*interrupt)(uint32_t vector, uint32_t software, uint32_t eip, uint32_t ring);
    void (*ring)(uint32_t from, uint32_t to, uint32_t why, uint32_t eip);
    void (*counters)(const struct totals *totals, uint64_t oracle_checks);
    void (*violation)(uint32_t rule, uint32_t mfn, uint32_t address, uint32_t eip);
    void (*end)(uint32_t outcome, uint64_t records, uint64_t lost);
    bool (*stream_wanted)(void); /* the session records the instruction stream */
    void (*stream)(const uint8_t *packet, uint32_t bytes);
    const volatile uint32_t *begun, *over; /* tracepoints; one that never comes back waits for LTTng */
};

extern const struct provider *provider;

/* What the library provider.so exports for main.c. */
#define PROVIDER_SYMBOL "penumbra_provider"

#endif
