// SPDX-License-Identifier: MIT
/* err_struct.h -- struct err alone: what other projects see of it. libpawl_kernels installs it under the name base/err.h,
 * so that its headers need no more. */
#pragma once

enum err_code {
    ERR_NONE = 0,
    ERR_USAGE,   /* the command line is wrong: exit 2 */
    ERR_CONFIG,  /* a file that the user wrote or named is wrong: exit 2 */
    ERR_HOST,    /* the host cannot do what is asked: exit 3 */
    ERR_HARNESS, /* disk, database, operating system, or a bug of ours: exit 4 */
};

struct err {
    enum err_code code;
    char msg[512]; /* NUL-terminated, cut short where it does not fit */
};
