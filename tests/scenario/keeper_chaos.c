/* SPDX-License-Identifier: Apache-2.0 */
/* The real keeper on a real Redis, with an accelerated clock, while both are killed again and
 * again: no notice may be missing, none double, no acknowledged command lost, the journal whole.
 * The expectation is computed here from the rules of the game, not read from the keeper.
 *
 * HUIYING names the binary; HY_CHAOS_SEED replays a run. */
#include "tests/scenario/play.h"

enum { INCIDENTS = 60, STEP_MIN = 6, HOURS = 6, LEADER_WAIT_S = 20 };

/* ---- chaos ---- */

static void chaos(struct play *p, uint32_t one_in)
{
    if (random_below(p, one_in) == 0) {
        keeper_kill(&p->keeper, SIGKILL);
        keeper_start(p, &p->keeper);
        p->keeper_kills++;
    }
    if (random_below(p, one_in) == 0) {
        redis_server_kill(&p->redis);
        redis_server_again(&p->redis);
        p->redis_kills++;
    }
}

/* Wait until the stream of inputs is empty: everything has been committed.  Chaos ends some time
 * before we lose patience: a machine may be so slow that every start is killed in the middle. */
static void settle(struct play *p, uint32_t one_in)
{
    for (int i = 0; i < 4000; i++) {
        if (one_in && i < 300)
            chaos(p, one_in);
        if (ask_number(p, "XLEN", "hits") == 0 && ask_number(p, "XLEN", "cmd") == 0)
            return;
        usleep(20000);
    }
    fail_msg("the keeper does not take its inputs");
}

static void settle_timers(struct play *p)
{
    for (int i = 0; i < 1000; i++) {
        if (!timers_due(p))
            return;
        usleep(20000);
    }
    fail_msg("timers that are due do not fire");
}

/* ---- inputs ---- */

static void send_hit(struct play *p, int n)
{
    play_hit(p, n, p->now);
}

static void send_command(struct play *p, const char *verb, const char *incident, const char *id)
{
    char time[HY_TIME_SIZE];

    hy_wall_format(p->now, HY_CST, time);
    json_t *cmd = json_pack("{s:s,s:s,s:s,s:{s:s,s:s,s:[s]},s:{s:s,s:s}}", "id", id, "verb", verb,
                            "incident", incident, "actor", "id", "lin.yue", "name", "林悦", "roles",
                            "duty", "args", "url", "https://a.cn/1", "published", time);
    char *text = hy_json_text(cmd);
    freeReplyObject(ASK(p, "XADD", key(p, "cmd"), "*", "cmd", text));
    free(text);
    json_decref(cmd);
}

/* ---- what must come out ---- */

/* Incident n: 0 mod 3 nobody does anything, 1 acknowledged at once, 2 answered within the hour. */
static void expect_of(struct hy_map *want, const char *incident, int n)
{
    static const char *const open[] = {"-/open"};
    static const char *const unacked[] = {"-/unacked-1", "-/unacked-2", "-/unacked-3"};
    static const char *const h5[] = {"H5/supervisor-2h", "H5/left-2h", "H5/left-1h", "H5/left-15m",
                                     "H5/late"};
    const struct {
        const char *const *steps;
        size_t count;
        bool due;
    } sets[] = {{open, 1, true}, {unacked, 3, n % 3 == 0}, {h5, 5, n % 3 != 2}};

    for (size_t s = 0; s < HY_COUNT(sets); s++)
        for (size_t i = 0; sets[s].due && i < sets[s].count; i++) {
            char id[96];
            snprintf(id, sizeof(id), "%s/%s", incident, sets[s].steps[i]);
            hy_map_set(want, hy_str(id), want);
        }
}

/* Incident id of each item, in the order the keeper gave them. */
static void incident_of(struct play *p, int n, char out[32])
{
    char what[64];
    struct hy_err err = HY_ERR_INIT;
    json_t *item = NULL;

    snprintf(what, sizeof(what), "item:item%d", n);
    redisReply *r = ASK(p, "GET", key(p, what));
    assert_int_equal(r->type, REDIS_REPLY_STRING);
    assert_int_equal(hy_json_parse(hy_reply_str(r), &item, &err), HY_OK);
    snprintf(out, 32, "%s", json_string_value(json_object_get(item, "incident")));
    json_decref(item);
    freeReplyObject(r);
}

static void check_notices(struct play *p, struct hy_map *want)
{
    redisReply *r = ASK(p, "XRANGE", key(p, "notices"), "-", "+");
    struct hy_map *seen = hy_map_new(NULL);
    struct hy_str id;
    void *ignored;

    for (size_t i = 0; i < r->elements; i++) {
        json_t *n = NULL;
        struct hy_err err = HY_ERR_INIT;
        assert_int_equal(
            hy_json_parse(hy_reply_field(r->element[i]->element[1], "notice"), &n, &err), HY_OK);
        id = hy_json_str(n, "id");
        if (hy_map_get(seen, id))
            fail_msg("twice: %.*s", HY_STR_ARG(id));
        bool ours = hy_str_starts(hy_json_str(n, "step"), HY_STR("missed-")) ||
                    hy_str_starts(hy_json_str(n, "step"), HY_STR("head-")); /* keeper_model.c */
        if (hy_map_get(want, id) == NULL && !ours)
            fail_msg("not expected: %.*s", HY_STR_ARG(id));
        hy_map_set(seen, id, p);
        json_decref(n);
    }
    for (size_t at = 0; hy_map_next(want, &at, &id, &ignored);)
        if (hy_map_get(seen, id) == NULL)
            fail_msg("missing: %.*s", HY_STR_ARG(id));
    hy_map_free(seen);
    freeReplyObject(r);
}

static void check_replies(struct play *p)
{
    for (int n = 0; n < INCIDENTS; n++) {
        char what[64];
        if (n % 3 == 0)
            continue;
        snprintf(what, sizeof(what), "reply:command-%d", n);
        redisReply *r = ASK(p, "GET", key(p, what));
        if (!hy_str_has(hy_reply_str(r), HY_STR("\"ok\":true")))
            fail_msg("command %d: %.*s", n, HY_STR_ARG(hy_reply_str(r)));
        freeReplyObject(r);
    }
}

static struct hy_map *act_one(struct play *p)
{
    struct hy_map *want = hy_map_new(NULL);
    char incident[32], id[32];

    for (int n = 0; n < INCIDENTS; n++) {
        send_hit(p, n);
        chaos(p, 25);
        if (n % 7 == 0)
            send_hit(p, n); /* delivered twice */
    }
    settle(p, 60);
    set_clock(p, hy_wall_add_ms(p->now, 2 * HY_MINUTE_MS));
    for (int n = 0; n < INCIDENTS; n++) {
        incident_of(p, n, incident);
        expect_of(want, incident, n);
        if (n % 3 == 0)
            continue;
        snprintf(id, sizeof(id), "command-%d", n);
        send_command(p, n % 3 == 1 ? "ack" : "respond", incident, id);
        if (n % 5 == 0)
            send_command(p, n % 3 == 1 ? "ack" : "respond", incident, id); /* sent twice */
        chaos(p, 25);
    }
    settle(p, 60);
    return want;
}

TEST(kill_9_at_any_moment)
{
    struct play p;

    play_begin(&p);
    struct hy_map *want = act_one(&p);
    for (int minute = 0; minute < HOURS * 60; minute += STEP_MIN) {
        set_clock(&p, hy_wall_add_ms(p.now, STEP_MIN * HY_MINUTE_MS));
        chaos(&p, 6);
        usleep(20000);
    }
    settle_timers(&p);
    check_notices(&p, want);
    check_replies(&p);
    check_journal(&p, &p.keeper);
    print_message("killed %d keepers and %d servers\n", p.keeper_kills, p.redis_kills);
    assert_true(p.keeper_kills > 3 && p.redis_kills > 3);

    /* Redis is gone for good: everything comes back from the mirror. */
    redisReply *before = ASK(&p, "ZRANGE", key(&p, "timers"), "0", "-1", "WITHSCORES");
    char incident[32], what[64];
    incident_of(&p, 0, incident);
    snprintf(what, sizeof(what), "incident:%s", incident);
    redisReply *doc = ASK(&p, "GET", key(&p, what));
    int64_t entries = ask_number(&p, "XLEN", "journal");
    freeReplyObject(ASK(&p, "FLUSHALL"));
    for (int i = 0; i < 1000 && ask_number(&p, "XLEN", "journal") <= entries; i++)
        usleep(20000); /* all of them, and the one that says who leads now */
    settle_timers(&p);
    check_notices(&p, want);
    check_replies(&p);
    check_journal(&p, &p.keeper);
    redisReply *after = ASK(&p, "ZRANGE", key(&p, "timers"), "0", "-1", "WITHSCORES");
    redisReply *again = ASK(&p, "GET", key(&p, what));
    assert_int_equal(before->elements, after->elements);
    for (size_t i = 0; i < before->elements; i++)
        assert_string_equal(before->element[i]->str, after->element[i]->str);
    assert_string_equal(doc->str, again->str);
    freeReplyObject(before);
    freeReplyObject(after);
    freeReplyObject(doc);
    freeReplyObject(again);
    hy_map_free(want);
    play_end(&p);
}

static void wait_for_log(const struct play *p, const char *words)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/keep.log", p->redis.dir);
    for (int i = 0; i < 500; i++) {
        struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
        struct hy_err err = HY_ERR_INIT;
        bool found = hy_buf_read_file(&b, path, &err) == HY_OK && strstr(b.p ? b.p : "", words);
        hy_buf_release(&b);
        if (found)
            return;
        usleep(20000);
    }
    fail_msg("the log does not say \"%s\"", words);
}

static int64_t length_of(const struct keeper *k, const struct play *p)
{
    char path[256];
    struct stat st;

    snprintf(path, sizeof(path), "%s/journal/%s.jsonl", k->data, p->office);
    return stat(path, &st) < 0 ? 0 : (int64_t)st.st_size;
}

/* Its holder is dead, and Redis' clock was eight hours ahead when it was given. */
TEST(a_lease_of_before_the_clock_was_set_back_runs_out)
{
    struct play p;

    play_prepare(&p);
    freeReplyObject(ASK(&p, "SET", key(&p, "lease"), "gone", "PX", "28800000"));
    keeper_start(&p, &p.keeper);
    send_hit(&p, 1);
    settle(&p, 0);
    check_journal(&p, &p.keeper);
    play_end(&p);
}

TEST(a_paused_leader_is_refused)
{
    struct play p;
    struct keeper second = {0};

    play_begin(&p);
    send_hit(&p, 1);
    settle(&p, 0);
    int64_t fence = fence_of(&p);
    snprintf(second.data, sizeof(second.data), "%s/data2", p.redis.dir);
    keeper_start(&p, &second);
    usleep(300000);
    assert_int_equal(fence_of(&p), fence); /* it stands by */

    kill(p.keeper.pid, SIGSTOP);
    hy_mono paused = hy_mono_now();
    while (fence_of(&p) == fence && hy_mono_now().us - paused.us < LEADER_WAIT_S * 1000000L)
        usleep(20000);
    assert_int_equal(fence_of(&p), fence + 1);
    int64_t took_ms = (hy_mono_now().us - paused.us) / 1000;
    print_message("take-over after %lld ms\n", (long long)took_ms);
    assert_true(took_ms < 5000);
    send_hit(&p, 2);
    settle(&p, 0);
    send_hit(&p, 3); /* whoever wakes up may try to take it */
    kill(p.keeper.pid, SIGCONT);
    settle(&p, 0);
    wait_for_log(&p, "the lease is lost");
    check_journal(&p, &second);
    assert_int_equal(ask_number(&p, "ZCARD", "incidents"), 3);
    for (int i = 0; i < 500 && length_of(&p.keeper, &p) != length_of(&second, &p); i++)
        usleep(20000);
    check_journal(&p, &p.keeper); /* it follows, and there is nothing of its own in it */

    keeper_kill(&second, SIGTERM); /* and the first takes over again, catching up */
    for (int i = 0; i < 500 && fence_of(&p) == fence + 1; i++)
        usleep(20000);
    send_hit(&p, 4);
    settle(&p, 0);
    check_journal(&p, &p.keeper);
    play_end(&p);
}

TEST(bad_inputs_are_set_aside_and_rules_reload)
{
    static const char *const bad[] = {"", "{", "[]", "{\"id\":5}", "\xff\xfe"};
    struct play p;

    play_begin(&p);
    send_hit(&p, 1);
    settle(&p, 0);
    int64_t entries = ask_number(&p, "XLEN", "journal");
    for (size_t i = 0; i < HY_COUNT(bad); i++) {
        freeReplyObject(ASK(&p, "XADD", key(&p, "hits"), "*", "hit", bad[i]));
        freeReplyObject(ASK(&p, "XADD", key(&p, "cmd"), "*", "cmd", bad[i]));
    }
    settle(&p, 0);
    assert_int_equal(ask_number(&p, "XLEN", "quarantine"), 2 * HY_COUNT(bad));
    assert_int_equal(ask_number(&p, "XLEN", "journal"), entries);
    kill(p.keeper.pid, SIGHUP); /* same rules again: one entry says so, nobody is told twice */
    for (int i = 0; i < 500 && ask_number(&p, "XLEN", "journal") == entries; i++)
        usleep(20000);
    assert_int_equal(ask_number(&p, "XLEN", "journal"), entries + 1);
    assert_int_equal(ask_number(&p, "XLEN", "notices"), 1);
    send_hit(&p, 2);
    settle(&p, 0);
    check_journal(&p, &p.keeper);
    play_end(&p);
}

static bool feed_has(struct play *p, const char *what)
{
    redisReply *r = ASK(p, "XRANGE", key(p, "feed"), "-", "+");
    bool found = false;

    for (size_t i = 0; i < r->elements; i++)
        found |= hy_str_has(hy_reply_field(r->element[i]->element[1], "data"), hy_str(what));
    freeReplyObject(r);
    return found;
}

/* The rules in a directory of the test, with one more clock: three working days. */
static void copy_rules(struct play *p)
{
    char path[128];

    play_copy_rules(p);
    snprintf(path, sizeof(path), "%s/sample/windows.yaml", p->rules);
    FILE *f = fopen(path, "w");
    fputs("use: [national, days]\n"
          "packs:\n"
          "  - id: days\n    version: \"1\"\n    name: 工作日\n    legal: 测试\n"
          "    unknown_level: 1\n    upgrade: retroactive\n    clocks:\n"
          "      - {id: DAYS, label: 工作日, basis: 测试, kinds: [emergency], within: 3wd,\n"
          "         anchor: [first_public], ended_by: [release],\n"
          "         steps: [{id: late, late: 0m, to: [duty]}]}\n",
          f);
    fclose(f);
}

static bool has_open_clock(struct play *p, const char *incident, const char *clock)
{
    char what[64];
    struct hy_err err = HY_ERR_INIT;
    json_t *doc = NULL;

    snprintf(what, sizeof(what), "incident:%s", incident);
    redisReply *r = ASK(p, "GET", key(p, what));
    assert_int_equal(hy_json_parse(hy_reply_str(r), &doc, &err), HY_OK);
    const json_t *o = hy_incident_obligation(doc, hy_str(clock));
    bool open = o && hy_str_is(hy_json_str(o, "state"), "open");
    json_decref(doc);
    freeReplyObject(r);
    return open;
}

TEST(a_reload_without_calendar_warns_and_keeps_what_runs)
{
    struct play p;
    char incident[32], path[160], gone[176];

    play_prepare(&p);
    copy_rules(&p);
    keeper_start(&p, &p.keeper);
    send_hit(&p, 1);
    settle(&p, 0);
    incident_of(&p, 1, incident);
    assert_true(has_open_clock(&p, incident, "DAYS"));
    assert_false(feed_has(&p, "calendar_missing"));
    snprintf(path, sizeof(path), "%s/national/calendar/2026.yaml", p.rules);
    snprintf(gone, sizeof(gone), "%s.gone", path);
    assert_int_equal(rename(path, gone), 0);
    kill(p.keeper.pid, SIGHUP);
    for (int i = 0; i < 500 && !feed_has(&p, "calendar_missing"); i++)
        usleep(20000);
    assert_true(feed_has(&p, "calendar_missing"));
    send_hit(&p, 2);
    settle(&p, 0);
    assert_true(has_open_clock(&p, incident, "DAYS"));
    incident_of(&p, 2, incident);
    assert_true(has_open_clock(&p, incident, "H5"));
    assert_false(has_open_clock(&p, incident, "DAYS"));
    check_journal(&p, &p.keeper);
    play_end(&p);
}

/* With little stack, a text nested 2,000 deep is an input that kills for true. */
static void send_poison(struct play *p, const char *stream, const char *field, const char *id)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_buf_printf(&b, "{\"id\":\"%s\",\"deep\":", id);
    for (int i = 0; i < 2000; i++)
        hy_buf_puts(&b, "[");
    for (int i = 0; i < 2000; i++)
        hy_buf_puts(&b, "]");
    hy_buf_puts(&b, "}");
    freeReplyObject(ASK(p, "XADD", key(p, stream), "*", field, b.p));
    hy_buf_release(&b);
}

/* The supervisor's part: whoever died is started again.  How often that was needed. */
static int revive_until_settled(struct play *p)
{
    int deaths = 0;

    for (int i = 0; i < 4000; i++) {
        int status;
        if (waitpid(p->keeper.pid, &status, WNOHANG) == p->keeper.pid) {
            deaths++;
            keeper_start(p, &p->keeper);
        }
        if (ask_number(p, "XLEN", "hits") == 0 && ask_number(p, "XLEN", "cmd") == 0)
            return deaths;
        usleep(10000);
    }
    fail_msg("the keeper does not get past its inputs (%d deaths)", deaths);
    return deaths;
}

TEST(an_input_that_kills_is_set_aside_after_two_deaths)
{
    struct play p;

    play_begin(&p);
    send_hit(&p, 1);
    settle(&p, 0);
    keeper_kill(&p.keeper, SIGTERM);
    p.stack = 128 * 1024;
    send_hit(&p, 2); /* innocents before, between and behind, in the same batch */
    send_poison(&p, "hits", "hit", "poison-hit");
    send_hit(&p, 3);
    send_poison(&p, "cmd", "cmd", "poison-command");
    keeper_start(&p, &p.keeper);
    assert_int_equal(revive_until_settled(&p), 4);
    assert_int_equal(ask_number(&p, "XLEN", "quarantine"), 2);
    assert_int_equal(ask_number(&p, "ZCARD", "incidents"), 3);
    assert_true(feed_has(&p, "\"event\":\"quarantine\""));
    redisReply *r = ASK(&p, "GET", key(&p, "reply:poison-command"));
    assert_true(hy_str_has(hy_reply_str(r), HY_STR("\"ok\":false")));
    assert_true(hy_str_has(hy_reply_str(r), HY_STR("已被隔离")));
    freeReplyObject(r);
    send_hit(&p, 4);
    settle(&p, 0);
    check_journal(&p, &p.keeper);
    play_end(&p);
}

TEST(a_mirror_that_lost_its_end_or_its_sense)
{
    struct play p;
    char path[256];

    play_begin(&p);
    for (int n = 0; n < 5; n++)
        send_hit(&p, n);
    settle(&p, 0);
    keeper_kill(&p.keeper, SIGTERM);
    snprintf(path, sizeof(path), "%s/journal/%s.jsonl", p.keeper.data, p.office);
    assert_int_equal(truncate(path, length_of(&p.keeper, &p) / 2), 0); /* shorter than Redis */
    keeper_start(&p, &p.keeper);
    send_hit(&p, 6);
    settle(&p, 0);
    check_journal(&p, &p.keeper);

    keeper_kill(&p.keeper, SIGTERM);
    int fd = open(path, O_WRONLY);
    assert_int_equal(pwrite(fd, "X", 1, 40), 1); /* damaged: set aside, taken from Redis */
    close(fd);
    keeper_start(&p, &p.keeper);
    send_hit(&p, 7);
    settle(&p, 0);
    check_journal(&p, &p.keeper);
    play_end(&p);
}
