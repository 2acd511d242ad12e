// SPDX-License-Identifier: MIT
#include "judge/json_file.h"

#include "base/replace.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

int json_file_write(const char *path, json_t *root, size_t digits, struct err *err)
{
    char *dump = root ? json_dumps(root, JSON_INDENT(1) | JSON_SORT_KEYS | JSON_REAL_PRECISION(digits)) : NULL;
    struct text out = { 0 };
    int ret;

    json_decref(root);
    if (!dump)
        return err_set(err, ERR_HARNESS, "cannot write '%s': a text in it is not UTF-8, or a figure not finite", path);
    text_addf(&out, "%s\n", dump);
    ret = replace_file_bytes(path, out.data, out.len, err);
    text_free(&out);
    free(dump);
    return ret;
}

int json_file_keys(const json_t *object, const char *const *keys, size_t n, struct err *err)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)object, key, value) {
        size_t i = 0;
        const char *near;

        while (i < n && strcmp(key, keys[i]) != 0)
            i++;
        if (i < n)
            continue;
        near = text_suggest(key, keys, n);
        return near ? err_set(err, ERR_CONFIG, "unknown key '%s' (did you mean '%s'?)", key, near)
                    : err_set(err, ERR_CONFIG, "unknown key '%s'", key);
    }
    return 0;
}
