// SPDX-License-Identifier: MIT
#include "cli/progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct progress progress_start(void)
{
    const char *term = getenv("TERM");

    return (struct progress){ .terminal = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0 };
}

static const char *duration(double seconds, char buf[32])
{
    if (isnan(seconds))
        return "--:--";
    snprintf(buf, 32, "%d:%02d", (int)seconds / 60, (int)seconds % 60);
    return buf;
}

void progress_show(struct progress *p, const struct sampler_progress *s)
{
    char left[32], line[256];
    size_t percent = s->total ? s->done * 100 / s->total : 100;

    if (!s->now) {
        progress_clear(p);
        return;
    }
    snprintf(line, sizeof(line), "block %zu of %zu  %s left  %s", s->done + 1, s->total, duration(s->seconds_left, left),
             s->now);
    if (p->terminal) {
        struct winsize size = { 0 };
        int width = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1 ? size.ws_col - 1 : 79;

        fprintf(stderr, "\r%.*s\033[K", width, line);
        fflush(stderr);
        p->shown = true;
    } else if (s->done == 0 || percent >= p->reported + 10) {
        fprintf(stderr, "%s\n", line);
        p->reported = percent / 10 * 10;
    }
}

void progress_clear(struct progress *p)
{
    if (p->shown)
        fputs("\r\033[K", stderr);
    p->shown = false;
}
