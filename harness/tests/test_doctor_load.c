// SPDX-License-Identifier: MIT
/* test_doctor_load.c -- when the load of others makes a host unfit, on made-up texts of /proc/stat. No test looks at a
 * clock. */
#include "machine/doctor_private.h"

#include "base/text.h"
#include "machine/topology_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "machine_fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Texts in which each named cpu was that busy (percent) between the two; the others were idle. */
struct share {
    int cpu, percent;
};

static void stat_texts(struct doctor_load *load, int n_cpus, const struct share *shares, size_t n)
{
    struct text before = { 0 }, after = { 0 };

    text_add(&before, "cpu  9 0 0 9 0 0 0 0 0 0\n");
    text_add(&after, "cpu  10 0 0 10 0 0 0 0 0 0\n");
    for (int cpu = 0; cpu < n_cpus; cpu++) {
        int busy = 0;

        for (size_t i = 0; i < n; i++)
            if (shares[i].cpu == cpu && shares[i].percent) /* not the rows' empty ends */
                busy = shares[i].percent;
        text_addf(&before, "cpu%d 1000 0 0 1000 0 0 0 0 0 0\n", cpu);
        text_addf(&after, "cpu%d %d 0 0 %d 0 0 0 0 0 0\n", cpu, 1000 + busy, 1100 - busy);
    }
    text_add(&after, "intr 1 2 3\n");
    *load = (struct doctor_load){ before.data, after.data };
}

/* The 9950X model: the plan is cpus 1 to 7 and 0, their siblings 16 to 23. The virtual machine: cpus 2 and 0, siblings
 * 3 and 1. */
static void load_fails_where_no_core_is_quiet_or_most_are_busy(void **state)
{
    static const struct {
        const char *model;
        struct share shares[9];
        enum finding_level load, smt;
    } rows[] = {
        { "syn-9950X", { { 1, 10 } }, FINDING_OK, FINDING_OK },
        { "syn-9950X", { { 1, 15 } }, FINDING_WARN, FINDING_OK },
        { "syn-9950X", { { 1, 100 } }, FINDING_WARN, FINDING_OK },            /* seven quiet ones are left */
        { "syn-9950X", { { 8, 100 }, { 31, 100 } }, FINDING_OK, FINDING_OK }, /* another L3 */
        { "syn-9950X", { { 1, 90 }, { 2, 90 }, { 3, 90 }, { 4, 90 } }, FINDING_WARN, FINDING_OK },
        { "syn-9950X", { { 1, 90 }, { 2, 90 }, { 3, 90 }, { 4, 90 }, { 5, 90 } }, FINDING_FAIL, FINDING_OK },
        { "syn-9950X", { { 1, 40 }, { 2, 40 }, { 3, 40 }, { 4, 40 }, { 5, 40 } }, FINDING_WARN, FINDING_OK },
        { "syn-9950X",
          { { 0, 26 }, { 1, 26 }, { 2, 26 }, { 3, 26 }, { 4, 26 }, { 5, 26 }, { 6, 26 }, { 7, 26 } },
          FINDING_FAIL,
          FINDING_OK },
        { "syn-9950X", { { 19, 100 } }, FINDING_OK, FINDING_WARN }, /* beside cpu 3 */
        { "syn-9950X", { { 17, 90 }, { 18, 90 }, { 19, 90 }, { 20, 90 }, { 21, 90 } }, FINDING_OK, FINDING_FAIL },
        { "syn-EPYC-VM-4vCPU-smt", { { 2, 100 } }, FINDING_WARN, FINDING_OK }, /* cpu 0 is measured on */
        { "syn-EPYC-VM-4vCPU-smt", { { 2, 100 }, { 0, 30 } }, FINDING_FAIL, FINDING_OK },
        { "syn-EPYC-VM-4vCPU-smt", { { 3, 100 } }, FINDING_OK, FINDING_WARN },
        { "syn-EPYC-VM-4vCPU-smt", { { 2, 100 }, { 1, 100 } }, FINDING_WARN, FINDING_FAIL }, /* no core is quiet */
        { "syn-VM-8vCPU-nol3", { { 3, 60 } }, FINDING_WARN, FINDING_OK },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct topology *topology = model(rows[i].model);
        struct finding load_finding = { 0 }, smt = { 0 };
        struct doctor_load load;

        stat_texts(&load, 32, rows[i].shares, ARRAY_LEN(rows[i].shares));
        doctor_load_judge(topology, &load, &load_finding);
        doctor_load_judge_siblings(topology, &load, &smt);
        print_message("%zu: %s / %s\n", i, load_finding.read, smt.read);
        assert_string_equal(finding_level_name(load_finding.level), finding_level_name(rows[i].load));
        assert_string_equal(finding_level_name(smt.level), finding_level_name(rows[i].smt));
        assert_int_equal(*load_finding.mend != '\0', load_finding.level != FINDING_OK);
        assert_int_equal(*smt.mend != '\0', smt.level != FINDING_OK);
        doctor_load_free(&load);
        topology_free(topology);
    }
}

static void what_counts_as_busy(void **state)
{
    static const struct {
        const char *after;
        double percent;
    } rows[] = {
        { "cpu1 0 0 0 20 0 0 0 0 0 0\n", 0 },
        { "cpu1 1 1 1 17 0 0 0 0 0 0\n", 15 },
        { "cpu1 0 0 0 5 0 7 8 0 0 0\n", 75 },   /* interrupts */
        { "cpu1 0 0 0 5 15 0 0 0 0 0\n", 0 },   /* waiting for a disk is idle */
        { "cpu1 0 0 0 5 0 0 0 15 0 0\n", 75 },  /* stolen by another guest */
        { "cpu1 0 0 0 20 0 0 0 0 20 20\n", 0 }, /* a guest of ours is in user already */
        { "cpu1 0 0 0 0 0 0 0 0 0 0\n", -1 },   /* no time went by */
        { "cpu1 20\n", -1 },                    /* not a line of /proc/stat */
        { "cpu11 20 0 0 0 0 0 0 0 0 0\n", -1 },
        { "", -1 },
    };
    static char before[] = "cpu  0 0 0 0 0 0 0 0 0 0\ncpu1 0 0 0 0 0 0 0 0 0 0\nintr 1 2 3\n";
    struct doctor_load none = { 0 };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct doctor_load load = { before, (char *)rows[i].after };

        print_message("%s", rows[i].after);
        assert_int_equal(doctor_load_percent(&load, 1), rows[i].percent);
    }
    assert_int_equal(doctor_load_percent(&none, 1), -1);
}

static void foreign_share_is_what_the_run_did_not_use(void **state)
{
    static const struct {
        struct share shares[8];
        double own_s, percent;
    } rows[] = {
        { { { 0, 0 } }, 0, 0 },
        { { { 1, 100 } }, 0, 12.5 }, /* one of eight cores: 1 s of 8 s */
        { { { 1, 100 } }, 0.6, 5 },
        { { { 1, 100 } }, 3, 0 }, /* it ran elsewhere, too */
        { { { 9, 100 } }, 0, 0 }, /* not planned */
        { { { 1, 100 }, { 2, 100 }, { 3, 100 }, { 4, 100 } }, 1, 37.5 },
    };
    double second = (double)sysconf(_SC_CLK_TCK) / 100; /* the texts are of 100 ticks */
    struct topology *topology = model("syn-9950X");

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct doctor_load load;

        stat_texts(&load, 16, rows[i].shares, ARRAY_LEN(rows[i].shares));
        assert_true(fabs(doctor_load_foreign(&load, topology, rows[i].own_s / second) - rows[i].percent) < 0.01);
        doctor_load_free(&load);
        stat_texts(&load, 4, rows[i].shares, ARRAY_LEN(rows[i].shares)); /* cpus 4 to 7 are not shown */
        assert_true(isnan(doctor_load_foreign(&load, topology, rows[i].own_s)));
        doctor_load_free(&load);
    }
    topology_free(topology);
}

static void run_too_short_to_tell_blames_nobody(void **state)
{
    struct doctor_load load = { strdup("cpu2 0 0 0 0 0 0 0 0 0 0\ncpu0 0 0 0 0 0 0 0 0 0 0\n"),
                                strdup("cpu2 9 0 0 0 0 0 0 0 0 0\ncpu0 9 0 0 0 0 0 0 0 0 0\n") };
    struct topology *topology = model("syn-EPYC-VM-4vCPU-smt");

    (void)state;
    assert_true(isnan(doctor_load_foreign(&load, topology, 0)));
    doctor_load_free(&load);
    topology_free(topology);
}

/* A text that stands still: no time goes by in it, so nobody is blamed and the plan keeps its order. */
static void probe_of_a_host_that_tells_nothing_changes_nothing(void **state)
{
    static const char *const texts[] = { NULL, "", "cpu1 1 2 3 4 5 6 7 8 9 10\n" };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct topology *topology = model("syn-EPYC-VM-4vCPU-smt");
        char folder[] = "/tmp/pawl-load-XXXXXX", path[64];
        struct doctor_load load = { 0 };
        struct finding finding = { 0 };

        assert_non_null(mkdtemp(folder));
        if (texts[i]) {
            FILE *file;

            snprintf(path, sizeof(path), "%s/proc", folder);
            assert_int_equal(mkdir(path, 0700), 0);
            snprintf(path, sizeof(path), "%s/proc/stat", folder);
            file = fopen(path, "w");
            assert_non_null(file);
            fputs(texts[i], file);
            fclose(file);
        }
        doctor_load_probe_root(topology, folder, &load);
        doctor_load_judge(topology, &load, &finding);
        assert_int_equal(finding.level, FINDING_OK);
        assert_int_equal(topology_domain(topology)->pus[0], 2);
        doctor_load_free(&load);
        topology_free(topology);
        if (texts[i]) {
            unlink(path);
            snprintf(path, sizeof(path), "%s/proc", folder);
            rmdir(path);
        }
        rmdir(folder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(load_fails_where_no_core_is_quiet_or_most_are_busy),
        cmocka_unit_test(what_counts_as_busy),
        cmocka_unit_test(foreign_share_is_what_the_run_did_not_use),
        cmocka_unit_test(run_too_short_to_tell_blames_nobody),
        cmocka_unit_test(probe_of_a_host_that_tells_nothing_changes_nothing),
    };

    return cmocka_run_group_tests_name("doctor_load", tests, NULL, NULL);
}
