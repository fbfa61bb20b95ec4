/* SPDX-License-Identifier: Apache-2.0 */
/* Commands: one row per verb says who may do it and in which states; one function per verb judges
 * the arguments and, only when all is well, emits.  Refusals are Chinese sentences with a code. */
#include "alerts/keep/decide.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "rules/duty.h"
#include "rules/lexicon.h"
#include "rules/names.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    MAX_TEXT_CHARS = 2000,
    MAX_URL_BYTES = 2000,
    CLOCK_SKEW_MS = 5 * 60 * 1000,
    CHANNEL_MAX = 120,
    HASTE_MS =
        2 * 60 * 1000, /* time for the desktop and the board to show what a channel did not */
};

struct refusal {
    const char *code, *field; /* static strings */
    char message[400];
};
struct work {
    struct hy_decide *d;
    const json_t *cmd, *args, *actor;
    const json_t *doc;      /* borrowed from the state until the first entry */
    struct hy_str incident; /* view into cmd */
    enum hy_stage stage;
    struct refusal no;
};

__attribute__((format(printf, 4, 5))) static int refuse(struct work *w, const char *code,
                                                        const char *field, const char *fmt, ...)
{
    va_list ap;

    w->no.code = code;
    w->no.field = field;
    va_start(ap, fmt);
    vsnprintf(w->no.message, sizeof(w->no.message), fmt, ap);
    va_end(ap);
    return HY_E_STATE;
}

/* ---- arguments ---- */

static int need_text(struct work *w, const char *key, const char *label, struct hy_str *ret)
{
    *ret = hy_str_trim(hy_json_str(w->args, key));
    if (ret->n == 0)
        return refuse(w, "invalid", key, "请填写%s", label);
    if (hy_utf8_count(*ret) > MAX_TEXT_CHARS)
        return refuse(w, "invalid", key, "%s太长，最多 %d 字", label, MAX_TEXT_CHARS);
    return HY_OK;
}

/* A time that is not in the future (the sender's clock may be a little ahead). */
static int past_time(struct work *w, const char *key, const char *label, hy_wall *ret)
{
    const json_t *v = json_object_get(w->args, key);

    *ret = HY_WALL_NONE;
    if (v == NULL || json_is_null(v))
        return HY_OK;
    *ret = hy_json_time(w->args, key);
    if (!hy_wall_known(*ret))
        return refuse(w, "invalid", key, "%s不是时间，例如 2026-11-23T13:40:00+08:00", label);
    if (ret->ms > w->d->now.ms + CLOCK_SKEW_MS)
        return refuse(w, "invalid", key, "%s晚于现在", label);
    return HY_OK;
}

static int need_url(struct work *w, struct hy_str url)
{
    bool web = hy_str_starts(url, HY_STR("https://")) || hy_str_starts(url, HY_STR("http://"));

    if (!web || url.n > MAX_URL_BYTES || hy_str_find_char(url, ' ', 0) != HY_NPOS)
        return refuse(w, "invalid", "url", "请填写发布页面的网址（http:// 或 https:// 开头）");
    return HY_OK;
}

/* ---- building entries ---- */

static json_t *args_copy(const struct work *w)
{
    return w->args ? json_deep_copy(w->args) : json_object();
}

static json_t *person_json(const struct work *w)
{
    json_t *o = json_object();

    hy_json_set_str(o, "by", hy_json_str(w->actor, "id"));
    hy_json_set_str(o, "name", hy_json_str(w->actor, "name"));
    json_object_set_new(o, "at", hy_now_json(w->d));
    return o;
}

/* Members to set, marked as a person's change.  Who acts has seen it: that counts as the ack. */
static json_t *touched(const struct work *w)
{
    json_t *set = json_object();

    hy_json_set_int(set, "touched", w->d->state->head.seq + 1);
    if (!json_is_object(json_object_get(w->doc, "ack")))
        json_object_set_new(set, "ack", person_json(w));
    return set;
}

static json_t *put_one(const char *list, json_t *value)
{
    json_t *put = json_object(), *values = json_array();

    json_array_append_new(values, value);
    json_object_set_new(put, list, values);
    return put;
}

static void emit(struct work *w, enum hy_entry type, json_t *set, json_t *put)
{
    hy_emit(w->d, type, w->incident, hy_entry_data(args_copy(w), set, put));
    w->doc = hy_state_incident(w->d->state, w->incident);
}

static void set_state(json_t *set, enum hy_stage stage)
{
    hy_json_set_str(set, "state", hy_str(hy_stage_name[stage]));
}

static json_t *times_with(const struct work *w, const char *key, hy_wall t)
{
    json_t *times = json_deep_copy(json_object_get(w->doc, "times"));

    hy_json_set_time(times, key, t, HY_CST);
    return times;
}

/* ---- verbs ---- */

static int do_ack(struct work *w)
{
    json_t *set;

    if (json_is_object(json_object_get(w->doc, "ack")))
        return HY_OK; /* twice is fine: two people saw it at once */
    set = json_object();
    json_object_set_new(set, "ack", person_json(w));
    emit(w, HY_ENTRY_ACK, set, NULL);
    return HY_OK;
}

static int read_times(struct work *w, const json_t *from, json_t **ret)
{
    static const struct {
        const char *key, *label;
    } rows[] = {{"occurred", "事发时间"}, {"first_public", "首次公开传播时间"}};
    json_t *times = json_deep_copy(json_object_get(w->doc, "times"));
    const json_t *args = w->args;

    w->args = from;
    for (size_t i = 0; i < HY_COUNT(rows); i++) {
        hy_wall t;
        if (past_time(w, rows[i].key, rows[i].label, &t) < 0) {
            json_decref(times);
            w->args = args;
            return HY_E_STATE;
        }
        if (hy_wall_known(t))
            hy_json_set_time(times, rows[i].key, t, HY_CST);
    }
    w->args = args;
    *ret = times;
    return HY_OK;
}

static int do_confirm(struct work *w)
{
    struct hy_str kind = hy_json_str(w->args, "kind");
    json_t *times, *set;

    if (kind.n && !hy_str_is(kind, "emergency") && !hy_str_is(kind, "opinion"))
        return refuse(w, "invalid", "kind",
                      "类别只能是 emergency（突发事件）或 opinion（政务舆情）");
    if (read_times(w, json_object_get(w->args, "times"), &times) < 0)
        return HY_E_STATE;
    if (!hy_wall_known(hy_json_time(times, "confirmed")))
        hy_json_set_time(times, "confirmed", w->d->now, HY_CST);
    set = touched(w);
    json_object_set_new(set, "times", times);
    if (kind.n)
        hy_json_set_str(set, "kind", kind);
    if (w->stage == HY_STAGE_COLLECTED)
        set_state(set, HY_STAGE_TRIAGED);
    emit(w, HY_ENTRY_CONFIRM, set, NULL);
    hy_clocks_refresh(w->d, w->incident, "确认");
    return HY_OK;
}

static int do_dismiss(struct work *w)
{
    struct hy_str reason;
    json_t *set;

    if (need_text(w, "reason", "排除的理由", &reason) < 0)
        return HY_E_STATE;
    set = touched(w);
    set_state(set, HY_STAGE_DISMISSED);
    emit(w, HY_ENTRY_DISMISS, set, NULL);
    hy_clocks_stop(w->d, w->incident, "排除");
    return HY_OK;
}

static int do_level(struct work *w)
{
    int64_t level = hy_json_int(w->args, "level", 0), before = hy_json_int(w->doc, "level", 0);
    bool first = before == 0, was_alert = hy_str_is(hy_json_str(w->doc, "alert"), "alert");
    struct hy_str reason;
    json_t *set;

    if (level < 1 || level > 4)
        return refuse(w, "invalid", "level", "级别只能是 1（特别重大）、2、3 或 4（一般）");
    if (need_text(w, "reason", "定级的理由", &reason) < 0)
        return HY_E_STATE;
    set = touched(w);
    hy_json_set_int(set, "level", level);
    json_object_set_new(set, "level_confirmed", json_true());
    if (!first && level < before)
        json_object_set_new(set, "upgraded", json_true());
    if (first || level < before) /* from_grading counts from the newest raise */
        json_object_set_new(set, "times", times_with(w, "graded", w->d->now));
    if (w->stage <= HY_STAGE_VERIFYING)
        set_state(set, HY_STAGE_ASSESSED);
    if (level <= 2)
        hy_json_set_str(set, "alert", HY_STR("alert"));
    emit(w, HY_ENTRY_LEVEL, set, NULL);
    if (first || level == before)
        hy_clocks_refresh(w->d, w->incident, "定级");
    else
        hy_clocks_regrade(w->d, w->incident, level < before ? "升级" : "降级");
    if (level <= 2 && !was_alert)
        hy_page(w->d, w->incident);
    return HY_OK;
}

/* A unit given by its id or as {id,name}; the name comes from the rules where they know it. */
static json_t *unit_json(const struct work *w, const json_t *v)
{
    struct hy_str id = json_is_string(v) ? hy_str(json_string_value(v)) : hy_json_str(v, "id");
    const struct hy_unit *u =
        w->d->rules->lexicon && id.n ? hy_lexicon_unit(w->d->rules->lexicon, id) : NULL;
    struct hy_str name = u ? hy_str(u->name) : hy_json_str(v, "name");
    json_t *o;

    if (id.n == 0 || id.n > 100)
        return NULL;
    o = json_object();
    hy_json_set_str(o, "id", id);
    hy_json_set_str(o, "name", name.n ? name : id);
    return o;
}

static int do_assign(struct work *w)
{
    json_t *lead = unit_json(w, json_object_get(w->args, "lead")), *support, *units, *set, *v;
    char step[48];
    size_t i;

    if (lead == NULL)
        return refuse(w, "invalid", "lead", "请选择牵头单位");
    support = json_array();
    json_array_foreach (json_object_get(w->args, "support"), i, v) {
        json_t *u = unit_json(w, v);
        if (u)
            json_array_append_new(support, u);
    }
    units = json_copy(json_object_get(w->doc, "units"));
    json_object_set_new(units, "lead", lead);
    json_object_set_new(units, "support", support);
    set = touched(w);
    json_object_set_new(set, "units", units);
    json_object_set_new(set, "times", times_with(w, "assigned", w->d->now));
    if (w->stage < HY_STAGE_ASSIGNED || w->stage == HY_STAGE_RETURNED)
        set_state(set, HY_STAGE_ASSIGNED);
    emit(w, HY_ENTRY_ASSIGN, set, NULL);
    hy_clocks_refresh(w->d, w->incident, "交办");
    snprintf(step, sizeof(step), "assigned-%lld", (long long)w->d->state->head.seq);
    hy_notice(w->d, w->incident,
              &(struct hy_notice_spec){.clock = HY_STR("-"),
                                       .step = step,
                                       .posts = 1u << HY_POST_UNIT_LEAD,
                                       .urgency = HY_NORMAL,
                                       .body = "此事已交办，请受领并组织回应",
                                       .due = w->d->now});
    return HY_OK;
}

/* "clock": one name or a list of names -> a list.  Each must be a running or ended clock here. */
static int read_clocks(struct work *w, json_t **ret)
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
        int rc = refuse(w, "invalid", "clock", "这起事件没有时限“" HY_STR_FMT "”",
                        HY_STR_ARG(hy_utf8_head(clock, 40)));
        json_decref(list);
        return rc;
    }
    *ret = list;
    return HY_OK;
}

/* A named clock that this form cannot end is a mistake people should hear of. */
static int check_form(struct work *w, const json_t *clocks, int act)
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
            return refuse(w, "invalid", "form", "“%s”不能算完成“%s”", hy_act_label[act],
                          hy_json_str(o, "label").p);
    }
    return HY_OK;
}

static json_t *response_json(const struct work *w, int act, json_t *clocks, hy_wall published)
{
    json_t *r = json_object();
    const json_t *boxes = json_object_get(w->args, "boxes");
    char id[32];

    snprintf(id, sizeof(id), "R%zu", json_array_size(json_object_get(w->doc, "responses")) + 1);
    hy_json_set_str(r, "id", hy_str(id));
    hy_json_set_str(r, "form", hy_str(hy_act_name[act]));
    hy_json_set_str(r, "url", hy_str_trim(hy_json_str(w->args, "url")));
    hy_json_set_str(r, "hash", hy_json_str(w->args, "hash"));
    hy_json_set_time(r, "published", published, HY_CST);
    hy_json_set_str(r, "by", hy_json_str(w->actor, "id"));
    json_object_set_new(r, "at", hy_now_json(w->d));
    json_object_set_new(r, "final", json_boolean(hy_json_bool(w->args, "final")));
    json_object_set(r, "boxes", json_is_array(boxes) ? (json_t *)boxes : json_null());
    json_object_set_new(r, "clocks", clocks);
    return r;
}

/* Entered after a due time that the publication itself kept: 补录, marked for good. */
static bool is_entered_late(const struct work *w, hy_wall published)
{
    size_t i;
    json_t *o;

    json_array_foreach (json_object_get(w->doc, "obligations"), i, o) {
        int64_t due = hy_json_time(o, "due").ms;
        if (hy_str_is(hy_json_str(o, "state"), "open") && published.ms <= due &&
            w->d->now.ms > due + CLOCK_SKEW_MS)
            return true;
    }
    return false;
}

/* The found response that is confirmed by this command, marked so; NULL when none is named. */
static int read_found(struct work *w, json_t **ret)
{
    struct hy_str id = hy_json_str(w->args, "found");
    const json_t *found = id.n ? hy_list_find(json_object_get(w->doc, "found"), id) : NULL;

    *ret = NULL;
    if (id.n == 0)
        return HY_OK;
    if (found == NULL)
        return refuse(w, "not_found", "found", "没有这条疑似回应");
    if (!hy_str_is(hy_json_str(found, "state"), "proposed"))
        return refuse(w, "state", "found", "这条疑似回应已经处理过");
    *ret = json_deep_copy(found);
    return HY_OK;
}

/* What a found response says about itself, where the command leaves it out. */
static void fill_from_found(json_t *args, const json_t *found)
{
    static const char *const keys[] = {"url", "published", "hash"};

    for (size_t i = 0; found && i < HY_COUNT(keys); i++) {
        json_t *v = json_object_get(found, keys[i]);
        if (json_object_get(args, keys[i]) == NULL && v)
            json_object_set(args, keys[i], v);
    }
}

static void record_response(struct work *w, json_t *response, json_t *found)
{
    json_t *set = touched(w), *put = put_one("responses", response);

    if (found) {
        json_t *list = json_array();
        hy_json_set_str(found, "state", HY_STR("confirmed"));
        json_array_append_new(list, found);
        json_object_set_new(put, "found", list);
    }
    set_state(set, w->stage == HY_STAGE_RESPONDED || w->stage == HY_STAGE_FOLLOWING
                       ? HY_STAGE_FOLLOWING
                       : HY_STAGE_RESPONDED);
    emit(w, HY_ENTRY_RESPOND, set, put);
    hy_clocks_refresh(w->d, w->incident, "登记回应");
}

static int judge_response(struct work *w, int *ret_act, json_t **ret_clocks, hy_wall *ret_published)
{
    struct hy_str form = hy_json_str(w->args, "form"), url;
    int act = form.n ? hy_name_index(hy_act_name, form) : HY_ACT_RELEASE;

    if (act < 0)
        return refuse(w, "invalid", "form", "不认识的回应形式");
    url = hy_str_trim(hy_json_str(w->args, "url"));
    if ((act == HY_ACT_RELEASE || act == HY_ACT_PUBLICATION || act == HY_ACT_REPRINT || url.n) &&
        need_url(w, url) < 0)
        return HY_E_STATE;
    if (past_time(w, "published", "发布时间", ret_published) < 0)
        return HY_E_STATE;
    if (!hy_wall_known(*ret_published))
        return refuse(w, "invalid", "published", "请填写发布时间");
    if (read_clocks(w, ret_clocks) < 0)
        return HY_E_STATE;
    if (check_form(w, *ret_clocks, act) < 0) {
        json_decref(*ret_clocks);
        return HY_E_STATE;
    }
    *ret_act = act;
    return HY_OK;
}

static int do_respond(struct work *w)
{
    HY_CLEANUP(hy_json_freep) json_t *found = NULL;
    HY_CLEANUP(hy_json_freep) json_t *args = NULL;
    json_t *clocks = NULL;
    hy_wall published;
    int act = 0, rc;

    if (read_found(w, &found) < 0)
        return HY_E_STATE;
    args = args_copy(w);
    fill_from_found(args, found);
    w->args = args;
    rc = judge_response(w, &act, &clocks, &published);
    if (rc == HY_OK) {
        json_t *r = response_json(w, act, clocks, published);
        json_object_set_new(r, "entered_late", json_boolean(is_entered_late(w, published)));
        record_response(w, r, HY_TAKE(found));
    }
    w->args = json_object_get(w->cmd, "args");
    return rc;
}

static int do_reject_found(struct work *w)
{
    HY_CLEANUP(hy_json_freep) json_t *found = NULL;
    struct hy_str reason;

    if (read_found(w, &found) < 0)
        return HY_E_STATE;
    if (found == NULL)
        return refuse(w, "invalid", "found", "请指明是哪一条疑似回应");
    if (need_text(w, "reason", "理由", &reason) < 0)
        return HY_E_STATE;
    hy_json_set_str(found, "state", HY_STR("rejected"));
    emit(w, HY_ENTRY_REJECT_FOUND, touched(w), put_one("found", HY_TAKE(found)));
    return HY_OK;
}

/* Four eyes: the approver is another person, known to the duty list, with the right to approve. */
static int need_approver(struct work *w, struct hy_str *ret)
{
    const struct hy_duty *duty = w->d->rules->duty;
    const unsigned may = 1u << HY_ROLE_APPROVER | 1u << HY_ROLE_SUPERVISOR;
    const struct hy_person *p;

    if (need_text(w, "approver", "批准人", ret) < 0)
        return HY_E_STATE;
    if (hy_str_eq(*ret, hy_json_str(w->actor, "id")))
        return refuse(w, "forbidden", "approver", "批准人不能是登记人自己");
    p = duty ? hy_duty_person(duty, *ret) : NULL;
    if (p == NULL)
        return refuse(w, "invalid", "approver", "人员名单里没有批准人“" HY_STR_FMT "”",
                      HY_STR_ARG(hy_utf8_head(*ret, 40)));
    if (!(p->roles & may))
        return refuse(w, "forbidden", "approver", "%s没有批准权限（需要主管或审签人）", p->name);
    return HY_OK;
}

static int do_waive(struct work *w)
{
    struct hy_str clock, basis, approver;
    const json_t *o;
    json_t *changed;

    if (need_text(w, "clock", "时限", &clock) < 0 ||
        need_text(w, "basis", "免回应的依据", &basis) < 0 || need_approver(w, &approver) < 0)
        return HY_E_STATE;
    o = hy_incident_obligation(w->doc, clock);
    if (o == NULL)
        return refuse(w, "not_found", "clock", "这起事件没有这个时限");
    if (!hy_str_is(hy_json_str(o, "state"), "open"))
        return refuse(w, "state", "clock", "这个时限已经结束");
    changed = json_deep_copy(o);
    hy_json_set_str(changed, "state", HY_STR("waived"));
    json_object_set_new(changed, "ended", hy_now_json(w->d));
    json_t *waiver = json_object();
    hy_json_set_str(waiver, "basis", basis);
    hy_json_set_str(waiver, "approver", approver);
    json_object_set_new(changed, "waiver", waiver);
    emit(w, HY_ENTRY_WAIVE, touched(w), put_one("obligations", changed));
    return HY_OK;
}

/* The earliest start wins. */
static json_t *times_merged(const json_t *a, const json_t *b)
{
    static const char *const keys[] = {"occurred", "first_public", "detected"};
    json_t *times = json_deep_copy(a);

    for (size_t i = 0; i < HY_COUNT(keys); i++) {
        hy_wall x = hy_json_time(a, keys[i]), y = hy_json_time(b, keys[i]);
        if (hy_wall_known(y) && (!hy_wall_known(x) || y.ms < x.ms))
            hy_json_set_time(times, keys[i], y, HY_CST);
    }
    return times;
}

static int do_merge(struct work *w)
{
    struct hy_str into;
    json_t *target, *set, *put;
    struct hy_str from = w->incident;

    if (need_text(w, "into", "并入的事件", &into) < 0)
        return HY_E_STATE;
    target = hy_state_incident(w->d->state, into);
    if (target == NULL)
        return refuse(w, "not_found", "into", "没有要并入的事件");
    if (hy_str_eq(into, from))
        return refuse(w, "invalid", "into", "不能并入自己");
    if (!hy_incident_is_open(target))
        return refuse(w, "state", "into", "要并入的事件已经结束");
    set = touched(w);
    set_state(set, HY_STAGE_MERGED);
    hy_json_set_str(set, "merged_into", into);
    emit(w, HY_ENTRY_MERGE, set, NULL);
    hy_clocks_stop(w->d, from, "并案");

    set = touched(w);
    put = json_object();
    json_object_set_new(
        set, "times",
        times_merged(json_object_get(target, "times"), json_object_get(w->doc, "times")));
    hy_json_set_int(set, "reprints",
                    hy_json_int(target, "reprints", 0) + hy_json_int(w->doc, "reprints", 0));
    json_object_set_new(put, "items", json_deep_copy(json_object_get(w->doc, "items")));
    json_t *args = json_object();
    hy_json_set_str(args, "from", from);
    hy_emit(w->d, HY_ENTRY_MERGE, into, hy_entry_data(args, set, put));
    if (json_array_size(json_object_get(target, "obligations")) > 0)
        hy_clocks_refresh(w->d, into, "并案");
    return HY_OK;
}

static int do_times(struct work *w)
{
    struct hy_str reason;
    json_t *times, *set;

    if (need_text(w, "reason", "更正的理由", &reason) < 0 || read_times(w, w->args, &times) < 0)
        return HY_E_STATE;
    set = touched(w);
    json_object_set_new(set, "times", times);
    emit(w, HY_ENTRY_TIMES, set, NULL);
    if (json_array_size(json_object_get(w->doc, "obligations")) > 0)
        hy_clocks_refresh(w->d, w->incident, "更正时间");
    return HY_OK;
}

static int do_note(struct work *w)
{
    struct hy_str text;
    char id[32];
    json_t *note;

    if (need_text(w, "text", "备注", &text) < 0)
        return HY_E_STATE;
    note = person_json(w);
    snprintf(id, sizeof(id), "N%zu", json_array_size(json_object_get(w->doc, "notes")) + 1);
    hy_json_set_str(note, "id", hy_str(id));
    hy_json_set_str(note, "text", text);
    emit(w, HY_ENTRY_NOTE, NULL, put_one("notes", note));
    return HY_OK;
}

/* Moves between the working states that no other verb makes. */
static const struct {
    enum hy_stage to;
    unsigned from, roles;
} moves[] = {
#define IN(s) (1u << HY_STAGE_##s)
#define BY(r) (1u << HY_ROLE_##r)
    {HY_STAGE_VERIFYING, IN(COLLECTED) | IN(TRIAGED) | IN(ASSESSED),
     BY(MONITOR) | BY(DUTY) | BY(ANALYST)},
    {HY_STAGE_CONSULTING, IN(ASSESSED) | IN(ASSIGNED) | IN(ACCEPTED) | IN(RETURNED),
     BY(ANALYST) | BY(SUPERVISOR)},
    {HY_STAGE_ASSESSED, IN(CONSULTING) | IN(VERIFYING) | IN(TRIAGED), BY(ANALYST) | BY(SUPERVISOR)},
    {HY_STAGE_RETURNED, IN(ASSIGNED) | IN(ACCEPTED), BY(EDITOR) | BY(APPROVER)},
    {HY_STAGE_ACCEPTED, IN(ASSIGNED), BY(EDITOR) | BY(APPROVER) | BY(DUTY)},
    {HY_STAGE_DRAFTING, IN(ACCEPTED) | IN(ASSIGNED) | IN(REVIEWING), BY(EDITOR) | BY(APPROVER)},
    {HY_STAGE_REVIEWING, IN(DRAFTING), BY(EDITOR)},
    {HY_STAGE_FOLLOWING, IN(RESPONDED), BY(EDITOR) | BY(DUTY) | BY(ANALYST)},
    {HY_STAGE_EVALUATED, IN(SETTLED), BY(ANALYST) | BY(SUPERVISOR)},
    {HY_STAGE_ARCHIVED, IN(SETTLED) | IN(EVALUATED) | IN(DISMISSED), BY(ANALYST) | BY(SUPERVISOR)},
};

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

static int refuse_role(struct work *w, const char *what, unsigned roles)
{
    struct hy_buf b = HY_BUF_INIT(200);

    for (int r = 0; r < HY_ROLE_COUNT; r++)
        if (roles & 1u << r)
            hy_buf_printf(&b, "%s%s", b.n ? "、" : "", hy_role_label[r]);
    int rc = refuse(w, "forbidden", NULL, "没有权限：“%s”需要%s", what, b.p ? b.p : "其他角色");
    hy_buf_release(&b);
    return rc;
}

static int do_state(struct work *w)
{
    int to = hy_name_index(hy_stage_name, hy_json_str(w->args, "to"));
    struct hy_str reason;
    json_t *set;

    if (to < 0)
        return refuse(w, "invalid", "to", "不认识的状态");
    if (need_text(w, "reason", "理由", &reason) < 0)
        return HY_E_STATE;
    for (size_t i = 0; i < HY_COUNT(moves); i++) {
        if ((int)moves[i].to != to || !(moves[i].from & 1u << w->stage))
            continue;
        if (!(moves[i].roles & roles_of(w->actor)))
            return refuse_role(w, hy_stage_label[to], moves[i].roles);
        set = touched(w);
        set_state(set, (enum hy_stage)to);
        emit(w, HY_ENTRY_STATE, set, NULL);
        return HY_OK;
    }
    return refuse(w, "state", "to", "不能从“%s”转到“%s”", hy_stage_label[w->stage],
                  hy_stage_label[to]);
}

static int read_disposition(struct work *w, json_t **ret)
{
    const json_t *list = json_object_get(w->args, "disposition");
    size_t i;
    json_t *v;

    if (json_array_size(list) == 0)
        return refuse(w, "invalid", "disposition", "请选择处置分类");
    json_array_foreach (list, i, v)
        if (hy_name_index(hy_disposition_name, hy_str(json_string_value(v))) < 0)
            return refuse(w, "invalid", "disposition", "不认识的处置分类");
    *ret = json_deep_copy(list);
    return HY_OK;
}

/* A follow-up period ends with the matter; any other open clock must be answered or waived. */
static int need_all_ended(struct work *w)
{
    size_t i;
    json_t *o;

    json_array_foreach (json_object_get(w->doc, "obligations"), i, o)
        if (hy_str_is(hy_json_str(o, "state"), "open") &&
            !json_is_true(json_object_get(o, "repeat")))
            return refuse(w, "state", NULL, "“%s”还没有完成，请先登记回应或免回应",
                          hy_json_str(o, "label").p);
    return HY_OK;
}

static int do_close(struct work *w)
{
    struct hy_str follow_up;
    json_t *disposition = NULL, *set, *closed;

    if (need_all_ended(w) < 0 ||
        need_text(w, "follow_up", "后续公开情况（网址或说明）", &follow_up) < 0 ||
        read_disposition(w, &disposition) < 0)
        return HY_E_STATE;
    set = touched(w);
    closed = person_json(w);
    hy_json_set_str(closed, "follow_up", follow_up);
    json_object_set_new(set, "disposition", disposition);
    json_object_set_new(set, "closed", closed);
    set_state(set, HY_STAGE_SETTLED);
    emit(w, HY_ENTRY_CLOSE, set, NULL);
    hy_clocks_stop(w->d, w->incident, "办结");
    return HY_OK;
}

/* 次生舆情: new obligations from now on; what ended before keeps its result. */
static int do_reopen(struct work *w)
{
    struct hy_str reason;
    json_t *set;

    if (need_text(w, "reason", "重新打开的理由", &reason) < 0)
        return HY_E_STATE;
    set = touched(w);
    set_state(set, HY_STAGE_ASSESSED);
    json_object_set_new(set, "times", times_with(w, "reopened", w->d->now));
    json_object_set_new(set, "closed", json_null());
    emit(w, HY_ENTRY_REOPEN, set, NULL);
    hy_clocks_refresh(w->d, w->incident, "重新打开");
    return HY_OK;
}

/* -- what the role `deliver` says of a channel -- */

static bool is_delivery(const struct work *w)
{
    return hy_str_is(hy_json_str(w->cmd, "via"), "deliver") &&
           hy_str_is(hy_json_str(w->cmd, "verb"), "receipt");
}

/* Has the notice got to anybody, by whatever way? */
static bool has_arrived(const json_t *record)
{
    static const char *const ways[] = {"states", "channels"};
    const char *who;
    json_t *state;

    for (size_t i = 0; i < HY_COUNT(ways); i++)
        json_object_foreach (json_object_get(record, ways[i]), who, state) {
            struct hy_str s = hy_str(json_string_value(state));
            if (hy_str_is(s, "sent") || hy_str_is(s, "shown") || hy_str_is(s, "closed"))
                return true;
        }
    return false;
}

/* An urgent notice that got to nobody: the next step of the ladder need not wait for its time, only
 * a moment for the board.  NULL when there is none, or somebody has acknowledged. */
static json_t *hastened_step(const struct work *w, const json_t *record)
{
    size_t i;
    json_t *step;

    if (!hy_str_is(hy_json_str(record, "class"), "urgent") || has_arrived(record) ||
        json_is_object(json_object_get(w->doc, "ack")))
        return NULL;
    json_array_foreach (json_object_get(w->doc, "escalation"), i, step) {
        if (!hy_step_waits(step))
            continue;
        if (hy_json_time(step, "due").ms <= w->d->now.ms + HASTE_MS)
            return NULL; /* it fires by itself */
        step = json_deep_copy(step);
        hy_json_set_time(step, "due", hy_wall_add_ms(w->d->now, HASTE_MS), HY_CST);
        return step;
    }
    return NULL;
}

/* Mail goes to a person.  "sent" is less than "shown": a server took it, nobody has seen it. */
static void tell_person(json_t *record, struct hy_str channel, const char *state)
{
    json_t *states = json_object_get(record, "states");
    HY_CLEANUP(hy_freep)
    char *person = hy_str_starts(channel, HY_STR("mail:"))
                       ? hy_str_dup(hy_str_sub(channel, 5, channel.n))
                       : hy_xstrdup("");
    struct hy_str was = hy_json_str(states, person);

    if (hy_str_is(was, "queued") || (hy_str_is(was, "failed") && strcmp(state, "sent") == 0))
        json_object_set_new(states, person, json_string(state));
}

static int do_delivery(struct work *w, const json_t *record)
{
    static const char *const states[] = {"sent", "failed", NULL};
    int state = hy_name_index(states, hy_json_str(w->args, "state"));
    HY_CLEANUP(hy_freep) char *channel = hy_str_dup(hy_json_str(w->args, "channel"));

    if (state < 0 || channel[0] == '\0' || strlen(channel) > CHANNEL_MAX)
        return refuse(w, "invalid", "state", "回执要有渠道和状态（sent、failed）");
    if (hy_str_is(hy_json_str(json_object_get(record, "channels"), channel), states[state]))
        return HY_OK; /* said before */
    json_t *changed = json_deep_copy(record), *channels = json_object_get(changed, "channels");
    if (channels == NULL) {
        channels = json_object();
        json_object_set_new(changed, "channels", channels);
    }
    json_object_set_new(channels, channel, json_string(states[state]));
    tell_person(changed, hy_str(channel), states[state]);
    json_t *step = state == 1 ? hastened_step(w, changed) : NULL;
    json_t *put = put_one("notices", changed);
    if (step) {
        json_t *steps = json_array();
        json_array_append_new(steps, step);
        json_object_set_new(put, "escalation", steps);
    }
    emit(w, HY_ENTRY_RECEIPT, NULL, put);
    return HY_OK;
}

static int do_receipt(struct work *w)
{
    static const char *const states[] = {"shown", "failed", "closed", NULL};
    struct hy_str id = hy_json_str(w->args, "notice"), state = hy_json_str(w->args, "state");
    const json_t *record = hy_list_find(json_object_get(w->doc, "notices"), id);
    HY_CLEANUP(hy_freep) char *person = hy_str_dup(hy_json_str(w->actor, "id"));
    const json_t *was = json_object_get(json_object_get(record, "states"), person);
    json_t *changed;

    if (record == NULL)
        return refuse(w, "not_found", "notice", "没有这条提醒");
    if (is_delivery(w))
        return do_delivery(w, record);
    if (was == NULL)
        return refuse(w, "forbidden", "notice", "这条提醒不是发给您的");
    if (hy_name_index(states, state) < 0)
        return refuse(w, "invalid", "state", "回执只能是 shown、failed 或 closed");
    if (hy_str_is(state, json_string_value(was)) ||
        (hy_str_is(state, "shown") && hy_str_is(HY_STR("closed"), json_string_value(was))))
        return HY_OK; /* said before, or overtaken */
    changed = json_deep_copy(record);
    hy_json_set_str(json_object_get(changed, "states"), person, state);
    emit(w, HY_ENTRY_RECEIPT, NULL, put_one("notices", changed));
    return HY_OK;
}

/* ---- the table ---- */

#define CLOSED (IN(SETTLED) | IN(EVALUATED) | IN(ARCHIVED) | IN(DISMISSED))
#define EVERYBODY ((1u << HY_ROLE_COUNT) - 1)

static const struct verb {
    const char *name, *label;
    unsigned roles, states;
    bool addressee; /* also the person a notice went to */
    int (*run)(struct work *w);
} verbs[] = {
    {"ack", "签收", BY(DUTY) | BY(ANALYST) | BY(SUPERVISOR) | BY(ADMIN), HY_STAGES_OPEN, true,
     do_ack},
    {"assign", "交办", BY(ANALYST) | BY(SUPERVISOR), HY_STAGES_OPEN, false, do_assign},
    {"close", "办结", BY(ANALYST) | BY(SUPERVISOR), HY_STAGES_OPEN, false, do_close},
    {"confirm", "确认", BY(MONITOR) | BY(DUTY) | BY(ANALYST), HY_STAGES_OPEN, false, do_confirm},
    {"dismiss", "排除", BY(MONITOR) | BY(DUTY) | BY(ANALYST),
     IN(COLLECTED) | IN(TRIAGED) | IN(VERIFYING), false, do_dismiss},
    {"level", "定级", BY(ANALYST) | BY(SUPERVISOR), HY_STAGES_OPEN, false, do_level},
    {"merge", "并案", BY(ANALYST), HY_STAGES_OPEN, false, do_merge},
    {"note", "备注", EVERYBODY & ~BY(AUDITOR), HY_STAGES_OPEN | CLOSED | IN(MERGED), false,
     do_note},
    {"receipt", "回执", EVERYBODY, HY_STAGES_OPEN | CLOSED | IN(MERGED), true, do_receipt},
    {"reject_found", "不是回应", BY(DUTY) | BY(ANALYST), HY_STAGES_OPEN, false, do_reject_found},
    {"reopen", "重新打开", BY(ANALYST) | BY(SUPERVISOR), CLOSED, false, do_reopen},
    {"respond", "登记回应", BY(EDITOR) | BY(APPROVER) | BY(DUTY) | BY(ANALYST), HY_STAGES_OPEN,
     false, do_respond},
    {"state", "流转", EVERYBODY & ~BY(AUDITOR), HY_STAGES_OPEN | CLOSED, false, do_state},
    {"times", "更正时间", BY(ANALYST), HY_STAGES_OPEN, false, do_times},
    {"waive", "免回应", BY(SUPERVISOR), HY_STAGES_OPEN, false, do_waive},
};

static const struct verb *find_verb(struct hy_str name)
{
    for (size_t i = 0; i < HY_COUNT(verbs); i++)
        if (hy_str_is(name, verbs[i].name))
            return &verbs[i];
    return NULL;
}

static bool is_addressee(const struct work *w)
{
    HY_CLEANUP(hy_freep) char *person = hy_str_dup(hy_json_str(w->actor, "id"));
    size_t i;
    json_t *n;

    json_array_foreach (json_object_get(w->doc, "notices"), i, n)
        if (json_object_get(json_object_get(n, "states"), person))
            return true;
    return false;
}

/* The sender saw an older incident and another person changed it since. */
static bool is_outdated(const struct work *w)
{
    int64_t seen = hy_json_int(w->cmd, "version", 0);

    return seen > 0 && seen < hy_json_int(w->doc, "touched", 0);
}

static int judge(struct work *w)
{
    const struct verb *v = find_verb(hy_json_str(w->cmd, "verb"));

    if (v == NULL)
        return refuse(w, "invalid", "verb", "不认识的操作");
    if (hy_json_str(w->actor, "id").n == 0)
        return refuse(w, "invalid", "actor", "没有说明操作人");
    w->doc = hy_state_incident(w->d->state, w->incident);
    if (w->doc == NULL)
        return refuse(w, "not_found", "incident", "没有这起事件");
    w->stage = hy_incident_stage(w->doc);
    if (!(v->roles & roles_of(w->actor)) && !(v->addressee && is_addressee(w)) && !is_delivery(w))
        return refuse_role(w, v->label, v->roles);
    if (!(v->states & 1u << w->stage))
        return refuse(w, "state", NULL, "事件处于“%s”，不能%s", hy_stage_label[w->stage], v->label);
    if (is_outdated(w))
        return refuse(w, "conflict", "version", "事件刚刚被他人更新，请看过最新情况后再操作");
    return v->run(w);
}

static void answer(struct work *w, int rc)
{
    json_t *reply = json_object();

    hy_json_set_str(reply, "id", hy_json_str(w->cmd, "id"));
    json_object_set_new(reply, "ok", json_boolean(rc == HY_OK));
    if (rc == HY_OK) {
        hy_json_set_str(reply, "incident", w->incident);
        hy_json_set_int(reply, "seq", w->d->state->head.seq);
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
    struct work w = {.d = d,
                     .cmd = cmd,
                     .args = json_object_get(cmd, "args"),
                     .actor = json_object_get(cmd, "actor"),
                     .incident = hy_json_str(cmd, "incident")};

    if (w.incident.n == 0) { /* a receipt names its notice, "<incident>/<clock>/<step>" */
        struct hy_str notice = hy_json_str(w.args, "notice");
        hy_str_cut(&notice, '/', &w.incident);
    }
    d->actor = hy_json_str(w.actor, "id");
    d->cmd = hy_json_str(cmd, "id");
    answer(&w, judge(&w));
    d->actor = d->cmd = hy_str("");
}
