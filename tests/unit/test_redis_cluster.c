/* SPDX-License-Identifier: Apache-2.0 */
/* The offices in a Redis Cluster: first what can be known without one, then against a real cluster
 * of two masters, whose slots move while it is spoken to. */
#include "core/redis_cluster.h"
#include "core/redis.h"

#include "tests/unit/cluster_server.h"
#include "tests/unit/harness.h"
#include "tests/unit/redis_server.h"

/* ---- keys ---- */

TEST(the_slot_is_that_of_the_tag)
{
    assert_int_equal(hy_key_slot(HY_STR("123456789")), 12739); /* the specification's own example */
    assert_int_equal(hy_key_slot(HY_STR("hy:{qingxi}:head")), hy_key_slot(HY_STR("qingxi")));
    assert_int_equal(hy_key_slot(HY_STR("hy:{qingxi}:head")),
                     hy_key_slot(HY_STR("hy:{qingxi}:item:{x}")));
    assert_int_equal(hy_key_slot(HY_STR("{}a")), hy_key_slot(HY_STR("{}a")));
    assert_int_not_equal(hy_key_slot(HY_STR("{}a")), hy_key_slot(HY_STR("{}b")));
}

TEST(a_command_goes_by_its_first_key)
{
    static const struct {
        const char *wire, *key;
    } cases[] = {
        {"*1\r\n$4\r\nPING\r\n", ""},
        {"*2\r\n$3\r\nGET\r\n$8\r\nhy:roles\r\n", "hy:roles"},
        {"*3\r\n$4\r\nMGET\r\n$8\r\nhy:{a}:b\r\n$8\r\nhy:{a}:c\r\n", "hy:{a}:b"},
        {"*4\r\n$7\r\nEVALSHA\r\n$2\r\nff\r\n$1\r\n1\r\n$8\r\nhy:{a}:b\r\n", "hy:{a}:b"},
        {"*6\r\n$5\r\nXREAD\r\n$5\r\nCOUNT\r\n$1\r\n1\r\n$7\r\nSTREAMS\r\n$8\r\nhy:{a}:b\r\n"
         "$1\r\n0\r\n",
         "hy:{a}:b"},
        {"*2\r\n$3\r\nSET\r\n$99\r\nhy:{a}:b\r\n", ""}, /* cut off */
        {"*2\r\n$3\r\nSET\r\n", ""},
        {"", ""},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++)
        if (!hy_str_is(hy_command_key(hy_str(cases[i].wire)), cases[i].key))
            fail_msg("case %zu", i);
    assert_true(hy_key_is_of_office(HY_STR("hy:{a}:b")));
    assert_false(hy_key_is_of_office(HY_STR("hy:items")));
}

TEST(the_key_that_never_exists_is_of_the_office)
{
    HY_CLEANUP(hy_freep) char *key = hy_key_moves(HY_STR("hy:{qingxi}:incident:I-1"));

    assert_string_equal(key, "hy:{qingxi}:moves");
}

static enum hy_redirect redirect(struct hy_cluster *c, const char *text, int *node)
{
    char copy[200];
    redisReply r = {.type = REDIS_REPLY_ERROR, .str = copy, .len = strlen(text)};

    snprintf(copy, sizeof(copy), "%s", text);
    return hy_cluster_redirect(c, &r, node);
}

TEST(redirections_are_understood)
{
    struct hy_redis_address at = {0};
    struct hy_cluster c;
    int node = -1;

    hy_cluster_init(&c, &at);
    assert_int_equal(redirect(&c, "MOVED 3999 127.0.0.1:6381", &node), HY_REDIRECT_MOVED);
    assert_int_equal(node, 0);
    assert_int_equal(hy_cluster_owner(&c, 3999), 0);
    assert_int_equal(redirect(&c, "ASK 3999 ::1:6382", &node), HY_REDIRECT_ASK);
    assert_int_equal(node, 1);
    assert_string_equal(c.nodes.v[1].host, "::1");
    assert_int_equal(hy_cluster_owner(&c, 3999), 0); /* not moved yet */
    assert_int_equal(redirect(&c, "TRYAGAIN Multiple keys request", &node), HY_REDIRECT_LATER);
    assert_int_equal(redirect(&c, "CLUSTERDOWN Hash slot not served", &node), HY_REDIRECT_LATER);
    assert_int_equal(redirect(&c, "MOVED 99999 127.0.0.1:6381", &node), HY_REDIRECT_LATER);
    assert_int_equal(redirect(&c, "MOVED 1 :0", &node), HY_REDIRECT_LATER);
    assert_int_equal(redirect(&c, "ERR unknown command", &node), HY_REDIRECT_NONE);
    assert_int_equal(redirect(&c, "NOSCRIPT No matching script", &node), HY_REDIRECT_NONE);
    hy_cluster_release(&c);
}

TEST(two_places_in_one_text)
{
    static const struct {
        const char *url;
        bool good, apart;
    } cases[] = {
        {"unix:///a", true, false},
        {"unix:///a b/c", true, false},
        {"unix:///a b/c redis://h:1", true, true},
        {"redis://h cluster://a:1,b:2,[::1]:3", true, true},
        {"redis://h cluster://u:p@a:1,b", true, true},
        {"sentinel://a/main sentinel://b/offices", true, true},
        {"cluster://a:1,b:2", false, false},
        {"cluster://a:1 redis://h", false, false},
        {"redis://h cluster://", false, false},
        {"redis://h cluster://a:0", false, false},
        {"redis://h http://b", false, false},
    };

    for (size_t i = 0; i < HY_COUNT(cases); i++) {
        struct hy_redis_places p = {0};
        struct hy_err err = HY_ERR_INIT;
        if ((hy_redis_places_open(cases[i].url, &p, &err) == HY_OK) != cases[i].good ||
            p.apart != cases[i].apart)
            fail_msg("%s", cases[i].url);
        hy_redis_places_release(&p);
    }
}

/* ---- against two masters ---- */

struct world {
    struct redis_server crawl;
    struct cluster_server c;
    char url[200];
};

static void world_start(struct world *w)
{
    redis_server_start(&w->crawl);
    cluster_server_start(&w->c);
    snprintf(w->url, sizeof(w->url), "%s cluster://127.0.0.1:%d", w->crawl.url, w->c.port[0]);
}

static void world_end(struct world *w)
{
    cluster_server_end(&w->c);
    redis_server_end(&w->crawl);
}

/* Offices whose slots lie on the first and on the second master. */
static const char *const on_first = "a", *const on_second = "b";

TEST(the_examples_are_where_the_tests_believe)
{
    assert_true(hy_key_slot(hy_str(on_first)) >= HY_SLOTS / 2);
    assert_true(hy_key_slot(hy_str(on_second)) < HY_SLOTS / 2);
}

static int64_t incr(struct hy_redis_sync *r, const char *key)
{
    struct hy_err err = HY_ERR_INIT;
    redisReply *reply = NULL;

    if (hy_redis_sync_cmd(r, &reply, &err, "INCR %s", key) < 0)
        fail_msg("%s: %s", key, err.msg);
    int64_t n = reply->integer;
    freeReplyObject(reply);
    return n;
}

/* What the node itself has, past every router. */
static bool node_has(const struct world *w, int node, const char *key)
{
    char command[100];

    snprintf(command, sizeof(command), "GET %s", key);
    return strcmp(cluster_server_ask(&w->c, node, command), "1") == 0;
}

TEST(each_office_lies_on_its_own_node)
{
    struct world w;
    struct hy_redis_sync *r = NULL;
    struct hy_err err = HY_ERR_INIT;

    world_start(&w);
    assert_int_equal(hy_redis_sync_open(w.url, &r, &err), HY_OK);
    assert_int_equal(incr(r, "hy:{a}:n"), 1);
    assert_int_equal(incr(r, "hy:{b}:n"), 1);
    assert_int_equal(incr(r, "hy:n"), 1);
    assert_true(node_has(&w, 1, "hy:{a}:n"));
    assert_true(node_has(&w, 0, "hy:{b}:n"));
    assert_string_equal(redis_server_ask(&w.crawl, "GET hy:n"), "1");
    assert_string_equal(redis_server_ask(&w.crawl, "EXISTS hy:{a}:n"), "0");
    hy_redis_sync_close(r);
    world_end(&w);
}

/* A transaction of two keys: never the half of it. */
static struct hy_script both = {
    .text = "redis.call('INCR', KEYS[1]) redis.call('INCR', ARGV[1]) return 1"};

static int eval_both(struct hy_redis_sync *r, struct hy_err *err)
{
    const struct hy_str args[] = {HY_STR("hy:{b}:n"), HY_STR("hy:{b}:undeclared")};
    redisReply *reply = NULL;
    int rc = hy_redis_sync_eval(r, &both, &reply, err, 1, 2, args, NULL);

    freeReplyObject(reply);
    return rc;
}

TEST(a_slot_that_moves_refuses_scripts_whole_and_is_found_again)
{
    struct world w;
    struct hy_redis_sync *r = NULL;
    struct hy_err err = HY_ERR_INIT;

    world_start(&w);
    assert_int_equal(hy_redis_sync_open(w.url, &r, &err), HY_OK);
    assert_int_equal(eval_both(r, &err), HY_OK);
    cluster_server_open_slot(&w.c, hy_key_slot(HY_STR("b")), 0, 1);
    cluster_server_move_key(&w.c, "hy:{b}:undeclared", 0, 1);
    assert_int_equal(eval_both(r, &err), HY_E_REDIS); /* for as long as it waits */
    assert_true(node_has(&w, 0, "hy:{b}:n"));         /* not 2 */
    err = HY_ERR_INIT;
    assert_int_equal(incr(r, "hy:{b}:undeclared"), 2); /* by ASK */
    cluster_server_move_key(&w.c, "hy:{b}:n", 0, 1);
    cluster_server_give_slot(&w.c, hy_key_slot(HY_STR("b")), 1);
    assert_int_equal(eval_both(r, &err), HY_OK); /* by MOVED */
    assert_int_equal(incr(r, "hy:{b}:n"), 3);
    hy_redis_sync_close(r);
    world_end(&w);
}

TEST(the_offices_go_on_without_the_crawl)
{
    struct world w;
    struct hy_redis_sync *r = NULL;
    struct hy_err err = HY_ERR_INIT;
    redisReply *reply = NULL;

    world_start(&w);
    redis_server_kill(&w.crawl);
    assert_int_equal(hy_redis_sync_open(w.url, &r, &err), HY_OK);
    assert_int_equal(incr(r, "hy:{a}:n"), 1);
    assert_int_equal(hy_redis_sync_cmd(r, &reply, &err, "INCR hy:n"), HY_E_REDIS);
    assert_int_equal(incr(r, "hy:{a}:n"), 2);
    hy_redis_sync_close(r);
    world_end(&w);
}

/* ---- the same on a loop ---- */

struct ear {
    struct hy_loop *l;
    struct hy_redis *r;
    struct hy_timer *limit;
    int ups, downs, replies, nulls, errors, want;
    int64_t last;
    bool end_on_up;
};

static void heard(const redisReply *reply, void *user)
{
    struct ear *e = user;

    e->nulls += reply == NULL;
    e->errors += reply && reply->type == REDIS_REPLY_ERROR;
    e->replies += reply && reply->type != REDIS_REPLY_ERROR;
    if (reply && reply->type == REDIS_REPLY_INTEGER)
        e->last = reply->integer;
    if (--e->want == 0)
        hy_loop_stop(e->l);
}

static void up(void *user)
{
    struct ear *e = user;

    e->ups++;
    if (e->end_on_up)
        hy_loop_stop(e->l);
}

static void down(void *user, const struct hy_err *why)
{
    (void)why;
    ((struct ear *)user)->downs++;
}

static void too_long(void *user)
{
    (void)user;
    fail_msg("the test waited for 20 seconds");
}

static void run_until_up(struct ear *e)
{
    e->end_on_up = true;
    hy_loop_run(e->l, NULL, NULL);
    e->end_on_up = false;
}

static void run_for(struct ear *e, int answers)
{
    e->want = answers;
    hy_loop_run(e->l, NULL, NULL);
}

static void ear_start(struct ear *e, const char *url)
{
    *e = (struct ear){.l = hy_loop_new()};
    e->limit = hy_timer_new(e->l, too_long, e);
    hy_timer_arm(e->limit, 20000);
    e->r = hy_redis_new(e->l, url, (struct hy_redis_events){up, down, e});
}

static void ear_end(struct ear *e)
{
    hy_redis_free(e->r);
    hy_timer_free(e->limit);
    hy_loop_free(e->l);
}

TEST(commands_of_many_offices_on_one_handle)
{
    struct world w;
    struct ear e;

    world_start(&w);
    ear_start(&e, w.url);
    run_until_up(&e);
    for (int i = 0; i < 200; i++)
        hy_redis_cmd(e.r, heard, &e, "INCR hy:{%s}:n", i % 2 ? "a" : "b");
    hy_redis_cmd(e.r, heard, &e, "INCR hy:n");
    assert_int_equal(hy_redis_in_flight(e.r), 201);
    run_for(&e, 201);
    assert_int_equal(e.replies, 201);
    assert_string_equal(cluster_server_ask(&w.c, 1, "GET hy:{a}:n"), "100");
    assert_string_equal(cluster_server_ask(&w.c, 0, "GET hy:{b}:n"), "100");
    assert_int_equal(e.ups, 1);
    assert_int_equal(e.downs, 0);
    ear_end(&e);
    world_end(&w);
}

TEST(commands_follow_a_slot_that_moves)
{
    struct world w;
    struct ear e;
    const char *keys[] = {"hy:{b}:n", "hy:{b}:undeclared"};
    int slot = hy_key_slot(HY_STR("b"));

    world_start(&w);
    ear_start(&e, w.url);
    run_until_up(&e);
    hy_redis_eval(e.r, &both, heard, &e, 1, 2, keys, NULL);
    run_for(&e, 1);
    cluster_server_open_slot(&w.c, slot, 0, 1);
    cluster_server_move_key(&w.c, "hy:{b}:undeclared", 0, 1);
    hy_redis_cmd(e.r, heard, &e, "INCR hy:{b}:undeclared"); /* ASK, over a link that is new */
    run_for(&e, 1);
    assert_int_equal(e.last, 2);
    hy_redis_eval(e.r, &both, heard, &e, 1, 2, keys, NULL); /* TRYAGAIN */
    assert_string_equal(cluster_server_ask(&w.c, 0, "GET hy:{b}:n"), "1");
    cluster_server_move_key(&w.c, "hy:{b}:n", 0, 1);
    cluster_server_give_slot(&w.c, slot, 1);
    run_for(&e, 1);
    assert_int_equal(e.errors + e.nulls, 0);
    assert_string_equal(cluster_server_ask(&w.c, 1, "GET hy:{b}:n"), "2");
    assert_string_equal(cluster_server_ask(&w.c, 1, "GET hy:{b}:undeclared"), "3");
    ear_end(&e);
    world_end(&w);
}

TEST(a_node_that_dies_is_told_and_told_again_when_it_is_back)
{
    struct world w;
    struct ear e;

    world_start(&w);
    ear_start(&e, w.url);
    run_until_up(&e);
    hy_redis_cmd(e.r, heard, &e, "INCR hy:{b}:n");
    run_for(&e, 1);
    cluster_server_kill(&w.c, 0);
    hy_redis_cmd(e.r, heard, &e, "INCR hy:{b}:n");
    run_for(&e, 1);
    assert_int_equal(e.nulls, 1);
    assert_false(hy_redis_is_up(e.r));
    hy_redis_cmd(e.r, heard, &e, "INCR hy:{a}:n"); /* the other office does not mind */
    run_for(&e, 1);
    assert_int_equal(e.last, 1);
    cluster_server_again(&w.c, 0);
    run_until_up(&e);
    hy_redis_cmd(e.r, heard, &e, "INCR hy:{b}:n");
    run_for(&e, 1);
    assert_true(e.last >= 2);
    assert_int_equal(e.downs, 1);
    ear_end(&e);
    world_end(&w);
}

TEST(who_leaves_owes_no_answer)
{
    struct world w;
    struct ear e;

    world_start(&w);
    ear_start(&e, w.url);
    run_until_up(&e);
    for (int i = 0; i < 20; i++)
        hy_redis_cmd(e.r, heard, &e, "INCR hy:{%s}:n", i % 2 ? "a" : "b");
    hy_redis_free(e.r); /* while they wait for their nodes */
    assert_int_equal(e.nulls, 20);
    e.r = NULL;
    ear_end(&e);
    world_end(&w);
}
