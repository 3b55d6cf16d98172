/*
 * profile_print.h - a profile as tables for people (profile_table.c), CSV and JSON (profile_data.c), folded stacks
 * (profile_data.c) and a flame graph (flame.c).
 *
 * Callers: analysis/tools/profile.c.
 */
#ifndef ANALYSIS_PROFILE_PRINT_H
#define ANALYSIS_PROFILE_PRINT_H

#include <stdio.h>

#include "analysis/profile.h"

/* Rings, images, and the first `most` functions. */
void profile_print_table(FILE *to, const struct profile *profile, uint32_t most);
void profile_print_csv(FILE *to, const struct profile *profile);
void profile_print_json(FILE *to, const struct profile *profile);
/* A line a path: image;function;function... and its own instructions, as flame-graph tools read it. */
void profile_print_folded(FILE *to, const struct profile *profile);
void profile_print_svg(FILE *to, const struct profile *profile);

/* Entries into the hypervisor: the kinds, with the first `most` functions of each. */
void entries_print_table(FILE *to, const struct profile *profile, uint32_t most);
void entries_print_csv(FILE *to, const struct profile *profile);
void entries_print_json(FILE *to, const struct profile *profile);

/* What the kinds are, in one word for headings: "entry", "hypercall", "fault", "page-table write". */
extern const char *const entries_by_titles[];

#endif
