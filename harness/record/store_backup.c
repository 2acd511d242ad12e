// SPDX-License-Identifier: MIT
#include "record/store_backup.h"

#include "base/replace.h"
#include "record/sql.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* May `path` be replaced? Nothing, or an older store. */
static int check_target(const struct store *store, const char *path, struct err *err)
{
    struct stat st, own;
    struct store *old;

    if (lstat(path, &st) < 0)
        return errno == ENOENT ? 0 : err_set(err, ERR_CONFIG, "cannot look at '%s': %s", path, strerror(errno));
    if (stat(path, &st) == 0 && stat(store->path, &own) == 0 && st.st_ino == own.st_ino && st.st_dev == own.st_dev)
        return err_set(err, ERR_CONFIG, "'%s' is the history itself: name another file", path);
    old = store_open(path, STORE_READ, err);
    if (!old) {
        err->code = ERR_CONFIG;
        return err_wrap(err, "'%s' exists and is no backup to replace", path);
    }
    store_close(old);
    return 0;
}

static int copy(struct store *store, const char *path, struct err *err)
{
    sqlite3 *to = NULL;
    sqlite3_backup *backup = NULL;
    int ret = -1, rc;

    rc = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    if (rc == SQLITE_OK) /* what is cut short is thrown away, not rolled back */
        rc = sqlite3_exec(to, "PRAGMA journal_mode = OFF", NULL, NULL, NULL);
    if (rc == SQLITE_OK && (backup = sqlite3_backup_init(to, "main", store->db, "main"))) {
        sqlite3_backup_step(backup, -1); /* one read transaction: the copy is of one moment */
        rc = sqlite3_backup_finish(backup);
    } else {
        rc = sqlite3_errcode(to);
    }
    if (rc == SQLITE_OK)
        ret = 0;
    else
        err_set(err, ERR_HARNESS, "cannot write '%s': %s", path, to ? sqlite3_errmsg(to) : sqlite3_errstr(rc));
    if (sqlite3_close(to) != SQLITE_OK)
        BUG("the backup outlives its copy");
    return ret;
}

/* The rename itself must outlive a power loss. */
static void sync_folder(const char *path)
{
    struct text folder = { 0 };
    const char *slash = strrchr(path, '/');
    int fd;

    text_addf(&folder, "%.*s", slash ? (int)(slash - path + 1) : 1, slash ? path : ".");
    fd = open(folder.data, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd >= 0) {
        fsync(fd);
        close(fd);
    }
    text_free(&folder);
}

int store_backup(struct store *store, const char *path, struct err *err)
{
    struct text temp = { 0 };
    int held, ret = -1;

    if (check_target(store, path, err) < 0)
        return -1;
    held = replace_begin(path, &temp);
    if (held < 0)
        err_set(err, ERR_HARNESS, "cannot write '%s': %s", path, strerror(errno));
    else {
        ret = copy(store, temp.data, err);
        if (ret == 0 && rename(temp.data, path) < 0)
            ret = err_set(err, ERR_HARNESS, "cannot rename '%s' to '%s': %s", temp.data, path, strerror(errno));
        if (ret < 0)
            unlink(temp.data);
        else
            sync_folder(path);
        close(held);
    }
    text_free(&temp);
    return ret;
}
