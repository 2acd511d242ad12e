// SPDX-License-Identifier: MIT
#include "report/site.h"

#include "report/folder.h"
#include "report/gnuplot.h"
#include "report/site_drill.h"
#include "report/site_model.h"
#include "report/site_page.h"
#include "report/site_plot.h"
#include "report/site_rate.h"
#include "report/site_roofline.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

extern const char dashboard_style_css[];

static int write_pages(const struct site_model *model, const struct folder *folder, struct err *err)
{
    struct text html = { 0 };
    int ret;

    site_page_index(model, &html);
    ret = folder_write(folder, "index.html", html.data, html.len, err);
    for (size_t i = 0; i < model->n_scenarios && ret == 0; i++) {
        struct text name = { 0 };

        text_addf(&name, "%s.html", model->scenarios[i].file);
        html.len = 0;
        site_page_scenario(model, &model->scenarios[i], &html);
        ret = folder_write(folder, name.data, html.data, html.len, err);
        text_free(&name);
    }
    text_free(&html);
    return ret < 0 ? ret : folder_write(folder, "style.css", dashboard_style_css, strlen(dashboard_style_css), err);
}

/* gnuplot warns and goes on where it cannot open or fill a file: only the file itself proves that it was drawn. */
static int check_plot(const struct folder *folder, const struct text *name, struct err *err)
{
    struct text path = { 0 };
    struct stat st;
    int ret = 0;

    text_addf(&path, "%s/%s", folder->temp, name->data);
    if (stat(path.data, &st) < 0 || st.st_size == 0)
        ret = err_set(err, ERR_HARNESS, "gnuplot did not draw '%s'", path.data);
    text_free(&path);
    return ret;
}

static int check_plots(const struct site_model *model, const struct folder *folder, const char *theme, struct err *err)
{
    struct text name = { 0 };
    int ret = 0;

    for (size_t i = 0; i < model->n_scenarios; i++)
        for (size_t j = 0; j < model->scenarios[i].n_panels && ret == 0; j++) {
            name.len = 0;
            site_plot_file(&name, &model->scenarios[i], j, theme);
            ret = check_plot(folder, &name, err);
        }
    for (size_t i = 1; i <= site_drill_count(model->site) && ret == 0; i++) {
        name.len = 0;
        site_drill_file(&name, i, theme);
        ret = check_plot(folder, &name, err);
    }
    for (size_t i = 1, n = site_rate_count(model); i <= n && ret == 0; i++) {
        name.len = 0;
        site_rate_file(&name, i, theme);
        ret = check_plot(folder, &name, err);
    }
    for (size_t i = 1, n = site_roofline_count(model); i <= n && ret == 0; i++) {
        name.len = 0;
        site_roofline_file(&name, i, theme);
        ret = check_plot(folder, &name, err);
    }
    text_free(&name);
    return ret;
}

static int draw_plots(const struct site_model *model, const struct folder *folder, struct err *err)
{
    struct text script = { 0 };
    int ret;

    site_plot_script(model, &script);
    site_drill_script(model->site, &script);
    site_rate_script(model, &script);
    site_roofline_script(model, &script);
    ret = gnuplot_run(&script, folder->temp, err);
    text_free(&script);
    ret = ret < 0 ? ret : check_plots(model, folder, "light", err);
    return ret < 0 ? ret : check_plots(model, folder, "dark", err);
}

int site_write(const struct site *site, const char *dir, struct err *err)
{
    struct site_model model;
    struct folder folder;
    int ret = -1;

    if (folder_begin(&folder, dir, err) < 0)
        return err_wrap(err, "cannot write the dashboard");
    site_model_build(&model, site);
    if (write_pages(&model, &folder, err) == 0 && draw_plots(&model, &folder, err) == 0)
        ret = folder_publish(&folder, err);
    site_model_free(&model);
    folder_drop(&folder);
    return ret;
}
