// SPDX-License-Identifier: MIT
/* doctor_disk.c -- the checks of where the database is: SQLite's write-ahead log shares memory between processes, which
 * file systems over a network do not, and it needs a writable folder even to be read. */
#include "machine/doctor_private.h"

#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#define SPACE_WARN_BYTES 200e6 /* a night of a large suite is some 20 MB, and a migration copies the file */

/* Magic numbers: statfs(2) and the kernel's include/uapi/linux/magic.h, which not every distribution ships whole. */
const char *doctor_network_fs(long magic)
{
    static const struct {
        unsigned long magic;
        const char *name;
    } rows[] = {
        { 0x6969, "NFS" },       { 0x517b, "SMB" },
        { 0xfe534d42, "SMB 2" }, { 0xff534d42, "CIFS" },
        { 0x01021997, "9p" },    { 0x65735546, "FUSE" },
        { 0x5346414f, "AFS" },   { 0x6b414653, "AFS" },
        { 0x00c36400, "Ceph" },  { 0x0bd00bd0, "Lustre" },
        { 0x47504653, "GPFS" },  { 0x7461636f, "OCFS2" },
        { 0x01161970, "GFS2" },  { 0x786f4256, "VirtualBox shared folder" },
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (rows[i].magic == ((unsigned long)magic & 0xffffffff))
            return rows[i].name;
    return NULL;
}

static bool in_memory(long magic)
{
    return magic == 0x01021994 || ((unsigned long)magic & 0xffffffff) == 0x858458f6; /* tmpfs, ramfs */
}

/* Cuts the last part off a path, in place; "a" becomes ".", "/a" becomes "/". */
static void to_parent(char path[PATH_MAX])
{
    char *slash = strrchr(path, '/');

    if (!slash)
        text_copy(path, PATH_MAX, ".");
    else if (slash == path)
        slash[1] = '\0';
    else
        *slash = '\0';
}

/* The folder that holds the database, or the nearest one above that exists: the others are made when it is opened. */
static void folder_of(const char *db_path, char folder[PATH_MAX])
{
    struct stat st;

    text_copy(folder, PATH_MAX, db_path);
    do
        to_parent(folder);
    while (strcmp(folder, "/") != 0 && strcmp(folder, ".") != 0 && (stat(folder, &st) < 0 || !S_ISDIR(st.st_mode)));
}

void doctor_disk_database(const struct exam *exam, struct finding *finding)
{
    char folder[PATH_MAX];
    const char *network;
    struct statfs fs;

    if (!exam->db_path) {
        doctor_read(finding, "none named");
        return;
    }
    folder_of(exam->db_path, folder);
    if (statfs(folder, &fs) < 0) {
        doctor_read(finding, "'%.120s': %s", folder, strerror(errno));
        doctor_blame(finding, FINDING_FAIL, "nothing could be recorded", "name another file with --db");
        return;
    }
    network = doctor_network_fs((long)fs.f_type);
    if (network) {
        doctor_read(finding, "'%.120s' is on %s", exam->db_path, network);
        doctor_blame(finding, FINDING_FAIL,
                     "SQLite's log needs memory shared through the file: a network loses records",
                     "name a file on a local disk with --db, and copy backups to the network");
    } else if (access(folder, W_OK | X_OK) < 0 ||
               (access(exam->db_path, F_OK) == 0 && access(exam->db_path, W_OK) < 0)) {
        doctor_read(finding, "'%.120s' cannot be written", exam->db_path);
        doctor_blame(finding, FINDING_FAIL, "nothing could be recorded; the log needs a writable folder even to read",
                     "name another file with --db, or chown the folder");
    } else if (in_memory((long)fs.f_type)) {
        doctor_read(finding, "'%.120s' is in memory (tmpfs)", exam->db_path);
        doctor_blame(finding, FINDING_WARN, "the history ends with the next reboot", "name a file on a disk with --db");
    } else {
        doctor_read(finding, "'%.120s' on a local file system", exam->db_path);
    }
}

void doctor_disk_space(const struct exam *exam, struct finding *finding)
{
    char folder[PATH_MAX] = ".";
    struct statvfs fs;
    double bytes;

    if (exam->db_path)
        folder_of(exam->db_path, folder);
    if (statvfs(folder, &fs) < 0) {
        doctor_read(finding, "'%.120s': %s", folder, strerror(errno));
        return;
    }
    bytes = (double)fs.f_bavail * (double)fs.f_frsize;
    doctor_read(finding, "%.1f GB free in '%.120s'", bytes / 1e9, folder);
    if (bytes < SPACE_WARN_BYTES)
        doctor_blame(finding, FINDING_WARN,
                     "a full disk ends a run: what is finished is kept, the rest is not measured",
                     "free some space, or name a file on another disk with --db");
}
