// SPDX-License-Identifier: MIT
#include "cli/against_files.h"

#include "base/mem.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

enum {
    KEPT_S = 30 * 24 * 3600,
    WORDS_MAX = 3,    /* lines; an err holds no more */
    LINE_BYTES = 110, /* of each */
    ROOM_BYTES = 4 << 20, /* less is none: a compiler that fails removes what it has written of its file */
};

int against_make_folders(const char *path, struct err *err)
{
    char *part = mem_strdup(path);
    int ret = 0;

    for (char *slash = strchr(part + 1, '/'); ret == 0; slash = strchr(slash + 1, '/')) {
        if (slash)
            *slash = '\0';
        if (mkdir(part, 0777) < 0 && errno != EEXIST)
            ret = err_set(err, ERR_CONFIG, "cannot make the folder '%s': %s (set $XDG_CACHE_HOME?)", part,
                          strerror(errno));
        if (!slash)
            break;
        *slash = '/';
    }
    free(part);
    return ret;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st, (void)type, (void)ftw;
    remove(path);
    return 0; /* go on: what cannot be removed now is tried again at the next build */
}

void against_remove(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

/* "<40 or 64 hex digits>-<16 hex digits>", and what follows it. NULL for any other name. */
static const char *tail_of(const char *name)
{
    static const char hex[] = "0123456789abcdef";
    size_t n = strspn(name, hex);

    if ((n != 40 && n != 64) || name[n] != '-' || strspn(name + n + 1, hex) != 16)
        return NULL;
    return name + n + 1 + 16;
}

void against_prune(const char *cache)
{
    DIR *dir = opendir(cache);

    for (struct dirent *entry; dir && (entry = readdir(dir));) {
        const char *tail = tail_of(entry->d_name);
        struct text path = { 0 };
        struct stat st;

        if (!tail)
            continue;
        text_addf(&path, "%s/%s", cache, entry->d_name);
        if (strncmp(tail, ".tmp-", 5) == 0)
            against_remove(path.data);
        else if ((!*tail || strcmp(tail, ".log") == 0) && lstat(path.data, &st) == 0 &&
                 st.st_mtime < time(NULL) - KEPT_S)
            against_remove(path.data);
        text_free(&path);
    }
    if (dir)
        closedir(dir);
}

static bool is_error(const char *line)
{
    return strstr(line, "error:") || strstr(line, "CMake Error") || strstr(line, "undefined reference") ||
           strncmp(line, "fatal:", 6) == 0;
}

/* Not what ninja and make say of themselves, nor the source text and carets that a compiler draws under its words. */
static bool is_telling(const char *line)
{
    static const char *const noise[] = { "ninja: build stopped", "ninja: Entering", "FAILED:", "make", "[", "+", "--" };
    const char *word = line + strspn(line, " \t");

    for (size_t i = 0; i < ARRAY_LEN(noise); i++)
        if (strncmp(line, noise[i], strlen(noise[i])) == 0 && !is_error(line))
            return false;
    return *word && !(word > line && strstr(line, " |"));
}

static void add_line(struct text *words, const char *line, const char *temp)
{
    struct text clean = { 0 }, cut = { 0 };
    const char *found;

    line += strspn(line, " \t");
    text_addf(&cut, "%s/", temp);
    while ((found = strstr(line, cut.data))) {
        text_addf(&clean, "%.*s", (int)(found - line), line);
        line = found + cut.len + (strncmp(found + cut.len, "src/", 4) == 0 ? 4 : 0);
    }
    text_add(&clean, line);
    text_free(&cut);
    for (char *p = clean.data; *p; p++)
        if ((unsigned char)*p < ' ')
            *p = ' ';
    text_addf(words, "\n  %.*s", LINE_BYTES, clean.data);
    text_free(&clean);
}

/* The log from its start; NULL where that cannot be had. */
static FILE *read_log(int log)
{
    int fd = dup(log);
    FILE *f = fd >= 0 ? fdopen(fd, "r") : NULL;

    if (f)
        rewind(f);
    else if (fd >= 0)
        close(fd);
    return f;
}

bool against_disk_is_full(int log)
{
    FILE *f = read_log(log);
    char *line = NULL;
    size_t capacity = 0;
    struct statvfs fs;
    bool full = fstatvfs(log, &fs) == 0 && (uint64_t)fs.f_bavail * fs.f_frsize < ROOM_BYTES;

    while (f && !full && getline(&line, &capacity, f) >= 0)
        full = strstr(line, strerror(ENOSPC)) || strstr(line, strerror(EDQUOT));
    if (f)
        fclose(f);
    free(line);
    return full;
}

void against_last_words(int log, const char *temp, struct text *words)
{
    char *last[WORDS_MAX] = { 0 }, *line = NULL;
    size_t capacity = 0, n = 0;
    bool failing = false;
    FILE *f = read_log(log);

    text_add(words, "");
    while (f && (!failing || n < WORDS_MAX) && getline(&line, &capacity, f) >= 0) {
        line[strcspn(line, "\r\n")] = '\0';
        if (!is_telling(line))
            continue;
        if (!failing && is_error(line)) { /* what came before it is not the reason */
            failing = true;
            n = 0;
        }
        free(last[n % WORDS_MAX]);
        last[n++ % WORDS_MAX] = mem_strdup(line);
    }
    for (size_t i = n > WORDS_MAX ? n - WORDS_MAX : 0; i < n; i++)
        add_line(words, last[i % WORDS_MAX], temp);
    for (size_t i = 0; i < WORDS_MAX; i++)
        free(last[i]);
    if (f)
        fclose(f);
    free(line);
}

bool against_is_pawl(const char *folder)
{
    static const char call[] = "project(pawl";
    struct text path = { 0 };
    char *line = NULL, *word;
    size_t capacity = 0;
    bool found = false;
    FILE *f;

    text_addf(&path, "%s/CMakeLists.txt", folder);
    f = fopen(path.data, "re");
    while (f && !found && getline(&line, &capacity, f) >= 0) {
        word = line + strspn(line, " \t");
        found = strncmp(word, call, strlen(call)) == 0 && strspn(word + strlen(call), " )\n") > 0;
    }
    if (f)
        fclose(f);
    free(line);
    text_free(&path);
    return found;
}
