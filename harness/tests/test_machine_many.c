// SPDX-License-Identifier: MIT
/* test_machine_many.c -- the plan on a machine of 256 cores, described to hwloc as one of its own files would. */
#include "base/text.h"
#include "declare/isa.h"
#include "machine/fingerprint.h"
#include "machine/topology_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* hwloc's notation of the PUs first to last: words of 32 bits, the highest first. */
static const char *cpuset(int first, int last)
{
    static char text[256];
    int used = 0;

    for (int word = 256 / 32 - 1; word >= 0; word--) {
        uint32_t bits = 0;

        for (int bit = 0; bit < 32; bit++)
            if (word * 32 + bit >= first && word * 32 + bit <= last)
                bits |= UINT32_C(1) << bit;
        used += snprintf(text + used, sizeof(text) - (size_t)used, "%s0x%08x", used ? "," : "", (unsigned)bits);
    }
    return text;
}

static int object_of(FILE *file, const char *type, int index, int first, int last, const char *more, int id)
{
    return fprintf(file, "<object type=\"%s\" os_index=\"%d\" cpuset=\"%s\" complete_cpuset=\"%s\"", type, index,
                   cpuset(first, last), cpuset(first, last)) +
           fprintf(file, " nodeset=\"1\" complete_nodeset=\"1\" allowed_cpuset=\"%s\" allowed_nodeset=\"1\" gp_index=\"%d\" %s>\n",
                   cpuset(first, last), id, more);
}

/* A file as hwloc would write it of a machine with 256 cores in so many L3s. */
static struct topology *model_256(int n_l3)
{
    char path[] = "/tmp/pawl-256-XXXXXX";
    struct err err = { 0 };
    struct topology *topology;
    int fd = mkstemp(path), each = 256 / n_l3, id = 1;
    FILE *file = fdopen(fd, "w");

    assert_non_null(file);
    fprintf(file, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE topology SYSTEM \"hwloc2.dtd\">\n<topology version=\"2.0\">\n");
    object_of(file, "Machine", 0, 0, 255, "", id++);
    object_of(file, "NUMANode", 0, 0, 255, "local_memory=\"17179869184\"", id++);
    fprintf(file, "</object>\n");
    for (int l3 = 0; l3 < n_l3; l3++) {
        object_of(file, "L3Cache", l3, l3 * each, l3 * each + each - 1,
                  "cache_size=\"33554432\" depth=\"3\" cache_linesize=\"64\" cache_associativity=\"16\" cache_type=\"0\"", id++);
        for (int core = l3 * each; core < (l3 + 1) * each; core++) {
            object_of(file, "Core", core, core, core, "", id++);
            object_of(file, "PU", core, core, core, "", id++);
            fprintf(file, "</object></object>\n");
        }
        fprintf(file, "</object>\n");
    }
    fprintf(file, "</object>\n</topology>\n");
    fclose(file);
    topology = topology_file(path, &err);
    unlink(path);
    if (!topology)
        fail_msg("%s", err.msg);
    return topology;
}

static void a_machine_of_256_cores_is_planned_on(void **state)
{
    static const struct { int n_l3, n_pus; } rows[] = { { 32, 8 }, { 2, 128 }, { 1, 256 } };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct topology *topology = model_256(rows[i].n_l3);
        const struct domain *domain = topology_domain(topology);
        struct host host = { 0 };
        bool used[256] = { false };
        char cpus[64]; /* as short as the rooms have it: cut, not overrun */

        assert_int_equal(topology_n_domains(topology), rows[i].n_l3);
        assert_int_equal(domain->n_pus, rows[i].n_pus);
        for (int j = 0; j < domain->n_pus; j++) {
            assert_in_range(domain->pus[j], 0, 255);
            assert_false(used[domain->pus[j]]);
            used[domain->pus[j]] = true;
        }
        topology_list(domain, cpus, sizeof(cpus));
        assert_in_range(strlen(cpus), 10, sizeof(cpus) - 1);
        fingerprint_host(topology, ISA_ANY, &host);
        snprintf(cpus, sizeof(cpus), "-%dc-", rows[i].n_pus);
        assert_non_null(strstr(host.class, cpus));
        topology_free(topology);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_machine_of_256_cores_is_planned_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
