// SPDX-License-Identifier: MIT
/* test_site_links.c -- the dashboard as a web of pages: every link leads to a file and a place in it, every place has one
 * name, and the feed keeps what RFC 4287 asks of dates and ids. */
#include "site_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of the dashboard

/* Calls `each` with every value of an attribute, quoted or not. */
static void each_value(const char *html, const char *attribute, void (*each)(const char *value, void *arg), void *arg)
{
    for (const char *at = html; (at = strstr(at, attribute));) {
        bool quoted = *(at += strlen(attribute)) == '"';
        size_t n = quoted ? strcspn(at + 1, "\"") : strcspn(at, " >");
        struct text value = { 0 };

        text_addf(&value, "%.*s", (int)n, at + quoted);
        each(value.data, arg);
        text_free(&value);
    }
}

static void check_id(const char *id, void *html)
{
    char whole[300];
    const char *first;

    snprintf(whole, sizeof(whole), " id=\"%s\"", id);
    first = strstr(html, whole);
    assert_true(*id != '\0' && !strchr(id, ' '));
    if (!first || strstr(first + 1, whole))
        fail_msg("the id '%s' is not that of one place", id);
}

static void check_link(const char *link, void *page)
{
    const char *hash = strchr(link, '#');
    char file[300], id[300];
    struct text path = { 0 }, html;

    if (strncmp(link, "data:", 5) == 0)
        return;
    if (strstr(link, "://"))
        fail_msg("'%s' is not of this site", link);
    snprintf(file, sizeof(file), "%.*s", hash ? (int)(hash - link) : (int)strlen(link), link);
    text_addf(&path, "%s/site/%s", root, *file ? file : (const char *)page);
    html = get(path.data);
    snprintf(id, sizeof(id), " id=\"%s\"", hash ? hash + 1 : "");
    if (hash && !strstr(html.data, id))
        fail_msg("'%s' of '%s' leads nowhere", link, (const char *)page);
    text_free(&html);
    text_free(&path);
}

static void check_page(const char *name)
{
    struct text path = { 0 }, html;

    text_addf(&path, "%s/site/%s", root, name);
    html = get(path.data);
    each_value(html.data, " id=", check_id, html.data);
    each_value(html.data, " href=", check_link, (void *)name);
    each_value(html.data, " src=", check_link, (void *)name);
    each_value(html.data, " srcset=", check_link, (void *)name);
    text_free(&html);
    text_free(&path);
}

/* Two classes of hosts, several cells, a change, and a run whose date is none. */
static void write_web(void)
{
    struct step step = { .index = 2, .before = 10, .after = 5, .effect = -0.5, .p = 1e-9, .n_after = 3 };
    struct stepped steps[8] = { { 0 } };
    struct drill_row drills[] = { { .effect = 0, .margin = 0.03, .runs = 20, .verdicts = 20, .seconds = 1 } };
    struct run_result run;
    struct history h = { 0 };
    struct site site = { .history = &h, .runs = &run, .n_runs = 1, .drills = drills, .n_drills = 1, .margin = 0.03,
                         .generated = "2026-11-21T03:00:00Z", .version = "0.1.0", .steps = steps };
    struct err err = { 0 };

    fill_run(&run);
    text_copy(drills[0].host_class, sizeof(drills[0].host_class), "zen4-7950x");
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct series *s = add_series(&h, i % 2 ? "avx2" : "avx512", i % 4 < 2 ? &metric_speedup : &metric_recall, 5);

        text_copy(s->params, sizeof(s->params), i < 4 ? "n=512" : "n=1024");
        if (i >= 6)
            text_copy(s->host_class, sizeof(s->host_class), "zen5");
        for (size_t k = 0; k < 5 && i == 2; k++)
            s->points[k].value = s->points[k].low = s->points[k].high = 1; /* never changes */
    }
    text_copy(h.series[0].points[2].started, sizeof(h.series[0].points[2].started), "yesterday");
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        steps[i] = (struct stepped){ &h.series[i], NULL, NULL, 5, &step, i < 2 };
    assert_written(site_write(&site, at("site"), &err), &err);
    history_free(&h);
    run_result_free(&run);
}

static void every_link_leads_somewhere(void **state)
{
    struct dirent *entry;
    size_t n = 0;
    DIR *dir;

    (void)state;
    need_gnuplot();
    write_web();
    dir = opendir(at("site"));
    assert_non_null(dir);
    while ((entry = readdir(dir))) {
        if (!strstr(entry->d_name, ".html") && !strstr(entry->d_name, ".xml"))
            continue;
        check_page(entry->d_name);
        n++;
    }
    closedir(dir);
    assert_true(n > 8);
}

static void an_entry_of_the_feed_has_a_date_and_an_id_of_its_own(void **state)
{
    struct text xml, dates = { 0 };

    (void)state;
    need_gnuplot();
    write_web();
    xml = get(at("site/changes.xml"));
    text_add(&dates, "");
    for (const char *at = xml.data; (at = strstr(at, "<updated>")); at++)
        text_addf(&dates, "%.20s ", at + strlen("<updated>"));
    /* Of the feed, and of a change of two cases: when the third point had confirmed it. */
    assert_string_equal(dates.data, "2026-11-05T02:05:53Z 2026-11-05T02:05:53Z 2026-11-05T02:05:53Z ");
    for (const char *at = xml.data; (at = strstr(at, "<id>")); at++) {
        struct text id = { 0 };

        text_addf(&id, "%.*s", (int)strcspn(at, "/") + 60, at);
        assert_null(strstr(at + 1, id.data));
        text_free(&id);
    }
    text_free(&xml);
    text_free(&dates);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        IN_A_FOLDER(every_link_leads_somewhere),
        IN_A_FOLDER(an_entry_of_the_feed_has_a_date_and_an_id_of_its_own),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
