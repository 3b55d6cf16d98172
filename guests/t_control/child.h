/*
 * child.h - a domain that the privileged one builds, one at a time. Include it where __XEN_TOOLS__ is defined.
 *
 * Callers: guests/t_control.
 */
#ifndef GUESTS_T_CONTROL_CHILD_H
#define GUESTS_T_CONTROL_CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include <xen/xen.h>

#define CHILD_FRAMES 512u            /* one page table maps them */

/* Machine frames by pfn, and its number. */
extern unsigned long child_frames[CHILD_FRAMES];
extern uint32_t child_id;

/* A domain with memory and nothing in it; returns its number. */
uint32_t child_make(void);
/* Kernel, page tables, start_info with these words; returns the kernel's entry. */
uint32_t child_fill(const char *words);
/* The state in which its vcpu begins at entry. */
void child_first_state(struct vcpu_guest_context *context, uint32_t entry);
/* Is its vcpu's state what was given, before it runs; and what it must be while it waits (context.c)? */
void check_first_context(const struct vcpu_guest_context *given);
void check_context_of_waiting(void);
/* Machine frames of its page directory and page table. */
uint32_t child_directory(void);
uint32_t child_table(void);

/* Map one of its frames by pfn, or one that is shared with it, one at a time; and no more. */
void *child_open(uint32_t pfn, bool writable);
void *child_open_frame(uint32_t mfn, bool writable);
void child_close(void *window);

#endif
