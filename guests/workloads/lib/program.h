/*
 * program.h - what a ring-3 program of the mini kernel can use.
 *
 * A program is one file that defines program_main; its return value is the process's status, one of OUTCOME_*.
 * Callers: guests/workloads.
 */
#ifndef WORKLOADS_PROGRAM_H
#define WORKLOADS_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "guests/lib/string.h"
#include "guests/mini/system_calls.h"

#define PAGE_SIZE 4096u
#define WORDS_PER_PAGE (PAGE_SIZE / 4)

#define OUTCOME_success 0
#define OUTCOME_skip 3
#define OUTCOME_error 4
#define OUTCOME_failure 5

/* The program. arguments: the guest's command line. */
int32_t program_main(const char *arguments);

/* --- system calls (system_calls.h); each returns what the kernel returned --- */
_Noreturn void sys_exit(int32_t status);
int32_t sys_fork(void);
int32_t sys_exec(const char *name, const char *arguments);
int32_t sys_wait(int32_t *status);
int32_t sys_wait_not(int32_t *status);
int32_t sys_pid(void);
int32_t sys_yield(void);
int32_t sys_sleep(uint32_t milliseconds);
int32_t sys_map(void *address, uint32_t bytes, uint32_t protection);
int32_t sys_file(const char *name);
int32_t sys_map_file(void *address, int32_t file, uint32_t protection);
int32_t sys_unmap(void *address, uint32_t bytes);
int32_t sys_protect(void *address, uint32_t bytes, uint32_t protection);
int32_t sys_pipe(int32_t descriptors[2]);
int32_t sys_read(int32_t descriptor, void *buffer, uint32_t bytes);
int32_t sys_write(int32_t descriptor, const void *buffer, uint32_t bytes);
int32_t sys_close(int32_t descriptor);
int32_t sys_counters(struct counters *counters);
int32_t sys_memory_limit(uint32_t frames);
int32_t sys_mode(uint32_t mode);
int32_t sys_measure(const char *name, uint32_t operations);
int32_t sys_nano(uint32_t which, uint32_t times, void *page);

/* --- conveniences --- */

/* Print to descriptor 1, at most 255 characters. */
void print(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The number after "name=" in arguments, or otherwise. */
uint32_t option_number(const char *arguments, const char *name, uint32_t otherwise);
/* The text after "name=", copied into value[size]. False: no such word. */
bool option_text(const char *arguments, const char *name, char *value, uint32_t size);

/* Memory that must be had: maps readable and writable pages, ends the program with OUTCOME_error when there is none. */
uint32_t *map_pages(uint32_t pages);
/* Read exactly bytes, or end the program with OUTCOME_failure. */
void read_all(int32_t descriptor, void *buffer, uint32_t bytes);
/* Wait for one child and require that it ended with status. */
void wait_expecting(int32_t status);

/* A pseudo-random sequence that is the same in every run. */
uint32_t random_next(uint32_t *state);

/* A result that does not hold ends the program with OUTCOME_failure and says where. */
#define expect(condition) expect_condition((condition), #condition, __FILE__, __LINE__)
void expect_condition(bool holds, const char *text, const char *file, int line);

#endif
