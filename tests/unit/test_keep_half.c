/* SPDX-License-Identifier: Apache-2.0 */
/* A transaction that ended half way: what Redis' own log leaves of it (nothing), and what an
 * operation that Redis refused leaves (taken back, and written whole when nothing is in the way).
 */
#include <dirent.h>

#include "tests/unit/machine.h"

static int open_incident(struct machine *m, const char *item, struct hy_err *err)
{
    struct hy_turn t;
    json_t *hit = json_pack("{s:s,s:s,s:s,s:{s:s,s:i,s:i}}", "id", item, "title", "t", "fetched",
                            "2026-11-23T09:12:00+08:00", "score", "alert", "alert", "emergency", 90,
                            "level", 2);

    hy_turn_begin(&t, &m->k);
    hy_decide_hit(&t.d, hit, &(struct hy_place_verdict){0});
    int rc = hy_turn_commit(&t, err);
    hy_turn_end(&t);
    json_decref(hit);
    return rc;
}

static int64_t ask_number(const struct redis_server *s, const char *command)
{
    return strtoll(redis_server_ask(s, command), NULL, 10);
}

/* Redis, mirror and state are one again, and go on. */
static void check_whole(const struct redis_server *s, struct machine *m, const char *item)
{
    struct hy_err err = HY_ERR_INIT;

    assert_int_equal(ask_number(s, "HGET hy:{qingxi}:head seq"), entries(s));
    assert_int_equal(m->k.state->head.seq, entries(s));
    assert_int_equal(ask_number(s, "ZCARD hy:{qingxi}:timers"),
                     ask_number(s, "HGET hy:{qingxi}:head timers"));
    if (open_incident(m, item, &err) < 0)
        fail_msg("%s", err.msg);
    assert_int_equal(m->k.state->head.seq, entries(s));
    assert_int_equal(ask_number(s, "ZCARD hy:{qingxi}:incidents"),
                     ask_number(s, "SCARD hy:{qingxi}:open"));
}

/* No notice stands in the stream twice. */
static void check_notices(const struct redis_server *s)
{
    struct hy_redis_sync *c = NULL;
    struct hy_err err = HY_ERR_INIT;
    HY_CLEANUP(hy_map_freep) struct hy_map *seen = hy_map_new(NULL);
    redisReply *r = NULL;

    assert_int_equal(hy_redis_sync_open(s->url, &c, &err), HY_OK);
    assert_int_equal(hy_redis_sync_cmd(c, &r, &err, "XRANGE hy:{qingxi}:notices - +"), HY_OK);
    for (size_t i = 0; i < r->elements; i++) {
        struct hy_str id =
            hy_json_peek_str(hy_reply_field(r->element[i]->element[1], "notice"), HY_STR("id"));
        assert_null(hy_map_get(seen, id));
        hy_map_set(seen, id, seen);
    }
    freeReplyObject(r);
    hy_redis_sync_close(c);
}

TEST(a_refused_operation_is_named_and_the_rest_taken_back)
{
    static const char *const keys[] = {"feed", "notices", "timers", "incidents", "open"};

    for (size_t i = 0; i < HY_COUNT(keys); i++) {
        struct redis_server s;
        struct machine a;
        struct hy_err err = HY_ERR_INIT;
        char command[128];

        redis_server_start(&s);
        machine_begin(&a, &s, "a");
        assert_true(try_to_lead(&a));
        assert_int_equal(write_one(&a, "x"), HY_OK);
        snprintf(command, sizeof(command), "RENAME hy:{qingxi}:%s kept", keys[i]);
        redis_server_ask(&s, command);
        snprintf(command, sizeof(command), "SET hy:{qingxi}:%s something-else", keys[i]);
        redis_server_ask(&s, command);
        assert_int_not_equal(open_incident(&a, "one", &err), HY_OK);
        snprintf(command, sizeof(command), " hy:{qingxi}:%s: WRONGTYPE", keys[i]);
        if (strstr(err.msg, command) == NULL)
            fail_msg("%s: %s", keys[i], err.msg);
        assert_true(entries(&s) > ask_number(&s, "HGET hy:{qingxi}:head seq"));

        snprintf(command, sizeof(command), "DEL hy:{qingxi}:%s", keys[i]);
        redis_server_ask(&s, command);
        snprintf(command, sizeof(command), "RENAME kept hy:{qingxi}:%s", keys[i]);
        redis_server_ask(&s, command);
        machine_reset(&a);
        assert_true(try_to_lead(&a)); /* the mirror has it: whole this time */
        assert_non_null(hy_state_item(a.k.state, HY_STR("one")));
        check_whole(&s, &a, "two");
        check_notices(&s);
        machine_end(&a);
        redis_server_end(&s);
    }
}

TEST(lines_behind_the_head_that_no_mirror_of_ours_has_go_with_all_they_touched)
{
    struct redis_server s;
    struct machine a, b;
    struct hy_err err = HY_ERR_INIT;

    redis_server_start(&s);
    machine_begin(&a, &s, "a");
    machine_begin(&b, &s, "b");
    assert_true(try_to_lead(&a));
    for (int i = 0; i < 1200; i++) /* more than a page to copy */
        assert_int_equal(write_one(&a, "x"), HY_OK);
    assert_int_equal(open_incident(&a, "one", &err), HY_OK);
    int64_t before = entries(&s);
    assert_false(try_to_lead(&b)); /* follows */
    redis_server_ask(&s, "RENAME hy:{qingxi}:open kept");
    redis_server_ask(&s, "SET hy:{qingxi}:open something-else");
    assert_int_not_equal(open_incident(&a, "two", &err), HY_OK);
    redis_server_ask(&s, "DEL hy:{qingxi}:open");
    redis_server_ask(&s, "RENAME kept hy:{qingxi}:open");
    assert_true(entries(&s) > before);
    assert_int_equal(ask_number(&s, "EXISTS hy:{qingxi}:item:two"), 1);

    machine_end(&a); /* its machine is gone, and its mirror with it */
    lease_runs_out(&s);
    assert_true(try_to_lead(&b));
    assert_int_equal(entries(&s), before);
    assert_int_equal(ask_number(&s, "EXISTS hy:{qingxi}:item:two"), 0);
    assert_int_equal(ask_number(&s, "ZCARD hy:{qingxi}:incidents"), 1);
    assert_int_equal(ask_number(&s, "EXISTS hy:{qingxi}:journal:whole"), 0);
    check_whole(&s, &b, "two"); /* its hit comes again */
    check_notices(&s);
    machine_end(&b);
    redis_server_end(&s);
}

TEST(a_lost_head_is_not_taken_for_half_a_transaction)
{
    struct redis_server s;
    struct machine a;
    struct hy_err err = HY_ERR_INIT;
    bool leads;

    redis_server_start(&s);
    machine_begin(&a, &s, "a");
    redis_server_ask(&s,
                     "EVAL for\ti=1,20001\tdo\tredis.call('XADD',KEYS[1],i..'-0','e','{}')\tend 1 "
                     "hy:{qingxi}:journal");
    assert_int_equal(entries(&s), 20001);
    assert_int_equal(hy_keep_lead(&a.k, &leads, &err), HY_OK);
    assert_int_equal(hy_keep_load(&a.k, &err), HY_E_STATE);
    assert_non_null(strstr(err.msg, "its head was lost"));
    assert_int_equal(entries(&s), 20001);
    machine_end(&a);
    redis_server_end(&s);
}

/* ---- Redis' own log ---- */

static char *log_of(const struct redis_server *s)
{
    HY_CLEANUP(hy_freep) char *dir = hy_xasprintf("%s/appendonlydir", s->dir);
    char *found = NULL;
    DIR *d = opendir(dir);

    for (struct dirent *e; d && (e = readdir(d));)
        if (strstr(e->d_name, ".incr.aof"))
            found = hy_xasprintf("%s/%s", dir, e->d_name);
    closedir(d);
    return found;
}

/* Where each command of the log begins, from the newest MULTI on. */
static size_t borders_of(struct hy_str log, size_t *ret, size_t room)
{
    size_t n = 0;

    for (size_t at = 0; at < log.n;) {
        char *end;
        if (hy_str_starts(hy_str_sub(log, at, log.n), HY_STR("*1\r\n$5\r\nMULTI\r\n")))
            n = 0;
        assert_true(n < room);
        ret[n++] = at;
        assert_int_equal(log.p[at], '*');
        long long args = strtoll(log.p + at + 1, &end, 10);
        at = (size_t)(end + 2 - log.p);
        for (; args > 0; args--) {
            long long length = strtoll(log.p + at + 1, &end, 10);
            at = (size_t)(end + 2 - log.p) + (size_t)length + 2;
        }
    }
    return n;
}

TEST(what_redis_log_has_of_half_a_script_is_nothing)
{
    struct redis_server s;
    struct machine a;
    struct hy_err err = HY_ERR_INIT;
    struct hy_buf log = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    size_t borders[512];

    redis_server_start(&s);
    machine_begin(&a, &s, "a");
    assert_true(try_to_lead(&a));
    assert_int_equal(write_one(&a, "x"), HY_OK);
    assert_int_equal(open_incident(&a, "one", &err), HY_OK);
    machine_reset(&a);
    hy_redis_sync_close(HY_TAKE(a.k.redis));
    redis_server_kill(&s);
    HY_CLEANUP(hy_freep) char *path = log_of(&s);
    assert_int_equal(hy_buf_read_file(&log, path, &err), HY_OK);
    size_t n = borders_of(hy_buf_view(&log), borders, HY_COUNT(borders));
    assert_true(n > 8); /* a whole transaction */

    for (size_t i = n - 1; i > 0; i -= i > 4 ? 4 : 1) { /* shorter and shorter */
        FILE *f = fopen(path, "we"); /* Redis has cut it back to the transaction's start */
        size_t size = borders[i] - (i % 3 == 1 ? 5 : 0);
        assert_true(f && fwrite(log.p, 1, size, f) == size && fclose(f) == 0);
        redis_server_again(&s);
        assert_int_equal(entries(&s), 1);
        assert_int_equal(ask_number(&s, "HGET hy:{qingxi}:head seq"), 1);
        assert_int_equal(ask_number(&s, "EXISTS hy:{qingxi}:item:one"), 0);
        redis_server_kill(&s);
    }
    redis_server_again(&s);
    assert_int_equal(hy_redis_sync_open(s.url, &a.k.redis, &err), HY_OK);
    assert_true(try_to_lead(&a)); /* from the mirror */
    check_whole(&s, &a, "two");
    hy_buf_release(&log);
    machine_end(&a);
    redis_server_end(&s);
}
