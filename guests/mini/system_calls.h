/*
 * system_calls.h - the interface between this kernel and its ring-3 programs.
 *
 * int 0x80: number in eax, arguments in ebx, ecx, edx; result in eax, negative: one of ERROR_*. Numbers are never
 * reused. Users: the kernel and guests/workloads.
 */
#ifndef MINI_SYSTEM_CALLS_H
#define MINI_SYSTEM_CALLS_H

#include <stdint.h>

#define CALL_exit 1            /* (status) does not return */
#define CALL_fork 2            /* () pid of the child in the parent, 0 in the child */
#define CALL_exec 3            /* (name, arguments) replaces the program; the pages of the old one are gone */
#define CALL_wait 4            /* (status *, WAIT_*) asks for any child that has ended; its pid */
#define CALL_pid 5             /* () */
#define CALL_yield 6           /* () lets others run */
#define CALL_sleep 7           /* (milliseconds) */
#define CALL_map 8             /* (address or 0, bytes, protection) zeroed memory; its address, a negative number if high */
#define CALL_unmap 9           /* (address, bytes) */
#define CALL_protect 10        /* (address, bytes, protection) */
#define CALL_pipe 11           /* (int descriptors[2]) [0] to read, [1] to write */
#define CALL_read 12           /* (descriptor, buffer, bytes) waits for a byte at least; 0: nobody can write any more */
#define CALL_write 13          /* (descriptor, buffer, bytes) waits until all are written; 1 is the console at first */
#define CALL_close 14          /* (descriptor) */
#define CALL_counters 15       /* (struct counters *) */
#define CALL_memory_limit 16   /* (frames) for all user pages, unless the command line has set it; 0: none */
#define CALL_mode 17           /* (MODE_*) goes on in that paging mode; MODE_ask: the one it is in */
#define CALL_measure 18        /* (name, operations) a measurement begins; with operations, it ends after so many */
#define CALL_nano 19           /* (NANO_*, times, address of a page) the kernel does it that often, undisturbed by its clock */
#define CALL_file 20           /* (name) the number of a file of the ramdisk */
#define CALL_map_file 21       /* (address or 0, file, protection) its address; what is written is the caller's own */
#define CALL_COUNT 22

/* What CALL_nano does, after Adams and Agesen, ASPLOS 2006. */
#define NANO_in 0u             /* reads an I/O port */
#define NANO_mask 1u           /* masks events and lets them in again: what writing CR8 is elsewhere */
#define NANO_callret 2u        /* calls a function that returns */
#define NANO_pgfault 3u        /* takes a page fault, which the handler answers by going past the instruction */
#define NANO_divzero 4u        /* the same with a division by zero */
#define NANO_ptemod 5u         /* changes the entry that maps a page of the caller, which is not used meanwhile */
#define NANO_COUNT 6u

/* Paging modes: how the kernel below writes its page tables (xen/public/penumbra.h). No program can tell otherwise. */
#define MODE_ask 0u
#define MODE_shadow 1u
#define MODE_writable 2u       /* a table that is written is disconnected until it is used */
#define MODE_direct 3u
#define MODE_trusted 4u        /* for life: no way leads there or from there */
#define MODE_emulated 5u       /* writable, and each write is emulated */
#define MODE_native 6u         /* for life: the bare machine, no hypervisor */
#define MODES 7u

/* CALL_wait's second argument. */
#define WAIT_for_one 0u        /* waits until one has ended */
#define WAIT_not 1u            /* 0 when none has ended yet */

#define PROTECTION_none 0u
#define PROTECTION_read 1u
#define PROTECTION_write 2u    /* implies read */

#define ERROR_no_entry 2       /* no such program or child */
#define ERROR_bad_descriptor 9
#define ERROR_no_memory 12
#define ERROR_fault 14         /* a pointer is not the caller's */
#define ERROR_busy 16          /* a page table is in the way */
#define ERROR_invalid 22
#define ERROR_too_many 24      /* processes, descriptors, pipes */
#define ERROR_broken_pipe 32   /* written to a pipe that nobody reads */
#define ERROR_no_call 38
#define ERROR_no_mode 95       /* the hypervisor does not have this paging mode */

/* The longest program name and argument text, with their NUL. */
#define NAME_BYTES 16
#define ARGUMENT_BYTES 256

/* A process that ended otherwise than by exit has this status plus the exception's vector. */
#define STATUS_KILLED 128

/* Events since boot, over all processes. */
struct counters {
    uint32_t page_faults;
    uint32_t zero_fills;         /* first touches */
    uint32_t file_fills;         /* first touches with a copy of a file's data */
    uint32_t file_maps;          /* first touches of a file's page itself */
    uint32_t copies;             /* copy-on-write, with a copy */
    uint32_t reuses;             /* copy-on-write, the last user of the frame */
    uint32_t swapped_out;        /* pages written to the swap area */
    uint32_t swapped_clean;      /* pages dropped because the swap area had them */
    uint32_t swapped_in;
    uint32_t second_chances;     /* accessed pages that the clock passed over */
    uint32_t switches;           /* of processes */
    uint32_t ticks;
    uint32_t fpu_loads;
    uint32_t user_frames;        /* now in use */
    uint32_t swap_slots;         /* now in use */
    uint32_t mode_changes;       /* all of the following */
    uint32_t mode_kinds[MODES][MODES];   /* [MODE_* before][MODE_* after] */
};

#endif
