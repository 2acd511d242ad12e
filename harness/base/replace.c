// SPDX-License-Identifier: MIT
#include "base/replace.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

void replace_usual_mode(int fd, mode_t most)
{
    mode_t mask = umask(0);

    umask(mask);
    fchmod(fd, most & ~mask);
}

static int failed(const char *path, struct err *err)
{
    bool place = errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == EPERM || errno == EROFS ||
                 errno == EISDIR || errno == ENAMETOOLONG;

    return err_set(err, place ? ERR_CONFIG : ERR_HARNESS, "cannot write '%s': %s%s", path, strerror(errno),
                   errno == ENOENT ? " (make its folder first)" : "");
}

int replace_hold(int fd, const char *temp)
{
    struct stat ours, named;

    flock(fd, LOCK_EX); /* whoever else locks it removes it */
    if (fstat(fd, &ours) < 0 || lstat(temp, &named) < 0)
        return -1;
    if (ours.st_dev == named.st_dev && ours.st_ino == named.st_ino)
        return 0;
    errno = ENOENT;
    return -1;
}

static bool is_temp_of(const char *name, const char *base, size_t n_base)
{
    const char *tail = name + n_base + 5;

    if (strncmp(name, base, n_base) != 0 || strncmp(name + n_base, ".tmp-", 5) != 0 || strlen(tail) != 6)
        return false;
    for (size_t i = 0; i < 6; i++)
        if (!isalnum((unsigned char)tail[i]))
            return false;
    return true;
}

void replace_clear(const char *path, void (*remove)(const char *temp))
{
    const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
    size_t n_folder = (size_t)(base - path);
    struct text folder = { 0 };
    DIR *dir;

    text_addf(&folder, "%.*s", n_folder ? (int)n_folder : 1, n_folder ? path : ".");
    dir = opendir(folder.data);
    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        struct text temp = { 0 };
        int fd;

        if (!is_temp_of(entry->d_name, base, strlen(base)))
            continue;
        text_addf(&temp, "%.*s%s", (int)n_folder, path, entry->d_name);
        fd = open(temp.data, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
        if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0)
            remove(temp.data);
        if (fd >= 0)
            close(fd);
        text_free(&temp);
    }
    if (dir)
        closedir(dir);
    text_free(&folder);
}

static void remove_file(const char *temp)
{
    unlink(temp);
}

int replace_begin(const char *path, struct text *temp)
{
    int fd;

    replace_clear(path, remove_file);
    text_addf(temp, "%s.tmp-XXXXXX", path);
    fd = mkstemp(temp->data);
    if (fd >= 0 && replace_hold(fd, temp->data) < 0) {
        close(fd);
        return -1;
    }
    if (fd >= 0)
        replace_usual_mode(fd, 0666);
    return fd;
}

int replace_file(const char *path, bool (*write)(FILE *f, const void *arg), const void *arg, struct err *err)
{
    struct text temp = { 0 };
    int fd = replace_begin(path, &temp), ret = -1;
    FILE *f = fd < 0 ? NULL : fdopen(fd, "wb");

    errno = f ? 0 : errno;
    if (f && write(f, arg) && fflush(f) == 0 && fsync(fd) == 0 && rename(temp.data, path) == 0)
        ret = 0;
    else
        failed(path, err);
    if (ret < 0 && fd >= 0)
        unlink(temp.data);
    if (f)
        fclose(f);
    else if (fd >= 0)
        close(fd);
    text_free(&temp);
    return ret;
}

struct bytes {
    const void *data;
    size_t len;
};

static bool write_bytes(FILE *f, const void *arg)
{
    const struct bytes *b = arg;

    return fwrite(b->data, 1, b->len, f) == b->len;
}

int replace_file_bytes(const char *path, const void *data, size_t len, struct err *err)
{
    return replace_file(path, write_bytes, &(struct bytes){ data, len }, err);
}
