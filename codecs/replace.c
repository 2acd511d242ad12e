// SPDX-License-Identifier: MIT
#include "codecs/replace.h"

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
        err_set(err, ERR_HARNESS, "cannot write '%s': %s", path, strerror(errno));
        if (fd >= 0)
            close(fd);
        goto out;
    }
    usual_mode(fd);
    errno = 0;
    good = write(f, arg);
    good = fclose(f) == 0 && good;
    if (good && rename(new.data, path) == 0)
        ret = 0;
    else
        err_set(err, ERR_HARNESS, "cannot write '%s': %s", path, strerror(errno));
out:
    if (ret < 0 && fd >= 0)
        unlink(new.data);
    text_free(&new);
    return ret;
}
