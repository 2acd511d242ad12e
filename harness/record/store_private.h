// SPDX-License-Identifier: MIT
/* store_private.h -- what the files of a store share among themselves. */
#pragma once

#include "record/sql.h"
#include "record/store.h"

/* store_migrations[v] takes a store from version v to v + 1; version 0 is the empty one. Only ever add to the end. */
enum { STORE_VERSION = 6 };
extern const char *const store_migrations[STORE_VERSION];

/* A name that no other store gives: for runs and drills. */
enum { STORE_UUID = 33 };
int store_uuid(char uuid[STORE_UUID], struct err *err);

/* Inside of a transaction. */
int store_add_verdicts(struct store *store, const struct run_result *run, struct err *err);

int store_refuse_newer(const struct store *store, long long version, struct err *err);

/* Connects `store` to its server and sees to the tables there (store_server.c). */
int store_server_open(struct store *store, enum store_mode mode, struct err *err);
