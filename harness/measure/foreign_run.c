// SPDX-License-Identifier: MIT
/* The program of foreign.h is started, and what it says is understood. */
#include "base/mem.h"
#include "base/names.h"
#include "base/text.h"
#include "measure/block.h"
#include "measure/foreign.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

/* "^BM_Sort<int>/8$", with a backslash before what a regular expression (POSIX extended, ECMAScript or RE2: the
 * library is built with one of them) would take for more than itself. A closing bracket or brace does not need one, and
 * libstdc++ refuses it. */
static void exact_filter(const char *benchmark, struct text *out)
{
    text_add(out, "--benchmark_filter=^");
    for (const char *c = benchmark; *c; c++)
        text_addf(out, strchr("\\^$.|?*+()[{", *c) ? "\\%c" : "%c", *c);
    text_add(out, "$");
}

/* Starts argv with its standard output in `out`, and nothing on the standard error where it is to be quiet; it dies with
 * its parent. */
static pid_t start(char *const *argv, int out, bool quiet)
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
    null = open("/dev/null", O_RDWR);
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
        (quiet && dup2(null, STDERR_FILENO) < 0))
        _exit(127);
    execv(argv[0], argv);
    dprintf(STDERR_FILENO, "cannot start it: %s\n", strerror(errno));
    _exit(127);
}

/* Does the process end in that time? 0: it does not. */
static int ends_within(pid_t pid, double seconds)
{
    struct pollfd p = { .fd = pidfd_open(pid, 0), .events = POLLIN };
    double deadline = block_clock_s() + seconds;
    int ready;

    do
        ready = poll(&p, 1, (int)fmin(fmax(0, deadline - block_clock_s()) * 1e3, INT_MAX));
    while (ready < 0 && errno == EINTR);
    if (p.fd >= 0)
        close(p.fd);
    return ready;
}

/* Waits for the process, where `timeout_s` is not 0 no longer than that; -1 with how it ended where that was not well. */
static int wait_for(pid_t pid, const char *program, double timeout_s, struct err *err)
{
    bool late = false;
    int status;

    if (pid < 0)
        return err_set(err, ERR_HARNESS, "cannot start a process: %s", strerror(errno));
    if (timeout_s > 0 && ends_within(pid, timeout_s) == 0) {
        kill(pid, SIGKILL);
        late = true;
    }
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return err_set(err, ERR_HARNESS, "cannot wait for '%s': %s", program, strerror(errno));
    if (late)
        return err_set(err, ERR_CONFIG, "'%.120s' was still running after %g s", program, timeout_s);
    if (WIFSIGNALED(status))
        return err_set(err, ERR_CONFIG, "'%.120s' was killed by SIG%s (%s)", program, sigabbrev_np(WTERMSIG(status)),
                       strsignal(WTERMSIG(status)));
    if (WEXITSTATUS(status) != 0)
        return err_set(err, ERR_CONFIG, "'%.120s' ended with exit status %d", program, WEXITSTATUS(status));
    return 0;
}

static int memory_file(const char *name, struct err *err)
{
    int fd = memfd_create(name, MFD_CLOEXEC);

    return fd < 0 ? err_set(err, ERR_HARNESS, "cannot make a memory file: %s", strerror(errno)) : fd;
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

/* Only the rows of that benchmark stay: a program that knows no --benchmark_filter reports all. */
static int keep_only(const char *benchmark, const char *program, struct gbench_report *report, struct err *err)
{
    size_t kept = 0;

    for (size_t i = 0; i < report->n; i++)
        if (strcmp(report->rows[i].name, benchmark) == 0) {
            struct gbench_row row = report->rows[kept];

            report->rows[kept++] = report->rows[i];
            report->rows[i] = row;
        }
    if (kept == 0)
        return err_set(err, ERR_CONFIG, "'%.100s' lists a benchmark '%.60s', but reported '%.60s'", program, benchmark,
                       report->rows[0].name);
    gbench_report_cut(report, kept);
    return 0;
}

/* The report is in the file that --benchmark_out names, or, where the program knows no such option, on its standard
 * output. */
static int take_report(const struct foreign *f, const char *program, int file, int words, struct gbench_report *report,
                       struct err *err)
{
    size_t n;
    char *bytes = contents(file, &n);
    int ret;

    if (n == 0) {
        free(bytes);
        bytes = contents(words, &n);
    }
    if (n == 0)
        ret = err_set(err, ERR_CONFIG, "'%.120s' reported nothing for '%.80s' (--benchmark_out, --benchmark_format=json)", program,
                      f->benchmark);
    else if ((ret = gbench_report_parse(bytes, n, report, err)) < 0)
        err_wrap(err, "the report of '%.120s'", program);
    else
        ret = keep_only(f->benchmark, program, report, err);
    free(bytes);
    return ret;
}

/* What a program that failed said on its standard output follows its words on the standard error, where it said none. */
static void pass_words(int words)
{
    size_t n;
    char *bytes = contents(words, &n);

    if (lseek(STDERR_FILENO, 0, SEEK_CUR) <= 0 && write(STDERR_FILENO, bytes, n) < 0) {
        /* then it has none */
    }
    free(bytes);
}

int foreign_run(const struct foreign *f, const char *program, struct gbench_report *report, struct err *err)
{
    int file = memory_file("report", err), words = file < 0 ? -1 : memory_file("words", err), ret = -1;
    char out[64], repetitions[48], min_time[64];
    struct text filter = { 0 };

    *report = (struct gbench_report){ 0 };
    if (words >= 0) {
        exact_filter(f->benchmark, &filter);
        /* By our own number: a script in between may close what it does not know. */
        snprintf(out, sizeof(out), "--benchmark_out=/proc/%d/fd/%d", (int)getpid(), file);
        snprintf(repetitions, sizeof(repetitions), "--benchmark_repetitions=%d", (int)FOREIGN_ROUNDS);
        snprintf(min_time, sizeof(min_time), "--benchmark_min_time=%g", f->min_time_s);
        ret = wait_for(start((char *[]){ (char *)program, filter.data, out, "--benchmark_out_format=json", "--benchmark_format=json",
                                         repetitions, min_time, "--benchmark_report_aggregates_only=false", NULL },
                             words, false),
                       program, 0, err);
        if (ret == 0)
            ret = take_report(f, program, file, words, report, err);
        else
            pass_words(words);
        text_free(&filter);
        close(words);
    }
    if (file >= 0)
        close(file);
    return ret;
}

struct list {
    struct names known; /* one that is there twice counts as one: its rows are repetitions */
    char **all;
    size_t n, capacity;
};

static void list_add(struct list *list, const char *name)
{
    if (names_has(&list->known, name))
        return;
    names_add(&list->known, name);
    list->all = mem_grow(list->all, &list->capacity, list->n + 1, sizeof(*list->all));
    list->all[list->n++] = mem_strdup(name);
}

static void list_free(struct list *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->all[i]);
    free(list->all);
    names_free(&list->known);
    *list = (struct list){ 0 };
}

/* One name a line. A program that does not know --benchmark_list_tests has run, and reported: its rows have the names. */
static void split_names(char *text, size_t length, struct list *list)
{
    struct gbench_report report = { 0 };
    struct err no_report;

    if (memchr(text, '{', length) && gbench_report_parse(text, length, &report, &no_report) == 0)
        for (size_t i = 0; i < report.n; i++)
            list_add(list, report.rows[i].name);
    else
        for (char *line = strtok(text, "\r\n"); line; line = strtok(NULL, "\r\n"))
            list_add(list, line);
    gbench_report_free(&report);
}

static int ask(const char *program, const char *filter, double timeout_s, bool quiet, struct list *list, struct err *err)
{
    int words = memory_file("names", err), ret;
    struct text option = { 0 };
    char *text;
    size_t length;

    if (words < 0)
        return -1;
    text_addf(&option, "--benchmark_filter=%s", filter);
    ret = wait_for(start((char *[]){ (char *)program, "--benchmark_list_tests=true", option.data, "--benchmark_format=json", NULL },
                         words, quiet),
                   program, timeout_s, err);
    text = contents(words, &length);
    if (ret == 0)
        split_names(text, length, list);
    free(text);
    close(words);
    text_free(&option);
    return ret < 0 ? err_wrap(err, "asked for its benchmarks (--benchmark_list_tests)") : 0;
}

static size_t count_new(const struct list *list, const struct list *words)
{
    size_t n = 0;

    for (size_t i = 0; i < list->n; i++)
        n += !names_has(&words->known, list->all[i]);
    return n;
}

/* What a program prints besides, a greeting, it also prints when it is asked for no name at all. Where it always prints the
 * same it knows no filter. */
static void leave_out_words(const char *program, double timeout_s, struct list *list)
{
    struct list words = { 0 }, all = { 0 };
    struct err refused; /* as it may be */
    size_t kept = 0;

    if (ask(program, "^$", timeout_s, true, &words, &refused) == 0 &&
        (count_new(list, &words) > 0 || (ask(program, ".", timeout_s, true, &all, &refused) == 0 && count_new(&all, &words) > 0))) {
        for (size_t i = 0; i < list->n; i++)
            if (names_has(&words.known, list->all[i]))
                free(list->all[i]);
            else
                list->all[kept++] = list->all[i];
        list->n = kept;
    }
    list_free(&words);
    list_free(&all);
}

int foreign_list(const char *program, const char *filter, double timeout_s, char ***names, size_t *n, struct err *err)
{
    struct list list = { 0 };
    int ret = ask(program, filter ? filter : ".", timeout_s, false, &list, err);

    if (ret == 0 && list.n)
        leave_out_words(program, timeout_s, &list);
    if (ret == 0 && list.n == 0)
        ret = filter ? err_set(err, ERR_CONFIG, "'%.120s' has no benchmark that matches '%.80s'", program, filter)
                     : err_set(err, ERR_CONFIG, "'%.120s' lists no benchmark: is it a Google Benchmark program?", program);
    names_free(&list.known);
    *names = list.all;
    *n = list.n;
    return ret;
}
