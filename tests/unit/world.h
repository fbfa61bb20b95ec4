/* SPDX-License-Identifier: Apache-2.0 */
/* An office in memory for tests of the keeper's decisions: national clocks, a small duty list, a
 * state, and the few ways to act on it and to say what must have come of it. */
#pragma once
#include "alerts/decide/decide.h"
#include "core/mem.h"
#include "rules/calendar.h"
#include "rules/duty.h"
#include "rules/names.h"
#include "rules/office.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/harness.h"

static const char duty_text[] =
    "people:\n"
    "  - {id: d, name: 值班, roles: [duty]}\n"
    "  - {id: e, name: 备班, roles: [duty]}\n"
    "  - {id: s, name: 主管, roles: [supervisor]}\n"
    "  - {id: l, name: 领导, roles: [approver]}\n"
    "  - {id: u, name: 单位, roles: [editor], unit: fire}\n"
    "rota: {handover: \"08:30\", start: 2026-01-01, turns: [{duty: d, second: e}]}\n"
    "posts: {supervisor: [s], leader: [l], unit_lead: [u]}\n"
    "escalation:\n"
    "  - {after: 10m, to: second}\n"
    "  - {after: 20m, to: unit_lead}\n";

/* Three people of a small office; what else it has is put behind. */
#define THREE_PEOPLE                                                                               \
    "people:\n"                                                                                    \
    "  - {id: d, name: 值班, roles: [duty]}\n"                                                     \
    "  - {id: e, name: 备班, roles: [duty]}\n"                                                     \
    "  - {id: s, name: 主管, roles: [supervisor]}\n"                                               \
    "posts: {supervisor: [s]}\n"

struct world {
    struct hy_rules rules;
    struct hy_state *state;
    struct hy_decide d;
};

static inline hy_wall at(const char *clock)
{
    char text[64];
    hy_wall t;

    snprintf(text, sizeof(text), "2026-11-%s:00+08:00", clock); /* "23T09:12" */
    if (!hy_wall_parse(hy_str(text), &t))
        fail_msg("not a time: %s", text);
    return t;
}

/* Another duty list instead of the usual one. */
static inline void world_duty(struct world *w, const char *text)
{
    struct hy_diag *diag = hy_diag_new();
    struct hy_err err = HY_ERR_INIT;

    hy_duty_free(w->rules.duty);
    w->rules.duty = hy_duty_new();
    assert_int_equal(hy_duty_add_text(w->rules.duty, hy_str(text), "duty", diag, &err), HY_OK);
    hy_diag_free(diag);
}

static inline void world_begin(struct world *w)
{
    struct hy_diag *diag = hy_diag_new();
    struct hy_err err = HY_ERR_INIT;

    *w = (struct world){.rules = {.version = "test"}};
    assert_int_equal(
        hy_section_windows.load("rules/national", true, (void **)&w->rules.windows, diag, &err),
        HY_OK);
    assert_int_equal(
        hy_section_calendar.load("rules/national", true, (void **)&w->rules.calendar, diag, &err),
        HY_OK);
    hy_diag_free(diag);
    world_duty(w, duty_text);
    w->state = hy_state_new();
    hy_decide_init(&w->d, w->state, &w->rules, at("23T09:13"));
}

/* A fresh state under the same rules: reading the national file is what costs. */
static inline void world_again(struct world *w)
{
    hy_decide_release(&w->d);
    hy_state_free(w->state);
    w->state = hy_state_new();
    hy_decide_init(&w->d, w->state, &w->rules, at("23T09:13"));
}

static inline void world_end(struct world *w)
{
    hy_decide_release(&w->d);
    hy_state_free(w->state);
    hy_windows_free(w->rules.windows);
    hy_calendar_free(w->rules.calendar);
    hy_duty_free(w->rules.duty);
}

static inline json_t *hit_of(const char *id, const char *alert, int level, const char *published)
{
    char time[HY_TIME_SIZE];
    json_t *hit = json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:{s:s,s:i,s:s,s:i}}", "id", id, "url",
                            "http://a.cn/1", "title", "清溪县一化工厂爆炸", "text", "现场浓烟",
                            "hash", id, "published_precision", "minute", "score", "alert", alert,
                            "emergency", 90, "event_class", "accident", "relevance", 90);

    if (level)
        json_object_set_new(json_object_get(hit, "score"), "level", json_integer(level));
    hy_wall_format(at(published), HY_CST, time);
    json_object_set_new(hit, "published", json_string(time));
    return hit;
}

static inline void give_hit(struct world *w, const char *id, const char *alert, int level,
                            const char *published, const char *incident, const char *reprint_of)
{
    json_t *hit = hit_of(id, alert, level, published);

    hy_decide_hit(&w->d, hit,
                  &(struct hy_place_verdict){.incident = incident, .reprint_of = reprint_of});
    json_decref(hit);
}

#define ID "I20261123-0001"
static inline const json_t *incident(const struct world *w)
{
    return hy_state_incident(w->state, HY_STR(ID));
}

/* Notices of this decision as "step>people ...". */
static inline void expect_notices(struct world *w, const char *want)
{
    struct hy_buf b = HY_BUF_INIT(4096);
    size_t i, k;
    json_t *e, *p;

    json_array_foreach (w->d.entries, i, e) {
        const json_t *n = json_object_get(json_object_get(e, "data"), "notice");
        if (n == NULL)
            continue;
        hy_buf_printf(&b, "%s%s/%s>", b.n ? " " : "",
                      json_string_value(json_object_get(n, "clock")),
                      json_string_value(json_object_get(n, "step")));
        json_array_foreach (json_object_get(n, "to"), k, p)
            hy_buf_printf(&b, "%s%s", k ? "," : "", json_string_value(p));
    }
    assert_string_equal(b.p ? b.p : "", want);
    hy_buf_release(&b);
    hy_decide_clear(&w->d);
}

/* "H5:open:23T14:12?" of every obligation. */
static inline void expect_clocks_of(const json_t *doc, const char *want)
{
    struct hy_buf b = HY_BUF_INIT(4096);
    size_t i;
    json_t *o;

    json_array_foreach (json_object_get(doc, "obligations"), i, o) {
        char text[HY_TIME_SIZE];
        hy_wall_format(hy_json_time(o, "due"), HY_CST, text);
        hy_buf_printf(&b, "%s%.*s:%s:%.8s%s", i ? " " : "", HY_STR_ARG(hy_obligation_suffix(o)),
                      json_string_value(json_object_get(o, "state")), text + 8,
                      json_is_true(json_object_get(o, "provisional")) ? "?" : "");
    }
    assert_string_equal(b.p ? b.p : "", want);
    hy_buf_release(&b);
}

static inline void expect_clocks(const struct world *w, const char *want)
{
    expect_clocks_of(incident(w), want);
}

static inline void fire_until(struct world *w, hy_wall now)
{
    for (;;) {
        struct hy_pendings p;
        const struct hy_pending *first = NULL;
        hy_pendings_of(incident(w), &p);
        for (size_t i = 0; i < p.n; i++)
            if (p.v[i].due.ms <= now.ms && (first == NULL || p.v[i].due.ms < first->due.ms))
                first = &p.v[i];
        if (first) {
            w->d.now = HY_MAX(w->d.now.ms, first->due.ms) == first->due.ms ? first->due : w->d.now;
            hy_decide_timer(&w->d, hy_str(first->member), first->due);
        }
        hy_pendings_release(&p);
        if (first == NULL)
            break;
    }
    w->d.now = now;
}

/* Sends a command of a person who holds `roles`; the code of the refusal or "ok". */
static inline const json_t *reply(const struct world *w)
{
    return json_array_get(w->d.replies, json_array_size(w->d.replies) - 1);
}

static inline const char *command_on(struct world *w, const char *on, const char *verb,
                                     const char *person, unsigned roles, json_t *args)
{
    static char code[32];
    static int n;
    char id[40];
    json_t *list = json_array();

    for (int r = 0; r < HY_ROLE_COUNT; r++)
        if (roles & 1u << r)
            json_array_append_new(list, json_string(hy_role_name[r]));
    snprintf(id, sizeof(id), "%032d", ++n);
    json_t *cmd = json_pack("{s:s,s:s,s:s,s:{s:s,s:s,s:o},s:o}", "id", id, "verb", verb, "incident",
                            on, "actor", "id", person, "name", person, "roles", list, "args",
                            args ? args : json_object());
    hy_decide_command(&w->d, cmd);
    json_decref(cmd);
    snprintf(code, sizeof(code), "%s",
             json_is_true(json_object_get(reply(w), "ok"))
                 ? "ok"
                 : json_string_value(json_object_get(reply(w), "code")));
    if (strcmp(code, "ok") != 0)
        assert_true(hy_json_str(reply(w), "message").n > 0);
    return code;
}

static inline const char *command(struct world *w, const char *verb, const char *person,
                                  unsigned roles, json_t *args)
{
    return command_on(w, ID, verb, person, roles, args);
}

/* The same with the arguments written as JSON ('' for ""). */
static inline json_t *json_of(const char *text)
{
    HY_CLEANUP(hy_freep) char *copy = hy_xstrdup(text);
    struct hy_err err = HY_ERR_INIT;
    json_t *o = NULL;

    for (char *c = copy; *c; c++)
        if (*c == '\'')
            *c = '"';
    if (hy_json_parse(hy_str(copy), &o, &err) < 0)
        fail_msg("%s: %s", text, err.msg);
    return o;
}
#define ROLE(r) (1u << HY_ROLE_##r)

#define ANY ((1u << HY_ROLE_COUNT) - 1)
#define ARGS(...) json_pack(__VA_ARGS__)

/* Every notice id once; replaying the lines gives the same documents. */
static inline void check_journal(struct world *w, struct hy_str lines)
{
    HY_CLEANUP(hy_state_freep) struct hy_state *again = hy_state_new();
    struct hy_map *notices = hy_map_new(NULL);
    struct hy_head head = HY_HEAD_INIT;
    struct hy_err err = HY_ERR_INIT;
    struct hy_walk walk = {0};
    const json_t *doc;
    struct hy_str id;
    char digests[2][HY_DIGEST_HEX];

    for (struct hy_lines it = hy_lines(lines); hy_lines_next(&it);) {
        HY_CLEANUP(hy_json_freep) json_t *e = NULL;
        assert_int_equal(hy_journal_check(it.line, &head, &e, &err), HY_OK);
        assert_int_equal(hy_apply(again, e, &err), HY_OK);
        hy_state_text(again, hy_json_str(e, "incident")); /* each is made from the one before */
        id = hy_json_str(json_object_get(json_object_get(e, "data"), "notice"), "id");
        if (id.n) {
            assert_null(hy_map_get(notices, id));
            hy_map_set(notices, id, w);
        }
    }
    assert_int_equal(hy_state_count(again), hy_state_count(w->state));
    while ((doc = hy_state_next(w->state, &walk))) {
        HY_CLEANUP(hy_freep) char *text = hy_json_text(doc);
        assert_true(json_equal(doc, hy_state_incident(again, hy_json_str(doc, "id"))));
        assert_string_equal(hy_state_text(again, hy_json_str(doc, "id")).p, text);
    }
    assert_string_equal(hy_state_digest(again, digests[0]), hy_state_digest(w->state, digests[1]));
    assert_memory_equal(again->newest, w->state->newest, sizeof(again->newest));
    hy_map_free(notices);
}
