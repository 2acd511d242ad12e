// SPDX-License-Identifier: MIT
#include "judge/json_file.h"

#include "base/replace.h"
#include "base/text.h"

#include <stdlib.h>

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
