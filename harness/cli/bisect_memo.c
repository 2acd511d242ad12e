// SPDX-License-Identifier: MIT
#include "cli/bisect_memo.h"

#include "base/text.h"
#include "cli/against_files.h"
#include "cli/against_private.h"
#include "cli/version.h"
#include "judge/json_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const mark_names[] = { [BISECT_GOOD] = "good", [BISECT_BAD] = "bad", [BISECT_SKIPPED] = "skipped" };

static json_t *section(const struct bisect_memo *memo, const char *name)
{
    json_t *object = json_object_get(memo->root, name);

    if (json_is_object(object))
        return object;
    object = json_object();
    if (!object || json_object_set_new(memo->root, name, object) < 0)
        BUG("no memory for JSON");
    return object;
}

int bisect_memo_open(struct bisect_memo *memo, const char *cache, const char *good, const char *bad, const char *case_id,
                     bool restart, struct err *err)
{
    const char *const parts[] = { good, bad, case_id, version_compiler() };
    struct text path = { 0 };
    uint64_t h = AGAINST_HASH;

    *memo = (struct bisect_memo){ 0 };
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        h = against_hash(h, parts[i]);
    if (against_make_folders(cache, err) < 0)
        return -1;
    text_addf(&path, "%s/bisect-%016llx.json", cache, (unsigned long long)h);
    memo->path = path.data;
    memo->root = restart ? NULL : json_load_file(memo->path, 0, NULL);
    if (!json_is_object(memo->root)) {
        json_decref(memo->root);
        memo->root = json_pack("{s:i, s:s, s:s, s:s}", "schema", 1, "good", good, "bad", bad, "case", case_id);
        if (!memo->root)
            BUG("no memory for JSON");
    }
    return 0;
}

void bisect_memo_close(struct bisect_memo *memo)
{
    json_decref(memo->root);
    free(memo->path);
    *memo = (struct bisect_memo){ 0 };
}

static int save(const struct bisect_memo *memo, struct err *err)
{
    return json_file_write(memo->path, json_incref(memo->root), 17, err);
}

static void pair_key(char *buf, size_t size, const char *ref, const char *commit)
{
    snprintf(buf, size, "%s..%s", ref, commit);
}

bool bisect_memo_effect(const struct bisect_memo *memo, const char *ref, const char *commit, struct interval *slowdown,
                        size_t *pairs)
{
    json_int_t n;
    char key[160];

    pair_key(key, sizeof(key), ref, commit);
    if (json_unpack(json_object_get(section(memo, "effects"), key), "{s:F, s:F, s:F, s:I}", "value", &slowdown->value, "low",
                    &slowdown->low, "high", &slowdown->high, "pairs", &n) < 0)
        return false;
    *pairs = (size_t)n;
    return true;
}

int bisect_memo_set_effect(struct bisect_memo *memo, const char *ref, const char *commit, const struct interval *slowdown,
                           size_t pairs, struct err *err)
{
    json_t *effect = json_pack("{s:f, s:f, s:f, s:I}", "value", slowdown->value, "low", slowdown->low, "high",
                               slowdown->high, "pairs", (json_int_t)pairs);
    char key[160];

    pair_key(key, sizeof(key), ref, commit);
    if (!effect || json_object_set_new(section(memo, "effects"), key, effect) < 0)
        BUG("cannot keep an effect: not finite?");
    return save(memo, err);
}

enum bisect_mark bisect_memo_mark(const struct bisect_memo *memo, const char *commit, const char **why)
{
    const json_t *test = json_object_get(section(memo, "tests"), commit);
    const char *name = json_string_value(json_object_get(test, "mark"));

    *why = json_string_value(json_object_get(test, "why"));
    for (size_t i = BISECT_GOOD; name && *why && i < ARRAY_LEN(mark_names); i++)
        if (strcmp(mark_names[i], name) == 0)
            return (enum bisect_mark)i;
    return BISECT_UNKNOWN;
}

int bisect_memo_set_mark(struct bisect_memo *memo, const char *commit, enum bisect_mark mark, const char *why,
                         struct err *err)
{
    struct text clean = { 0 };
    json_t *test;

    for (text_add(&clean, ""); *why; why++) /* a compiler's words may be in any encoding */
        text_addf(&clean, "%c", (unsigned char)*why < 0x80 ? *why : '?');
    test = json_pack("{s:s, s:s}", "mark", mark_names[mark], "why", clean.data);
    text_free(&clean);
    if (!test || json_object_set_new(section(memo, "tests"), commit, test) < 0)
        BUG("no memory for JSON");
    return save(memo, err);
}
