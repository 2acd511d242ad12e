// SPDX-License-Identifier: MIT
/* test_machine.c -- bindings and facts of this host, and what is not believed of it. No test looks at a clock. */
#include "declare/isa.h"
#include "machine/fingerprint_private.h"
#include "machine/pin.h"
#include "machine/topology_private.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "machine_fixture.h"

#include <math.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct topology *host(void)
{
    struct err err = { 0 };
    struct topology *topology = topology_host(&err);

    if (!topology)
        fail_msg("%s", err.msg);
    return topology;
}

static void model_refuses_to_bind(void **state)
{
    struct topology *topology = model("syn-EPYC-VM-4vCPU-smt");

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct err err = { 0 };
        int ret = i == 0 ? pin_thread(topology, 0, &err) : pin_memory(topology, 0, &err);

        assert_int_equal(ret, -1);
        assert_int_equal(err.code, ERR_HOST);
        assert_non_null(strstr(err.msg, "model"));
    }
    topology_free(topology);
}

/* Runs fn in a child, so that neither its mask nor its environment outlives it; fn returns 0 or the line that failed.
 */
static void in_child(int (*fn)(void))
{
    pid_t child = fork();
    int status;

    assert_true(child >= 0);
    if (child == 0)
        _exit(fn());
    assert_int_equal(waitpid(child, &status, 0), child);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail_msg("child: %s %d", WIFEXITED(status) ? "line" : "signal",
                 WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
}

#define CHILD(condition)                                                                                               \
    do {                                                                                                               \
        if (!(condition))                                                                                              \
            return __LINE__ % 255 + 1;                                                                                 \
    } while (0)

static int bound_to(int pu)
{
    cpu_set_t mask;

    return sched_getaffinity(0, sizeof(mask), &mask) == 0 && CPU_COUNT(&mask) == 1 && CPU_ISSET(pu, &mask) &&
           sched_getcpu() == pu;
}

static int child_pins(void)
{
    struct err err = { 0 };
    struct topology *topology = topology_host(&err);
    const struct domain *domain;

    CHILD(topology && topology_is_host(topology));
    domain = topology_domain(topology);
    for (int i = 0; i < domain->n_pus; i++) {
        CHILD(pin_thread(topology, domain->pus[i], &err) == 0);
        CHILD(bound_to(domain->pus[i]));
        CHILD(pin_memory(topology, domain->pus[i], &err) == 0);
        CHILD(err.code == ERR_NONE);
    }
    topology_free(topology);
    return 0;
}

static void binding_on_this_host_reads_back(void **state)
{
    (void)state;
    in_child(child_pins);
}

/* Under a mask of one PU, as `taskset` sets it: the plan is that PU, another one is refused, and the class is the same.
 */
static int child_under_mask(void)
{
    struct err err = { 0 };
    struct topology *before = topology_host(&err), *after;
    struct host whole, masked;
    cpu_set_t mask;
    int pu, other;

    CHILD(before);
    pu = topology_domain(before)->pus[0];
    other = topology_domain(before)->pus[topology_domain(before)->n_pus - 1];
    fingerprint_host(before, isa_host(), &whole);
    CPU_ZERO(&mask);
    CPU_SET(pu, &mask);
    CHILD(sched_setaffinity(0, sizeof(mask), &mask) == 0);

    after = topology_host(&err);
    CHILD(after);
    CHILD(topology_n_domains(after) == 1);
    CHILD(topology_domain(after)->n_pus == 1 && topology_domain(after)->pus[0] == pu);
    fingerprint_host(after, isa_host(), &masked);
    CHILD(strcmp(whole.class, masked.class) == 0);
    CHILD(strcmp(host_fact(&whole, "cores"), host_fact(&masked, "cores")) == 0);
    CHILD(pin_thread(after, pu, &err) == 0);
    if (other != pu) {
        CHILD(pin_thread(after, other, &err) < 0 && err.code == ERR_HOST);
        CHILD(pin_memory(after, other, &err) < 0 && err.code == ERR_HOST);
        CHILD(bound_to(pu));
    }
    CHILD(pin_thread(after, -1, &err) < 0 && pin_thread(after, 1 << 20, &err) < 0);
    topology_free(before);
    topology_free(after);
    return 0;
}

static void taskset_narrows_the_plan_and_not_the_class(void **state)
{
    (void)state;
    in_child(child_under_mask);
}

/* hwloc takes a whole machine from its environment: that must be this host, or a clear refusal. */
static int child_with_model_in_environment(void)
{
    struct err err = { 0 };
    struct topology *topology;

    CHILD(setenv("HWLOC_SYNTHETIC", "core:7 pu:1", 1) == 0);
    topology = topology_host(&err);
    CHILD(!topology && err.code == ERR_HOST && strstr(err.msg, "HWLOC_SYNTHETIC"));

    CHILD(unsetenv("HWLOC_SYNTHETIC") == 0);
    CHILD(setenv("HWLOC_XMLFILE", PAWL_TEST_DATA "/topologies/syn-9950X.xml", 1) == 0);
    topology = topology_host(&err);
    CHILD(!topology && err.code == ERR_HOST && strstr(err.msg, "HWLOC_XMLFILE"));
    return 0;
}

static int child_with_garbage_in_environment(void)
{
    static const char *const names[] = { "HWLOC_SYNTHETIC", "HWLOC_XMLFILE" };
    struct err err = { 0 };

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        struct topology *topology;

        CHILD(setenv(names[i], "/nonexistent garbage", 1) == 0);
        topology = topology_host(&err);
        CHILD(topology && topology_is_host(topology));
        CHILD(pin_thread(topology, topology_domain(topology)->pus[0], &err) == 0);
        topology_free(topology);
        CHILD(unsetenv(names[i]) == 0);
    }
    return 0;
}

static void environment_does_not_pass_for_the_host(void **state)
{
    (void)state;
    in_child(child_with_model_in_environment);
    in_child(child_with_garbage_in_environment);
}

static void class_of_this_host_is_a_file_name(void **state)
{
    struct topology *topology = host();
    struct host facts;

    (void)state;
    fingerprint_host(topology, isa_host(), &facts);
    assert_true(strlen(facts.class) > 0);
    assert_int_equal(strspn(facts.class, "abcdefghijklmnopqrstuvwxyz0123456789-"), strlen(facts.class));
    assert_string_not_equal(host_fact(&facts, "kernel"), "");
    assert_string_not_equal(host_fact(&facts, "memory"), "");
    assert_string_not_equal(host_fact(&facts, "hwloc"), "");
    for (size_t i = 0; i < facts.n_facts; i++)
        print_message("%s: %s\n", facts.facts[i].key, facts.facts[i].value);
    print_message("class: %s\n", facts.class);
    topology_free(topology);
}

/* Not a statement on speed: any x86-64 lies within, and a build whose timing means nothing says so. */
static void frequency_is_plausible_or_unknown(void **state)
{
    double mhz = fingerprint_mhz();

    (void)state;
    print_message("%.0f MHz\n", mhz);
#if defined(__SANITIZE_ADDRESS__)
    assert_true(isnan(mhz));
#else
    assert_true(isnan(mhz) || mhz > 0);
#endif
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(model_refuses_to_bind),
        cmocka_unit_test(binding_on_this_host_reads_back),
        cmocka_unit_test(taskset_narrows_the_plan_and_not_the_class),
        cmocka_unit_test(environment_does_not_pass_for_the_host),
        cmocka_unit_test(class_of_this_host_is_a_file_name),
        cmocka_unit_test(frequency_is_plausible_or_unknown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
