/* SPDX-License-Identifier: Apache-2.0 */
/* Two keepers on one real Redis, driven step by step: who may write, and what is left of a write
 * that was refused. */
#include "alerts/decide/anchor.h"
#include "alerts/decide/parts.h"
#include "core/log.h"

#include <glob.h>

#include "tests/unit/machine.h"

TEST(only_one_leads)
{
    struct redis_server s;
    struct machine a, b;

    redis_server_start(&s);
    machine_begin(&a, &s, "a");
    machine_begin(&b, &s, "b");
    assert_true(try_to_lead(&a));
    assert_false(try_to_lead(&b));
    assert_int_equal(write_one(&a, "x"), HY_OK);
    assert_true(try_to_lead(&a)); /* again, with a new fence */
    assert_int_equal(a.k.fence, 2);
    assert_int_equal(write_one(&a, "y"), HY_OK);
    machine_end(&a);
    machine_end(&b);
    redis_server_end(&s);
}

static void set_clock(const char *path, const char *ms)
{
    FILE *f = fopen(path, "we");

    assert_true(f && fputs(ms, f) >= 0);
    fclose(f);
}

/* An incident with a running clock is told to the crawler for a while; a drill, a case and one that
 * is done are not. */
TEST(a_running_clock_is_told_to_the_crawler)
{
    static const struct {
        const char *doc, *told;
    } cases[] = {
        {"{\"id\":\"I1\",\"kind\":\"opinion\",\"obligations\":[{\"state\":\"met\"}]}", ""},
        {"{\"id\":\"M1\",\"kind\":\"message\",\"obligations\":[{\"state\":\"open\"}]}", ""},
        {"{\"id\":\"I2\",\"kind\":\"opinion\",\"drill\":true,\"obligations\":[{\"state\":\"open\"}]"
         "}",
         ""},
        {"{\"id\":\"I3\",\"kind\":\"opinion\",\"obligations\":[{\"state\":\"open\"}]}", "1"},
    };
    struct redis_server s;
    struct machine a;
    struct hy_err err = HY_ERR_INIT;

    redis_server_start(&s);
    machine_begin(&a, &s, "a");
    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        HY_CLEANUP(hy_json_freep) json_t *doc = NULL;
        assert_int_equal(hy_json_parse(hy_str(cases[i].doc), &doc, &err), HY_OK);
        hy_keep_watch_note(&a.k, doc);
        assert_int_equal(hy_keep_watch(&a.k, &err), HY_OK);
        assert_string_equal(redis_server_ask(&s, "GET hy:{qingxi}:watch"), cases[i].told);
    }
    machine_end(&a);
    redis_server_end(&s);
}

/* A line a day, also over a start in between; a directory that cannot be made stops nothing. */
TEST(the_head_is_published_once_a_day)
{
    struct redis_server s;
    struct machine a;
    struct hy_anchors heads = {0};
    struct hy_err err = HY_ERR_INIT;

    redis_server_start(&s);
    machine_begin(&a, &s, "a");
    char *clock = hy_xasprintf("%s/clock", s.dir), *path = hy_xasprintf("%s/heads", a.role.data);
    char *lines = hy_xasprintf("%s/qingxi.jsonl", path);
    set_clock(clock, "1795665600000"); /* 2026-11-26T08:00+08:00 */
    setenv("HUIYING_TEST_CLOCK", clock, 1);
    assert_true(try_to_lead(&a));
    hy_keep_heads(&a.k); /* an empty journal has no head */
    assert_int_not_equal(access(lines, F_OK), 0);
    assert_int_equal(write_one(&a, "x"), HY_OK);
    struct hy_head first = a.k.state->head;
    hy_keep_heads(&a.k);
    assert_int_equal(write_one(&a, "y"), HY_OK);
    hy_keep_heads(&a.k);
    a.k.head_day = 0; /* as after a start */
    hy_keep_heads(&a.k);
    set_clock(clock, "1795752000000"); /* a day later */
    hy_keep_heads(&a.k);
    assert_int_equal(hy_anchors_read(lines, &heads, &err), HY_OK);
    assert_int_equal(heads.n, 2);
    assert_string_equal(heads.v[0].hash, first.hash);
    assert_string_equal(heads.v[1].hash, a.k.state->head.hash);
    char *tsq = hy_xasprintf("%s/qingxi-%lld.tsq", path, (long long)first.seq);
    struct stat st;
    assert_int_equal(stat(tsq, &st), 0);
    assert_int_equal(st.st_size, 59);

    unsetenv("HUIYING_TEST_CLOCK");
    hy_vec_release(&heads);
    free(tsq);
    free(lines);
    free(path);
    free(clock);
    machine_end(&a);
    redis_server_end(&s);
}

TEST(a_write_of_the_old_leader_is_refused_and_taken_back)
{
    struct redis_server s;
    struct machine a, b;

    redis_server_start(&s);
    machine_begin(&a, &s, "a");
    machine_begin(&b, &s, "b");
    assert_true(try_to_lead(&a));
    assert_int_equal(write_one(&a, "before"), HY_OK);
    off_t size = mirror_size(&a);

    lease_runs_out(&s); /* a was frozen; it does not know */
    assert_true(try_to_lead(&b));
    assert_int_equal(write_one(&a, "lease of b"), HY_E_DENIED);
    assert_int_equal(mirror_size(&a), size);
    assert_int_equal(write_one(&b, "b writes"), HY_OK);
    lease_runs_out(&s); /* nobody holds it now, but somebody has */
    a.k.state->head = hy_mirror_head(a.k.mirror);
    assert_int_equal(write_one(&a, "fence of b"), HY_E_DENIED);
    assert_int_equal(mirror_size(&a), size);
    assert_int_equal(entries(&s), 2);

    machine_reset(&a); /* and now by the door */
    assert_true(try_to_lead(&a));
    assert_int_equal(write_one(&a, "after"), HY_OK);
    assert_int_equal(entries(&s), 3);
    machine_end(&a);
    machine_end(&b);
    redis_server_end(&s);
}

/* A turn of one entry, closed. */
static void prepare(struct hy_turn *t, struct machine *m, const char *what)
{
    hy_turn_begin(t, &m->k);
    hy_decide_keeper(&t->d, what, json_object());
    assert_true(hy_turn_close(t));
}

static void send_off(struct hy_turn *t)
{
    struct hy_err err = HY_ERR_INIT;

    assert_int_equal(hy_turn_ready(t, &err), HY_OK);
    assert_int_equal(hy_turn_post(t, &err), HY_OK);
}

TEST(the_next_is_decided_while_redis_writes_the_one_before)
{
    struct hy_err err = HY_ERR_INIT;
    struct redis_server s;
    struct machine a;
    struct hy_turn t[4];

    redis_server_start(&s);
    machine_begin(&a, &s, "a");
    assert_true(try_to_lead(&a));
    prepare(&t[0], &a, "0");
    send_off(&t[0]);
    for (int i = 0; i < 4; i++) {
        if (i < 3)
            prepare(&t[i + 1], &a, "on top");
        assert_int_equal(hy_turn_answer(&t[i], &err), HY_OK);
        assert_int_equal(entries(&s), i + 1);
        assert_int_equal(hy_mirror_head(a.k.mirror).seq, i + 1); /* no more than Redis has */
        hy_turn_end(&t[i]);
        if (i == 1)
            redis_server_ask(&s, "SCRIPT FLUSH"); /* the next answer is that it is not known */
        if (i < 3)
            send_off(&t[i + 1]);
    }
    assert_int_equal(a.k.state->head.seq, 4);
    machine_end(&a);
    redis_server_end(&s);
}

TEST(what_was_decided_on_top_of_a_refused_one_goes_nowhere)
{
    struct hy_err err = HY_ERR_INIT;
    struct redis_server s;
    struct machine a, b;
    struct hy_turn t[2];

    redis_server_start(&s);
    machine_begin(&a, &s, "a");
    machine_begin(&b, &s, "b");
    assert_true(try_to_lead(&a));
    assert_int_equal(write_one(&a, "before"), HY_OK);
    off_t size = mirror_size(&a);
    prepare(&t[0], &a, "prepared");
    lease_runs_out(&s); /* a is frozen with it */
    assert_true(try_to_lead(&b));
    send_off(&t[0]);
    prepare(&t[1], &a, "on top");
    assert_int_equal(hy_turn_answer(&t[0], &err), HY_E_DENIED);
    assert_int_equal(mirror_size(&a), size);
    hy_turn_end(&t[0]);
    hy_turn_end(&t[1]);
    assert_int_equal(entries(&s), 1);

    machine_reset(&a); /* the session has ended: state and mirror are what Redis has */
    assert_int_equal(write_one(&b, "b writes"), HY_OK);
    assert_int_equal(hy_keep_follow(&a.k, &err), HY_OK);
    assert_string_equal(a.k.state->head.hash, b.k.state->head.hash);
    machine_end(&a);
    machine_end(&b);
    redis_server_end(&s);
}

/* One document more, as a turn of its own. */
static void add_document(struct machine *m, int no, struct hy_str note)
{
    struct hy_err err = HY_ERR_INIT;
    json_t *set = json_object();
    struct hy_turn t;
    char id[32];

    snprintf(id, sizeof(id), "R20261123-%04d", no);
    hy_json_set_str(set, "id", hy_str(id));
    hy_json_set_str(set, "kind", hy_str(hy_doc_name[HY_DOC_RISK]));
    hy_json_set_str(set, "note", note);
    hy_turn_begin(&t, &m->k);
    hy_emit(&t.d, HY_ENTRY_RISK, hy_str(id), hy_entry_data(NULL, set, NULL));
    assert_int_equal(hy_turn_commit(&t, &err), HY_OK);
    hy_turn_end(&t);
}

/* A day's mistake of the clock is mended in as many turns as there are documents, and nothing else has
 * its turn between: what a turn has changed may not stay parsed until the last one is done. */
TEST(what_many_turns_changed_does_not_stay_parsed)
{
    enum { DOCUMENTS = 30, BYTES = 1 << 20 };
    HY_CLEANUP(hy_freep) char *note = hy_xmalloc(BYTES);
    struct redis_server s;
    struct machine a;

    memset(note, 'x', BYTES);
    redis_server_start(&s);
    machine_begin(&a, &s, "a");
    assert_true(try_to_lead(&a));
    for (int i = 0; i < DOCUMENTS; i++) {
        add_document(&a, i, hy_str_n(note, BYTES));
        assert_true(a.k.state->hot_bytes <= HY_HOT_BYTES);
    }
    assert_true(a.k.state->hot > 0); /* and what is in use does */
    machine_end(&a);
    redis_server_end(&s);
}

static bool walk_renews(struct machine *m)
{
    struct hy_walk all = {.passing = true};
    hy_mono old = m->k.leased = (hy_mono){hy_mono_now().us - HY_LEASE_MS * INT64_C(900)};

    for (int i = 0; i < 2; i++) /* the first takes the marks away */
        hy_state_cool(m->k.state, 0);
    while (hy_state_next(m->k.state, &all))
        ;
    return m->k.leased.us > old.us;
}

/* With tens of thousands of documents one look at all of them takes longer than a lease. */
TEST(a_walk_over_the_documents_keeps_the_lease)
{
    struct hy_err err = HY_ERR_INIT;
    struct redis_server s;
    struct machine a;
    struct hy_turn t;

    redis_server_start(&s);
    machine_begin(&a, &s, "a");
    assert_true(try_to_lead(&a));
    add_document(&a, 1, HY_STR("one"));
    assert_true(walk_renews(&a));
    prepare(&t, &a, "on its way");
    send_off(&t);
    assert_false(walk_renews(&a)); /* its answer is the next thing Redis says */
    assert_int_equal(hy_turn_answer(&t, &err), HY_OK);
    hy_turn_end(&t);
    assert_true(walk_renews(&a));
    machine_end(&a);
    redis_server_end(&s);
}

TEST(a_lease_that_nobody_took_is_taken_again)
{
    struct redis_server s;
    struct machine a;

    redis_server_start(&s);
    machine_begin(&a, &s, "a");
    assert_true(try_to_lead(&a));
    lease_runs_out(&s);
    assert_int_equal(write_one(&a, "slow"), HY_OK);
    assert_string_equal(redis_server_ask(&s, "GET hy:{qingxi}:lease"), a.k.token);
    machine_end(&a);
    redis_server_end(&s);
}

TEST(a_wiped_redis_does_not_make_an_old_leader_new)
{
    struct redis_server s;
    struct machine a, b;

    redis_server_start(&s);
    machine_begin(&a, &s, "a");
    machine_begin(&b, &s, "b");
    assert_true(try_to_lead(&a));
    assert_int_equal(write_one(&a, "one"), HY_OK);
    assert_false(try_to_lead(&b)); /* follows */
    off_t size = mirror_size(&a);

    redis_server_ask(&s, "FLUSHALL"); /* fence, lease and all */
    assert_int_equal(write_one(&a, "nothing to stand on"), HY_E_DENIED);
    a.k.state->head = hy_mirror_head(a.k.mirror);
    assert_true(try_to_lead(&b)); /* writes the journal again; a's fence would be its fence */
    assert_true(b.k.fence > a.k.fence);
    lease_runs_out(&s);
    assert_int_equal(write_one(&a, "same head, same lease, old fence"), HY_E_DENIED);
    assert_int_equal(mirror_size(&a), size);
    assert_int_equal(write_one(&b, "two"), HY_OK);
    assert_int_equal(entries(&s), 2);
    machine_end(&a);
    machine_end(&b);
    redis_server_end(&s);
}

TEST(who_is_started_again_has_its_lease_at_once)
{
    struct redis_server s;
    struct machine a, again, b;

    redis_server_start(&s);
    machine_begin(&a, &s, "a");
    machine_begin(&b, &s, "b");
    assert_true(try_to_lead(&a));
    assert_int_equal(write_one(&a, "one"), HY_OK);
    machine_end(&a); /* killed: the lease stays */
    assert_false(try_to_lead(&b));
    machine_begin(&again, &s, "a");
    snprintf(again.k.token, sizeof(again.k.token), "%032x", 77); /* another process */
    assert_true(try_to_lead(&again));
    assert_int_equal(write_one(&again, "two"), HY_OK);
    machine_end(&again);
    machine_end(&b);
    redis_server_end(&s);
}

TEST(while_the_old_process_lives_its_lease_is_its_own)
{
    struct redis_server s;
    struct machine a, second;

    redis_server_start(&s);
    machine_begin(&a, &s, "a");
    assert_true(try_to_lead(&a));
    assert_int_equal(write_one(&a, "one"), HY_OK);
    machine_begin(&second, &s, "a"); /* same directory, the mirror is locked */
    snprintf(second.k.token, sizeof(second.k.token), "%032x", 77);
    assert_false(try_to_lead(&second));
    assert_non_null(strstr(hy_mirror_path(second.k.mirror), "qingxi.2.jsonl"));
    assert_int_equal(write_one(&a, "two"), HY_OK);
    machine_end(&a);
    machine_end(&second);
    redis_server_end(&s);
}

TEST(a_standby_has_what_the_leader_wrote)
{
    struct redis_server s;
    struct machine a, b;
    struct hy_err err = HY_ERR_INIT;

    redis_server_start(&s);
    machine_begin(&a, &s, "a");
    machine_begin(&b, &s, "b");
    assert_true(try_to_lead(&a));
    for (int i = 0; i < 700; i++) /* more than a page */
        assert_int_equal(write_one(&a, "x"), HY_OK);
    assert_int_equal(hy_keep_follow(&b.k, &err), HY_OK);
    assert_int_equal(b.k.state->head.seq, a.k.state->head.seq);
    assert_int_equal(mirror_size(&b), mirror_size(&a));
    for (int i = 0; i < 3; i++)
        assert_int_equal(write_one(&a, "x"), HY_OK);
    lease_runs_out(&s);
    assert_true(try_to_lead(&b));
    assert_int_equal(mirror_size(&b), mirror_size(&a));
    assert_int_equal(write_one(&b, "y"), HY_OK);
    machine_end(&a);
    machine_end(&b);
    redis_server_end(&s);
}

/* Killed between the mirror and Redis: lines that nobody else will ever have. */
static void die_before_redis(struct machine *m, int lines)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_turn t;

    hy_turn_begin(&t, &m->k);
    for (int i = 0; i < lines; i++)
        hy_decide_keeper(&t.d, "never told", json_object());
    assert_int_equal(hy_mirror_append(m->k.mirror, hy_buf_view(&t.d.lines), m->k.state->head, &err),
                     HY_OK);
    hy_turn_end(&t);
    machine_reset(m);
}

/* Lines in the files beside the mirror that were set aside; 0: there are none. */
static size_t set_aside(const struct machine *m)
{
    HY_CLEANUP(hy_freep) char *pattern = hy_xasprintf("%s/journal/*.fork-*", m->role.data);
    size_t lines = 0;
    glob_t found;

    if (glob(pattern, 0, NULL, &found) != 0)
        return 0;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        HY_CLEANUP(hy_buf_release) struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
        struct hy_err err = HY_ERR_INIT;
        assert_int_equal(hy_buf_read_file(&b, found.gl_pathv[i], &err), HY_OK);
        for (struct hy_lines it = hy_lines(hy_buf_view(&b)); hy_lines_next(&it); lines++)
            assert_true(hy_str_has(it.line, HY_STR("never told")));
    }
    globfree(&found);
    return lines;
}

TEST(who_comes_back_with_lines_of_its_own_sets_only_those_aside_and_follows)
{
    struct redis_server s;
    struct machine a, b;
    struct hy_err err = HY_ERR_INIT;
    bool may;

    redis_server_start(&s);
    for (int more = 0; more < 3; more++) { /* b writes fewer lines than a had, as many, more */
        redis_server_ask(&s, "FLUSHALL");
        machine_begin(&a, &s, more == 0 ? "a" : more == 1 ? "c" : "e");
        machine_begin(&b, &s, more == 0 ? "b" : more == 1 ? "d" : "f");
        assert_true(try_to_lead(&a));
        for (int i = 0; i < 3; i++)
            assert_int_equal(write_one(&a, "x"), HY_OK);
        assert_false(try_to_lead(&b));
        die_before_redis(&a, 2);
        lease_runs_out(&s);
        assert_true(try_to_lead(&b));
        for (int i = 0; i <= more; i++)
            assert_int_equal(write_one(&b, "y"), HY_OK);
        assert_int_equal(hy_keep_follow(&a.k, &err), HY_OK); /* as a standby, not only when it leads */
        assert_non_null(a.k.state);
        assert_string_equal(a.k.state->head.hash, b.k.state->head.hash);
        assert_int_equal(mirror_size(&a), mirror_size(&b));
        assert_int_equal(set_aside(&a), 2);
        assert_int_equal(hy_keep_may_lead(&a.k, &may, &err), HY_OK);
        assert_true(may); /* what it had beyond is no reason for doubt */
        lease_runs_out(&s);
        assert_true(try_to_lead(&a));
        assert_int_equal(write_one(&a, "z"), HY_OK);
        assert_int_equal(entries(&s), 5 + more);
        machine_end(&a);
        machine_end(&b);
    }
    redis_server_end(&s);
}

TEST(who_leads_with_lines_of_its_own_sets_only_those_aside)
{
    struct redis_server s;
    struct machine a, b;
    struct hy_err err = HY_ERR_INIT;
    bool leads;

    redis_server_start(&s);
    machine_begin(&a, &s, "a");
    machine_begin(&b, &s, "b");
    assert_true(try_to_lead(&a));
    assert_int_equal(write_one(&a, "x"), HY_OK);
    assert_false(try_to_lead(&b));
    die_before_redis(&a, 1);
    lease_runs_out(&s);
    assert_true(try_to_lead(&b));
    assert_int_equal(write_one(&b, "y"), HY_OK);
    lease_runs_out(&s);
    assert_int_equal(hy_keep_lead(&a.k, &leads, &err), HY_OK);
    assert_true(leads);
    if (hy_keep_load(&a.k, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(set_aside(&a), 1);
    assert_int_equal(write_one(&a, "z"), HY_OK);
    assert_int_equal(entries(&s), 3);
    machine_end(&a);
    machine_end(&b);
    redis_server_end(&s);
}

static void stays_when_ahead_by(int lines)
{
    struct redis_server s;
    struct machine a;
    struct hy_err err = HY_ERR_INIT;

    redis_server_start(&s);
    machine_begin(&a, &s, "a");
    assert_true(try_to_lead(&a));
    assert_int_equal(write_one(&a, "x"), HY_OK);
    die_before_redis(&a, lines);
    assert_int_equal(hy_keep_follow(&a.k, &err), HY_OK);
    assert_null(a.k.state); /* not as a standby */
    assert_int_equal(set_aside(&a), 0);
    lease_runs_out(&s);
    assert_true(try_to_lead(&a));
    assert_int_equal(entries(&s), lines + 1); /* but as leader it writes them to Redis */
    assert_int_equal(set_aside(&a), 0);
    machine_end(&a);
    redis_server_end(&s);
}

/* However much it is ahead: whoever fills a wiped Redis again is long at it. */
TEST(a_mirror_that_is_only_ahead_keeps_its_lines)
{
    stays_when_ahead_by(2);
    stays_when_ahead_by(20001);
}

/* Who knows most writes a wiped Redis full again, and loses the lease over it: whoever knows less would
 * find the lease free and Redis as long as his own journal.  (The soak lost 43 of 120 incidents so.) */
TEST(while_redis_is_filled_again_nobody_who_knows_less_may_lead)
{
    struct redis_server s;
    struct machine a, b;
    struct hy_err err = HY_ERR_INIT;
    char cmd[256];
    bool may, leads;

    redis_server_start(&s);
    machine_begin(&a, &s, "a");
    machine_begin(&b, &s, "b");
    assert_true(try_to_lead(&a));
    assert_int_equal(write_one(&a, "x"), HY_OK);
    assert_false(try_to_lead(&b)); /* follows this far, and no further */
    struct hy_head half = b.k.state->head;
    for (int i = 0; i < 5; i++)
        assert_int_equal(write_one(&a, "y"), HY_OK);
    redis_server_ask(&s, "FLUSHALL");
    a.k.known = a.k.state->head;
    assert_int_equal(hy_keep_lead(&a.k, &leads, &err), HY_OK);
    assert_int_equal(hy_keep_claim_refill(&a.k, &err), HY_OK);
    snprintf(cmd, sizeof(cmd), "HSET hy:{qingxi}:head seq %lld hash %s", (long long)half.seq, half.hash);
    redis_server_ask(&s, cmd);
    lease_runs_out(&s);
    assert_int_equal(hy_keep_may_lead(&b.k, &may, &err), HY_OK);
    assert_false(may);
    redis_server_ask(&s, "DEL hy:{qingxi}:head");
    assert_int_equal(hy_keep_lead(&a.k, &leads, &err), HY_OK); /* a's may, and comes to the end */
    if (hy_keep_load(&a.k, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(entries(&s), half.seq + 5);
    assert_int_equal(hy_keep_follow(&b.k, &err), HY_OK);
    assert_int_equal(hy_keep_may_lead(&b.k, &may, &err), HY_OK);
    assert_true(may);
    machine_end(&a);
    machine_end(&b);
    redis_server_end(&s);
}

/* The soak lost an incident so: a keeper whose doubt of hours ago had never ended found a wiped Redis and
 * led at once, before the one that knew more had claimed. */
TEST(a_doubt_that_led_to_leading_is_over)
{
    struct redis_server s;
    struct machine a;
    struct hy_err err = HY_ERR_INIT;
    bool may;

    redis_server_start(&s);
    machine_begin(&a, &s, "a");
    assert_true(try_to_lead(&a));
    assert_int_equal(write_one(&a, "x"), HY_OK);
    machine_reset(&a);
    redis_server_ask(&s, "FLUSHALL");
    assert_int_equal(hy_keep_may_lead(&a.k, &may, &err), HY_OK);
    assert_false(may);
    a.k.doubt.us -= 60 * INT64_C(1000000); /* long enough */
    assert_int_equal(hy_keep_may_lead(&a.k, &may, &err), HY_OK);
    assert_true(may);
    assert_true(try_to_lead(&a));
    machine_reset(&a);
    redis_server_ask(&s, "FLUSHALL");
    assert_int_equal(hy_keep_may_lead(&a.k, &may, &err), HY_OK);
    assert_false(may); /* again: the others may not have come yet */
    machine_end(&a);
    redis_server_end(&s);
}

TEST(timers_that_somebody_else_touched_are_set_right)
{
    struct redis_server s;
    struct machine a;
    struct hy_err err = HY_ERR_INIT;
    bool more;

    redis_server_start(&s);
    machine_begin(&a, &s, "a");
    assert_true(try_to_lead(&a));
    struct hy_turn t;
    hy_turn_begin(&t, &a.k);
    json_t *hit = json_pack("{s:s,s:s,s:s,s:{s:s,s:i,s:i}}", "id", "i", "title", "t", "fetched",
                            "2026-11-23T09:12:00+08:00", "score", "alert", "alert", "emergency", 90,
                            "level", 2);
    hy_decide_hit(&t.d, hit, &(struct hy_place_verdict){0});
    assert_int_equal(hy_turn_commit(&t, &err), HY_OK);
    hy_turn_end(&t);
    json_decref(hit);
    int64_t all = strtoll(redis_server_ask(&s, "ZCARD hy:{qingxi}:timers"), NULL, 10);
    assert_true(all > 3);

    redis_server_ask(&s, "ZREMRANGEBYRANK hy:{qingxi}:timers 0 1"); /* while it leads */
    assert_int_equal(hy_keep_chores(&a.k, &more, &err), HY_OK);
    assert_int_equal(strtoll(redis_server_ask(&s, "ZCARD hy:{qingxi}:timers"), NULL, 10), all);

    machine_reset(&a); /* and while nobody did */
    redis_server_ask(&s, "ZREMRANGEBYRANK hy:{qingxi}:timers 0 1");
    redis_server_ask(&s, "ZADD hy:{qingxi}:timers 5 I20200101-0001/H5/late");
    redis_server_ask(&s, "ZADD hy:{qingxi}:timers 6 I20200101-0001/H5/left");
    redis_server_ask(&s, "ZADD hy:{qingxi}:timers 7 I20200101-0001/H5/more");
    assert_true(try_to_lead(&a));
    assert_int_equal(strtoll(redis_server_ask(&s, "ZCARD hy:{qingxi}:timers"), NULL, 10), all);
    machine_end(&a);
    redis_server_end(&s);
}
