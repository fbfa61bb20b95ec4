/* SPDX-License-Identifier: Apache-2.0 */
/* What was published, answered or handed on, and which clocks that ends.  The first version of a
 * release ends its clock; corrections are kept beside it.  What was recorded by mistake is
 * withdrawn by a person who may approve, and what it had ended is owed again. */
#include "alerts/decide/clocks.h"
#include "alerts/decide/command.h"

#include "core/mem.h"
#include "rules/names.h"

#include <stdio.h>
#include <stdlib.h>

/* Forms that stand on a page of our own: without its address they prove nothing. */
static const unsigned on_a_page = 1u << HY_ACT_RELEASE | 1u << HY_ACT_PUBLICATION |
                                  1u << HY_ACT_REPRINT | 1u << HY_ACT_INTERPRETATION |
                                  1u << HY_ACT_ADOPTION | 1u << HY_ACT_SOLUTION |
                                  1u << HY_ACT_FINDINGS | 1u << HY_ACT_CLARIFICATION;
static const unsigned conferences =
    1u << HY_ACT_CONFERENCE | 1u << HY_ACT_WRITTEN_CONFERENCE | 1u << HY_ACT_ONLINE_CONFERENCE;

static const char *const box_name[] = {"stance", "facts", "measures",    "results",
                                       "causes", "plan",  "constraints", NULL};
static const char *const time_from[] = {"page", "platform", "staff", NULL};
static const struct hy_field response_fields[] = {
    {"form", "回应形式", HY_F_NAME, .names = hy_act_name},
    {"url", "网址", HY_F_URL},
    {"reference", "报刊、广播电视的版次或时间", HY_F_TEXT},
    {"published", "发布时间", HY_F_PAST},
    {"ended", "结束时间", HY_F_PAST},
    {"time_from", "时间出处", HY_F_NAME, .names = time_from},
    {"channels", "发布渠道", HY_F_TEXTS},
    {"speaker", "发言人", HY_F_TEXT},
    {"boxes", "内容要点", HY_F_NAMES, .names = box_name},
    {"hash", "页面指纹", HY_F_TEXT},
    {"snapshot", "快照", HY_F_TEXT},
    {"draft", "稿件", HY_F_TEXT},
    {"final", "最后一次发布", HY_F_BOOL},
    {"receiver", "接收单位", HY_F_TEXT},
    {"receipt", "回执编号", HY_F_TEXT},
    {"basis", "依据", HY_F_LONG},
    {"what", "内容", HY_F_LONG},
    {"delay_cause", "超时原因", HY_F_LONG},
    {NULL},
};

/* ---- the clocks a response names ---- */

/* "clock": one name or a list of names -> a list.  Each must be a running or ended clock here. */
static int read_clocks(struct hy_work *w, json_t **ret)
{
    const json_t *given = json_object_get(w->args, "clock");
    json_t *list = json_is_array(given) ? json_copy((json_t *)given) : json_array(), *v;
    size_t i;

    if (json_is_string(given))
        json_array_append(list, (json_t *)given);
    json_array_foreach (list, i, v) {
        struct hy_str clock = hy_str(json_string_value(v));
        if (hy_incident_obligation(w->doc, clock))
            continue;
        int rc = hy_refuse(w, "invalid", "clock", "这件事没有时限“%.40s”", clock.n ? clock.p : "");
        json_decref(list);
        return rc;
    }
    *ret = list;
    return HY_OK;
}

/* A named clock that this form cannot end is a mistake people should hear of. */
static int check_form(struct hy_work *w, const json_t *clocks, int act)
{
    size_t i;
    json_t *v;

    json_array_foreach (clocks, i, v) {
        const json_t *o = hy_incident_obligation(w->doc, hy_str(json_string_value(v))), *name;
        bool ends = false;
        size_t k;
        json_array_foreach (json_object_get(o, "ended_by"), k, name)
            ends |= hy_str_is(hy_str(json_string_value(name)), hy_act_name[act]);
        if (!ends)
            return hy_refuse(w, "invalid", "form", "“%s”不能算完成“%s”", hy_act_label[act],
                             hy_json_str(o, "label").p);
    }
    return HY_OK;
}

/* ---- the response ---- */

json_t *hy_new_response(const struct hy_work *w, enum hy_act act, hy_wall published)
{
    json_t *r = hy_signed(w);
    char id[32];

    hy_row_id(w->doc, "responses", 'R', id);
    hy_json_set_str(r, "id", hy_str(id));
    hy_json_set_str(r, "form", hy_str(hy_act_name[act]));
    hy_json_set_time(r, "published", published, HY_CST);
    json_object_set_new(r, "clocks", json_array());
    return r;
}

/* Entered after a due time that the publication itself kept: 补录, marked for good. */
static bool is_entered_late(const struct hy_work *w, hy_wall published)
{
    size_t i;
    json_t *o;

    json_array_foreach (json_object_get(w->doc, "obligations"), i, o) {
        int64_t due = hy_json_time(o, "due").ms;
        if (hy_str_is(hy_json_str(o, "state"), "open") && published.ms <= due &&
            w->d->now.ms > due + HY_SKEW_MS)
            return true;
    }
    return false;
}

/* The stage that answering leads to from here, whatever verb is at work. */
static int answered_stage(const struct hy_work *w)
{
    const struct hy_move *m = hy_life_find(HY_STR("respond"), w->kind, w->stage, -1, ~0u);

    return m ? m->to : HY_STAY;
}

/* A document is public from its first publication on; its interpretation is owed with it. */
static void note_publication(const struct hy_work *w, const json_t *response, json_t *set)
{
    bool public = hy_str_is(hy_json_str(response, "form"), hy_act_name[HY_ACT_PUBLICATION]) ||
                  hy_str_is(hy_json_str(response, "form"), hy_act_name[HY_ACT_RELEASE]);
    const json_t *times = json_object_get(w->doc, "times");

    if (w->kind > HY_MATTER_OPINION && public && !hy_wall_known(hy_json_time(times, "published")))
        json_object_set_new(set, "times",
                            hy_times_with(w, "published", hy_json_time(response, "published")));
}

void hy_record_response(struct hy_work *w, json_t *response, json_t *found)
{
    json_t *set = hy_touched(w), *put = json_object();

    note_publication(w, response, set);
    hy_put_more(put, "responses", response);
    if (found) {
        hy_json_set_str(found, "state", HY_STR("confirmed"));
        hy_put_more(put, "found", found);
    }
    hy_move_stage(w, set, put, answered_stage(w));
    hy_act(w, HY_ENTRY_RESPOND, set, put);
    hy_clocks_refresh(w->d, w->incident, "登记回应");
    w->doc = hy_state_incident(w->d->state, w->incident);
    hy_case_settle(w);
}

/* The found response that is confirmed by this command, marked so; NULL when none is named. */
static int read_found(struct hy_work *w, json_t **ret)
{
    struct hy_str id = hy_json_str(w->args, "found");
    const json_t *found = id.n ? hy_list_find(json_object_get(w->doc, "found"), id) : NULL;

    *ret = NULL;
    if (id.n == 0)
        return HY_OK;
    if (found == NULL)
        return hy_refuse(w, "not_found", "found", "没有这条疑似回应");
    if (!hy_str_is(hy_json_str(found, "state"), "proposed"))
        return hy_refuse(w, "state", "found", "这条疑似回应已经处理过");
    *ret = json_deep_copy(found);
    return HY_OK;
}

/* What a found response says about itself, where the command leaves it out. */
static void fill_from_found(json_t *args, const json_t *found)
{
    static const char *const keys[] = {"url", "published", "hash", "form"};

    for (size_t i = 0; found && i < HY_COUNT(keys); i++) {
        json_t *v = json_object_get(found, keys[i]);
        if (json_object_get(args, keys[i]) == NULL && v)
            json_object_set(args, keys[i], v);
    }
}

/* The form a case is answered with when none is named: a message by a reply, a document by being
 * public. */
static enum hy_act usual_act(enum hy_matter kind)
{
    switch (kind) {
    case HY_MATTER_DOCUMENT:
    case HY_MATTER_SERVICE_CHANGE:
    case HY_MATTER_DISCLOSURE:
        return HY_ACT_PUBLICATION;
    case HY_MATTER_FOI:
    case HY_MATTER_MESSAGE:
        return HY_ACT_REPLY;
    case HY_MATTER_HOTLINE:
    case HY_MATTER_PERIODIC:
        return HY_ACT_DONE;
    case HY_MATTER_REPRINT:
        return HY_ACT_REPRINT;
    default:
        return HY_ACT_RELEASE;
    }
}

static int need_evidence(struct hy_work *w, const json_t *r, enum hy_act act)
{
    if ((on_a_page & 1u << act) && !json_object_get(r, "url") && !json_object_get(r, "reference"))
        return hy_refuse(w, "invalid", "url", "请填写发布页面的网址（http:// 或 https:// 开头）");
    if (!hy_wall_known(hy_json_time(r, "published")))
        return hy_refuse(w, "invalid", "published", "请填写发布时间");
    return HY_OK;
}

static void hint_at(struct hy_work *w, const json_t *r, enum hy_act act)
{
    const json_t *draft = hy_list_find(json_object_get(w->doc, "drafts"), hy_json_str(r, "draft"));

    if ((conferences & 1u << act) && !json_object_get(r, "speaker"))
        hy_hint(w, "没有登记发言人：部门负责人或新闻发言人应当出席，请补上");
    if (json_object_get(r, "draft") && !hy_str_is(hy_json_str(draft, "state"), "approved"))
        hy_hint(w, "所用稿件没有审签记录");
    if (json_is_true(json_object_get(r, "entered_late")) &&
        hy_str_trim(hy_json_str(w->args, "reason")).n == 0)
        hy_hint(w, "这是过了时限才补录的，请在备注里写明原因");
}

/* One response as the command says it; w->args is complete. */
static int judge_response(struct hy_work *w, json_t **ret)
{
    HY_CLEANUP(hy_json_freep) json_t *r = hy_new_response(w, usual_act(w->kind), HY_WALL_NONE);
    json_t *clocks = NULL;

    if (hy_fields_read(w, response_fields, r) < 0)
        return HY_E_STATE;
    int act = hy_name_index(hy_act_name, hy_json_str(r, "form"));
    if (need_evidence(w, r, (enum hy_act)act) < 0 || read_clocks(w, &clocks) < 0)
        return HY_E_STATE;
    json_object_set_new(r, "clocks", clocks);
    if (check_form(w, clocks, act) < 0)
        return HY_E_STATE;
    json_object_set_new(r, "entered_late",
                        json_boolean(is_entered_late(w, hy_json_time(r, "published"))));
    if (json_is_object(json_object_get(w->args, "figures")))
        json_object_set(r, "figures", json_object_get(w->args, "figures"));
    hint_at(w, r, (enum hy_act)act);
    *ret = HY_TAKE(r);
    return HY_OK;
}

int hy_do_respond(struct hy_work *w)
{
    HY_CLEANUP(hy_json_freep) json_t *found = NULL;
    HY_CLEANUP(hy_json_freep) json_t *args = NULL;
    json_t *response = NULL;
    int rc;

    if (read_found(w, &found) < 0)
        return HY_E_STATE;
    args = w->args ? json_deep_copy(w->args) : json_object();
    fill_from_found(args, found);
    w->args = args;
    rc = judge_response(w, &response);
    if (rc == HY_OK)
        hy_record_response(w, response, HY_TAKE(found));
    w->args = json_object_get(w->cmd, "args");
    return rc;
}

int hy_do_reject_found(struct hy_work *w)
{
    HY_CLEANUP(hy_json_freep) json_t *found = NULL;
    struct hy_str reason;

    if (read_found(w, &found) < 0)
        return HY_E_STATE;
    if (found == NULL)
        return hy_refuse(w, "invalid", "found", "请指明是哪一条疑似回应");
    if (hy_need_text(w, "reason", "理由", &reason) < 0)
        return HY_E_STATE;
    hy_json_set_str(found, "state", HY_STR("rejected"));
    hy_act(w, HY_ENTRY_REJECT_FOUND, hy_touched(w), hy_put_one("found", HY_TAKE(found)));
    return HY_OK;
}

/* ---- referral ---- */

static const struct hy_field referral_fields[] = {
    {"receiver", "接收单位", HY_F_TEXT, true}, {"basis", "移交的法律依据", HY_F_LONG, true},
    {"what", "移交的线索", HY_F_LONG, true},   {"receipt", "回执编号", HY_F_TEXT},
    {"published", "移交时间", HY_F_PAST},      {NULL},
};

/* Beside a response, never instead of it: the stage stays.  Criticism, complaint and error of fact
 * are no ground; that is for the person to judge, who names the legal basis. */
int hy_do_refer(struct hy_work *w)
{
    HY_CLEANUP(hy_json_freep) json_t *r = hy_new_response(w, HY_ACT_REFERRAL, w->d->now);

    if (hy_fields_read(w, referral_fields, r) < 0)
        return HY_E_STATE;
    if (!json_object_get(r, "receipt"))
        hy_hint(w, "没有回执编号：收到回执后请用“登记更正”补上");
    hy_act(w, HY_ENTRY_REFER, hy_touched(w), hy_put_one("responses", HY_TAKE(r)));
    hy_clocks_refresh(w->d, w->incident, "移交");
    return HY_OK;
}

/* ---- corrections and mistakes ---- */

static int need_response(struct hy_work *w, json_t **ret)
{
    struct hy_str id = hy_json_str(w->args, "response");
    const json_t *r = id.n ? hy_list_find(json_object_get(w->doc, "responses"), id) : NULL;

    if (r == NULL)
        return hy_refuse(w, "not_found", "response", "没有这条登记，请写明是哪一条（如 R1）");
    if (json_is_true(json_object_get(r, "withdrawn")))
        return hy_refuse(w, "state", "response", "这条登记已经撤回");
    *ret = json_deep_copy(r);
    return HY_OK;
}

int hy_do_correct(struct hy_work *w)
{
    static const struct hy_field fields[] = {
        {"what", "更正的内容", HY_F_LONG, true},
        {"time", "更正时间", HY_F_PAST},
        {"url", "更正后的网址", HY_F_URL},
        {"receipt", "回执编号", HY_F_TEXT},
        {NULL},
    };
    HY_CLEANUP(hy_json_freep) json_t *r = NULL;
    HY_CLEANUP(hy_json_freep) json_t *correction = hy_signed(w);

    if (need_response(w, &r) < 0 || hy_fields_read(w, fields, correction) < 0)
        return HY_E_STATE;
    json_t *list = json_object_get(r, "corrections");
    if (list == NULL) {
        list = json_array();
        json_object_set_new(r, "corrections", list);
    }
    json_array_append_new(list, HY_TAKE(correction));
    hy_act(w, HY_ENTRY_CORRECT, hy_touched(w), hy_put_one("responses", HY_TAKE(r)));
    return HY_OK;
}

/* Obligations that this response had ended, superseded, so that they are opened again. */
static void owe_again(const struct hy_work *w, struct hy_str response, json_t *put)
{
    size_t i;
    json_t *o;

    json_array_foreach (json_object_get(w->doc, "obligations"), i, o) {
        const json_t *evidence = json_object_get(o, "evidence");
        if (!hy_str_eq(hy_json_str(evidence, "response"), response) ||
            hy_str_is(hy_json_str(o, "state"), "superseded"))
            continue;
        json_t *changed = json_deep_copy(o);
        hy_json_set_str(changed, "state", HY_STR("superseded"));
        hy_json_set_str(changed, "reason", HY_STR("登记有误，已撤回"));
        json_object_set_new(changed, "again", json_true());
        hy_put_more(put, "obligations", changed);
    }
}

/* The acknowledgement runs out again from here, for it may be that nothing has been published. */
static void tell_withdrawn(struct hy_work *w)
{
    const json_t *clock = hy_incident_is_open(w->doc) ? hy_nearest_clock(w->doc) : NULL;
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    json_t *set = json_object();

    hy_ack_renew(w, set);
    if (json_object_size(set))
        hy_act(w, HY_ENTRY_CLOCKS, set, NULL);
    else
        json_decref(set);
    hy_buf_puts(&b, "一条回应登记因有误被撤回");
    if (clock) {
        hy_buf_puts(&b, "，还没有完成的时限照原来的起算点继续，最近的：");
        hy_add_clock(w->d->now, &b, clock);
    }
    hy_buf_puts(&b, "。请核对，没有发布过的请立即补办");
    hy_tell(w, "withdrawn", 1u << HY_POST_DUTY | 1u << HY_POST_UNIT_LEAD, NULL,
            hy_pressing(w->d, w->doc), b.p);
    hy_buf_release(&b);
}

int hy_do_withdraw(struct hy_work *w)
{
    HY_CLEANUP(hy_json_freep) json_t *r = NULL;
    struct hy_str reason;
    json_t *put;

    if (need_response(w, &r) < 0 || hy_need_text(w, "reason", "撤回的理由", &reason) < 0)
        return HY_E_STATE;
    if (hy_str_eq(hy_json_str(r, "by"), hy_json_str(w->actor, "id")))
        return hy_refuse(w, "forbidden", "response",
                         "登记人不能撤回自己的登记，请另一位审签人撤回");
    put = json_object();
    owe_again(w, hy_json_str(r, "id"), put);
    json_object_set_new(r, "withdrawn", json_true());
    json_object_set_new(r, "withdrawn_by", hy_signed(w));
    hy_put_more(put, "responses", HY_TAKE(r));
    hy_act(w, HY_ENTRY_WITHDRAW, hy_touched(w), put);
    if (hy_incident_is_open(w->doc))
        hy_clocks_refresh(w->d, w->incident, "撤回登记");
    w->doc = hy_state_incident(w->d->state, w->incident);
    tell_withdrawn(w);
    return HY_OK;
}
