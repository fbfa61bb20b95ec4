/* SPDX-License-Identifier: Apache-2.0 */
/* What one person asks for and another approves: that a clock is waived or gets more time, and a level
 * that a monitor may not give alone.  Until then nothing changes: the clock runs on. */
#include "alerts/decide/approve.h"
#include "alerts/decide/clocks.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "rules/names.h"

#include <stdio.h>
#include <stdlib.h>

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

static const struct hy_field waive_fields[] = {
    {"clock", "时限", HY_F_TEXT, true},
    {"basis", "免除的依据", HY_F_LONG, true},
    {"approver", "批准人", HY_F_PERSON, true},
    {"approval", "书面批准的文号", HY_F_TEXT},
    {NULL},
};

const json_t *hy_open_obligation(const struct hy_work *w, struct hy_str clock)
{
    const json_t *o = hy_incident_obligation(w->doc, clock);

    return o && hy_str_is(hy_json_str(o, "state"), "open") ? o : NULL;
}

/* The clock of an approved waiver ends.  `approver` is who did approve. */
void hy_apply_waiver(struct hy_work *w, json_t *waiver, json_t *set, json_t *put)
{
    const json_t *o = hy_open_obligation(w, hy_json_str(waiver, "clock"));
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
    HY_CLEANUP(hy_json_freep) json_t *o = hy_proposal(w, "waivers", 'W');
    const json_t *clock;
    json_t *put;

    if (hy_need_clock(w, &clock) < 0 || need_other(w) < 0 ||
        hy_fields_read(w, waive_fields, o) < 0 || check_approver(w, o, HY_SUPERIORS) < 0)
        return HY_E_STATE;
    bool on_paper = json_object_get(o, "approval") != NULL;
    put = json_object();
    if (on_paper) {
        hy_json_set_str(o, "state", HY_STR("approved"));
        hy_apply_waiver(w, o, NULL, put);
    }
    json_t *kept = json_incref(o);
    hy_put_more(put, "waivers", kept);
    hy_act(w, HY_ENTRY_WAIVE, hy_touched(w), put);
    if (!on_paper)
        hy_ask_approval(w, o, 1u << HY_POST_LEADER, "免除时限的申请");
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
    HY_CLEANUP(hy_json_freep) json_t *o = hy_proposal(w, "extensions", 'X');
    const json_t *clock;

    if (hy_need_clock(w, &clock) < 0 || need_other(w) < 0 ||
        hy_fields_read(w, extend_fields, o) < 0 || check_approver(w, o, HY_SUPERIORS) < 0 ||
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
        hy_ask_approval(w, o, 1u << HY_POST_LEADER, "延长时限的申请");
    return HY_OK;
}

/* ---- level ---- */

void hy_propose_level(struct hy_work *w, int64_t level)
{
    HY_CLEANUP(hy_json_freep) json_t *o = hy_proposal(w, "gradings", 'G');
    HY_CLEANUP(hy_freep)
    char *what = hy_xasprintf("定为“%s”的建议", hy_level_label[level]);

    hy_json_set_int(o, "level", level);
    hy_json_set_str(o, "reason", hy_utf8_head(hy_json_str(w->args, "reason"), 200));
    hy_act(w, HY_ENTRY_LEVEL, hy_touched(w), hy_put_one("gradings", json_incref(o)));
    hy_ask_approval(w, o, 1u << HY_POST_DUTY | 1u << HY_POST_SUPERVISOR, what);
    hy_hint(w, "重大以上要由研判员或主管确认，已转请确认；时限按现有级别照常计算");
}
