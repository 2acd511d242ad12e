// SPDX-License-Identifier: MIT
/* A store on a server: the same tables by the same migrations. The table pawl_store says that they are ours, and their
 * version. */
#include "record/sql_engine.h"
#include "record/store_private.h"
#include "record/store_url.h"

/* *version 0: there are no tables of ours. */
static int read_version(struct store *store, int64_t *version, struct err *err)
{
    int64_t there;

    *version = 0;
    if (sql_number(store,
                   "SELECT count(*) FROM information_schema.tables WHERE table_name = 'pawl_store'"
                   " AND table_schema = current_schema()",
                   &there, err) < 0)
        return -1;
    if (there && sql_number(store, "SELECT max(version) FROM pawl_store", version, err) < 0)
        return -1;
    return *version > STORE_VERSION ? store_refuse_newer(store, *version, err) : 0;
}

static int migrate(struct store *store, int64_t version, struct err *err)
{
    static const char create[] = "CREATE TABLE pawl_store (version INTEGER PRIMARY KEY)";
    struct sql_stmt *add = NULL;
    int ret = -1;

    if (sql_begin(store, err) < 0 || (version == 0 && sql_exec(store, create, err) < 0))
        goto out;
    add = sql_prepare(store, "INSERT INTO pawl_store VALUES (?)", err);
    for (; version < STORE_VERSION; version++)
        if (sql_exec(store, store_migrations[version], err) < 0 ||
            sql_run(store, add, SQL_ROW(SQL_V(version + 1)), err) < 0)
            goto out;
    ret = sql_commit(store, err);
out:
    sql_finalize(add);
    if (ret < 0)
        sql_rollback(store);
    return ret;
}

int store_server_open(struct store *store, enum store_mode mode, struct err *err)
{
    int64_t version;

    if (store_url_check(store->path, err) < 0 || sql_postgres_open(store, store->path, mode == STORE_READ, err) < 0 ||
        read_version(store, &version, err) < 0)
        return -1;
    if (version == STORE_VERSION)
        return 0;
    if (mode == STORE_READ && version == 0)
        return err_set(err, ERR_CONFIG, "there are no runs in '%s' yet: `pawl push` by the owner of that database makes its tables",
                       store->path);
    if (mode == STORE_READ)
        return err_set(err, ERR_CONFIG,
                       "the tables of '%s' are of version %lld, this pawl knows %d: `pawl push` by their owner takes them on",
                       store->path, (long long)version, (int)STORE_VERSION);
    if (migrate(store, version, err) == 0)
        return 0;
    /* Another process may have been quicker. */
    if (read_version(store, &version, &(struct err){ 0 }) == 0 && version == STORE_VERSION)
        return 0;
    return err_wrap(err, "cannot make the tables: their owner must");
}
