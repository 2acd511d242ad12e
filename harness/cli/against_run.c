// SPDX-License-Identifier: MIT
#include "base/mem.h"
#include "cli/against_private.h"
#include "cli/interrupt.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/pidfd.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* What would make git speak of another repository (a hook that calls us sets them), or make another program out of the
 * same recipe. */
static const char *const dropped[] = {
    "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR", "GIT_PREFIX", "GIT_NAMESPACE", "GIT_SHALLOW_FILE", "GIT_GRAFT_FILE", "CC", "CXX", "CFLAGS",
    "CXXFLAGS", "LDFLAGS", "DESTDIR", "CMAKE_GENERATOR", "CMAKE_BUILD_TYPE", "CMAKE_TOOLCHAIN_FILE", "MAKEFLAGS",
    "MFLAGS", "MAKELEVEL", "CLICOLOR_FORCE", "LC_ALL", "LANGUAGE",
};

/* English, since error lines are looked for; and a fetch of missing objects must not wait for a password. */
static const char *const added[] = { "LC_ALL=C.UTF-8", "GIT_TERMINAL_PROMPT=0", "GIT_OPTIONAL_LOCKS=0" };

static bool is_dropped(const char *variable)
{
    for (size_t i = 0; i < ARRAY_LEN(dropped); i++) {
        size_t n = strlen(dropped[i]);

        if (strncmp(variable, dropped[i], n) == 0 && variable[n] == '=')
            return true;
    }
    return false;
}

static const char **clean_environment(void)
{
    size_t n = 0, kept = 0;
    const char **env;

    while (environ[n])
        n++;
    env = mem_array(n + ARRAY_LEN(added) + 1, sizeof(*env));
    for (size_t i = 0; i < n; i++)
        if (!is_dropped(environ[i]))
            env[kept++] = environ[i];
    memcpy(env + kept, added, sizeof(added));
    return env;
}

/* In a process group of its own: what interrupts us, ends it with all that it has started. */
static int start(const char *const *argv, int out, int messages, pid_t *pid)
{
    const char **env = clean_environment();
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attr;
    sigset_t def;
    int ret;

    sigemptyset(&def);
    sigaddset(&def, SIGPIPE); /* main() ignores both; a build must not */
    sigaddset(&def, SIGXFSZ);
    posix_spawn_file_actions_init(&actions);
    posix_spawnattr_init(&attr);
    posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
    posix_spawnattr_setsigdefault(&attr, &def);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, messages, STDERR_FILENO);
    ret = posix_spawnp(pid, argv[0], &actions, &attr, (char *const *)argv, (char *const *)env);
    posix_spawn_file_actions_destroy(&actions);
    posix_spawnattr_destroy(&attr);
    free(env);
    return ret;
}

/* Until it has ended, or we are told to. A signal may come just before the sleep, so that it is looked for ten times a second. */
static int wait_for(pid_t pid, const volatile sig_atomic_t *stop, int *status)
{
    int ret, fd = pidfd_open(pid, 0);

    while ((ret = waitpid(pid, status, WNOHANG)) == 0 || (ret < 0 && errno == EINTR)) {
        struct pollfd p = { .fd = fd, .events = POLLIN };

        if (*stop) {
            kill(-pid, SIGTERM);
            ret = waitpid(pid, status, 0);
            break;
        }
        poll(&p, 1, 100);
    }
    if (fd >= 0)
        close(fd);
    return ret;
}

int against_run(const char *const *argv, int out, int messages, struct err *err)
{
    pid_t pid;
    int status, waited, failed = start(argv, out, messages, &pid);

    if (failed == ENOENT)
        return err_set(err, ERR_CONFIG, "'%s' is not installed (ci/bootstrap installs it)", argv[0]);
    if (failed)
        return err_set(err, ERR_HARNESS, "cannot start '%s': %s", argv[0], strerror(failed));
    waited = wait_for(pid, interrupt_catch(), &status);
    interrupt_release();
    if (interrupt_signal())
        return err_set(err, ERR_HARNESS, "interrupted");
    if (waited < 0)
        return err_set(err, ERR_HARNESS, "cannot wait for '%s': %s", argv[0], strerror(errno));
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static void take(int fd, struct text *text)
{
    char chunk[4096];
    ssize_t n;

    text_add(text, "");
    for (off_t at = 0; (n = pread(fd, chunk, sizeof(chunk) - 1, at)) > 0; at += n) {
        chunk[n] = '\0';
        text_add(text, chunk);
    }
    while (text->len && text->data[text->len - 1] == '\n')
        text->data[--text->len] = '\0';
}

int against_capture(const char *const *argv, struct text *out, struct text *messages, struct err *err)
{
    int fd = memfd_create("output", MFD_CLOEXEC), fd2 = memfd_create("messages", MFD_CLOEXEC), ret = -1;

    if (fd < 0 || fd2 < 0) {
        err_set(err, ERR_HARNESS, "cannot hold the output of '%s': %s", argv[0], strerror(errno));
    } else {
        ret = against_run(argv, fd, fd2, err);
        take(fd, out);
        take(fd2, messages);
    }
    if (fd >= 0)
        close(fd);
    if (fd2 >= 0)
        close(fd2);
    return ret;
}
