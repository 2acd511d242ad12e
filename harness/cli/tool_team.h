// SPDX-License-Identifier: MIT
/* tool_team.h -- what this host gives to tools. */
#pragma once

#include "declare/tool.h"

extern const struct tool_host tool_host;
