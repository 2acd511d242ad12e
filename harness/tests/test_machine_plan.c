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

#include "base/text.h"

#include <ftw.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MIB (UINT64_C(1) << 20)

/* Writes `text` to FOLDER/PATH, a file of /proc. */
static void put(const char *folder, const char *path, const char *text)
{
    char full[128];
    FILE *file;

    snprintf(full, sizeof(full), "%s/proc", folder);
    mkdir(full, 0700);
    snprintf(full, sizeof(full), "%s/%s", folder, path);
    file = fopen(full, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static int remove_one(const char *path, const struct stat *st, int kind, struct FTW *walk)
{
    (void)st, (void)kind, (void)walk;
    return remove(path);
}

static void remove_tree(const char *folder)
{
    assert_int_equal(nftw(folder, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

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

/* What block sizes follow from. */
static void caches_are_those_above_the_core(void **state)
{
    static const struct { const char *name; int pu; int64_t l1d_kib, l2_kib, l3_kib; } rows[] = {
        { "syn-9950X", 1, 48, 1024, 32 << 10 },
        { "syn-9950X3D", 1, 48, 1024, 96 << 10 },
        { "syn-9950X3D", 8, 48, 1024, 32 << 10 },
        { "syn-VM-8vCPU-nol3", 0, 0, 0, 0 }, /* a virtual machine that shows none */
        { "syn-9950X", 999, 0, 0, 0 }, /* no such PU */
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct topology *topology = model(rows[i].name);
        struct caches caches = topology_caches(topology, rows[i].pu);

        print_message("%s %d\n", rows[i].name, rows[i].pu);
        assert_int_equal(caches.l1d, rows[i].l1d_kib << 10);
        assert_int_equal(caches.l2, rows[i].l2_kib << 10);
        assert_int_equal(caches.l3, rows[i].l3_kib << 10);
        topology_free(topology);
    }
    assert_int_equal(topology_caches(NULL, 0).l1d, 0);
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

/* The plan of the 9950X is cpus 1 to 7, then 0. */
static void busy_cores_go_behind_the_quiet_ones(void **state)
{
    static const struct {
        double busy[8]; /* of 1, 2, ..., 7, 0 */
        int pus[8];
    } rows[] = {
        { { 0 }, { 1, 2, 3, 4, 5, 6, 7, 0 } },
        { { 10, 3, 0, 9, 1, 0, 0, 0 }, { 1, 2, 3, 4, 5, 6, 7, 0 } },    /* noise */
        { { 100, 0, 0, 0, 0, 0, 0, 0 }, { 2, 3, 4, 5, 6, 7, 0, 1 } },   /* rather the core of PU 0 than a busy one */
        { { 80, 20, 0, 0, 55, 0, 0, 30 }, { 3, 4, 6, 7, 2, 0, 5, 1 } }, /* the less busy, the earlier */
        { { 57, 0, 51, 0, 0, 0, 0, 0 }, { 2, 4, 5, 6, 7, 0, 1, 3 } },   /* equals keep their order */
        { { -1, NAN, 30, -1, -1, -1, -1, -1 }, { 1, 2, 4, 5, 6, 7, 0, 3 } }, /* unknown is quiet */
        { { 100, 100, 100, 100, 100, 100, 100, 100 }, { 1, 2, 3, 4, 5, 6, 7, 0 } },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct topology *topology = model("syn-9950X");
        struct host facts;

        topology_prefer_quiet(topology, rows[i].busy);
        for (int j = 0; j < 8; j++)
            assert_int_equal(topology_domain(topology)->pus[j], rows[i].pus[j]);
        fingerprint_root(topology, ISA_ALL, "/nonexistent", &facts);
        if (i == 2)
            assert_string_equal(host_fact(&facts, "domain"), "8 cores, L3 32 MiB, cpus 2,3,4,5,6,7,0,1");
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

#if defined(__clang__)
#define COMPILER "clang"
#else
#define COMPILER "gcc"
#endif

/* The compiler's version is this build's: "*" in the class. */
static void class_is_made_of_what_stays(void **state)
{
    static const struct {
        const char *name, *memory;
        uint32_t isa;
        const char *class;
    } rows[] = {
        { "syn-9950X3D", "65536000 kB", ISA_ALL, "amd-ryzen-9-9950x-8c-l3-96m-64g-*-avx512vnni" },
        { "syn-9950X3D", "63000000 kB", ISA_ALL,
          "amd-ryzen-9-9950x-8c-l3-96m-64g-*-avx512vnni" }, /* firmware took more */
        { "syn-3950X", "32768000 kB", ISA_AVX2, "amd-ryzen-9-9950x-4c-l3-16m-32g-*-avx2" },
        { "syn-TR7970X", "1000 kB", ISA_AVX2 | ISA_AVX512F, "amd-ryzen-9-9950x-8c-l3-32m-1g-*-avx512f" },
        { "syn-hybrid-2x8-kinds", "rubbish", ISA_AVX2 | ISA_AVXVNNI, "amd-ryzen-9-9950x-8c-l3-32m-*-avxvnni" },
        { "syn-VM-8vCPU-nol3", "-1 kB", ISA_ANY, "amd-ryzen-9-9950x-8c-no-l3-*-base" },
        { "syn-cgroup-second-L3", "1e300 kB", ISA_AVX2, "amd-ryzen-9-9950x-8c-l3-32m-*-avx2" }, /* 7 allowed, 8 there */
    };
    char folder[] = "/tmp/pawl-class-XXXXXX";
    struct host facts;

    (void)state;
    assert_non_null(mkdtemp(folder));
    put(folder, "proc/cpuinfo", "model name : AMD Ryzen 9 9950X 16-Core Processor\n");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct topology *topology = model(rows[i].name);
        char line[64];

        snprintf(line, sizeof(line), "MemTotal: %s\n", rows[i].memory);
        put(folder, "proc/meminfo", line);
        fingerprint_root(topology, rows[i].isa, folder, &facts);
        print_message("%s\n", facts.class);
        assert_true(text_glob(rows[i].class, facts.class));
        assert_non_null(strstr(facts.class, COMPILER));
        topology_free(topology);
    }
    remove_tree(folder);
}

/* The longest of each: still a whole file name, with the instruction set at its end. */
static void class_fits_whatever_the_host_is_called(void **state)
{
    struct topology *topology = model("syn-9950X3D");
    char folder[] = "/tmp/pawl-class-XXXXXX";
    struct host facts;

    (void)state;
    assert_non_null(mkdtemp(folder));
    put(folder, "proc/cpuinfo",
        "model name : Some Very Long Winded Vendor Name For One Processor Of This Family 12345 XYZ\n");
    put(folder, "proc/meminfo", "MemTotal: 17179869184 kB\n");
    fingerprint_root(topology, ISA_ALL, folder, &facts);
    print_message("%s\n", facts.class);
    assert_true(strlen(facts.class) < sizeof(facts.class) - 8); /* room for a thousand cores a domain */
    assert_string_equal(facts.class + strlen(facts.class) - 11, "-avx512vnni");
    assert_int_equal(strspn(facts.class, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(facts.class));
    topology_free(topology);
    remove_tree(folder);
}

static void epoch_changes_with_what_may_move_times_and_with_nothing_else(void **state)
{
    static const struct {
        const char *key;
        bool matters;
    } rows[] = {
        { "microcode", true },   { "kernel", true }, { "boost", true },    { "governor", true },
        { "virtualised", true }, { "smt", true },    { "domain", false },  { "memory", false },
        { "hwloc", false },      { "cpu", false },   { "ranking", false },
    };
    struct host host = { 0 };
    char epoch[16], other[16];

    (void)state;
    fingerprint_epoch(&host, epoch, sizeof(epoch));
    assert_string_equal(epoch, "35841644"); /* it stands in histories: it stays the same in every version */
    host_add(&host, "kernel", "6.1.0-9-amd64");
    host_add(&host, "boost", "on");
    fingerprint_epoch(&host, epoch, sizeof(epoch));
    assert_string_equal(epoch, "c2f4a763");
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct host changed = { 0 };

        host_add(&changed, rows[i].key, "another");
        if (strcmp(rows[i].key, "boost") != 0)
            host_add(&changed, "boost", "on");
        if (strcmp(rows[i].key, "kernel") != 0)
            host_add(&changed, "kernel", "6.1.0-9-amd64");
        fingerprint_epoch(&changed, other, sizeof(other));
        print_message("%s: %s\n", rows[i].key, other);
        assert_int_equal(strcmp(epoch, other) != 0, rows[i].matters);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plan_is_one_pu_per_core_of_the_best_domain),
        cmocka_unit_test(caches_are_those_above_the_core),
        cmocka_unit_test(plan_never_leaves_its_l3_nor_shares_a_core),
        cmocka_unit_test(busy_cores_go_behind_the_quiet_ones),
        cmocka_unit_test(siblings_share_the_core),
        cmocka_unit_test(broken_model_is_named),
        cmocka_unit_test(class_leaves_out_what_firmware_renames),
        cmocka_unit_test(class_is_made_of_what_stays),
        cmocka_unit_test(class_fits_whatever_the_host_is_called),
        cmocka_unit_test(epoch_changes_with_what_may_move_times_and_with_nothing_else),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
