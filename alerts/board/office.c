/* SPDX-License-Identifier: Apache-2.0 */
/* The office as the rules describe it - sources, duty list, clocks, units, words of the forms -
 * joined with what Redis knows about them. */
#include "alerts/board/board.h"
#include "alerts/keep/decide.h"
#include "alerts/keep/life.h"
#include "core/log.h"
#include "core/mem.h"
#include "rules/lexicon.h"
#include "rules/office.h"
#include "rules/sources.h"

#include <stdio.h>

enum { MAX_ON_DUTY = 16, NEXT_TURNS = 7 };

static const char *const boxes[][2] = {
    {"stance", "立场"}, {"facts", "事实"}, {"measures", "措施"},    {"results", "结果"},
    {"causes", "成因"}, {"plan", "方案"},  {"constraints", "制约"},
};
static const char *const level_names[] = {"", "特别重大", "重大", "较大", "一般"};

/* ---- sources ---- */

/* One answer for many HGETALLs: the request ends when the last one is in. */
struct gathering {
    json_t *list;
    size_t left;
    bool failed;
};
struct source_call {
    struct hy_http_req *req;
    size_t index;
};

static void free_gathering(void *p)
{
    struct gathering *g = p;
    json_decref(g->list);
    free(g);
}

static json_t *source_json(const struct hy_source *s)
{
    json_t *o = json_pack("{s:s,s:s,s:s,s:s,s:b,s:b,s:s}", "id", s->id, "name", s->name, "kind",
                          hy_source_kind_name[s->kind], "url", s->url, "official", s->official,
                          "enabled", s->enabled, "state", "new");
    return o;
}

static void finish_sources(struct hy_http_req *req)
{
    struct gathering *g = hy_http_state(req);
    json_t *o;

    if (g->failed) {
        hy_board_no_redis(req);
        return;
    }
    o = json_object();
    json_object_set(o, "sources", g->list);
    hy_json_set_int(o, "now", hy_wall_now().ms);
    hy_http_json(req, 200, o);
}

static void on_source(const redisReply *r, void *user)
{
    struct source_call *c = user;
    struct hy_http_req *req = c->req;
    struct gathering *g = hy_http_state(req);
    json_t *row = json_array_get(g->list, c->index);

    free(c);
    g->failed |= r == NULL || r->type == REDIS_REPLY_ERROR;
    for (size_t i = 0; r && i + 1 < r->elements; i += 2) {
        HY_CLEANUP(hy_freep) char *key = hy_str_dup(hy_reply_str(r->element[i]));
        hy_json_set_str(row, key, hy_reply_str(r->element[i + 1]));
    }
    if (--g->left == 0)
        finish_sources(req);
}

void hy_board_sources(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    const struct hy_sources *sources = b->rules->sources;
    struct gathering *g = hy_xcalloc(1, sizeof(*g));
    size_t n = sources ? sources->rows.n : 0;

    g->list = json_array();
    g->left = n;
    hy_http_set_state(req, g, free_gathering);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(g->list, source_json(hy_sources_at(sources, i)));
    if (n == 0)
        finish_sources(req);
    for (size_t i = 0; i < n; i++) {
        struct source_call *c = hy_xcalloc(1, sizeof(*c));
        *c = (struct source_call){req, i};
        hy_redis_cmd(b->redis, on_source, c, "HGETALL hy:crawl:source:%s",
                     hy_sources_at(sources, i)->id);
    }
}

/* ---- duty ---- */

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
    hy_json_set_int(o, "now", now.ms);
    hy_hand_release(&hand);
    hy_http_json(req, 200, o);
}

static void on_duty_doc(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    HY_CLEANUP(hy_json_freep) json_t *doc = NULL;
    struct hy_err err = HY_ERR_INIT;

    if (r == NULL || r->type == REDIS_REPLY_ERROR) {
        hy_board_no_redis(req);
        return;
    }
    if (r->type == REDIS_REPLY_STRING && hy_json_parse(hy_reply_str(r), &doc, &err) < 0)
        hy_log(HY_WARN, "duty_unreadable", HY_KV("err", err.msg));
    answer_duty(req, doc);
}

void hy_board_duty(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;

    hy_redis_cmd(b->redis, on_duty_doc, req, "GET hy:{%s}:incident:%s", b->office, HY_DUTY_DOC);
}

/* ---- rules ---- */

static json_t *acts_json(unsigned mask)
{
    json_t *list = json_array();
    for (int i = 0; i < HY_ACT_COUNT; i++)
        if (mask & 1u << i)
            json_array_append_new(list, json_string(hy_act_name[i]));
    return list;
}

static json_t *clocks_json(const struct hy_windows *windows)
{
    json_t *list = json_array();

    for (size_t i = 0; windows && i < hy_windows_count(windows); i++) {
        const struct hy_pack *p = hy_windows_at(windows, i);
        for (size_t k = 0; p->in_use && k < p->n_windows; k++) {
            const struct hy_window *w = &p->windows[k];
            json_array_append_new(list, json_pack("{s:s,s:s,s:s,s:s,s:s,s:o}", "id", w->id, "label",
                                                  w->label, "basis", w->basis ? w->basis : "",
                                                  "pack", p->id, "version", p->version, "ended_by",
                                                  acts_json(w->ended_by)));
        }
    }
    return list;
}

static json_t *pair(const char *id, const char *name)
{
    return json_pack("{s:s,s:s}", "id", id, "name", name);
}

static json_t *units_json(const struct hy_lexicon *lexicon)
{
    json_t *list = json_array();
    const struct hy_unit *u = lexicon ? lexicon->units.v : NULL;

    for (size_t i = 0; u && i < lexicon->units.n; i++)
        json_array_append_new(list, pair(u[i].id, u[i].name));
    return list;
}

static json_t *source_names(const struct hy_sources *sources)
{
    json_t *list = json_array();

    for (size_t i = 0; sources && i < sources->rows.n; i++)
        json_array_append_new(list,
                              pair(hy_sources_at(sources, i)->id, hy_sources_at(sources, i)->name));
    return list;
}

json_t *hy_board_people(const struct hy_board *b)
{
    json_t *list = json_array();
    const struct hy_duty *duty = b->rules->duty;

    for (size_t i = 0; duty && i < hy_duty_count(duty); i++)
        json_array_append_new(list, pair(hy_duty_at(duty, i)->id, hy_duty_at(duty, i)->name));
    for (size_t i = 0; i < hy_accounts_count(b->accounts); i++) {
        const struct hy_account *u = hy_accounts_at(b->accounts, i);
        if (duty == NULL || hy_duty_person(duty, hy_str(u->id)) == NULL)
            json_array_append_new(list, pair(u->id, u->name));
    }
    return list;
}

static json_t *names_of(const char *const *names, unsigned mask, int n)
{
    json_t *list = json_array();
    for (int i = 0; i < n; i++)
        if (mask & 1u << i)
            json_array_append_new(list, json_string(names[i]));
    return list;
}

/* The life cycle as the keeper has it: which verb from where by whom.  The page asks nobody else
 * whether an act is possible. */
static json_t *life_json(void)
{
    size_t n;
    const struct hy_move *m = hy_life_table(&n);
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(
            list, json_pack("{s:s,s:o,s:o,s:o,s:s?}", "verb", m[i].verb, "kinds",
                            names_of(hy_matter_name, m[i].kinds, HY_MATTER_COUNT), "from",
                            names_of(hy_stage_name, m[i].from, HY_STAGE_COUNT), "roles",
                            names_of(hy_role_name, m[i].roles, HY_ROLE_COUNT), "to",
                            m[i].to == HY_STAY ? NULL : hy_stage_name[m[i].to]));
    return list;
}

static json_t *duty_people(const struct hy_duty *duty)
{
    json_t *list = json_array();

    for (size_t i = 0; duty && i < hy_duty_count(duty); i++)
        json_array_append_new(list, pair(hy_duty_at(duty, i)->id, hy_duty_at(duty, i)->name));
    return list;
}

void hy_board_rules(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    json_t *o = json_object(), *levels = json_array(), *forms = json_array();
    json_t *classes = json_array(), *content = json_array(), *anchors = json_object();

    for (int i = 1; i <= 4; i++)
        json_array_append_new(levels, json_pack("{s:i,s:s}", "level", i, "name", level_names[i]));
    for (int i = 0; i < HY_ACT_COUNT; i++)
        json_array_append_new(forms, pair(hy_act_name[i], hy_act_label[i]));
    for (int i = 0; i < HY_DISPOSITION_COUNT; i++)
        if (hy_windows_dispositions(b->rules->windows) & 1u << i)
            json_array_append_new(classes, json_pack("{s:s,s:s,s:s}", "id", hy_disposition_name[i],
                                                     "name", hy_disposition_label[i], "close_when",
                                                     hy_disposition_owes[i]));
    for (size_t i = 0; i < HY_COUNT(boxes); i++)
        json_array_append_new(content, pair(boxes[i][0], boxes[i][1]));
    for (int i = 0; i < HY_ANCHOR_COUNT; i++)
        json_object_set_new(anchors, hy_anchor_name[i], json_string(hy_anchor_label[i]));
    json_object_set_new(o, "version", json_string(b->rules->version));
    json_object_set_new(o, "office", pair(b->office, b->rules->office->name));
    json_object_set_new(o, "clocks", clocks_json(b->rules->windows));
    json_object_set_new(o, "units", units_json(b->rules->lexicon));
    json_object_set_new(o, "sources", source_names(b->rules->sources));
    json_object_set_new(o, "people", hy_board_people(b));
    json_object_set_new(o, "duty_people", duty_people(b->rules->duty));
    json_object_set_new(o, "life", life_json());
    json_object_set_new(o, "levels", levels);
    json_object_set_new(o, "forms", forms);
    json_object_set_new(o, "dispositions", classes);
    json_object_set_new(o, "boxes", content);
    json_object_set_new(o, "anchors", anchors);
    hy_http_json(req, 200, o);
}
