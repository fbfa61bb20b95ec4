/* SPDX-License-Identifier: Apache-2.0 */
/* Four eyes: deciding about what another person proposed - a waiver, an extension, a level
 * (waive.c), a draft, the official line (draft.c).
 *
 * One table says for each kind in which list it stands, who may approve it and what approving does.
 * Until then nothing changes: the clock of a proposed waiver runs on.  A written approval from
 * outside (a signed paper, named by its number) is accepted where the table says so, and shown as
 * such for ever. */
#include "alerts/decide/approve.h"
#include "alerts/decide/clocks.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "rules/names.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const check_name[] = {"wording",       "timing",  "method",
                                         "de_identified", "secrecy", "cross_confirmed",
                                         "consistent",    NULL};
static const struct hy_field approve_fields[] = {
    {"checks", "审核事项", HY_F_NAMES, .names = check_name},
    {"comment", "意见", HY_F_LONG},
    {NULL},
};

/* ---- deciding ---- */

/* One outgoing line per incident: the approved one takes the old one's place. */
static void apply_line(struct hy_work *w, json_t *line, json_t *set, json_t *put)
{
    static const char *const keys[] = {"id", "version", "text", "by", "decided"};
    const json_t *old = hy_newest_in(json_object_get(w->doc, "lines"), "approved");
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
    {'W', "waivers", "免除申请", HY_SUPERIORS, NULL, hy_apply_waiver},
    {'X', "extensions", "延期申请", HY_SUPERIORS, NULL, NULL},
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
    if (kind->prefix == 'W' && hy_open_obligation(w, hy_json_str(o, "clock")) == NULL)
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
