// SPDX-License-Identifier: MIT
#include "report/gnuplot.h"

#include "base/mem.h"
#include "report/figure.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

void gnuplot_string(struct text *script, const char *s)
{
    struct text clean = { 0 };

    text_add(&clean, "");
    figure_clean(&clean, s);
    text_add(script, "'");
    for (const char *p = clean.data; *p; p++)
        text_addf(script, *p == '\'' ? "’" : "%c", *p);
    text_add(script, "'");
    text_free(&clean);
}

void gnuplot_number(struct text *script, double value)
{
    if (isfinite(value))
        text_addf(script, "%.17g", value);
    else
        text_add(script, "NaN");
}

static int write_all(int fd, const char *data, size_t n)
{
    while (n) {
        ssize_t done = write(fd, data, n);

        if (done < 0 && errno == EINTR)
            continue;
        if (done < 0)
            return -1;
        data += done;
        n -= (size_t)done;
    }
    return 0;
}

#define SCRIPT_NAME "\"/dev/stdin\" "

/* The line that says what is wrong: gnuplot first repeats the command and points at it with a caret, and what it only
 * warns of is not why it failed. */
static void first_message(int fd, char *line, size_t size)
{
    char buf[8192], *rest = buf, *next;
    ssize_t n = pread(fd, buf, sizeof(buf) - 1, 0);
    bool found = false;

    buf[n > 0 ? n : 0] = '\0';
    text_copy(line, size, "it gave no reason");
    while (!found && (next = strsep(&rest, "\n"))) {
        struct text clean = { 0 };

        next += strspn(next, " \t");
        if (strncmp(next, SCRIPT_NAME, strlen(SCRIPT_NAME)) == 0) /* where it stands says "line 12: ..." as well */
            next += strlen(SCRIPT_NAME);
        found = strncmp(next, "line ", 5) == 0 && !strstr(next, "warning:");
        text_add(&clean, "");
        figure_clean(&clean, next);
        if (found)
            text_copy(line, size, clean.data);
        text_free(&clean);
    }
}

/* Input and messages are files in memory, not pipes: neither side can wait for the other. */
static int spawn(int in, int messages, const char *folder, pid_t *pid)
{
    char path[4096];
    /* By its name: standard input itself is read a byte at a time, which took a third of a large site's time. */
    char *const argv[] = { (char *)"gnuplot", (char *)"-d", (char *)"/dev/stdin", NULL };
    char *const env[] = { path, (char *)"TZ=UTC", (char *)"LC_ALL=C.UTF-8", NULL };
    posix_spawn_file_actions_t actions;
    const char *search = getenv("PATH");
    int ret;

    if (snprintf(path, sizeof(path), "PATH=%s", search ? search : "/usr/bin:/bin") >= (int)sizeof(path))
        text_copy(path, sizeof(path), "PATH=/usr/bin:/bin"); /* gnuplot itself starts nothing */
    ret = posix_spawn_file_actions_init(&actions);
    if (ret)
        return ret;
    ret = posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    ret = ret ? ret : posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    ret = ret ? ret : posix_spawn_file_actions_adddup2(&actions, messages, STDERR_FILENO);
    ret = ret ? ret : posix_spawn_file_actions_addchdir_np(&actions, folder);
    ret = ret ? ret : posix_spawnp(pid, argv[0], &actions, NULL, argv, env);
    posix_spawn_file_actions_destroy(&actions);
    return ret;
}

static int wait_for(pid_t pid, int messages, struct err *err)
{
    char line[256];
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return err_set(err, ERR_HARNESS, "cannot wait for gnuplot: %s", strerror(errno));
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return 0;
    first_message(messages, line, sizeof(line));
    if (WIFSIGNALED(status))
        return err_set(err, ERR_HARNESS, "gnuplot was killed by signal %d: %s", WTERMSIG(status), line);
    return err_set(err, ERR_HARNESS, "gnuplot failed: %s", line);
}

/* One gnuplot at work. */
struct process {
    int in, messages;
    pid_t pid; /* 0: not started */
};

static int start(struct process *p, const struct text *script, const char *folder, struct err *err)
{
    int failed;

    p->in = memfd_create("gnuplot-script", MFD_CLOEXEC);
    p->messages = memfd_create("gnuplot-messages", MFD_CLOEXEC);
    if (p->in < 0 || p->messages < 0 || write_all(p->in, script->data, script->len) < 0 ||
        lseek(p->in, 0, SEEK_SET) < 0)
        return err_set(err, ERR_HARNESS, "cannot hold the gnuplot script: %s", strerror(errno));
    failed = spawn(p->in, p->messages, folder, &p->pid);
    if (failed)
        p->pid = 0;
    if (failed == ENOENT || failed == EACCES || failed == ENOTDIR)
        return err_set(err, ERR_HOST, "cannot draw the dashboard: gnuplot is not installed (apt install gnuplot-nox)");
    return failed ? err_set(err, ERR_HARNESS, "cannot start gnuplot: %s", strerror(failed)) : 0;
}

/* The first failure is told; all of them are waited for. */
int gnuplot_run_all(const struct text *scripts, size_t n, const char *folder, struct err *err)
{
    struct process *all = mem_array(n, sizeof(*all));
    size_t started = 0;
    int ret = 0;

    for (; started < n && ret == 0; started++)
        ret = start(&all[started], &scripts[started], folder, err);
    for (size_t i = 0; i < started; i++) {
        struct err other;

        if (all[i].pid && wait_for(all[i].pid, all[i].messages, ret == 0 ? err : &other) < 0)
            ret = -1;
        if (all[i].in >= 0)
            close(all[i].in);
        if (all[i].messages >= 0)
            close(all[i].messages);
    }
    free(all);
    return ret;
}

int gnuplot_run(const struct text *script, const char *folder, struct err *err)
{
    return gnuplot_run_all(script, 1, folder, err);
}
