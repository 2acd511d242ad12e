// SPDX-License-Identifier: MIT
#include "base/replace.h"

#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* A temporary file is for its owner only; what replaces a file should be like any that the user writes. */
static void usual_mode(int fd)
{
    mode_t mask = umask(0);

    umask(mask);
    fchmod(fd, 0666 & ~mask);
}

static int failed(const char *path, struct err *err)
{
    bool place = errno == ENOENT || errno == ENOTDIR || errno == EACCES || errno == EPERM || errno == EROFS ||
                 errno == EISDIR || errno == ENAMETOOLONG;

    return err_set(err, place ? ERR_CONFIG : ERR_HARNESS, "cannot write '%s': %s%s", path, strerror(errno),
                   errno == ENOENT ? " (make its folder first)" : "");
}

int replace_file(const char *path, bool (*write)(FILE *f, const void *arg), const void *arg, struct err *err)
{
    struct text new = { 0 };
    FILE *f = NULL;
    int fd, ret = -1;
    bool good;

    text_addf(&new, "%s.XXXXXX", path);
    fd = mkstemp(new.data);
    f = fd < 0 ? NULL : fdopen(fd, "wb");
    if (!f) {
        failed(path, err);
        if (fd >= 0)
            close(fd);
        goto out;
    }
    usual_mode(fd);
    errno = 0;
    good = write(f, arg) && fflush(f) == 0 && fsync(fd) == 0;
    good = fclose(f) == 0 && good;
    if (good && rename(new.data, path) == 0)
        ret = 0;
    else
        failed(path, err);
out:
    if (ret < 0 && fd >= 0)
        unlink(new.data);
    text_free(&new);
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
