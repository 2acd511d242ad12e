// SPDX-License-Identifier: MIT
#include "codecs/wordnet.h"

#include "folder_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

/* Made up; the licence's lines open with blanks. */
static const char *const noun = "  1 made up\n"
    "00000010 03 n 01 thing 0 000 | what there is  \n"
    "00000020 06 n 02 motor_car 0 Auto(mobile) 1 003 %p 00000030 n 0000 @ 00000010 n 0000 ~ 00000030 n 0000 | a thing with wheels; "
    "usually four; \"he drove a \"; \"the car, \"it\" said\"; \"unclosed\n"
    "00000030 06 n 01 Beetle 0 001 @i 00000020 n 0000 | a car, \"small\", of \"old\" fame: \"she had one\" - somebody  \n";
static const char *const verb = "00000010 29 v 01 drive 0 001 + 00000020 n 0101 02 + 02 00 + 08 00 | go by car  \n";
static const char *const adjective = "00000010 00 a 01 fast 0 000 | quick  \n"
    "00000020 00 s 01 fleet(p) 0 001 & 00000010 a 0000 | quick of foot  \n";

static void put(const char *name, const char *text)
{
    char path[128];
    FILE *f;

    snprintf(path, sizeof(path), "%s/data.%s", folder, name);
    f = fopen(path, "wb");
    assert_non_null(f);
    fputs(text, f);
    fclose(f);
}

static void put_all(const char *nouns)
{
    put("noun", nouns);
    put("verb", verb);
    put("adj", adjective);
    put("adv", "");
}

static void synsets_have_words_definition_examples_and_broader_ones(void **state)
{
    struct wordnet w;
    struct err err;
    const struct wordnet_synset *car;

    (void)state;
    put_all(noun);
    if (wordnet_load(folder, &w, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(w.n, 6);
    car = &w.synsets[1];
    assert_int_equal(car->n_lemmas, 2);
    assert_string_equal(car->lemmas[0], "motor car");
    assert_string_equal(car->lemmas[1], "Auto(mobile)");
    assert_string_equal(car->definition, "a thing with wheels; usually four");
    assert_true(car->n_examples >= 2);
    assert_string_equal(car->examples[0], "he drove a ");
    assert_string_equal(car->examples[car->n_examples - 1], "unclosed");
    assert_int_equal(car->n_hypernyms, 1);
    assert_int_equal(car->hypernyms[0], 0);
    assert_int_equal(car->n_related, 1);
    assert_int_equal(car->related[0], 2);
    assert_string_equal(w.synsets[2].definition, "a car, \"small\", of \"old\" fame");
    assert_int_equal(w.synsets[2].n_examples, 1);
    assert_string_equal(w.synsets[2].examples[0], "she had one");
    assert_int_equal(w.synsets[2].hypernyms[0], 1);
    assert_int_equal(w.synsets[3].pos, 'v');
    assert_int_equal(w.synsets[3].n_hypernyms, 0);
    assert_int_equal(w.synsets[3].n_related, 1);
    assert_int_equal(w.synsets[3].related[0], 1);
    assert_int_equal(w.synsets[5].pos, 's');
    assert_string_equal(w.synsets[5].lemmas[0], "fleet");
    assert_int_equal(w.synsets[5].hypernyms[0], 4);
    for (size_t i = 0; i < w.n; i++)
        for (size_t j = 0; j < i; j++)
            assert_true(wordnet_id(&w.synsets[i]) != wordnet_id(&w.synsets[j]));
    wordnet_free(&w);
}

static void a_malformed_line_is_refused_with_file_and_line(void **state)
{
    static const struct { const char *noun, *says; } rows[] = {
        { "  x\n00000010 03 n 01 thing 0 000\n", "data.noun' line 2" },
        { "0000001z 03 n 01 thing 0 000 | x\n", "'0000001z' is not an offset" },
        { "00000010 03 v 01 thing 0 000 | x\n", "another part of speech" },
        { "00000010 03 n 00 000 | x\n", "without a word" },
        { "00000010 03 n 02 thing 0 000 | x\n", "line 1" },
        { "00000010 03 n 01 thing 0 002 @ 00000010 n 0000 | x\n", "line 1" },
        { "00000010 03 n 01 thing 0 001 @ 00000010 x 0000 | x\n", "part of speech" },
        { "00000010 03 n 01 thing 0 001 @ 00000099 n 0000 | x\n", "points to 00000099" },
        { "00000010 03 n 01 thing 0 000 | x\n00000010 03 n 01 thing 0 000 | x\n", "do not rise" },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct wordnet w;
        struct err err = { 0 };

        put_all(rows[i].noun);
        assert_int_equal(wordnet_load(folder, &w, &err), -1);
        if (!strstr(err.msg, rows[i].says) || err.code != ERR_CONFIG)
            fail_msg("'%s' does not say '%s'", err.msg, rows[i].says);
        assert_null(w.synsets);
    }
}

static void where_it_is_missing_the_package_is_named(void **state)
{
    struct wordnet w;
    struct err err;

    (void)state;
    assert_int_equal(wordnet_load("/nowhere", &w, &err), -1);
    assert_int_equal(err.code, ERR_HOST);
    assert_non_null(strstr(err.msg, "apt install wordnet-base"));
}

static void the_installed_one_is_read_whole(void **state)
{
    struct wordnet w;
    struct err err;
    size_t examples = 0;

    (void)state;
    if (access(WORDNET_FOLDER "/data.noun", R_OK) < 0)
        skip();
    if (wordnet_load(NULL, &w, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(w.n, 117659);
    for (size_t i = 0; i < w.n; i++) {
        assert_true(w.synsets[i].n_lemmas > 0 && *w.synsets[i].lemmas[0]);
        examples += w.synsets[i].n_examples;
    }
    assert_in_range(examples, 48000, 49000);
    wordnet_free(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(synsets_have_words_definition_examples_and_broader_ones),
        cmocka_unit_test(a_malformed_line_is_refused_with_file_and_line),
        cmocka_unit_test(where_it_is_missing_the_package_is_named),
        cmocka_unit_test(the_installed_one_is_read_whole),
    };

    return cmocka_run_group_tests(tests, folder_make, folder_remove);
}
