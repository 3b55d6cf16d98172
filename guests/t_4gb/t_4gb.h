/*
 * t_4gb.h - what kernel and ring-3 tests share.
 */
#ifndef GUESTS_T_4GB_H
#define GUESTS_T_4GB_H

#include <stdbool.h>
#include <stdint.h>

#define SLOT 4u                      /* of the descriptor under test */
#define KERNEL_GS (SLOT << 3 | 1)
#define USER_GS (SLOT << 3 | 3)
#define DATA_RING1 0xb3u
#define DATA_RING3 0xf3u

/* A page of words; %gs begins in its middle. */
extern uint32_t *data;
/* Trap 15: how often, and its last error code. */
extern volatile uint32_t notified, notified_length;

/* The page at its own place again, with flags beside PTE_P. */
void map_page(volatile void *page, uint32_t flags);
/* A descriptor of 4 GiB in a slot of the GDT. */
void put(uint32_t slot, uint32_t base, uint32_t access);
/* Is the descriptor in slot an expand-down one? */
bool turned_over(uint32_t slot);

void check_user(void);
void check_user_notified(void);

#endif
