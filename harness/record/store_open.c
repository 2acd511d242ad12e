// SPDX-License-Identifier: MIT
/* Opening looks before it touches: whatever is refused stays as it was, byte for byte. */
#include "record/store.h"

#include "base/mem.h"
#include "base/text.h"
#include "record/sql_engine.h"
#include "record/store_private.h"
#include "record/store_url.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

extern const char schema_sql[], migrate_2_sql[], migrate_3_sql[], migrate_4_sql[], migrate_5_sql[],
    migrate_6_sql[];

const char *const store_migrations[STORE_VERSION] = { schema_sql, migrate_2_sql, migrate_3_sql, migrate_4_sql,
                                                      migrate_5_sql, migrate_6_sql };

enum {
    APPLICATION_ID = 0x7061776c, /* "pawl" */
    BUSY_MS = 30000,
    HEADER_BYTES = 100,
    CHECK_BYTES_MAX = 256 << 20, /* a larger file would take seconds to check at every start */
};

/* The database header (https://www.sqlite.org/fileformat2.html, section 1.3): big-endian numbers at fixed places. */
static uint32_t header_number(const unsigned char *header, int at)
{
    const unsigned char *p = header + at;

    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

int store_refuse_newer(const struct store *store, long long version, struct err *err)
{
    return err_set(err, ERR_HARNESS,
                   "'%s' was written by a newer pawl (schema %lld, this one knows %d): update pawl or choose another "
                   "file with --db",
                   store->path, version, (int)STORE_VERSION);
}

static int refuse_foreign(const struct store *store, const char *what, struct err *err)
{
    return err_set(err, ERR_HARNESS, "'%s' is not a pawl database but %s: choose another file with --db", store->path,
                   what);
}

/* Reads the header by SQLite's own file handle, which is open but neither locked nor looked at yet. Not by one of ours:
 * closing that would drop every lock that this process holds on the file (POSIX), another store's too. */
static int check_header(const struct store *store, sqlite3_int64 *bytes, struct err *err)
{
    unsigned char header[HEADER_BYTES] = { 0 };
    sqlite3_file *file = NULL;
    uint32_t id, version;

    if (sqlite3_file_control(store->db, NULL, SQLITE_FCNTL_FILE_POINTER, &file) != SQLITE_OK || !file->pMethods)
        return err_set(err, ERR_HARNESS, "cannot read '%s'", store->path);
    if (file->pMethods->xFileSize(file, bytes) != SQLITE_OK)
        return err_set(err, ERR_HARNESS, "cannot read '%s': its size is not to be had", store->path);
    if (*bytes == 0)
        return 0;
    if (*bytes < HEADER_BYTES)
        return refuse_foreign(store, "a short file of another kind", err);
    if (file->pMethods->xRead(file, header, HEADER_BYTES, 0) != SQLITE_OK)
        return err_set(err, ERR_HARNESS, "cannot read '%s': its header is not to be had", store->path);
    if (memcmp(header, "SQLite format 3", 16) != 0)
        return refuse_foreign(store, "a file of another kind", err);
    id = header_number(header, 68);
    version = header_number(header, 60);
    if (id == 0 && version == 0 && header_number(header, 40) == 0) { /* never had a table: one of ours that is being made */
        *bytes = 0;
        return 0;
    }
    if (id != APPLICATION_ID)
        return refuse_foreign(store, "another program's SQLite database", err);
    if (version > STORE_VERSION)
        return store_refuse_newer(store, version, err);
    return 0;
}

/* What SQLite finds on reading: a version that is still in the write-ahead log, and damage. */
static int check_contents(struct store *store, sqlite3_int64 bytes, int64_t *version, struct err *err)
{
    struct sql_stmt *check = NULL;
    const char *found;
    int ret = -1, step;

    if (sql_number(store, "PRAGMA user_version", version, err) < 0)
        return -1;
    if (*version < 0 || *version > STORE_VERSION)
        return store_refuse_newer(store, *version, err);
    if (bytes == 0 || bytes > CHECK_BYTES_MAX)
        return 0;
    check = sql_prepare(store, "PRAGMA quick_check(1)", err);
    step = check ? sql_step(store, check, err) : -1;
    if (step < 0)
        goto out;
    found = step ? sql_column_str(check, 0) : NULL;
    if (!found || strcmp(found, "ok") != 0) {
        sql_damaged(store, found ? found : "nothing was found", err);
        goto out;
    }
    ret = 0;
out:
    sql_finalize(check);
    return ret;
}

/* In one transaction, that also sorts out who comes first where two processes make the same file. */
static int migrate(struct store *store, struct err *err)
{
    char pragmas[96];
    int64_t version = 0;
    int ret = -1;

    if (sql_begin(store, err) < 0)
        return -1;
    if (sql_number(store, "PRAGMA user_version", &version, err) < 0)
        goto out;
    if (version > STORE_VERSION) { /* a newer one was quicker */
        store_refuse_newer(store, version, err);
        goto out;
    }
    for (; version < STORE_VERSION; version++)
        if (sql_exec(store, store_migrations[version], err) < 0)
            goto out;
    snprintf(pragmas, sizeof(pragmas), "PRAGMA application_id = %d; PRAGMA user_version = %d", APPLICATION_ID,
                     (int)version);
    if (sql_exec(store, pragmas, err) < 0)
        goto out;
    ret = sql_commit(store, err);
out:
    if (ret < 0)
        sql_rollback(store);
    return ret;
}

/* The switch comes after the tables are there: the file itself, not its log, must carry the header that tells it is
 * ours. A process that is killed before the switch leaves it to the next one. */
static int use_write_ahead_log(struct store *store, struct err *err)
{
    struct sql_stmt *stmt = sql_prepare(store, "PRAGMA journal_mode = WAL", err);
    int ret = -1;

    if (!stmt || sql_step(store, stmt, err) < 0)
        goto out;
    if (strcasecmp(sql_column_str(stmt, 0), "wal") != 0) {
        err_set(err, ERR_HARNESS, "'%s' cannot have a write-ahead log: put it on a local disk with --db", store->path);
        goto out;
    }
    ret = 0;
out:
    sql_finalize(stmt);
    return ret;
}

/* The folders above `file`, for its owner alone: a history tells much about a host. */
static int make_folders(const char *file, struct err *err)
{
    char *path = mem_strdup(file);
    int ret = 0;

    for (char *slash = strchr(path + 1, '/'); slash && ret == 0; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(path, 0700) < 0 && errno != EEXIST)
            ret = err_set(err, ERR_HARNESS, "cannot make the folder '%s': %s", path, strerror(errno));
        *slash = '/';
    }
    free(path);
    return ret;
}

/* Says in plain words what SQLite would put as "unable to open database file". *missing: there is nothing there. */
static int check_path(const char *file, const char *path, enum store_mode mode, bool *missing, struct err *err)
{
    struct stat st;
    int access_mode = mode == STORE_WRITE ? R_OK | W_OK : R_OK;

    *missing = stat(file, &st) < 0;
    if (*missing && errno != ENOENT)
        return err_set(err, ERR_HARNESS, "cannot open '%s': %s", path, strerror(errno));
    if (*missing)
        return mode == STORE_WRITE ? make_folders(file, err) : 0;
    if (S_ISDIR(st.st_mode))
        return err_set(err, ERR_HARNESS, "cannot open '%s': it is a folder; name a file in it with --db", path);
    if (!S_ISREG(st.st_mode))
        return err_set(err, ERR_HARNESS, "cannot open '%s': it is not a regular file", path);
    if (faccessat(AT_FDCWD, file, access_mode, AT_EACCESS) < 0)
        return err_set(err, ERR_HARNESS, "cannot %s '%s': %s", mode == STORE_WRITE ? "write" : "read", path,
                       strerror(errno));
    return 0;
}

/* Whether the last close may bring the log's contents home to the file. */
static void checkpoint_at_close(struct store *store, bool may)
{
    sqlite3_db_config(store->db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, may ? 0 : 1, NULL);
}

static int empty(const struct store *store, struct err *err)
{
    return err_set(err, ERR_CONFIG, "there are no runs in '%s' yet: make one with `pawl run`", store->path);
}

static int prepare(struct store *store, enum store_mode mode, struct err *err)
{
    sqlite3_int64 bytes = 0;
    int64_t version = 0;

    sqlite3_extended_result_codes(store->db, 1);
    sqlite3_busy_timeout(store->db, BUSY_MS);
    if (check_header(store, &bytes, err) < 0)
        return -1;
    if (bytes == 0 && mode == STORE_READ)
        return empty(store, err);
    /* A log that was left by a crash must outlive a refusal; without one, closing removes the one that reading made. */
    if (access(sqlite3_filename_wal(sqlite3_db_filename(store->db, "main")), F_OK) == 0)
        checkpoint_at_close(store, false);
    if (sql_exec(store, "PRAGMA foreign_keys = ON; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF", err) < 0 ||
        check_contents(store, bytes, &version, err) < 0)
        return -1;
    if (bytes == 0 && sql_exec(store, "PRAGMA auto_vacuum = INCREMENTAL", err) < 0) /* so that store_prune() can shrink it */
        return -1;
    if (mode == STORE_READ && version == 0) /* another process is about to make it */
        return empty(store, err);
    if (version < STORE_VERSION && migrate(store, err) < 0) /* to read, too: one version is all that the rest knows */
        return -1;
    if (mode == STORE_WRITE) {
        if (use_write_ahead_log(store, err) < 0)
            return -1;
    } else {
        if (sql_exec(store, "PRAGMA query_only = ON", err) < 0)
            return -1;
    }
    checkpoint_at_close(store, true);
    return 0;
}

struct store *store_open(const char *path, enum store_mode mode, struct err *err)
{
    struct store *store = mem_array(1, sizeof(*store));
    /* SQLite gives a meaning of its own to "", ":memory:" and "file:x"; after "./" they are names like any other. */
    char *file = sqlite3_mprintf("%s%s", path[0] == '/' ? "" : "./", path);
    int ret = -1, flags = SQLITE_OPEN_READWRITE; /* to read, too: the last one to leave clears the log away */
    bool missing;

    store->path = mem_strdup(path);
    if (store_url(path)) {
        ret = store_server_open(store, mode, err);
        goto out;
    }
    store->engine = &sql_sqlite;
    if (!file) {
        err_set(err, ERR_HARNESS, "cannot open '%s': out of memory", path);
        goto out;
    }
    if (check_path(file, path, mode, &missing, err) < 0)
        goto out;
    if (missing && mode == STORE_READ) {
        err_set(err, ERR_CONFIG, "there is no '%s' yet: make one with `pawl run`, or name another file with --db",
                path);
        goto out;
    }
    if (missing)
        flags |= SQLITE_OPEN_CREATE;
    if (sqlite3_open_v2(file, &store->db, flags, NULL) != SQLITE_OK) {
        sql_fail(store, err);
        goto out;
    }
    ret = prepare(store, mode, err);
out:
    sqlite3_free(file);
    if (ret < 0) {
        store_close(store);
        store = NULL;
    }
    return store;
}

struct store *store_open_old(const char *path, struct err *err)
{
    struct store *there = store_open(path, STORE_READ, err);

    store_close(there);
    return there ? store_open(path, STORE_WRITE, err) : NULL;
}

void store_close(struct store *store)
{
    if (!store)
        return;
    if (store->engine)
        store->engine->close(store);
    free(store->path);
    free(store);
}

const char *store_version(void)
{
    return sqlite3_libversion();
}
