// SPDX-License-Identifier: MIT
/* What one store has and another lacks is handed on whole, once, and by as many at once as like to. With $PAWL_TEST_SERVER the
 * other store is on that server: push; else a file: merge. */
#include "store_fixture.h" // NOLINT(bugprone-suspicious-include): shared by the tests of the store

#include "record/store_acks.h"
#include "record/store_forward.h"
#include "record/store_nights.h"

#include <signal.h>
#include <sys/wait.h>

static struct forwarded forward(const char *from_path, const char *to_path)
{
    struct store *from = open_store(from_path, STORE_READ), *to = open_store(to_path, STORE_WRITE);
    struct forwarded f;
    struct err err = { 0 };

    if (store_forward(from, to, NULL, NULL, &f, &err) < 0)
        fail_msg("%s", err.msg);
    store_close(from);
    store_close(to);
    free(f.ids);
    return f;
}

/* A run with samples, exact values, an open interval and a verdict. */
static void full_run(struct store *store, const char *started, const char *reason)
{
    struct run_result run = { .info = { .commit = "c0ffee", .seed = UINT64_MAX, .seconds = NAN } };
    struct err err = { 0 };

    text_copy(run.info.started, sizeof(run.info.started), started);
    text_copy(run.info.host.class, sizeof(run.info.host.class), "h");
    host_add(&run.info.host, "cpu", "it's\ta \\ \"CPU\"");
    assert_int_equal(store_begin_run(store, &run.info, &err), 0);
    add_block(store, run.info.id, 0);
    add_block(store, run.info.id, 1);
    add_estimate(add_case(&run, 1, CASE_OK), "time_ns", 1.0 / 3, -INFINITY, 5e-324, 2);
    text_copy(add_case(&run, 2, CASE_SKIPPED)->reason, REASON_MAX, reason);
    *run_add_verdict(&run) = (struct verdict){ .case_id = "gone/by", .against = AGAINST_BASELINE, .outcome = OUTCOME_MISSING,
                                               .value = NAN, .low = -INFINITY, .high = INFINITY, .limit = 1,
                                               .detectable = NAN };
    run.judged = true;
    run.info.seconds = 12.5;
    finish(store, &run);
    run_result_free(&run);
}

static void make_local(const char *path, int n_runs)
{
    struct store *store = open_store(path, STORE_WRITE);
    struct run_info info;
    struct ack ack = { .case_id = "test/store/fast/n=32", .metric = "time_ns", .host_class = "h", .run = 1, .reason = "why",
                       .at = "2026-11-21T02:05:53Z" };
    struct night night = { .night = "2026-11-29", .host_class = "h", .commit = "c", .parts = 2, .started = "t" };
    struct drill_row drill = { .host_class = "h", .started = "t", .cases = "everything", .effect = 0.03, .runs = 1 };
    struct err err = { 0 };

    for (int i = 0; i < n_runs; i++) {
        char started[32];

        snprintf(started, sizeof(started), "2026-11-21T%02d:%02d:00Z", i / 60, i % 60);
        full_run(store, started, "");
    }
    begin_run(store, "h", &info); /* at work: stays behind */
    add_block(store, info.id, 0);
    assert_int_equal(store_add_ack(store, &ack, &err), 0);
    assert_int_equal(store_add_drill(store, &drill, &err), 0);
    assert_int_equal(store_begin_night(store, &night, &err), 0);
    assert_int_equal(store_add_night_part(store, &night, &(struct night_part){ "a", 1, 0 }, &err), 0);
    assert_int_equal(store_add_night_part(store, &night, &(struct night_part){ "b", 0, 4 }, &err), 0);
    assert_int_equal(store_finish_night(store, &night, "later", &err), 0);
    store_close(store);
}

static void assert_whole_runs(const char *path, int64_t n)
{
    assert_int_equal(query(path, "SELECT count(*) FROM run WHERE finished_at IS NOT NULL"), n);
    assert_int_equal(query(path, "SELECT count(DISTINCT uuid) FROM run"), n);
    assert_int_equal(query(path, "SELECT count(*) FROM block"), 2 * n);
    assert_int_equal(query(path, "SELECT count(*) FROM sample m JOIN series s ON s.id = m.series WHERE"
                                 " abs(m.ns - 1000.0 * m.block - m.position - 0.1) < 1e-9 AND s.case_id = 'test/store/' ||"
                                 " CASE m.position % 3 WHEN 0 THEN 'naive' WHEN 1 THEN 'fast' ELSE 'p' END || '/n=32'"),
                     2 * SAMPLES * n);
    assert_int_equal(query(path, "SELECT count(*) FROM block_value"), (2 * EXACTS + 2) * n);
    assert_int_equal(query(path, "SELECT count(*) FROM case_result"), 2 * n);
    assert_int_equal(query(path, "SELECT count(*) FROM estimate WHERE low IS NULL AND high = 5e-324"), n);
    assert_int_equal(query(path, "SELECT count(*) FROM verdict"), n);
}

static void runs_and_what_belongs_to_them_arrive_once(void **state)
{
    char *from = local_file(state, "from.db"), *to = in_folder(state, "to.db"), *back = local_file(state, "back.db");
    struct forwarded f;
    struct store *store;
    struct run_result run;
    struct err err = { 0 };

    make_local(from, 6);
    f = forward(from, to);
    assert_int_equal(f.runs, 6);
    assert_int_equal(f.samples, 6 * 2 * SAMPLES);
    assert_int_equal(f.unfinished, 1);
    assert_int_equal(f.acks, 1);
    assert_int_equal(f.drills, 1);
    assert_int_equal(f.nights, on_server()); /* in a file they are that host's own account */
    assert_whole_runs(to, 6);
    f = forward(from, to); /* again: nothing is new */
    assert_int_equal(f.runs + f.samples + f.acks + f.drills + f.nights, 0);
    assert_int_equal(f.known, 6);
    if (on_server())
        assert_int_equal(query(to, "SELECT count(*) FROM night_part p JOIN night n ON n.id = p.night WHERE"
                                   " n.finished_at = 'later' AND p.exit = CASE WHEN p.run IS NULL THEN 4 ELSE 0 END"), 2);

    f = forward(to, back); /* the other way */
    assert_int_equal(f.runs, 6);
    assert_whole_runs(back, 6);
    store = open_store(back, STORE_READ);
    assert_int_equal(store_load_run(store, 1, &run, &err), 0);
    assert_string_equal(host_fact(&run.info.host, "cpu"), "it's\ta \\ \"CPU\"");
    assert_true(run.info.seed == UINT64_MAX);
    assert_same(run.cases[0].estimates[0].value, 1.0 / 3);
    assert_same(run.verdicts[0].low, -INFINITY);
    run_result_free(&run);
    store_close(store);
    free(from);
    free(to);
    free(back);
}

static void die(void *arg, int64_t done, int64_t of)
{
    (void)arg;
    (void)done;
    (void)of;
    kill(getpid(), SIGKILL);
}

static void what_was_killed_in_the_middle_goes_on(void **state)
{
    char *from = local_file(state, "from.db"), *to = in_folder(state, "to.db");
    pid_t child;
    int status;

    make_local(from, STORE_FORWARD_BATCH + 8);
    child = fork();
    if (child == 0) {
        struct err err = { 0 };
        struct store *a = store_open(from, STORE_READ, &err), *b = store_open(to, STORE_WRITE, &err);
        struct forwarded f;

        if (a && b)
            store_forward(a, b, die, NULL, &f, &err);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status));
    assert_whole_runs(to, STORE_FORWARD_BATCH);
    assert_int_equal(forward(from, to).runs, 8);
    assert_whole_runs(to, STORE_FORWARD_BATCH + 8);
    free(from);
    free(to);
}

static void many_hosts_may_push_at_once(void **state)
{
    enum { HOSTS = 4, RUNS = 8 };
    char *to = in_folder(state, "to.db"), *from[HOSTS];
    pid_t children[2 * HOSTS];

    for (int i = 0; i < HOSTS; i++) {
        char name[16];

        snprintf(name, sizeof(name), "%d.db", i);
        from[i] = local_file(state, name);
        make_local(from[i], RUNS);
    }
    for (int i = 0; i < 2 * HOSTS; i++) { /* each host twice; the tables are not there yet */
        children[i] = fork();
        if (children[i] == 0) {
            forward(from[i / 2], to);
            _exit(0);
        }
    }
    for (int i = 0; i < 2 * HOSTS; i++) {
        int status;

        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_int_equal(status, 0);
    }
    assert_whole_runs(to, HOSTS * RUNS);
    for (int i = 0; i < HOSTS; i++)
        free(from[i]);
    free(to);
}

static void bytes_that_are_no_text_become_question_marks_on_a_server(void **state)
{
    char *from = local_file(state, "from.db"), *to = in_folder(state, "to.db");
    struct store *store = open_store(from, STORE_WRITE);

    full_run(store, "2026-11-21T00:00:00Z", "caf\xe9 \xc3\xa9\t\xff");
    store_close(store);
    assert_int_equal(forward(from, to).runs, 1);
    if (on_server())
        assert_int_equal(query(to, "SELECT count(*) FROM case_result WHERE reason = 'caf? \xc3\xa9\t?'"), 1);
    free(from);
    free(to);
}

/* Each statement by a role; NULL: it may. */
static void as_role(const char *url, const char *role, const char *sql, const char *says)
{
    struct store store = connect_to(url);
    struct text set = { 0 };
    struct err err = { 0 };

    text_addf(&set, "SET ROLE %s", role);
    assert_int_equal(sql_exec(&store, set.data, &err), 0);
    if (sql_exec(&store, sql, &err) < 0 ? !says || !strstr(err.msg, says) : says != NULL)
        fail_msg("%s: %s: '%s' lacks '%s'", role, sql, err.msg, says ? says : "nothing");
    store.engine->close(&store);
    text_free(&set);
}

static void the_writer_appends_and_the_reader_reads(void **state)
{
    static const struct {
        const char *role, *sql, *says;
    } rows[] = {
        { "pawl_writer", "UPDATE run SET exit = 1", "may not do that" },
        { "pawl_writer", "UPDATE series SET role = 1", "permission denied for table series" },
        { "pawl_writer", "DELETE FROM sample", "permission denied" },
        { "pawl_writer", "TRUNCATE verdict", "permission denied" },
        { "pawl_writer", "DROP TABLE block", "must be owner" },
        { "pawl_writer", "INSERT INTO pawl_store VALUES (9)", "permission denied" },
        { "pawl_writer", "SELECT count(*) FROM run", NULL },
        { "pawl_reader", "SELECT count(*) FROM sample", NULL },
        { "pawl_reader", "INSERT INTO series (case_id, scenario, variant, reference, params, role) VALUES ('', '', '', '', '', 0)",
          "permission denied" },
        { "pawl_reader", "DELETE FROM run", "permission denied" },
        { "pawl_reader", "CREATE TABLE mine (i INTEGER)", "permission denied" },
    };
    char *from, *to;
    struct text as_writer = { 0 }, grant = { 0 };
    struct store server;
    struct err err = { 0 };

    if (!on_server())
        skip();
    from = local_file(state, "from.db");
    to = in_folder(state, "to.db");
    make_local(from, 2);
    store_close(open_store(to, STORE_WRITE));
    server = connect_to(to);
    text_add(&grant, store_roles_sql);
    text_addf(&grant, "GRANT USAGE ON SCHEMA %s TO pawl_writer, pawl_reader", strstr(to, "test_"));
    if (sql_exec(&server, grant.data, &err) < 0) /* roles.sql is in the server's own words: none of them is translated */
        fail_msg("%s", err.msg);
    server.engine->close(&server);
    text_addf(&as_writer, "%s%%20-crole%%3Dpawl_writer", to);
    assert_int_equal(forward(from, as_writer.data).runs, 2);
    assert_int_equal(forward(from, as_writer.data).known, 2);
    assert_whole_runs(to, 2);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        as_role(to, rows[i].role, rows[i].sql, rows[i].says);
    assert_whole_runs(to, 2);
    text_free(&as_writer);
    text_free(&grant);
    free(from);
    free(to);
}

static void a_server_of_another_version_or_kind_is_refused(void **state)
{
    char *to;
    struct store server;
    struct err err = { 0 };

    if (!on_server())
        skip();
    to = in_folder(state, "to.db");
    assert_null(store_open(to, STORE_READ, &err));
    assert_says(&err, ERR_CONFIG, "there are no runs in");
    server = connect_to(to);
    assert_int_equal(sql_exec(&server, "CREATE TABLE run (mine INTEGER)", &err), 0);
    assert_null(store_open(to, STORE_WRITE, &err));
    assert_says(&err, ERR_HARNESS, "relation \"run\" already exists");
    assert_int_equal(query(to, "SELECT count(*) FROM information_schema.tables WHERE table_schema = current_schema()"), 1);
    assert_int_equal(sql_exec(&server, "DROP TABLE run", &err), 0);
    store_close(open_store(to, STORE_WRITE));
    assert_int_equal(sql_exec(&server, "DELETE FROM pawl_store WHERE version = 6", &err), 0);
    assert_null(store_open(to, STORE_READ, &err));
    assert_says(&err, ERR_CONFIG, "are of version 5, this pawl knows 6");
    assert_int_equal(sql_exec(&server, "INSERT INTO pawl_store VALUES (9)", &err), 0);
    assert_null(store_open(to, STORE_WRITE, &err));
    assert_says(&err, ERR_HARNESS, "was written by a newer pawl (schema 9, this one knows 6)");
    server.engine->close(&server);
    free(to);
}

static void passwords_are_refused_and_never_told(void **state)
{
    static const struct {
        const char *url;
        bool fine;
    } rows[] = {
        { "postgresql://host/db?sslmode=verify-full&sslrootcert=/etc/ca.pem", true },
        { "postgres://user@host:5433/db", true },
        { "postgresql://user@/db?host=/run/x&port=1", true },
        { "postgresql://user:hush@host/db", false },
        { "postgresql://user:@host/db", false },
        { "postgres://user:hu/sh@host/db", false },
        { "postgresql://host/db?password=hush", false },
        { "postgresql://host/db?port=1&password=hush", false },
        { "postgresql://host/db?sslpassword=hush", false },
    };
    struct err err = { 0 };
    char url[] = "postgresql://user:h%75sh%2f@localhost:1/db?connect_timeout=1";

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        if ((store_url_check(rows[i].url, &err) == 0) != rows[i].fine)
            fail_msg("%s", rows[i].url);
        if (!rows[i].fine) {
            assert_null(strstr(err.msg, "hush"));
            assert_null(store_open(rows[i].url, STORE_READ, &err)); /* whoever did not ask */
            assert_null(strstr(err.msg, "hush"));
            assert_null(strstr(err.msg, "sh@"));
        }
    }
    assert_int_equal(store_url_hide(url, &err), 0);
    assert_string_equal(url, "postgresql://user@localhost:1/db?connect_timeout=1");
    assert_string_equal(getenv("PGPASSWORD"), "hush/");
    assert_null(store_open(url, STORE_READ, &err));
    assert_says(&err, ERR_HARNESS, "cannot connect to 'postgresql://user@localhost:1/db?connect_timeout=1'");
    assert_null(strstr(err.msg, "hush"));
    unsetenv("PGPASSWORD");
}

static void tls_settings_pass_through(void **state)
{
    const char *tcp = getenv("PAWL_TEST_TCP");
    struct text other = { 0 };
    struct err err = { 0 };
    struct store store = { 0 };

    (void)state;
    if (!tcp)
        skip();
    store = connect_to(tcp);
    assert_int_equal(sql_exec(&store, "SELECT 1", &err), 0);
    store.engine->close(&store);
    text_addf(&other, "%.*s?sslmode=verify-full&sslrootcert=/nowhere/ca.pem", (int)strcspn(tcp, "?"), tcp);
    assert_null(store_open(other.data, STORE_READ, &err));
    assert_says(&err, ERR_HARNESS, "/nowhere/ca.pem");
    text_free(&other);
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, make_folder, remove_folder)
    const struct CMUnitTest tests[] = {
        TEST(runs_and_what_belongs_to_them_arrive_once),
        TEST(what_was_killed_in_the_middle_goes_on),
        TEST(many_hosts_may_push_at_once),
        TEST(bytes_that_are_no_text_become_question_marks_on_a_server),
        TEST(the_writer_appends_and_the_reader_reads),
        TEST(a_server_of_another_version_or_kind_is_refused),
        TEST(passwords_are_refused_and_never_told),
        TEST(tls_settings_pass_through),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
