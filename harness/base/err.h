// SPDX-License-Identifier: MIT
/* err.h -- why an operation failed, told once.
 *
 * A failing function fills *err and returns -1; callers add context with err_wrap() or pass it up. Only cli/ prints.
 * The code decides the exit status of the program, so it is chosen where the cause is known. `err` is never NULL. */
#pragma once

#include "base/err_struct.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PRINTF_LIKE(fmt, args) __attribute__((format(printf, fmt, args)))
#define ARRAY_LEN(a)           (sizeof(a) / sizeof((a)[0]))

/* Both return -1, so that `return err_set(...)` reads well. err_wrap() puts "context: " before the message it finds
 * and keeps the code. */
int err_set(struct err *err, enum err_code code, const char *fmt, ...) PRINTF_LIKE(3, 4);
int err_wrap(struct err *err, const char *fmt, ...) PRINTF_LIKE(2, 3);

#ifdef __clang_analyzer__ /* it sees one file at a time, and cannot know what they return */
#define err_set(...)  ((void)(err_set)(__VA_ARGS__), -1)
#define err_wrap(...) ((void)(err_wrap)(__VA_ARGS__), -1)
#endif

/* A programmer's mistake: says where and aborts. Never for bad input. */
#define BUG(...) err_bug(__FILE__, __LINE__, __VA_ARGS__)
void err_bug(const char *file, int line, const char *fmt, ...) PRINTF_LIKE(3, 4) __attribute__((noreturn));

#ifdef __cplusplus
}
#endif
