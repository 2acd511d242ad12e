// SPDX-License-Identifier: MIT
#include "measure/block_private.h"

#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"
#include "measure/foreign.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <poll.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

struct child {
    pid_t pid;
    int messages;       /* reading end */
    int log;            /* its standard output and error, kept for its last words */
    struct listener listener;
};

double block_clock_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The environment with a variable of seeded random length: the stack's start, and with it the alignment of what lies on
 * it, differs from block to block (Mytkowicz et al., "Producing wrong data without doing anything obviously wrong!",
 * ASPLOS 2009). `pad` is owned by the caller. */
static char **padded_environment(const struct job *job, char **pad)
{
    struct rng rng = rng_seed(job->order_seed ^ 0x5eed);
    size_t n = 0, length = (size_t)rng_below(&rng, 4096);
    char **env;

    while (environ[n])
        n++;
    *pad = mem_array(sizeof("PAWL_PAD=") + length, 1);
    strcpy(*pad, "PAWL_PAD=");
    memset(*pad + strlen(*pad), 'x', length);
    env = mem_array(n + 2, sizeof(*env));
    memcpy(env, environ, n * sizeof(*env));
    env[n] = *pad;
    return env;
}

static void close_fd(int fd)
{
    if (fd >= 0)
        close(fd);
}

/* Starts `program worker` with the job on its standard input. In a process group of its own: a Ctrl-C on the terminal
 * goes to the run alone, which decides. */
static int start(struct child *child, const char *program, struct err *err)
{
    int in[2] = { -1, -1 }, up[2] = { -1, -1 }, ret = -1, failed;
    char *argv[] = { (char *)program, "worker", NULL }, *pad = NULL, **env = padded_environment(child->listener.job, &pad);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t none, def;

    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attr);
    sigemptyset(&none);
    sigemptyset(&def);
    sigaddset(&def, SIGPIPE);
    sigaddset(&def, SIGINT);
    sigaddset(&def, SIGTERM);
    child->log = memfd_create("worker-log", MFD_CLOEXEC);
    if (child->log < 0 || pipe2(in, O_CLOEXEC) < 0 || pipe2(up, O_CLOEXEC) < 0) {
        err_set(err, ERR_HARNESS, "cannot make a pipe to a worker: %s", strerror(errno));
        goto out;
    }
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, child->log, 1);
    posix_spawn_file_actions_adddup2(&actions, child->log, 2);
    posix_spawn_file_actions_adddup2(&actions, up[1], WIRE_FD);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigmask(&attr, &none);
    posix_spawnattr_setsigdefault(&attr, &def);
    child->listener.job->parent = (int)getpid();
    failed = posix_spawn(&child->pid, program, &actions, &attr, argv, env);
    if (failed) {
        err_set(err, ERR_HARNESS, "cannot start a worker (%s): %s", program, strerror(failed));
        goto out;
    }
    wire_send(in[1], wire_job(child->listener.job));
    child->messages = up[0];
    up[0] = -1;
    ret = 0;
out:
    close_fd(in[0]);
    close_fd(in[1]);
    close_fd(up[0]);
    close_fd(up[1]);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
    free(env);
    free(pad);
    return ret;
}

static int take_bytes(struct child *child, struct err *err)
{
    char chunk[4096];
    ssize_t n = read(child->messages, chunk, sizeof(chunk));

    if (n < 0)
        return errno == EINTR ? 1 : err_set(err, ERR_HARNESS, "cannot read from a worker: %s", strerror(errno));
    return n == 0 ? 0 : listener_take(&child->listener, chunk, (size_t)n, err) < 0 ? -1 : 1;
}

/* Its process has ended. It stays to be waited for, so that its pid, and its group's, is nobody else's yet. */
static bool has_ended(const struct child *child)
{
    siginfo_t info = { 0 };

    return waitid(P_PID, (id_t)child->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid == child->pid;
}

/* Until the worker has ended: 0; over its time: 1; -1 on an error or a stop. The pipe's end does not show its own: a
 * subject that closes every descriptor may go on for ever, and a child that it left behind may keep the pipe open. */
static int listen_to(struct child *child, const struct block_options *options, struct err *err)
{
    double deadline = block_clock_s() + options->timeout_s;

    for (bool open = true;;) {
        struct pollfd p = { .fd = open ? child->messages : -1, .events = POLLIN };
        bool ended = has_ended(child); /* before poll(): all that it wrote is in the pipe then */
        double left = deadline - block_clock_s();
        int ready, more;

        if (options->stop && *options->stop)
            return err_set(err, ERR_HARNESS, "interrupted");
        if ((ended && !open) || left <= 0)
            return !ended;
        /* A signal may come just before poll(), and an end shows in no descriptor: look twice a second, and after the
         * pipe's end, which the process's own follows at once, every millisecond. */
        ready = poll(&p, 1, ended ? 0 : open ? (int)fmin(left * 1e3 + 1, 500) : 1);
        if (ready < 0 && errno != EINTR)
            return err_set(err, ERR_HARNESS, "cannot wait for a worker: %s", strerror(errno));
        if (ready == 0 && ended)
            return 0;
        if (ready <= 0)
            continue;
        more = take_bytes(child, err);
        if (more < 0)
            return -1;
        open = more > 0;
    }
}

/* The last line that the worker printed, for the reason; "" where there is none. A sanitizer's farewell is not it: the
 * line before that sums up what it found. */
static void last_words(const struct child *child, char *buf, size_t size)
{
    char tail[2048];
    off_t end = lseek(child->log, 0, SEEK_END);
    off_t from = end > (off_t)sizeof(tail) - 1 ? end - ((off_t)sizeof(tail) - 1) : 0;
    ssize_t n = pread(child->log, tail, sizeof(tail) - 1, from);

    buf[0] = '\0';
    while (n > 0) {
        char *line;

        while (n > 0 && strchr("\n\r \t", tail[n - 1]))
            n--;
        tail[n] = '\0';
        line = strrchr(tail, '\n');
        line = line ? line + 1 : tail;
        text_copy(buf, size, line);
        if (!strstr(line, "==ABORTING"))
            return;
        n = line - tail;
    }
}

/* To the reason of a fault. */
static void add_words(struct child *child)
{
    struct block *b = child->listener.block;
    size_t length = strlen(b->reason);
    char words[160];

    last_words(child, words, sizeof(words));
    if (words[0])
        snprintf(b->reason + length, sizeof(b->reason) - length, " (it said: %s)", words);
}

static void set_fault(struct child *child, enum case_status status, const char *what)
{
    struct block *b = child->listener.block;

    b->status = status;
    b->variant = child->listener.phase_variant;
    snprintf(b->reason, sizeof(b->reason), "%s %s", what, child->listener.phase[0] ? child->listener.phase : "in set-up");
    add_words(child);
}

/* What the end of the process means for the block. */
static void judge_end(struct child *child, const struct block_options *options, bool timed_out, int status)
{
    struct block *b = child->listener.block;
    char what[96];

    if (b->status != CASE_OK) { /* it told us itself */
        if (b->status == CASE_CRASHED && foreign_of(child->listener.job->comparison->params.scenario))
            add_words(child); /* how another's program ended; it may have said why */
    } else if (timed_out) {
        snprintf(what, sizeof(what), "still running after %g s,", options->timeout_s);
        set_fault(child, CASE_TIMED_OUT, what);
    } else if (WIFSIGNALED(status)) {
        snprintf(what, sizeof(what), "killed by SIG%s (%s)", sigabbrev_np(WTERMSIG(status)),
                 strsignal(WTERMSIG(status)));
        set_fault(child, CASE_CRASHED, what);
    } else if (!child->listener.done) {
        snprintf(what, sizeof(what), "the worker ended early with exit status %d", WEXITSTATUS(status));
        set_fault(child, CASE_CRASHED, what);
    }
}

static void name_cpus(const struct job *job, struct block *block)
{
    int n = params_threads(&job->comparison->params), used = 0;

    for (int i = 0; i < n && i < job->n_pus && used < (int)sizeof(block->cpus) - 8; i++)
        used += snprintf(block->cpus + used, sizeof(block->cpus) - (size_t)used, "%s%d", i ? "," : "", job->pus[i]);
    if (job->n_pus == 0)
        text_copy(block->cpus, sizeof(block->cpus), "unbound");
}

int block_run(struct job *job, const struct block_options *options, int index, struct block *block, struct err *err)
{
    struct child child = { .messages = -1, .log = -1, .listener = { .block = block, .job = job, .phase_variant = -1 } };
    double started = block_clock_s();
    int heard = -1, status = 0;

    *block = (struct block){ .index = index, .variant = -1 };
    name_cpus(job, block);
    if (start(&child, options->program, err) < 0)
        goto out;
    heard = listen_to(&child, options, err);
    kill(-child.pid, SIGKILL); /* what hangs, and what a subject started and left behind */
    while (waitpid(child.pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (heard >= 0)
        judge_end(&child, options, heard > 0, status);
out:
    block->seconds = block_clock_s() - started;
    close_fd(child.messages);
    close_fd(child.log);
    listener_free(&child.listener);
    if (heard < 0)
        block_free(block);
    return heard < 0 ? -1 : 0;
}
