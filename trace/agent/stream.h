/*
 * stream.h - the instruction stream: every instruction that begins, packed; see agent.h and trace/stream_format.h.
 *
 *   stream.c          the flow: which symbol comes, guessed or written
 *   stream_symbols.c  from runs and transfers to symbols, and their definitions
 *   stream_code.c     what Bochs decoded, where
 *   stream_walks.c    page walks
 *   stream_accesses.c data accesses
 *   stream_window.c   what is recorded at all
 *   stream_flight.c   the flight recorder
 *   stream_packet.c   sections to packets, packets to the provider
 *
 * Rules: recording begins where the totals of hw_counters begin. A run is a sequence of decoded instructions that lie
 * one after another in Bochs's pool, with no branch taken between them; a pool slot keeps its content until the pool
 * is filled from the beginning again, so an address in it stands for what was decoded there.
 */
#ifndef TRACE_AGENT_STREAM_H
#define TRACE_AGENT_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "trace/stream_format.h"

/* ---- stream.c: called by count.c and hardware.c ------------------------------------------------------------------ */

/* Instructions are being recorded; set by stream_start once they are wanted. */
extern bool stream_on;
/* The session wants the stream: the hooks below are patched in. */
void stream_want(void);
/* From the next instruction on everything is recorded. */
void stream_start(void);
/* The run from start to the address in next is over; next with RUN_BITS. */
void stream_run(uintptr_t start, uintptr_t next);
/* The first instruction of another one, decoded at start, is about to run. */
void stream_begin_run(uintptr_t start);
/* Linear address of the instruction that last began. */
uint32_t stream_running_address(void);
/*
 * A transfer (FLOW_..., vector and error code where it has them) begins: delivery of an exception or interrupt, or
 * HLT; or it is over: INT n, IRET and other far transfers.
 */
void stream_transfer(uint32_t kind, uint32_t vector, uint32_t error_code);
/* stream_next_instruction is to be called when so many instructions have begun. */
extern uint64_t stream_alarm;
/* After transfers, before the next instruction, which runs in this ring. */
void stream_next_instruction(uint32_t ring);
/* The run ends: everything that is recorded goes out. */
void stream_finish(void);
/* Instructions that lay in the window; of a flight recorder also those that it did not keep. */
uint64_t stream_recorded(void);

/* Hooks. */
void stream_opcode(unsigned cpu, const void *instruction, const uint8_t *bytes, unsigned length, bool is_32,
                   bool is_64);
void stream_repeat_iteration(unsigned cpu, const void *instruction);
void stream_hlt(unsigned cpu);

/* ---- stream_symbols.c -------------------------------------------------------------------------------------------- */

/* A symbol of the current epoch. */
struct symbol {
    /* the run's place in the pool, next with RUN_ITERATED and RUN_FAULTED; 0: none, or a transfer */
    uintptr_t start, next;
    uint32_t address;        /* linear, of a run's first instruction */
    uint32_t number;         /* from 1 */
    uint32_t second;         /* symbol that came after this one when last a guess was wrong; 0: none */
    uint32_t definition;     /* offset of its definition */
};

/* Number 0 is no symbol, and never a right guess. */
extern struct symbol *const stream_symbols;

/* The symbol of a run of at most RUN_INSTRUCTIONS, or of a transfer; defined if need be. */
struct symbol *symbols_of_run(uintptr_t start, uintptr_t next, uint32_t address);
struct symbol *symbols_of_transfer(uint32_t kind, uint32_t vector, uint32_t error_code, uint32_t rings,
                                   uint32_t address);
/* A packet begins: what was guessed is forgotten. */
void symbols_begin_packet(void);
/* There is room for further symbols in this epoch. */
bool symbols_have_room(void);
/* An epoch begins: no symbol is defined. */
void symbols_begin_epoch(void);
/* The pool is filled from the beginning: no address in it means anything any more. */
void symbols_forget_places(void);
uint32_t symbols_count(void);

/* ---- stream_code.c ----------------------------------------------------------------------------------------------- */

/* A decoded instruction. */
struct slot {
    uint32_t physical; /* of its first byte */
    uint8_t length;
    uint8_t is_32;
    uint8_t bytes[15];
};

/* Find what is needed of this Bochs; ends the process when it is not there. */
void code_prepare(void);
/* What lies at this address of the pool: it has been decoded. */
const struct slot *code_at(uintptr_t instruction);
/* Whether the pool is filled from its beginning again with this instruction. */
bool code_wraps(uintptr_t instruction);
void code_opcode(uintptr_t instruction, const uint8_t *bytes, uint32_t length, bool is_32);
/* Linear address of what EIP names, in the segment that was loaded last. */
uint32_t code_address(void);
/* CS may have been loaded. */
void code_segment(void);

/* ---- stream_window.c --------------------------------------------------------------------------------------------- */

enum stream_window { WINDOW_INSTRUCTIONS, WINDOW_ACCESSES, STREAM_WINDOWS };

/*
 * What the environment's variable `name` says of a window; null or empty: it is always open. Ends the process with
 * status 2 when text is no description.
 */
void window_describe(enum stream_window which, const char *name, const char *text);
/* Has any been described for instructions? */
bool window_is_chosen(void);
/* Is the instruction at time, in this ring, to be recorded, or are its accesses? */
bool window_is_open(enum stream_window which, uint64_t time, uint32_t ring);
/* The first instruction behind time for which the answer may change by itself; UINT64_MAX: there is none. */
uint64_t window_next(uint64_t time);
/* The processor works for another domain; a guest's marker (enum trace_marker), and its number. */
void window_domain(uint32_t domid);
void window_marker(uint32_t kind, uint32_t number);

/* ---- stream_walks.c ---------------------------------------------------------------------------------------------- */

/* Page walks are wanted: puts itself into Bochs's way. */
void walks_want(void);
/* The walker read an entry at this physical address; it set bits in one. */
void walks_read(uint32_t address);
void walks_write(uint32_t address);
/* A packet begins with instruction `time`; it ends: its content, at most WALK_CONTENT_BYTES; returns its length. */
void walks_begin(uint64_t time);
uint32_t walks_end(uint8_t *content);
/* The packet should end; bytes in it so far. */
bool walks_full(void);
uint32_t walks_bytes(void);

/* ---- stream_accesses.c ------------------------------------------------------------------------------------------- */

/* Data accesses are wanted; ends the process with status 2 in a Bochs that does not report all of them. */
void accesses_want(void);
/* The hook. */
void accesses_hook(unsigned cpu, uint64_t linear, uint64_t physical, unsigned bytes, unsigned memory_type,
                   unsigned direction);
/* Accesses are recorded from instruction `time` on, or not. */
void accesses_switch(bool on, uint64_t time);
/* As of walks; instruction `until` is the first behind the packet. */
void accesses_begin(uint64_t time);
uint32_t accesses_end(uint64_t until, uint8_t *content);
bool accesses_full(void);
uint32_t accesses_bytes(void);

/* ---- stream_flight.c --------------------------------------------------------------------------------------------- */

enum flight_event { FLIGHT_END, FLIGHT_MARKER, FLIGHT_CRASH, FLIGHT_VIOLATION };

#define FLIGHT_MILLIONS_MAX 4000u

/*
 * What the environment says: how many million instructions to keep (null or empty: there is no flight recorder), and
 * before which event. Ends the process with status 2 when it cannot be.
 */
void flight_describe(const char *millions, const char *event);
/* Instructions in a packet, at most; 0: there is no flight recorder. */
uint64_t flight_packet_instructions(void);
/* An event; number: of the marker. */
void flight_happened(enum flight_event event, uint32_t number);
/* The event that was awaited has come. */
bool flight_is_due(void);
/* Whether what it waits for, if it waits for something, never came. */
bool flight_waits(void);
/* Keep a packet for the time being. False: there is no flight recorder. */
bool flight_keep(const uint8_t *packet, uint32_t bytes);
/* Write what was kept. */
void flight_write(void);

/* ---- stream_packet.c --------------------------------------------------------------------------------------------- */

/* Append; the section's room is the caller's business: packet_has_room after each symbol. */
void packet_token(uint64_t token);
void packet_definition(const uint8_t *definition, uint32_t bytes);
bool packet_has_room(void);
/* time: of the next instruction, which runs in this ring. Ending hands the packet to the provider; an empty one is dropped. */
void packet_begin(uint64_t time, uint32_t ring, uint32_t epoch, uint32_t first_symbol);
void packet_end(uint64_t time, uint32_t symbols);

#endif
