// SPDX-License-Identifier: MIT
/* template.h -- fills the HTML templates of dashboards/.
 *
 * `{{name}}` is replaced by the field's value, escaped; `{{{name}}}` by the value as it is, for what is HTML already.
 * A name without a field is a mistake in a template, hence a BUG(). */
#pragma once

#include "base/text.h"

struct field {
    const char *name, *value;
};

void template_fill(struct text *out, const char *source, const struct field *fields, size_t n);
void template_escape(struct text *out, const char *s); /* for element content and quoted attributes */
