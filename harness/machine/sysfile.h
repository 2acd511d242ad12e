// SPDX-License-Identifier: MIT
/* sysfile.h -- small files of /proc and /sys, below a root: "" is this host, tests put a made-up tree there.
 *
 * Nothing here fails: a file that is missing or unreadable reads as "", because a virtual machine or a container leaves
 * out any of them. `buf` is returned and always NUL-terminated; the end is cut where it does not fit. */
#pragma once

#include "base/err.h"

#include <stddef.h>

const char *sysfile_all(const char *root, const char *path, char *buf, size_t size);  /* path: "proc/stat" */
const char *sysfile_line(const char *root, const char *path, char *buf, size_t size); /* first line, trimmed */

/* The same of one CPU: sysfile_cpu(root, 3, "cpufreq/scaling_governor", ...). */
const char *sysfile_cpu(const char *root, int cpu, const char *name, char *buf, size_t size);

/* The value of the first line "key : value" of a file like /proc/cpuinfo or /proc/meminfo. */
const char *sysfile_value(const char *root, const char *path, const char *key, char *buf, size_t size);

/* The word in brackets of "always [madvise] never". */
const char *sysfile_choice(const char *root, const char *path, char *buf, size_t size);

/* Does /proc/cpuinfo list that flag, as a whole word? */
int sysfile_has_flag(const char *root, const char *flag);

/* "on", "off", or "" where the host shows no such switch. Three drivers, three homes; what it reads may be inert. */
const char *sysfile_boost(const char *root, int cpu, char *buf, size_t size);

/* The entries of a folder whose names are a number behind `prefix` ("hwmon" for hwmon0, hwmon1; "" for 0, 1), in rising
 * order. Returns how many, at most `max`. */
int sysfile_numbers(const char *root, const char *path, const char *prefix, int *numbers, int max);
