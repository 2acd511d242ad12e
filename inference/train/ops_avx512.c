// SPDX-License-Identifier: MIT
#define OPS train_ops_avx512
#include "inference/train/ops_walk.h"
