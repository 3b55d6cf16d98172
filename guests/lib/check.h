/*
 * check.h - a test guest's framework: count checks, print those that fail, end with the verdict.
 *
 * Callers: guests/t_*. A failed check does not stop the guest; what cannot go on uses check_stop.
 */
#ifndef GUESTS_LIB_CHECK_H
#define GUESTS_LIB_CHECK_H

#include <stdbool.h>
#include <stdint.h>

/* Count a check; prints file, line and the text when it failed. Returns whether it held. */
bool check_condition(bool holds, const char *text, const char *file, int line);
/* The same for two numbers, which are printed in hexadecimal and decimal. */
bool check_numbers(long got, long wanted, const char *text, const char *file, int line);
/* Name the group that the next checks belong to; a line of its own in the output. */
void check_group(const char *name);
/* Have all checks so far held, and was there any? */
bool checks_hold(void);
/* Print the count and end: success when every check held, failure otherwise, error when there was none. */
_Noreturn void check_finish(void);
/* A condition without which going on makes no sense: print it and end with failure. */
_Noreturn void check_stop(const char *text);
/* Privilege ring of the caller, from cs. */
uint32_t check_ring(void);

#define check(condition) check_condition((condition), #condition, __FILE__, __LINE__)
#define check_equal(got, wanted) check_numbers((long)(got), (long)(wanted), #got, __FILE__, __LINE__)
/* A hypercall must answer -errno: check_errno(hypercall_xyz(...), XEN_EINVAL). */
#define check_errno(call, number) check_numbers((call), -(long)(number), #call, __FILE__, __LINE__)

#endif
