// SPDX-License-Identifier: MIT
#include "record/store_url.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static const char *const schemes[] = { "postgresql://", "postgres://" };

/* Behind the scheme; NULL: there is none. */
static const char *behind_scheme(const char *path)
{
    for (size_t i = 0; i < ARRAY_LEN(schemes); i++)
        if (strncmp(path, schemes[i], strlen(schemes[i])) == 0)
            return path + strlen(schemes[i]);
    return NULL;
}

bool store_url(const char *path)
{
    return behind_scheme(path) != NULL;
}

/* The password of user:password@host, from the colon to the at sign; NULL: there is none. */
static const char *find_password(const char *url, const char **end)
{
    const char *from = behind_scheme(url);
    size_t n = from ? strcspn(from, "/@") : 0;
    const char *colon = from ? memchr(from, ':', n) : NULL;

    if (!colon || from[n] != '@')
        return NULL;
    *end = from + n;
    return colon;
}

int store_url_check(const char *url, struct err *err)
{
    static const char *const words[] = { "password=", "sslpassword=" };
    const char *from = behind_scheme(url), *end;
    bool found = find_password(url, &end) != NULL;
    const char *query = from ? strchr(from, '?') : NULL;

    for (const char *at = query; at && !found; at = strchr(at + 1, '&'))
        for (size_t i = 0; i < ARRAY_LEN(words); i++)
            found |= strncmp(at + 1, words[i], strlen(words[i])) == 0;
    if (found)
        return err_set(err, ERR_USAGE, "the URL of the history holds a password, which every user of this host could read: "
                                       "put it into ~/.pgpass or $PGPASSWORD, or name a service by $PGSERVICE");
    /* An at sign behind the first slash: perhaps of a password with a slash in it, which libpq would take for a path. */
    if (from && strchr(from + strcspn(from, "/?"), '@'))
        return err_set(err, ERR_USAGE, "the URL of the history has an '@' behind a '/': write such characters as %%40, %%2F");
    return 0;
}

static int hex(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
}

/* %41 is A; in place. */
static void decode(char *s)
{
    char *to = s;

    for (; *s; s++)
        if (*s == '%' && hex(s[1]) >= 0 && hex(s[2]) >= 0) {
            *to++ = (char)(hex(s[1]) << 4 | hex(s[2]));
            s += 2;
        } else {
            *to++ = *s;
        }
    *to = '\0';
}

int store_url_hide(char *url, struct err *err)
{
    const char *end = NULL, *colon = find_password(url, &end);

    if (colon) {
        char *password = mem_strdup(colon + 1);

        password[end - colon - 1] = '\0';
        decode(password);
        setenv("PGPASSWORD", password, 1);
        free(password);
        memmove(url + (colon - url), end, strlen(end) + 1);
    }
    return store_url_check(url, err);
}
