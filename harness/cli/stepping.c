// SPDX-License-Identifier: MIT
#include "cli/stepping.h"

#include "base/mem.h"
#include "judge/changes.h"

#include <stdlib.h>
#include <string.h>

/* Nights to come may move the place of a step a little: an acknowledgement reaches so many points. */
enum { ACK_REACH = 5 };

static struct stepped search(const struct series *series)
{
    double *values = mem_array(series->n_points, sizeof(*values));
    int *epochs = mem_array(series->n_points, sizeof(*epochs)), epoch = 0;
    struct stepped found = { .series = series, .n_points = series->n_points };
    const char *known = "";
    struct step *steps;

    for (size_t i = 0; i < series->n_points; i++) {
        values[i] = series->points[i].value;
        epochs[i] = epoch += point_opens_epoch(&series->points[i], &known);
    }
    found.n_steps = changes_find(values, epochs, series->n_points, &steps);
    found.steps = steps;
    free(values);
    free(epochs);
    return found;
}

/* The place of a run in the series; SIZE_MAX: it is not there. */
static size_t place_of(const struct series *series, int64_t run)
{
    size_t i = 0;

    while (i < series->n_points && series->points[i].run != run)
        i++;
    return i < series->n_points ? i : SIZE_MAX;
}

static size_t apart(size_t a, size_t b)
{
    return a > b ? a - b : b - a;
}

/* The step nearest to what was acknowledged. */
static void apply(const struct ack *ack, struct stepped *stepped)
{
    struct step *steps = (struct step *)stepped->steps, *nearest = NULL;
    size_t at = place_of(stepped->series, ack->run);

    for (size_t i = 0; i < stepped->n_steps; i++)
        if (steps[i].state == STEP_CONFIRMED && apart(steps[i].index, at) <= ACK_REACH &&
            (!nearest || apart(steps[i].index, at) < apart(nearest->index, at)))
            nearest = &steps[i];
    if (nearest)
        nearest->acked = ack->reason;
}

int stepping_find(struct store *store, const struct history *history, struct stepping *stepping, struct err *err)
{
    *stepping = (struct stepping){ 0 };
    if (store_load_acks(store, &stepping->acks, &stepping->n_acks, err) < 0)
        return -1;
    stepping->all = mem_array(history->n_series, sizeof(*stepping->all));
    for (size_t i = 0; i < history->n_series; i++) {
        const struct series *s = &history->series[i];
        struct stepped *stepped = &stepping->all[stepping->n++];

        *stepped = search(s);
        for (size_t k = 0; k < stepping->n_acks; k++)
            if (strcmp(stepping->acks[k].case_id, s->case_id) == 0 &&
                strcmp(stepping->acks[k].metric, s->metric) == 0 &&
                strcmp(stepping->acks[k].host_class, s->host_class) == 0)
                apply(&stepping->acks[k], stepped);
    }
    return 0;
}

void stepping_free(struct stepping *stepping)
{
    for (size_t i = 0; i < stepping->n; i++)
        free((void *)stepping->all[i].steps);
    free(stepping->all);
    free(stepping->acks);
    *stepping = (struct stepping){ 0 };
}
