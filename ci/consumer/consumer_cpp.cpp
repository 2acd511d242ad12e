// SPDX-License-Identifier: MIT
// The same from C++: the headers compile, and their functions are found under their C names.
#include "declare/isa.h"
#include "declare/team.h"
#include "kernels/gemm_f32.h"

#include <cstdio>

int main()
{
    const float a[4] = { 1, 2, 3, 4 }, b[4] = { 5, 6, 7, 8 };
    float c[4] = {};
    gemm_f32_problem p = {};
    err why = {};
    team *threads = team_new(2, nullptr, nullptr, &why);
    gemm_f32_work *work = gemm_f32_work_new(isa_host() & ISA_AVX2 ? &gemm_f32_avx2 : &gemm_f32_naive, 2, 2, 2, 2, &why);

    p.m = p.n = p.k = p.lda = p.ldb = p.ldc = 2;
    p.a = a;
    p.b = b;
    p.c = c;
    if (!threads || !work || gemm_f32(&p, work, threads, &why) < 0) {
        std::printf("%s\n", why.msg);
        return 1;
    }
    gemm_f32_work_free(work);
    team_free(threads);
    return c[0] == 19 && c[1] == 22 && c[2] == 43 && c[3] == 50 ? 0 : 1;
}
