// SPDX-License-Identifier: MIT
#include "cli/programs.h"

#include "base/mem.h"
#include "base/text.h"
#include "cli/against_private.h"
#include "cli/commands.h"
#include "judge/json_file.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <libgen.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* One program that is to be asked for its benchmarks. */
struct source {
    char *title, *path, *other, *filter; /* other, filter: NULL where none */
    double min_time_s, timeout_s;
};

static void source_free(struct source *s)
{
    free(s->title);
    free(s->path);
    free(s->other);
    free(s->filter);
}

/* A program that may be started, by its absolute path; owned by the caller. */
static char *find_program(const char *path, struct err *err)
{
    char real[PATH_MAX];
    struct stat st;

    if (!realpath(path, real) || stat(real, &st) < 0)
        err_set(err, ERR_CONFIG, "no program '%.150s': %s", path, strerror(errno));
    else if (!S_ISREG(st.st_mode) || access(real, X_OK) < 0)
        err_set(err, ERR_CONFIG, "'%.150s' is no program that can be started", path);
    else
        return mem_strdup(real);
    return NULL;
}

/* --against-gbench names a file, or a folder: another checkout or build, in which the program has the same relative path. */
static char *find_other(const char *against, const char *relative, struct err *err)
{
    struct text inside = { 0 };
    struct stat st;
    char *found;

    if (stat(against, &st) < 0 || !S_ISDIR(st.st_mode))
        return find_program(against, err);
    text_addf(&inside, "%s/%s", against, relative);
    found = find_program(inside.data, err);
    text_free(&inside);
    return found;
}

/* What stands in a case id for the program: the name of its file, without what an id cannot hold. */
static char *title_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *title = mem_strdup(slash ? slash + 1 : path);

    for (char *c = title; *c; c++)
        if (strchr("{}*?[],\\ ", *c))
            *c = '_';
    return title;
}

static void add_names(struct programs *p, size_t *capacity, const struct source *s, char **names, size_t n)
{
    p->all = mem_grow(p->all, capacity, p->n + n, sizeof(*p->all));
    for (size_t i = 0; i < n; i++)
        foreign_init(&p->all[p->n++], s->title, s->path, s->other, names[i], s->min_time_s);
}

static void names_free(char **names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(names[i]);
    free(names);
}

/* Two benchmarks of one id could not be told apart. */
static int check_ids(const struct programs *p, struct err *err)
{
    for (size_t i = 0; i < p->n; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(p->all[i].name, p->all[k].name) == 0)
                return err_set(err, ERR_CONFIG, "'%.80s' and '%.80s' have one case id, '%s': give the programs names in a "
                                                "pawl.json, or filter one out",
                               p->all[k].benchmark, p->all[i].benchmark, p->all[i].name);
    return 0;
}

/* Which of ours the other build has, and what it has besides. */
static int ask_other(struct programs *p, size_t first, const struct source *s, struct err *err)
{
    char **names;
    size_t n, capacity = p->n_missing;

    if (foreign_list(s->other, s->filter, s->timeout_s, &names, &n, err) < 0)
        return -1;
    for (size_t i = 0; i < n; i++) {
        bool ours = false;

        for (size_t k = first; k < p->n; k++)
            if (strcmp(p->all[k].benchmark, names[i]) == 0)
                ours = p->elsewhere[k] = true;
        if (!ours) {
            struct foreign f;
            struct text id = { 0 };

            foreign_init(&f, s->title, s->path, NULL, names[i], 0);
            text_addf(&id, "%s/%s", f.name, f.variants[1].name);
            p->missing = mem_grow(p->missing, &capacity, p->n_missing + 1, sizeof(*p->missing));
            p->missing[p->n_missing++] = id.data;
            foreign_free(&f);
        }
    }
    names_free(names, n);
    return 0;
}

/* FNV-1a (Fowler, Noll, Vo), 64 bits, of a file's bytes; 0: it cannot be read. */
static uint64_t hash_file(const char *path, uint64_t h)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat st;
    const unsigned char *bytes = MAP_FAILED;

    if (fd >= 0 && fstat(fd, &st) == 0 && st.st_size > 0)
        bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    for (off_t i = 0; bytes != MAP_FAILED && i < st.st_size; i++)
        h = (h ^ bytes[i]) * 0x100000001b3;
    if (bytes != MAP_FAILED)
        munmap((void *)bytes, (size_t)st.st_size);
    if (fd >= 0)
        close(fd);
    return bytes == MAP_FAILED ? 0 : h;
}

/* Asks every program, then the other builds. */
static int ask_all(const struct source *sources, size_t n, struct programs *p, struct err *err)
{
    uint64_t ours = 0xcbf29ce484222325, others = ours;
    size_t capacity = 0, *first = mem_array(n + 1, sizeof(*first));
    int ret = 0;

    for (size_t i = 0; i < n && ret == 0; i++) {
        char **names;
        size_t n_names;

        first[i] = p->n;
        ret = foreign_list(sources[i].path, sources[i].filter, sources[i].timeout_s, &names, &n_names, err);
        if (ret == 0)
            add_names(p, &capacity, &sources[i], names, n_names);
        names_free(names, n_names);
    }
    first[n] = p->n;
    if (ret == 0)
        ret = check_ids(p, err);
    p->elsewhere = mem_array(p->n, sizeof(*p->elsewhere));
    for (size_t i = 0; i < n && ret == 0 && sources[i].other; i++) {
        ret = ask_other(p, first[i], &sources[i], err);
        ours = hash_file(sources[i].path, ours);
        others = hash_file(sources[i].other, others);
        snprintf(p->ref, sizeof(p->ref), "build-%08x", (unsigned)(others ^ others >> 32));
        p->identical = ours && ours == others;
    }
    free(first);
    if (ret < 0)
        return -1;
    p->scenarios = mem_array(p->n, sizeof(*p->scenarios));
    for (size_t i = 0; i < p->n; i++) {
        p->all[i].scenario.name = p->all[i].name; /* the array has moved as it grew */
        p->all[i].scenario.variants = p->all[i].variants;
        p->scenarios[i] = &p->all[i].scenario;
    }
    p->registry = (struct registry){ p->scenarios, p->n };
    return 0;
}

/* Of --gbench. */
static int from_option(const struct options *o, struct programs *p, struct err *err)
{
    struct source s = { .min_time_s = o->min_time_s, .timeout_s = o->timeout_s };
    int ret = -1;

    s.path = find_program(o->gbench, err);
    s.other = s.path && o->against_gbench ? find_other(o->against_gbench, o->gbench, err) : NULL;
    if (s.path && (s.other || !o->against_gbench)) {
        s.title = title_of(s.path);
        s.filter = o->filter ? mem_strdup(o->filter) : NULL;
        ret = ask_all(&s, 1, p, err);
    }
    source_free(&s);
    return ret;
}

/* A file's path as the file that names it means it: owned by the caller. */
static char *beside(const char *config, const char *path)
{
    char *copy = mem_strdup(config);
    struct text t = { 0 };

    text_addf(&t, *path == '/' ? "%.0s%s" : "%s/%s", dirname(copy), path);
    free(copy);
    return t.data;
}

static int read_source(const json_t *row, const struct options *o, const char *config, struct source *s, struct err *err)
{
    static const char *const keys[] = { "program", "name", "filter", "min_time" };
    const char *program, *name = NULL, *filter = NULL;
    json_error_t e;
    char *path;

    s->min_time_s = o->min_time_s;
    s->timeout_s = o->timeout_s;
    if (json_file_keys(row, keys, ARRAY_LEN(keys), err) < 0)
        return -1;
    if (json_unpack_ex((json_t *)row, &e, JSON_STRICT, "{s:s, s?s, s?s, s?F}", "program", &program, "name", &name, "filter",
                       &filter, "min_time", &s->min_time_s) < 0)
        return err_set(err, ERR_CONFIG, "%s ('program' is needed; 'name', 'filter', 'min_time' may be there)", e.text);
    if (!(s->min_time_s > 0) || s->min_time_s > 3600)
        return err_set(err, ERR_CONFIG, "'min_time' is %g: not seconds of a repetition", s->min_time_s);
    if (name && (!*name || strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.") != strlen(name)))
        return err_set(err, ERR_CONFIG, "'name' is '%.60s': letters, digits and _-. make one", name);
    path = beside(config, program);
    s->path = find_program(path, err);
    if (s->path) {
        s->title = name ? mem_strdup(name) : title_of(s->path);
        s->filter = o->filter || filter ? mem_strdup(o->filter ? o->filter : filter) : NULL;
        s->other = o->against_gbench ? find_other(o->against_gbench, program, err) : NULL;
    }
    free(path);
    return s->path && (s->other || !o->against_gbench) ? 0 : -1;
}

static int read_sources(const json_t *rows, const struct options *o, struct programs *p, struct err *err)
{
    size_t n = json_array_size(rows), i;
    struct source *sources = mem_array(n, sizeof(*sources));
    const json_t *row;
    int ret = 0;

    json_array_foreach(rows, i, row)
        if (ret == 0 && read_source(row, o, p->config, &sources[i], err) < 0)
            ret = err_wrap(err, "benchmarks[%zu]", i);
    if (ret == 0)
        ret = ask_all(sources, n, p, err);
    for (i = 0; i < n; i++)
        source_free(&sources[i]);
    free(sources);
    return ret;
}

/* A counter of theirs that a target names is one of their metrics, and better in the target's way. A slip of a name that
 * all of them have is left for targets_read() to tell. */
static void want_counters(struct programs *p, const json_t *targets)
{
    const char *const everywhere[] = { metric_time_ns.name, metric_speedup.name };
    const json_t *row;
    size_t i;

    json_array_foreach(targets, i, row) {
        const char *cases = json_string_value(json_object_get(row, "cases"));
        const char *metric = json_string_value(json_object_get(row, "metric"));
        struct err unused;

        if (!cases || !metric || text_glob_check(cases, &unused) < 0 || text_suggest(metric, everywhere, ARRAY_LEN(everywhere)))
            continue;
        for (size_t k = 0; k < p->n; k++) {
            char id[CASE_ID_MAX];

            snprintf(id, sizeof(id), "%.180s/%s", p->all[k].name, p->all[k].variants[1].name);
            if (text_glob(cases, id))
                foreign_want(&p->all[k], metric,
                             json_object_get(row, "at_least") ? METRIC_HIGHER_IS_BETTER : METRIC_LOWER_IS_BETTER);
        }
    }
}

static int from_config(const struct options *o, bool ask, struct programs *p, struct err *err)
{
    json_error_t e;
    json_t *root = json_load_file(p->config, JSON_REJECT_DUPLICATES, &e), *rows = NULL, *targets = NULL;
    static const char *const keys[] = { "benchmarks", "targets", "baselines" };
    const char *baselines = NULL;
    int ret = -1;

    if (!root)
        err_set(err, ERR_CONFIG, "line %d: %s", e.line, e.text);
    else if (json_file_keys(root, keys, ARRAY_LEN(keys), err) < 0)
        ; /* said */
    else if (json_unpack_ex(root, &e, JSON_STRICT, "{s:o, s?o, s?s}", "benchmarks", &rows, "targets", &targets, "baselines",
                            &baselines) < 0)
        err_set(err, ERR_CONFIG, "%s ('benchmarks' is needed; 'targets' and 'baselines' may be there)", e.text);
    else if (!json_is_array(rows) || json_array_size(rows) == 0)
        err_set(err, ERR_CONFIG, "'benchmarks' is no array of at least one program");
    else
        ret = ask ? read_sources(rows, o, p, err) : 0;
    if (ret == 0)
        want_counters(p, targets);
    p->has_targets = targets != NULL;
    p->baselines = ret == 0 && baselines ? beside(p->config, baselines) : NULL;
    json_decref(root);
    return ret < 0 ? err_wrap(err, "'%.150s'", p->config) : 0;
}

/* What the figures are of: the project's commit, where the command is called in its clone. */
static void find_commit(struct programs *p)
{
    struct text out = { 0 }, unused = { 0 };
    struct err no_git;

    if (against_capture((const char *const[]){ "git", "rev-parse", "HEAD", NULL }, &out, &unused, &no_git) == 0)
        text_copy(p->commit, sizeof(p->commit), out.data);
    text_free(&out);
    if (*p->commit && against_capture((const char *const[]){ "git", "status", "--porcelain", "--untracked-files=no", NULL }, &out,
                                      &unused, &no_git) == 0)
        p->dirty = out.len > 0;
    text_free(&out);
    text_free(&unused);
}

int programs_open(const struct options *o, bool ask, struct programs *p, struct err *err)
{
    const char *config = o->config ? o->config : !o->gbench && access(PROGRAMS_CONFIG, F_OK) == 0 ? PROGRAMS_CONFIG : NULL;

    *p = (struct programs){ 0 };
    if (o->gbench && o->config)
        return err_set(err, ERR_USAGE, "--gbench and --config exclude each other");
    if (!o->gbench && !config && (o->against_gbench || o->filter))
        return err_set(err, ERR_USAGE, "%s needs --gbench PROGRAM, or a %s here",
                       o->against_gbench ? "--against-gbench" : "--benchmark_filter", PROGRAMS_CONFIG);
    if ((o->against || o->against_program) && (o->gbench || config))
        return err_set(err, ERR_USAGE, "--against builds this program's own commits: a benchmark program of yours is held "
                                       "against another build of it by --against-gbench FILE");
    if (!o->gbench && !config)
        return 0;
    if (config)
        p->config = mem_strdup(config);
    if (ask)
        find_commit(p);
    return (config ? from_config(o, ask, p, err) : from_option(o, p, err)) < 0 ? -1 : 1;
}

void programs_close(struct programs *p)
{
    for (size_t i = 0; i < p->n; i++)
        foreign_free(&p->all[i]);
    names_free(p->missing, p->n_missing);
    free(p->all);
    free(p->scenarios);
    free(p->elsewhere);
    free(p->config);
    free(p->baselines);
    *p = (struct programs){ 0 };
}

static bool in_ref(void *arg, const char *case_id)
{
    const struct programs *p = arg;

    for (size_t i = 0; i < p->n; i++) {
        size_t n = strlen(p->all[i].name);

        if (strncmp(p->all[i].name, case_id, n) == 0 && case_id[n] == '/' && !strchr(case_id + n + 1, '/'))
            return p->elsewhere[i];
    }
    return false;
}

void programs_rules(const struct programs *p, struct gate_rules *rules)
{
    rules->ref = p->ref;
    rules->ref_identical = p->identical;
    rules->in_ref = in_ref;
    rules->ref_arg = (void *)p;
    rules->ref_missing = (const char *const *)p->missing;
    rules->n_ref_missing = p->n_missing;
}
