/* SPDX-License-Identifier: Apache-2.0 */
/* What a risk assessment hears of: items its words are in, from the release on.
 *
 * The analyzer marks them (analyzer/lookout.h), whatever they score; here a mark raises an item that
 * would have gone unlisted to the list, so that somebody judges it, and writes it into the
 * assessment.  Pages of the office's own channels are written down too, as what was released, and
 * raise nothing.
 *
 * People are told at the 1st item, the 5th, the 20th, ...: a release that everybody reprints must not
 * ring at each reprint. */
#include "alerts/decide/command.h"
#include "alerts/decide/risk.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "rules/names.h"

#include <stdio.h>
#include <stdlib.h>

enum { CAUGHT_MAX = 300, TITLE_CHARS = 60, PLAN_CHARS = 200, RISKS_NAMED = 5 };
static const int64_t told_at[] = {1, 5, 20, 50, 100, 200, 500, 1000};

static bool is_state(const json_t *doc, const char *state)
{
    return hy_str_is(hy_json_str(doc, "state"), state);
}

/* ---- an item ---- */

/* Was it on when the item was judged?  The keeper may hear of it later than of the end. */
static bool wanted(const json_t *doc, hy_wall judged)
{
    const json_t *span = json_object_get(doc, "watch");
    hy_wall ended = hy_json_time(json_object_get(doc, "ended"), "at");

    return doc && hy_doc_kind_of(doc) == HY_DOC_RISK && !is_state(doc, "rejected") &&
           hy_json_time(span, "from").ms <= judged.ms && judged.ms < hy_json_time(span, "to").ms &&
           (!hy_wall_known(ended) || judged.ms < ended.ms);
}

static json_t *wanting(const struct hy_decide *d, const json_t *hit)
{
    hy_wall judged = hy_json_time(hit, "scored");
    json_t *list = json_array(), *mark;
    size_t i;

    json_array_foreach (json_object_get(hit, "watch"), i, mark) {
        const json_t *doc = hy_state_incident(d->state, hy_json_str(mark, "id"));
        if (!wanted(doc, hy_wall_known(judged) ? judged : d->now))
            continue;
        json_t *named = json_copy(mark);
        json_object_set(named, "name", json_object_get(doc, "name"));
        json_array_append_new(list, named);
    }
    return list;
}

static bool is_told(const json_t *hit, const char *alert)
{
    return hy_str_is(hy_json_str(json_object_get(hit, "score"), "alert"), alert);
}

bool hy_risk_is_unwanted(const json_t *raised)
{
    return json_object_get(raised, "watch") == NULL && is_told(raised, "none");
}

json_t *hy_risk_raise(const struct hy_decide *d, const json_t *hit)
{
    HY_CLEANUP(hy_json_freep) json_t *list = NULL;
    json_t *raised, *score;

    if (json_object_get(hit, "watch") == NULL)
        return NULL;
    list = wanting(d, hit);
    raised = json_copy((json_t *)hit);
    json_object_del(raised, "watch");
    if (json_array_size(list) == 0)
        return raised;
    json_object_set_new(raised, "watch", HY_TAKE(list));
    if (!is_told(hit, "none") && !is_told(hit, "digest"))
        return raised;
    score = json_copy(json_object_get(hit, "score"));
    json_object_set(raised, "raised_from", json_object_get(score, "alert"));
    hy_json_set_str(score, "alert", HY_STR("list"));
    json_object_set_new(raised, "score", score);
    return raised;
}

static json_t *caught_row(const struct hy_decide *d, const json_t *hit, const json_t *mark)
{
    static const char *const keys[] = {"id",      "url",  "source", "title",
                                       "published", "fetched", "hash", "raised_from"};
    const char *in = hy_state_item(d->state, hy_json_str(hit, "id"));
    json_t *row = json_object();

    for (size_t i = 0; i < HY_COUNT(keys); i++)
        if (json_object_get(hit, keys[i]))
            json_object_set(row, keys[i], json_object_get(hit, keys[i]));
    json_object_set(row, "words", json_object_get(mark, "words"));
    json_object_set_new(row, "at", hy_now_json(d));
    json_object_set_new(row, "incident", in ? json_string(in) : json_null());
    if (hy_is_official(d->rules, hit))
        json_object_set_new(row, "own", json_true());
    return row;
}

static bool is_time_to_tell(int64_t n)
{
    for (size_t i = 0; i < HY_COUNT(told_at); i++)
        if (told_at[i] == n)
            return true;
    return false;
}

/* The drafter, the people on duty, and, of the first item of a high risk, at once. */
static void tell(struct hy_decide *d, const json_t *doc, const json_t *hit, int64_t n, json_t *set,
                 json_t *put)
{
    HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(doc, "id"));
    HY_CLEANUP(hy_freep)
    char *drafter = hy_str_dup(hy_json_str(json_object_get(doc, "drafted"), "by"));
    bool high = hy_str_is(hy_json_str(doc, "grade"), hy_risk_grade_name[0]);
    HY_CLEANUP(hy_freep)
    char *body = hy_xasprintf("发布后出现相关信息（第 %lld 条）：" HY_STR_FMT, (long long)n,
                              HY_STR_ARG(hy_utf8_head(hy_json_str(hit, "title"), TITLE_CHARS)));
    char step[40];

    snprintf(step, sizeof(step), "caught-%lld", (long long)n);
    hy_notice(d, hy_str(id),
              &(struct hy_notice_spec){.clock = HY_STR("-"),
                                       .step = step,
                                       .posts = 1u << HY_POST_DUTY,
                                       .person = drafter,
                                       .urgency = high && n == 1 ? HY_URGENT : HY_NORMAL,
                                       .body = body,
                                       .due = d->now,
                                       .set = set,
                                       .put = put});
}

static void write_down(struct hy_decide *d, const json_t *hit, const json_t *mark)
{
    struct hy_str id = hy_json_str(mark, "id");
    const json_t *doc = hy_state_incident(d->state, id), *list = json_object_get(doc, "caught");
    const json_t *old = hy_list_find(list, hy_json_str(hit, "id"));
    int64_t n = hy_json_int(doc, "n_caught", 0);
    json_t *set = json_object(), *put = json_object(), *row;

    if (old && hy_str_eq(hy_json_str(old, "hash"), hy_json_str(hit, "hash"))) {
        json_decref(set);
        json_decref(put);
        return;
    }
    row = caught_row(d, hit, mark);
    bool counts = old == NULL && json_object_get(row, "own") == NULL;
    json_object_set_new(set, "last_caught", hy_now_json(d));
    hy_json_set_int(set, "n_caught", n + counts);
    if (old || json_array_size(list) < CAUGHT_MAX)
        json_object_set_new(put, "caught", hy_list_of(row));
    else
        json_decref(row);
    if (counts && is_time_to_tell(n + 1))
        tell(d, doc, hit, n + 1, set, put);
    else
        hy_emit(d, HY_ENTRY_RISK, id, hy_entry_data(NULL, set, put));
}

void hy_risk_catch(struct hy_decide *d, const json_t *raised)
{
    size_t i;
    json_t *mark;

    json_array_foreach (json_object_get(raised, "watch"), i, mark)
        write_down(d, raised, mark);
}

/* ---- its days ---- */

static void add_risks(struct hy_buf *b, const json_t *doc)
{
    const json_t *risks = json_object_get(doc, "risks");
    size_t i;
    json_t *v;

    json_array_foreach (risks, i, v)
        if (i < RISKS_NAMED)
            hy_buf_printf(b, "%s%s", i ? "；" : "风险点：", json_string_value(v));
    hy_buf_puts(b, "。");
}

static void say_unapproved(const json_t *doc, struct hy_buf *b)
{
    hy_add_moment(b, hy_json_time(doc, "release"));
    hy_buf_puts(b, " 发布，风险评估还没有审批，请审批或推迟发布");
}

static void say_begins(const json_t *doc, struct hy_buf *b)
{
    hy_buf_printf(b, "到发布时间了%s，从现在起关注 %lld 天。",
                  is_state(doc, "approved") ? "" : "（风险评估还没有审批）",
                  (long long)hy_json_int(doc, "days", 0));
    add_risks(b, doc);
    hy_buf_printf(b, "预案：" HY_STR_FMT,
                  HY_STR_ARG(hy_utf8_head(hy_json_str(doc, "plan"), PLAN_CHARS)));
}

static void say_ends(const json_t *doc, struct hy_buf *b)
{
    hy_buf_printf(b, "关注期结束，共出现 %lld 条相关信息。请对照预案评估发布效果",
                  (long long)hy_json_int(doc, "n_caught", 0));
}

static const struct {
    const char *name;
    unsigned posts;
    bool unapproved_only, drafter;
    void (*say)(const json_t *doc, struct hy_buf *b);
} days[] = {
    {HY_RISK_UNAPPROVED, 1u << HY_POST_SUPERVISOR, true, true, say_unapproved},
    {HY_RISK_BEGINS, 1u << HY_POST_DUTY | 1u << HY_POST_UNIT_LEAD, false, true, say_begins},
    {HY_RISK_ENDS, 1u << HY_POST_SUPERVISOR, false, true, say_ends},
};

/* The last day is over: nobody has to end it. */
static json_t *ended_members(const struct hy_decide *d, const json_t *doc, json_t *put)
{
    json_t *set = json_object(), *row = json_object();
    char id[32];

    hy_json_set_str(set, "state", HY_STR("ended"));
    json_object_set_new(set, "ended",
                        json_pack("{s:O,s:b}", "at",
                                  json_object_get(json_object_get(doc, "watch"), "to"), "by_itself",
                                  true));
    hy_row_id(doc, "history", 'H', id);
    hy_json_set_str(row, "id", hy_str(id));
    hy_json_set_str(row, "verb", HY_STR("risk_end"));
    hy_json_set_str(row, "to", HY_STR("ended"));
    json_object_set_new(row, "at", hy_now_json(d));
    json_object_set_new(put, "history", hy_list_of(row));
    return set;
}

static void tell_day(struct hy_decide *d, const json_t *doc, size_t k, hy_wall due, json_t *set,
                     json_t *put)
{
    HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(doc, "id"));
    HY_CLEANUP(hy_freep)
    char *drafter = hy_str_dup(hy_json_str(json_object_get(doc, "drafted"), "by"));
    HY_CLEANUP(hy_buf_release) struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    char step[64];

    days[k].say(doc, &body);
    snprintf(step, sizeof(step), "%s-%lld", days[k].name, (long long)d->state->head.seq + 1);
    hy_notice(d, hy_str(id),
              &(struct hy_notice_spec){.clock = HY_STR("-"),
                                       .step = step,
                                       .posts = days[k].posts,
                                       .person = days[k].drafter ? drafter : NULL,
                                       .urgency = HY_NORMAL,
                                       .body = body.p,
                                       .due = due,
                                       .set = set,
                                       .put = put});
}

void hy_risk_timer(struct hy_decide *d, const json_t *doc, struct hy_str name, hy_wall due)
{
    const json_t *step = hy_list_find(json_object_get(doc, "steps"), name);
    size_t k = 0;

    if (step == NULL || !hy_step_waits(step) || hy_json_time(step, "due").ms != due.ms)
        return;
    json_t *changed = json_deep_copy(step), *put = json_object(), *set = NULL;
    hy_step_fire(d, changed, due);
    json_object_set_new(put, "steps", hy_list_of(changed));
    while (k < HY_COUNT(days) && !hy_str_is(name, days[k].name))
        k++;
    bool on = hy_risk_is_on(doc);
    if (on && hy_str_is(name, HY_RISK_ENDS))
        set = ended_members(d, doc, put);
    if (k == HY_COUNT(days) || !on || (days[k].unapproved_only && is_state(doc, "approved")))
        hy_emit(d, HY_ENTRY_RISK, hy_json_str(doc, "id"), hy_entry_data(NULL, NULL, put));
    else
        tell_day(d, doc, k, due, set, put);
}
