// SPDX-License-Identifier: MIT
#include "codecs/progress.h"

#include <stdarg.h>
#include <stdio.h>

static struct {
    progress_fn show;
    void *arg;
} out;

void progress_to(progress_fn show, void *arg)
{
    out.show = show;
    out.arg = arg;
}

void progress_say(const char *fmt, ...)
{
    char line[160];
    va_list ap;

    if (!out.show)
        return;
    va_start(ap, fmt);
    vsnprintf(line, sizeof(line), fmt, ap);
    va_end(ap);
    out.show(out.arg, line);
}
