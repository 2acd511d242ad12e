// SPDX-License-Identifier: MIT
/* A fuzz target with faults, for the test of the driver: which one, the environment says. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *fault = getenv("FUZZ_FAULT");

    if (!fault || size < 2 || data[0] != 'P' || data[1] != '!')
        return 0;
    if (strcmp(fault, "abort") == 0)
        abort();
    if (strcmp(fault, "exit") == 0)
        exit(0);
    if (strcmp(fault, "hang") == 0) {
        alarm(1); /* stands in for the driver's own, longer one */
        for (;;)
            pause();
    }
    return 0;
}
