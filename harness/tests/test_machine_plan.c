// SPDX-License-Identifier: MIT
/* test_machine_plan.c -- plans and host classes of modelled machines. */
#include "declare/isa.h"
#include "machine/fingerprint_private.h"
#include "machine/topology_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "machine_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MIB (UINT64_C(1) << 20)

static void plan_is_one_pu_per_core_of_the_best_domain(void **state)
{
    static const struct {
        const char *name;
        int n_domains;
        uint64_t l3_mib;
        int n_pus;
        int pus[8];
    } rows[] = {
        { "syn-3950X", 4, 16, 4, { 1, 2, 3, 0 } },
        { "syn-9950X", 2, 32, 8, { 1, 2, 3, 4, 5, 6, 7, 0 } },
        { "syn-9950X3D", 2, 96, 8, { 1, 2, 3, 4, 5, 6, 7, 0 } },
        { "syn-9950X3D-second-L3", 2, 96, 8, { 8, 9, 10, 11, 12, 13, 14, 15 } },
        { "syn-TR7970X", 4, 32, 8, { 1, 2, 3, 4, 5, 6, 7, 0 } },
        { "syn-EPYC9654-1P-NPS4", 12, 32, 8, { 1, 2, 3, 4, 5, 6, 7, 0 } },
        { "syn-hybrid-2x8-kinds", 2, 32, 8, { 1, 2, 3, 4, 5, 6, 7, 0 } },
        { "syn-uneven-4-and-8", 2, 8, 8, { 8, 9, 10, 11, 12, 13, 14, 15 } }, /* more cores before more L3 */
        { "syn-EPYC-VM-4vCPU-smt", 1, 32, 2, { 2, 0 } },
        { "syn-VM-8vCPU-nol3", 1, 0, 8, { 1, 2, 3, 4, 5, 6, 7, 0 } },
        /* An L3 without an allowed PU is no domain; of core 9 only the second thread is allowed. */
        { "syn-cgroup-second-L3", 1, 32, 7, { 25, 10, 11, 12, 13, 14, 15 } },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct topology *topology = model(rows[i].name);
        const struct domain *domain = topology_domain(topology);

        print_message("%s\n", rows[i].name);
        assert_false(topology_is_host(topology));
        assert_int_equal(topology_n_domains(topology), rows[i].n_domains);
        assert_int_equal(domain->l3_bytes, rows[i].l3_mib * MIB);
        assert_int_equal(domain->n_pus, rows[i].n_pus);
        for (int j = 0; j < domain->n_pus; j++)
            assert_int_equal(domain->pus[j], rows[i].pus[j]);
        topology_free(topology);
    }
}

/* Asked of hwloc itself, not of the numbers above. */
static void plan_never_leaves_its_l3_nor_shares_a_core(void **state)
{
    static const char *const names[] = { "syn-3950X",           "syn-9950X3D",
                                         "syn-TR7970X",         "syn-EPYC9654-1P-NPS4",
                                         "syn-uneven-4-and-8",  "syn-EPYC-VM-4vCPU-smt",
                                         "syn-cgroup-second-L3" };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct topology *topology = model(names[i]);
        const struct domain *domain = topology_domain(topology);
        hwloc_obj_t l3 = NULL, cores[64] = { 0 };

        for (int j = 0; j < domain->n_pus; j++) {
            hwloc_obj_t pu = hwloc_get_pu_obj_by_os_index(topology->hwloc, (unsigned)domain->pus[j]);

            assert_true(topology_allows(topology, domain->pus[j]));
            cores[j] = hwloc_get_ancestor_obj_by_type(topology->hwloc, HWLOC_OBJ_CORE, pu);
            if (j == 0)
                l3 = hwloc_get_ancestor_obj_by_type(topology->hwloc, HWLOC_OBJ_L3CACHE, pu);
            assert_ptr_equal(hwloc_get_ancestor_obj_by_type(topology->hwloc, HWLOC_OBJ_L3CACHE, pu), l3);
            for (int k = 0; k < j; k++)
                assert_ptr_not_equal(cores[k], cores[j]);
        }
        topology_free(topology);
    }
}

static void siblings_share_the_core(void **state)
{
    struct topology *topology = model("syn-9950X");
    int pus[8];

    (void)state;
    assert_int_equal(topology_siblings(topology, 3, pus, 8), 2);
    assert_int_equal(pus[0], 3);
    assert_int_equal(pus[1], 19);
    assert_int_equal(topology_siblings(topology, 3, pus, 1), 1);
    assert_int_equal(topology_siblings(topology, 999, pus, 8), 0);
    assert_int_equal(topology_siblings(topology, -1, pus, 8), 0);
    topology_free(topology);
}

static void broken_model_is_named(void **state)
{
    char path[64];
    static const char *const texts[] = { "", "not XML", "<?xml version=\"1.0\"?><topology version=\"2.0\"><object" };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts) + 1; i++) {
        struct err err = { 0 };

        if (i < ARRAY_LEN(texts)) {
            FILE *file;
            int fd;

            snprintf(path, sizeof(path), "/tmp/pawl-topology-XXXXXX");
            fd = mkstemp(path);
            assert_true(fd >= 0);
            file = fdopen(fd, "w");
            fputs(texts[i], file);
            fclose(file);
        } /* else: the name of a file that is gone */
        assert_null(topology_file(path, &err));
        assert_int_equal(err.code, ERR_CONFIG);
        assert_non_null(strstr(err.msg, path));
        unlink(path);
    }
}

static void class_leaves_out_what_firmware_renames(void **state)
{
    static const struct {
        const char *model, *slug;
    } rows[] = {
        { "AMD Ryzen 9 9950X 16-Core Processor", "amd-ryzen-9-9950x" },
        { "AMD Ryzen 9 9950X3D 16-Core Processor            ", "amd-ryzen-9-9950x3d" },
        { "AMD Ryzen Threadripper 7970X 32-Cores", "amd-ryzen-threadripper-7970x" },
        { "AMD EPYC 9654 96-Core Processor", "amd-epyc-9654" },
        { "AMD Ryzen AI 9 HX 370 w/ Radeon 890M", "amd-ryzen-ai-9-hx-370" },
        { "AMD Ryzen 5 5600G with Radeon Graphics", "amd-ryzen-5-5600g" },
        { "Intel(R) Xeon(R) CPU E5-2680 v4 @ 2.40GHz", "intel-xeon-e5-2680-v4" },
        { "Intel(R) Core(TM) i7-8700K CPU @ 3.70GHz", "intel-core-i7-8700k" },
        { "Intel(R) Xeon(R) Processor", "intel-xeon" },
        { "QEMU Virtual CPU version 2.5+", "qemu-virtual-version-2-5" },
        { "Pr\xc3\xb6zessor/../x", "pr-zessor-x" }, /* it becomes a file name */
        { "", "unknown-cpu" },
        { "(R) @ CPU", "unknown-cpu" },
    };
    char slug[64];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        fingerprint_slug(rows[i].model, slug, sizeof(slug));
        assert_string_equal(slug, rows[i].slug);
    }
    fingerprint_slug("AMD Ryzen 9", slug, 5);
    assert_string_equal(slug, "amd");
}

static void class_names_the_domain_of_the_whole_machine(void **state)
{
    static const struct {
        const char *name;
        uint32_t isa;
        const char *class;
    } rows[] = {
        { "syn-9950X3D", ISA_ALL, "unknown-cpu-8c-l3-96m-avx512vnni" },
        { "syn-3950X", ISA_AVX2, "unknown-cpu-4c-l3-16m-avx2" },
        { "syn-TR7970X", ISA_AVX2 | ISA_AVX512F, "unknown-cpu-8c-l3-32m-avx512f" },
        { "syn-hybrid-2x8-kinds", ISA_AVX2 | ISA_AVXVNNI, "unknown-cpu-8c-l3-32m-avxvnni" },
        { "syn-VM-8vCPU-nol3", ISA_ANY, "unknown-cpu-8c-no-l3-base" },
        { "syn-cgroup-second-L3", ISA_AVX2, "unknown-cpu-8c-l3-32m-avx2" }, /* 7 allowed, 8 there */
    };
    struct host facts;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct topology *topology = model(rows[i].name);

        fingerprint_root(topology, rows[i].isa, "/nonexistent", &facts);
        assert_string_equal(facts.class, rows[i].class);
        topology_free(topology);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan_is_one_pu_per_core_of_the_best_domain),
        cmocka_unit_test(plan_never_leaves_its_l3_nor_shares_a_core),
        cmocka_unit_test(siblings_share_the_core),
        cmocka_unit_test(broken_model_is_named),
        cmocka_unit_test(class_leaves_out_what_firmware_renames),
        cmocka_unit_test(class_names_the_domain_of_the_whole_machine),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
