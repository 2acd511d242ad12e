// SPDX-License-Identifier: MIT
#include "cli/scratch.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int scratch_make(struct scratch *scratch, const char *name, struct err *err)
{
    const char *tmp = getenv("TMPDIR");

    *scratch = (struct scratch){ 0 };
    snprintf(scratch->folder, sizeof(scratch->folder), "%.36s/pawl-%.12s-XXXXXX", tmp && *tmp == '/' ? tmp : "/tmp", name);
    if (!mkdtemp(scratch->folder)) {
        err_set(err, ERR_HARNESS, "cannot make '%s': %m", scratch->folder);
        scratch->folder[0] = '\0';
        return -1;
    }
    snprintf(scratch->db, sizeof(scratch->db), "%s/%.12s.db", scratch->folder, name);
    return 0;
}

void scratch_remove(struct scratch *scratch)
{
    static const char *const endings[] = { "", "-wal", "-shm" };

    for (size_t i = 0; i < ARRAY_LEN(endings) && scratch->db[0]; i++) {
        char path[128];

        snprintf(path, sizeof(path), "%s%s", scratch->db, endings[i]);
        unlink(path);
    }
    if (scratch->folder[0])
        rmdir(scratch->folder);
    *scratch = (struct scratch){ 0 };
}
