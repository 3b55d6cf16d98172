/*
 * mark.h - what t_built leaves for the one who looks: words at the beginning of its pseudo-physical frame 0.
 *
 * Callers: guests/t_built, guests/t_control.
 */
#ifndef GUESTS_T_BUILT_MARK_H
#define GUESTS_T_BUILT_MARK_H

#define BUILT_MARK 0x6275696cu

enum { BUILT_WORD_MARK, BUILT_WORD_MODE };

#endif
