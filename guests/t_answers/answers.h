/*
 * answers.h - rows of answers: one line of output for one question asked with many arguments.
 *
 * A row is a label and the results in the order of its arguments, "-22*3" for three that are -22 in a row. What the
 * arguments are is said by the functions that ask, in the order in which their loops run. Callers: guests/t_answers.
 */
#ifndef GUESTS_T_ANSWERS_H
#define GUESTS_T_ANSWERS_H

#include <stddef.h>
#include <stdint.h>

#include "guests/lib/hypercall.h"

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

/* Begin a row: end the one before it. */
void row(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Add a result. */
void answer(long result);
/* End the last row; returns how many answers there were in all. */
uint32_t rows_end(void);

/* Pointers that no hypercall may use, wherever it wants to read or write; and their number. */
#define POINTERS 7u
void *bad_pointer(uint32_t which);
/* The number of the domain's frame behind a page that is mapped and writable, and one of a page table in use. */
uint32_t data_frame(void), table_frame(void);

/* The questions, a file each. */
void ask_numbers(void);
void ask_pointers(void);
void ask_channels(void);
void ask_vcpus(void);
void ask_control(void);
void ask_memory(void);
void ask_page_tables(void);

#endif
