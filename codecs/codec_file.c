// SPDX-License-Identifier: MIT
/* codec_file.c -- trained codecs and codes as files.
 *
 * Both, little-endian: magic (8), version (4), the codec's name (32, padded with zeros), dimensions (4), bytes and seed
 * of the options (8, 8); then a model: its length (8) and bytes; or codes: the checksum of their model (8), how many
 * (8), stride (8), length (8) and bytes; at last XXH64 of all before (8). */
#include "codecs/codec_file.h"

#include "base/mem.h"
#include "base/replace.h"
#include "base/text.h"
#include "codecs/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { VERSION = 1, MAGIC = 8, NAME = 32, SUM = 8 };

static const char model_magic[MAGIC] = "pawl\rcdc", codes_magic[MAGIC] = "pawl\rcds";

/* Codes of fewer bytes than this share of a vector are no codes: it keeps a hostile count from asking for much. */
enum { VECTORS_PER_BYTE_MAX = 64 };

static void head(struct blob *b, const char *magic, const struct codec_model *model)
{
    char name[NAME] = "";

    text_copy(name, sizeof(name), model->codec->name);
    blob_bytes(b, magic, MAGIC);
    blob_u32(b, VERSION);
    blob_bytes(b, name, NAME);
    blob_u32(b, (uint32_t)model->dim);
    blob_u64(b, model->options.bytes);
    blob_u64(b, model->options.seed);
}

static int finish(struct blob *b, const char *path, struct err *err)
{
    int ret;

    blob_u64(b, hash_bytes(b->data, b->len, 0));
    ret = replace_file_bytes(path, b->data, b->len, err);
    blob_free(b);
    return ret;
}

int codec_save(const struct codec_model *model, const char *path, struct err *err)
{
    struct blob b = { 0 }, bytes = { 0 };

    model->codec->save(model->model, &bytes);
    head(&b, model_magic, model);
    blob_u64(&b, bytes.len);
    blob_bytes(&b, bytes.data, bytes.len);
    blob_free(&bytes);
    return finish(&b, path, err);
}

/* What codes remember of the model that wrote them. */
static uint64_t model_sum(const struct codec_model *model)
{
    struct blob bytes = { 0 };
    uint64_t sum;

    head(&bytes, model_magic, model);
    model->codec->save(model->model, &bytes);
    sum = hash_bytes(bytes.data, bytes.len, 0);
    blob_free(&bytes);
    return sum;
}

int codes_save(const struct codec_model *model, const struct codes *codes, const char *path, struct err *err)
{
    struct blob b = { 0 };

    head(&b, codes_magic, model);
    blob_u64(&b, model_sum(model));
    blob_u64(&b, codes->n);
    blob_u64(&b, codes->stride);
    blob_u64(&b, codes->n_bytes);
    blob_bytes(&b, codes->data, codes->n_bytes);
    return finish(&b, path, err);
}

/* Magic, checksum, version, name, dimension; leaves the reader behind them, before the end of the checksum. */
static int open_head(struct blob_reader *r, const char *magic, const char *what, struct codec_model *model,
                     struct err *err)
{
    struct blob_reader tail = *r;
    char found[MAGIC], name[NAME + 1] = "";
    uint32_t version;

    blob_get_bytes(r, found, MAGIC);
    if (r->failed || memcmp(found, magic, MAGIC))
        return err_set(err, ERR_CONFIG, "byte 0: this is no file of %s", what);
    version = blob_get_u32(r);
    if (r->failed || version != VERSION)
        return err_set(err, ERR_CONFIG, "byte %d: version %u of the format (this program reads %d)", MAGIC, version,
                       VERSION);
    if (r->len < r->at + SUM)
        return err_set(err, ERR_CONFIG, "byte %zu: it ends within its head", r->len);
    tail.at = r->len -= SUM;
    if (blob_get_u64(&tail) != hash_bytes(r->data, r->len, 0))
        return err_set(err, ERR_CONFIG, "byte %zu: the checksum does not fit: it is damaged or cut short", r->len);
    blob_get_bytes(r, name, NAME);
    model->dim = blob_get_u32(r);
    model->options.bytes = (size_t)blob_get_u64(r);
    model->options.seed = blob_get_u64(r);
    if (r->failed)
        return err_set(err, ERR_CONFIG, "byte %zu: it ends within its head", r->len);
    model->codec = codec_find(name);
    if (!model->codec)
        return err_set(err, ERR_CONFIG, "byte %d: there is no codec '%.*s'", MAGIC + 4,
                       (int)strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_"), name);
    if (model->dim < 1 || model->dim > VECTORS_DIM_MAX || !model->codec->has(model->options.bytes, model->dim))
        return err_set(err, ERR_CONFIG, "byte %d: %s cannot write %zu dimensions in %zu bytes", MAGIC + 4 + NAME, name,
                       model->dim, model->options.bytes);
    return 0;
}

/* The length of what comes next must be all that is left. */
static int open_body(struct blob_reader *r, struct err *err)
{
    size_t at = r->at;
    uint64_t len = blob_get_u64(r);

    if (r->failed || len != r->len - r->at)
        return err_set(err, ERR_CONFIG, "byte %zu: a length of %llu, where %zu bytes are left", at,
                       (unsigned long long)len, r->len - r->at);
    return 0;
}

int codec_parse(const uint8_t *data, size_t len, struct codec_model *model, struct err *err)
{
    struct blob_reader r = { .data = data, .len = len };
    struct codec_model m = { 0 };
    size_t start;

    *model = m;
    if (open_head(&r, model_magic, "a trained codec", &m, err) < 0 || open_body(&r, err) < 0)
        return -1;
    start = r.at;
    if (m.codec->load(&r, &m.model, err) < 0)
        return err_wrap(err, "the model of %s from byte %zu on", m.codec->name, start);
    if (m.codec->dim && m.codec->dim(m.model) != m.dim) {
        err_set(err, ERR_CONFIG, "byte %zu: a model of %zu dimensions, where the head says %zu", start,
                m.codec->dim(m.model), m.dim);
        codec_model_free(&m);
        return -1;
    }
    if (r.failed || r.at != r.len) {
        codec_model_free(&m);
        return err_set(err, ERR_CONFIG, "byte %zu: the model ends elsewhere than its file", r.at);
    }
    *model = m;
    return 0;
}

int codes_parse(const uint8_t *data, size_t len, const struct codec_model *model, struct codes *codes, struct err *err)
{
    struct blob_reader r = { .data = data, .len = len };
    struct codec_model m = { 0 };
    uint64_t sum, n, stride;

    *codes = (struct codes){ 0 };
    if (open_head(&r, codes_magic, "codes", &m, err) < 0)
        return -1;
    sum = blob_get_u64(&r);
    n = blob_get_u64(&r);
    stride = blob_get_u64(&r);
    if (open_body(&r, err) < 0)
        return -1;
    if (m.codec != model->codec || sum != model_sum(model))
        return err_set(err, ERR_CONFIG, "they were written with another model (%s of %zu dimensions in %zu bytes)",
                       m.codec->name, m.dim, m.options.bytes);
    if (stride ? (r.len - r.at) / stride != n || (r.len - r.at) % stride : n / VECTORS_PER_BYTE_MAX > r.len - r.at)
        return err_set(err, ERR_CONFIG, "byte %zu: %llu codes, stride %llu, in %zu bytes", r.at, (unsigned long long)n,
                       (unsigned long long)stride, r.len - r.at);
    codes->n = (size_t)n;
    codes->stride = (size_t)stride;
    codes->n_bytes = r.len - r.at;
    codes->data = mem_aligned(codes->n_bytes, 1, MEM_LINE, err);
    if (!codes->data || blob_get_bytes(&r, codes->data, codes->n_bytes) < 0) {
        codes_free(codes);
        return -1;
    }
    return 0;
}

/* All of a file; a hostile one can be as long as it likes, but has to be that long. */
static uint8_t *read_all(const char *path, size_t *len, struct err *err)
{
    FILE *f = fopen(path, "rb");
    off_t size = f && fseeko(f, 0, SEEK_END) == 0 ? ftello(f) : -1;
    uint8_t *data = NULL;

    if (size < 0) {
        err_set(err, ERR_CONFIG, "%s", strerror(errno));
        goto out;
    }
    rewind(f);
    *len = (size_t)size;
    data = mem_aligned(*len, 1, MEM_LINE, err);
    if (data && fread(data, 1, *len, f) != *len) {
        err_set(err, ERR_CONFIG, "%s", ferror(f) ? strerror(errno) : "it became shorter");
        free(data);
        data = NULL;
    }
out:
    if (f)
        fclose(f);
    return data;
}

int codec_load(const char *path, struct codec_model *model, struct err *err)
{
    size_t len = 0;
    uint8_t *data = read_all(path, &len, err);
    int ret = data ? codec_parse(data, len, model, err) : -1;

    if (!data)
        *model = (struct codec_model){ 0 };
    free(data);
    return ret < 0 ? err_wrap(err, "cannot read the codec '%s'", path) : 0;
}

int codes_load(const char *path, const struct codec_model *model, struct codes *codes, struct err *err)
{
    size_t len = 0;
    uint8_t *data = read_all(path, &len, err);
    int ret = data ? codes_parse(data, len, model, codes, err) : -1;

    if (!data)
        *codes = (struct codes){ 0 };
    free(data);
    return ret < 0 ? err_wrap(err, "cannot read the codes '%s'", path) : 0;
}
