// SPDX-License-Identifier: MIT
#include "report/grid.h"

#include "base/mem.h"
#include "report/figure.h"

#include <stdlib.h>
#include <string.h>

enum { GAP = 2 }; /* columns between two cells */

void grid_row(struct grid *grid, bool blank_before)
{
    grid->rows = mem_grow(grid->rows, &grid->capacity, grid->n_rows + 1, sizeof(*grid->rows));
    grid->rows[grid->n_rows++].blank_before = blank_before;
}

void grid_cell(struct grid *grid, const char *s, const char *colour)
{
    struct grid_row *row = &grid->rows[grid->n_rows - 1];

    row->cells = mem_grow(row->cells, &row->capacity, row->n_cells + 1, sizeof(*row->cells));
    row->cells[row->n_cells++] = (struct grid_cell){ mem_strdup(s), colour };
}

void grid_tail(struct grid *grid, const char *s, const char *colour)
{
    grid_cell(grid, s, colour);
    grid->rows[grid->n_rows - 1].tail = true;
}

static size_t *column_widths(const struct grid *grid, size_t *n_columns)
{
    size_t *widths = NULL, capacity = 0;

    *n_columns = 0;
    for (size_t i = 0; i < grid->n_rows; i++) {
        const struct grid_row *row = &grid->rows[i];

        widths = mem_grow(widths, &capacity, row->n_cells, sizeof(*widths));
        if (row->n_cells > *n_columns)
            *n_columns = row->n_cells;
        for (size_t j = 0; j < row->n_cells - row->tail; j++) {
            size_t width = figure_columns(row->cells[j].s);

            widths[j] = width > widths[j] ? width : widths[j];
        }
    }
    return widths;
}

static void pad(struct text *out, size_t n)
{
    text_addf(out, "%*s", (int)n, "");
}

/* Blanks are kept back until something follows them: no line ends in a blank. */
static void print_row(const struct grid_row *row, const char *align, const size_t *widths, bool colour,
                      struct text *out)
{
    size_t owed = 0;

    for (size_t j = 0; j < row->n_cells; j++) {
        const struct grid_cell *cell = &row->cells[j];
        bool tail = row->tail && j + 1 == row->n_cells, right = j < strlen(align) && align[j] == 'r' && !tail;
        size_t width = figure_columns(cell->s), room = tail || width > widths[j] ? 0 : widths[j] - width;

        if (right)
            owed += room;
        if (width) {
            pad(out, owed);
            owed = 0;
            if (colour && cell->colour)
                text_addf(out, "%s%s\033[0m", cell->colour, cell->s);
            else
                text_add(out, cell->s);
        }
        owed += (right ? 0 : room) + GAP;
    }
    text_add(out, "\n");
}

void grid_heading(struct grid *grid, const char *case_id, const char *host_class)
{
    struct text t = { 0 };

    figure_clean(&t, case_id);
    if (host_class) {
        text_add(&t, " on ");
        figure_clean(&t, host_class);
    }
    grid_row(grid, true);
    grid_tail(grid, t.data, "\033[1m");
    text_free(&t);
}

size_t grid_width(const struct grid *grid)
{
    size_t n_columns, *widths = column_widths(grid, &n_columns), most = 0;

    for (size_t i = 0; i < grid->n_rows; i++) {
        const struct grid_row *row = &grid->rows[i];
        size_t width = 0;

        if (row->tail && row->n_cells == 1)
            continue; /* a heading may be longer */
        for (size_t j = 0; j < row->n_cells; j++)
            width += (j ? GAP : 0) + (row->tail && j + 1 == row->n_cells ? figure_columns(row->cells[j].s) : widths[j]);
        most = width > most ? width : most;
    }
    free(widths);
    return most;
}

void grid_print(const struct grid *grid, bool colour, struct text *out)
{
    size_t n_columns, *widths = column_widths(grid, &n_columns);

    for (size_t i = 0; i < grid->n_rows; i++) {
        if (grid->rows[i].blank_before)
            text_add(out, "\n");
        print_row(&grid->rows[i], grid->align ? grid->align : "", widths, colour, out);
    }
    free(widths);
}

void grid_free(struct grid *grid)
{
    for (size_t i = 0; i < grid->n_rows; i++) {
        for (size_t j = 0; j < grid->rows[i].n_cells; j++)
            free(grid->rows[i].cells[j].s);
        free(grid->rows[i].cells);
    }
    free(grid->rows);
    *grid = (struct grid){ 0 };
}
