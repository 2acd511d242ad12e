// SPDX-License-Identifier: MIT
/* day.h -- UTC days as numbers, to count and compare them. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* Days since 1970-01-01 of what begins with "2026-11-29"; -1 where it does not begin with a date (1970 to 9999). */
int64_t day_parse(const char *date);

enum { DAY_TEXT = 12 };
void day_format(int64_t day, char text[DAY_TEXT]); /* "2026-11-29" */
int day_of_week(int64_t day);                      /* 0: Monday */
