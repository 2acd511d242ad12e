// SPDX-License-Identifier: MIT
#define OPS train_ops_avx2
#include "inference/train/ops_walk.h"
