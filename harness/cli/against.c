// SPDX-License-Identifier: MIT
/* against.c -- finds the program of a commit in the cache, or builds it there.
 *
 * cache/<commit>-<recipe>/{src,build,build.log} exists only once its build is done: all is made in a sibling of a
 * random name, under a lock, and renamed as the last step. A build that failed leaves cache/<commit>-<recipe>.log. */
#include "cli/against_private.h"

#include "base/mem.h"
#include "cli/against_files.h"
#include "cli/commands.h"
#include "cli/version.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define PROGRAM  "build/harness/cli/pawl"
#define ARGS_MAX 64

/* One build on its way. */
struct build {
    const struct against_place *place;
    const char *ref, *commit;
    char *done;             /* the folder it will have */
    char *temp, *src, *out; /* the one it is made in, and inside */
    char *log_path;
    int log;
};

static char *join(const char *folder, const char *name)
{
    struct text t = { 0 };

    text_addf(&t, "%s/%s", folder, name);
    return t.data;
}

uint64_t against_hash(uint64_t h, const char *s)
{
    for (;; s++) {
        h = (h ^ (unsigned char)*s) * 0x100000001b3;
        if (!*s)
            return h;
    }
}

/* "<commit>-<recipe>": our own folders are part of the recipe, since the build takes their names. */
static char *folder_of(const struct against_place *place, const char *commit)
{
    const char *const recipe[] = { version_compiler(), against_recipe, against_source, against_build };
    uint64_t h = AGAINST_HASH;
    struct text t = { 0 };

    for (size_t i = 0; i < ARRAY_LEN(recipe); i++)
        h = against_hash(h, recipe[i]);

    text_addf(&t, "%s/%s-%016llx", place->cache, commit, (unsigned long long)h);
    return t.data;
}

/* Runs a step of the build; its words go to the log. 1 where it failed. */
static int step(const struct build *b, const char *const *argv, struct err *err)
{
    int status;

    dprintf(b->log, "+");
    for (size_t i = 0; argv[i]; i++)
        dprintf(b->log, " %s", argv[i]);
    dprintf(b->log, "\n");
    status = against_run(argv, b->log, b->log, err);
    if (status > 128)
        dprintf(b->log, "error: '%s' was ended by signal %d\n", argv[0], status - 128);
    return status < 0 ? -1 : status > 0;
}

/* The commit's name, since there is no git to ask: version.cmake reads it. */
static int write_note(const struct build *b, struct err *err)
{
    char *path = join(b->src, ".pawl-commit");
    FILE *f = fopen(path, "we");
    bool written = f && fprintf(f, "%s\n", b->commit) > 0;
    int ret = 0;

    if ((f && fclose(f) != 0) || !written)
        ret = err_set(err, ERR_HARNESS, "cannot write '%s': %s", path, strerror(errno));
    free(path);
    return ret;
}

static int extract(const struct build *b, struct err *err)
{
    char *tar = join(b->temp, "src.tar");
    const char *const pack[] = { "git", "-C", b->place->source, "archive", "--format=tar", "-o", tar, b->commit, NULL };
    const char *const unpack[] = { "tar", "-x", "--no-same-owner", "-f", tar, "-C", b->src, NULL };
    int ret;

    if (mkdir(b->src, 0777) < 0)
        ret = err_set(err, ERR_HARNESS, "cannot make the folder '%s': %s", b->src, strerror(errno));
    else if ((ret = step(b, pack, err)) == 0 && (ret = step(b, unpack, err)) == 0)
        ret = write_note(b, err);
    unlink(tar);
    free(tar);
    return ret;
}

/* __FILE__ shall read as in our own build, or the same code would differ by the name of its folder. A path that the
 * flags could not quote stays as it is: that program is measured, never called identical. */
static void add_flags(struct text *arg, const struct build *b)
{
    const struct { const char *from, *to; } maps[] = { { b->src, against_source }, { b->out, against_build } };

    if (strncmp(arg->data, "-DCMAKE_C_FLAGS=", strlen("-DCMAKE_C_FLAGS=")) != 0 &&
        strncmp(arg->data, "-DCMAKE_CXX_FLAGS=", strlen("-DCMAKE_CXX_FLAGS=")) != 0)
        return;
    for (size_t i = 0; i < ARRAY_LEN(maps); i++)
        if (!strpbrk(maps[i].from, "'\"\\$") && !strpbrk(maps[i].to, "'\"\\$"))
            text_addf(arg, " '-ffile-prefix-map=%s=%s'", maps[i].from, maps[i].to);
}

static int configure(const struct build *b, struct err *err)
{
    const char *argv[ARGS_MAX] = { "cmake", "--no-warn-unused-cli", "-S", b->src, "-B", b->out };
    struct text args[ARGS_MAX] = { 0 };
    size_t n = 6;
    int ret;

    for (const char *line = against_recipe, *end; *line; line = end + 1) {
        end = strchr(line, '\n');
        if (!end || n + 1 >= ARGS_MAX)
            BUG("bad recipe of %zu arguments", n);
        text_addf(&args[n], "%.*s", (int)(end - line), line);
        add_flags(&args[n], b);
        argv[n] = args[n].data;
        n++;
    }
    ret = step(b, argv, err);
    for (size_t i = 0; i < n; i++)
        text_free(&args[i]);
    return ret;
}

static int compile(const struct build *b, struct err *err)
{
    char jobs[24];

    snprintf(jobs, sizeof(jobs), "%ld", sysconf(_SC_NPROCESSORS_ONLN));
    return step(b, (const char *const[]){ "cmake", "--build", b->out, "--target", "pawl", "--parallel", jobs, NULL },
                err);
}

/* The build is done: under its name it must be whole even after a power cut. */
static int publish(const struct build *b, struct err *err)
{
    char *program = join(b->temp, PROGRAM);
    int fd = open(program, O_RDONLY | O_CLOEXEC), ret = 0;

    if (fd < 0)
        ret = err_set(err, ERR_CONFIG, "commit %.7s builds no %s: name a later REF", b->commit, PROGRAM);
    else if (fsync(fd) < 0 || rename(b->temp, b->done) < 0)
        ret = err_set(err, ERR_HARNESS, "cannot keep '%s': %s", b->done, strerror(errno));
    if (fd >= 0)
        close(fd);
    free(program);
    return ret;
}

/* Keeps the log and tells its last words. A disk that is full is not the commit's fault. */
static int build_failed(const struct build *b, struct err *err)
{
    struct text kept = { 0 }, words = { 0 }, where = { 0 };

    if (against_disk_is_full(b->log))
        return err_set(err, ERR_HARNESS, "cannot build %.7s: no room left on the disk of '%.200s' or of temporary files "
                       "(it needs about 100 MB; see $XDG_CACHE_HOME, $TMPDIR)",
                       b->commit, b->place->cache);
    text_addf(&kept, "%s.log", b->done);
    if (rename(b->log_path, kept.data) < 0) {
        text_free(&kept);
        text_add(&kept, "lost");
    }
    against_last_words(b->log, b->temp, &words);
    text_addf(&where, b->ref ? ", where HEAD left '%.60s'," : "%s", b->ref ? b->ref : "");
    err_set(err, ERR_CONFIG, "%.7s%s does not build (log: %s):%s", b->commit, where.data, kept.data, words.data);
    text_free(&where);
    text_free(&kept);
    text_free(&words);
    return -1;
}

static int build(struct build *b, struct err *err)
{
    struct text temp = { 0 };
    int ret = -1;

    text_addf(&temp, "%s.tmp-XXXXXX", b->done);
    if (!mkdtemp(temp.data)) {
        err_set(err, ERR_HARNESS, "cannot make a folder in '%s': %s", b->place->cache, strerror(errno));
        text_free(&temp);
        return -1;
    }
    b->temp = temp.data;
    b->src = join(b->temp, "src");
    b->out = join(b->temp, "build");
    b->log_path = join(b->temp, "build.log");
    b->log = open(b->log_path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (b->log < 0) {
        err_set(err, ERR_HARNESS, "cannot write '%s': %s", b->log_path, strerror(errno));
    } else {
        say("building %.7s for comparison...", b->commit);
        if ((ret = extract(b, err)) == 0 && (ret = configure(b, err)) == 0 && (ret = compile(b, err)) == 0)
            ret = publish(b, err);
        if (ret > 0)
            ret = build_failed(b, err);
        close(b->log);
    }
    if (ret < 0)
        against_remove(b->temp);
    free(b->temp);
    free(b->src);
    free(b->out);
    free(b->log_path);
    return ret;
}

/* One build at a time in a cache: a second gate waits, and then finds what the first has built. */
static int lock(const char *cache, struct err *err)
{
    char *path = join(cache, "lock");
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666), got = -1;

    if (fd >= 0 && (got = flock(fd, LOCK_EX | LOCK_NB)) < 0 && errno == EWOULDBLOCK) {
        say("waiting for another gate that builds for its comparison...");
        while ((got = flock(fd, LOCK_EX)) < 0 && errno == EINTR)
            ;
    }
    if (got < 0) {
        err_set(err, ERR_HARNESS, "cannot lock '%s': %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        fd = -1;
    }
    free(path);
    return fd;
}

/* Is it built? Then it has been used now, and stays for another while. */
static bool is_built(const char *folder)
{
    char *program = join(folder, PROGRAM);
    bool built = access(program, X_OK) == 0;

    if (built)
        utimensat(AT_FDCWD, folder, NULL, 0);
    free(program);
    return built;
}

static int find_or_build(struct build *b, struct err *err)
{
    int ret = 0, fd;

    if (is_built(b->done))
        return 0;
    if (against_make_folders(b->place->cache, err) < 0 || (fd = lock(b->place->cache, err)) < 0)
        return -1;
    if (!is_built(b->done)) {
        against_prune(b->place->cache);
        ret = build(b, err);
    }
    close(fd);
    return ret;
}

int against_make(const struct against_place *place, const char *ref, struct against_program *a, struct err *err)
{
    struct build b = { .place = place, .ref = ref, .commit = a->commit, .done = folder_of(place, a->commit) };
    int ret = find_or_build(&b, err);

    if (ret == 0)
        a->program = join(b.done, PROGRAM);
    free(b.done);
    return ret == 0 ? 0 : err->code == ERR_CONFIG ? 1 : -1;
}

int against_prepare_in(const struct against_place *place, const char *ref, bool exact, struct against_program *a,
                       struct err *err)
{
    int (*find)(const char *, const char *, char *, size_t, struct err *) = exact ? against_commit : against_base;

    *a = (struct against_program){ 0 };
    if (find(place->source, ref, a->commit, sizeof(a->commit), err) < 0 ||
        against_make(place, exact ? NULL : ref, a, err) != 0)
        return -1;
    a->identical = against_same_code(place->program, a->program);
    return 0;
}

/* A clone that the user stands in comes before the one that this program was built from. Owned by the caller. */
static char *find_source(struct err *err)
{
    struct err nowhere;
    char *top = against_top(".", &nowhere), real[4096];

    if (top && against_is_pawl(top))
        return top;
    free(top);
    if (!realpath(against_source, real) || !against_is_pawl(real)) {
        err_set(err, ERR_CONFIG, "the clone that this program was built from is gone ('%s'): run it in a clone of pawl",
                against_source);
        return NULL;
    }
    top = against_top(real, err);
    if (top && strcmp(top, real) != 0) { /* an archive, unpacked inside some other project's clone */
        err_set(err, ERR_CONFIG, "'%s' is not a clone of its own: --against needs its history", real);
        free(top);
        top = NULL;
    }
    return top;
}

static char *find_cache(struct err *err)
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");

    if (cache && *cache == '/')
        return join(cache, "pawl/against");
    if (home && *home == '/')
        return join(home, ".cache/pawl/against");
    err_set(err, ERR_CONFIG, "no place to build the other program: set $HOME or $XDG_CACHE_HOME");
    return NULL;
}

int against_find(char **source, char **cache, struct err *err)
{
    *source = find_source(err);
    *cache = *source ? find_cache(err) : NULL;
    return *cache ? 0 : -1;
}

int against_prepare(const char *ref, bool exact, struct against_program *a, struct err *err)
{
    struct against_place place = { .program = "/proc/self/exe" };
    char *source, *cache;
    int ret = against_find(&source, &cache, err);

    *a = (struct against_program){ 0 };
    place.source = source;
    place.cache = cache;
    if (ret == 0)
        ret = against_prepare_in(&place, ref, exact, a, err);
    free(source);
    free(cache);
    return ret;
}

void against_free(struct against_program *a)
{
    free(a->program);
    *a = (struct against_program){ 0 };
}
