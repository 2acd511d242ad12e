// SPDX-License-Identifier: MIT
#include "gguf_fixture.h"

#include "base/rng.h"
#include "inference/tokenizer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#define SPACE "\xe2\x96\x81"

/* SentencePiece: bytes for all there is, a few pieces with scores; control tokens in front. */
enum { BYTES = 3, PIECES = BYTES + 256 };
static const struct { const char *text; float score; } pieces[] = {
    { SPACE, -1 }, { "a", -2 }, { "b", -3 }, { "c", -4 }, { "ab", -5 }, { "bc", -4.5f }, { "abc", -6 },
    { SPACE "a", -7 }, { "\xc3\xa9", -8 }, { "bb", -9 }, { "</s>x", -10 },
};

enum { ID_SPACE = PIECES, ID_A, ID_B, ID_C, ID_AB, ID_BC, ID_ABC, ID_SPACE_A, ID_E_ACUTE, ID_BB };

static void spm_keys(struct gguf_file *f, bool bos, bool space)
{
    static char names[256][8];
    const char *texts[PIECES + ARRAY_LEN(pieces)] = { "<unk>", "<s>", "</s>" };
    int32_t types[ARRAY_LEN(texts)] = { 2, 3, 3 };
    float scores[ARRAY_LEN(texts)] = { 0 };

    for (int b = 0; b < 256; b++) {
        snprintf(names[b], sizeof(names[b]), "<0x%02X>", b);
        texts[BYTES + b] = names[b];
        types[BYTES + b] = 6;
    }
    for (size_t i = 0; i < ARRAY_LEN(pieces); i++) {
        texts[PIECES + i] = pieces[i].text;
        types[PIECES + i] = 1;
        scores[PIECES + i] = pieces[i].score;
    }
    file_string(f, "tokenizer.ggml.model", "llama");
    file_strings(f, "tokenizer.ggml.tokens", texts, ARRAY_LEN(texts));
    file_array(f, "tokenizer.ggml.scores", 6, ARRAY_LEN(texts), scores, sizeof(scores));
    file_array(f, "tokenizer.ggml.token_type", 5, ARRAY_LEN(texts), types, sizeof(types));
    file_u32(f, "tokenizer.ggml.bos_token_id", 1);
    file_u32(f, "tokenizer.ggml.eos_token_id", 2);
    file_u32(f, "tokenizer.ggml.unknown_token_id", 0);
    file_u32(f, "tokenizer.ggml.padding_token_id", UINT32_MAX);
    file_bool(f, "tokenizer.ggml.add_bos_token", bos);
    file_bool(f, "tokenizer.ggml.add_space_prefix", space);
}

struct opened {
    struct bytes file;
    struct gguf *gguf;
    struct tokenizer *tokenizer;
};

static struct opened open_file(struct gguf_file *f)
{
    struct opened o = { .file = file_finish(f) };
    struct err err = { 0 };

    o.gguf = gguf_parse(o.file.data, o.file.n, "x.gguf", &err);
    o.tokenizer = o.gguf ? tokenizer_new(o.gguf, &err) : NULL;
    if (!o.tokenizer)
        fail_msg("%s", err.msg);
    return o;
}

static void close_file(struct opened *o)
{
    tokenizer_free(o->tokenizer);
    gguf_close(o->gguf);
    free(o->file.data);
}

static void assert_ids(const struct tokenizer *t, const char *text, const int32_t *want, size_t n)
{
    struct tokens tokens = { 0 };
    struct err err = { 0 };

    if (tokenizer_encode(t, text, strlen(text), true, &tokens, &err) < 0)
        fail_msg("'%s': %s", text, err.msg);
    if (tokens.n != n)
        fail_msg("'%s': %zu tokens instead of %zu", text, tokens.n, n);
    for (size_t i = 0; i < n; i++)
        if (tokens.ids[i] != want[i])
            fail_msg("'%s': token %zu is %d instead of %d", text, i, tokens.ids[i], want[i]);
    tokens_free(&tokens);
}

#define IDS(...) (const int32_t[]){ __VA_ARGS__ }, sizeof((int32_t[]){ __VA_ARGS__ }) / sizeof(int32_t)

static void best_score_is_merged_first(void **state)
{
    struct gguf_file f = { 0 };
    struct opened o;

    (void)state;
    spm_keys(&f, false, false);
    o = open_file(&f);
    assert_ids(o.tokenizer, "ab", IDS(ID_AB));
    assert_ids(o.tokenizer, "abc", IDS(ID_ABC)); /* bc first, then a + bc */
    assert_ids(o.tokenizer, "bbb", IDS(ID_BB, ID_B)); /* the leftmost of equals */
    assert_ids(o.tokenizer, "abb", IDS(ID_AB, ID_B));
    assert_ids(o.tokenizer, "a b", IDS(ID_A, ID_SPACE, ID_B));
    assert_ids(o.tokenizer, "b a", IDS(ID_B, ID_SPACE_A));
    assert_ids(o.tokenizer, "\xc3\xa9", IDS(ID_E_ACUTE));
    assert_ids(o.tokenizer, "d\n", IDS(BYTES + 'd', BYTES + '\n'));
    assert_ids(o.tokenizer, "\xc3(", IDS(BYTES + 0xc3, BYTES + '(')); /* no UTF-8 */
    assert_ids(o.tokenizer, "\xff", IDS(BYTES + 0xff));
    assert_ids(o.tokenizer, "<s>", IDS(BYTES + '<', BYTES + 's', BYTES + '>')); /* never a control token */
    close_file(&o);
}

static void text_begins_as_the_file_says(void **state)
{
    struct gguf_file f = { 0 };
    struct tokens tokens = { 0 };
    struct err err = { 0 };
    struct opened o;

    (void)state;
    spm_keys(&f, true, true);
    o = open_file(&f);
    assert_ids(o.tokenizer, "a", IDS(1, ID_SPACE_A));
    assert_ids(o.tokenizer, "", IDS(1));
    assert_true(tokenizer_adds_bos(o.tokenizer));
    assert_true(tokenizer_ends(o.tokenizer, 2));
    assert_false(tokenizer_ends(o.tokenizer, 1));
    assert_int_equal(tokenizer_encode(o.tokenizer, "a", 1, false, &tokens, &err), 0);
    assert_int_equal(tokens.n, 1);
    assert_int_equal(tokens.ids[0], ID_A);
    tokens_free(&tokens);
    close_file(&o);
}

/* A byte-level vocabulary: the 256 characters, then merges. */
static const char *const merges[] = { "l o", "lo w", "\xc4\xa0 low", "1 2", "12 3", "h e" };

static void bpe_keys(struct gguf_file *f, const char *pre)
{
    static char chars[256][3];
    const char *texts[256 + ARRAY_LEN(merges) + 2];
    static char joint[ARRAY_LEN(merges)][16];
    int32_t types[ARRAY_LEN(texts)];
    unsigned next = 0x100;

    for (unsigned b = 0; b < 256; b++) {
        bool prints = (b >= '!' && b <= '~') || (b >= 0xa1 && b <= 0xac) || b >= 0xae;
        unsigned c = prints ? b : next++;

        memset(chars[b], 0, 3);
        if (c < 0x80) {
            chars[b][0] = (char)c;
        } else {
            chars[b][0] = (char)(0xc0 | c >> 6);
            chars[b][1] = (char)(0x80 | (c & 0x3f));
        }
        texts[b] = chars[b];
    }
    for (size_t i = 0; i < ARRAY_LEN(merges); i++) {
        const char *space = strchr(merges[i] + 1, ' ');

        snprintf(joint[i], sizeof(joint[i]), "%.*s%s", (int)(space - merges[i]), merges[i], space + 1);
        texts[256 + i] = joint[i];
    }
    texts[256 + ARRAY_LEN(merges)] = "<|endoftext|>";
    texts[257 + ARRAY_LEN(merges)] = "hello";
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        types[i] = i == 256 + ARRAY_LEN(merges) ? 3 : 1;
    file_string(f, "tokenizer.ggml.model", "gpt2");
    if (pre)
        file_string(f, "tokenizer.ggml.pre", pre);
    file_strings(f, "tokenizer.ggml.tokens", texts, ARRAY_LEN(texts));
    file_strings(f, "tokenizer.ggml.merges", merges, ARRAY_LEN(merges));
    file_array(f, "tokenizer.ggml.token_type", 5, ARRAY_LEN(types), types, sizeof(types));
    file_u32(f, "tokenizer.ggml.eos_token_id", 256 + (uint32_t)ARRAY_LEN(merges));
}

enum { LO = 256, LOW, _LOW, N12, N123, HE, END, HELLO };

static void merges_go_by_rank_within_words(void **state)
{
    static const struct { const char *pre; size_t digits; bool whole;
    } rows[] = {
        { NULL, 4, false },    { "gpt-2", 4, false },  { "llama-bpe", 3, true },
        { "qwen2", 1, false }, { "smollm", 1, false },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct gguf_file f = { 0 };
        struct opened o;

        bpe_keys(&f, rows[i].pre);
        o = open_file(&f);
        assert_ids(o.tokenizer, "low low", IDS(LOW, _LOW));
        assert_ids(o.tokenizer, "lo", IDS(LO));
        assert_ids(o.tokenizer, "\xc3\xa9", IDS(0xc3, 0xa9));
        assert_ids(o.tokenizer, "\xff\xfe", IDS(0xff, 0xfe)); /* no UTF-8 */
        assert_ids(o.tokenizer, "a\n\n b", IDS('a', '\n', '\n', ' ', 'b'));
        if (rows[i].digits == 1)
            assert_ids(o.tokenizer, "1234", IDS('1', '2', '3', '4'));
        else
            assert_ids(o.tokenizer, "1234", IDS(N123, '4'));
        if (rows[i].whole)
            assert_ids(o.tokenizer, "hello", IDS(HELLO));
        else
            assert_ids(o.tokenizer, "hello", IDS(HE, 'l', LO));
        assert_true(tokenizer_ends(o.tokenizer, END));
        close_file(&o);
    }
}

/* Whatever goes in comes out: any bytes, through either kind. */
static void bytes_come_back(void **state)
{
    struct rng rng = rng_seed(1);

    (void)state;
    for (int kind = 0; kind < 2; kind++) {
        struct gguf_file f = { 0 };
        struct opened o;

        if (kind)
            bpe_keys(&f, "llama3");
        else
            spm_keys(&f, false, false);
        o = open_file(&f);
        for (int round = 0; round < 300; round++) {
            static const char letters[] = "abclow 1239\n\xc3\xa9\xe2\x82\xac'";
            size_t n = 1 + rng_below(&rng, 40), at = 0, len;
            struct tokens tokens = { 0 };
            struct err err = { 0 };
            char text[64], back[256];

            for (size_t i = 0; i < n; i++) {
                text[i] = round % 2 ? (char)rng_next(&rng) : letters[rng_below(&rng, sizeof(letters) - 1)];
                if (kind == 0 && (uint8_t)text[i] == 0xe2)
                    text[i] = 'x'; /* no U+2581, which a space is written as */
            }
            assert_int_equal(tokenizer_encode(o.tokenizer, text, n, true, &tokens, &err), 0);
            for (size_t i = 0; i < tokens.n; i++, at += len) {
                const char *piece = tokenizer_piece(o.tokenizer, tokens.ids[i], &len);

                memcpy(back + at, piece, len);
            }
            assert_int_equal(at, n);
            assert_memory_equal(back, text, n);
            tokens_free(&tokens);
        }
        close_file(&o);
    }
}

/* A vocabulary of letters, with no token for what is unknown. */
static void text_without_a_token_is_named(void **state)
{
    static const char *const models[] = { "llama", "gpt2" }, *const letters[] = { "a", "b" };
    static const float scores[2];
    static const struct { const char *text, *shown; } rows[] = {
        { "a b", "' '" }, { "abc", "'c'" }, { "ab\n", "0x0a" }, { "\xff", "0xff" },
    };

    (void)state;
    for (size_t m = 0; m < ARRAY_LEN(models); m++) {
        struct gguf_file f = { 0 };
        struct opened o;

        file_string(&f, "tokenizer.ggml.model", models[m]);
        file_strings(&f, "tokenizer.ggml.tokens", letters, 2);
        file_array(&f, "tokenizer.ggml.scores", 6, 2, scores, sizeof(scores));
        file_strings(&f, "tokenizer.ggml.merges", letters, 0);
        file_bool(&f, "tokenizer.ggml.add_space_prefix", false);
        o = open_file(&f);
        assert_ids(o.tokenizer, "abba", IDS(0, 1, 1, 0));
        for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
            struct tokens tokens = { 0 };
            struct err err = { 0 };

            assert_int_equal(
                tokenizer_encode(o.tokenizer, rows[i].text, strlen(rows[i].text), true, &tokens, &err), -1);
            if (!strstr(err.msg, rows[i].shown))
                fail_msg("%s, '%s': '%s'", models[m], rows[i].text, err.msg);
            tokens_free(&tokens);
        }
        close_file(&o);
    }
}

/* Nor does a run of one character exhaust the stack of a regular expression. */
static void long_text_takes_no_square_of_its_length(void **state)
{
    static const char *const pres[] = { "gpt-2", "llama-bpe", "qwen2", "smollm", NULL }; /* NULL: SentencePiece */
    enum { LONG = 200000 };
    char *text = malloc(LONG);

    (void)state;
    for (size_t p = 0; p < ARRAY_LEN(pres); p++) {
        struct gguf_file f = { 0 };
        struct opened o;

        if (pres[p])
            bpe_keys(&f, pres[p]);
        else
            spm_keys(&f, false, false);
        o = open_file(&f);
        for (const char *c = "b \n.\xff"; *c; c++) {
            struct tokens tokens = { 0 };
            struct err err = { 0 };

            memset(text, *c, LONG);
            if (tokenizer_encode(o.tokenizer, text, LONG, true, &tokens, &err) < 0)
                fail_msg("%s, character %d: %s", pres[p] ? pres[p] : "llama", *c, err.msg);
            assert_int_equal(tokens.n, !pres[p] && *c == 'b' ? LONG / 2 : LONG);
            tokens_free(&tokens);
        }
        close_file(&o);
    }
    free(text);
}

static void assert_refused(struct gguf_file *f, const char *why)
{
    struct bytes b = file_finish(f);
    struct err err = { 0 };
    struct gguf *g = gguf_parse(b.data, b.n, "x.gguf", &err);

    assert_non_null(g);
    assert_null(tokenizer_new(g, &err));
    if (!strstr(err.msg, why))
        fail_msg("'%s' instead of '%s'", err.msg, why);
    gguf_close(g);
    free(b.data);
}

static void vocabulary_that_does_not_fit_is_refused(void **state)
{
    static const char *const two[] = { "a", "b" }, *const bad[] = { "<0xZZ>" };
    static const float scores[] = { 0, NAN };
    static const int32_t types[] = { 1, 9 }, byte[] = { 6 };
    struct gguf_file f = { 0 };

    (void)state;
    assert_refused(&f, "no key 'tokenizer.ggml.model'");
    file_string(&f, "tokenizer.ggml.model", "bert");
    file_strings(&f, "tokenizer.ggml.tokens", two, 2);
    assert_refused(&f, "neither 'llama' nor 'gpt2'");
    file_string(&f, "tokenizer.ggml.model", "llama");
    file_strings(&f, "tokenizer.ggml.tokens", two, 0);
    assert_refused(&f, "a vocabulary of 0 tokens");
    file_string(&f, "tokenizer.ggml.model", "llama");
    file_strings(&f, "tokenizer.ggml.tokens", two, 2);
    assert_refused(&f, "no key 'tokenizer.ggml.scores'");
    file_string(&f, "tokenizer.ggml.model", "llama");
    file_strings(&f, "tokenizer.ggml.tokens", two, 2);
    file_array(&f, "tokenizer.ggml.scores", 6, 1, scores, 4);
    assert_refused(&f, "2 tokens, but 1 scores");
    file_string(&f, "tokenizer.ggml.model", "llama");
    file_strings(&f, "tokenizer.ggml.tokens", two, 2);
    file_array(&f, "tokenizer.ggml.scores", 6, 2, scores, 8);
    assert_refused(&f, "score of token 1 is not a number");
    file_string(&f, "tokenizer.ggml.model", "llama");
    file_strings(&f, "tokenizer.ggml.tokens", two, 2);
    file_array(&f, "tokenizer.ggml.token_type", 5, 2, types, 8);
    assert_refused(&f, "token 1 is of type 9");
    file_string(&f, "tokenizer.ggml.model", "llama");
    file_strings(&f, "tokenizer.ggml.tokens", bad, 1);
    file_array(&f, "tokenizer.ggml.token_type", 5, 1, byte, 4);
    assert_refused(&f, "should be a byte");
    file_string(&f, "tokenizer.ggml.model", "gpt2");
    file_strings(&f, "tokenizer.ggml.tokens", two, 2);
    file_strings(&f, "tokenizer.ggml.merges", two, 0);
    file_string(&f, "tokenizer.ggml.pre", "unheard-of");
    assert_refused(&f, "'tokenizer.ggml.pre' is none of");
    file_string(&f, "tokenizer.ggml.model", "gpt2");
    file_strings(&f, "tokenizer.ggml.tokens", two, 2);
    file_strings(&f, "tokenizer.ggml.merges", two, 0);
    file_u32(&f, "tokenizer.ggml.eos_token_id", 2);
    assert_refused(&f, "'tokenizer.ggml.eos_token_id' is 2, but there are 2 tokens");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(best_score_is_merged_first),
        cmocka_unit_test(text_begins_as_the_file_says),
        cmocka_unit_test(merges_go_by_rank_within_words),
        cmocka_unit_test(bytes_come_back),
        cmocka_unit_test(text_without_a_token_is_named),
        cmocka_unit_test(long_text_takes_no_square_of_its_length),
        cmocka_unit_test(vocabulary_that_does_not_fit_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
