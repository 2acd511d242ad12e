// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "cli/programs.h"
#include "cli/session.h"
#include "cli/version.h"
#include "measure/gbench.h"
#include "record/store.h"

#include <math.h>
#include <time.h>

void session_describe(const struct context *context, const struct host *host, struct run_info *info)
{
    struct text command = { 0 }, libraries = { 0 };
    time_t now = time(NULL);
    struct tm utc;

    *info = (struct run_info){ .host = *host, .dirty = version_dirty(), .seed = (uint64_t)context->options->seed,
                               .seconds = NAN };
    text_add(&command, context->command);
    for (size_t i = 0; i < context->options->n_args; i++)
        text_addf(&command, " %s", context->options->args[i]);
    if (context->options->quick || context->options->full)
        text_add(&command, context->options->quick ? " --quick" : " --full");
    if (context->options->isa_text)
        text_addf(&command, " --isa %s", context->options->isa_text);
    if (context->options->gbench)
        text_addf(&command, " --gbench %s", context->options->gbench);
    text_copy(info->command, sizeof(info->command), command.data);
    text_copy(info->commit, sizeof(info->commit), version_commit());
    text_copy(info->compiler, sizeof(info->compiler), version_compiler());
    text_copy(info->flags, sizeof(info->flags), version_flags());
    text_addf(&libraries, "benchmark %s, sqlite %s", gbench_version(), store_version());
    for (size_t i = 0; i < context->registry->n; i++)
        if (context->registry->scenarios[i]->libraries)
            text_addf(&libraries, ", %s", context->registry->scenarios[i]->libraries);
    text_copy(info->libraries, sizeof(info->libraries), libraries.data);
    if (context->programs) { /* not of this program's own code */
        text_copy(info->commit, sizeof(info->commit), context->programs->commit);
        info->dirty = context->programs->dirty;
        info->compiler[0] = info->flags[0] = '\0';
    }
    strftime(info->started, sizeof(info->started), "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
    text_free(&command);
    text_free(&libraries);
}
