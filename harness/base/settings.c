// SPDX-License-Identifier: MIT
#include "base/settings.h"

#include "base/text.h"

#include <string.h>

static int set(const struct setting *s, const char *word, struct err *err)
{
    int64_t n;

    if (s->value)
        return text_double(word, 0, 100, s->value, err);
    if (text_int64(word, s->seed ? 0 : (int64_t)s->least, s->seed ? INT64_MAX : 1 << 20, &n, err) < 0)
        return -1;
    if (s->seed)
        *s->seed = (uint64_t)n;
    else
        *s->count = (size_t)n;
    return 0;
}

int settings_parse(char **argv, const struct setting *table, size_t n, struct err *err)
{
    for (; *argv; argv += 2) {
        size_t i = 0;

        while (i < n && strcmp(argv[0], table[i].name) != 0)
            i++;
        if (i == n)
            return err_set(err, ERR_USAGE, "no option '%s'", argv[0]);
        if (!argv[1])
            return err_set(err, ERR_USAGE, "'%s' needs a value", argv[0]);
        if (set(&table[i], argv[1], err) < 0)
            return err_wrap(err, "%s", argv[0]);
    }
    return 0;
}
