// SPDX-License-Identifier: MIT
#include "cli/bisect_line.h"

#include "base/mem.h"
#include "cli/against_private.h"
#include "report/figure.h"

#include <stdlib.h>
#include <string.h>

#define GIT(source, out, why, err, ...) against_git(source, (const char *const[]){ __VA_ARGS__, NULL }, out, why, err)

static void add(struct bisect_line *line, size_t *capacity, const char *commit)
{
    line->commits = mem_grow(line->commits, capacity, line->n + 1, sizeof(*line->commits));
    text_copy(line->commits[line->n++], COMMIT_NAME, commit);
}

/* `good`, then what first parents lead to from `bad` and is not reachable from `good`. */
static int read_line(const char *source, const char *good, const char *bad, struct bisect_line *line, struct err *err)
{
    struct text range = { 0 }, out = { 0 }, why = { 0 };
    size_t capacity = 0;
    char *rest, *commit;
    int status;

    *line = (struct bisect_line){ 0 };
    text_addf(&range, "%s..%s", good, bad);
    status = GIT(source, &out, &why, err, "rev-list", "--first-parent", "--reverse", range.data, "--");
    if (status > 0)
        err_set(err, ERR_CONFIG, "git rev-list: %s", why.data);
    add(line, &capacity, good);
    for (rest = out.data; status == 0 && (commit = strsep(&rest, "\n"));)
        if (*commit)
            add(line, &capacity, commit);
    text_free(&range);
    text_free(&out);
    text_free(&why);
    return status == 0 ? 0 : -1;
}

int bisect_line_read(const char *source, const char *good, const char *bad, struct bisect_line *line, struct err *err)
{
    struct text out = { 0 }, why = { 0 };
    int status = GIT(source, &out, &why, err, "merge-base", "--is-ancestor", good, bad);

    *line = (struct bisect_line){ 0 };
    if (status == 1)
        err_set(err, ERR_CONFIG, "%.12s is no ancestor of %.12s: name a good commit that the bad one descends from", good,
                bad);
    else if (status > 1)
        err_set(err, ERR_CONFIG, "git merge-base: %s", why.data);
    text_free(&out);
    text_free(&why);
    if (status != 0 || read_line(source, good, bad, line, err) < 0)
        return -1;
    return line->n > 1 ? 0 : err_set(err, ERR_CONFIG, "both ends are the same commit, %.12s", good);
}

void bisect_line_free(struct bisect_line *line)
{
    free(line->commits);
    *line = (struct bisect_line){ 0 };
}

int bisect_line_merged(const char *source, const char *commit, struct bisect_line *line, struct err *err)
{
    struct text parents = { 0 }, base = { 0 }, why = { 0 };
    char *rest, *first, *second;
    int ret;

    *line = (struct bisect_line){ 0 };
    ret = GIT(source, &parents, &why, err, "show", "--no-patch", "--format=%P", commit, "--");
    rest = parents.data;
    first = ret == 0 ? strsep(&rest, " ") : NULL;
    second = ret == 0 ? strsep(&rest, " ") : NULL;
    if (ret > 0)
        ret = err_set(err, ERR_CONFIG, "git show: %s", why.data);
    else if (ret == 0 && second && GIT(source, &base, &why, err, "merge-base", first, second) == 0)
        ret = read_line(source, base.data, second, line, err) < 0 ? -1 : line->n > 1;
    text_free(&parents);
    text_free(&base);
    text_free(&why);
    return ret;
}

int bisect_line_describe(const char *source, const char *commit, struct text *out, struct err *err)
{
    struct text words = { 0 }, why = { 0 };
    int status = GIT(source, &words, &why, err, "show", "--no-patch", "--date=short", "--format=%ad %an: %s", commit, "--");

    if (status > 0)
        err_set(err, ERR_CONFIG, "git show: %s", why.data);
    if (status == 0) {
        text_addf(out, "%.12s ", commit);
        figure_clean(out, words.data);
    }
    text_free(&words);
    text_free(&why);
    return status == 0 ? 0 : -1;
}
