// SPDX-License-Identifier: MIT
/* test_changes_csv.c -- anybody's CSV: what is read out of it, and where an error says that it is. */
#include "base/mem.h"
#include "record/import_csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char path[64];

static int make_file(void **state)
{
    int fd;

    (void)state;
    strcpy(path, "/tmp/pawl-csv-XXXXXX");
    fd = mkstemp(path);
    return fd < 0 ? -1 : close(fd);
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void write_bytes(const char *data, size_t n)
{
    FILE *f = fopen(path, "wb");

    assert_non_null(f);
    assert_int_equal(fwrite(data, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

#define MISSING NAN

static void columns_are_read_as_people_write_them(void **state)
{
    static const struct { const char *file, *column, *name; double values[4]; size_t n; } rows[] = {
        { "1\n2\n3\n", NULL, "1", { 1, 2, 3 }, 3 },
        { "1\n2\n3", NULL, "1", { 1, 2, 3 }, 3 },
        { "ms\n1.5\n-2e3\n", NULL, "ms", { 1.5, -2000 }, 2 },
        { "date,ms\n2026-01-01,1\n2026-01-02,2\n", NULL, "ms", { 1, 2 }, 2 },
        { "date,ms,note\n2026-01-01,1,fine\n2026-01-02,2,\n", NULL, "ms", { 1, 2 }, 2 },
        { "i,a,b\n0,1,4\n1,2,5\n", "a", "a", { 1, 2 }, 2 },
        { "i,a,b\n0,1,4\n1,2,5\n", "3", "b", { 4, 5 }, 2 },
        { "i,2\n7,4\n8,5\n", "2", "2", { 4, 5 }, 2 }, /* a header's name goes before a place */
        { "0,4\n1,5\n", "1", "1", { 0, 1 }, 2 },
        { "i;ms\n0;4\n1;5\n", NULL, "ms", { 4, 5 }, 2 },
        { "i;ms\n0;4,5\n1;-5,25e1\n", NULL, "ms", { 4.5, -52.5 }, 2 },
        { "i\tms\r\n0\t4\r\n1\t5\r\n", NULL, "ms", { 4, 5 }, 2 },
        { "\xef\xbb\xbfms\n4\n5\n", "ms", "ms", { 4, 5 }, 2 },
        { "\"a, \"\"b\"\"\",\"ms\"\n\"x\ny\",\"4\"\nz,5\n", "ms", "ms", { 4, 5 }, 2 },
        { "i,ms\n0,4\n1,\n2,NA\n3,nan\n", NULL, "ms", { 4, MISSING, MISSING, MISSING }, 4 },
        { "ms\n\n4\n\n\n5\n\n", NULL, "ms", { 4, 5 }, 2 },
        { " ms , x \n 4 , w\n 5, v\n", "ms", "ms", { 4, 5 }, 2 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = { 0 };
        struct import_csv csv;

        write_bytes(rows[i].file, strlen(rows[i].file));
        if (import_csv(path, rows[i].column, &csv, &err) < 0)
            fail_msg("row %zu: %s", i, err.msg);
        assert_string_equal(csv.column, rows[i].name);
        assert_int_equal(csv.n, rows[i].n);
        for (size_t k = 0; k < csv.n; k++)
            assert_true(isnan(rows[i].values[k]) ? isnan(csv.values[k]) : csv.values[k] == rows[i].values[k]);
        import_csv_free(&csv);
    }
}

static void errors_name_file_line_and_column(void **state)
{
    static const struct { const char *file; size_t n; const char *column, *want; } rows[] = {
        { "", 0, NULL, "is empty" },
        { "\n\n\r\n", 0, NULL, "is empty" },
        { "ms\n", 0, NULL, "line 1: a header, and no row below it" },
        { "i,ms\n0,4\n1,fast\n", 0, NULL, "line 3, column 2 ('ms'): 'fast' is no number" },
        { "i,ms\n0,4\n1,5 ms\n", 0, NULL, "line 3, column 2 ('ms'): '5 ms' is no number" },
        { "i,ms\n0,4\n1,inf\n", 0, NULL, "'inf' is no number" },
        { "i,ms\n0,4\n1,1e999\n", 0, NULL, "'1e999' is no number" },
        { "i,ms\n0,4\n1\n", 0, NULL, "line 3, column 2: the row ends before it" },
        { "i,ms\n0,4\n", 0, "sm", "line 1: no column 'sm' (did you mean 'ms'?)" },
        { "i,ms\n0,4\n", 0, "3", "no column '3'" },
        { "0,4\n1,5\n", 0, "ms", "has no header: name its column by a number, 1 to 2, not 'ms'" },
        { "i,ms\n\"x\ny\",4\n2,five\n", 0, NULL, "line 4, column 2" }, /* a quoted newline counts */
        { "i,ms\n0,\"4\n1,5\n", 0, NULL, "line 2, column 2: the quote does not end" },
        { "i,ms\n0,4\0\n", 10, NULL, "line 2, column 2: a NUL byte" },
        { "\0\0\0\0\0\0\0\0", 8, NULL, "line 1, column 1: a NUL byte" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = { 0 };
        struct import_csv csv;

        write_bytes(rows[i].file, rows[i].n ? rows[i].n : strlen(rows[i].file));
        assert_int_equal(import_csv(path, rows[i].column, &csv, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_null(csv.values);
        if (!strstr(err.msg, rows[i].want) || !strstr(err.msg, path))
            fail_msg("row %zu: '%s' is not in '%s'", i, rows[i].want, err.msg);
    }
}

static void a_missing_file_and_a_folder_are_errors(void **state)
{
    static const char *const names[] = { "/nonexistent/x.csv", "/tmp" };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct err err = { 0 };
        struct import_csv csv;

        assert_int_equal(import_csv(names[i], NULL, &csv, &err), -1);
        assert_int_equal(err.code, ERR_CONFIG);
        assert_non_null(strstr(err.msg, names[i]));
    }
}

static void too_many_columns_are_an_error(void **state)
{
    enum { N = IMPORT_CSV_COLUMNS_MAX + 1 };
    char *row = mem_array(2 * N + 1, 1);
    struct err err = { 0 };
    struct import_csv csv;

    (void)state;
    for (size_t i = 0; i < N; i++) {
        row[2 * i] = '1';
        row[2 * i + 1] = ',';
    }
    write_bytes(row, 2 * N - 1);
    assert_int_equal(import_csv(path, NULL, &csv, &err), -1);
    assert_non_null(strstr(err.msg, "more columns than 4096"));
    write_bytes(row, 2 * (N - 1) - 1);
    assert_int_equal(import_csv(path, NULL, &csv, &err), 0);
    assert_int_equal(csv.n, 1);
    import_csv_free(&csv);
    free(row);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(columns_are_read_as_people_write_them, make_file, remove_file),
        cmocka_unit_test_setup_teardown(errors_name_file_line_and_column, make_file, remove_file),
        cmocka_unit_test(a_missing_file_and_a_folder_are_errors),
        cmocka_unit_test_setup_teardown(too_many_columns_are_an_error, make_file, remove_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
