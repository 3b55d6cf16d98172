/*
 * native.h - run one instruction on the processor that the test runs on.
 *
 * Two pages at NATIVE_DATA and one for code are mapped at fixed addresses of this 32-bit process, so that the same
 * registers and the same bytes mean the same addresses to the processor and to the engine.
 */
#ifndef UNIT_NATIVE_H
#define UNIT_NATIVE_H

#include <stdint.h>

#include <xen/xen.h>

#define NATIVE_DATA 0x50000000u
#define NATIVE_CODE 0x51000000u

/* Map the pages; once. */
void native_begin(void);
/* The stack pointer that instructions run by native_run see. */
uint32_t native_stack(void);
/* Run length bytes of code with these registers (esp is the test's own), and put what they are after it into *regs. */
void native_run(const uint8_t *code, uint32_t length, struct cpu_user_regs *regs);

#endif
