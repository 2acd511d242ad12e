// SPDX-License-Identifier: MIT
/* interrupt.h -- a Ctrl-C, or a job that is cancelled, ends what is at work in an orderly way. */
#pragma once

#include <signal.h>

/* Between these two calls an interrupt only sets what interrupt_catch() returns: the `stop` of block_options. */
const volatile sig_atomic_t *interrupt_catch(void);
void interrupt_release(void);

/* The signal that came, 0 where none did: the program ends by it, as a shell expects. */
int interrupt_signal(void);
