/*
 * pipe.h - descriptors: ends of pipes, and the console.
 *
 * Reading waits for a byte, writing for room. Descriptor numbers are indices into a process's table; 1 is the console
 * at first. Callers: system calls, process.
 */
#ifndef MINI_PIPE_H
#define MINI_PIPE_H

#include <stdint.h>

struct pipe_end;

/* Descriptor 1 of a first process. */
void pipe_open_console(struct pipe_end **descriptors);
void pipe_copy_descriptors(struct pipe_end **to, struct pipe_end *const *from);
void pipe_close_descriptors(struct pipe_end **descriptors);

/* The system calls. */
int32_t pipe_create(uint32_t descriptors_pointer);
int32_t pipe_read(uint32_t descriptor, uint32_t buffer, uint32_t bytes);
int32_t pipe_write(uint32_t descriptor, uint32_t buffer, uint32_t bytes);
int32_t pipe_close(uint32_t descriptor);

#endif
