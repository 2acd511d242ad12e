// SPDX-License-Identifier: MIT
/* infer.h -- one continuation of one prompt by one model: what `pawl infer` does. */
#pragma once

#include "base/err.h"
#include "inference/sampling.h"
#include "inference/speculative.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct team;

struct infer_options {
    const char *model;   /* a GGUF file */
    const char *prompt;
    size_t prompt_len;
    size_t tokens;       /* at most so many new ones */
    size_t context;      /* tokens of prompt and answer together; 0: the model's */
    struct sampling sampling; /* greedy where there are drafts */
    enum speculative_kind draft;
    const char *draft_model;  /* SPECULATIVE_MODEL: a GGUF file of the same vocabulary */
    size_t draft_layers;      /* SPECULATIVE_EXIT */
    size_t draft_length;      /* tokens a step; 0: as many as pay */
    uint64_t seed;
    uint32_t isa;
    struct team *team;
};

struct infer_report {
    char arch[32];
    size_t parameters;
    size_t prompt_tokens, tokens; /* tokens: new ones, the one that ended the text not counted */
    bool ended;                   /* by the model; else by a limit */
    double load_s, ttft_s;        /* ttft_s: from the prompt's tokens to the first new one */
    double decode_s;              /* from there to the last one */
    struct speculative_stats drafts;
    size_t weight_bytes, cache_bytes, work_bytes, draft_bytes; /* draft_bytes: all of a drafting model */
    size_t peak_bytes;            /* resident at most, of the whole process */
};

/* Hands on the bytes of each new token as it comes; false: enough. */
typedef bool infer_fn(void *arg, const char *piece, size_t len);

int infer_run(const struct infer_options *options, infer_fn *fn, void *arg, struct infer_report *report,
              struct err *err);
