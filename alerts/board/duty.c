/* SPDX-License-Identifier: Apache-2.0 */
/* The duty list: the rota of duty.yaml with what people changed by hand above it, and how far the
 * last test alarms got. */
#include "alerts/board/board.h"
#include "alerts/decide/decide.h"
#include "core/log.h"
#include "core/mem.h"
#include "rules/duty.h"
#include "rules/office.h"

enum { MAX_ON_DUTY = 16, NEXT_TURNS = 7, TESTS_SHOWN = 5 };
#define CALENDAR_BACK_MS (14 * HY_DAY_MS)
#define CALENDAR_AHEAD_MS (60 * HY_DAY_MS)

static json_t *person_json(const struct hy_person *p)
{
    if (p == NULL)
        return json_null();
    json_t *roles = json_array();
    for (int i = 0; i < HY_ROLE_COUNT; i++)
        if (p->roles & 1u << i)
            json_array_append_new(roles, json_string(hy_role_label[i]));
    return json_pack("{s:s,s:s,s:o}", "id", p->id, "name", p->name, "roles", roles);
}

static json_t *turn_json(const struct hy_board *b, const struct hy_shift *t)
{
    json_t *o = json_object();

    hy_json_set_time(o, "from", t->from, b->zone_min);
    hy_json_set_time(o, "to", t->to, b->zone_min);
    json_object_set_new(o, "duty", person_json(t->duty));
    json_object_set_new(o, "second", person_json(t->second));
    json_object_set_new(o, "why", t->why ? json_string(t->why) : json_null());
    return o;
}

/* This turn and the ones that follow; a gap in the rota is a turn without people. */
static json_t *turns_json(const struct hy_board *b, const struct hy_duty *duty,
                          const struct hy_hand *hand, hy_wall now)
{
    json_t *list = json_array();
    struct hy_shift t;

    for (int i = 0; i < NEXT_TURNS && hy_duty_turn(duty, hand, now, &t); i++) {
        json_array_append_new(list, turn_json(b, &t));
        if (t.to.ms <= now.ms)
            break;
        now = t.to;
    }
    return list;
}

static json_t *post_json(const struct hy_duty *duty, const struct hy_hand *hand, enum hy_post post,
                         hy_wall now)
{
    const struct hy_person *who[MAX_ON_DUTY];
    struct hy_ask ask = {.post = post, .now = now, .hand = hand};
    bool gap = false;
    size_t n = hy_duty_who(duty, &ask, who, MAX_ON_DUTY, &gap);
    json_t *people = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(people, person_json(who[i]));
    return json_pack("{s:s,s:o,s:b}", "post", hy_post_name[post], "people", people, "gap", gap);
}

/* What people changed by hand and still matters: the keeper's document about the duty list. */
static void add_by_hand(json_t *o, const json_t *doc, hy_wall now)
{
    static const char *const lists[] = {"changes", "away", "swaps", "gaps", "silences"};
    json_t *row;
    size_t k;

    for (size_t i = 0; i < HY_COUNT(lists); i++) {
        json_t *list = json_array();
        json_array_foreach (json_object_get(doc, lists[i]), k, row)
            if (hy_json_time(row, "to").ms > now.ms)
                json_array_append(list, row);
        json_object_set_new(o, lists[i], list);
    }
}

/* The last test alarms, newest first, with what became of them. */
static json_t *tests_of(const json_t *doc)
{
    const json_t *all = json_object_get(doc, "notices");
    json_t *list = json_array();

    for (size_t i = json_array_size(all); i > 0 && json_array_size(list) < TESTS_SHOWN; i--) {
        json_t *n = json_array_get(all, i - 1);
        if (hy_str_starts(hy_json_str(n, "step"), HY_STR("test-")))
            json_array_append(list, n);
    }
    return list;
}

/* Where a test alarm can be sent besides to people: robots, and the mail of those who have one. */
static json_t *channels_json(const struct hy_duty *duty)
{
    json_t *list = json_array();
    const struct hy_hook *hooks = NULL;
    size_t n = duty ? hy_duty_hooks(duty, &hooks) : 0;

    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(hooks[i].id));
    for (size_t i = 0; duty && hy_duty_mailer(duty) && i < hy_duty_count(duty); i++) {
        HY_CLEANUP(hy_freep) char *id = hy_xasprintf("mail:%s", hy_duty_at(duty, i)->id);
        if (hy_duty_at(duty, i)->mail)
            json_array_append_new(list, json_string(id));
    }
    return list;
}

static void answer_duty(struct hy_http_req *req, const json_t *doc)
{
    struct hy_board *b = hy_board_of(req);
    const struct hy_duty *duty = b->rules->duty;
    hy_wall now = hy_wall_now();
    json_t *o = json_object(), *posts = json_array(), *people = json_array();
    struct hy_hand hand;

    hy_hand_read(doc, &hand);
    for (int i = 0; duty && i < HY_POST_COUNT; i++)
        json_array_append_new(posts, post_json(duty, &hand, (enum hy_post)i, now));
    for (size_t i = 0; duty && i < hy_duty_count(duty); i++)
        json_array_append_new(people, person_json(hy_duty_at(duty, i)));
    json_object_set_new(o, "turns", duty ? turns_json(b, duty, &hand, now) : json_array());
    json_object_set_new(o, "posts", posts);
    json_object_set_new(o, "people", people);
    add_by_hand(o, doc, now);
    json_object_set_new(o, "tests", tests_of(doc));
    json_object_set_new(o, "channels", channels_json(duty));
    hy_json_set_int(o, "now", now.ms);
    hy_hand_release(&hand);
    hy_http_json(req, 200, o);
}

/* Whatever was decided by hand is in the plan; false, and answered, when Redis is not there. */
static bool doc_of(const redisReply *r, struct hy_http_req *req, json_t **ret)
{
    struct hy_err err = HY_ERR_INIT;

    if (r == NULL || r->type == REDIS_REPLY_ERROR) {
        hy_board_no_redis(req);
        return false;
    }
    if (r->type == REDIS_REPLY_STRING && hy_json_parse(hy_reply_str(r), ret, &err) < 0)
        hy_log(HY_WARN, "duty_unreadable", HY_KV("err", err.msg));
    return true;
}

static void on_duty_doc(const redisReply *r, void *user)
{
    HY_CLEANUP(hy_json_freep) json_t *doc = NULL;

    if (doc_of(r, user, &doc))
        answer_duty(user, doc);
}

static void ask_for_doc(struct hy_http_req *req, hy_reply_fn fn)
{
    struct hy_board *b = hy_board_of(req);

    hy_redis_cmd(b->redis, fn, req, "GET hy:{%s}:incident:%s", b->office, HY_DUTY_DOC);
}

void hy_board_duty(struct hy_http_req *req, void *user)
{
    (void)user;
    ask_for_doc(req, on_duty_doc);
}

/* ---- calendar ---- */

static void answer_ical(struct hy_http_req *req, const json_t *doc)
{
    struct hy_board *b = hy_board_of(req);
    const struct hy_duty *duty = b->rules->duty; /* as it is now: a reload may have come between */
    struct hy_str person = hy_str(hy_http_query(req, "person"));
    struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    hy_wall now = hy_loop_wall(b->loop);
    struct hy_ical what = {.office = hy_str(b->office),
                           .name = hy_str(b->rules->office->name),
                           .person = person,
                           .from = hy_wall_add_ms(now, -CALENDAR_BACK_MS),
                           .to = hy_wall_add_ms(now, CALENDAR_AHEAD_MS),
                           .now = now};
    struct hy_hand hand;

    if (duty == NULL || (person.n && hy_duty_person(duty, person) == NULL)) {
        hy_http_problem(req, 404, "not_found",
                        duty ? "duty.yaml 里没有这个人" : "还没有值班表（duty.yaml）");
        return;
    }
    hy_hand_read(doc, &hand);
    hy_duty_ical(duty, &hand, &what, &out);
    hy_hand_release(&hand);
    hy_http_bytes(req, 200, "text/calendar; charset=utf-8", hy_buf_view(&out));
    hy_buf_release(&out);
}

static void on_calendar_doc(const redisReply *r, void *user)
{
    HY_CLEANUP(hy_json_freep) json_t *doc = NULL;

    if (doc_of(r, user, &doc))
        answer_ical(user, doc);
}

/* The plan as a calendar to subscribe to; `person` of the query: only this one's turns. */
void hy_board_duty_ical(struct hy_http_req *req, void *user)
{
    (void)user;
    ask_for_doc(req, on_calendar_doc);
}
