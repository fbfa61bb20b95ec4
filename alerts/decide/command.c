/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of commands: who may (the table of the life cycle), is the sender up to date, which
 * verb, and the reply.  Refusals are Chinese sentences with a code. */
#include "alerts/decide/command.h"

#include "core/mem.h"
#include "rules/names.h"

#include <stdlib.h>

static const struct verb {
    const char *name, *label;
    hy_verb_fn run;
    bool addressee; /* also the person a notice went to */
    bool opens;     /* makes its document; args.kind says of which kind */
    bool office;    /* about the duty list, not about a matter */
    bool risk;      /* about a risk assessment; `opens`: makes one */
} verbs[] = {
    {"accept", "受领", hy_do_record, false},
    {"ack", "签收", hy_do_ack, true},
    {"alarm_test", "试发提醒", hy_do_alarm_test, .office = true},
    {"amend", "更正登记", hy_do_amend, false},
    {"approve", "批准", hy_do_approve, false},
    {"archive", "归档", hy_do_record, false},
    {"assign", "交办", hy_do_assign, false},
    {"away", "登记不在岗", hy_do_away, .office = true},
    {"call", "呼叫", hy_do_record, false},
    {"classify", "处置分类", hy_do_classify, false},
    {"close", "办结", hy_do_close, false},
    {"confirm", "确认", hy_do_confirm, false},
    {"consult", "会商", hy_do_record, false},
    {"correct", "登记更正", hy_do_correct, false},
    {"dismiss", "排除", hy_do_dismiss, false},
    {"draft", "拟稿", hy_do_draft, false},
    {"drill", "演练", hy_do_drill, .office = true},
    {"duty_cancel", "撤销换班", hy_do_duty_cancel, .office = true},
    {"evaluate", "评估", hy_do_record, false},
    {"extend", "申请延期", hy_do_extend, false},
    {"level", "定级", hy_do_level, false},
    {"line", "拟定口径", hy_do_line, false},
    {"link", "关联", hy_do_link, false},
    {"merge", "并案", hy_do_merge, false},
    {"note", "备注", hy_do_record, false},
    {"opinion_level", "舆情分级", hy_do_record, false},
    {"override", "换人值班", hy_do_override, .office = true},
    {"parties", "登记主体", hy_do_record, false},
    {"rate", "满意度", hy_do_record, false},
    {"receipt", "回执", hy_do_receipt, true},
    {"refer", "移交", hy_do_refer, false},
    {"register", "登记", hy_do_register, false, .opens = true},
    {"reject", "不批准", hy_do_reject, false},
    {"reject_found", "不是回应", hy_do_reject_found, false},
    {"reopen", "重新打开", hy_do_reopen, false},
    {"respond", "登记回应", hy_do_respond, false},
    {"resume", "收到答复", hy_do_resume, false},
    {"return", "退回", hy_do_record, false},
    {"risk", "风险评估", hy_do_risk, .opens = true, .risk = true},
    {"risk_amend", "修改风险评估", hy_do_risk_amend, .risk = true},
    {"risk_approve", "批准风险评估", hy_do_risk_approve, .risk = true},
    {"risk_end", "结束关注", hy_do_risk_end, .risk = true},
    {"risk_opinion", "登记专家意见", hy_do_risk_opinion, .risk = true},
    {"risk_reject", "退回风险评估", hy_do_risk_reject, .risk = true},
    {"silence", "静默", hy_do_silence, .office = true},
    {"silence_end", "结束静默", hy_do_silence_end, .office = true},
    {"snooze", "推迟提醒", hy_do_snooze, true},
    {"split", "拆分", hy_do_split, false},
    {"spokesperson", "指定发言人", hy_do_record, false},
    {"state", "流转", hy_do_state, false},
    {"submit", "送审", hy_do_submit, false},
    {"supplement", "收到补正", hy_do_supplement, false},
    {"suspend", "征求意见", hy_do_suspend, false},
    {"swap", "换班", hy_do_swap, .office = true},
    {"swap_answer", "答复换班", hy_do_swap_answer, .office = true},
    {"tag", "标记", hy_do_record, false},
    {"times", "更正时间", hy_do_times, false},
    {"urge", "督办", hy_do_record, false},
    {"verify", "核实", hy_do_record, false},
    {"waive", "免回应", hy_do_waive, false},
    {"withdraw", "撤回登记", hy_do_withdraw, false},
};

static const struct verb *find_verb(struct hy_str name)
{
    for (size_t i = 0; i < HY_COUNT(verbs); i++)
        if (hy_str_is(name, verbs[i].name))
            return &verbs[i];
    return NULL;
}

static unsigned roles_of(const json_t *actor)
{
    unsigned roles = 0;
    size_t i;
    json_t *v;

    json_array_foreach (json_object_get(actor, "roles"), i, v) {
        int r = hy_name_index(hy_role_name, hy_str(json_string_value(v)));
        if (r >= 0)
            roles |= 1u << r;
    }
    return roles;
}

static bool is_addressee(const struct hy_work *w)
{
    HY_CLEANUP(hy_freep) char *person = hy_str_dup(hy_json_str(w->actor, "id"));
    size_t i;
    json_t *n;

    json_array_foreach (json_object_get(w->doc, "notices"), i, n)
        if (json_object_get(json_object_get(n, "states"), person))
            return true;
    return false;
}

/* May this person do this here?  The verb `state` names where it wants to go. */
static int judge_move(struct hy_work *w, const struct verb *v)
{
    struct hy_str verb = hy_str(v->name);
    bool asks = hy_str_is(verb, "state");
    int to = asks ? hy_name_index(hy_stage_name, hy_json_str(w->args, "to")) : -1;
    bool anybody = (v->addressee && is_addressee(w)) || hy_is_delivery(w);
    unsigned may = hy_life_roles(verb, w->kind, w->stage, to);

    if (asks && to < 0)
        return hy_refuse(w, "invalid", "to", "不认识的状态");
    w->move = hy_life_find(verb, w->kind, w->stage, to, anybody ? ~0u : w->roles);
    if (w->move)
        return HY_OK;
    if (!anybody && !(hy_life_roles(verb, w->kind, -1, -1) & w->roles))
        return hy_refuse_role(w, v->label, hy_life_roles(verb, w->kind, -1, -1));
    if (may == 0 && to >= 0)
        return hy_refuse(w, "state", "to", "不能从“%s”转到“%s”", hy_life_label(w->kind, w->stage),
                         hy_life_label(w->kind, (enum hy_stage)to));
    if (may == 0)
        return hy_refuse(w, "state", NULL, "现在处于“%s”，不能%s", hy_life_label(w->kind, w->stage),
                         v->label);
    return hy_refuse_role(w, v->label, may);
}

/* A verb that makes its document: the kind says who may. */
static int judge_opening(struct hy_work *w, const struct verb *v)
{
    int kind = hy_name_index(hy_matter_name, hy_json_str(w->args, "kind"));
    unsigned may = kind < 0 ? 0 : hy_life_roles(hy_str(v->name), (enum hy_matter)kind, -1, -1);

    if (may == 0)
        return hy_refuse(w, "invalid", "kind", "请写明登记的是哪一类事项（kind）");
    if (!(may & w->roles))
        return hy_refuse_role(w, v->label, may);
    w->kind = (enum hy_matter)kind;
    return v->run(w);
}

/* The duty list has no life cycle; who may stands in a table of its own. */
static int judge_office(struct hy_work *w, const struct verb *v)
{
    unsigned may = hy_life_office(hy_str(v->name));

    if (!(may & w->roles))
        return hy_refuse_role(w, v->label, may);
    if (w->d->rules->duty == NULL || hy_duty_count(w->d->rules->duty) == 0)
        return hy_refuse(w, "state", NULL, "还没有值班表（duty.yaml），请先写好人员和轮班");
    w->incident = HY_STR(HY_DUTY_DOC);
    w->doc = hy_duty_doc(w->d);
    return v->run(w);
}

/* The sender saw an older document and another person changed it since. */
static bool is_outdated(const struct hy_work *w)
{
    int64_t seen = hy_json_int(w->cmd, "version", 0);

    return seen > 0 && seen < hy_json_int(w->doc, "touched", 0);
}

static int refuse_outdated(struct hy_work *w)
{
    return hy_refuse(w, "conflict", "version", "刚刚被他人更新，请看过最新情况后再操作");
}

/* Assessments have no life cycle either. */
static int judge_risk(struct hy_work *w, const struct verb *v)
{
    unsigned may = hy_life_office(hy_str(v->name));

    if (!(may & w->roles))
        return hy_refuse_role(w, v->label, may);
    if (v->opens)
        return v->run(w);
    w->doc = hy_state_incident(w->d->state, w->incident);
    if (w->doc == NULL || hy_doc_kind_of(w->doc) != HY_DOC_RISK)
        return hy_refuse(w, "not_found", "incident", "没有这份风险评估，可能编号有误");
    return is_outdated(w) ? refuse_outdated(w) : v->run(w);
}

static int judge_document(struct hy_work *w)
{
    w->doc = hy_state_incident(w->d->state, w->incident);
    if (w->doc && hy_doc_kind_of(w->doc) > HY_DOC_CASE &&
        (hy_str_is(hy_json_str(w->cmd, "verb"), "receipt") ||
         hy_str_is(hy_json_str(w->cmd, "verb"), "ack"))) {
        w->kind = HY_MATTER_OPINION; /* notices about sources and the duty list have receipts too */
        w->stage = HY_STAGE_TRIAGED;
        return HY_OK;
    }
    if (w->doc == NULL || hy_doc_kind_of(w->doc) > HY_DOC_CASE)
        return hy_refuse(w, "not_found", "incident", "没有这件事，可能编号有误");
    int kind = hy_name_index(hy_matter_name, hy_json_str(w->doc, "kind"));
    w->kind = kind < 0 ? HY_MATTER_OPINION : (enum hy_matter)kind;
    w->stage = hy_incident_stage(w->doc);
    return HY_OK;
}

static int judge(struct hy_work *w)
{
    const struct verb *v = find_verb(hy_json_str(w->cmd, "verb"));

    if (v == NULL)
        return hy_refuse(w, "invalid", "verb", "不认识的操作");
    w->label = v->label;
    if (hy_json_str(w->actor, "id").n == 0)
        return hy_refuse(w, "invalid", "actor", "没有说明操作人");
    if (v->risk)
        return judge_risk(w, v);
    if (v->opens)
        return judge_opening(w, v);
    if (v->office)
        return judge_office(w, v);
    if (judge_document(w) < 0 || judge_move(w, v) < 0)
        return HY_E_STATE;
    if (is_outdated(w))
        return refuse_outdated(w);
    return v->run(w);
}

static void answer(struct hy_work *w, int rc)
{
    json_t *reply = json_object();

    hy_json_set_str(reply, "id", hy_json_str(w->cmd, "id"));
    json_object_set_new(reply, "ok", json_boolean(rc == HY_OK));
    if (rc == HY_OK) {
        hy_json_set_str(reply, "incident", w->incident);
        hy_json_set_int(reply, "seq", w->d->state->head.seq);
        if (w->opened[0])
            hy_json_set_str(reply, "opened", hy_str(w->opened));
        if (w->known)
            json_object_set_new(reply, "known", json_true());
        if (json_array_size(w->hints))
            json_object_set(reply, "hints", w->hints);
    } else {
        json_object_set_new(reply, "code", json_string(w->no.code));
        json_object_set_new(reply, "message", json_string(w->no.message));
        if (w->no.field)
            json_object_set_new(reply, "field", json_string(w->no.field));
    }
    json_array_append_new(w->d->replies, reply);
}

void hy_decide_command(struct hy_decide *d, const json_t *cmd)
{
    struct hy_work w = {.d = d,
                        .cmd = cmd,
                        .args = json_object_get(cmd, "args"),
                        .actor = json_object_get(cmd, "actor"),
                        .incident = hy_json_str(cmd, "incident"),
                        .hints = json_array()};

    if (w.incident.n == 0) { /* a receipt names its notice, "<incident>/<clock>/<step>" */
        struct hy_str notice = hy_json_str(w.args, "notice");
        hy_str_cut(&notice, '/', &w.incident);
    }
    w.roles = roles_of(w.actor);
    d->actor = hy_json_str(w.actor, "id");
    d->cmd = hy_json_str(cmd, "id");
    answer(&w, judge(&w));
    d->actor = d->cmd = hy_str("");
    json_decref(w.hints);
}
