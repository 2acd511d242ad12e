// SPDX-License-Identifier: MIT
#include "inference/multipath.h"

#include "base/mem.h"
#include "inference/speculative.h"
#include "inference/verify.h"

#include <stdlib.h>
#include <string.h>

enum { LENGTH = 2 * PROBLEM_TEXT }; /* tokens of a prompt and its answer */

enum state { IDLE, RUNNING, ACCEPTED, REJECTED };

struct path {
    enum state state;
    struct rng rng;
    int32_t token; /* the last one, not yet through the model */
    char text[PROBLEM_TEXT];
    size_t len;
};

struct multipath {
    struct engine *engine;
    struct multipath_options options;
    struct multipath_stats stats;
    struct sampler *sampler;
    struct path paths[MULTIPATH_MOST];
    size_t begun, running;
    size_t most; /* to be begun at most */
    size_t best; /* the lowest accepted path; options.paths: none */

    /* of the problem in hand */
    const char *prompt;
    int32_t tokens[PROBLEM_TEXT];
    size_t n_tokens;
    float logits[PROBLEM_VOCABULARY]; /* behind the prompt */
    bool prefilled;                   /* path options.paths holds the prompt, `logits` are right */
};

struct engine_options multipath_engine(const struct multipath_options *options)
{
    size_t rows = options->paths > PROBLEM_TEXT ? options->paths : PROBLEM_TEXT;

    return (struct engine_options){ .batch = rows, .logits = rows, .paths = options->paths + 1, .length = LENGTH };
}

struct multipath *multipath_new(struct engine *engine, const struct multipath_options *options, struct err *err)
{
    const struct model *model = engine_model(engine);
    struct multipath *m;

    if (model->shape.vocab != PROBLEM_VOCABULARY) {
        err_set(err, ERR_CONFIG, "the model has %zu tokens: it was not trained on the arithmetic task, which has %d",
                model->shape.vocab, PROBLEM_VOCABULARY);
        return NULL;
    }
    if (options->paths < 1 || options->paths > MULTIPATH_MOST) {
        err_set(err, ERR_USAGE, "%zu paths: there can be 1 to %d", options->paths, MULTIPATH_MOST);
        return NULL;
    }
    if (sampling_check(&options->sampling, err) < 0)
        return NULL;
    m = mem_zeroed(1, sizeof(*m), err);
    if (!m)
        return NULL;
    m->engine = engine;
    m->options = *options;
    m->sampler = sampler_new(PROBLEM_VOCABULARY, err);
    if (!m->sampler) {
        multipath_free(m);
        return NULL;
    }
    return m;
}

void multipath_free(struct multipath *m)
{
    if (!m)
        return;
    sampler_free(m->sampler);
    free(m);
}

const struct multipath_stats *multipath_stats(const struct multipath *m)
{
    return &m->stats;
}

static int finish(struct multipath *m, size_t p, bool ended, struct err *err)
{
    struct path *path = &m->paths[p];
    int verdict = ended ? verify_answer(m->prompt, path->text, path->len, err) : (int)VERIFY_REJECTED;

    if (verdict < 0)
        return -1;
    path->state = verdict == VERIFY_ACCEPTED ? ACCEPTED : REJECTED;
    m->running--;
    if (verdict == VERIFY_ACCEPTED && p < m->best)
        m->best = p;
    return 0;
}

/* The next token of a running path. */
static int take(struct multipath *m, size_t p, int32_t token, struct err *err)
{
    struct path *path = &m->paths[p];

    if (token == PROBLEM_END)
        return finish(m, p, true, err);
    if (path->len + 1 == sizeof(path->text) || problem_tokens[token][1]) /* no end to it, or no character */
        return finish(m, p, false, err);
    path->text[path->len++] = problem_tokens[token][0];
    path->token = token;
    return 0;
}

static int draw(struct multipath *m, size_t p, const float *logits, struct err *err)
{
    const struct sampling greedy = { 0 };

    return take(m, p, sampler_draw(m->sampler, p ? &m->options.sampling : &greedy, logits, &m->paths[p].rng), err);
}

static void begin_path(struct multipath *m, size_t p)
{
    uint64_t problem = m->options.seed;

    for (const char *c = m->prompt; *c; c++)
        problem = rng_mix(problem, (uint64_t)*c);
    m->paths[p] = (struct path){ .state = RUNNING, .rng = rng_seed(rng_mix(problem, p)) };
    m->begun++;
    m->running++;
    m->stats.paths++;
}

/* Reads the prompt into a path; its last logits stand in m->logits. */
static int read_prompt(struct multipath *m, size_t path, struct err *err)
{
    size_t row;

    engine_truncate(m->engine, (int)path, 0);
    if (engine_prefill(m->engine, (int)path, m->tokens, m->n_tokens, &row, err) < 0)
        return -1;
    m->stats.rows += m->n_tokens;
    memcpy(m->logits, engine_logits(m->engine, row), sizeof(m->logits));
    return 0;
}

/* Path 0 was decoded by a draft: what it holds of the prompt is shared, and the last token read once more for its
 * logits. */
static int share_prompt_of_path_0(struct multipath *m, struct err *err)
{
    int holder = (int)m->options.paths;
    struct engine_row last = { m->tokens[m->n_tokens - 1], holder, true };

    engine_fork(m->engine, 0, holder);
    engine_truncate(m->engine, holder, m->n_tokens - 1);
    if (engine_forward(m->engine, &last, 1, 0, err) < 0) /* not counted: it stands for none that is of use */
        return -1;
    memcpy(m->logits, engine_logits(m->engine, 0), sizeof(m->logits));
    m->prefilled = true;
    return 0;
}

static int start(struct multipath *m, const struct multipath_plan *plan, struct err *err)
{
    size_t p = m->begun, holder = m->options.paths;

    begin_path(m, p);
    if (!plan->shared_prefix) {
        if (read_prompt(m, p, err) < 0)
            return -1;
        return draw(m, p, m->logits, err);
    }
    if (!m->prefilled) {
        if (p > 0 ? share_prompt_of_path_0(m, err) < 0 : read_prompt(m, holder, err) < 0)
            return -1;
        m->prefilled = true;
    }
    engine_fork(m->engine, (int)holder, (int)p);
    return draw(m, p, m->logits, err);
}

static int draft_path_0(struct multipath *m, struct speculative *draft, struct err *err)
{
    int32_t tokens[SPECULATIVE_MOST + 1];
    size_t n = 1;

    begin_path(m, 0);
    engine_truncate(m->engine, 0, 0);
    if (speculative_begin(draft, m->tokens, m->n_tokens, tokens, err) < 0)
        return -1;
    m->stats.rows += m->n_tokens;
    while (m->paths[0].state == RUNNING) {
        for (size_t i = 0; i < n && m->paths[0].state == RUNNING; i++)
            if (take(m, 0, tokens[i], err) < 0)
                return -1;
        if (m->paths[0].state != RUNNING)
            break;
        if (speculative_step(draft, PROBLEM_TEXT - m->paths[0].len, tokens, &n, err) < 0)
            return -1;
    }
    m->stats.rows += m->paths[0].len;
    return 0;
}

/* One token more for every running path. */
static int advance(struct multipath *m, struct err *err)
{
    struct engine_row rows[MULTIPATH_MOST] = { 0 };
    size_t n = 0;

    for (size_t p = 0; p < m->begun; p++)
        if (m->paths[p].state == RUNNING)
            rows[n++] = (struct engine_row){ m->paths[p].token, (int)p, true };
    if (engine_forward(m->engine, rows, n, 0, err) < 0)
        return -1;
    m->stats.rows += n;
    for (size_t i = 0; i < n; i++)
        if (draw(m, (size_t)rows[i].path, engine_logits(m->engine, i), err) < 0)
            return -1;
    return 0;
}

static void drop_what_is_beaten(struct multipath *m)
{
    for (size_t p = m->best + 1; p < m->begun; p++)
        if (m->paths[p].state == RUNNING) {
            m->paths[p].state = REJECTED;
            m->running--;
        }
}

/* Whether an accepted path is the end of it. */
static bool is_answered(const struct multipath *m, const struct multipath_plan *plan)
{
    return m->best < m->options.paths && (plan->early_stop || (plan->first_may_do && m->begun <= plan->first));
}

static int fill_up(struct multipath *m, const struct multipath_plan *plan, struct err *err)
{
    size_t most = m->most;
    size_t wanted = plan->first < most ? plan->first : most;

    if (is_answered(m, plan))
        return 0;
    if (m->begun >= wanted) {
        if (m->begun == wanted && m->running) /* the first ones are not done yet */
            return 0;
        wanted = most;
    }
    while (m->begun < wanted && (m->begun < plan->first || m->running < plan->width)) {
        if (start(m, plan, err) < 0)
            return -1;
        if (plan->early_stop && m->best < m->options.paths)
            break;
    }
    return 0;
}

static int run(struct multipath *m, const struct multipath_plan *plan, struct err *err)
{
    if (plan->draft && plan->first == 1 && draft_path_0(m, plan->draft, err) < 0)
        return -1;
    for (;;) {
        if (fill_up(m, plan, err) < 0)
            return -1;
        if (plan->early_stop)
            drop_what_is_beaten(m);
        if (!m->running) {
            if (m->begun == m->most || is_answered(m, plan))
                return 0;
            continue;
        }
        if (advance(m, err) < 0)
            return -1;
        if (plan->early_stop)
            drop_what_is_beaten(m);
    }
}

int multipath_solve(struct multipath *m, const char *prompt, const struct multipath_plan *plan,
                    struct multipath_answer *answer, struct err *err)
{
    int n = problem_encode(prompt, m->tokens, PROBLEM_TEXT);
    const struct path *chosen;

    if (n <= 0)
        return err_set(err, ERR_CONFIG, "'%s' is no problem that the model was trained on", prompt);
    if (plan->first < 1 || plan->width < 1)
        BUG("a plan that begins %zu paths and decodes %zu", plan->first, plan->width);
    m->prompt = prompt;
    m->n_tokens = (size_t)n;
    m->begun = m->running = 0;
    m->prefilled = false;
    m->best = m->options.paths;
    m->most = plan->only_first ? 1 : m->options.paths;
    if (run(m, plan, err) < 0)
        return -1;
    chosen = &m->paths[m->best < m->options.paths ? m->best : 0];
    memcpy(answer->text, chosen->text, chosen->len);
    answer->text[chosen->len] = '\0';
    answer->len = chosen->len;
    answer->path = (int)(chosen - m->paths);
    answer->verified = chosen->state == ACCEPTED;
    return 0;
}
