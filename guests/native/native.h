/*
 * native.h - the parts of the bare machine's layer, which stands in for the paravirtual files of guests/lib (*_pv.c).
 *
 *   head.S      from GRUB to linked addresses
 *   boot.c      what GRUB said becomes a start_info
 *   segments.c  descriptor tables, the task state segment
 *   traps.c     exceptions, system calls, interrupts
 *   clock.c     interrupt controllers and the tick
 *   machine.c   the table of functions that the mini kernel wants (guests/mini/machine.h)
 *   records.c   the trace records that the hypervisor would make
 *   outcome.c   the console and the end
 *
 * Rules: the kernel runs in ring 0, alone on the machine; the programs and all of the kernel above its machine layer are the very
 * same. Memory begins at NATIVE_BASE: a frame's own number is the machine's less that, as much memory as the first word of
 * the command line says, in MiB.
 * Callers: each other; guests/mini through its machine.h. Also for assembly and the linker script.
 */
#ifndef GUESTS_NATIVE_NATIVE_H
#define GUESTS_NATIVE_NATIVE_H

#define NATIVE_LINEAR 0xc0000000
#define NATIVE_BASE 0x400000 /* a multiple of 4 MiB, above all that a PC has below one */

#ifndef __ASSEMBLER__
#include <stdbool.h>
#include <stdint.h>

/* --- segments.c --- */

/* Load descriptor tables and segment registers. */
void native_segments(void);
/* Let vector lead to entry, with interrupts masked; open: for INT from ring 3, too. */
void native_gate(uint32_t vector, const void *entry, bool open);
/* The stack that traps from ring 3 use ends here. */
void native_kernel_stack(uint32_t top);

/* --- clock.c --- */

/* Call tick at every tick, 100 a second, from now on. */
void native_clock_start(void (*tick)(void));
/* Stop the ticks, or let them come again. */
void native_clock_pause(bool pause);

/* --- records.c: each stands directly before the instruction that it announces (trace/schema.toml) --- */

/* The first records; memory_frames: of the kernel; classes: of records, bits of enum trace_class. */
void native_records_start(uint32_t memory_frames, uint32_t classes);
void native_record_flush(uint32_t cause, uint32_t label, uint32_t means, uint32_t scope, uint32_t value, uint32_t pages);
/* The last one. */
void native_record_end(uint32_t reason, uint32_t outcome);
#endif

#endif
