// SPDX-License-Identifier: MIT
#include "naive_fixture.h"

#include "declare/isa.h"
#include "inference/infer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum { VOCAB = 16, MOST = 40 };

/* "<unk>", "<s>", "</s>", and letters from 'a' on. */
static void vocabulary(struct gguf_file *f, bool space)
{
    static char letters[VOCAB][2];
    const char *texts[VOCAB] = { "<unk>", "<s>", "</s>" };
    int32_t types[VOCAB] = { 2, 3, 3 };
    float scores[VOCAB] = { 0 };

    for (int i = 3; i < VOCAB; i++) {
        letters[i][0] = (char)('a' + i - 3);
        texts[i] = letters[i];
        types[i] = 1;
    }
    file_string(f, "tokenizer.ggml.model", "llama");
    file_strings(f, "tokenizer.ggml.tokens", texts, VOCAB);
    file_array(f, "tokenizer.ggml.scores", 6, VOCAB, scores, sizeof(scores));
    file_array(f, "tokenizer.ggml.token_type", 5, VOCAB, types, sizeof(types));
    file_u32(f, "tokenizer.ggml.bos_token_id", 1);
    file_u32(f, "tokenizer.ggml.eos_token_id", 2);
    file_u32(f, "tokenizer.ggml.unknown_token_id", 0);
    file_bool(f, "tokenizer.ggml.add_space_prefix", space);
}

/* A model file on disk; what the naive forward pass needs stays in *m. */
static void write_model(struct fixture *m, char path[32])
{
    struct rng rng = rng_seed(11);
    struct gguf_file f = { 0 };
    int fd;

    *m = (struct fixture){ .spec = { .arch = "llama",
                                     .type = GGUF_F32,
                                     .ends = GGUF_F32,
                                     .dim = 32,
                                     .layers = 2,
                                     .heads = 4,
                                     .kv_heads = 2,
                                     .ff = 48,
                                     .vocab = VOCAB } };
    fixture_metadata(&m->spec, &f);
    vocabulary(&f, false);
    fixture_tensor(m, &f, &rng, "token_embd", VOCAB, 32, GGUF_F32);
    fixture_tensor(m, &f, &rng, "output_norm", 1, 32, GGUF_F32);
    fixture_tensor(m, &f, &rng, "output", VOCAB, 32, GGUF_F32);
    for (size_t i = 0; i < m->spec.layers; i++)
        fixture_layer(m, &f, &rng, i);
    m->file = file_finish(&f);
    strcpy(path, "/tmp/pawl-infer-XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, m->file.data, m->file.n), m->file.n);
    close(fd);
}

struct heard {
    char text[256];
    size_t n, pieces, enough; /* enough: pieces after which to stop; 0: never */
};

static bool hear(void *arg, const char *piece, size_t len)
{
    struct heard *h = arg;

    memcpy(h->text + h->n, piece, len);
    h->n += len;
    h->text[h->n] = 0;
    return ++h->pieces != h->enough;
}

/* What plain greedy decoding says after "<s>ab", by the naive forward pass; its length. */
static size_t naive_answer(const struct fixture *m, char *out)
{
    double logits[(MOST + 3) * VOCAB];
    int32_t tokens[MOST + 3] = { 1, 3, 4 };
    size_t n = 3;

    for (; n < MOST + 3; n++) {
        const double *last = logits + (n - 1) * VOCAB;
        int32_t best = 0;

        naive_logits(m, tokens, n, m->spec.layers, logits);
        for (int32_t i = 1; i < VOCAB; i++)
            best = last[i] > last[best] ? i : best;
        if (best == 2)
            break;
        tokens[n] = best;
        if (best > 2)
            *out++ = (char)('a' + best - 3);
    }
    *out = 0;
    return n - 3;
}

static void infer_says_what_the_model_says(void **state)
{
    static const struct { enum speculative_kind draft; size_t length; uint32_t isa; } rows[] = {
        { SPECULATIVE_OFF, 0, ISA_ALL }, { SPECULATIVE_OFF, 0, ISA_ANY }, { SPECULATIVE_LOOKUP, 4, ISA_ALL },
        { SPECULATIVE_EXIT, 3, ISA_ALL }, { SPECULATIVE_MODEL, 5, ISA_ALL },
    };
    char path[32], want[MOST + 1];
    struct fixture m;
    size_t n;

    (void)state;
    write_model(&m, path);
    n = naive_answer(&m, want);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct infer_options o = {
            .model = path, .prompt = "ab", .prompt_len = 2, .tokens = MOST, .isa = rows[i].isa & isa_host(),
            .draft = rows[i].draft, .draft_length = rows[i].length, .draft_layers = 1, .draft_model = path,
        };
        struct infer_report r;
        struct heard heard = { 0 };
        struct err err = { 0 };

        if (infer_run(&o, hear, &heard, &r, &err) < 0)
            fail_msg("%s", err.msg);
        assert_string_equal(heard.text, want);
        assert_int_equal(r.tokens, n);
        assert_int_equal(r.prompt_tokens, 3);
        assert_int_equal(r.ended, n < MOST);
        assert_true(r.weight_bytes > 0 && r.cache_bytes > 0 && r.peak_bytes > r.weight_bytes);
    }
    fixture_free(&m);
    unlink(path);
}

static void limits_are_kept_and_named(void **state)
{
    char path[32];
    struct fixture m;
    struct infer_options o = { .prompt = "ab", .prompt_len = 2, .tokens = MOST, .isa = ISA_ANY };
    struct infer_report r;
    struct heard heard = { .enough = 2 };
    struct err err = { 0 };

    (void)state;
    write_model(&m, path);
    o.model = path;
    assert_int_equal(infer_run(&o, hear, &heard, &r, &err), 0);
    assert_int_equal(heard.pieces, 2);
    assert_int_equal(r.tokens, 2);
    heard = (struct heard){ 0 };
    o.context = 6;
    assert_int_equal(infer_run(&o, hear, &heard, &r, &err), 0);
    assert_true(r.tokens <= 4); /* of the 6, 3 are the prompt's; the last one said need not be held */
    o.context = 3;
    assert_int_equal(infer_run(&o, hear, &heard, &r, &err), -1);
    assert_non_null(strstr(err.msg, "the prompt has 3 tokens"));
    o.context = 0;
    o.sampling.temperature = -1;
    assert_int_equal(infer_run(&o, hear, &heard, &r, &err), -1);
    assert_int_equal(err.code, ERR_USAGE);
    fixture_free(&m);
    unlink(path);
}

/* Zeros, which the file need not hold: 34 MB in F16. */
static void write_large_model(char path[32])
{
    static const struct { const char *name; uint64_t cols, rows; } tensors[] = {
        { "token_embd.weight", 1024, VOCAB },      { "output_norm.weight", 1024, 1 },
        { "blk.0.attn_norm.weight", 1024, 1 },     { "blk.0.attn_q.weight", 1024, 1024 },
        { "blk.0.attn_k.weight", 1024, 1024 },     { "blk.0.attn_v.weight", 1024, 1024 },
        { "blk.0.attn_output.weight", 1024, 1024 }, { "blk.0.ffn_norm.weight", 1024, 1 },
        { "blk.0.ffn_gate.weight", 1024, 4096 },   { "blk.0.ffn_up.weight", 1024, 4096 },
        { "blk.0.ffn_down.weight", 4096, 1024 },
    };
    const struct fixture_spec spec = { .arch = "llama", .dim = 1024, .layers = 1, .heads = 8, .kv_heads = 8,
                                       .ff = 4096, .vocab = VOCAB };
    struct gguf_file f = { 0 };
    struct bytes head;
    uint64_t at = 0;
    int fd;

    fixture_metadata(&spec, &f);
    vocabulary(&f, false);
    for (size_t i = 0; i < ARRAY_LEN(tensors); i++) {
        bool vector = tensors[i].rows == 1;
        uint64_t dims[] = { tensors[i].cols, tensors[i].rows };

        file_info(&f, tensors[i].name, vector ? 1 : 2, dims, vector ? GGUF_F32 : GGUF_F16, at);
        at += dims[0] * dims[1] * (vector ? 4 : 2);
    }
    head = file_finish(&f);
    bytes_pad(&head, 32);
    strcpy(path, "/tmp/pawl-infer-XXXXXX");
    fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, head.data, head.n), head.n);
    assert_int_equal(ftruncate(fd, (off_t)(head.n + at)), 0);
    close(fd);
    free(head.data);
}

/* Not the file beside what is made of it: in a process of its own, since what was used once counts for ever. */
static void memory_is_weights_cache_and_a_constant(void **state)
{
    enum { CONSTANT = 26 << 20 }; /* the program, and the largest tensor before its pages are given back */
    char path[32];
    pid_t child;
    int status;

    (void)state;
#ifdef __SANITIZE_ADDRESS__
    skip(); /* keeps a shadow of all memory, and what was freed */
#endif
    write_large_model(path);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct infer_options o = { .model = path, .prompt = "ab", .prompt_len = 2, .tokens = 2, .isa = isa_host() };
        struct infer_report r;
        struct heard heard = { 0 };
        struct err err = { 0 };

        if (infer_run(&o, hear, &heard, &r, &err) < 0) {
            fprintf(stderr, "%s\n", err.msg);
            _exit(2);
        }
        if (r.peak_bytes < r.weight_bytes || r.weight_bytes < 32 << 20)
            _exit(3);
        _exit(r.peak_bytes > r.weight_bytes + r.cache_bytes + r.work_bytes + CONSTANT);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    unlink(path);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void seed_decides_what_is_drawn(void **state)
{
    char path[32];
    struct fixture m;
    struct infer_options o = { .prompt = "ab", .prompt_len = 2, .tokens = MOST, .isa = ISA_ANY,
                               .sampling = { .temperature = 2 } };
    struct heard heard[3] = { 0 };
    struct infer_report r;
    struct err err = { 0 };

    (void)state;
    write_model(&m, path);
    o.model = path;
    for (size_t i = 0; i < 3; i++) {
        o.seed = i / 2;
        assert_int_equal(infer_run(&o, hear, &heard[i], &r, &err), 0);
    }
    assert_string_equal(heard[0].text, heard[1].text);
    assert_string_not_equal(heard[0].text, heard[2].text);
    fixture_free(&m);
    unlink(path);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(infer_says_what_the_model_says),
        cmocka_unit_test(limits_are_kept_and_named),
        cmocka_unit_test(memory_is_weights_cache_and_a_constant),
        cmocka_unit_test(seed_decides_what_is_drawn),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
