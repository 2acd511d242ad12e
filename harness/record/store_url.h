// SPDX-License-Identifier: MIT
/* store_url.h -- a history on a server is named by a URL, as libpq understands it:
 * postgresql://[user@]host[:port][/database][?sslmode=verify-full&sslrootcert=FILE...]; postgres:// is the same.
 *
 * A password is no part of it: what is in a command line is seen by every user of the host, and what is in a message ends in
 * a log. It belongs in ~/.pgpass, in $PGPASSWORD, or in a service file that $PGSERVICE names. */
#pragma once

#include "base/err.h"

#include <stdbool.h>

bool store_url(const char *path); /* is it one, rather than a file? */

/* ERR_USAGE where it holds a password, or may hold one in a place where none belongs. The message does not repeat it. */
int store_url_check(const char *url, struct err *err);

/* Takes the password out of `url`, which came by the environment, and hands it on as $PGPASSWORD; nothing where it has none.
 * What is left passes store_url_check(), or that is the error. */
int store_url_hide(char *url, struct err *err);
