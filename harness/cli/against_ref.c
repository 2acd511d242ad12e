// SPDX-License-Identifier: MIT
#include "base/mem.h"
#include "cli/against_private.h"

#include <stdlib.h>
#include <string.h>

#define GIT(source, out, why, err, ...) against_git(source, (const char *const[]){ __VA_ARGS__, NULL }, out, why, err)
#define ARGS_MAX                        16

int against_git(const char *source, const char *const *args, struct text *out, struct text *why, struct err *err)
{
    const char *argv[ARGS_MAX] = { "git", "-C", source };

    for (size_t i = 0; args[i]; i++) {
        if (i + 4 >= ARGS_MAX)
            BUG("too many arguments for git");
        argv[i + 3] = args[i];
    }
    text_free(out);
    text_free(why);
    return against_capture(argv, out, why, err);
}

char *against_top(const char *folder, struct err *err)
{
    struct text out = { 0 }, why = { 0 };
    int status = GIT(folder, &out, &why, err, "rev-parse", "--show-toplevel");

    if (status > 0 && strstr(why.data, "not a git repository"))
        err_set(err, ERR_CONFIG, "'%s' is not in a git work tree: run it in a clone that has the history", folder);
    else if (status > 0)
        err_set(err, ERR_CONFIG, "git: %s", why.data);
    if (status != 0)
        text_free(&out);
    text_free(&why);
    return out.data;
}

static bool is_shallow(const char *source)
{
    struct text out = { 0 }, why = { 0 };
    struct err err;
    bool shallow = GIT(source, &out, &why, &err, "rev-parse", "--is-shallow-repository") == 0 &&
                   strcmp(out.data, "true") == 0;

    text_free(&out);
    text_free(&why);
    return shallow;
}

/* Where `ref` would come from: `remote` in "remote/branch", else origin, else the first there is; NULL without any.
 * Owned by the caller; *branch points into ref. */
static char *remote_of(const char *source, const char *ref, const char **branch)
{
    struct text out = { 0 }, why = { 0 };
    struct err err;
    char *found = NULL, *rest, *name;

    *branch = ref;
    if (GIT(source, &out, &why, &err, "remote") == 0) {
        rest = out.data;
        while ((name = strsep(&rest, "\n")) && *name) {
            size_t n = strlen(name);
            bool named = strncmp(ref, name, n) == 0 && ref[n] == '/';

            if (named)
                *branch = ref + n + 1;
            if (named || !found || strcmp(name, "origin") == 0) {
                free(found);
                found = mem_strdup(name);
            }
            if (named)
                break;
        }
    }
    text_free(&out);
    text_free(&why);
    return found;
}

/* ": run 'git fetch ...'", which brings a `ref` that git does not know; "" where there is nowhere to fetch from. */
static void add_fetch(const char *source, const char *ref, bool shallow, struct text *hint)
{
    const char *branch, *depth = shallow ? "--unshallow " : "";
    char *remote = remote_of(source, ref, &branch);
    bool hash = strlen(branch) >= 7 && strspn(branch, "0123456789abcdef") == strlen(branch);

    if (remote && (hash || strpbrk(branch, "~^:*?[\\{ "))) /* no branch */
        text_addf(hint, ": run 'git fetch %s%s'", depth, remote);
    else if (remote) { /* named in full: a clone of one branch would keep another only as FETCH_HEAD */
        text_addf(hint, ": run 'git fetch %s%s %s:refs/remotes/%s/%s'", depth, remote, branch, remote, branch);
        if (branch == ref)
            text_addf(hint, ", then use '%s/%s'", remote, branch);
    }
    free(remote);
}

/* The branch or tag that was meant: what has this name behind its remote's, else the nearest in either spelling. */
static char *suggest(const char *source, const char *ref)
{
    struct text out = { 0 }, why = { 0 };
    const char **words = NULL, *near;
    char **full = NULL, *rest, *line, *found = NULL;
    size_t n = 0, n_words = 0, n_full = 0;
    struct err err;

    if (GIT(source, &out, &why, &err, "for-each-ref", "--format=%(refname)", "refs/heads", "refs/tags",
            "refs/remotes") == 0) {
        rest = out.data;
        while ((line = strsep(&rest, "\n")) && *line) {
            char *name = strchr(line + strlen("refs/"), '/') + 1;
            char *inner = strncmp(line, "refs/remotes/", strlen("refs/remotes/")) == 0 ? strchr(name, '/') : NULL;

            if (inner && strcmp(inner, "/HEAD") == 0)
                continue;
            words = mem_grow(words, &n_words, n + 2, sizeof(*words));
            full = mem_grow(full, &n_full, n + 2, sizeof(*full));
            words[n] = full[n] = name;
            n++;
            if (inner) {
                words[n] = inner + 1;
                full[n++] = name;
            }
        }
        near = n ? text_suggest(ref, words, n) : NULL;
        for (size_t i = 0; near && !found && i < n; i++)
            if (words[i] == near)
                found = mem_strdup(full[i]);
    }
    free(words);
    free(full);
    text_free(&out);
    text_free(&why);
    return found;
}

static int unknown_ref(const char *source, const char *ref, struct err *err)
{
    char *near = suggest(source, ref);
    bool shallow = is_shallow(source); /* then a near name may be near by chance, and the right one not fetched */
    struct text hint = { 0 };

    text_add(&hint, shallow ? " in this shallow clone" : "");
    if (!near || shallow)
        add_fetch(source, ref, shallow, &hint);
    if (near)
        text_addf(&hint, " (%sdid you mean '%s'?)", shallow ? "or " : "", near);
    err_set(err, ERR_CONFIG, "unknown commit '%s'%s", ref, hint.data);
    free(near);
    text_free(&hint);
    return -1;
}

static int no_base(const char *source, const char *ref, struct err *err)
{
    const char *branch;
    char *remote = remote_of(source, ref, &branch);

    if (!is_shallow(source))
        err_set(err, ERR_CONFIG, "'%s' and HEAD have no commit in common: name a commit that HEAD descends from", ref);
    else
        err_set(err, ERR_CONFIG,
                "this clone is shallow, and where HEAD left '%s' is not in it: run 'git fetch --unshallow %s' (or, for "
                "a part, 'git fetch --deepen=100 %s')",
                ref, remote ? remote : "REMOTE", remote ? remote : "REMOTE");
    free(remote);
    return -1;
}

/* One commit's hash in *out. 1 where git does not know it. */
static int resolve(const char *source, const char *ref, struct text *out, struct err *err)
{
    struct text name = { 0 }, why = { 0 };
    int status;

    text_addf(&name, "%s^{commit}", ref);
    status = GIT(source, out, &why, err, "rev-parse", "--verify", "--quiet", name.data);
    text_free(&name);
    text_free(&why);
    return status < 0 ? -1 : status > 0;
}

int against_commit(const char *source, const char *ref, char *commit, size_t size, struct err *err)
{
    struct text out = { 0 };
    int status;

    if (!*ref || *ref == '-')
        return err_set(err, ERR_CONFIG, "'%s' is not the name of a commit", ref);
    status = resolve(source, ref, &out, err);
    if (status > 0)
        unknown_ref(source, ref, err);
    if (status == 0)
        text_copy(commit, size, out.data);
    text_free(&out);
    return status == 0 ? 0 : -1;
}

int against_base(const char *source, const char *ref, char *commit, size_t size, struct err *err)
{
    struct text head = { 0 }, other = { 0 }, base = { 0 }, why = { 0 };
    int status, ret = -1;

    if (!*ref || *ref == '-')
        return err_set(err, ERR_CONFIG, "'%s' is not the name of a commit", ref);
    if ((status = resolve(source, "HEAD", &head, err)) < 0)
        goto out;
    if (status > 0) {
        err_set(err, ERR_CONFIG, "'%s' has no commit yet", source);
        goto out;
    }
    if ((status = resolve(source, ref, &other, err)) < 0)
        goto out;
    if (status > 0) {
        unknown_ref(source, ref, err);
        goto out;
    }
    status = GIT(source, &base, &why, err, "merge-base", head.data, other.data);
    if (status == 1) {
        no_base(source, ref, err);
    } else if (status > 0) {
        err_set(err, ERR_CONFIG, "git merge-base: %s", why.data);
    } else if (status == 0) {
        text_copy(commit, size, base.data);
        commit[strcspn(commit, "\n")] = '\0';
        ret = 0;
    }
out:
    text_free(&head);
    text_free(&other);
    text_free(&base);
    text_free(&why);
    return ret;
}
