// SPDX-License-Identifier: MIT
/* progress.h -- how far a run is: one line that rewrites itself on a terminal, a plain line now and then in a log. */
#pragma once

#include "measure/sampler.h"

struct progress {
    bool terminal;
    bool shown;          /* a line is on the screen */
    size_t reported;     /* per cent told in the log */
};

struct progress progress_start(void);
void progress_show(struct progress *p, const struct sampler_progress *s);
void progress_clear(struct progress *p); /* before other words, and at the end */
