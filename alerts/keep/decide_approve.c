/* SPDX-License-Identifier: Apache-2.0 */
/* Four eyes: what one person proposes and another approves - a waiver, an extension, a draft, the
 * official line, a level that a monitor may not give alone.
 *
 * One table says for each kind in which list it stands, who may approve it and what approving does.
 * Until then nothing changes: the clock of a proposed waiver runs on.  A written approval from
 * outside (a signed paper, named by its number) is accepted where the table says so, and shown as
 * such for ever. */
#include "alerts/keep/command.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "rules/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const check_name[] = {"wording",       "timing",  "method",
                                         "de_identified", "secrecy", "cross_confirmed",
                                         "consistent",    NULL};
static const struct hy_field approve_fields[] = {
    {"checks", "审核事项", HY_F_NAMES, .names = check_name},
    {"comment", "意见", HY_F_LONG},
    {NULL},
};

/* ---- proposing ---- */

static json_t *proposal(const struct hy_work *w, const char *list, char prefix)
{
    json_t *o = hy_signed(w);
    char id[32];

    hy_row_id(w->doc, list, prefix, id);
    hy_json_set_str(o, "id", hy_str(id));
    hy_json_set_str(o, "state", HY_STR("proposed"));
    return o;
}

/* Tell whoever may approve it: the named person, else the posts. */
static void ask(struct hy_work *w, const json_t *o, unsigned posts, const char *what)
{
    HY_CLEANUP(hy_freep)
    char *person = hy_str_dup(hy_json_str(json_object_get(o, "approver"), "id"));
    const json_t *clock = hy_nearest_clock(w->doc);
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_buf_printf(&b, "%s由" HY_STR_FMT "提出，请审批（编号 " HY_STR_FMT "）。", what,
                  HY_STR_ARG(hy_json_str(w->actor, "name")), HY_STR_ARG(hy_json_str(o, "id")));
    if (clock)
        hy_add_clock(w->d->now, &b, clock);
    hy_buf_puts(&b, clock ? "；批准以前照常计时" : "批准以前不生效");
    hy_tell(w, "approve", *person ? 0 : posts, *person ? person : NULL,
            hy_pressing(w->d, w->doc), b.p);
    hy_buf_release(&b);
}

/* The approver that is named is another person ... */
static int need_other(struct hy_work *w)
{
    const json_t *v = json_object_get(w->args, "approver");
    struct hy_str id = json_is_string(v) ? hy_str(json_string_value(v)) : hy_json_str(v, "id");

    if (id.n && hy_str_eq(id, hy_json_str(w->actor, "id")))
        return hy_refuse(w, "forbidden", "approver", "批准人不能是登记人自己");
    return HY_OK;
}

/* ... and may approve. */
static int check_approver(struct hy_work *w, const json_t *o, unsigned may)
{
    const json_t *named = json_object_get(o, "approver");
    const struct hy_person *p =
        named ? hy_duty_person(w->d->rules->duty, hy_json_str(named, "id")) : NULL;

    if (p && !(p->roles & may))
        return hy_refuse(w, "forbidden", "approver", "%s没有批准权限", p->name);
    return HY_OK;
}

/* ---- waiver ---- */

static const unsigned superiors = 1u << HY_ROLE_APPROVER | 1u << HY_ROLE_SUPERVISOR;
static const struct hy_field waive_fields[] = {
    {"clock", "时限", HY_F_TEXT, true},
    {"basis", "免除的依据", HY_F_LONG, true},
    {"approver", "批准人", HY_F_PERSON, true},
    {"approval", "书面批准的文号", HY_F_TEXT},
    {NULL},
};

static const json_t *open_obligation(const struct hy_work *w, struct hy_str clock)
{
    const json_t *o = hy_incident_obligation(w->doc, clock);

    return o && hy_str_is(hy_json_str(o, "state"), "open") ? o : NULL;
}

/* The clock of an approved waiver ends.  `approver` is who did approve. */
static void apply_waiver(struct hy_work *w, json_t *waiver, json_t *set, json_t *put)
{
    const json_t *o = open_obligation(w, hy_json_str(waiver, "clock"));
    json_t *changed = json_deep_copy(o), *kept = json_object();
    static const char *const keys[] = {"basis", "approval", "by"};

    (void)set;
    hy_json_set_str(changed, "state", HY_STR("waived"));
    json_object_set_new(changed, "ended", hy_now_json(w->d));
    for (size_t i = 0; i < HY_COUNT(keys); i++)
        if (json_object_get(waiver, keys[i]))
            json_object_set(kept, keys[i], json_object_get(waiver, keys[i]));
    hy_json_set_str(kept, "approver",
                    hy_json_str(waiver, "approval").n
                        ? hy_json_str(json_object_get(waiver, "approver"), "id")
                        : hy_json_str(json_object_get(waiver, "decided"), "by"));
    hy_json_set_str(kept, "id", hy_json_str(waiver, "id"));
    json_object_set_new(changed, "waiver", kept);
    hy_put_more(put, "obligations", changed);
}

int hy_do_waive(struct hy_work *w)
{
    HY_CLEANUP(hy_json_freep) json_t *o = proposal(w, "waivers", 'W');
    const json_t *clock;
    json_t *put;

    if (hy_need_clock(w, &clock) < 0 || need_other(w) < 0 ||
        hy_fields_read(w, waive_fields, o) < 0 || check_approver(w, o, superiors) < 0)
        return HY_E_STATE;
    bool on_paper = json_object_get(o, "approval") != NULL;
    put = json_object();
    if (on_paper) {
        hy_json_set_str(o, "state", HY_STR("approved"));
        apply_waiver(w, o, NULL, put);
    }
    json_t *kept = json_incref(o);
    hy_put_more(put, "waivers", kept);
    hy_act(w, HY_ENTRY_WAIVE, hy_touched(w), put);
    if (!on_paper)
        ask(w, o, 1u << HY_POST_LEADER, "免除时限的申请");
    else
        hy_case_settle(w);
    return HY_OK;
}

/* ---- extension ---- */

static const struct hy_field extend_fields[] = {
    {"clock", "时限", HY_F_TEXT, true},        {"within", "延长多久", HY_F_TEXT, true},
    {"reason", "延长的理由", HY_F_LONG, true}, {"approver", "批准人", HY_F_PERSON},
    {"approval", "书面批准的文号", HY_F_TEXT}, {NULL},
};

/* At most what the window allows, in its unit. */
static int check_extension(struct hy_work *w, const json_t *clock, struct hy_str text)
{
    const struct hy_pack *p = hy_windows_version(w->d->rules->windows, hy_json_str(clock, "pack"),
                                                 hy_json_str(clock, "version"));
    const struct hy_window *win = p ? hy_pack_window(p, hy_json_str(clock, "clock")) : NULL;
    struct hy_within by;
    char most[32];

    if (win == NULL || win->extend.n == 0)
        return hy_refuse(w, "invalid", "clock", "这个时限按规定不能延长");
    hy_within_text(win->extend, most);
    if (!hy_within_parse(text, &by) || by.unit != win->extend.unit || by.n > win->extend.n)
        return hy_refuse(w, "invalid", "within", "最多延长 %s", most);
    return HY_OK;
}

int hy_do_extend(struct hy_work *w)
{
    HY_CLEANUP(hy_json_freep) json_t *o = proposal(w, "extensions", 'X');
    const json_t *clock;

    if (hy_need_clock(w, &clock) < 0 || need_other(w) < 0 ||
        hy_fields_read(w, extend_fields, o) < 0 || check_approver(w, o, superiors) < 0 ||
        check_extension(w, clock, hy_json_str(o, "within")) < 0)
        return HY_E_STATE;
    for (size_t i = 0; i < json_array_size(json_object_get(w->doc, "extensions")); i++) {
        const json_t *other = json_array_get(json_object_get(w->doc, "extensions"), i);
        if (hy_str_eq(hy_json_str(other, "clock"), hy_json_str(o, "clock")) &&
            !hy_str_is(hy_json_str(other, "state"), "rejected"))
            return hy_refuse(w, "state", "clock", "这个时限已经申请过延长");
    }
    bool on_paper = json_object_get(o, "approval") != NULL;
    if (on_paper)
        hy_json_set_str(o, "state", HY_STR("approved"));
    hy_act(w, HY_ENTRY_EXTEND, hy_touched(w), hy_put_one("extensions", json_incref(o)));
    if (on_paper)
        hy_clocks_refresh(w->d, w->incident, "延长期限");
    else
        ask(w, o, 1u << HY_POST_LEADER, "延长时限的申请");
    return HY_OK;
}

/* ---- level ---- */

void hy_propose_level(struct hy_work *w, int64_t level)
{
    HY_CLEANUP(hy_json_freep) json_t *o = proposal(w, "gradings", 'G');
    HY_CLEANUP(hy_freep)
    char *what = hy_xasprintf("定为“%s”的建议", hy_level_label[level]);

    hy_json_set_int(o, "level", level);
    hy_json_set_str(o, "reason", hy_utf8_head(hy_json_str(w->args, "reason"), 200));
    hy_act(w, HY_ENTRY_LEVEL, hy_touched(w), hy_put_one("gradings", json_incref(o)));
    ask(w, o, 1u << HY_POST_DUTY | 1u << HY_POST_SUPERVISOR, what);
    hy_hint(w, "重大以上要由研判员或主管确认，已转请确认；时限按现有级别照常计算");
}

/* ---- drafts and the official line ---- */

static const struct hy_field draft_fields[] = {
    {"title", "标题", HY_F_TEXT},
    {"text", "正文", HY_F_BODY, true},
    {"form", "回应形式", HY_F_NAME, .names = hy_act_name},
    {"channels", "发布渠道", HY_F_TEXTS},
    {NULL},
};

/* The newest of a list in this state, or NULL. */
static const json_t *newest(const json_t *list, const char *state)
{
    for (size_t i = json_array_size(list); i-- > 0;)
        if (hy_str_is(hy_json_str(json_array_get(list, i), "state"), state))
            return json_array_get(list, i);
    return NULL;
}

/* What is not decided yet gives way to a new version. */
static void supersede_open(const struct hy_work *w, const char *list, json_t *put)
{
    static const char *const open[] = {"draft", "proposed"};

    for (size_t i = 0; i < HY_COUNT(open); i++) {
        const json_t *old = newest(json_object_get(w->doc, list), open[i]);
        if (old == NULL)
            continue;
        json_t *changed = json_deep_copy(old);
        hy_json_set_str(changed, "state", HY_STR("superseded"));
        hy_put_more(put, list, changed);
    }
}

int hy_do_draft(struct hy_work *w)
{
    HY_CLEANUP(hy_json_freep) json_t *o = proposal(w, "drafts", 'D');
    json_t *set, *put;

    if (hy_fields_read(w, draft_fields, o) < 0)
        return HY_E_STATE;
    hy_json_set_str(o, "state", HY_STR("draft"));
    hy_json_set_int(o, "version", (int64_t)json_array_size(json_object_get(w->doc, "drafts")) + 1);
    set = hy_touched(w);
    put = json_object();
    supersede_open(w, "drafts", put);
    hy_put_more(put, "drafts", HY_TAKE(o));
    hy_move_stage(w, set, put, w->move->to);
    hy_act(w, HY_ENTRY_DRAFT, set, put);
    return HY_OK;
}

int hy_do_submit(struct hy_work *w)
{
    struct hy_str id = hy_json_str(w->args, "draft");
    const json_t *drafts = json_object_get(w->doc, "drafts");
    const json_t *draft = id.n ? hy_list_find(drafts, id) : newest(drafts, "draft");

    if (draft == NULL || !hy_str_is(hy_json_str(draft, "state"), "draft"))
        return hy_refuse(w, "state", "draft", "没有可以送审的稿件，请先拟稿");
    HY_CLEANUP(hy_json_freep) json_t *changed = json_deep_copy(draft);
    json_t *set = hy_touched(w), *put = json_object();
    hy_json_set_str(changed, "state", HY_STR("proposed"));
    json_object_set_new(changed, "submitted", hy_signed(w));
    hy_put_more(put, "drafts", json_incref(changed));
    hy_move_stage(w, set, put, w->move->to);
    hy_act(w, HY_ENTRY_SUBMIT, set, put);
    ask(w, changed, 1u << HY_POST_UNIT_LEAD | 1u << HY_POST_LEADER, "回应稿件");
    return HY_OK;
}

int hy_do_line(struct hy_work *w)
{
    HY_CLEANUP(hy_json_freep) json_t *o = proposal(w, "lines", 'L');
    static const struct hy_field fields[] = {{"text", "口径", HY_F_BODY, true}, {NULL}};
    json_t *put = json_object();

    if (hy_fields_read(w, fields, o) < 0) {
        json_decref(put);
        return HY_E_STATE;
    }
    hy_json_set_int(o, "version", (int64_t)json_array_size(json_object_get(w->doc, "lines")) + 1);
    supersede_open(w, "lines", put);
    hy_put_more(put, "lines", json_incref(o));
    hy_act(w, HY_ENTRY_LINE, hy_touched(w), put);
    ask(w, o, 1u << HY_POST_UNIT_LEAD | 1u << HY_POST_LEADER, "对外口径");
    return HY_OK;
}

/* ---- deciding ---- */

/* One outgoing line per incident: the approved one takes the old one's place. */
static void apply_line(struct hy_work *w, json_t *line, json_t *set, json_t *put)
{
    static const char *const keys[] = {"id", "version", "text", "by", "decided"};
    const json_t *old = newest(json_object_get(w->doc, "lines"), "approved");
    json_t *now = json_object();

    if (old) {
        json_t *changed = json_deep_copy(old);
        hy_json_set_str(changed, "state", HY_STR("superseded"));
        hy_put_more(put, "lines", changed);
    }
    for (size_t i = 0; i < HY_COUNT(keys); i++)
        json_object_set(now, keys[i], json_object_get(line, keys[i]));
    json_object_set_new(set, "official_line", now);
}

static int check_draft(struct hy_work *w, const json_t *decided)
{
    static const char *const must[] = {"wording", "timing", "method", "de_identified", "secrecy"};
    static const char *const label[] = {"内容表述", "公开时机", "公开方式", "去标识化", "保密审查"};
    const json_t *checks = json_object_get(decided, "checks"), *v;
    struct hy_buf missing = HY_BUF_INIT(400);
    size_t i;
    int rc = HY_OK;

    for (size_t k = 0; k < HY_COUNT(must); k++) {
        bool there = false;
        json_array_foreach (checks, i, v)
            there |= hy_str_is(hy_str(json_string_value(v)), must[k]);
        if (!there)
            hy_buf_printf(&missing, "%s%s", missing.n ? "、" : "", label[k]);
    }
    if (missing.n)
        rc = hy_refuse(w, "invalid", "checks", "审签前要逐项审核，还差：%s", missing.p);
    hy_buf_release(&missing);
    if (rc == HY_OK &&
        json_array_size(json_object_get(json_object_get(w->doc, "units"), "support")))
        hy_hint(w, "涉及其他单位，发布前应与有关单位沟通确认");
    return rc;
}

static const struct approvable {
    char prefix;
    const char *list, *label;
    unsigned may;                                                          /* roles that decide */
    int (*check)(struct hy_work *w, const json_t *decided);                /* may be NULL */
    void (*apply)(struct hy_work *w, json_t *o, json_t *set, json_t *put); /* may be NULL */
} kinds[] = {
    {'D', "drafts", "稿件", 1u << HY_ROLE_APPROVER, check_draft, NULL},
    {'L', "lines", "口径", 1u << HY_ROLE_APPROVER, NULL, apply_line},
    {'W', "waivers", "免除申请", superiors, NULL, apply_waiver},
    {'X', "extensions", "延期申请", superiors, NULL, NULL},
    {'G', "gradings", "定级建议", 1u << HY_ROLE_ANALYST | 1u << HY_ROLE_SUPERVISOR, NULL, NULL},
};

/* What args.what names, if this person may decide it: not what he proposed or wrote himself. */
static int need_proposal(struct hy_work *w, const struct approvable **ret_kind, json_t **ret)
{
    struct hy_str id = hy_json_str(w->args, "what");
    const struct approvable *kind = NULL;
    const json_t *o;

    for (size_t i = 0; id.n && i < HY_COUNT(kinds); i++)
        if (id.p[0] == kinds[i].prefix)
            kind = &kinds[i];
    o = kind ? hy_list_find(json_object_get(w->doc, kind->list), id) : NULL;
    if (o == NULL)
        return hy_refuse(w, "not_found", "what", "没有这项待批事项，请写明编号（如 W1、D2）");
    if (!hy_str_is(hy_json_str(o, "state"), "proposed"))
        return hy_refuse(w, "state", "what", "这项%s已经处理过", kind->label);
    if (!(kind->may & w->roles))
        return hy_refuse_role(w, "审批", kind->may);
    if (hy_str_eq(hy_json_str(o, "by"), hy_json_str(w->actor, "id")))
        return hy_refuse(w, "forbidden", "what", "不能审批自己提出的%s", kind->label);
    *ret_kind = kind;
    *ret = json_deep_copy(o);
    return HY_OK;
}

/* What follows when the decision is in the journal. */
static void follow_up(struct hy_work *w, const struct approvable *kind, const json_t *o)
{
    if (kind->prefix == 'X')
        hy_clocks_refresh(w->d, w->incident, "延长期限");
    if (kind->prefix == 'W')
        hy_case_settle(w);
    if (kind->prefix == 'G') {
        HY_CLEANUP(hy_freep) char *by = hy_str_dup(hy_json_str(o, "by"));
        hy_set_level(w, hy_json_int(o, "level", 0), by);
    }
}

static void tell_decision(struct hy_work *w, const struct approvable *kind, const json_t *o,
                          bool yes)
{
    HY_CLEANUP(hy_freep) char *by = hy_str_dup(hy_json_str(o, "by"));
    struct hy_str comment = hy_json_str(json_object_get(o, "decided"), yes ? "comment" : "reason");
    HY_CLEANUP(hy_freep)
    char *body = hy_xasprintf("您提出的%s（" HY_STR_FMT "）%s" HY_STR_FMT, kind->label,
                              HY_STR_ARG(hy_json_str(o, "id")),
                              yes ? (comment.n ? "已批准：" : "已批准") : "没有批准：",
                              HY_STR_ARG(hy_utf8_head(comment, 120)));

    hy_tell(w, yes ? "approved" : "rejected", 0, by, HY_NORMAL, body);
}

int hy_do_approve(struct hy_work *w)
{
    HY_CLEANUP(hy_json_freep) json_t *o = NULL;
    const struct approvable *kind = NULL;
    HY_CLEANUP(hy_json_freep) json_t *decided = hy_signed(w);

    if (need_proposal(w, &kind, &o) < 0 || hy_fields_read(w, approve_fields, decided) < 0)
        return HY_E_STATE;
    if (kind->check && kind->check(w, decided) < 0)
        return HY_E_STATE;
    if (kind->prefix == 'W' && open_obligation(w, hy_json_str(o, "clock")) == NULL)
        return hy_refuse(w, "state", "what", "要免除的时限已经结束，不必再批");
    json_t *set = hy_touched(w), *put = json_object();
    hy_json_set_str(o, "state", HY_STR("approved"));
    json_object_set(o, "decided", decided);
    if (kind->apply)
        kind->apply(w, o, set, put);
    hy_put_more(put, kind->list, json_incref(o));
    hy_act(w, HY_ENTRY_APPROVE, set, put);
    follow_up(w, kind, o);
    tell_decision(w, kind, o, true);
    return HY_OK;
}

int hy_do_reject(struct hy_work *w)
{
    HY_CLEANUP(hy_json_freep) json_t *o = NULL;
    const struct approvable *kind = NULL;
    struct hy_str reason;

    if (need_proposal(w, &kind, &o) < 0 || hy_need_text(w, "reason", "不批准的理由", &reason) < 0)
        return HY_E_STATE;
    json_t *set = hy_touched(w), *put = json_object(), *decided = hy_signed(w);
    hy_json_set_str(decided, "reason", reason);
    hy_json_set_str(o, "state", HY_STR("rejected"));
    json_object_set_new(o, "decided", decided);
    hy_put_more(put, kind->list, json_incref(o));
    if (kind->prefix == 'D' && w->stage == HY_STAGE_REVIEWING)
        hy_move_stage(w, set, put, HY_STAGE_DRAFTING);
    hy_act(w, HY_ENTRY_REJECT, set, put);
    tell_decision(w, kind, o, false);
    return HY_OK;
}
