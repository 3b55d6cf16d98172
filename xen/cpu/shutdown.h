/*
 * shutdown.h - the end of the machine.
 */
#ifndef XEN_CPU_SHUTDOWN_H
#define XEN_CPU_SHUTDOWN_H

#include <stdint.h>

/* Of Bochs: a word written there powers the machine off. */
#define SHUTDOWN_PORT 0x8900

/*
 * End the run with this outcome (enum trace_outcome): hands it to the agent, which stops the emulator; without an
 * agent powers Bochs off through its shutdown port; on any other machine halts. outcome: 0 to 255.
 */
_Noreturn void machine_end(uint32_t outcome);

#endif
