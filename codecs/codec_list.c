// SPDX-License-Identifier: MIT
/* codec_list.c -- all codecs, in the order of tables: each declared and listed. */
#include "codecs/codec.h"

extern const struct codec codec_mrl, codec_mrl_f16, codec_mrl_pca, codec_mrl_pca_f16, codec_scalar8, codec_scalar4,
    codec_scalar8_pca, codec_scalar4_pca, codec_binary, codec_binary_float, codec_binary_rot, codec_binary_rot_float,
    codec_binary_itq, codec_binary_itq_float, codec_sparse, codec_combined, codec_pq, codec_pq4, codec_opq, codec_rq,
    codec_rabitq, codec_entropy_huffman, codec_entropy_rans, codec_transform, codec_transform_fixed;

const struct codec *const codec_list[] = {
    &codec_mrl,        &codec_mrl_f16,          &codec_mrl_pca,          &codec_mrl_pca_f16,
    &codec_scalar8,    &codec_scalar4,          &codec_scalar8_pca,      &codec_scalar4_pca,
    &codec_binary,     &codec_binary_float,     &codec_binary_rot,       &codec_binary_rot_float,
    &codec_binary_itq, &codec_binary_itq_float, &codec_sparse,           &codec_combined,
    &codec_pq,         &codec_pq4,              &codec_opq,              &codec_rq,
    &codec_rabitq,     &codec_entropy_huffman,  &codec_entropy_rans,     &codec_transform,
    &codec_transform_fixed,
};
const size_t codec_list_n = ARRAY_LEN(codec_list);
