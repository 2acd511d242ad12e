// SPDX-License-Identifier: MIT
#include "cli/interrupt.h"

#include "base/err.h"

static volatile sig_atomic_t caught;

static void on_signal(int signal)
{
    caught = signal;
}

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
static struct sigaction earlier[ARRAY_LEN(signals)];

const volatile sig_atomic_t *interrupt_catch(void)
{
    struct sigaction action = { .sa_handler = on_signal };

    for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
        sigaction(signals[i], NULL, &earlier[i]);
        if (signals[i] != SIGHUP || earlier[i].sa_handler != SIG_IGN) /* as nohup leaves it */
            sigaction(signals[i], &action, NULL);
    }
    return &caught;
}

void interrupt_release(void)
{
    for (size_t i = 0; i < ARRAY_LEN(signals); i++)
        sigaction(signals[i], &earlier[i], NULL);
}

int interrupt_signal(void)
{
    return caught;
}
