// SPDX-License-Identifier: MIT
#include "report/site.h"

#include "report/folder.h"
#include "report/site_drill.h"
#include "report/site_feed.h"
#include "report/site_model.h"
#include "report/site_nights.h"
#include "report/site_page.h"
#include "report/site_plot.h"
#include "report/site_plots.h"
#include "report/site_rate.h"
#include "report/site_roofline.h"
#include "report/site_study.h"

#include <stdlib.h>
#include <string.h>

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
    html.len = 0;
    site_feed(model, &html);
    if (ret == 0)
        ret = folder_write(folder, "changes.xml", html.data, html.len, err);
    if (ret == 0)
        ret = site_nights_write(model, folder, err);
    text_free(&html);
    return ret < 0 ? ret : folder_write(folder, "style.css", dashboard_style_css, strlen(dashboard_style_css), err);
}

static int draw_plots(const struct site_model *model, const struct folder *folder, struct err *err)
{
    struct site_plots plots = { .version = model->site->version };
    size_t drawn;
    int ret;

    site_plot_scripts(model, &plots);
    site_drill_scripts(model->site, &plots);
    site_rate_scripts(model, &plots);
    site_study_scripts(model, &plots);
    site_roofline_scripts(model, &plots);
    ret = site_plots_draw(&plots, folder, &drawn, err);
    site_plots_free(&plots);
    return ret;
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
