// SPDX-License-Identifier: MIT
#define OPS train_ops_base
#include "inference/train/ops_walk.h"
