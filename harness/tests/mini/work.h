// SPDX-License-Identifier: MIT
/* work.h -- what a commit changes: how much one operation of the variant does. */
#pragma once

enum { WORK = 200 };
