/*
 * modes_print.h - what a trace says about paging modes, as tables for people (modes_table.c), CSV (modes_csv.c) and
 * JSON (modes_json.c).
 *
 * Rules: both analyzers are finished. CSV and JSON leave nothing out; a value that this version does not know has its
 * number as name.
 * Callers: analysis/tools/modes.c.
 */
#ifndef ANALYSIS_MODES_PRINT_H
#define ANALYSIS_MODES_PRINT_H

#include <stdio.h>

#include "analysis/switches.h"
#include "analysis/tables.h"

struct modes {
    struct switches switches;
    struct tables tables;
};

void print_modes_table(FILE *to, const struct modes *modes);
void print_modes_csv(FILE *to, const struct modes *modes);
void print_modes_json(FILE *to, const struct modes *modes);

#endif
