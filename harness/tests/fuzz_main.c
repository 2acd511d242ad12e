// SPDX-License-Identifier: MIT
/* fuzz_main.c -- runs a fuzz target (LLVMFuzzerTestOneInput) as an ordinary test, without a fuzzer.
 *
 *     fuzz_NAME CORPUS [COUNT [FIRST]]
 *
 * First the corpus: a file, or every file of a folder by name. Then COUNT inputs that are made up here, half of them
 * random bytes, half of them changed files of the corpus. Input number i is made from the seed i and the corpus alone,
 * so that the same numbers are the same inputs everywhere, and FIRST goes on where an earlier run ended.
 *
 * The target runs in a child process: one that dies, exits, or is busy with one input for longer than SECONDS_MAX has
 * failed. What it failed on is printed, with the command that repeats it, and kept as fuzz-NAME.input in the current
 * directory. Exit 0: all is well; 1: the target failed; 2: usage. */
#include "base/err.h"
#include "base/mem.h"
#include "base/rng.h"
#include "base/text.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { INPUT_MAX = 4096, RANDOM_MAX = 160, COUNT_DEFAULT = 500, SECONDS_MAX = 30 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    char name[512]; /* the file; "" for one that was made up */
    uint64_t number;
    size_t size;
    uint8_t data[INPUT_MAX];
};

struct corpus {
    struct input *files;
    size_t n, capacity;
};

static int read_file(const char *path, struct corpus *corpus, struct err *err)
{
    FILE *f = fopen(path, "rb");
    struct input *in;

    if (!f)
        return err_set(err, ERR_USAGE, "cannot read '%s': %s", path, strerror(errno));
    corpus->files = mem_grow(corpus->files, &corpus->capacity, corpus->n + 1, sizeof(*corpus->files));
    in = &corpus->files[corpus->n++];
    text_copy(in->name, sizeof(in->name), path);
    in->size = fread(in->data, 1, INPUT_MAX, f);
    if (ferror(f) || fgetc(f) != EOF)
        err_set(err, ERR_USAGE, "cannot read '%s', or it is longer than %d bytes", path, INPUT_MAX);
    fclose(f);
    return err->code ? -1 : 0;
}

static int no_dot(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int read_corpus(const char *path, struct corpus *corpus, struct err *err)
{
    struct dirent **entries;
    struct stat st;
    int n, ret = 0;

    if (stat(path, &st) < 0 || !S_ISDIR(st.st_mode))
        return read_file(path, corpus, err);
    n = scandir(path, &entries, no_dot, alphasort);
    for (int i = 0; i < n; i++) {
        char file[512];

        snprintf(file, sizeof(file), "%s/%s", path, entries[i]->d_name);
        ret = ret < 0 ? -1 : read_file(file, corpus, err);
        free(entries[i]);
    }
    if (n >= 0)
        free(entries);
    return corpus->n == 0 && ret == 0 ? err_set(err, ERR_USAGE, "no files in '%s'", path) : ret;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* One change: a bit, a byte, a byte of those at which code branches, a stretch gone, doubled, or from another file. */
static void change(struct rng *rng, struct input *in, const struct corpus *corpus)
{
    static const uint8_t edges[] = { 0, 1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 254, 255 };
    const struct input *other = &corpus->files[rng_below(rng, corpus->n)];
    size_t at = rng_below(rng, in->size + 1), len = 1 + rng_below(rng, 8);

    switch (in->size ? rng_below(rng, 6) : 5) {
    case 0:
        in->data[least(at, in->size - 1)] ^= (uint8_t)(1u << rng_below(rng, 8));
        break;
    case 1:
        in->data[least(at, in->size - 1)] = (uint8_t)rng_below(rng, 256);
        break;
    case 2:
        in->data[least(at, in->size - 1)] = edges[rng_below(rng, ARRAY_LEN(edges))];
        break;
    case 3:
        len = least(len, in->size - at);
        memmove(in->data + at, in->data + at + len, in->size - at - len);
        in->size -= len;
        break;
    case 4:
        len = least(len, least(in->size - at, INPUT_MAX - in->size));
        memmove(in->data + at + len, in->data + at, in->size - at);
        in->size += len;
        break;
    default:
        len = least(other->size, INPUT_MAX - at);
        memcpy(in->data + at, other->data, len);
        in->size = at + len > in->size ? at + len : in->size;
    }
}

static void make_up(uint64_t number, const struct corpus *corpus, struct input *in)
{
    struct rng rng = rng_seed(number);

    if (rng_below(&rng, 2)) {
        in->size = rng_below(&rng, RANDOM_MAX + 1);
        for (size_t i = 0; i < in->size; i++)
            in->data[i] = (uint8_t)rng_next(&rng);
    } else {
        *in = corpus->files[rng_below(&rng, corpus->n)];
        for (uint64_t i = 1 + rng_below(&rng, 4); i > 0; i--)
            change(&rng, in, corpus);
    }
    in->name[0] = '\0';
    in->number = number;
}

/* In the child: everything in order. `now` is shared with the parent: what was in hand when the child died. The target
 * gets a copy of just its size on the heap, so that a sanitizer sees it read beyond the end. */
static void run_all(const struct corpus *corpus, uint64_t first, uint64_t count, struct input *now)
{
    for (uint64_t i = 0; i < corpus->n + count; i++) {
        uint8_t *data;

        if (i < corpus->n)
            *now = corpus->files[i];
        else
            make_up(first + (i - corpus->n), corpus, now);
        data = malloc(now->size ? now->size : 1);
        if (!data)
            abort();
        memcpy(data, now->data, now->size);
        alarm(SECONDS_MAX);
        LLVMFuzzerTestOneInput(data, now->size);
        alarm(0);
        free(data);
    }
}

static void tell(const char *program, const char *corpus, const struct input *in, int status)
{
    const char *base = strrchr(program, '/') ? strrchr(program, '/') + 1 : program;
    char file[128], how[64];
    FILE *f;

    snprintf(file, sizeof(file), "%s.input", base);
    f = fopen(file, "wb");
    if (!f || fwrite(in->data, 1, in->size, f) != in->size)
        fprintf(stderr, "%s: cannot write '%s'\n", base, file);
    if (f)
        fclose(f);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        snprintf(how, sizeof(how), "takes longer than %d s", SECONDS_MAX);
    else if (WIFSIGNALED(status))
        snprintf(how, sizeof(how), "dies of SIG%s", sigabbrev_np(WTERMSIG(status)));
    else
        snprintf(how, sizeof(how), "exits with status %d", WEXITSTATUS(status));
    if (in->name[0])
        printf("%s: FAILED: %s on the file '%s': again with: %s %s 0\n", base, how, in->name, program, in->name);
    else
        printf("%s: FAILED: %s on input %" PRIu64 ", kept as '%s': again with: %s %s 1 %" PRIu64 "\n", base, how,
               in->number, file, program, corpus, in->number);
}

int main(int argc, char **argv)
{
    struct corpus corpus = { 0 };
    struct err err = { 0 };
    int64_t count = COUNT_DEFAULT, first = 0;
    struct input *now = mmap(NULL, sizeof(*now), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int status = 0;
    pid_t child;

    if (argc < 2 || argc > 4 || (argc > 2 && text_int64(argv[2], 0, INT64_MAX, &count, &err) < 0) ||
        (argc > 3 && text_int64(argv[3], 0, INT64_MAX - count, &first, &err) < 0) ||
        read_corpus(argv[1], &corpus, &err) < 0) {
        fprintf(stderr, "%s\nusage: %s CORPUS [COUNT [FIRST]]\n", err.code ? err.msg : "what is the corpus?", argv[0]);
        free(corpus.files);
        return 2;
    }
    child = now == MAP_FAILED ? -1 : fork();
    if (child == 0) {
        run_all(&corpus, (uint64_t)first, (uint64_t)count, now);
        free(corpus.files);
        now->number = UINT64_MAX; /* it came to the end: an exit(0) on the way would not */
        exit(0);
    }
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR)
        ;
    if (child > 0 && status == 0 && now->number == UINT64_MAX)
        printf("%zu files, %" PRId64 " made-up inputs: all is well\n", corpus.n, count);
    else if (child > 0)
        tell(argv[0], argv[1], now, status);
    else
        perror("fuzz");
    free(corpus.files);
    return child > 0 && status == 0 && now->number == UINT64_MAX ? 0 : 1;
}
