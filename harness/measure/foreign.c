// SPDX-License-Identifier: MIT
#include "measure/foreign.h"

#include "base/mem.h"
#include "base/text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* Marks the scenarios of this file; what is timed is another process. */
static void run_elsewhere(void *state, const struct variant *variant, int64_t n)
{
    (void)state;
    (void)n;
    BUG("'%s' runs in a process of its own", variant->name);
}

static bool may_stand_in_an_id(char c)
{
    return isalnum((unsigned char)c) || strchr("_./=@-:+", c);
}

/* "gbench/bench/BM_Sort_int_/1024" of "BM_Sort<int>/1024". Empty words between slashes would be empty folders of a
 * report. */
void foreign_name(const char *kind, const char *title, const char *name, char buf[CASE_ID_MAX])
{
    enum { ROOM = CASE_ID_MAX - sizeof("/clock") - 10 };
    struct text t = { 0 };
    uint64_t hash = 0xcbf29ce484222325; /* FNV-1a (Fowler, Noll, Vo), 64 bits */

    text_addf(&t, "%s/%s/%s", kind, title, name);
    for (size_t i = 0; i < t.len; i++) {
        hash = (hash ^ (unsigned char)t.data[i]) * 0x100000001b3;
        if (!may_stand_in_an_id(t.data[i]) || (t.data[i] == '/' && (t.data[i + 1] == '/' || !t.data[i + 1])))
            t.data[i] = '_';
    }
    if (t.len > ROOM)
        snprintf(buf, CASE_ID_MAX, "%.*s~%08" PRIx32, (int)ROOM, t.data, (uint32_t)hash);
    else
        text_copy(buf, CASE_ID_MAX, t.data);
    text_free(&t);
}

void foreign_init(struct foreign *f, const char *title, const char *program, const char *other, const char *benchmark,
                  double min_time_s)
{
    *f = (struct foreign){ .benchmark = mem_strdup(benchmark), .program = mem_strdup(program),
                           .other = other ? mem_strdup(other) : NULL, .min_time_s = min_time_s };
    foreign_name("gbench", title, benchmark, f->name);
    f->variants[0] = (struct variant){ .name = "clock", .role = ROLE_PEER };
    f->variants[1] = (struct variant){ .name = "run" };
    f->scenario = (struct scenario){ .name = f->name, .summary = f->benchmark, .variants = f->variants,
                                     .n_variants = FOREIGN_VARIANTS, .run = run_elsewhere };
}

void foreign_free(struct foreign *f)
{
    free(f->benchmark);
    free(f->program);
    free(f->other);
    *f = (struct foreign){ 0 };
}

const struct foreign *foreign_of(const struct scenario *scenario)
{
    return scenario->run == run_elsewhere ? (const struct foreign *)scenario : NULL; /* its first member */
}

struct metric foreign_metric(const char *counter, char name[NAME_MAX_LEN])
{
    static const char rate[] = "_per_second";
    size_t n = strlen(counter);
    bool is_rate = n > strlen(rate) && strcmp(counter + n - strlen(rate), rate) == 0;

    text_copy(name, NAME_MAX_LEN, counter);
    for (char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("_@.:-", *c))
            *c = '_';
    return (struct metric){ .name = name, .kind = METRIC_TIMED,
                            .unit = !is_rate ? "" : strncmp(counter, "bytes", 5) == 0 ? "B/s" : "/s",
                            .better = is_rate ? METRIC_HIGHER_IS_BETTER : METRIC_LOWER_IS_BETTER };
}

const struct metric *foreign_counter(const struct scenario *scenario, const char *name)
{
    struct foreign *f = (struct foreign *)foreign_of(scenario); /* made by foreign_init(): never constant */
    size_t n = scenario->n_metrics;

    if (!f || !*name || n == FOREIGN_COUNTERS)
        return NULL;
    f->counters[n] = foreign_metric(name, f->counter_names[n]);
    f->scenario.metrics = f->counters;
    f->scenario.n_metrics++;
    return &f->counters[n];
}

int foreign_threads(const char *benchmark)
{
    const char *at = strstr(benchmark, "/threads:");
    int n = at ? atoi(at + strlen("/threads:")) : 1;

    return n > 1 ? n : 1;
}

/* "^BM_Sort<int>/8$", with a backslash before what a regular expression (POSIX extended, ECMAScript or RE2: the
 * library is built with one of them) would take for more than itself. */
static void exact_filter(const char *benchmark, struct text *out)
{
    text_add(out, "--benchmark_filter=^");
    for (const char *c = benchmark; *c; c++)
        text_addf(out, strchr("\\^$.|?*+()[]{}", *c) ? "\\%c" : "%c", *c);
    text_add(out, "$");
}

/* Starts argv; it dies with its parent. Its standard output is `out` where that is not -1, else standard error. */
static pid_t start(char *const *argv, int out, int report)
{
    pid_t parent = getpid(), pid = fork();
    int null;

    if (pid != 0)
        return pid;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(127);
    signal(SIGPIPE, SIG_DFL);
    signal(SIGXFSZ, SIG_DFL);
    null = open("/dev/null", O_RDONLY);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out < 0 ? STDERR_FILENO : out, STDOUT_FILENO) < 0 ||
        (report >= 0 && fcntl(report, F_SETFD, 0) < 0))
        _exit(127);
    execv(argv[0], argv);
    dprintf(STDERR_FILENO, "cannot start it: %s\n", strerror(errno));
    _exit(127);
}

/* Waits for the process; -1 with how it ended where that was not well. */
static int wait_for(pid_t pid, const char *program, struct err *err)
{
    int status;

    if (pid < 0)
        return err_set(err, ERR_HARNESS, "cannot start a process: %s", strerror(errno));
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return err_set(err, ERR_HARNESS, "cannot wait for '%s': %s", program, strerror(errno));
    if (WIFSIGNALED(status))
        return err_set(err, ERR_CONFIG, "'%.120s' was killed by SIG%s (%s)", program, sigabbrev_np(WTERMSIG(status)),
                       strsignal(WTERMSIG(status)));
    if (WEXITSTATUS(status) != 0)
        return err_set(err, ERR_CONFIG, "'%.120s' ended with exit status %d", program, WEXITSTATUS(status));
    return 0;
}

/* All that is in a memory file; owned by the caller. */
static char *contents(int fd, size_t *n)
{
    off_t end = lseek(fd, 0, SEEK_END);
    char *bytes;
    ssize_t got;

    *n = 0;
    if (end < 0 || end > GBENCH_BYTES_MAX)
        end = 0;
    bytes = mem_array((size_t)end + 1, 1);
    while (*n < (size_t)end && (got = pread(fd, bytes + *n, (size_t)end - *n, (off_t)*n)) > 0)
        *n += (size_t)got;
    return bytes;
}

int foreign_run(const struct foreign *f, const char *program, struct gbench_report *report, struct err *err)
{
    int fd = memfd_create("report", MFD_CLOEXEC), ret = -1;
    char out[64], repetitions[48], min_time[64], *bytes;
    struct text filter = { 0 };
    size_t n;

    *report = (struct gbench_report){ 0 };
    if (fd < 0)
        return err_set(err, ERR_HARNESS, "cannot make a memory file: %s", strerror(errno));
    exact_filter(f->benchmark, &filter);
    snprintf(out, sizeof(out), "--benchmark_out=/proc/self/fd/%d", fd);
    snprintf(repetitions, sizeof(repetitions), "--benchmark_repetitions=%d", (int)FOREIGN_ROUNDS);
    snprintf(min_time, sizeof(min_time), "--benchmark_min_time=%g", f->min_time_s);
    ret = wait_for(start((char *[]){ (char *)program, filter.data, out, "--benchmark_out_format=json", repetitions, min_time,
                                     "--benchmark_report_aggregates_only=false", NULL },
                         -1, fd),
                   program, err);
    bytes = contents(fd, &n);
    if (ret == 0 && n == 0)
        ret = err_set(err, ERR_CONFIG, "'%.120s' reported nothing for '%.80s' (--benchmark_out)", program, f->benchmark);
    else if (ret == 0 && gbench_report_parse(bytes, n, report, err) < 0)
        ret = err_wrap(err, "the report of '%.120s'", program);
    free(bytes);
    close(fd);
    text_free(&filter);
    return ret;
}

/* One name a line. What else a program prints (a greeting) would be taken for one: it is found out when it runs. */
static void split_names(char *text, char ***names, size_t *n)
{
    size_t capacity = 0;

    for (char *line = strtok(text, "\r\n"); line; line = strtok(NULL, "\r\n")) {
        *names = mem_grow(*names, &capacity, *n + 1, sizeof(**names));
        (*names)[(*n)++] = mem_strdup(line);
    }
}

int foreign_list(const char *program, const char *filter, char ***names, size_t *n, struct err *err)
{
    int fd = memfd_create("names", MFD_CLOEXEC), ret;
    struct text option = { 0 };
    char *text;
    size_t length;

    *names = NULL;
    *n = 0;
    if (fd < 0)
        return err_set(err, ERR_HARNESS, "cannot make a memory file: %s", strerror(errno));
    text_addf(&option, "--benchmark_filter=%s", filter ? filter : ".");
    ret = wait_for(start((char *[]){ (char *)program, "--benchmark_list_tests=true", option.data, NULL }, fd, -1), program, err);
    if (ret < 0)
        err_wrap(err, "asked for its benchmarks (--benchmark_list_tests)");
    text = contents(fd, &length);
    if (ret == 0)
        split_names(text, names, n);
    if (ret == 0 && *n == 0)
        ret = filter ? err_set(err, ERR_CONFIG, "'%.120s' has no benchmark that matches '%.80s'", program, filter)
                     : err_set(err, ERR_CONFIG, "'%.120s' lists no benchmark: is it a Google Benchmark program?", program);
    free(text);
    close(fd);
    text_free(&option);
    return ret;
}
