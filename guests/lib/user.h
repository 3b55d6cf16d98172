/*
 * user.h - running a little code in ring 3, up to its first trap.
 *
 * For guests that test what happens between rings. The code must not depend on where it lies. Its page can be read and
 * executed but not written; next to it are a page of data, a stack page, and a page that only the kernel may use.
 * Callers: t_*.
 */
#ifndef GUESTS_LIB_USER_H
#define GUESTS_LIB_USER_H

#include <stdint.h>

#include "guests/lib/traps.h"

#define USER_AREA 0x08000000u
#define USER_CODE USER_AREA
#define USER_DATA (USER_AREA + 0x1000u)
#define USER_STACK (USER_AREA + 0x2000u)          /* its end: USER_STACK_END */
#define USER_STACK_END (USER_STACK + 0x1000u)
#define USER_KERNEL_PAGE (USER_AREA + 0x3000u)
#define USER_NOTHING (USER_AREA + 0x4000u)        /* not mapped */

/* Make the pages, and a kernel stack for traps from ring 3. Boot tables must be loaded. */
void user_start(void);

/* Instructions for ring 3; USER_CODE_PIECE makes one. */
struct user_code {
    uint32_t bytes;
    uint8_t instructions[];
};

/*
 * Copy code to USER_CODE and run it in ring 3 with eax as given, flat user segments and events as they are. Returns the
 * frame of its first trap of any vector (0-31, system call), valid until the next run. Events that come meanwhile are
 * handled and do not count.
 */
struct trap_frame *user_run(const struct user_code *code, uint32_t eax);
/* Go on in ring 3 with the state in frame. */
struct trap_frame *user_continue(struct trap_frame *frame);

/*
 * Enter ring 3 by the iret hypercall instead: stack points to its frame (eip, cs, eflags, esp, ss), on a stack with
 * room below.
 */
struct trap_frame *user_run_with(uint32_t *stack);

/*
 * To be called at the beginning of a guest's own trap handlers: when frame is from ring 3 and user_run waits, this does
 * not return.
 */
void user_trapped(const struct trap_frame *frame);

/* user_switch.S */
void user_enter(uint32_t *save, struct trap_frame *frame);
void user_enter_by_hypercall(uint32_t *save, uint32_t *stack);
_Noreturn void user_leave(uint32_t saved);

/* Define the instructions in text as the struct user_code called name. */
#define USER_CODE_PIECE(name, text)                                                                                   \
    __asm__(".pushsection .rodata\n\t.balign 4\n\t.globl " #name "\n" #name ":\n\t.long 9f - 8f\n8:\n\t" text "\n9:\n\t"   \
            ".popsection");                                                                                           \
    extern const struct user_code name

#endif
