/* SPDX-License-Identifier: Apache-2.0 */
/* The outbox' scripts on a real Redis, with a clock of our own. */
#include "alerts/deliver/dead.h"
#include "alerts/deliver/queue.h"

#include "tests/unit/redis_server.h"

#include "tests/unit/harness.h"

static const char list[] = "people:\n  - {id: a, name: 甲, roles: [duty]}\n"
                           "rota: {handover: \"08:30\", start: 2026-01-01, turns: [{duty: a}]}\n"
                           "webhooks:\n"
                           "  - {id: robot, kind: dingtalk, url: \"http://127.0.0.1/x\"}\n"
                           "  - {id: open, kind: json, url: \"http://127.0.0.1/y\"}\n";

struct world {
    struct redis_server server;
    struct hy_loop *loop;
    struct hy_redis *redis;
    struct hy_duty *duty;
    struct hy_queue one, two; /* two workers */
    hy_wall now;
    bool answered;
    struct hy_job *jobs[64];
    size_t n;
    int64_t next, number;
};

static void on_up(void *user)
{
    hy_loop_stop(((struct world *)user)->loop);
}

static void on_reply(const redisReply *r, void *user)
{
    struct world *w = user;

    assert_non_null(r);
    if (r->type == REDIS_REPLY_ERROR)
        fail_msg("%s", r->str);
    w->number = r->type == REDIS_REPLY_INTEGER ? r->integer : 0;
    w->n = 0;
    for (struct hy_job *j; (j = hy_queue_taken(r, w->n, &w->next)) && w->n < 64;)
        w->jobs[w->n++] = j;
    w->answered = true;
    hy_loop_stop(w->loop);
}

static void wait_for_answer(struct world *w)
{
    while (!w->answered)
        hy_loop_run(w->loop, NULL, NULL);
    w->answered = false;
}

static void drop_jobs(struct world *w)
{
    while (w->n)
        hy_job_free(w->jobs[--w->n]);
}

static void world_begin(struct world *w)
{
    struct hy_diag *d = hy_diag_new();
    struct hy_err err = HY_ERR_INIT;

    *w = (struct world){.now = {INT64_C(1795406400000)}, .duty = hy_duty_new()};
    assert_int_equal(hy_duty_add_text(w->duty, hy_str(list), "duty.yaml", d, &err), HY_OK);
    hy_diag_free(d);
    redis_server_start(&w->server);
    w->loop = hy_loop_new();
    w->redis =
        hy_redis_new(w->loop, w->server.url, (struct hy_redis_events){.on_up = on_up, .user = w});
    hy_loop_run(w->loop, NULL, NULL);
    w->one = (struct hy_queue){.redis = w->redis, .office = "o", .worker = "one"};
    w->two = (struct hy_queue){.redis = w->redis, .office = "o", .worker = "two"};
}

static void world_end(struct world *w)
{
    drop_jobs(w);
    hy_redis_free(w->redis);
    hy_loop_free(w->loop);
    hy_duty_free(w->duty);
    redis_server_end(&w->server);
}

static void plan(struct world *w, const char *id, int class, const char *channel, const char *state)
{
    struct hy_channels c = {0};
    HY_CLEANUP(hy_freep) char *notice = hy_xasprintf("{\"id\":\"%s\",\"title\":\"t\"}", id);

    hy_vec_push(&c.v, hy_xstrdup(channel));
    hy_queue_plan(&w->one, "1-1", hy_str(id), hy_str(notice), class, &c, &state, w->now, on_reply,
                  w);
    wait_for_answer(w);
    hy_channels_release(&c);
}

static size_t take(struct world *w, struct hy_queue *q, size_t room)
{
    drop_jobs(w);
    hy_queue_take(q, w->duty, w->now, room, on_reply, w);
    wait_for_answer(w);
    return w->n;
}

static int64_t finish_as(struct world *w, struct hy_queue *q, const struct hy_job *j,
                         const struct hy_outcome *o)
{
    struct hy_job keep = {.member = hy_xstrdup(j->member),
                          .notice = hy_xstrdup(j->notice),
                          .tries = j->tries,
                          .since = j->since};

    drop_jobs(w);
    hy_queue_finish(q, &keep, o, on_reply, w);
    wait_for_answer(w);
    free(keep.member);
    free(keep.notice);
    return w->number;
}

static int64_t finish(struct world *w, struct hy_queue *q, const struct hy_job *j,
                      enum hy_verdict verdict, int64_t wait_ms)
{
    return finish_as(w, q, j,
                     &(struct hy_outcome){.verdict = verdict,
                                          .now = w->now,
                                          .next = hy_wall_add_ms(w->now, wait_ms),
                                          .why = "why"});
}

static void pass(struct world *w, int64_t ms)
{
    w->now = hy_wall_add_ms(w->now, ms);
}

#define ASK(w, cmd) redis_server_ask(&(w)->server, cmd)

TEST(a_message_is_taken_once_and_its_receipt_given_once)
{
    struct world w;

    world_begin(&w);
    plan(&w, "I1/-/open", 0, "open", "queued");
    plan(&w, "I1/-/open", 0, "open", "queued"); /* the entry was read twice */
    plan(&w, "I1/-/old", 0, "open", "sent");    /* the keeper knows better */
    assert_int_equal(take(&w, &w.one, 8), 1);
    assert_string_equal(ASK(&w, "HGET hy:{o}:delivery:I1/-/open open"), "sending");
    struct hy_job *j = w.jobs[--w.n];
    pass(&w, 5000);
    assert_int_equal(take(&w, &w.two, 8), 0); /* its worker lives */
    assert_int_equal(finish(&w, &w.one, j, HY_DELIVERED, 0), 1);
    assert_int_equal(finish(&w, &w.one, j, HY_DELIVERED, 0), 0); /* the answer was lost */
    assert_string_equal(ASK(&w, "XLEN hy:{o}:cmd"), "1");
    assert_string_equal(ASK(&w, "ZCARD hy:{o}:outbox"), "0");
    plan(&w, "I1/-/open", 0, "open", "queued"); /* the stream was rebuilt */
    assert_int_equal(take(&w, &w.one, 8), 0);
    hy_job_free(j);
    world_end(&w);
}

TEST(what_a_dead_worker_held_goes_on_marked)
{
    struct world w;

    world_begin(&w);
    plan(&w, "I1/-/open", 0, "open", "queued");
    assert_int_equal(take(&w, &w.one, 8), 1);
    assert_false(w.jobs[0]->unsure);
    struct hy_job *first = w.jobs[--w.n];
    ASK(&w, "DEL hy:{o}:deliver:one"); /* its heartbeat ends */
    pass(&w, 2000);
    assert_int_equal(take(&w, &w.two, 8), 1);
    assert_true(w.jobs[0]->unsure);
    struct hy_job *second = w.jobs[--w.n];
    assert_int_equal(finish(&w, &w.one, first, HY_REFUSED, 0), 0); /* no longer its word */
    assert_int_equal(finish(&w, &w.one, first, HY_DELIVERED, 0),
                     1); /* but delivered is delivered */
    assert_int_equal(finish(&w, &w.two, second, HY_REFUSED, 0), 0);
    assert_string_equal(ASK(&w, "XLEN hy:{o}:dead"), "0");
    hy_job_free(first);
    hy_job_free(second);
    world_end(&w);
}

/* The answer to the taking was lost: the worker finds what it holds without knowing. */
TEST(what_was_taken_unheard_comes_back)
{
    struct world w;

    world_begin(&w);
    plan(&w, "I1/-/open", 0, "open", "queued");
    assert_int_equal(take(&w, &w.one, 8), 1);
    pass(&w, 2000);
    assert_int_equal(take(&w, &w.one, 8), 1);
    assert_true(w.jobs[0]->mine);
    struct hy_job *j = w.jobs[--w.n];
    assert_int_equal(finish(&w, &w.one, j, HY_RETRY, 0), 1);
    assert_int_equal(take(&w, &w.one, 8), 1);
    assert_false(w.jobs[0]->mine);
    assert_false(w.jobs[0]->unsure);
    hy_job_free(j);
    world_end(&w);
}

TEST(dead_letters_carry_reason_and_receipt)
{
    struct world w;

    world_begin(&w);
    plan(&w, "I1/-/open", 0, "open", "queued");
    assert_int_equal(take(&w, &w.one, 8), 1);
    struct hy_job *j = w.jobs[--w.n];
    assert_int_equal(finish(&w, &w.one, j, HY_REFUSED, 0), 1);
    assert_string_equal(ASK(&w, "HGET hy:{o}:delivery:I1/-/open open"), "failed");
    assert_string_equal(ASK(&w, "HGET hy:{o}:delivery:I1/-/open open|why"), "why");
    assert_string_equal(ASK(&w, "XLEN hy:{o}:dead"), "1");
    assert_string_equal(ASK(&w, "XLEN hy:{o}:cmd"), "1");
    hy_job_free(j);
    world_end(&w);
}

static char *letter_id(struct world *w)
{
    json_t *letters;
    redisReply *r = NULL;
    struct hy_redis_sync *sync = NULL;
    struct hy_err err = HY_ERR_INIT;

    assert_int_equal(hy_redis_sync_open(w->server.url, &sync, &err), HY_OK);
    assert_int_equal(hy_redis_sync_cmd(sync, &r, &err, "XREVRANGE hy:{o}:dead + - COUNT 1"), HY_OK);
    letters = hy_dead_letters(r);
    assert_int_equal(json_array_size(letters), 1);
    char *id = hy_str_dup(hy_json_str(json_array_get(letters, 0), "id"));
    json_decref(letters);
    freeReplyObject(r);
    hy_redis_sync_close(sync);
    return id;
}

static int64_t retry(struct world *w, const char *id)
{
    struct hy_dead_args a;

    drop_jobs(w);
    hy_dead_args(&a, "o", hy_str(id), w->now);
    hy_redis_eval(w->redis, &hy_dead_retry_script, on_reply, w, 2, HY_COUNT(a.text),
                  (const char **)a.text, NULL);
    wait_for_answer(w);
    hy_dead_args_release(&a);
    return w->number;
}

TEST(a_dead_letter_is_sent_again_once)
{
    struct world w;

    world_begin(&w);
    plan(&w, "I1/-/open", 0, "open", "queued");
    assert_int_equal(take(&w, &w.one, 8), 1);
    struct hy_job *j = w.jobs[--w.n];
    finish(&w, &w.one, j, HY_REFUSED, 0);
    hy_job_free(j);
    HY_CLEANUP(hy_freep) char *id = letter_id(&w);
    pass(&w, 3600000);
    assert_int_equal(retry(&w, "1-1"), HY_DEAD_GONE);
    assert_int_equal(retry(&w, id), HY_DEAD_QUEUED);
    assert_int_equal(retry(&w, id), HY_DEAD_GONE);
    assert_string_equal(ASK(&w, "XLEN hy:{o}:dead"), "0");
    assert_int_equal(take(&w, &w.one, 8), 1);
    assert_int_equal(w.jobs[0]->tries, 1);
    assert_int_equal(w.jobs[0]->since, w.now.ms); /* its time to give up begins anew */
    j = w.jobs[--w.n];
    assert_int_equal(finish(&w, &w.one, j, HY_DELIVERED, 0), 1);
    assert_string_equal(ASK(&w, "HGET hy:{o}:delivery:I1/-/open open"), "sent");
    hy_job_free(j);
    world_end(&w);
}

TEST(what_the_board_wishes_is_taken_with_the_next_look)
{
    struct world w;

    world_begin(&w);
    plan(&w, "I1/-/open", 0, "open", "queued");
    assert_int_equal(take(&w, &w.one, 8), 1);
    struct hy_job *j = w.jobs[--w.n];
    finish(&w, &w.one, j, HY_REFUSED, 0);
    hy_job_free(j);
    assert_int_equal(take(&w, &w.one, 8), 0);
    HY_CLEANUP(hy_freep) char *id = letter_id(&w);
    HY_CLEANUP(hy_freep) char *wish = hy_xasprintf("SADD hy:{o}:resend %s 7-7", id);
    ASK(&w, wish);
    pass(&w, 60000);
    assert_int_equal(take(&w, &w.one, 8), 1);
    assert_int_equal(w.jobs[0]->tries, 1);
    assert_string_equal(ASK(&w, "SCARD hy:{o}:resend"), "0");
    assert_string_equal(ASK(&w, "XLEN hy:{o}:dead"), "0");
    world_end(&w);
}

TEST(a_letter_that_needs_no_sending_only_goes)
{
    struct world w;

    world_begin(&w);
    ASK(&w, "XADD hy:{o}:dead 1-1 delivery {\"notice\":\"I1/-/a\",\"channel\":\"open\"}");
    ASK(&w, "XADD hy:{o}:dead 1-2 delivery {\"notice\":\"I1/-/b\",\"channel\":\"open\"}");
    ASK(&w, "HSET hy:{o}:delivery:I1/-/b notice {} open sent");
    assert_int_equal(retry(&w, "1-1"), HY_DEAD_EXPIRED);
    assert_int_equal(retry(&w, "1-2"), HY_DEAD_DONE);
    assert_string_equal(ASK(&w, "XLEN hy:{o}:dead"), "0");
    assert_string_equal(ASK(&w, "ZCARD hy:{o}:outbox"), "0");
    world_end(&w);
}

TEST(ids_of_letters)
{
    assert_true(hy_dead_is_id(HY_STR("1795690545123-0")));
    assert_false(hy_dead_is_id(HY_STR("")));
    assert_false(hy_dead_is_id(HY_STR("1795690545123")));
    assert_false(hy_dead_is_id(HY_STR("-1-0")));
    assert_false(hy_dead_is_id(HY_STR("all")));
    assert_false(hy_dead_is_id(HY_STR("1-+")));
}

TEST(urgent_goes_first_and_no_minute_sees_more_than_twenty)
{
    enum { NOTICES = 60 };
    struct world w;
    int64_t at[NOTICES];
    size_t sent = 0;
    char id[40];

    world_begin(&w);
    for (int i = 0; i < NOTICES; i++) {
        snprintf(id, sizeof(id), "I%02d/-/open", i);
        plan(&w, id, i < NOTICES - 2 ? 1 : 0, "robot", "queued");
    }
    while (sent < NOTICES) {
        take(&w, &w.one, 8);
        if (sent == 0) {
            assert_int_equal(w.n, 5); /* the burst */
            assert_int_equal(w.jobs[0]->member[0], '0');
            assert_int_equal(w.jobs[1]->member[0], '0');
            assert_int_equal(w.jobs[2]->member[0], '1');
        }
        while (w.n) {
            struct hy_job *j = w.jobs[--w.n];
            size_t rest = w.n;
            w.n = 0;
            struct hy_job *others[64];
            memcpy(others, w.jobs, rest * sizeof(*others));
            at[sent++] = w.now.ms;
            assert_int_equal(finish(&w, &w.one, j, HY_DELIVERED, 0), 1);
            memcpy(w.jobs, others, rest * sizeof(*others));
            w.n = rest;
            hy_job_free(j);
        }
        pass(&w, 500);
    }
    for (size_t i = 0; i + 20 < sent; i++)
        assert_true(at[i + 20] - at[i] >= 60000);
    assert_true(at[sent - 1] - at[0] < 4 * HY_MINUTE_MS); /* and not much slower than allowed */
    world_end(&w);
}

/* A service that says "too fast" is left alone by all messages, not only by the one it refused; the
 * others do not wait for it. */
TEST(an_endpoint_that_is_too_busy_is_left_alone)
{
    struct world w;

    world_begin(&w);
    plan(&w, "I1/-/open", 0, "robot", "queued");
    assert_int_equal(take(&w, &w.one, 8), 1);
    finish_as(&w, &w.one, w.jobs[0],
              &(struct hy_outcome){.verdict = HY_RETRY,
                                   .now = w.now,
                                   .next = hy_wall_add_ms(w.now, 60000),
                                   .pause_ms = 60000,
                                   .why = "too fast"});
    plan(&w, "I2/-/open", 0, "robot", "queued");
    plan(&w, "I3/-/open", 0, "mail:lin", "queued");
    pass(&w, 1000);
    assert_int_equal(take(&w, &w.two, 8), 1); /* another worker knows it too */
    assert_string_equal(w.jobs[0]->member, "0|mail:lin|I3/-/open");
    finish(&w, &w.two, w.jobs[0], HY_DELIVERED, 0);
    pass(&w, 58900);
    assert_int_equal(take(&w, &w.two, 8), 0);
    pass(&w, 200);
    assert_int_equal(take(&w, &w.two, 8), 2);
    world_end(&w);
}

TEST(a_clock_set_back_delays_nothing_for_long)
{
    struct world w;

    world_begin(&w);
    plan(&w, "I1/-/open", 0, "open", "queued");
    assert_int_equal(take(&w, &w.one, 8), 1);
    struct hy_job *j = w.jobs[--w.n];
    assert_int_equal(finish(&w, &w.one, j, HY_RETRY, 4000), 1);
    pass(&w, -HY_HOUR_MS);
    assert_int_equal(take(&w, &w.one, 8), 1);
    hy_job_free(j);
    world_end(&w);
}

/* Its heartbeat was given a time of death by a clock that has been set back since. */
TEST(a_worker_that_seems_to_live_for_hours_is_dead)
{
    struct world w;

    world_begin(&w);
    plan(&w, "I1/-/open", 0, "open", "queued");
    assert_int_equal(take(&w, &w.one, 8), 1);
    drop_jobs(&w);
    pass(&w, 60000);
    assert_int_equal(take(&w, &w.two, 8), 0); /* it lives */
    ASK(&w, "PEXPIRE hy:{o}:deliver:one 28800000");
    pass(&w, 60000);
    assert_int_equal(take(&w, &w.two, 8), 1);
    assert_true(w.jobs[0]->unsure);
    world_end(&w);
}
