/*
 * grid.h - a table of text for people: cells filled row by row, printed in columns that are as wide as they must be.
 *
 * Rules: a zeroed structure with its number of columns is an empty grid. Every text that is put into a cell fits
 * CELL_BYTES.
 * Callers: the analyzers that print tables.
 */
#ifndef ANALYSIS_GRID_H
#define ANALYSIS_GRID_H

#include <stdint.h>
#include <stdio.h>

#define COLUMNS_MAX 16
#define CELL_BYTES 80

struct grid {
    char (*cells)[COLUMNS_MAX][CELL_BYTES];
    uint32_t rows;
    unsigned columns, texts;   /* the first `texts` columns are aligned to the left */
};

/* Begin a row of empty cells. */
void grid_row(struct grid *grid);
/* The text of a cell of the last row. Valid until the next grid_row. */
char *grid_cell(struct grid *grid, unsigned column);
/* 1234567 -> 1,234,567; 0 is a dot, so that the eye finds the numbers. */
void put_number(char *to, uint64_t value);
/* The mean of count numbers with this sum, with one decimal; a dot without numbers. */
void put_mean(char *to, uint64_t sum, uint64_t count);
void print_grid(FILE *to, const struct grid *grid);
void grid_free(struct grid *grid);

#endif
