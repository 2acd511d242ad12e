// SPDX-License-Identifier: MIT
/* Which scenarios are told to run the same code in two programs that differ. */
#include "against_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of against
#include "cli/against_reach.h"

/* A program of two scenarios in archives, built in the folder $1 from the sources in it as pawl is; what the first has compiled
 * already is taken from there. */
#define BUILD \
    "build() { cd $1 && for f in *.c; do cmp -s $f ../one/$f && cp -p ../one/$f.o . 2>/dev/null || cc -g -O1 -c $f -o $f.o; done && " \
    "rm -f lib*.a && ar qc liba.a fast.c.o a.c.o && ar qc libb.a slow.c.o constant_of_a_long_name.c.o b.c.o && " \
    "ar qc libbase.a worker.c.o helper.c.o more.c.o && mkdir -p build/harness/cli && " \
    "cc -o build/harness/cli/pawl main.c.o liba.a libb.a libbase.a -Wl,-Map=build/harness/cli/pawl.map && " \
    "cp *.o *.a build/ && touch build/harness/cli/pawl; }\n"

static const char sources[] =
    BUILD "cd .. && mkdir one && cd one\n"
    "echo 'extern int scenario_a[], scenario_b[]; int worker_main(void); "
    "int main(void) { return scenario_a[0] + scenario_b[0] + worker_main(); }' >main.c\n"
    "echo 'int helper(int); int worker_main(void) { return helper(1); }' >worker.c\n"
    "echo 'int helper(int x) { return x + 1; }' >helper.c\n"
    "echo 'int other(int x) { return x + 2; } int third(int x) { return x + 3; }' >more.c\n"
    "echo 'int fast(int x) { return x * 3; }' >fast.c\n"
    "echo 'int other(int x); extern const char constant[]; int slow(int x) { return other(x) + constant[x]; }' >slow.c\n"
    "echo 'const char constant[] = \"some words\";' >constant_of_a_long_name.c\n"
    "echo 'int fast(int); int scenario_a[] = { 1 }; int (*run_a)(int) = fast;' >a.c\n"
    "echo 'int slow(int); int scenario_b[] = { 2 }; int (*run_b)(int) = slow;' >b.c\n"
    "build . && cd .. && cp -r one two";

/* Changes the second program; which of a and b are the same afterwards, as two digits. */
static void assert_same(const char *change, int want)
{
    static const char *const symbols[] = { "scenario_a", "scenario_b" };
    struct text a = { 0 }, b = { 0 }, script = { 0 };
    bool same[2];
    size_t n;

    text_addf(&script, BUILD "cd .. && rm -rf two && mkdir two && cp one/*.c two && cd two && { %s\n} && build .", change);
    run(script.data);
    text_addf(&a, "%s/one/build/harness/cli/pawl", folder);
    text_addf(&b, "%s/two/build/harness/cli/pawl", folder);
    n = against_reach(a.data, b.data, symbols, 2, same);
    if (same[0] * 10 + same[1] != want || n != (size_t)(same[0] + same[1]))
        fail_msg("'%s': %d %d, want %02d", change, same[0], same[1], want);
    assert_int_equal(against_reach(b.data, a.data, symbols, 2, same), n); /* whichever is ours */
    text_free(&a);
    text_free(&b);
    text_free(&script);
}

static void scenario_is_the_same_where_all_that_it_reaches_is(void **state)
{
    static const struct { const char *change; int want; } rows[] = {
        { ":", 11 },
        { "sed -i '1i /* a remark */' *.c", 11 }, /* debugging information does not count */
        { "echo 'int added;' >>main.c", 11 },
        { "echo 'static int unused = 1; int *used = &unused;' >>fast.c", 1 },
        { "sed -i 's/3/5/' fast.c", 1 },
        { "sed -i 's/some/same/' constant_of_a_long_name.c", 10 },
        { "sed -i 's/other/third/g' slow.c", 10 }, /* the same bytes but for what they call */
        { "sed -i 's/x + 2/x + 9/' more.c", 10 },
        { "sed -i 's/x + 1/x + 9/' helper.c", 0 },
        { "sed -i 's/helper(1)/helper(2)/' worker.c", 0 },
        { "echo 'int other(int x) { return x + 9; }' >>b.c; sed -i 's/int other(int x) { return x + 2; }//' more.c", 10 },
        { "echo 'int n; __attribute__((constructor)) static void f(void) { n = 1; }' >>main.c", 0 },
        { "sed -i 's/ = fast/ = 0/' a.c", 1 },
        { "sed -i 's/scenario_b/scenario_c/g' b.c main.c", 10 },
    };

    (void)state;
    run(sources);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_same(rows[i].change, rows[i].want);
}

/* What lies beside the program may be of another build: then nothing is said. */
static void what_cannot_be_told_is_not_the_same(void **state)
{
    static const char *const spoil[] = {
        "touch -d tomorrow liba.a",     "rm liba.a",
        "rm harness/cli/pawl.map",      ": >harness/cli/pawl.map",
        "head -c 1000 libbase.a >x; mv x libbase.a; touch -r main.c.o libbase.a",
        "ar q liba.a fast.c.o 2>/dev/null; touch -r main.c.o liba.a", /* twice in it */
        "sed -i 's/^liba/a folder\\/liba/' harness/cli/pawl.map; touch -r main.c.o harness/cli/pawl.map",
    };
    static const char *const symbols[] = { "scenario_a", "scenario_b" };
    struct text a = { 0 }, b = { 0 };
    bool same[2];

    (void)state;
    run(sources);
    text_addf(&a, "%s/one/build/harness/cli/pawl", folder);
    text_addf(&b, "%s/two/build/harness/cli/pawl", folder);
    for (size_t i = 0; i < ARRAY_LEN(spoil); i++) {
        struct text script = { 0 };

        assert_same(":", 11);
        text_addf(&script, "cd ../two/build && { %s\n}", spoil[i]);
        run(script.data);
        text_free(&script);
        if (against_reach(a.data, b.data, symbols, 2, same) + against_reach(b.data, a.data, symbols, 2, same) > 0)
            fail_msg("'%s' was not noticed", spoil[i]);
    }
    text_free(&a);
    text_free(&b);
}

/* Whatever is in an object file, nothing outside it is read: the sanitizers watch. */
static void broken_object_is_never_read_beyond_its_end(void **state)
{
    static const char *const symbols[] = { "scenario_a", "scenario_b" };
    struct text a = { 0 }, b = { 0 }, archive = { 0 };
    struct stat st;
    bool same[2];
    char *bytes;
    long n;
    FILE *f;

    (void)state;
    run(sources);
    text_addf(&a, "%s/one/build/harness/cli/pawl", folder);
    text_addf(&b, "%s/two/build/harness/cli/pawl", folder);
    text_addf(&archive, "%s/two/build/libbase.a", folder);
    assert_same(":", 11);
    f = fopen(archive.data, "r+e");
    assert_non_null(f);
    assert_int_equal(fstat(fileno(f), &st), 0);
    fseek(f, 0, SEEK_END);
    n = ftell(f);
    bytes = malloc((size_t)n);
    rewind(f);
    assert_int_equal(fread(bytes, 1, (size_t)n, f), n);
    for (long at = 8; at < n; at += 37) {
        fseek(f, at, SEEK_SET);
        fputc(bytes[at] ^ 0xff, f);
        fflush(f);
        futimens(fileno(f), (struct timespec[]){ st.st_mtim, st.st_mtim });
        (void)against_reach(a.data, b.data, symbols, 2, same);
        fseek(f, at, SEEK_SET);
        fputc(bytes[at], f);
        fflush(f);
    }
    futimens(fileno(f), (struct timespec[]){ st.st_mtim, st.st_mtim });
    assert_int_equal(against_reach(a.data, b.data, symbols, 2, same), 2);
    fclose(f);
    free(bytes);
    text_free(&a);
    text_free(&b);
    text_free(&archive);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(scenario_is_the_same_where_all_that_it_reaches_is),
        TEST(what_cannot_be_told_is_not_the_same),
        TEST(broken_object_is_never_read_beyond_its_end),
    };

    return is_equipped() ? cmocka_run_group_tests(tests, NULL, NULL) : 0;
}
