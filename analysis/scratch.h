/*
 * scratch.h - one temporary folder, gone when the program ends, also by a signal.
 *
 * Rules: at most one at a time. Only files named by scratch_path are removed with it.
 * Callers: analysis/salvage.c.
 */
#ifndef ANALYSIS_SCRATCH_H
#define ANALYSIS_SCRATCH_H

/* Make the folder under TMPDIR, or /tmp. Returns its path, or null (errno). */
const char *scratch_make(void);
/* The path of a file called name that is about to be made in it; valid until scratch_remove. */
const char *scratch_path(const char *name);
/* Remove the files and the folder, if there is one. */
void scratch_remove(void);

#endif
