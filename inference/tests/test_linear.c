// SPDX-License-Identifier: MIT
/* Products with weights of every type: what linear.h defines, to the last bit, in all kernels, batches and teams. */
#include "declare/isa.h"
#include "declare/team.h"
#include "inference/linear.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "linear_definition.h"

static const enum gguf_type types[] = { GGUF_F32, GGUF_F16, GGUF_BF16, GGUF_Q8_0, GGUF_TQ1_0, GGUF_TQ2_0, GGUF_I2_S };

/* Every choice of kernels that this host has. */
static const uint32_t all_masks[] = {
    ISA_ANY, ISA_AVX2, ISA_AVX2 | ISA_AVXVNNI, ISA_AVX2 | ISA_AVX512F, ISA_AVX2 | ISA_AVX512F | ISA_AVX512VNNI,
};

static bool here(uint32_t isa)
{
    return !(isa & ~isa_host());
}

static bool same_bits(float a, float b)
{
    return (isnan(a) && isnan(b)) || memcmp(&a, &b, sizeof(a)) == 0;
}

static void compare(const struct problem *p, size_t from, size_t n, const float *y, uint32_t isa, const char *how)
{
    char text[ISA_TEXT];

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < p->rows; j++) {
            float want = p->want[(from + i) * p->rows + j], got = y[i * p->rows + j];

            if (!same_bits(want, got))
                fail_msg("%s %zu x %zu, %s, %s: row %zu of %zu, column %zu is %.9g, want %.9g", gguf_type_name(p->type),
                         p->rows, p->cols, isa_format(isa, text), how, i, n, j, (double)got, (double)want);
        }
}

/* Rows [from, from + n) by `size` ranks one after the other, with canaries round Y. */
static void run(const struct problem *p, const struct linear *w, size_t from, size_t n, uint32_t isa, int size)
{
    enum { CANARY = 16 };
    struct err err = { 0 };
    struct linear_work *work = linear_work_new(n, p->cols, size, &err);
    float *y = mem_array(n * p->rows + 2 * CANARY, sizeof(*y));
    /* exactly as long as it must be, for the sanitizer to see a read behind it */
    float *x = mem_array(n * p->cols, sizeof(*x));
    char how[64];

    assert_non_null(work);
    memcpy(x, p->x + from * p->cols, n * p->cols * sizeof(*x));
    for (size_t i = 0; i < n * p->rows + 2 * CANARY; i++)
        y[i] = -12345.0f;
    for (int rank = size - 1; rank >= 0; rank--)
        linear_prepare(work, linear_form(w), x, n, p->cols, isa, rank, size);
    for (int rank = 0; rank < size; rank++)
        linear_forward(w, work, y + CANARY, rank, size);
    snprintf(how, sizeof(how), "rows from %zu on, %d ranks", from, size);
    compare(p, from, n, y + CANARY, isa, how);
    for (size_t i = 0; i < CANARY; i++)
        if (y[i] != -12345.0f || y[CANARY + n * p->rows + i] != -12345.0f)
            fail_msg("%s %zu x %zu: written beside Y, at %zu", gguf_type_name(p->type), p->rows, p->cols, i);
    free(x);
    free(y);
    linear_work_free(work);
}

static void all_ways(const struct problem *p)
{
    for (size_t m = 0; m < ARRAY_LEN(all_masks); m++) {
        struct err err = { 0 };
        struct linear *w;

        if (!here(all_masks[m]))
            continue;
        w = linear_new(p->type, p->rows, p->cols, p->data, p->scale, all_masks[m], &err);
        if (!w)
            fail_msg("%s", err.msg);
        run(p, w, 0, p->n, all_masks[m], 1);
        run(p, w, 0, p->n, all_masks[m], 3);
        for (size_t n = 1; n < p->n; n += n < 9 ? 1 : 5)
            run(p, w, p->n - n, n, all_masks[m], 1 + (int)(n % 2));
        linear_free(w);
    }
}

static void every_kernel_batch_and_team_gives_the_bits_that_are_defined(void **state)
{
    static const struct {
        size_t rows, blocks, n; /* blocks of columns of the type: those of 256 at most once */
    } shapes[] = {
        { 1, 1, 2 }, { 32, 1, 16 }, { 33, 3, 15 }, { 70, 2, 33 }, { 100, 5, 9 }, { 256, 4, 5 },
    };

    (void)state;
    for (size_t t = 0; t < ARRAY_LEN(types); t++)
        for (size_t s = 0; s < ARRAY_LEN(shapes); s++) {
            size_t block = gguf_type_block(types[t]) == 1 ? 29 : gguf_type_block(types[t]);
            struct problem p = problem(types[t], shapes[s].rows, shapes[s].blocks * block, shapes[s].n, ONE_SCALE,
                                       s % 2 ? 1.0f : 0.3f, 100 * t + s);

            all_ways(&p);
            problem_free(&p);
        }
}

static void scales_that_differ_from_block_to_block(void **state)
{
    static const enum gguf_type with_scales[] = { GGUF_Q8_0, GGUF_TQ1_0, GGUF_TQ2_0 };

    (void)state;
    for (size_t t = 0; t < ARRAY_LEN(with_scales); t++) {
        struct problem p = problem(with_scales[t], 45, 1024, 19, SCALE_A_BLOCK, 1.5f, t);

        all_ways(&p);
        problem_free(&p);
    }
}

/* A weight of -128 and activations of one magnitude: the largest products there are, and those at which 16 bits end. */
static void largest_products_do_not_overflow(void **state)
{
    (void)state;
    for (int sign = -1; sign <= 1; sign += 2) {
        struct problem p = problem(GGUF_Q8_0, 33, 4096, 9, ONE_SCALE, 1, 5);

        for (size_t b = 0; b < 33 * 4096 / 32; b++)
            memset(p.data + b * 34 + 2, sign < 0 ? -128 : 127, 32);
        for (size_t i = 0; i < 9 * 4096; i++)
            p.x[i] = i % 7 == 6 ? -3.0f : 3.0f;
        expect(&p);
        all_ways(&p);
        problem_free(&p);
    }
}

/* Zeros, denormals, the smallest and largest that quantise, halves that round to even, cancellation. */
static void odd_activations(void **state)
{
    static const float values[] = { 0.0f, -0.0f, 1e-40f, 1e-36f, 9e-37f, 3e38f, 63.5f, -0.5f, 127.0f, 1e-5f };

    (void)state;
    for (size_t t = 0; t < ARRAY_LEN(types); t++) {
        size_t cols = 512;
        struct problem p = problem(types[t], 37, cols, ARRAY_LEN(values) + 1, ONE_SCALE, 1, 9);

        for (size_t i = 0; i < p.n; i++)
            for (size_t l = 0; l < cols; l++)
                if (i < ARRAY_LEN(values))
                    p.x[i * cols + l] = l % 5 == 3 ? values[i] : l % 5 == 1 ? values[i] / -3.0f : 0;
                else
                    p.x[i * cols + l] = values[l % (ARRAY_LEN(values) - 5) + 5] - (float)(l % 3);
        expect(&p);
        all_ways(&p);
        problem_free(&p);
    }
}

/* Multiply-adds that miss the middle between two floats by so little, (a 2^-23)^2 of what is added, that a double does
 * not hold it: where rounding twice shows. */
static void multiply_adds_round_once(void **state)
{
    enum { N = 512 };
    struct rng rng = rng_seed(77);
    struct problem p = { GGUF_F32,
                         32,
                         2,
                         N,
                         mem_array(32 * 2, sizeof(float)),
                         1,
                         mem_array(2 * N, sizeof(float)),
                         mem_array(32 * N, sizeof(float)) };

    (void)state;
    for (size_t j = 0; j < 32; j++) {
        float half = j % 2 ? 0x1p-24f : -0x1p-24f;

        memcpy(p.data + 8 * j, (float[]){ 1, half * (1 - (float)(j / 2) * 0x1p-23f) }, 8);
    }
    for (size_t i = 0; i < N; i++) {
        bool denormal = i % 5 == 4;

        p.x[2 * i] = (1 + (float)(rng_next(&rng) % 4096) * 0x1p-23f) * (denormal ? 0x1p-127f : 1);
        p.x[2 * i + 1] = (1 + (float)(i % 16) * 0x1p-23f) * (denormal ? 0x1p-126f : 1);
    }
    expect(&p);
    all_ways(&p);
    problem_free(&p);
}

static void a_row_that_is_not_finite_spoils_no_other(void **state)
{
    static const float bad[] = { NAN, INFINITY, -INFINITY };

    (void)state;
    for (size_t t = 0; t < ARRAY_LEN(types); t++)
        for (size_t b = 0; b < ARRAY_LEN(bad); b++)
            for (size_t m = 0; m < ARRAY_LEN(all_masks); m++) {
                struct problem p = problem(types[t], 40, 512, 5, ONE_SCALE, 1, 21);
                struct err err = { 0 };
                struct linear_work *work = linear_work_new(5, 512, 1, &err);
                struct linear *w = here(all_masks[m]) ? linear_new(p.type, 40, 512, p.data, 1, all_masks[m], &err)
                                                      : NULL;
                float *y = mem_array(5 * 40, sizeof(*y));
                bool spoiled = false;

                p.x[2 * 512 + 300] = bad[b];
                if (w) {
                    linear_prepare(work, linear_form(w), p.x, 5, 512, all_masks[m], 0, 1);
                    linear_forward(w, work, y, 0, 1);
                    compare(&p, 0, 2, y, all_masks[m], "before the bad row");
                    compare(&p, 3, 2, y + 3 * 40, all_masks[m], "behind the bad row");
                    for (size_t j = 0; j < 40; j++)
                        spoiled = spoiled || !isfinite(y[2 * 40 + j]);
                    assert_true(spoiled);
                }
                free(y);
                linear_free(w);
                linear_work_free(work);
                problem_free(&p);
            }
}

struct job {
    const struct problem *p;
    const struct linear *w;
    struct linear_work *work;
    struct team *team;
    float *y;
};

static void job_rank(void *arg, int rank, int size)
{
    struct job *job = arg;

    for (int i = 0; i < 20; i++) {
        linear_prepare(job->work, linear_form(job->w), job->p->x, job->p->n, job->p->cols, isa_host(), rank, size);
        team_barrier(job->team);
        linear_forward(job->w, job->work, job->y, rank, size);
        team_barrier(job->team);
    }
}

static void a_team_shares_the_work(void **state)
{
    (void)state;
    for (size_t t = 0; t < ARRAY_LEN(types); t++) {
        struct err err = { 0 };
        struct problem p = problem(types[t], 200, 512, 17, ONE_SCALE, 1, t);
        struct team *team = team_new(2, NULL, NULL, &err);
        struct job job = { &p, linear_new(types[t], 200, 512, p.data, 1, isa_host(), &err),
                           linear_work_new(17, 512, 2, &err), team, mem_array(17 * 200, sizeof(float)) };

        assert_non_null(team);
        assert_non_null(job.w);
        team_run(team, job_rank, &job);
        compare(&p, 0, 17, job.y, isa_host(), "two threads");
        free(job.y);
        linear_work_free(job.work);
        linear_free((struct linear *)job.w);
        team_free(team);
        problem_free(&p);
    }
}

static void what_a_type_forbids_is_refused(void **state)
{
    static const struct {
        enum gguf_type type;
        size_t at;
        uint16_t bits;
        float scale;
        const char *message;
    } rows[] = {
        { GGUF_TQ2_0, 100 * 66 + 5, 0x0303, 1, "ternary code" },
        { GGUF_I2_S, 4000, 0x0c0c, 1, "ternary code" },
        { GGUF_TQ2_0, 50 * 66 + 64, 0x7c00, 1, "not finite" },
        { GGUF_Q8_0, 77 * 34, 0x7e00, 1, "block 13 of row 4 is not finite" },
        { GGUF_F32, 0, 0, INFINITY, "not finite" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rng rng = rng_seed(3);
        struct err err = { 0 };
        uint8_t *data = tensor(rows[i].type, 64, 512, ONE_SCALE, &rng);

        memcpy(data + rows[i].at, &rows[i].bits, 2);
        assert_null(linear_new(rows[i].type, 64, 512, data, rows[i].scale, isa_host(), &err));
        assert_int_equal(err.code, ERR_CONFIG);
        if (!strstr(err.msg, rows[i].message))
            fail_msg("'%s' has no '%s'", err.msg, rows[i].message);
        free(data);
    }
}

static void shares_are_whole_panels_and_cover_all(void **state)
{
    (void)state;
    for (size_t rows = 1; rows < 200; rows += 13)
        for (int size = 1; size <= 9; size++) {
            size_t at = 0;

            for (int rank = 0; rank < size; rank++) {
                size_t begin, end;

                linear_share(rows, rank, size, &begin, &end);
                assert_true(begin == at || begin == end);
                assert_true(end >= begin && (end % 32 == 0 || end == rows));
                at = end > at ? end : at;
            }
            assert_int_equal(at, rows);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kernel_batch_and_team_gives_the_bits_that_are_defined),
        cmocka_unit_test(scales_that_differ_from_block_to_block),
        cmocka_unit_test(largest_products_do_not_overflow),
        cmocka_unit_test(odd_activations),
        cmocka_unit_test(multiply_adds_round_once),
        cmocka_unit_test(a_row_that_is_not_finite_spoils_no_other),
        cmocka_unit_test(a_team_shares_the_work),
        cmocka_unit_test(what_a_type_forbids_is_refused),
        cmocka_unit_test(shares_are_whole_panels_and_cover_all),
    };

    return cmocka_run_group_tests_name("linear", tests, NULL, NULL);
}
