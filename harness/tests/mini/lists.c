// SPDX-License-Identifier: MIT
/* lists.c -- what CMake makes of add_subject() and add_tool() lines elsewhere. */
#include "declare/registry.h"
#include "declare/tool.h"

extern const struct scenario scenario_mini;
extern const struct registry subjects;
extern const struct tool *const tools[];

static const struct scenario *const scenarios[] = { &scenario_mini };
const struct registry subjects = { scenarios, 1 };
const struct tool *const tools[] = { NULL };
