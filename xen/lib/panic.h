/*
 * panic.h - the hypervisor cannot go on.
 *
 * A panic prints the message, the registers, a stack trace with symbols and the last trace records, emits the record
 * `panic`, and ends the machine with outcome panic. A panic inside a panic ends the machine at once.
 * Rules: nothing that a guest does may lead here. ASSERT's expression has no side effects; asserts are always
 * compiled in.
 */
#ifndef XEN_LIB_PANIC_H
#define XEN_LIB_PANIC_H

struct cpu_user_regs;

_Noreturn void panic(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same for a fault whose registers are known. */
_Noreturn void panic_with_registers(const struct cpu_user_regs *regs, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
_Noreturn void assertion_failed(const char *file, int line, const char *expression);

#define ASSERT(expression) \
    (__builtin_expect(!!(expression), 1) ? (void)0 : assertion_failed(__FILE__, __LINE__, #expression))

#endif
