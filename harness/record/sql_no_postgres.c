// SPDX-License-Identifier: MIT
/* In the place of sql_postgres.c where there was no libpq when this program was built. */
#include "record/sql_engine.h"

int sql_postgres_open(struct store *store, const char *url, bool only_read, struct err *err)
{
    (void)url;
    (void)only_read;
    return err_set(err, ERR_HARNESS, "cannot connect to '%s': this pawl was built without libpq; install libpq-dev and build it again",
                   store->path);
}
