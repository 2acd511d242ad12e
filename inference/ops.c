// SPDX-License-Identifier: MIT
#include "inference/ops.h"

#include "declare/isa.h"

const struct ops *ops_best(uint32_t isa)
{
    return isa & ISA_AVX512F ? &ops_avx512 : isa & ISA_AVX2 ? &ops_avx2 : &ops_scalar;
}
