// SPDX-License-Identifier: MIT
/* Anybody's CSV file, through both of its readers. */
#include "base/text.h"
#include "fuzz_file.h"
#include "record/import_csv.h"
#include "record/import_timings.h"

#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The first byte chooses the column that is asked for. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const columns[] = { NULL, "1", "2", "value", "" };
    const char *path = fuzz_file(data + (size > 0), size - (size > 0));
    struct import_csv csv;
    struct timings timings = { 0 };
    struct err err = { 0 };

    if (import_csv(path, columns[size ? data[0] % 5 : 0], &csv, &err) < 0) {
        demand(err.code == ERR_CONFIG && strstr(err.msg, path));
    } else {
        demand(csv.n > 0);
        for (size_t i = 0; i < csv.n; i++)
            demand(isnan(csv.values[i]) || isfinite(csv.values[i]));
        import_csv_free(&csv);
    }
    err = (struct err){ 0 };
    if (import_timings_csv(path, &timings, &err) < 0)
        demand(err.code == ERR_CONFIG && strstr(err.msg, path) && !timings.rows);
    for (size_t i = 0; i < timings.n; i++) {
        demand(timings.rows[i].n > 0 && text_is_utf8(timings.rows[i].name));
        for (size_t k = 0; k < timings.rows[i].n; k++)
            demand(isfinite(timings.rows[i].ns[k]) && timings.rows[i].ns[k] >= 0);
    }
    import_timings_free(&timings);
    return 0;
}
