/* SPDX-License-Identifier: Apache-2.0 */
/* Against a real redis-server: what happens when it dies, freezes, forgets and comes back. */
#include "core/redis.h"

#include <poll.h>
#include <stdlib.h>

#include "tests/unit/redis_server.h"
#include "tests/unit/harness.h"

/* ---- a role in miniature that writes down what it hears ---- */

struct ear {
    struct redis_server s;
    struct hy_loop *l;
    struct hy_redis *r;
    struct hy_timer *limit;
    int ups, downs, replies, nulls;
    int64_t last; /* integer reply */
    char text[256];
    enum hy_code why;
    bool resend, free_on_null, done_on_up, done_on_down;
    int want; /* stop after so many answers */
};

static void heard(const redisReply *reply, void *user)
{
    struct ear *e = user;

    if (reply) {
        e->replies++;
        e->last = reply->type == REDIS_REPLY_INTEGER ? reply->integer : e->last;
        snprintf(e->text, sizeof(e->text), "%s", reply->str ? reply->str : "");
    } else {
        e->nulls++;
        if (e->resend && e->nulls < 5)
            hy_redis_cmd(e->r, heard, e, "PING");
        if (e->free_on_null) {
            e->free_on_null = false;
            hy_redis_free(e->r);
            e->r = NULL;
            hy_loop_stop(e->l);
        }
    }
    if (e->want && e->replies + e->nulls >= e->want)
        hy_loop_stop(e->l);
}

static void up(void *user)
{
    struct ear *e = user;

    e->ups++;
    if (e->done_on_up)
        hy_loop_stop(e->l);
}

static void down(void *user, const struct hy_err *why)
{
    struct ear *e = user;

    e->downs++;
    e->why = why->code;
    snprintf(e->text, sizeof(e->text), "%s", why->msg);
    if (e->done_on_down)
        hy_loop_stop(e->l);
}

static void too_long(void *user)
{
    (void)user;
    fail_msg("the test waited for 20 seconds");
}

static void ear_listen(struct ear *e, const char *url)
{
    struct hy_redis_events ev = {.on_up = up, .on_down = down, .user = e};

    e->l = hy_loop_new();
    e->limit = hy_timer_new(e->l, too_long, e);
    hy_timer_arm(e->limit, 20000);
    e->r = hy_redis_new(e->l, url, ev);
}

static void run_until_up(struct ear *e)
{
    e->done_on_up = true;
    hy_loop_run(e->l, NULL, NULL);
    e->done_on_up = false;
}

static void run_until_down(struct ear *e)
{
    e->done_on_down = true;
    hy_loop_run(e->l, NULL, NULL);
    e->done_on_down = false;
}

static void run_for_answers(struct ear *e, int n)
{
    e->want = e->replies + e->nulls + n;
    hy_loop_run(e->l, NULL, NULL);
    e->want = 0;
}

static void ear_start(struct ear *e)
{
    redis_server_start(&e->s);
    ear_listen(e, e->s.url);
    run_until_up(e);
}

static void ear_end(struct ear *e)
{
    hy_redis_free(e->r);
    hy_timer_free(e->limit);
    hy_loop_free(e->l);
    if (e->s.dir[0])
        redis_server_end(&e->s);
}

/* ---- URLs ---- */

TEST(urls)
{
    static const struct {
        const char *url;
        bool good;
    } cases[] = {
        {"unix:///run/redis.sock", true},
        {"redis://127.0.0.1:6379", true},
        {"redis://127.0.0.1", true},
        {"redis://[::1]:6379/3", true},
        {"redis://user:p%40ss@host:1/0", true},
        {"redis://:only-password@host", true},
        {"unix://user:p%2Fss@/run/redis.sock", true},
        {"sentinel://10.0.0.1:26379,10.0.0.2,[::1]:1/main", true},
        {"sentinel://user:pass@10.0.0.1/main/2", true},
        {"sentinel://10.0.0.1:26379", false},
        {"sentinel:///main", false},
        {"sentinel://10.0.0.1,:2/main", false},
        {"unix://user:pass@run/redis.sock", false},
        {"unix://user/run/redis.sock", false},
        {"unix://relative.sock", false},
        {"redis://host:70000", false},
        {"redis://host:1/x", false},
        {"redis://", false},
        {"redis://[::1]x", false},
        {"http://host", false},
        {"", false},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_err err = HY_ERR_INIT;
        if ((hy_redis_check_url(cases[i].url, &err) == 0) != cases[i].good)
            fail_msg("%s: %s", cases[i].url, err.msg);
    }
}

TEST(a_malformed_url_is_reported_once_and_stays_down)
{
    struct ear e = {0};

    ear_listen(&e, "redis:nowhere");
    run_until_down(&e);
    assert_int_equal(e.why, HY_E_USAGE);
    hy_redis_cmd(e.r, heard, &e, "PING");
    run_for_answers(&e, 1);
    assert_int_equal(e.nulls, 1);
    ear_end(&e);
}

/* ---- a healthy server ---- */

TEST(commands_are_answered_in_order)
{
    struct ear e = {0};
    const char *argv[] = {"INCRBY", "n", "40"};
    const size_t len[] = {6, 1, 2};

    ear_start(&e);
    hy_redis_cmdv(e.r, heard, &e, 3, argv, len);
    hy_redis_cmd(e.r, heard, &e, "INCRBY %s %d", "n", 2);
    hy_redis_cmd(e.r, NULL, NULL, "PING");
    assert_int_equal(hy_redis_in_flight(e.r), 3);
    run_for_answers(&e, 2);
    assert_int_equal(e.last, 42);
    assert_int_equal(e.nulls, 0);
    ear_end(&e);
}

static struct hy_script add = {.text = "return redis.call('INCRBY', KEYS[1], ARGV[1])"};

static void eval_add(struct ear *e, const char *by)
{
    const char *argv[] = {"n", by};

    hy_redis_eval(e->r, &add, heard, e, 1, 2, argv, NULL);
}

TEST(a_script_is_loaded_and_loaded_again_when_redis_forgot_it)
{
    struct ear e = {0};

    ear_start(&e);
    eval_add(&e, "1");
    eval_add(&e, "2"); /* before the digest is known */
    run_for_answers(&e, 2);
    assert_int_equal(e.last, 3);
    assert_int_equal(strlen(add.sha1), 40);
    eval_add(&e, "4");
    run_for_answers(&e, 1);
    assert_int_equal(e.last, 7);
    assert_string_equal(redis_server_ask(&e.s, "SCRIPT FLUSH"), "OK");
    eval_add(&e, "8");
    run_for_answers(&e, 1);
    assert_int_equal(e.last, 15);
    assert_int_equal(e.nulls, 0);
    ear_end(&e);
}

TEST(binary_arguments_survive)
{
    struct ear e = {0};
    const char value[] = "a\0b\r\nc";
    static struct hy_script echo = {.text = "return #ARGV[1]"};
    const char *argv[] = {value};
    const size_t len[] = {6};

    ear_start(&e);
    hy_redis_eval(e.r, &echo, heard, &e, 0, 1, argv, len);
    run_for_answers(&e, 1);
    assert_int_equal(e.last, 6);
    ear_end(&e);
}

/* ---- a server that fails ---- */

TEST(a_missing_server_is_told_once_and_found_later)
{
    struct ear e = {0};

    redis_server_start(&e.s);
    redis_server_kill(&e.s);
    ear_listen(&e, e.s.url);
    run_until_down(&e);
    assert_int_equal(e.why, HY_E_REDIS);
    hy_redis_cmd(e.r, heard, &e, "PING");
    run_for_answers(&e, 1);
    assert_int_equal(e.nulls, 1);
    redis_server_again(&e.s);
    run_until_up(&e);
    assert_int_equal(e.downs, 1);
    ear_end(&e);
}

TEST(a_stale_socket_is_a_refused_connection)
{
    struct ear e = {0};

    redis_server_start(&e.s);
    ear_listen(&e, e.s.url);
    run_until_up(&e);
    kill(e.s.pid, SIGKILL); /* leaves the socket file */
    run_until_down(&e);
    redis_server_kill(&e.s);
    redis_server_again(&e.s);
    run_until_up(&e);
    assert_int_equal(e.ups, 2);
    assert_int_equal(e.downs, 1);
    ear_end(&e);
}

TEST(every_command_in_flight_is_answered_when_redis_is_killed)
{
    struct ear e = {0};
    enum { MANY = 500 };

    ear_start(&e);
    redis_server_signal(&e.s, SIGSTOP); /* so that they are in flight */
    for (int i = 0; i < MANY; i++)
        hy_redis_cmd(e.r, heard, &e, "INCR n");
    kill(e.s.pid, SIGKILL);
    run_until_down(&e);
    assert_int_equal(e.replies + e.nulls, MANY);
    assert_int_equal(hy_redis_in_flight(e.r), 0);
    redis_server_kill(&e.s);
    redis_server_again(&e.s);
    run_until_up(&e);
    hy_redis_cmd(e.r, heard, &e, "PING");
    run_for_answers(&e, 1);
    assert_string_equal(e.text, "PONG");
    ear_end(&e);
}

TEST(commands_sent_from_a_null_callback_are_answered_too)
{
    struct ear e = {.resend = true};

    ear_start(&e);
    redis_server_signal(&e.s, SIGSTOP);
    hy_redis_cmd(e.r, heard, &e, "PING");
    kill(e.s.pid, SIGKILL);
    run_for_answers(&e, 5); /* one lost, four sent from the callbacks */
    assert_int_equal(e.nulls, 5);
    ear_end(&e);
}

TEST(a_frozen_server_is_noticed)
{
    struct ear e = {0};

    ear_start(&e);
    hy_redis_set_deadline(e.r, 100);
    redis_server_signal(&e.s, SIGSTOP);
    hy_redis_cmd(e.r, heard, &e, "PING");
    run_until_down(&e);
    assert_int_equal(e.why, HY_E_TIMEOUT);
    assert_int_equal(e.nulls, 1);
    redis_server_signal(&e.s, SIGCONT);
    run_until_up(&e);
    assert_int_equal(e.downs, 1);
    ear_end(&e);
}

/* Sends, and then does for three deadlines what cannot wait. */
static void be_busy(void *user)
{
    struct ear *e = user;
    hy_mono end = hy_mono_add_ms(hy_mono_now(), 300);

    hy_redis_cmd(e->r, heard, e, "PING");
    while (hy_mono_now().us < end.us)
        ;
}

TEST(who_was_busy_himself_does_not_call_redis_silent)
{
    struct ear e = {0};

    ear_start(&e);
    hy_redis_set_deadline(e.r, 100);
    struct hy_timer *t = hy_timer_new(e.l, be_busy, &e);
    hy_timer_arm(t, 0);
    run_for_answers(&e, 1);
    assert_int_equal(e.downs, 0);
    assert_int_equal(e.replies, 1);
    hy_timer_free(t);
    ear_end(&e);
}

TEST(an_idle_connection_is_not_a_dead_one)
{
    struct ear e = {0};

    ear_start(&e);
    hy_redis_set_deadline(e.r, 20);
    struct hy_timer *t = hy_timer_new(e.l, (void (*)(void *))hy_loop_stop, e.l);
    hy_timer_arm(t, 100);
    hy_loop_run(e.l, NULL, NULL);
    assert_int_equal(e.downs, 0);
    assert_true(hy_redis_is_up(e.r));
    hy_timer_free(t);
    ear_end(&e);
}

TEST(freeing_inside_a_callback_answers_the_rest)
{
    struct ear e = {.free_on_null = true};

    ear_start(&e);
    redis_server_signal(&e.s, SIGSTOP);
    for (int i = 0; i < 3; i++)
        hy_redis_cmd(e.r, heard, &e, "PING");
    kill(e.s.pid, SIGKILL);
    hy_loop_run(e.l, NULL, NULL);
    assert_int_equal(e.nulls, 3);
    ear_end(&e);
}

static void free_on_reply(const redisReply *reply, void *user)
{
    struct ear *e = user;

    assert_non_null(reply);
    hy_redis_free(e->r);
    e->r = NULL;
    hy_loop_stop(e->l);
}

TEST(freeing_inside_a_reply_answers_the_rest)
{
    struct ear e = {0};

    ear_start(&e);
    hy_redis_cmd(e.r, free_on_reply, &e, "PING");
    hy_redis_cmd(e.r, heard, &e, "PING");
    hy_redis_cmd(e.r, heard, &e, "PING");
    hy_loop_run(e.l, NULL, NULL);
    assert_int_equal(e.nulls, 2);
    assert_int_equal(e.downs, 0);
    ear_end(&e);
}

TEST(freeing_answers_everything)
{
    struct ear e = {0};

    ear_start(&e);
    for (int i = 0; i < 3; i++)
        hy_redis_cmd(e.r, heard, &e, "PING");
    hy_redis_free(e.r);
    e.r = NULL;
    assert_int_equal(e.nulls, 3);
    ear_end(&e);
}

/* ---- passwords ---- */

TEST(a_wrong_password_is_told_and_the_right_one_works)
{
    struct ear e = {0}, f = {0};
    char path[128], url[256];

    redis_server_start(&e.s);
    redis_server_ask(&e.s, "CONFIG SET requirepass s3cret");
    snprintf(path, sizeof(path), "%s/password", e.s.dir);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs("wrong\n", file);
    fclose(file);
    setenv("HUIYING_REDIS_PASSWORD_FILE", path, 1);
    ear_listen(&e, e.s.url);
    run_until_down(&e);
    assert_int_equal(e.why, HY_E_REDIS);
    assert_non_null(strstr(e.text, "WRONGPASS"));

    file = fopen(path, "we");
    fputs("s3cret\n", file);
    fclose(file);
    snprintf(url, sizeof(url), "%s", e.s.url);
    ear_listen(&f, url);
    run_until_up(&f);
    unsetenv("HUIYING_REDIS_PASSWORD_FILE");
    ear_end(&f);
    ear_end(&e);
}

/* ---- the blocking connection ---- */

TEST(sync_says_what_is_wrong)
{
    struct redis_server s;
    struct hy_redis_sync *c = NULL;
    struct hy_err err = HY_ERR_INIT;
    redisReply *r = NULL;

    redis_server_start(&s);
    assert_int_equal(hy_redis_sync_open(s.url, &c, &err), 0);
    assert_int_equal(hy_redis_sync_cmd(c, &r, &err, "NOSUCHCOMMAND"), HY_E_REDIS);
    assert_non_null(strstr(err.msg, "unknown command"));
    assert_int_equal(hy_redis_sync_cmd(c, &r, &err, "HSET h a 1 b 2"), 0);
    freeReplyObject(r);
    assert_int_equal(hy_redis_sync_cmd(c, &r, &err, "HGETALL h"), 0);
    assert_true(hy_str_is(hy_reply_field(r, "b"), "2"));
    assert_int_equal(hy_reply_field(r, "c").n, 0);
    freeReplyObject(r);
    redis_server_kill(&s);
    assert_int_equal(hy_redis_sync_cmd(c, &r, &err, "PING"), HY_E_REDIS);
    hy_redis_sync_close(c);
    c = NULL;
    assert_int_equal(hy_redis_sync_open(s.url, &c, &err), HY_E_REDIS);
    assert_non_null(strstr(err.msg, s.dir));
    assert_null(c);
    redis_server_end(&s);
}

static struct hy_redis_sync *open_sync(const struct redis_server *s)
{
    struct hy_redis_sync *c = NULL;
    struct hy_err err = HY_ERR_INIT;

    assert_int_equal(hy_redis_sync_open(s->url, &c, &err), HY_OK);
    return c;
}

TEST(sync_runs_scripts_of_many_arguments_and_loads_them_again)
{
    static struct hy_script count = {.text = "return {#KEYS, #ARGV, ARGV[#ARGV]}"};
    const struct hy_str args[] = {HY_STR("key"), HY_STR("a"), HY_STR("b\0\r\n")};
    HY_CLEANUP(hy_wire_release) struct hy_wire more = HY_WIRE_INIT;
    struct redis_server s;
    struct hy_err err = HY_ERR_INIT;
    redisReply *r = NULL;

    redis_server_start(&s);
    struct hy_redis_sync *c = open_sync(&s);
    for (int i = 0; i < 20000; i++)
        hy_wire_arg(&more, HY_STR("x\0y"));
    for (int turn = 0; turn < 3; turn++) {
        assert_int_equal(hy_redis_sync_eval(c, &count, &r, &err, 1, 3, args, &more), HY_OK);
        assert_int_equal(r->element[0]->integer, 1);
        assert_int_equal(r->element[1]->integer, 20002);
        assert_true(hy_str_eq(hy_reply_str(r->element[2]), HY_STR("x\0y")));
        freeReplyObject(r);
        redis_server_ask(&s, "SCRIPT FLUSH");
    }
    assert_int_equal(hy_redis_sync_eval(c, &count, &r, &err, 1, 3, args, NULL), HY_OK);
    assert_true(hy_str_eq(hy_reply_str(r->element[2]), args[2]));
    freeReplyObject(r);
    hy_redis_sync_close(c);
    redis_server_end(&s);
}

static bool can_read(struct hy_redis_sync *c, int ms)
{
    struct pollfd p = {.fd = hy_redis_sync_fd(c), .events = POLLIN};

    return poll(&p, 1, ms) == 1;
}

TEST(an_answer_that_may_take_for_ever_is_polled_for)
{
    const char *wait[] = {"BLPOP", "list", "0"};
    struct redis_server s;
    struct hy_err err = HY_ERR_INIT;
    redisReply *r = NULL;

    redis_server_start(&s);
    struct hy_redis_sync *c = open_sync(&s);
    for (int turn = 0; turn < 2; turn++) {
        assert_int_equal(hy_redis_sync_send(c, &err, 3, wait, NULL), HY_OK);
        assert_false(can_read(c, 30));
        redis_server_ask(&s, "RPUSH list value");
        while (r == NULL && can_read(c, 5000))
            assert_int_equal(hy_redis_sync_take(c, &r, &err), HY_OK);
        assert_string_equal(r->element[1]->str, "value");
        freeReplyObject(HY_TAKE(r));
    }
    assert_int_equal(hy_redis_sync_send(c, &err, 3, wait, NULL), HY_OK);
    redis_server_kill(&s);
    assert_true(can_read(c, 5000));
    assert_int_equal(hy_redis_sync_take(c, &r, &err), HY_E_REDIS);
    hy_redis_sync_close(c);
    redis_server_end(&s);
}
