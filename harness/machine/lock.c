// SPDX-License-Identifier: MIT
#include "machine/lock.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { ATTEMPTS = 100, POLL_MS = 100 };

/* By what the folder is, not by who asks: where only root may write in /run/lock, root and the others would each hold a
 * lock of their own. */
static const char *host_path(void)
{
    struct stat st;
    bool open_to_all = stat("/run/lock", &st) == 0 && S_ISDIR(st.st_mode) && (st.st_mode & S_IWOTH);

    return open_to_all ? "/run/lock/pawl.lock" : "/tmp/pawl.lock";
}

/* An existing file is opened without O_CREAT: with it, the kernel refuses another user's file in a sticky folder
 * (fs.protected_regular). A file that may only be read can be locked all the same. */
static int open_file(const char *path)
{
    int flags = O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK |
                O_NOCTTY; /* it could be a link or a pipe that somebody put there */

    for (int i = 0; i < ATTEMPTS; i++) {
        int fd = open(path, O_RDWR | flags);

        if (fd < 0 && (errno == EACCES || errno == EROFS))
            fd = open(path, O_RDONLY | flags);
        if (fd >= 0 || errno != ENOENT)
            return fd;
        fd = open(path, O_RDWR | O_CREAT | O_EXCL | flags, 0666);
        if (fd >= 0) {
            fchmod(fd, 0666); /* whatever the umask: the next user opens it, too */
            return fd;
        }
        if (errno != EEXIST)
            return -1;
    }
    return -1;
}

/* Opened by somebody else's leave: only a plain file with one name is written to. */
static int open_checked(struct lock *lock, struct err *err)
{
    struct stat st;

    lock->fd = open_file(lock->path);
    if (lock->fd < 0)
        return err_set(err, ERR_HOST, "cannot open lock '%s': %s", lock->path, strerror(errno));
    if (fstat(lock->fd, &st) < 0 || !S_ISREG(st.st_mode) || st.st_nlink > 1) {
        lock_close(lock);
        return err_set(err, ERR_HOST, "lock '%s' is not a plain file", lock->path);
    }
    return 0;
}

int lock_open(struct lock *lock, const char *path, struct err *err)
{
    *lock = (struct lock){ .fd = -1 };
    if (!path)
        path = host_path();
    if (strlen(path) >= sizeof(lock->path))
        return err_set(err, ERR_HOST, "the name of lock '%.80s...' is too long", path);
    text_copy(lock->path, sizeof(lock->path), path);
    return open_checked(lock, err);
}

/* What another user wrote goes to a terminal: only letters, digits and the like. */
static void read_holder(int fd, char holder[LOCK_HOLDER])
{
    ssize_t n = pread(fd, holder, LOCK_HOLDER - 1, 0);

    holder[n > 0 ? n : 0] = '\0';
    holder[strcspn(holder, "\n")] = '\0';
    for (char *c = holder; *c; c++)
        if (*c < ' ' || *c > '~')
            *c = '?';
    if (!*holder)
        text_copy(holder, LOCK_HOLDER, "another process");
}

static void write_holder(int fd, const char *who)
{
    char text[LOCK_HOLDER], since[16];
    time_t now = time(NULL);
    struct tm local;

    strftime(since, sizeof(since), "%H:%M", localtime_r(&now, &local));
    snprintf(text, sizeof(text), "pid %ld (%.80s, since %s)\n", (long)getpid(), who, since);
    /* For people only: the lock holds without it. */
    if (ftruncate(fd, 0) == 0 && pwrite(fd, text, strlen(text), 0) < 0)
        return;
}

/* Is the file that was locked still the one of that name? Somebody may have cleaned up the folder. */
static bool still_named(const struct lock *lock)
{
    struct stat ours, named;

    return fstat(lock->fd, &ours) == 0 && lstat(lock->path, &named) == 0 && ours.st_dev == named.st_dev &&
           ours.st_ino == named.st_ino;
}

int lock_try(struct lock *lock, const char *who, char holder[LOCK_HOLDER], struct err *err)
{
    for (int i = 0; i < ATTEMPTS; i++) {
        while (flock(lock->fd, LOCK_EX | LOCK_NB) < 0) {
            if (errno == EWOULDBLOCK) {
                read_holder(lock->fd, holder);
                return 0;
            }
            if (errno != EINTR)
                return err_set(err, ERR_HOST, "cannot lock '%s': %s", lock->path, strerror(errno));
        }
        if (still_named(lock)) {
            lock->held = true;
            write_holder(lock->fd, who);
            return 1;
        }
        lock_close(lock);
        if (open_checked(lock, err) < 0)
            return -1;
    }
    return err_set(err, ERR_HOST, "lock '%s' is replaced again and again", lock->path);
}

int lock_wait(struct lock *lock, const char *who, double seconds, char holder[LOCK_HOLDER], struct err *err)
{
    struct timespec start, now;
    int ret;

    clock_gettime(CLOCK_MONOTONIC, &start);
    while ((ret = lock_try(lock, who, holder, err)) == 0) {
        clock_gettime(CLOCK_MONOTONIC, &now);
        if (seconds >= 0 &&
            (double)(now.tv_sec - start.tv_sec) + 1e-9 * (double)(now.tv_nsec - start.tv_nsec) >= seconds)
            break;
        nanosleep(&(struct timespec){ .tv_nsec = POLL_MS * 1000000L }, NULL);
    }
    return ret;
}

/* Emptied before it is let go: a reader in between must not blame a holder that is gone. */
void lock_close(struct lock *lock)
{
    if (lock->fd < 0)
        return;
    if (lock->held && ftruncate(lock->fd, 0) < 0)
        lock->held = false; /* opened for reading only: nothing of ours stands in it */
    close(lock->fd);
    lock->fd = -1;
    lock->held = false;
}
