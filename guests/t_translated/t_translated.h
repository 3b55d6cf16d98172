/*
 * t_translated.h - what the parts of the test share: an area of page-table entries, hypercalls about numbers, and what a
 * page that they mean is seen to hold.
 */
#ifndef T_TRANSLATED_H
#define T_TRANSLATED_H

#include <stdbool.h>
#include <stdint.h>

#include <xen/errno.h>
#include <xen/memory.h>

#include "guests/lib/boot.h"
#include "guests/lib/check.h"
#include "guests/lib/hypercall.h"
#include "guests/lib/probe.h"
#include "guests/lib/tables.h"

#define AREA 0x60000000u
#define RW (PTE_P | PTE_W | PTE_A | PTE_D)

/* The L1 table of the area. */
extern pte_t *area;
/* Entry index of the area maps number; the linear address, of which nothing is remembered. */
uint32_t show(uint32_t index, uint32_t number);
/* Can the page at linear be read, and holds it value? And is it not there (error code without bit 0)? */
bool reads(uint32_t linear, uint32_t value);
bool is_absent(uint32_t linear);

/* XENMEM_add_to_physmap and XENMEM_remove_from_physmap for ourselves. */
long add(uint32_t space, uint32_t index, uint32_t number);
long remove(uint32_t number);
/* decrease_reservation, populate_physmap or increase_reservation of one number: extents done. */
long reserve(uint32_t command, uint32_t number);
uint32_t frames_now(void);
/* The n-th number beyond memory. */
uint32_t beyond(uint32_t n);

void check_start(void);
void check_tables(void);
void check_balloon(void);
void check_physmap(void);
void check_shared(void);
void check_grants(void);

#endif
