// SPDX-License-Identifier: MIT
#include "report/folder.h"

#include "base/mem.h"
#include "base/replace.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARKER      ".pawl-site"
#define MARKER_TEXT "This folder is written and replaced by `pawl dashboard`.\n"
#define PLOTS       "plots"

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), n_end = strlen(end);

    return n > n_end && strcmp(s + n - n_end, end) == 0;
}

static bool is_ours(const char *name, bool in_plots)
{
    return in_plots ? ends_with(name, ".svg")
                    : ends_with(name, ".html") || ends_with(name, ".css") || strcmp(name, "changes.xml") == 0 || strcmp(name, MARKER) == 0;
}

static char *join(const char *folder, const char *name)
{
    struct text t = { 0 };

    text_addf(&t, "%s/%s", folder, name);
    return t.data;
}

typedef int (*entry_fn)(const char *path, const char *name, bool in_plots, struct err *err);

/* Calls fn for every entry but "." and "..", stops at the first -1. */
static int each_entry(const char *path, bool in_plots, entry_fn fn, struct err *err)
{
    DIR *dir = opendir(path);
    int ret = 0;

    if (!dir)
        return err_set(err, errno == ENOTDIR ? ERR_CONFIG : ERR_HARNESS, "cannot read '%s': %s", path, strerror(errno));
    for (struct dirent *entry; ret == 0 && (entry = readdir(dir));) {
        char *child;

        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        child = join(path, entry->d_name);
        ret = fn(child, entry->d_name, in_plots, err);
        free(child);
    }
    closedir(dir);
    return ret;
}

static int check_entry(const char *path, const char *name, bool in_plots, struct err *err)
{
    struct stat st;

    if (lstat(path, &st) < 0)
        return err_set(err, ERR_HARNESS, "cannot look at '%s': %s", path, strerror(errno));
    if (!in_plots && strcmp(name, PLOTS) == 0 && S_ISDIR(st.st_mode))
        return each_entry(path, true, check_entry, err);
    if (!S_ISREG(st.st_mode) || !is_ours(name, in_plots))
        return err_set(err, ERR_CONFIG, "'%s' is no part of a dashboard: move it, or name another folder", path);
    return 0;
}

static int remove_entry(const char *path, const char *name, bool in_plots, struct err *err)
{
    int ret = 0;

    if (!in_plots && strcmp(name, PLOTS) == 0)
        ret = each_entry(path, true, remove_entry, err) < 0 ? -1 : rmdir(path);
    else if (is_ours(name, in_plots) && strcmp(name, MARKER) != 0)
        ret = unlink(path);
    return ret;
}

/* Only a folder with the marker; the marker goes last, so that a removal that was cut short or failed can be taken up again. */
static void remove_site(const char *path)
{
    char *marker = join(path, MARKER);
    struct err err;

    if (access(marker, F_OK) == 0 && each_entry(path, false, remove_entry, &err) == 0)
        unlink(marker);
    rmdir(path);
    free(marker);
}

static int count_entry(const char *path, const char *name, bool in_plots, struct err *err)
{
    (void)path, (void)name, (void)in_plots;
    return err_set(err, ERR_CONFIG, "not empty");
}

/* May DIR be replaced? */
static int check_target(const char *dir, struct err *err)
{
    struct stat st;
    char *marker;
    int ret;

    if (lstat(dir, &st) < 0)
        return errno == ENOENT ? 0 : err_set(err, ERR_CONFIG, "cannot look at '%s': %s", dir, strerror(errno));
    if (!S_ISDIR(st.st_mode))
        return err_set(err, ERR_CONFIG, "'%s' exists and is not a folder", dir);
    marker = join(dir, MARKER);
    if (access(marker, F_OK) == 0)
        ret = each_entry(dir, false, check_entry, err);
    else if (each_entry(dir, false, count_entry, err) < 0)
        ret = err_set(err, ERR_CONFIG, "'%s' exists and is not a dashboard (no %s in it): name another folder", dir,
                      MARKER);
    else
        ret = 0;
    free(marker);
    return ret;
}

/* `path` itself and what is missing above it; n_parent tells how much was there. */
static int make_parents(struct folder *folder, struct err *err)
{
    char *path = mem_strdup(folder->target);
    int ret = 0;

    folder->n_parent = strlen(path);
    for (char *slash = strchr(path + 1, '/'); slash && ret == 0; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0777) == 0) {
            if (folder->n_parent == strlen(folder->target))
                folder->n_parent = (size_t)(slash - path) - strlen(strrchr(path, '/') ? strrchr(path, '/') : path);
        } else if (errno != EEXIST) {
            ret = err_set(err, ERR_CONFIG, "cannot make the folder '%s': %s", path, strerror(errno));
        }
        *slash = '/';
    }
    free(path);
    return ret;
}

static void drop_parents(struct folder *folder)
{
    for (char *slash; (slash = strrchr(folder->target, '/')) && (size_t)(slash - folder->target) > folder->n_parent;) {
        *slash = '\0';
        if (rmdir(folder->target) < 0)
            return;
    }
}

static char *temp_name(const char *target)
{
    struct text temp = { 0 };

    text_addf(&temp, "%s.tmp-XXXXXX", target);
    return temp.data;
}

static int make_temp(struct folder *folder, struct err *err)
{
    char *plots;
    int ret = 0;

    replace_clear(folder->target, remove_site);
    folder->temp = temp_name(folder->target);
    if (!mkdtemp(folder->temp)) {
        err_set(err, ERR_CONFIG, "cannot make the folder '%s': %s", folder->temp, strerror(errno));
        free(folder->temp);
        folder->temp = NULL;
        return -1;
    }
    folder->held = open(folder->temp, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder->held < 0 || replace_hold(folder->held, folder->temp) < 0)
        return err_set(err, ERR_HARNESS, "cannot open the folder '%s': %s", folder->temp, strerror(errno));
    replace_usual_mode(folder->held, 0777);
    plots = join(folder->temp, PLOTS);
    if (folder_write(folder, MARKER, MARKER_TEXT, strlen(MARKER_TEXT), err) < 0)
        ret = -1;
    else if (mkdir(plots, 0777) < 0)
        ret = err_set(err, ERR_HARNESS, "cannot make the folder '%s': %s", plots, strerror(errno));
    free(plots);
    return ret;
}

int folder_begin(struct folder *folder, const char *dir, struct err *err)
{
    char real[PATH_MAX];
    size_t n;

    *folder = (struct folder){ .held = -1 };
    if (!*dir)
        return err_set(err, ERR_USAGE, "the dashboard needs a folder's name");
    folder->target = mem_strdup(realpath(dir, real) ? real : dir);
    for (n = strlen(folder->target); n > 1 && folder->target[n - 1] == '/'; n--)
        folder->target[n - 1] = '\0';
    folder->n_parent = strlen(folder->target);
    if (check_target(folder->target, err) == 0 && make_parents(folder, err) == 0 && make_temp(folder, err) == 0)
        return 0;
    folder_drop(folder);
    return -1;
}

int folder_write(const struct folder *folder, const char *name, const char *data, size_t n, struct err *err)
{
    char *path = join(folder->temp, name);
    FILE *file = fopen(path, "wxe");
    int ret = 0;

    if (!file || fwrite(data, 1, n, file) != n)
        ret = err_set(err, ERR_HARNESS, "cannot write '%s': %s", path, strerror(errno));
    if (file && fclose(file) != 0 && ret == 0)
        ret = err_set(err, ERR_HARNESS, "cannot write '%s': %s", path, strerror(errno));
    free(path);
    return ret;
}

/* Two renames where the file system cannot exchange: for a moment there is no DIR, and a failure puts the old back. */
static int swap_by_two(const struct folder *folder)
{
    char *old = temp_name(folder->target);
    int ret = -1, why;

    if (mkdtemp(old) && rename(folder->target, old) == 0) { /* over the empty one */
        if (rename(folder->temp, folder->target) == 0) {
            ret = 0;
        } else {
            why = errno;
            rename(old, folder->target);
            errno = why;
        }
    }
    why = errno;
    remove_site(old);
    errno = why;
    free(old);
    return ret;
}

int folder_publish(struct folder *folder, struct err *err)
{
    if (rename(folder->temp, folder->target) == 0) { /* there was none, or an empty one */
        free(folder->temp);
        folder->temp = NULL;
        return 0;
    }
    if (check_target(folder->target, err) < 0) /* again: it may have changed while we drew */
        return -1;
    if (renameat2(AT_FDCWD, folder->temp, AT_FDCWD, folder->target, RENAME_EXCHANGE) == 0)
        remove_site(folder->temp); /* the old one */
    else if ((errno != EINVAL && errno != ENOSYS && errno != ENOTSUP) || swap_by_two(folder) < 0)
        return err_set(err, ERR_HARNESS, "cannot replace '%s': %s", folder->target, strerror(errno));
    free(folder->temp);
    folder->temp = NULL;
    return 0;
}

void folder_drop(struct folder *folder)
{
    if (folder->temp)
        remove_site(folder->temp);
    if (folder->target) {
        drop_parents(folder); /* those that are empty */
        if (folder->held >= 0)
            close(folder->held);
    }
    free(folder->temp);
    free(folder->target);
    *folder = (struct folder){ .held = -1 };
}
