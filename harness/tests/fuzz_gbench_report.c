// SPDX-License-Identifier: MIT
/* A report of somebody's program, byte by byte as it comes: it is understood whole or refused with words, and never
 * believed. The JSON of hyperfine goes through its reader, too. */
#include "base/text.h"
#include "declare/gbench_report.h"
#include "record/import_timings.h"

#include <math.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gbench_report report;
    struct timings timings;
    struct err err = { 0 };

    if (gbench_report_parse((const char *)data, size, &report, &err) < 0) {
        demand(err.code == ERR_CONFIG && err.msg[0] && !report.rows && report.n == 0);
    } else {
        demand(report.n > 0);
        for (size_t i = 0; i < report.n; i++) {
            const struct gbench_row *r = &report.rows[i];

            demand(r->name && *r->name && text_is_utf8(r->name) && r->threads >= 1);
            demand(r->error || (r->iterations >= 1 && isfinite(r->real_ns) && r->real_ns >= 0));
        }
        gbench_report_free(&report);
    }
    err = (struct err){ 0 };
    if (import_hyperfine((const char *)data, size, &timings, &err) < 0)
        demand(err.code == ERR_CONFIG && err.msg[0] && !timings.rows);
    else
        demand(timings.n > 0 && timings.rows[0].n > 0 && isfinite(timings.rows[0].ns[0]));
    import_timings_free(&timings);
    return 0;
}
