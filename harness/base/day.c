// SPDX-License-Identifier: MIT
#include "base/day.h"

#include <stdio.h>

/* Both ways as in Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin with March, so that the
 * day that leaps is the last one; an era has 400 of them, 146097 days. */
enum { ERA = 146097, EPOCH = 719468 };

static void split(int64_t day, int64_t *year, int *month, int *of_month)
{
    int64_t z = day + EPOCH, era = z / ERA, doe = z % ERA;
    int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365, doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int mp = (int)((5 * doy + 2) / 153);

    *of_month = (int)(doy - (153 * mp + 2) / 5 + 1);
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = yoe + era * 400 + (*month <= 2);
}

static int number(const char *s, int digits)
{
    int n = 0;

    for (int i = 0; i < digits; i++) {
        if (s[i] < '0' || s[i] > '9')
            return -1;
        n = 10 * n + s[i] - '0';
    }
    return n;
}

int64_t day_parse(const char *date)
{
    int64_t year = number(date, 4), back_year, era, yoe, doy, day;
    int month, of_month, back_month, back_day;

    if (year < 1970 || date[4] != '-' || (month = number(date + 5, 2)) < 1 || month > 12 || date[7] != '-' ||
        (of_month = number(date + 8, 2)) < 1)
        return -1;
    year -= month <= 2;
    era = year / 400;
    yoe = year - era * 400;
    doy = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + of_month - 1;
    day = era * ERA + yoe * 365 + yoe / 4 - yoe / 100 + doy - EPOCH;
    split(day, &back_year, &back_month, &back_day);
    return back_month == month && back_day == of_month ? day : -1; /* the 30th of February */
}

void day_format(int64_t day, char text[DAY_TEXT])
{
    int64_t year;
    int month, of_month;

    split(day, &year, &month, &of_month);
    snprintf(text, DAY_TEXT, "%04d-%02d-%02d", (int)(year % 10000), month, of_month);
}

int day_of_week(int64_t day)
{
    return (int)((day + 3) % 7); /* 1970-01-01 was a Thursday */
}
