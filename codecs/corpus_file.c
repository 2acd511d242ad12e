// SPDX-License-Identifier: MIT
#include "codecs/corpus_private.h"

#include "base/mem.h"
#include "codecs/hash.h"

#include <stdlib.h>
#include <string.h>

/* More would have the search for duplicates, which compares all with all, take minutes. */
enum { TRAIN_MAX = 50000, BASE_MAX = 100000, QUERIES_MAX = 1000 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* The file was read to know its hash and its size: it is handed over. A file does not tell which vectors are of one
 * document: each is its own. */
static int hand_over(const void *arg, struct vectors *all, uint64_t **documents, struct err *err)
{
    struct vectors *const *read = arg;

    (void)err;
    *all = **read;
    **read = (struct vectors){ 0 };
    *documents = mem_array(all->n, sizeof(**documents));
    for (size_t i = 0; i < all->n; i++)
        (*documents)[i] = i;
    return 0;
}

int corpus_file(const char *path, size_t dim, struct corpus_size size, struct corpus *corpus, struct err *err)
{
    const char *slash = strrchr(path, '/');
    struct vectors v, *read = &v;
    struct corpus_source source = {
        .name = "file", .origin = slash ? slash + 1 : path, .make = hand_over, .arg = &read
    };
    int ret;

    *corpus = (struct corpus){ 0 };
    if (vectors_read(path, dim, &v, err) < 0)
        return -1;
    source.key = hash_bytes(v.data, v.n * v.dim * sizeof(*v.data), v.dim);
    source.train = least(v.n * 45 / 100, TRAIN_MAX);
    source.queries = least(v.n / 18, QUERIES_MAX);
    source.base = least(v.n - source.train - source.queries, BASE_MAX > size.base ? BASE_MAX : size.base);
    ret = corpus_build(&source, size, corpus, err);
    vectors_free(&v);
    if (ret < 0)
        return err_wrap(err, "'%s'", path);
    snprintf(corpus->name, sizeof(corpus->name), "%.63s", source.origin);
    return 0;
}
