// SPDX-License-Identifier: MIT
#include "report/template.h"

#include "report/figure.h"

#include <string.h>

void template_escape(struct text *out, const char *s)
{
    struct text clean = { 0 };

    text_add(&clean, "");
    figure_clean(&clean, s);
    for (const char *p = clean.data; *p; p++) {
        if (*p == '<')
            text_add(out, "&lt;");
        else if (*p == '>')
            text_add(out, "&gt;");
        else if (*p == '&')
            text_add(out, "&amp;");
        else if (*p == '"')
            text_add(out, "&quot;");
        else if (*p == '\'')
            text_add(out, "&#39;");
        else
            text_addf(out, "%c", *p);
    }
    text_free(&clean);
}

static const char *value_of(const char *name, size_t len, const struct field *fields, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (strlen(fields[i].name) == len && strncmp(fields[i].name, name, len) == 0)
            return fields[i].value;
    BUG("a template names '%.*s', which nothing fills", (int)len, name);
}

void template_fill(struct text *out, const char *source, const struct field *fields, size_t n)
{
    for (const char *open; (open = strstr(source, "{{"));) {
        bool raw = open[2] == '{';
        const char *name = open + 2 + raw, *end = strstr(name, raw ? "}}}" : "}}");

        if (!end)
            BUG("a template opens braces that it does not close");
        text_addf(out, "%.*s", (int)(open - source), source);
        if (raw)
            text_add(out, value_of(name, (size_t)(end - name), fields, n));
        else
            template_escape(out, value_of(name, (size_t)(end - name), fields, n));
        source = end + 2 + raw;
    }
    text_add(out, source);
}
