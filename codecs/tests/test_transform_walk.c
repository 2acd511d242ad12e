// SPDX-License-Identifier: MIT
/* test_transform_walk.c -- the walk through the trellis by which a group of vectors is quantised, in every ISA. */
#include "transform_fixture.h"

#include "codecs/transform_group.h"
#include "declare/isa.h"

#include <string.h>

/* What a walk costs; places that no walk through the trellis passes fail. */
static double walk_cost(const struct transform *t, const float *u, const uint32_t *places, double lambda)
{
    unsigned state = 0;
    double cost = 0;

    for (size_t w = 0; w < t->projection.k; w++) {
        const struct transform_dim *d = &t->dims[w];
        double e = (double)u[w * TRANSFORM_LANES] - (double)t->points[places[w]];

        assert_true(places[w] >= d->first[state & 1] && places[w] < d->first[state & 1] + d->n[state & 1]);
        state = transform_next(t, w, state, places[w]);
        cost += e * e + lambda * (double)t->bits[places[w]];
    }
    return cost;
}

/* AVX2 and AVX-512 find the same walks; those of the plain loops, whose sums are rounded twice, are as cheap. */
static void every_isa_finds_the_cheapest_walk(void **state)
{
    static const size_t sizes[] = { BYTES, 40 };
    struct vectors x = made(TRAIN, DIM, 1);
    struct rng rng = rng_seed(7);

    (void)state;
    for (size_t s = 0; s < ARRAY_LEN(sizes); s++) {
        struct codec_model m = trained(&codec_transform, &x, sizes[s]);
        const struct transform *t = m.model;
        size_t k = t->projection.k;
        struct transform_group g;
        uint32_t places[3][TRANSFORM_LANES * DIM];
        float lambda[TRANSFORM_LANES];
        struct err err;

        assert_int_equal(transform_group_new(t, &g, &err), 0);
        for (size_t l = 0; l < TRANSFORM_LANES; l++)
            lambda[l] = t->lambda * (float)(l + 1) / 4;
        for (size_t i = 0; i < k * TRANSFORM_LANES; i++)
            g.chunk[i] = (float)(4 * rng_normal(&rng));
        transform_quantise_base(t->dims, k, t->points, t->bits, g.chunk, lambda, g.walk, places[0]);
        memcpy(places[1], places[0], sizeof(places[0]));
        if (isa_host() & ISA_AVX2)
            transform_quantise_avx2(t->dims, k, t->points, t->bits, g.chunk, lambda, g.walk, places[1]);
        memcpy(places[2], places[1], sizeof(places[0]));
        if (isa_host() & ISA_AVX512F)
            transform_quantise_avx512(t->dims, k, t->points, t->bits, g.chunk, lambda, g.walk, places[2]);
        assert_memory_equal(places[1], places[2], k * TRANSFORM_LANES * sizeof(places[0][0]));
        for (size_t l = 0; l < TRANSFORM_LANES; l++) {
            double plain = walk_cost(t, g.chunk + l, places[0] + l * k, (double)lambda[l]);

            assert_true(fabs(walk_cost(t, g.chunk + l, places[1] + l * k, (double)lambda[l]) - plain) < 1e-5 * plain);
        }
        transform_group_free(&g);
        codec_model_free(&m);
    }
    vectors_free(&x);
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(every_isa_finds_the_cheapest_walk) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
