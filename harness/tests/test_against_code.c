// SPDX-License-Identifier: MIT
/* Which programs are called identical, and which are measured. */
#include "against_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of against
#include "cli/version.h"

#define PROGRAM(version, code) \
    "echo 'char v[64] __attribute__((section(\"" VERSION_SECTION "\"))) = \"" version "\"; " code "'"

static bool same(const char *left, const char *right)
{
    struct text a = { 0 }, b = { 0 };
    bool yes;

    text_addf(&a, "%s/%s", folder, left);
    text_addf(&b, "%s/%s", folder, right);
    yes = against_same_code(a.data, b.data);
    assert_int_equal(yes, against_code_hash(a.data) != 0 && against_code_hash(a.data) == against_code_hash(b.data));
    text_free(&a);
    text_free(&b);
    return yes;
}

static void every_loaded_section_counts_but_the_version(void **state)
{
    static const char *const others[] = {
        "int main(void) { return 4; }",                                 /* .text */
        "int main(void) { return 3; } int more = 1;",                   /* .data */
        "int main(void) { return 3; } const char *const more = \"m\";", /* constants */
        "int main(void) { return 3; } int more[99];",                   /* .bss: a size only */
    };

    (void)state;
    run("cd .. && " PROGRAM("one", "int main(void) { return 3; }") " >a.c && " PROGRAM(
        "another", "int main(void) { return 3; }") " >b.c && cc -g -o a a.c && cc -o b b.c && head -c 3000 a >cut");
    assert_true(same("a", "a"));
    assert_true(same("a", "b")); /* debugging information does not count either */
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        struct text script = { 0 };

        text_addf(&script,
                  "cd .. && echo 'char v[64] __attribute__((section(\"%s\"))) = \"one\"; %s' >c.c && "
                  "cc -o c c.c",
                  VERSION_SECTION, others[i]);
        run(script.data);
        text_free(&script);
        assert_false(same("a", "c"));
    }
    assert_false(same("cut", "cut"));
    assert_false(same("a.c", "a.c"));
    assert_false(same("nothing", "nothing"));
}

/* Whatever is in the tables of the file, nothing outside it is read: the sanitizers watch. */
static void broken_program_is_never_identical(void **state)
{
    struct text path = { 0 };
    long n, at;
    FILE *f;

    (void)state;
    run("cd .. && echo 'int main(void) { return 3; }' >a.c && cc -o a a.c && cp a b");
    text_addf(&path, "%s/b", folder);
    f = fopen(path.data, "r+e");
    assert_non_null(f);
    fseek(f, 0, SEEK_END);
    n = ftell(f);
    for (long i = 0; i < 64 + 64 * 40 && i < n; i++) { /* the head, then the table of sections at the end, bytewise */
        int old;

        at = i < 64 ? i : n - 1 - (i - 64);
        fseek(f, at, SEEK_SET);
        old = fgetc(f);
        fseek(f, at, SEEK_SET);
        fputc(old ^ 0xff, f);
        fflush(f);
        (void)same("b", "a");
        (void)same("a", "b");
        fseek(f, at, SEEK_SET);
        fputc(old, f);
        fflush(f);
    }
    fclose(f);
    assert_true(same("a", "b"));
    text_free(&path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_loaded_section_counts_but_the_version),
        TEST(broken_program_is_never_identical),
    };

    return is_equipped() ? cmocka_run_group_tests(tests, NULL, NULL) : 0;
}
