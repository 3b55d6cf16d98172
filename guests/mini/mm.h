/*
 * mm.h - an address space: page directory, regions, and the entries that follow from them.
 *
 * Rules: an entry that names a frame holds one of its references; an entry with PTE_SWAPPED holds one of its slot's. A
 * frame with several references is mapped writable by nobody. L1 tables below USER_END belong to one mm.
 */
#ifndef MINI_MM_H
#define MINI_MM_H

#include <stdbool.h>
#include <stdint.h>

#include "guests/mini/paging.h"
#include "guests/mini/region.h"

struct mm {
    struct mm *next;             /* list of all, for the clock */
    uint32_t directory;          /* pfn */
    pte_t *pgd;                  /* where the kernel sees it */
    struct region *regions;
};

/* The address space that is loaded; NULL: the kernel's own. */
struct mm *mm_active(void);
/* Load mm, or the kernel's own (NULL). Does nothing when it is loaded. */
void mm_activate(struct mm *mm);
/* The scheduler has loaded mm by itself. */
void mm_note_active(struct mm *mm);
/* All address spaces. */
struct mm *mm_first(void);

/* An empty one; NULL when memory or address spaces have run out. */
struct mm *mm_create(void);
/* A copy that shares all pages, copy-on-write; NULL when memory has run out (mm is then as it was). */
struct mm *mm_fork(struct mm *mm);
/* Free everything. mm must not be loaded. */
void mm_destroy(struct mm *mm);

/* The L1 entry for linear; NULL when there is no table. */
pte_t *mm_find_entry(const struct mm *mm, uint32_t linear);
/* The same, making the table; NULL when memory has run out. */
pte_t *mm_make_entry(struct mm *mm, uint32_t linear);

/* The system calls of the same names; 0 or an address, or -ERROR_*. */
int32_t mm_map(struct mm *mm, uint32_t start, uint32_t bytes, uint32_t protection);
/* protection of a file is that of a private mapping: what is written is the process's own. */
int32_t mm_map_file(struct mm *mm, uint32_t start, uint32_t number, uint32_t protection);
int32_t mm_unmap(struct mm *mm, uint32_t start, uint32_t bytes);
int32_t mm_protect(struct mm *mm, uint32_t start, uint32_t bytes, uint32_t protection);

/*
 * Make linear usable for what error_code (FAULT_*) says was tried; mm must be loaded. 0, or -ERROR_fault (the process
 * may not), -ERROR_no_memory.
 */
int32_t mm_fault(struct mm *mm, uint32_t linear, uint32_t error_code);

#endif
