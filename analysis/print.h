/*
 * print.h - flush statistics as a table for people (table.c), CSV (csv.c), JSON (tlb_json.c) and a picture (svg.c).
 *
 * Rules: all print the groups of grouping 0 of each phase; the columns are the dimensions that grouping has, then the
 * numbers.
 * Callers: analysis/tools/tlb.c.
 */
#ifndef ANALYSIS_PRINT_H
#define ANALYSIS_PRINT_H

#include <stdio.h>

#include "analysis/flushes.h"

void print_table(FILE *to, const struct flushes *flushes);
void print_csv(FILE *to, const struct flushes *flushes);
void print_json(FILE *to, const struct flushes *flushes);
void print_svg(FILE *to, const struct flushes *flushes);

/* The dimensions in the order of their columns, and what they are called. */
struct dimension_name {
    enum dimension dimension;
    const char *name;
};
extern const struct dimension_name dimension_names[4];

#endif
