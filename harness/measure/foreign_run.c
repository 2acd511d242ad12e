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

/* Starts argv with its standard output in `out`; it dies with its parent. */
static pid_t start(char *const *argv, int out)
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
    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0)
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
                             words),
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

/* One that is there twice counts as one: its rows are repetitions. */
static void add_name(const char *name, struct names *known, char ***names, size_t *n, size_t *capacity)
{
    if (names_add(known, name) < *n)
        return;
    *names = mem_grow(*names, capacity, *n + 1, sizeof(**names));
    (*names)[(*n)++] = mem_strdup(name);
}

/* One name a line. What else a program prints (a greeting) would be taken for one: it is found out when it runs. A program
 * that does not know --benchmark_list_tests has run, and reported: its rows have the names. */
static void split_names(char *text, size_t length, char ***names, size_t *n)
{
    struct gbench_report report = { 0 };
    struct err no_report;
    struct names known = { 0 };
    size_t capacity = 0;

    if (memchr(text, '{', length) && gbench_report_parse(text, length, &report, &no_report) == 0)
        for (size_t i = 0; i < report.n; i++)
            add_name(report.rows[i].name, &known, names, n, &capacity);
    else
        for (char *line = strtok(text, "\r\n"); line; line = strtok(NULL, "\r\n"))
            add_name(line, &known, names, n, &capacity);
    gbench_report_free(&report);
    names_free(&known);
}

int foreign_list(const char *program, const char *filter, double timeout_s, char ***names, size_t *n, struct err *err)
{
    int words = memory_file("names", err), ret;
    struct text option = { 0 };
    char *text;
    size_t length;

    *names = NULL;
    *n = 0;
    if (words < 0)
        return -1;
    text_addf(&option, "--benchmark_filter=%s", filter ? filter : ".");
    ret = wait_for(start((char *[]){ (char *)program, "--benchmark_list_tests=true", option.data, "--benchmark_format=json", NULL },
                         words),
                   program, timeout_s, err);
    if (ret < 0)
        err_wrap(err, "asked for its benchmarks (--benchmark_list_tests)");
    text = contents(words, &length);
    if (ret == 0)
        split_names(text, length, names, n);
    if (ret == 0 && *n == 0)
        ret = filter ? err_set(err, ERR_CONFIG, "'%.120s' has no benchmark that matches '%.80s'", program, filter)
                     : err_set(err, ERR_CONFIG, "'%.120s' lists no benchmark: is it a Google Benchmark program?", program);
    free(text);
    close(words);
    text_free(&option);
    return ret;
}
