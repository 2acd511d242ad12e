// SPDX-License-Identifier: MIT
#include "ops_body.h"

const struct ops ops_scalar = OPS_TABLE;
