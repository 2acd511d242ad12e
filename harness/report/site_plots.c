// SPDX-License-Identifier: MIT
#include "report/site_plots.h"

#include "base/mem.h"
#include "report/gnuplot.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BATCHES_MAX = 8, TAIL = 128 };

#define HASH_OPENS  "<!-- pawl "
#define HASH_CLOSES " -->\n"

extern const char dashboard_theme_gp[];

/* Of the palette, paper and inks in dashboards/theme.gp, and what stands for them in the dark theme. */
static const struct {
    unsigned light, dark;
} colours[] = {
    { 0x5b6570, 0xa3adb8 }, { 0x0072b2, 0x56b4e9 }, { 0xc94f00, 0xf28e46 }, { 0x007d58, 0x35c79b },
    { 0xa8438f, 0xe393c8 }, { 0x806000, 0xe3c94b }, { 0x5a3fc0, 0xa99cff }, { 0x9b2226, 0xff8078 },
    { 0xffffff, 0x161b22 }, { 0x2b323a, 0xd5dce4 }, { 0xd9dee4, 0x3a434e }, { 0xa3adb8, 0x6b7683 },
};

static bool find_dark(unsigned light, unsigned *dark)
{
    for (size_t i = 0; i < ARRAY_LEN(colours); i++)
        if (colours[i].light == light) {
            *dark = colours[i].dark;
            return true;
        }
    return false;
}

/* gnuplot writes "#FFFFFF", "rgb(43,50,58)" and "rgb(  0, 114, 178)". Appends the colour that `s` begins with as that of
 * the other theme; how many characters it took, 0 where it is none. */
static size_t darken_one(struct text *out, const char *s)
{
    char head[20]; /* sscanf() measures all that it is given */
    unsigned r, g, b, dark;
    int n = 0;

    snprintf(head, sizeof(head), "%.19s", s);
    if (sscanf(head, "#%6x%n", &r, &n) == 1 && n == 7 && find_dark(r, &dark)) {
        text_addf(out, strncmp(s, "#ffffff", 7) == 0 ? "#%06x" : "#%06X", dark);
        return 7;
    }
    if (sscanf(head, "rgb(%u,%u,%u)%n", &r, &g, &b, &n) == 3 && n > 0 && r < 256 && g < 256 && b < 256 &&
        find_dark(r << 16 | g << 8 | b, &dark)) {
        text_addf(out, memchr(s, ' ', (size_t)n) ? "rgb(%3u, %3u, %3u)" : "rgb(%u,%u,%u)", dark >> 16, dark >> 8 & 255,
                  dark & 255);
        return (size_t)n;
    }
    return 0;
}

void site_plots_darken(struct text *out, const char *svg)
{
    const char *from = svg;

    while (*svg) {
        struct text colour = { 0 };
        size_t done = *svg == '#' || strncmp(svg, "rgb(", 4) == 0 ? darken_one(&colour, svg) : 0;

        if (done) {
            text_addf(out, "%.*s%s", (int)(svg - from), from, colour.data);
            from = svg + done;
        }
        text_free(&colour);
        svg += done ? done : 1;
    }
    text_add(out, from);
}

struct text *site_plots_add(struct site_plots *plots, const char *stem)
{
    struct site_plots_job *job;

    plots->jobs = mem_grow(plots->jobs, &plots->capacity, plots->n + 1, sizeof(*plots->jobs));
    job = &plots->jobs[plots->n++];
    *job = (struct site_plots_job){ .stem = mem_strdup(stem) };
    text_add(&job->script, "file = 'plots/");
    text_add(&job->script, stem); /* of a page's name: no quote is in it */
    text_add(&job->script, "-light.svg'\n");
    return &job->script;
}

/* FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), 64 bits. */
static uint64_t mix(uint64_t hash, const char *s)
{
    for (; *s; s++)
        hash = (hash ^ (unsigned char)*s) * 1099511628211U;
    return hash;
}

static char *plot_path(const char *folder, const char *stem, const char *theme)
{
    struct text t = { 0 };

    text_addf(&t, "%s/plots/%s-%s.svg", folder, stem, theme);
    return t.data;
}

/* Does the old site's plot end in this hash? */
static bool has_hash(const char *path, const char *hash)
{
    char tail[TAIL + 1] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    off_t size = fd < 0 ? -1 : lseek(fd, 0, SEEK_END);
    ssize_t n = size < 0 ? -1 : pread(fd, tail, TAIL, size > TAIL ? size - TAIL : 0);
    const char *at = n > 0 ? strstr(tail, HASH_OPENS) : NULL;

    if (fd >= 0)
        close(fd);
    return at && strncmp(at + strlen(HASH_OPENS), hash, strlen(hash)) == 0;
}

/* Both themes, or nothing. */
static bool take_old(const struct site_plots_job *job, const struct folder *folder)
{
    static const char *const themes[] = { "light", "dark" };
    bool taken = true;

    for (size_t i = 0; i < ARRAY_LEN(themes) && taken; i++) {
        char *old = plot_path(folder->target, job->stem, themes[i]), *new = plot_path(folder->temp, job->stem, themes[i]);

        taken = has_hash(old, job->hash) && link(old, new) == 0;
        if (!taken && i > 0) { /* the light one is drawn anew */
            char *light = plot_path(folder->temp, job->stem, themes[0]);

            unlink(light);
            free(light);
        }
        free(old);
        free(new);
    }
    return taken;
}

static int write_file(const char *path, const struct text *text, struct err *err)
{
    FILE *f = fopen(path, "we");
    int ret = 0;

    if (!f || fwrite(text->data, 1, text->len, f) != text->len)
        ret = err_set(err, ERR_HARNESS, "cannot write '%s': %s", path, strerror(errno));
    if (f && fclose(f) != 0 && ret == 0)
        ret = err_set(err, ERR_HARNESS, "cannot write '%s': %s", path, strerror(errno));
    return ret;
}

static int read_file(const char *path, struct text *out)
{
    char buf[65536];
    FILE *f = fopen(path, "re");
    size_t n;

    while (f && (n = fread(buf, 1, sizeof(buf) - 1, f)) > 0) {
        buf[n] = '\0';
        text_add(out, buf);
    }
    if (f)
        fclose(f);
    return out->len > 0 ? 0 : -1;
}

/* gnuplot warns and goes on where it cannot open or fill a file: only the file itself proves that it was drawn. */
static int finish(const struct site_plots_job *job, const struct folder *folder, struct err *err)
{
    char *light = plot_path(folder->temp, job->stem, "light"), *dark = plot_path(folder->temp, job->stem, "dark");
    struct text svg = { 0 }, darkened = { 0 };
    int ret = read_file(light, &svg);

    if (ret < 0 || !strstr(svg.data, "</svg>")) {
        ret = err_set(err, ERR_HARNESS, "gnuplot did not draw '%s'", light);
    } else {
        text_addf(&svg, HASH_OPENS "%s" HASH_CLOSES, job->hash);
        site_plots_darken(&darkened, svg.data);
        ret = write_file(light, &svg, err) < 0 ? -1 : write_file(dark, &darkened, err);
    }
    text_free(&svg);
    text_free(&darkened);
    free(light);
    free(dark);
    return ret;
}

static int draw(const struct site_plots_job **jobs, size_t n, const struct folder *folder, struct err *err)
{
    struct text scripts[BATCHES_MAX] = { { 0 } };
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t batches = cores > BATCHES_MAX ? BATCHES_MAX : cores > 1 ? (size_t)cores : 1;
    int ret;

    batches = batches < n ? batches : n;
    for (size_t i = 0; i < batches; i++)
        text_add(&scripts[i], dashboard_theme_gp);
    for (size_t i = 0; i < n; i++) /* dealt like cards: large pages are spread */
        text_add(&scripts[i % batches], jobs[i]->script.data);
    ret = gnuplot_run_all(scripts, batches, folder->temp, err);
    for (size_t i = 0; i < n && ret == 0; i++)
        ret = finish(jobs[i], folder, err);
    for (size_t i = 0; i < batches; i++)
        text_free(&scripts[i]);
    return ret;
}

int site_plots_draw(struct site_plots *plots, const struct folder *folder, size_t *drawn, struct err *err)
{
    const struct site_plots_job **jobs = mem_array(plots->n, sizeof(*jobs));
    int ret = 0;

    uint64_t basis = mix(mix(14695981039346656037U, plots->version), dashboard_theme_gp);

    *drawn = 0;
    for (size_t i = 0; i < plots->n; i++) {
        struct site_plots_job *job = &plots->jobs[i];

        snprintf(job->hash, sizeof(job->hash), "%016" PRIx64,
                 mix(basis, job->script.data));
        if (!take_old(job, folder))
            jobs[(*drawn)++] = job;
    }
    if (*drawn)
        ret = draw(jobs, *drawn, folder, err);
    free((void *)jobs);
    return ret;
}

void site_plots_free(struct site_plots *plots)
{
    for (size_t i = 0; i < plots->n; i++) {
        free(plots->jobs[i].stem);
        text_free(&plots->jobs[i].script);
    }
    free(plots->jobs);
    *plots = (struct site_plots){ 0 };
}
