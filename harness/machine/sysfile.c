// SPDX-License-Identifier: MIT
#include "machine/sysfile.h"

#include "base/text.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { CPUINFO_HEAD = 8192 }; /* the first CPU's part: its flags line alone is about 2 KiB */

const char *sysfile_all(const char *root, const char *path, char *buf, size_t size)
{
    char full[1024];
    size_t len = 0;
    ssize_t got;
    int fd;

    buf[0] = '\0';
    if (snprintf(full, sizeof(full), "%s/%s", root, path) >= (int)sizeof(full))
        return buf;
    fd = open(full, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return buf;
    while (len + 1 < size && (got = read(fd, buf + len, size - 1 - len)) > 0)
        len += (size_t)got;
    close(fd);
    buf[len] = '\0';
    return buf;
}

/* Cuts `s` at its first newline and takes blanks off both ends, in place. */
static void trim_line(char *s)
{
    size_t start = strspn(s, " \t");
    size_t len;

    s[strcspn(s, "\n")] = '\0';
    len = strlen(s);
    if (start > len)
        start = len;
    while (len > start && strchr(" \t\r", s[len - 1]))
        len--;
    memmove(s, s + start, len - start);
    s[len - start] = '\0';
}

const char *sysfile_line(const char *root, const char *path, char *buf, size_t size)
{
    sysfile_all(root, path, buf, size);
    trim_line(buf);
    return buf;
}

const char *sysfile_cpu(const char *root, int cpu, const char *name, char *buf, size_t size)
{
    char path[256];

    snprintf(path, sizeof(path), "sys/devices/system/cpu/cpu%d/%s", cpu, name);
    return sysfile_line(root, path, buf, size);
}

const char *sysfile_value(const char *root, const char *path, const char *key, char *buf, size_t size)
{
    char head[CPUINFO_HEAD];
    size_t n = strlen(key);

    sysfile_all(root, path, head, sizeof(head));
    buf[0] = '\0';
    for (char *line = head; line; line = strchr(line, '\n')) {
        line += *line == '\n';
        if (strncmp(line, key, n) == 0 && line[n + strspn(line + n, " \t")] == ':') {
            line += n + strspn(line + n, " \t") + 1;
            trim_line(line);
            text_copy(buf, size, line);
            break;
        }
    }
    return buf;
}

const char *sysfile_choice(const char *root, const char *path, char *buf, size_t size)
{
    char line[256];
    char *from, *to;

    sysfile_line(root, path, line, sizeof(line));
    buf[0] = '\0';
    from = strchr(line, '[');
    to = from ? strchr(from, ']') : NULL;
    if (to) {
        *to = '\0';
        text_copy(buf, size, from + 1);
    }
    return buf;
}

int sysfile_has_flag(const char *root, const char *flag)
{
    char flags[CPUINFO_HEAD];
    size_t n = strlen(flag);

    sysfile_value(root, "proc/cpuinfo", "flags", flags, sizeof(flags));
    for (const char *at = flags; (at = strstr(at, flag)); at += n)
        if ((at == flags || at[-1] == ' ') && (at[n] == ' ' || at[n] == '\0'))
            return 1;
    return 0;
}

const char *sysfile_boost(const char *root, int cpu, char *buf, size_t size)
{
    sysfile_line(root, "sys/devices/system/cpu/intel_pstate/no_turbo", buf, size);
    if (*buf) {
        text_copy(buf, size, *buf == '0' ? "on" : "off");
        return buf;
    }
    sysfile_line(root, "sys/devices/system/cpu/cpufreq/boost", buf, size);
    if (!*buf)
        sysfile_cpu(root, cpu, "cpufreq/boost", buf, size);
    if (*buf)
        text_copy(buf, size, *buf == '0' ? "off" : "on");
    return buf;
}

static int by_number(const void *a, const void *b)
{
    return *(const int *)a - *(const int *)b;
}

int sysfile_numbers(const char *root, const char *path, const char *prefix, int *numbers, int max)
{
    const struct dirent *entry;
    char full[1024];
    DIR *dir = NULL;
    int n = 0;

    if (snprintf(full, sizeof(full), "%s/%s", root, path) < (int)sizeof(full))
        dir = opendir(full);
    while (dir && n < max && (entry = readdir(dir))) {
        const char *digits = entry->d_name + strlen(prefix);

        if (strncmp(entry->d_name, prefix, strlen(prefix)) == 0 && *digits && strlen(digits) < 9 &&
            digits[strspn(digits, "0123456789")] == '\0')
            numbers[n++] = atoi(digits);
    }
    if (dir)
        closedir(dir);
    qsort(numbers, (size_t)n, sizeof(*numbers), by_number);
    return n;
}
