// SPDX-License-Identifier: MIT
/* site_news.h -- news as a table: how much, of what, from when on. */
#pragma once

#include "base/text.h"
#include "report/news.h"
#include "report/site_model.h"

/* Ten are seen at once and up to SITE_NEWS_MAX behind a heading that opens; nothing for an empty list. */
enum { SITE_NEWS_SEEN = 10, SITE_NEWS_MAX = 100 };
void site_news(const struct site_model *model, const struct news_list *list, struct text *html);

/* Of the last nights: a table, or a line that says that nothing changed. */
void site_news_fresh(const struct site_model *model, const struct news_list *list, struct text *html);

/* "2 WORSE", "12 WORSE?", "1 BETTER" as badges; what became of peers and roofs, the host's mood, only as a number. */
void site_news_counts(const struct news_list *list, struct text *html);
