/* SPDX-License-Identifier: Apache-2.0 */
/* Silence during maintenance, and test alarms.
 *
 * A silence has a scope and an end.  What it covers is written down and shown on the board like
 * everything else, but rings nowhere; when it ends, its maker and the duty officer are told what was
 * held.  Clocks run on, and no silence covers emergencies of levels 1 and 2 or what is due
 * (notice.c). */
#include "alerts/decide/command.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS_MAX = 200, NAMED_MAX = 5, TITLE_CHARS = 30 };
#define LONGEST_MS (7 * HY_DAY_MS)

/* ---- beginning and ending ---- */

static const char *const whats[] = {"sources", "source", "incident", "unit",
                                    "topic",   "drills", NULL};
static const struct hy_field silence_fields[] = {
    {"what", "静默的范围", HY_F_NAME, .required = true, .names = whats},
    {"scope", "哪一个", HY_F_TEXT},
    {"from", "开始时间", HY_F_TIME},
    {"to", "结束时间", HY_F_TIME, .required = true},
    {"why", "原因", HY_F_TEXT, .required = true},
    {NULL},
};

static int check_silence(struct hy_work *w, const json_t *row)
{
    struct hy_str what = hy_json_str(row, "what");
    bool whole = hy_str_is(what, "sources") || hy_str_is(what, "drills");
    hy_wall from = hy_json_time(row, "from"), to = hy_json_time(row, "to");

    if (!whole && hy_json_str(row, "scope").n == 0)
        return hy_refuse(w, "invalid", "scope", "请写明静默哪一个来源、事件、单位或话题");
    if (to.ms <= from.ms || to.ms <= w->d->now.ms)
        return hy_refuse(w, "invalid", "to", "结束时间应晚于开始时间和现在");
    if (to.ms - from.ms > LONGEST_MS)
        return hy_refuse(w, "invalid", "to", "静默最长 7 天，到时可以再登记一次");
    if (json_array_size(json_object_get(w->doc, "silences")) >= ROWS_MAX)
        return hy_refuse(w, "state", NULL, "静默登记得太多了（%d 条）", ROWS_MAX);
    return HY_OK;
}

/* The list with the row, without those that ended a month ago. */
static json_t *silences_with(const struct hy_work *w, json_t *row)
{
    json_t *list = json_array(), *o;
    size_t i;

    json_array_foreach (json_object_get(w->doc, "silences"), i, o)
        if (hy_json_time(o, "to").ms > w->d->now.ms - 30 * HY_DAY_MS)
            json_array_append(list, o);
    json_array_append_new(list, row);
    return list;
}

static json_t *end_step(const char *id, hy_wall due)
{
    HY_CLEANUP(hy_freep) char *name = hy_xasprintf(HY_STEP_SILENCE "%s", id);
    json_t *step = json_object();

    hy_json_set_str(step, "id", hy_str(name));
    hy_json_set_str(step, "step", hy_str(name));
    hy_json_set_time(step, "due", due, HY_CST);
    json_object_set_new(step, "fired", json_null());
    return step;
}

int hy_do_silence(struct hy_work *w)
{
    HY_CLEANUP(hy_json_freep) json_t *row = json_object();
    char id[32];

    if (hy_fields_read(w, silence_fields, row) < 0)
        return HY_E_STATE;
    if (json_object_get(row, "from") == NULL)
        hy_json_set_time(row, "from", w->d->now, HY_CST);
    if (check_silence(w, row) < 0)
        return HY_E_STATE;
    json_t *signature = hy_signed(w), *set = hy_duty_begin(w->d);
    json_object_update(row, signature);
    json_decref(signature);
    snprintf(id, sizeof(id), "Q%lld", (long long)w->d->state->head.seq + 1); /* never used again */
    hy_json_set_str(row, "id", hy_str(id));
    hy_json_set_str(row, "state", HY_STR("active"));
    json_object_set_new(set, "silences", silences_with(w, json_incref(row)));
    hy_act(w, HY_ENTRY_DUTY, set, hy_put_one("steps", end_step(id, hy_json_time(row, "to"))));
    hy_hint(w, "时限照常计算；特别重大、重大突发事件和到期的提醒不静默。结束后会告诉您期间有哪些提醒");
    return HY_OK;
}

int hy_do_silence_end(struct hy_work *w)
{
    struct hy_str id;

    if (hy_need_text(w, "silence", "哪一条静默", &id) < 0)
        return HY_E_STATE;
    const json_t *row = hy_list_find(json_object_get(w->doc, "silences"), id);
    if (row == NULL)
        return hy_refuse(w, "not_found", "silence", "没有这一条静默");
    if (!hy_str_is(hy_json_str(row, "state"), "active") ||
        hy_json_time(row, "to").ms <= w->d->now.ms)
        return hy_refuse(w, "state", "silence", "这一条静默已经结束");
    HY_CLEANUP(hy_freep) char *name = hy_str_dup(id);
    json_t *changed = json_deep_copy(row), *put = json_object();
    hy_json_set_time(changed, "to", w->d->now, HY_CST);
    json_object_set_new(changed, "ended", hy_signed(w));
    json_object_set_new(put, "silences", hy_list_of(changed));
    json_object_set_new(put, "steps", hy_list_of(end_step(name, w->d->now)));
    hy_act(w, HY_ENTRY_DUTY, NULL, put);
    return HY_OK;
}

/* ---- what was held ---- */

static size_t held_of(const json_t *doc, struct hy_str silence)
{
    size_t n = 0, i;
    json_t *o;

    json_array_foreach (json_object_get(doc, "notices"), i, o)
        n += hy_str_eq(hy_json_str(o, "quiet"), silence);
    return n;
}

static size_t held_text(const struct hy_decide *d, struct hy_str silence, struct hy_buf *b)
{
    struct hy_walk walk = {.passing = true};
    size_t all = 0, named = 0;
    const json_t *doc;

    while ((doc = hy_state_next(d->state, &walk))) {
        size_t n = held_of(doc, silence);
        struct hy_str title =
            hy_json_str(doc, hy_doc_kind_of(doc) == HY_DOC_SOURCE ? "name" : "title");
        all += n;
        if (n && named++ < NAMED_MAX)
            hy_buf_printf(b, "%s“" HY_STR_FMT "”%zu 条", named > 1 ? "、" : "：",
                          HY_STR_ARG(hy_utf8_head(title, TITLE_CHARS)), n);
    }
    if (named > NAMED_MAX)
        hy_buf_puts(b, "等");
    return all;
}

void hy_silence_timer(struct hy_decide *d, const json_t *step, hy_wall due)
{
    struct hy_str id = hy_json_str(step, "step");
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED), held = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    json_t *fired = json_deep_copy(step), *put = json_object();
    char name[64];

    id = hy_str_sub(id, strlen(HY_STEP_SILENCE), id.n);
    const json_t *row = hy_list_find(json_object_get(hy_duty_doc(d), "silences"), id);
    hy_step_fire(d, fired, due);
    json_object_set_new(put, "steps", hy_list_of(fired));
    if (row == NULL) {
        hy_emit(d, HY_ENTRY_DUTY, HY_STR(HY_DUTY_DOC), hy_entry_data(NULL, NULL, put));
        return;
    }
    json_t *changed = json_deep_copy(row);
    hy_json_set_str(changed, "state", HY_STR("ended"));
    json_object_set_new(put, "silences", hy_list_of(changed));
    size_t n = held_text(d, id, &held);
    hy_buf_printf(&body, "静默已结束（" HY_STR_FMT "）。", HY_STR_ARG(hy_json_str(changed, "why")));
    if (n)
        hy_buf_printf(&body, "期间有 %zu 条提醒没有响铃%s，请看一眼", n, held.p);
    else
        hy_buf_puts(&body, "期间没有提醒");
    HY_CLEANUP(hy_freep) char *by = hy_str_dup(hy_json_str(changed, "by"));
    snprintf(name, sizeof(name), HY_STEP_SILENCE HY_STR_FMT, HY_STR_ARG(id));
    hy_notice(d, HY_STR(HY_DUTY_DOC),
              &(struct hy_notice_spec){.clock = HY_STR("-"),
                                       .step = name,
                                       .posts = 1u << HY_POST_DUTY,
                                       .person = by,
                                       .urgency = HY_NORMAL,
                                       .body = body.p,
                                       .due = due,
                                       .put = put});
    hy_buf_release(&body);
    hy_buf_release(&held);
}

/* ---- test alarms ---- */

static const struct hy_field test_fields[] = {
    {"person", "试发给谁", HY_F_PERSON},
    {"channel", "渠道", HY_F_TEXT},
    {NULL},
};

static bool is_channel(const struct hy_duty *d, struct hy_str channel)
{
    const struct hy_person *p =
        hy_str_starts(channel, HY_STR("mail:"))
            ? hy_duty_person(d, hy_str_sub(channel, 5, channel.n))
            : NULL;

    return (p && p->mail && hy_duty_mailer(d)) || hy_duty_hook(d, channel);
}

/* The whole way of a real one: keeper, board, desktop, mail, robots, and the receipts back. */
int hy_do_alarm_test(struct hy_work *w)
{
    HY_CLEANUP(hy_json_freep) json_t *args = json_object();
    const struct hy_duty *duty = w->d->rules->duty;
    unsigned others = 1u << HY_ROLE_SUPERVISOR | 1u << HY_ROLE_ADMIN;
    char step[48];

    if (hy_fields_read(w, test_fields, args) < 0)
        return HY_E_STATE;
    struct hy_str channel = hy_json_str(args, "channel");
    struct hy_str person = hy_json_str(json_object_get(args, "person"), "id");
    if (person.n == 0 && channel.n == 0)
        person = hy_json_str(w->actor, "id");
    bool self = person.n && hy_str_eq(person, hy_json_str(w->actor, "id"));
    if (((person.n && !self) || channel.n) && !(w->roles & others))
        return hy_refuse(w, "forbidden", "person", "只能试发给自己；试发给别人或渠道要主管或管理员");
    if (channel.n && !is_channel(duty, channel))
        return hy_refuse(w, "invalid", "channel", "duty.yaml 里没有渠道“" HY_STR_FMT "”",
                         HY_STR_ARG(hy_utf8_head(channel, 40)));
    if (person.n && hy_duty_person(duty, person) == NULL)
        return hy_refuse(w, "invalid", "person", "值班人员名单里没有这个人");
    if (hy_duty_doc(w->d) == NULL)
        hy_emit(w->d, HY_ENTRY_DUTY, w->incident, hy_entry_data(NULL, hy_duty_begin(w->d), NULL));
    HY_CLEANUP(hy_freep) char *who = person.n ? hy_str_dup(person) : NULL;
    HY_CLEANUP(hy_freep) char *where = channel.n ? hy_str_dup(channel) : NULL;
    snprintf(step, sizeof(step), "test-%lld", (long long)w->d->state->head.seq + 1);
    hy_notice(w->d, w->incident,
              &(struct hy_notice_spec){.clock = HY_STR("-"),
                                       .step = step,
                                       .person = who,
                                       .channel = where,
                                       .urgency = HY_URGENT,
                                       .title = "【测试】回应：提醒测试",
                                       .body = "这是一条测试提醒，收到不用处理",
                                       .due = w->d->now});
    hy_hint(w, "已发出；送到哪一步，看值班页上这条提醒的回执");
    return HY_OK;
}
