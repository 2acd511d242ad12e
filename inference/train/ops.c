// SPDX-License-Identifier: MIT
#include "inference/train/ops.h"

#include "declare/isa.h"

const struct train_ops *train_ops_here(void)
{
    uint32_t host = isa_host();

    return host & ISA_AVX512F ? &train_ops_avx512 : host & ISA_AVX2 ? &train_ops_avx2 : &train_ops_base;
}
