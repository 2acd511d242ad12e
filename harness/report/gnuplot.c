// SPDX-License-Identifier: MIT
#include "report/gnuplot.h"

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
    char *const argv[] = { (char *)"gnuplot", (char *)"-d", NULL };
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

int gnuplot_run(const struct text *script, const char *folder, struct err *err)
{
    int in = memfd_create("gnuplot-script", MFD_CLOEXEC), messages = memfd_create("gnuplot-messages", MFD_CLOEXEC);
    int ret = -1, failed;
    pid_t pid;

    if (in < 0 || messages < 0 || write_all(in, script->data, script->len) < 0 || lseek(in, 0, SEEK_SET) < 0) {
        err_set(err, ERR_HARNESS, "cannot hold the gnuplot script: %s", strerror(errno));
        goto out;
    }
    failed = spawn(in, messages, folder, &pid);
    if (failed == ENOENT || failed == EACCES || failed == ENOTDIR)
        err_set(err, ERR_HOST, "cannot draw the dashboard: gnuplot is not installed (apt install gnuplot-nox)");
    else if (failed)
        err_set(err, ERR_HARNESS, "cannot start gnuplot: %s", strerror(failed));
    else
        ret = wait_for(pid, messages, err);
out:
    if (in >= 0)
        close(in);
    if (messages >= 0)
        close(messages);
    return ret;
}
