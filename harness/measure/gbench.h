// SPDX-License-Identifier: MIT
/* gbench.h -- Google Benchmark behind C: times one repetition of fixed length.
 *
 * The whole batch is handed to `fn` in one call, so that no call per iteration is timed (0.27 ns for an empty batch
 * against 1.55 ns for a callback per iteration, on a Zen 5). What comes before the loop is untimed. */
#pragma once

#include "base/err.h"

#include <stdint.h>

typedef void (*gbench_fn)(void *arg, int64_t iterations);

struct gbench_sample {
    double real_ns, cpu_ns; /* per iteration: wall clock, and CPU time of the calling thread */
};

/* Calls fn(arg, iterations) once, timed, on the calling thread. No C++ exception leaves. */
int gbench_run(const char *name, gbench_fn fn, void *arg, int64_t iterations, struct gbench_sample *sample,
                struct err *err);

const char *gbench_version(void); /* of the library: "1.7.1" */
