// SPDX-License-Identifier: MIT
/* site_feed.h -- changes.xml: the newest confirmed changes as an Atom feed (RFC 4287), to be read without a visit. */
#pragma once

#include "base/text.h"
#include "report/site_model.h"

enum { SITE_FEED_ENTRIES = 50 };

void site_feed(const struct site_model *model, struct text *xml);
