// SPDX-License-Identifier: MIT
/* sql_dialect.h -- what is put differently for a server: words of SQL, and bytes that are no text. */
#pragma once

/* A statement in the server's words; free() it. A parameter is ?, or ?1 and so on; there it is $1. */
char *sql_translate(const char *sql);

/* Bytes that are no UTF-8, which a server refuses, become '?'; free() it. NULL where there is nothing to mend. */
char *sql_mend(const char *s);
