/*
 * emulated.h - a guest whose linear addresses are those of native.h, so that one instruction can run on the engine and
 * on the processor; and the comparison of what both left. Callers: test_emulate.c, test_emulate_cases.c.
 */
#ifndef UNIT_EMULATED_H
#define UNIT_EMULATED_H

#include <stdint.h>

#include <xen/xen.h>

#include "tests/unit/shadow/samples.h"

#define L2 8u
#define DATA_L1 9u
#define CODE_L1 10u
#define CODE 11u          /* and 12, the next page */
#define TABLE 16u         /* first data page: a guest table */
#define PLAIN 17u         /* second data page */

void guest_begin(void);
/* TABLE is a shadowed table: slot 1 goes through it. */
void ensure_table(void);
void random_memory(void);
/* Put the instruction where the guest runs it; now and then across two pages. */
void place_code(const struct code *code, struct cpu_user_regs *regs);
/* The processor's two data pages become the guest's. */
void load_native(void);
/* Registers, memory, and those flags that are defined. */
void compare(const struct cpu_user_regs *engine, const struct cpu_user_regs *native, uint32_t defined);

#endif
