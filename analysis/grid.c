/*
 * grid.c - see grid.h.
 */
#include "analysis/grid.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/map.h"

void grid_row(struct grid *grid) {
    grid->cells = grow(grid->cells, grid->rows + 1, sizeof(*grid->cells));
    memset(grid->cells[grid->rows++], 0, sizeof(*grid->cells));
}

char *grid_cell(struct grid *grid, unsigned column) {
    return grid->cells[grid->rows - 1][column];
}

void put_number(char *to, uint64_t value) {
    char digits[32];
    int length = snprintf(digits, sizeof(digits), "%" PRIu64, value), at = 0;

    if (value == 0) {
        strcpy(to, ".");
        return;
    }
    for (int i = 0; i < length; i++) {
        if (i && (length - i) % 3 == 0)
            to[at++] = ',';
        to[at++] = digits[i];
    }
    to[at] = '\0';
}

void put_mean(char *to, uint64_t sum, uint64_t count) {
    if (count)
        snprintf(to, CELL_BYTES, "%.1f", (double)sum / (double)count);
    else
        strcpy(to, ".");
}

void print_grid(FILE *to, const struct grid *grid) {
    int width[COLUMNS_MAX] = { 0 };

    for (uint32_t row = 0; row < grid->rows; row++) {
        for (unsigned column = 0; column < grid->columns; column++) {
            int length = (int)strlen(grid->cells[row][column]);

            width[column] = length > width[column] ? length : width[column];
        }
    }
    for (uint32_t row = 0; row < grid->rows; row++) {
        for (unsigned column = 0; column < grid->columns; column++)
            fprintf(to, column < grid->texts ? "%s%-*s" : "%s%*s", column ? "  " : "", width[column],
                    grid->cells[row][column]);
        fputc('\n', to);
    }
}

void grid_free(struct grid *grid) {
    free(grid->cells);
    *grid = (struct grid){ 0 };
}
