/*
 * exec.h - starting a ring-3 program from the ramdisk.
 *
 * Programs are static ELF executables for i386. Their segments become regions that are filled from the ramdisk page by
 * page, on first touch.
 */
#ifndef MINI_EXEC_H
#define MINI_EXEC_H

#include <stdint.h>

#include "guests/lib/traps.h"

/*
 * Replace the current process's program. frame: becomes the program's first state. The argument text lies at the top of
 * its stack, its address is the one argument of its entry function. 0, or -ERROR_* with the old program untouched.
 */
int32_t exec_program(struct trap_frame *frame, const char *name, const char *arguments);

/* A sentence for an error of exec_program. */
const char *exec_error(int32_t error);

#endif
