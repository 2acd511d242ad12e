// SPDX-License-Identifier: MIT
/* grid.h -- rows of cells, printed as aligned columns of plain text.
 *
 * Start from {0} with `align` set: one letter a column, 'l' or 'r'; columns beyond it are 'l'. A row may end in a tail,
 * free text that widens no column; a row of one tail is a heading. Strings are copied. */
#pragma once

#include "base/text.h"

struct grid {
    const char *align;
    struct grid_row {
        struct grid_cell {
            char *s;
            const char *colour; /* what turns it on: "\033[31m", or NULL */
        } * cells;
        size_t n_cells, capacity;
        bool blank_before, tail;
    } * rows;
    size_t n_rows, capacity;
};

void grid_row(struct grid *grid, bool blank_before);
void grid_cell(struct grid *grid, const char *s, const char *colour); /* in the row begun last */
void grid_tail(struct grid *grid, const char *s, const char *colour); /* ends it */
void grid_heading(struct grid *grid, const char *case_id, const char *host_class); /* over the rows of a case; NULL: no host */
size_t grid_width(const struct grid *grid); /* columns of its longest line that is no heading */
void grid_print(const struct grid *grid, bool colour, struct text *out);
void grid_free(struct grid *grid);
