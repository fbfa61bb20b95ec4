/* SPDX-License-Identifier: Apache-2.0 */
/* Pre-release risk assessments (事前舆情风险评估, 豫政办〔2014〕: 「加强事前舆情风险评估」 「制定应对
 * 预案」, afterwards 「跟踪舆情」): who writes, says something to and signs the form.  What it hears of
 * once the matter is out stands in lookout.c.
 *
 * Nobody approves what he wrote (自府办发〔2018〕44号: 表述、时机、方式 are judged by another person),
 * and what is changed waits for approval again.  The lookout does not wait for the signature: the
 * release does, and seeing too early costs nothing.  What is refused is not released like this, so
 * its lookout rests until somebody writes it anew. */
#include "alerts/decide/command.h"
#include "alerts/decide/risk.h"

#include "analyzer/lookout.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "rules/lexicon.h"
#include "rules/names.h"

#include <stdlib.h>
#include <string.h>

enum { DAYS_MAX = 90, RUNNING_MAX = 50, REMIND_H = 24 };

static const char *const types[] = {"policy", "event", "project", "announcement", "other", NULL};
static const char *const checks[] = {"wording", "timing", "method", NULL};

/* Only what the form cannot do without is required; an amendment may leave out what stays. */
static const struct hy_field form[] = {
    {"name", "要发布什么", HY_F_TEXT, true},
    {"type", "种类", HY_F_NAME, .names = types},
    {"unit", "发布单位", HY_F_UNIT},
    {"release", "发布时间", HY_F_TIME, true},
    {"days", "发布后关注的天数", HY_F_INT, true, .min = 1, .max = DAYS_MAX},
    {"summary", "主要内容", HY_F_LONG},
    {"topic", "话题", HY_F_TEXT},
    {"risks", "风险点", HY_F_TEXTS, true},
    {"words", "关注的词", HY_F_TEXTS, true},
    {"plan", "应对预案", HY_F_LONG, true},
    {"grade", "风险等级", HY_F_NAME, true, .names = hy_risk_grade_name},
    {NULL},
};

/* ---- the form ---- */

static int check_words(struct hy_work *w, const json_t *given)
{
    size_t i;
    json_t *v;

    json_array_foreach (json_object_get(given, "words"), i, v) {
        struct hy_str phrase = hy_str(json_string_value(v));
        if (!hy_lookout_phrase_ok(phrase))
            return hy_refuse(w, "invalid", "words",
                             "关注的词“" HY_STR_FMT "”太短：每个词至少 %d 个字，一行里用空格隔开"
                             "的词要同时出现",
                             HY_STR_ARG(hy_utf8_head(phrase, 40)), (int)HY_LOOKOUT_WORD_MIN);
    }
    return HY_OK;
}

static int check_topic(struct hy_work *w, const json_t *given)
{
    struct hy_str topic = hy_json_str(given, "topic");

    if (topic.n && w->d->rules->lexicon && !hy_lexicon_topic(w->d->rules->lexicon, topic))
        return hy_refuse(w, "invalid", "topic", "没有编号为“" HY_STR_FMT "”的话题",
                         HY_STR_ARG(hy_utf8_head(topic, 40)));
    return HY_OK;
}

/* From when to when is looked; by what is given, else by the document. */
static int read_span(struct hy_work *w, const json_t *given, hy_wall *from, hy_wall *to)
{
    const json_t *at = json_object_get(given, "release") ? given : w->doc;
    const json_t *days = json_object_get(given, "days") ? given : w->doc;

    *from = hy_json_time(at, "release");
    *to = hy_wall_add_ms(*from, hy_json_int(days, "days", 0) * HY_DAY_MS);
    if (to->ms <= w->d->now.ms)
        return hy_refuse(w, "invalid", "days", "关注期已经过了，请检查发布时间和天数");
    return HY_OK;
}

/* A step of the past has nothing to say any more. */
static json_t *step(const struct hy_work *w, const char *name, hy_wall due)
{
    json_t *s = json_object();

    hy_json_set_str(s, "id", hy_str(name));
    hy_json_set_str(s, "step", hy_str(name));
    hy_json_set_time(s, "due", due, HY_CST);
    json_object_set_new(s, "fired", due.ms <= w->d->now.ms ? hy_now_json(w->d) : json_null());
    return s;
}

/* What follows from the span: kept as members, so that whoever looks need not count days. */
static void set_span(const struct hy_work *w, hy_wall from, hy_wall to, json_t *set, json_t *put)
{
    json_t *span = json_object();

    hy_json_set_time(span, "from", from, HY_CST);
    hy_json_set_time(span, "to", to, HY_CST);
    json_object_set_new(set, "watch", span);
    hy_put_more(put, "steps",
                step(w, HY_RISK_UNAPPROVED, hy_wall_add_ms(from, -REMIND_H * HY_HOUR_MS)));
    hy_put_more(put, "steps", step(w, HY_RISK_BEGINS, from));
    hy_put_more(put, "steps", step(w, HY_RISK_ENDS, to));
}

static void set_unit(json_t *set, const json_t *given)
{
    const json_t *unit = json_object_get(given, "unit");

    if (unit || json_object_get(set, "kind"))
        json_object_set_new(set, "units",
                            json_pack("{s:O?,s:[],s:[]}", "lead", unit, "support", "proposed"));
    json_object_del(set, "unit");
}

static void add_history(const struct hy_work *w, json_t *put, const char *to)
{
    json_t *row = hy_signed(w);
    struct hy_str reason = hy_str_trim(hy_json_str(w->args, "reason"));
    char id[32];

    hy_row_id(w->doc, "history", 'H', id);
    hy_json_set_str(row, "id", hy_str(id));
    hy_json_set_str(row, "verb", hy_json_str(w->cmd, "verb"));
    hy_json_set_str(row, "to", hy_str(to));
    if (reason.n)
        hy_json_set_str(row, "reason", reason);
    hy_put_more(put, "history", row);
}

static json_t *touched(const struct hy_work *w)
{
    json_t *set = json_object();

    hy_json_set_int(set, "touched", w->d->state->head.seq + 1);
    return set;
}

static int running(const struct hy_decide *d)
{
    struct hy_walk walk = {.kinds = 1u << HY_DOC_RISK};
    const json_t *doc;
    int n = 0;

    while ((doc = hy_state_next(d->state, &walk)))
        n += hy_risk_is_on(doc);
    return n;
}

static json_t *form_members(const struct hy_work *w)
{
    static const char *const lists[] = {"opinions", "caught", "notices"};
    json_t *set = touched(w);

    for (size_t i = 0; i < HY_COUNT(lists); i++)
        json_object_set_new(set, lists[i], json_array());
    hy_json_set_str(set, "kind", hy_str(hy_doc_name[HY_DOC_RISK]));
    hy_json_set_str(set, "state", HY_STR("proposed"));
    hy_json_set_int(set, "n_caught", 0);
    json_object_set_new(set, "drafted", hy_signed(w));
    json_object_set_new(set, "decided", json_null());
    json_object_set_new(set, "opened", hy_now_json(w->d));
    return set;
}

int hy_do_risk(struct hy_work *w)
{
    HY_CLEANUP(hy_json_freep) json_t *given = json_object();
    hy_wall from, to;

    if (hy_fields_read(w, form, given) < 0 || check_words(w, given) < 0 ||
        check_topic(w, given) < 0 || read_span(w, given, &from, &to) < 0)
        return HY_E_STATE;
    if (running(w->d) >= RUNNING_MAX)
        return hy_refuse(w, "state", NULL, "正在关注的评估太多了（%d 件），请先结束不用的",
                         RUNNING_MAX);
    json_t *set = form_members(w), *put = json_object();
    json_object_update(set, given);
    set_unit(set, given);
    set_span(w, from, to, set, put);
    add_history(w, put, "proposed");
    hy_state_next_id(w->d->state, HY_RISK_PREFIX, w->d->now, w->opened);
    w->incident = hy_str(w->opened);
    hy_act(w, HY_ENTRY_RISK, set, put);
    hy_tell(w, "drafted", 1u << HY_POST_SUPERVISOR, NULL, HY_NORMAL,
            "新的事前舆情风险评估，请审批（不能由拟稿人审批）");
    return HY_OK;
}

/* ---- changing it ---- */

static int need_open(struct hy_work *w)
{
    if (hy_str_is(hy_json_str(w->doc, "state"), "ended"))
        return hy_refuse(w, "state", NULL, "这份评估的关注期已经结束");
    return HY_OK;
}

int hy_do_risk_amend(struct hy_work *w)
{
    HY_CLEANUP(hy_json_freep) json_t *given = json_object();
    struct hy_field fields[HY_COUNT(form)];
    struct hy_str reason;
    hy_wall from, to;

    memcpy(fields, form, sizeof(fields));
    for (size_t i = 0; i < HY_COUNT(fields); i++)
        fields[i].required = false;
    if (need_open(w) < 0 || hy_need_text(w, "reason", "修改的理由", &reason) < 0 ||
        hy_fields_read(w, fields, given) < 0 || check_words(w, given) < 0 ||
        check_topic(w, given) < 0 || read_span(w, given, &from, &to) < 0)
        return HY_E_STATE;
    if (json_object_size(given) == 0)
        return hy_refuse(w, "invalid", "reason", "没有要改的内容");
    json_t *set = touched(w), *put = json_object();
    json_object_update(set, given);
    set_unit(set, given);
    set_span(w, from, to, set, put);
    hy_json_set_str(set, "state", HY_STR("proposed"));
    json_object_set_new(set, "decided", json_null());
    json_object_set_new(set, "drafted", hy_signed(w));
    add_history(w, put, "proposed");
    hy_act(w, HY_ENTRY_RISK, set, put);
    hy_tell(w, "amended", 1u << HY_POST_SUPERVISOR, NULL, HY_NORMAL,
            "事前舆情风险评估改过了，请重新审批");
    return HY_OK;
}

int hy_do_risk_opinion(struct hy_work *w)
{
    static const struct hy_field fields[] = {
        {"who", "哪位专家或单位", HY_F_TEXT, true}, {"text", "意见", HY_F_LONG, true}, {NULL}};
    HY_CLEANUP(hy_json_freep) json_t *row = hy_signed(w);
    char id[32];

    if (need_open(w) < 0 || hy_fields_read(w, fields, row) < 0)
        return HY_E_STATE;
    hy_row_id(w->doc, "opinions", 'O', id);
    hy_json_set_str(row, "id", hy_str(id));
    hy_act(w, HY_ENTRY_RISK, touched(w), hy_put_one("opinions", HY_TAKE(row)));
    return HY_OK;
}

/* ---- deciding ---- */

static int need_proposed(struct hy_work *w)
{
    if (!hy_str_is(hy_json_str(w->doc, "state"), "proposed"))
        return hy_refuse(w, "state", NULL, "这份评估不在待审批的状态");
    if (hy_str_eq(hy_json_str(json_object_get(w->doc, "drafted"), "by"),
                  hy_json_str(w->actor, "id")))
        return hy_refuse(w, "forbidden", NULL, "拟稿人不能审批自己写的评估");
    return HY_OK;
}

static void decide(struct hy_work *w, json_t *decided, const char *state, const char *told)
{
    HY_CLEANUP(hy_freep)
    char *drafter = hy_str_dup(hy_json_str(json_object_get(w->doc, "drafted"), "by"));
    json_t *set = touched(w), *put = json_object();

    hy_json_set_str(set, "state", hy_str(state));
    json_object_set_new(set, "decided", decided);
    add_history(w, put, state);
    hy_act(w, HY_ENTRY_RISK, set, put);
    hy_tell(w, state, 0, drafter, HY_NORMAL, told);
}

int hy_do_risk_approve(struct hy_work *w)
{
    static const struct hy_field fields[] = {
        {"checks", "三项研判", HY_F_NAMES, true, .names = checks},
        {"comment", "批示", HY_F_LONG},
        {NULL}};
    HY_CLEANUP(hy_json_freep) json_t *decided = hy_signed(w);
    unsigned seen = 0;
    size_t i;
    json_t *v;

    if (need_proposed(w) < 0 || hy_fields_read(w, fields, decided) < 0)
        return HY_E_STATE;
    json_array_foreach (json_object_get(decided, "checks"), i, v)
        seen |= 1u << hy_name_index(checks, hy_str(json_string_value(v)));
    if (seen != 7)
        return hy_refuse(w, "invalid", "checks",
                         "公开内容表述、公开时机、公开方式三项都研判过才能批准");
    decide(w, HY_TAKE(decided), "approved", "您拟的事前舆情风险评估已批准");
    return HY_OK;
}

int hy_do_risk_reject(struct hy_work *w)
{
    HY_CLEANUP(hy_json_freep) json_t *decided = hy_signed(w);
    HY_CLEANUP(hy_freep) char *told = NULL;
    struct hy_str reason;

    if (need_proposed(w) < 0 || hy_need_text(w, "reason", "退回的理由", &reason) < 0)
        return HY_E_STATE;
    hy_json_set_str(decided, "reason", reason);
    told = hy_xasprintf("您拟的事前舆情风险评估被退回，请修改：" HY_STR_FMT,
                        HY_STR_ARG(hy_utf8_head(reason, 200)));
    decide(w, HY_TAKE(decided), "rejected", told);
    return HY_OK;
}

int hy_do_risk_end(struct hy_work *w)
{
    json_t *set, *put, *ended;
    struct hy_str reason;

    if (need_open(w) < 0 || hy_need_text(w, "reason", "结束关注的理由", &reason) < 0)
        return HY_E_STATE;
    set = touched(w);
    put = json_object();
    ended = hy_signed(w);
    hy_json_set_str(ended, "reason", reason);
    hy_json_set_str(set, "state", HY_STR("ended"));
    json_object_set_new(set, "ended", ended);
    add_history(w, put, "ended");
    hy_act(w, HY_ENTRY_RISK, set, put);
    return HY_OK;
}
