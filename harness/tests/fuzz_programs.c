// SPDX-License-Identifier: MIT
/* A pawl.json, as far as it is read before any program that it names is started: the fuzzer must start none. */
#include "cli/programs.h"
#include "fuzz_file.h"
#include "judge/targets.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct registry none = { 0 };
    struct options options = { 0 };
    struct programs programs;
    struct targets targets = { 0 };
    struct err err = { 0 };

    options.config = fuzz_file(data, size);
    if (programs_open(&options, false, &programs, &err) < 0) {
        demand(err.code == ERR_CONFIG && strstr(err.msg, options.config));
    } else {
        demand(programs.n == 0);
        if (programs.has_targets && targets_read(options.config, &none, &targets, &err) < 0)
            demand(err.code == ERR_CONFIG && strstr(err.msg, options.config));
        targets_free(&targets);
    }
    programs_close(&programs);
    return 0;
}
