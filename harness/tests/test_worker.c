// SPDX-License-Identifier: MIT
/* test_worker.c -- what a worker does with its job: order, places, what the subject is told, what is timed. */
#include "worker_fixture.h"

#include "machine/topology.h"

#include <fcntl.h>
#include <sys/wait.h>

static void every_second_round_is_the_mirror_of_the_one_before(void **state)
{
    struct job job = job_of(&checked, three, 3);
    struct block block;

    (void)state;
    job.rounds = 6;
    block = block_of(&job, 60);
    assert_ok(&block);
    assert_int_equal(block.n_samples, 18);
    for (int i = 0; i < 18; i++) {
        assert_int_equal(block.samples[i].order, i);
        assert_int_equal(block.samples[i].round, i / 3);
    }
    for (int round = 0; round < 6; round += 2)
        for (int i = 0; i < 3; i++)
            assert_int_equal(block.samples[3 * round + i].variant, block.samples[3 * round + 5 - i].variant);
    block_free(&block);
}

/* Of the first rounds of 12 seeds, all of the 6 orders but by a chance of 0.4 not: two are enough to see the seed. */
static void order_and_padding_follow_the_seed_of_the_block(void **state)
{
    enum { SEEDS = 12 };
    int orders[SEEDS], differ = 0, pads_differ = 0;
    double pads[SEEDS];

    (void)state;
    for (int i = 0; i < SEEDS; i++) {
        struct job job = job_of(&checked, three, 3);
        struct block block;

        job.order_seed = (uint64_t)(i < SEEDS - 1 ? i : 0); /* the last is the first again */
        block = block_of(&job, 60);
        assert_ok(&block);
        orders[i] = block.samples[0].variant * 100 + block.samples[1].variant * 10 + block.samples[2].variant;
        pads[i] = value_of(&block, PLAIN, "pad_length");
        assert_true(pads[i] >= 0 && pads[i] < 4096);
        differ += orders[i] != orders[0];
        pads_differ += pads[i] != pads[0];
        block_free(&block);
    }
    assert_true(differ > 0);
    assert_true(pads_differ >= SEEDS - 3); /* two lengths may be the same */
    assert_int_equal(orders[SEEDS - 1], orders[0]);
    assert_true(pads[SEEDS - 1] == pads[0]);
}

static void each_thread_is_pinned_on_its_own_core(void **state)
{
    struct err err = { 0 };
    struct topology *topology = topology_host(&err);
    const struct domain *domain = topology ? topology_domain(topology) : NULL;

    (void)state;
    if (!domain || domain->n_pus < 2) {
        print_message("[  SKIP  ] fewer than two cores\n");
        topology_free(topology);
        skip();
    }
    for (int turn = 0; turn < 2; turn++) {
        struct job job = job_of(&checked, three, 1);
        struct block block;

        comparison.params.values[0] = 2;
        job.n_pus = 2;
        job.pus[0] = domain->pus[turn];
        job.pus[1] = domain->pus[1 - turn];
        block = block_of(&job, 60);
        assert_ok(&block);
        assert_int_equal((int)value_of(&block, PLAIN, "cpu_0"), job.pus[0]);
        assert_int_equal((int)value_of(&block, PLAIN, "cpu_1"), job.pus[1]);
        for (size_t i = 0; i < block.n_samples; i++)
            assert_int_equal(block.samples[i].cpu, job.pus[0]);
        block_free(&block);
    }
    topology_free(topology);
}

static void subject_is_told_seed_variants_and_instructions(void **state)
{
    static const int two[] = { PLAIN, THIRD };

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct job job = job_of(&checked, two, 2);
        struct block block;

        job.check_only = true;
        job.input_seed = i ? 12345 : UINT64_C(1) << 50;
        job.isa_without = i ? ISA_AVX2 | ISA_AVX512F : 0;
        block = block_of(&job, 60);
        assert_ok(&block);
        assert_int_equal(block.n_samples, 0);
        assert_true(value_of(&block, PLAIN, "input_seed") == (double)job.input_seed);
        assert_int_equal((int)value_of(&block, PLAIN, "variant_mask"), 1 << PLAIN | 1 << THIRD);
        assert_int_equal((uint32_t)value_of(&block, PLAIN, "isa_mask"), isa_host() & ~job.isa_without);
        block_free(&block);
    }
}

/* 2^40 slices of a nanosecond or more are 18 minutes or more; without the factor no test here takes a minute. */
static void time_of_a_slice_counts_for_all_slices(void **state)
{
    static const int two[] = { PLAIN, SLICED };
    struct job job = job_of(&checked, two, 2);
    struct block block = block_of(&job, 60);

    (void)state;
    assert_ok(&block);
    assert_int_equal(block.n_samples, 4);
    for (size_t i = 0; i < block.n_samples; i++) {
        const struct sample *s = &block.samples[i];

        if (s->variant == SLICED)
            assert_true(s->ns >= (double)SLICES && s->cpu_ns >= (double)SLICES);
        else
            assert_true(s->ns < (double)SLICES && s->cpu_ns < (double)SLICES);
    }
    block_free(&block);
}

static void first_block_calibrates_and_says_with_what_count(void **state)
{
    struct job job = job_of(&checked, three, 3);
    struct block block;

    (void)state;
    memset(job.iterations, 0, sizeof(job.iterations));
    block = block_of(&job, 60);
    assert_ok(&block);
    for (int i = 0; i < 3; i++)
        assert_true(job.iterations[i] > 0);
    for (size_t i = 0; i < block.n_samples; i++)
        assert_int_equal(block.samples[i].iterations, job.iterations[block.samples[i].variant]);
    block_free(&block);
}

/* A worker by hand: `up` is where its messages go. */
static pid_t start_worker(const struct job *job, int up)
{
    int in[2];
    pid_t pid;

    assert_int_equal(pipe(in), 0);
    pid = fork();
    if (pid == 0) {
        dup2(in[0], 0);
        dup2(up, WIRE_FD);
        close_range(WIRE_FD + 1, ~0u, 0);
        execl("/proc/self/exe", "test_worker", "worker", NULL);
        _exit(127);
    }
    close(in[0]);
    wire_send(in[1], wire_job(job));
    close(in[1]);
    return pid;
}

/* "check plain; ran plain; time plain; ...": the words of a worker's messages, into a buffer; its exit status. */
static int listen_to_worker(const struct job *job, char *said, size_t size)
{
    int up[2], status;
    char *line = NULL;
    size_t room = 0, used = 0;
    pid_t pid;
    FILE *f;

    assert_int_equal(pipe2(up, O_CLOEXEC), 0);
    pid = start_worker(job, up[1]);
    close(up[1]);
    f = fdopen(up[0], "r");
    said[0] = '\0';
    while (getline(&line, &room, f) > 0) {
        json_t *m = json_loads(line, 0, NULL);
        const char *t = json_string_value(json_object_get(m, "t"));
        const char *what = json_string_value(json_object_get(m, strcmp(t, "ran") == 0 ? "name" : "what"));
        json_int_t v = json_integer_value(json_object_get(m, "variant"));

        if (strcmp(t, "phase") == 0)
            used += (size_t)snprintf(said + used, size - used, "%s %s; ", what, v < 0 ? "" : variants[v].name);
        else if (strcmp(t, "exact") != 0)
            used += (size_t)snprintf(said + used, size - used, "%s%s%s; ", t, what ? " " : "", what ? what : "");
        json_decref(m);
        assert_true(used < size);
    }
    free(line);
    fclose(f);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    return status;
}

static void assert_in_order(const char *said, const char *const *parts, size_t n)
{
    const char *at = said;

    for (size_t i = 0; i < n; i++) {
        const char *found = strstr(at, parts[i]);

        if (!found)
            fail_msg("'%s' is not, or not in its place, in:\n%s", parts[i], said);
        at = found + 1;
    }
}

static void what_no_check_runs_is_warmed_up_once_in_a_later_block(void **state)
{
    static const char *const warm[] = { "hello; ", "warm-up plain; ran plain; ", "warm-up again; ran again; ",
                                        "time ", "teardown ", "done; " };
    static const char *const cold[] = { "hello; ", "check plain; ", "check again; time ", "teardown ", "done; " };
    static const char *const first[] = { "calibrate plain; ran plain; ", "calibrated; ", "calibrate again; ran again; ",
                                         "calibrated; time ", "teardown ", "done; " };
    struct job job = job_of(&unchecked, three, 2);
    char said[4096];

    (void)state;
    setenv("PROBE_TELL", "1", 1);
    assert_int_equal(listen_to_worker(&job, said, sizeof(said)), 0);
    assert_in_order(said, warm, ARRAY_LEN(warm));
    assert_null(strstr(said, "calibrate"));
    job.iterations[0] = job.iterations[1] = 0;
    assert_int_equal(listen_to_worker(&job, said, sizeof(said)), 0);
    assert_in_order(said, first, ARRAY_LEN(first));
    assert_null(strstr(said, "warm-up"));
    job = job_of(&checked, three, 2);
    assert_int_equal(listen_to_worker(&job, said, sizeof(said)), 0);
    assert_in_order(said, cold, ARRAY_LEN(cold));
    assert_null(strstr(said, "warm-up"));
    assert_null(strstr(said, "calibrate"));
    unsetenv("PROBE_TELL");
}

static void worker_whose_run_is_gone_measures_nothing(void **state)
{
    struct job job = job_of(&checked, three, 2);
    char said[4096];
    int up[2], status;
    pid_t pid;

    (void)state;
    job.parent = (int)getppid(); /* not the one that starts it */
    status = listen_to_worker(&job, said, sizeof(said));
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
    assert_string_equal(said, "");
    job.parent = (int)getpid();
    assert_int_equal(listen_to_worker(&job, said, sizeof(said)), 0);
    assert_non_null(strstr(said, "done; "));

    assert_int_equal(pipe2(up, O_CLOEXEC), 0);
    close(up[0]); /* nobody listens */
    pid = start_worker(&job, up[1]);
    close(up[1]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGPIPE);
}

static int tests(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(every_second_round_is_the_mirror_of_the_one_before),
        cmocka_unit_test(order_and_padding_follow_the_seed_of_the_block),
        cmocka_unit_test(each_thread_is_pinned_on_its_own_core),
        cmocka_unit_test(subject_is_told_seed_variants_and_instructions),
        cmocka_unit_test(time_of_a_slice_counts_for_all_slices),
        cmocka_unit_test(first_block_calibrates_and_says_with_what_count),
        cmocka_unit_test(what_no_check_runs_is_warmed_up_once_in_a_later_block),
        cmocka_unit_test(worker_whose_run_is_gone_measures_nothing),
    };

    return cmocka_run_group_tests_name("worker", all, NULL, NULL);
}

int main(int argc, char **argv)
{
    return main_of(argc, argv, tests);
}
