// SPDX-License-Identifier: MIT
/* import_csv.h -- one column of numbers out of anybody's CSV file.
 *
 * RFC 4180, and what is met beside it: comma, semicolon or tab (what the first line has most of), CRLF, a byte order
 * mark, lines that end in a mere CR, blank lines, decimal commas where commas do not part the cells, a header or none (a first line with a word in it is
 * one). A cell that is empty or says NA, NaN, null, none or "-" is a missing point: NAN. Any other cell of the column that is no finite number, and a row that ends
 * before the column, is an error that names the file, the line and the column; nothing is kept then. Errors are
 * ERR_CONFIG. */
#pragma once

#include "base/err.h"

#include <stdbool.h>
#include <stddef.h>

enum { IMPORT_CSV_BYTES_MAX = 1 << 30, IMPORT_CSV_COLUMNS_MAX = 4096 };

struct import_csv {
    char column[64]; /* its name; its number where the file has no header */
    double *values;  /* owned; one a row */
    size_t n;
};

/* `column` is a name or a number from 1; NULL: the last one whose first cell below the header is a number. `path` "-" is
 * standard input. Free with import_csv_free() after success; after failure there is nothing to free. */
int import_csv(const char *path, const char *column, struct import_csv *csv, struct err *err);
/* Several columns by their names, of a file with a header: `take` is called for every row with the cell of each name, NULL
 * where the file has no such column. Cells live as long as the call. Where it returns -1 the line is put before its words,
 * and the reading ends with that error. Here a name may not stand over two columns, nor a row have more cells than the
 * header: one of 1,5 would be read as 1. */
struct import_csv_row {
    const char *const *cells;
    bool decimal_comma; /* commas do not part the cells: a number may have one */
};
typedef int (*import_csv_row_fn)(void *arg, const struct import_csv_row *row, struct err *err);

/* A cell of such a row, in [low, high]. ERR_CONFIG. */
int import_csv_number(const struct import_csv_row *row, const char *cell, double low, double high, double *value, struct err *err);

enum { IMPORT_CSV_NAMED_MAX = 16 };
int import_csv_rows(const char *path, const char *const *names, size_t n_names, import_csv_row_fn take, void *arg,
                    struct err *err);

void import_csv_free(struct import_csv *csv);
