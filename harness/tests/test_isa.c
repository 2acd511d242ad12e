// SPDX-License-Identifier: MIT
/* test_isa.c -- the names of instruction sets, and which of them this host has. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "base/err.h"
#include "declare/isa.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void isa_names_and_masks_convert_both_ways(void **state)
{
    static const struct { const char *s; uint32_t mask; const char *back; } rows[] = {
        { "none", ISA_ANY, "none" },
        { "avx2", ISA_AVX2, "avx2" },
        { "avx512f,avx2", ISA_AVX2 | ISA_AVX512F, "avx2,avx512f" },
        { "avx2,avx2", ISA_AVX2, "avx2" },
        { "all", ISA_ALL, "avx2,avx512f,avx512vnni,avxvnni,avx512vpopcntdq" },
        { "avx512vpopcntdq,avx2", ISA_AVX512VPOPCNTDQ | ISA_AVX2, "avx2,avx512vpopcntdq" },
        { "none,avxvnni", ISA_AVXVNNI, "avxvnni" },
    };
    char buf[ISA_TEXT];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = { 0 };
        uint32_t mask = 0xdead;

        assert_int_equal(isa_parse(rows[i].s, &mask, &err), 0);
        assert_int_equal(mask, rows[i].mask);
        assert_string_equal(isa_format(mask, buf), rows[i].back);
    }
}

static void an_unknown_isa_is_refused_with_the_nearest_name(void **state)
{
    static const struct { const char *s, *word; } rows[] = {
        { "avx3", "did you mean 'avx2'?" },       { "avx512", "did you mean 'avx512f'?" },
        { "avx512vnn", "did you mean 'avx512vnni'?" }, { "avx2,al", "unknown ISA 'al' (did you mean 'all'?)" },
        { "neon_and_sve", "one or more of" },     { "", "one or more of" },
        { "avx2,", "unknown ISA ''" },            { "avx512vnni_with_much_behind_it", "unknown ISA" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct err err = { 0 };
        uint32_t mask = 0xdead;

        assert_int_equal(isa_parse(rows[i].s, &mask, &err), -1);
        assert_int_equal(mask, 0xdead);
        assert_int_equal(err.code, ERR_USAGE);
        if (!strstr(err.msg, rows[i].word))
            fail_msg("'%s': %s", rows[i].s, err.msg);
    }
}

/* Linux clears a flag in /proc/cpuinfo where it does not save the registers, as isa_host() must. */
static void isa_host_agrees_with_the_kernel(void **state)
{
    static const struct { const char *flag; uint32_t bit; } rows[] = {
        { " avx2 ", ISA_AVX2 }, { " avx512f ", ISA_AVX512F }, { " avx512_vnni ", ISA_AVX512VNNI },
        { " avx_vnni ", ISA_AVXVNNI }, { " avx512_vpopcntdq ", ISA_AVX512VPOPCNTDQ },
    };
    FILE *f = fopen("/proc/cpuinfo", "r");
    char *line = NULL;
    size_t room = 0;
    bool found = false;

    (void)state;
    while (f && !found && getline(&line, &room, f) > 0)
        found = strncmp(line, "flags", 5) == 0;
    if (f)
        fclose(f);
    if (found) {
        line[strcspn(line, "\n")] = ' ';
        for (size_t i = 0; i < ARRAY_LEN(rows); i++)
            if (!(isa_host() & rows[i].bit) != !strstr(line, rows[i].flag))
                fail_msg("isa_host() and /proc/cpuinfo differ in%s", rows[i].flag);
    }
    free(line);
    if (!found)
        skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(isa_names_and_masks_convert_both_ways),
        cmocka_unit_test(an_unknown_isa_is_refused_with_the_nearest_name),
        cmocka_unit_test(isa_host_agrees_with_the_kernel),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
