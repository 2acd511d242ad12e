// SPDX-License-Identifier: MIT
/* test_gemm_f32_openblas.c -- the peer keeps to what the run may use, and where it cannot be loaded it fails alone. */
#include "declare/isa.h"
#include "declare/scenario.h"
#include "declare/team.h"
#include "kernels/gemm_f32_openblas.h"

#include <dlfcn.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

extern const struct scenario scenario_gemm_f32;

enum { NAIVE = 0, PEER = 4 };

static void openblas_is_asked_for_the_kernels_of_the_mask(void **state)
{
    static const struct { uint32_t isa, host; const char *core; } rows[] = {
        { ISA_ALL, ISA_ALL, "SkylakeX" },
        { ISA_ALL, ISA_AVX2, "Haswell" },
        { ISA_ALL, ISA_ANY, NULL }, /* an old CPU: it knows it better */
        { ISA_AVX2, ISA_ALL, "Haswell" },
        { ISA_AVX512F, ISA_ALL, "SkylakeX" },
        { ISA_AVX512F, ISA_AVX2, "Prescott" },
        { ISA_ANY, ISA_ALL, "Prescott" },
        { ISA_ANY, ISA_ANY, NULL },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *core = gemm_f32_openblas_core(rows[i].isa, rows[i].host);

        if (!core || !rows[i].core)
            assert_true(core == rows[i].core);
        else
            assert_string_equal(core, rows[i].core);
    }
}

/* The kernels that the scenario's peer then has. In a child: a library is loaded once. It exits 0: as wanted. */
static int peers_core_is(uint32_t isa, const char *want)
{
    const char *core = "?";
    int status;
    pid_t pid = fork();

    if (pid == 0) {
        struct err err = { 0 };
        struct params params = { &scenario_gemm_f32, { 8, 1 } };
        struct team *team = team_new(1, NULL, NULL, &err);
        struct bench bench = { .params = &params, .team = team, .variants = 1u << PEER, .isa = isa };
        void *cell = NULL, *library;
        char *(*corename)(void);

        unsetenv("OPENBLAS_CORETYPE");
        if (scenario_gemm_f32.setup(&bench, &cell, &err) < 0)
            _exit(1);
        library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_NOLOAD);
        *(void **)&corename = library ? dlsym(library, "openblas_get_corename") : NULL;
        if (corename)
            core = corename();
        _exit(corename && strcmp(core, want) == 0 ? 0 : 1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void the_peer_keeps_to_the_instructions_of_the_run(void **state)
{
    (void)state;
    if (scenario_gemm_f32.variants[PEER].absent || !(isa_host() & ISA_AVX2)) {
        print_message("[  SKIP  ] no OpenBLAS or no AVX2 here\n");
        skip();
    }
    assert_true(peers_core_is(isa_host() & ISA_AVX2, "Haswell"));
    assert_true(peers_core_is(ISA_ANY, "Prescott"));
    if (isa_host() & ISA_AVX512F)
        assert_true(peers_core_is(isa_host(), "SkylakeX"));
}

/* First of all here: nothing has loaded it yet. */
static void what_the_block_does_not_measure_is_not_made_ready(void **state)
{
    struct err err = { 0 };
    struct params params = { &scenario_gemm_f32, { 8, 1 } };
    struct team *team = team_new(1, NULL, NULL, &err);
    struct bench bench = { .params = &params, .team = team, .variants = 1u << NAIVE, .isa = isa_host() };
    void *cell = NULL;

    (void)state;
    assert_int_equal(scenario_gemm_f32.setup(&bench, &cell, &err), 0);
    assert_null(dlopen("libopenblas.so.0", RTLD_NOW | RTLD_NOLOAD));
    assert_int_equal(scenario_gemm_f32.check(cell, &scenario_gemm_f32.variants[NAIVE], &err), 0);
    scenario_gemm_f32.teardown(cell);
    team_free(team);
}

/* In a process whose OpenBLAS is an empty file: 0 where the peer alone fails, and only in its check. */
static int without_openblas(void)
{
    struct err err = { 0 };
    struct params params = { &scenario_gemm_f32, { 8, 1 } };
    struct team *team = team_new(1, NULL, NULL, &err);
    struct bench bench = { .params = &params, .team = team, .variants = 1u << NAIVE | 1u << PEER, .isa = isa_host() };
    void *cell = NULL;
    int wrong = 0;

    if (!team || scenario_gemm_f32.setup(&bench, &cell, &err) < 0)
        return 1;
    wrong |= scenario_gemm_f32.check(cell, &scenario_gemm_f32.variants[NAIVE], &err) < 0;
    wrong |= scenario_gemm_f32.check(cell, &scenario_gemm_f32.variants[PEER], &err) == 0;
    wrong |= err.code != ERR_HOST || !strstr(err.msg, "(apt install libopenblas0)");
    scenario_gemm_f32.teardown(cell);
    team_free(team);
    return wrong;
}

static void where_it_cannot_be_loaded_only_the_peer_fails_and_says_what_to_install(void **state)
{
    char folder[] = "/tmp/pawl-openblas-XXXXXX", path[64];
    int status;
    pid_t pid;
    FILE *f;

    (void)state;
    if (scenario_gemm_f32.variants[PEER].absent) {
        print_message("[  SKIP  ] no OpenBLAS in this build\n");
        skip();
    }
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/libopenblas.so.0", folder);
    f = fopen(path, "w");
    assert_non_null(f);
    fclose(f);
    pid = fork();
    if (pid == 0) {
        setenv("LD_LIBRARY_PATH", folder, 1); /* is read when a program starts */
        execl("/proc/self/exe", "test", "without", NULL);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    unlink(path);
    rmdir(folder);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_the_block_does_not_measure_is_not_made_ready),
        cmocka_unit_test(openblas_is_asked_for_the_kernels_of_the_mask),
        cmocka_unit_test(the_peer_keeps_to_the_instructions_of_the_run),
        cmocka_unit_test(where_it_cannot_be_loaded_only_the_peer_fails_and_says_what_to_install),
    };

    if (argc == 2 && strcmp(argv[1], "without") == 0)
        return without_openblas();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
