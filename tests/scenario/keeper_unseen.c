/* SPDX-License-Identifier: Apache-2.0 */
/* An urgent notice that no screen shows, played to a real keeper, a real delivery and a gateway by
 * an accelerated clock: after three minutes it goes the other way of the person, after five to the
 * next person, and so on up the ladder, without waiting for "nobody acknowledged"; what is shown
 * goes nowhere else; what the gateway does not take becomes a dead letter.  Keeper and delivery die
 * on the way. */
#include "core/vec.h"
#include "tests/scenario/model/outside.h"

enum { PATIENCE_MS = 60000 };

static const char duty[] =
    "people:\n"
    "  - {id: lin.yue, name: 林悦, roles: [duty], channels: [desktop], fallback: [webhook], "
    "webhook: "
    "sms}\n"
    "  - {id: he.chuan, name: 何川, roles: [duty], channels: [desktop]}\n"
    "  - {id: gu.wen, name: 顾文, roles: [approver, supervisor], channels: [board]}\n"
    "  - {id: shen.qing, name: 沈青, roles: [approver], channels: [board]}\n"
    "rota: {handover: \"08:30\", start: 2026-01-01, turns: [{duty: lin.yue, second: he.chuan}]}\n"
    "posts: {supervisor: [gu.wen], leader: [shen.qing], unit_lead: [gu.wen]}\n"
    "not_shown: {fallback: 3m, escalate: 5m}\n"
    "escalation:\n"
    "  - {after: 30m, to: second}\n"
    "  - {after: 50m, to: supervisor}\n"
    "webhooks:\n"
    "  - {id: sms, kind: json, url: \"http://127.0.0.1:%d/\", classes: [none], give_up: 4m}\n";

struct story {
    struct play p;
    struct outside o;
    hy_wall began;
};

static void begin(struct story *s)
{
    char path[160];

    *s = (struct story){0};
    play_prepare(&s->p);
    snprintf(s->p.via, sizeof(s->p.via), "%s", s->p.redis.url);
    gateway_start(&s->o, s->p.redis.dir);
    play_copy_rules(&s->p);
    snprintf(path, sizeof(path), "%s/sample/duty.yaml", s->p.rules);
    FILE *f = fopen(path, "w");
    fprintf(f, duty, s->o.port);
    fclose(f);
    keeper_start(&s->p, &s->p.keeper);
    deliver_start(&s->p, &s->o);
    s->began = s->p.now;
}

static void end(struct story *s)
{
    outside_end(&s->o);
    play_end(&s->p);
}

static void at_minute(struct story *s, int minute)
{
    set_clock(&s->p, hy_wall_add_ms(s->began, minute * HY_MINUTE_MS));
}

static void tail_logs(const struct story *s)
{
    HY_CLEANUP(hy_freep)
    char *command =
        hy_xasprintf("tail -n 15 %s/keep.log %s/deliver.log >&2", s->p.redis.dir, s->p.redis.dir);
    pid_t pid = fork();

    if (pid == 0) {
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    waitpid(pid, NULL, 0);
}

/* Until it is so. */
static void await(struct story *s, bool (*is_so)(struct story *s, const char *what),
                  const char *what)
{
    for (hy_mono from = hy_mono_now(); !is_so(s, what); usleep(10000))
        if (hy_mono_now().us - from.us > PATIENCE_MS * INT64_C(1000)) {
            tail_logs(s);
            fail_msg("did not happen: %s", what);
        }
}

/* ---- what there is ---- */

struct search {
    const char *id;
    json_t *found;
};

static void look(const redisReply *entry, void *user)
{
    struct search *x = user;
    struct hy_err err = HY_ERR_INIT;
    struct hy_str text = hy_reply_field(entry->element[1], "notice");

    if (x->found == NULL && hy_str_is(hy_json_peek_str(text, HY_STR("id")), x->id) &&
        hy_json_parse(text, &x->found, &err) < 0)
        fail_msg("%s", err.msg);
}

static json_t *notice_of(struct story *s, const char *id)
{
    struct search x = {.id = id};

    each_entry(&s->p, "notices", look, &x);
    return x.found;
}

static bool is_told(struct story *s, const char *id)
{
    HY_CLEANUP(hy_json_freep) json_t *n = notice_of(s, id);

    return n != NULL;
}

/* The notice of this id goes to exactly this person ("": to nobody). */
static void expect_to(struct story *s, const char *id, const char *person)
{
    await(s, is_told, id);
    HY_CLEANUP(hy_json_freep) json_t *n = notice_of(s, id);
    const json_t *to = json_object_get(n, "to");

    assert_int_equal(json_array_size(to), person[0] != '\0');
    if (person[0])
        assert_string_equal(json_string_value(json_array_get(to, 0)), person);
}

static int arrivals(const struct story *s, const char *id, bool *ret_unmarked)
{
    FILE *f = fopen(s->o.log, "r");
    char *line = NULL;
    size_t room = 0;
    int times = 0;

    *ret_unmarked = false;
    for (ssize_t n; f && (n = getline(&line, &room, f)) > 0;) {
        struct hy_err err = HY_ERR_INIT;
        HY_CLEANUP(hy_json_freep) json_t *m = NULL;
        if (hy_json_parse(hy_str_n(line, (size_t)n - 1), &m, &err) < 0 ||
            !hy_str_is(hy_json_str(m, "id"), id))
            continue;
        *ret_unmarked |= times > 0 && !json_is_true(json_object_get(m, "repeat"));
        times++;
    }
    if (f)
        fclose(f);
    free(line);
    return times;
}

static bool has_arrived(struct story *s, const char *id)
{
    bool unmarked;
    int times = arrivals(s, id, &unmarked);

    assert_false(unmarked);
    return times > 0;
}

static bool is_dead(struct story *s, const char *id)
{
    redisReply *r = ASK(&s->p, "XRANGE", key(&s->p, "dead"), "-", "+");
    bool there = false;

    for (size_t i = 0; i < r->elements; i++)
        there |= hy_str_is(hy_json_peek_str(hy_reply_field(r->element[i]->element[1], "delivery"),
                                            HY_STR("notice")),
                           id);
    freeReplyObject(r);
    return there;
}

/* No timer is due any more and no command waits. */
static bool is_calm(struct story *s, const char *what)
{
    (void)what;
    return !timers_due(&s->p) && ask_number(&s->p, "XLEN", "cmd") == 0;
}

/* Nor has the delivery anything to try before the clock moves on. */
static bool is_tried(struct story *s, const char *what)
{
    char now[32];

    snprintf(now, sizeof(now), "%lld", (long long)s->p.now.ms);
    redisReply *r = ASK(&s->p, "ZCOUNT", key(&s->p, "outbox"), "-inf", now);
    bool idle = r->integer == 0;
    freeReplyObject(r);
    return idle && is_calm(s, what);
}

/* ---- what happens ---- */

static bool has_opened(struct story *s, const char *item)
{
    HY_CLEANUP(hy_freep) char *what = hy_xasprintf("item:%s", item);

    return ask_number(&s->p, "EXISTS", what) == 1;
}

/* A report of an accident; the id of its incident. */
static char *report(struct story *s, const char *item)
{
    char time[HY_TIME_SIZE];
    struct hy_err err = HY_ERR_INIT;
    HY_CLEANUP(hy_json_freep) json_t *kept = NULL;

    hy_wall_format(s->p.now, HY_CST, time);
    HY_CLEANUP(hy_json_freep)
    json_t *hit = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:s,s:{s:s,s:i,s:i}}", "id", item,
                            "url", "http://a.cn/", "source", "x", "title", item, "text", "文字",
                            "hash", item, "published", time, "fetched", time, "published_precision",
                            "second", "score", "alert", "alert", "emergency", 90, "level", 4);
    HY_CLEANUP(hy_freep) char *text = hy_json_text(hit);
    freeReplyObject(ASK(&s->p, "XADD", key(&s->p, "hits"), "*", "hit", text));
    await(s, has_opened, item);
    HY_CLEANUP(hy_freep) char *what = hy_xasprintf("item:%s", item);
    redisReply *r = ASK(&s->p, "GET", key(&s->p, what));
    assert_int_equal(hy_json_parse(hy_reply_str(r), &kept, &err), HY_OK);
    freeReplyObject(r);
    return hy_str_dup(hy_json_str(kept, "incident"));
}

/* Her desktop says that it is on the screen. */
static void show(struct story *s, const char *incident, const char *notice, const char *person)
{
    HY_CLEANUP(hy_json_freep)
    json_t *cmd =
        json_pack("{s:s,s:s,s:s,s:s,s:{s:s,s:s,s:[s]},s:{s:s,s:s}}", "id", notice, "verb",
                  "receipt", "incident", incident, "via", "api", "actor", "id", person, "name",
                  person, "roles", "duty", "args", "notice", notice, "state", "shown");
    HY_CLEANUP(hy_freep) char *text = hy_json_text(cmd);

    freeReplyObject(ASK(&s->p, "XADD", key(&s->p, "cmd"), "*", "cmd", text));
    await(s, is_calm, "the receipt is taken");
}

static void keeper_dies(struct story *s)
{
    keeper_kill(&s->p.keeper, SIGKILL);
    keeper_start(&s->p, &s->p.keeper);
}

static void deliver_dies(struct story *s)
{
    deliver_kill(&s->o);
    deliver_start(&s->p, &s->o);
}

static const char *id_of(const char *incident, const char *step)
{
    static char out[4][160];
    static unsigned n;
    char *id = out[n++ % 4];

    snprintf(id, sizeof(out[0]), "%s/-/%s", incident, step);
    return id;
}

TEST(what_no_screen_shows_goes_another_way_and_then_up_the_ladder)
{
    struct story s;

    begin(&s);
    HY_CLEANUP(hy_freep) char *seen = report(&s, "seen");
    HY_CLEANUP(hy_freep) char *unseen = report(&s, "unseen");
    expect_to(&s, id_of(seen, "open"), "lin.yue");
    expect_to(&s, id_of(unseen, "open"), "lin.yue");
    show(&s, seen, id_of(seen, "open"), "lin.yue");

    at_minute(&s, 1);
    keeper_dies(&s);
    at_minute(&s, 3);
    expect_to(&s, id_of(unseen, "open.fallback.lin.yue"),
              ""); /* rings on no screen a second time */
    await(&s, has_arrived, id_of(unseen, "open.fallback.lin.yue"));
    deliver_dies(&s);

    at_minute(&s, 5); /* nobody waits for the half hour */
    expect_to(&s, id_of(unseen, "unacked-1"), "he.chuan");
    keeper_dies(&s);
    at_minute(&s, 10);
    expect_to(&s, id_of(unseen, "unacked-2"), "gu.wen");
    show(&s, unseen, id_of(unseen, "unacked-2"), "gu.wen");
    at_minute(&s, 16); /* on a screen at last: no higher */
    await(&s, is_calm, "all is done");

    assert_false(is_told(&s, id_of(seen, "open.fallback.lin.yue")));
    assert_false(is_told(&s, id_of(seen, "unacked-1")));
    bool unmarked;
    assert_int_equal(arrivals(&s, id_of(unseen, "open.fallback.lin.yue"), &unmarked), 1);
    assert_int_equal(arrivals(&s, id_of(unseen, "open"), &unmarked), 0); /* hers is the desktop */
    assert_int_equal(arrivals(&s, id_of(unseen, "unacked-1"), &unmarked), 0);
    at_minute(&s, 30); /* and the ladder of the one that was only shown goes its own way */
    expect_to(&s, id_of(seen, "unacked-1"), "he.chuan");
    check_journal(&s.p, &s.p.keeper);
    end(&s);
}

TEST(what_the_other_way_does_not_take_is_a_dead_letter_and_the_ladder_goes_on)
{
    struct story s;

    begin(&s);
    s.o.faults->refuse = 1000000;
    HY_CLEANUP(hy_freep) char *incident = report(&s, "accident");
    at_minute(&s, 3);
    expect_to(&s, id_of(incident, "open.fallback.lin.yue"), "");
    at_minute(&s, 5);
    expect_to(&s, id_of(incident, "unacked-1"), "he.chuan");
    for (int minute = 6; minute <= 20; minute++) { /* past its four minutes, try for try */
        at_minute(&s, minute);
        await(&s, is_tried, "what is due is done and tried");
    }
    await(&s, is_dead, id_of(incident, "open.fallback.lin.yue"));
    expect_to(&s, id_of(incident, "unacked-2"), "gu.wen");
    assert_false(has_arrived(&s, id_of(incident, "open.fallback.lin.yue")));
    check_journal(&s.p, &s.p.keeper);
    end(&s);
}
