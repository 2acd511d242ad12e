// SPDX-License-Identifier: MIT
/* site_nights.h -- a page a night (site_night.h), and a calendar of them all that shows the missing ones. A night is a UTC
 * day on which a run began. */
#pragma once

#include "report/folder.h"
#include "report/site_model.h"

int site_nights_write(const struct site_model *model, const struct folder *folder, struct err *err);

/* "12 nights since 2026-11-01, 2 missing: the last one 2026-11-20" with links; nothing where there is no night. */
void site_nights_line(const struct site_model *model, struct text *html);
