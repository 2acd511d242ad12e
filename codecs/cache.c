// SPDX-License-Identifier: MIT
#include "codecs/cache.h"

#include "base/mem.h"
#include "base/replace.h"
#include "codecs/hash.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { KEPT_S = 30 * 24 * 3600, HEAD = 16 };

/* A file: this, the key and the checksum of the rest (which the key is mixed into), the rest. */
static const char magic[HEAD] = "pawl cache 1\n";

const char *cache_folder(char path[CACHE_PATH])
{
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    int len = -1;

    if (cache && *cache == '/')
        len = snprintf(path, CACHE_PATH, "%s/pawl/codecs", cache);
    else if (home && *home == '/')
        len = snprintf(path, CACHE_PATH, "%s/.cache/pawl/codecs", home);
    if (len < 0 || len >= CACHE_PATH)
        *path = '\0';
    return path;
}

static void file_of(const char *folder, const char *name, uint64_t key, char path[2 * CACHE_PATH])
{
    snprintf(path, 2 * CACHE_PATH, "%s/%.64s-%016llx.cache", folder, name, (unsigned long long)key);
}

static bool whole(FILE *f, uint64_t key, struct blob *found)
{
    char head[HEAD];
    uint64_t keys[2];
    struct stat st;
    size_t len;

    if (fstat(fileno(f), &st) < 0 || !S_ISREG(st.st_mode) || fread(head, 1, HEAD, f) != HEAD ||
        memcmp(head, magic, HEAD) || fread(keys, sizeof(keys), 1, f) != 1 || keys[0] != key)
        return false;
    len = (size_t)st.st_size - HEAD - sizeof(keys);
    found->data = malloc(len ? len : 1); /* no room is no reason to die: it is computed anew */
    if (!found->data || fread(found->data, 1, len, f) != len)
        return false;
    found->len = found->capacity = len;
    return hash_bytes(found->data, len, key) == keys[1];
}

bool cache_get(const char *name, uint64_t key, struct blob *found)
{
    char folder[CACHE_PATH], path[2 * CACHE_PATH];
    bool good;
    FILE *f;

    *found = (struct blob){ 0 };
    if (!*cache_folder(folder))
        return false;
    file_of(folder, name, key, path);
    f = fopen(path, "rb");
    if (!f)
        return false;
    good = whole(f, key, found);
    if (good)
        futimens(fileno(f), NULL); /* used now */
    else
        blob_free(found);
    fclose(f);
    return good;
}

static int make_folders(const char *path, struct err *err)
{
    char part[CACHE_PATH];

    for (size_t i = 1; i <= strlen(path); i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) < 0 && errno != EEXIST)
            return err_set(err, ERR_HARNESS, "cannot make the folder '%s': %s (set $XDG_CACHE_HOME?)", part,
                           strerror(errno));
    }
    return 0;
}

static void forget_old(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    time_t now = time(NULL);

    while (dir && (entry = readdir(dir))) {
        struct stat st;

        if (strstr(entry->d_name, ".cache") && fstatat(dirfd(dir), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(st.st_mode) && now - st.st_mtime > KEPT_S)
            unlinkat(dirfd(dir), entry->d_name, 0);
    }
    if (dir)
        closedir(dir);
}

struct entry {
    uint64_t key;
    const struct blob *blob;
};

static bool write_entry(FILE *f, const void *arg)
{
    const struct entry *e = arg;
    uint64_t keys[2] = { e->key, hash_bytes(e->blob->data, e->blob->len, e->key) };

    return fwrite(magic, 1, HEAD, f) == HEAD && fwrite(keys, sizeof(keys), 1, f) == 1 &&
           fwrite(e->blob->data, 1, e->blob->len, f) == e->blob->len;
}

int cache_put(const char *name, uint64_t key, const struct blob *blob, struct err *err)
{
    char folder[CACHE_PATH], path[2 * CACHE_PATH];

    if (!*cache_folder(folder))
        return err_set(err, ERR_HARNESS, "no place for a cache: set $HOME or $XDG_CACHE_HOME");
    if (make_folders(folder, err) < 0)
        return -1;
    forget_old(folder);
    file_of(folder, name, key, path);
    return replace_file(path, write_entry, &(struct entry){ key, blob }, err);
}
