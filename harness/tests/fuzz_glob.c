// SPDX-License-Identifier: MIT
/* A glob, a NUL, and the id that it may select: held against a matcher that is slow and plain. The same bytes go through
 * the parsers of numbers and the rest of text.h. */
#include "base/text.h"
#include "fuzz_file.h"

#include <math.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { PLAIN_MAX = 20 }; /* the plain matcher takes time exponential in it */

static int plain(const char *glob, const char *id)
{
    if (*glob == '*')
        return plain(glob + 1, id) || (*id && plain(glob, id + 1));
    if ((*glob == '\0' || (*glob == '/' && glob[1] == '\0')) && (*id == '\0' || *id == '/'))
        return 1;
    return *id && *glob && (*glob == '?' || *glob == *id) && plain(glob + 1, id + 1);
}

static void try_numbers(const char *s)
{
    struct err err = { 0 };
    int64_t i;
    double d;

    if (text_int64(s, -100, 100, &i, &err) == 0)
        demand(i >= -100 && i <= 100);
    else
        demand(err.code == ERR_USAGE && err.msg[0]);
    if (text_double(s, -100, 100, &d, &err) == 0)
        demand(d >= -100 && d <= 100);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const words[] = { "speedup", "time_ns", "recall@10" };
    const uint8_t *nul = size ? memchr(data, '\0', size) : NULL;
    char *all = calloc(size + 2, 1), cut[5];
    const char *glob = all, *id;
    struct err err = { 0 };

    demand(all != NULL);
    if (size)
        memcpy(all, data, size);
    id = nul ? all + (nul - data) + 1 : all + size;
    if (text_glob_check(glob, &err) < 0) {
        demand(err.code == ERR_USAGE && err.msg[0]);
    } else {
        int found = text_glob(glob, id);

        if (!strchr(glob, '{') && strlen(glob) <= PLAIN_MAX && strlen(id) <= PLAIN_MAX)
            demand(found == plain(glob, id));
        demand(text_glob("*", id));
    }
    try_numbers(glob);
    text_suggest(glob, words, ARRAY_LEN(words));
    text_copy(cut, sizeof(cut), glob);
    demand(strlen(cut) < sizeof(cut) && (!text_is_utf8(glob) || text_is_utf8(cut)));
    free(all);
    return 0;
}
