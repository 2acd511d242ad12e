// SPDX-License-Identifier: MIT
#include "declare/params.h"

#include "base/text.h"
#include "declare/scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int64_t params_get(const struct params *params, const char *axis)
{
    const struct scenario *s = params->scenario;

    for (size_t i = 0; i < s->n_axes; i++)
        if (strcmp(s->axes[i].name, axis) == 0)
            return params->values[i];
    BUG("%s has no axis '%s'", s->name, axis);
}

int params_threads(const struct params *params)
{
    const struct scenario *s = params->scenario;

    for (size_t i = 0; i < s->n_axes; i++)
        if (s->axes[i].kind == AXIS_KIND_THREADS)
            return (int)params->values[i];
    return 1;
}

static void add(struct text *t, const struct params *params)
{
    const struct scenario *s = params->scenario;

    for (size_t i = 0; i < s->n_axes; i++)
        text_addf(t, "%s%s=%lld", i ? "/" : "", s->axes[i].name, (long long)params->values[i]);
}

void params_format(const struct params *params, char *buf, size_t size)
{
    struct text t = { 0 };

    add(&t, params);
    text_copy(buf, size, t.data ? t.data : "");
    text_free(&t);
}

void case_id(const struct params *params, const struct variant *variant, char *buf, size_t size)
{
    struct text t = { 0 };

    text_add(&t, params->scenario->name);
    if (variant)
        text_addf(&t, "/%s", variant->name);
    if (params->scenario->n_axes)
        text_add(&t, "/");
    add(&t, params);
    if (t.len >= size)
        BUG("case id '%s' is longer than %zu", t.data, size - 1);
    text_copy(buf, size, t.data);
    text_free(&t);
}
