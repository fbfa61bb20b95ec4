/* SPDX-License-Identifier: Apache-2.0 */
/* Cases that are no incidents: policy documents, changed services, disclosures, requests, citizens'
 * messages, hotline tickets, reprints.  They are registered by hand, by a program or by import, and
 * their clocks run like any other.
 *
 * A case is known outside by its number (`ref`): registering it again changes nothing, so an import
 * may be repeated.  Nothing personal is kept: numbers in texts are masked on the way in, and there
 * is no field for who wrote.  The text lies under hy:{O}:item:<id>, the document has its
 * beginning. */
#include "alerts/decide/clocks.h"
#include "alerts/decide/command.h"

#include "core/mask.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "rules/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXCERPT_CHARS = 200, TITLE_CHARS = 200 };

/* Letter of the ids, and the time without which no clock could start. */
static const struct {
    char prefix;
    enum hy_anchor need, or ;
} kinds[HY_MATTER_COUNT] = {
    [HY_MATTER_DOCUMENT] = {'D', HY_ANCHOR_SIGNED, HY_ANCHOR_PUBLISHED},
    [HY_MATTER_SERVICE_CHANGE] = {'C', HY_ANCHOR_APPROVED, HY_ANCHOR_APPROVED},
    [HY_MATTER_DISCLOSURE] = {'B', HY_ANCHOR_FORMED, HY_ANCHOR_FORMED},
    [HY_MATTER_FOI] = {'F', HY_ANCHOR_RECEIVED, HY_ANCHOR_RECEIVED},
    [HY_MATTER_MESSAGE] = {'M', HY_ANCHOR_RECEIVED, HY_ANCHOR_FIRST_PUBLIC},
    [HY_MATTER_HOTLINE] = {'H', HY_ANCHOR_DISPATCHED, HY_ANCHOR_RECEIVED},
    [HY_MATTER_REPRINT] = {'R', HY_ANCHOR_FIRST_PUBLIC, HY_ANCHOR_FIRST_PUBLIC},
    [HY_MATTER_PERIODIC] = {'T', HY_ANCHOR_PERIOD, HY_ANCHOR_PERIOD},
};

static const char *const disclosure[] = {"public", "on_request", "none", NULL};
static const char *const receipt_form[] = {"in_person", "mail", "ordinary_mail",
                                           "online",    "fax",  NULL};
static const struct hy_field register_fields[] = {
    {"title", "标题", HY_F_TEXT, true},
    {"ref", "编号（文号、留言编号）", HY_F_TEXT},
    {"type", "种类", HY_F_TEXT},
    {"url", "网址", HY_F_URL},
    {"channel", "来自哪个渠道", HY_F_TEXT},
    {"source", "来源网站", HY_F_TEXT},
    {"receipt_form", "收到的方式", HY_F_NAME, .names = receipt_form},
    {"disclosure_attr", "公开属性", HY_F_NAME, .names = disclosure},
    {"interpretation", "解读材料的网址", HY_F_URL},
    {NULL},
};
/* Times that may be given; each starts or ends something. */
static const struct hy_field time_fields[] = {
    {"signed", "签发时间", HY_F_PAST},         {"approved", "完成审批的时间", HY_F_PAST},
    {"formed", "形成或变更的时间", HY_F_PAST}, {"received", "收到时间", HY_F_PAST},
    {"dispatched", "派单时间", HY_F_PAST},     {"first_public", "源站发布时间", HY_F_PAST},
    {"published", "公开时间", HY_F_PAST},      {NULL},
};

char hy_case_prefix(enum hy_matter kind)
{
    return kinds[kind].prefix;
}

/* ---- registering ---- */

static void mask_member(json_t *o, const char *key)
{
    const char *text = json_string_value(json_object_get(o, key));

    if (text == NULL)
        return;
    HY_CLEANUP(hy_freep) char *copy = hy_xstrdup(text);
    hy_mask(copy, strlen(copy));
    json_object_set_new(o, key, json_string(copy));
}

static int read_case_times(struct hy_work *w, json_t **ret)
{
    static const char *const own[] = {"confirmed", "graded", "assigned"};
    HY_CLEANUP(hy_json_freep) json_t *times = json_object();

    if (hy_fields_read(w, time_fields, times) < 0)
        return HY_E_STATE;
    if (!json_object_get(times, hy_anchor_name[kinds[w->kind].need]) &&
        !json_object_get(times, hy_anchor_name[kinds[w->kind].or ]))
        return hy_refuse(w, "invalid", hy_anchor_name[kinds[w->kind].need],
                         "请填写%s时间，%s的时限从它起算", hy_anchor_label[kinds[w->kind].need],
                         hy_matter_label[w->kind]);
    for (size_t i = 0; i < HY_COUNT(own); i++)
        json_object_set_new(times, own[i], json_null());
    hy_json_set_time(times, "detected", w->d->now, HY_CST);
    *ret = HY_TAKE(times);
    return HY_OK;
}

static json_t *units_of(const struct hy_work *w)
{
    json_t *units = json_object(), *lead = hy_unit_json(w, json_object_get(w->args, "unit"));

    json_object_set_new(units, "lead", lead ? lead : json_null());
    json_object_set_new(units, "support", json_array());
    json_object_set_new(units, "proposed", json_array());
    return units;
}

json_t *hy_case_document(const struct hy_decide *d, enum hy_matter kind, json_t *times,
                         json_t *units)
{
    static const char *const lists[] = {"obligations", "found",   "notices", "notes",
                                        "responses",   "history", "pauses",  "disposition"};
    static const char *const nulls[] = {"ack", "closed", "level"};
    json_t *doc = json_object();

    for (size_t i = 0; i < HY_COUNT(lists); i++)
        json_object_set_new(doc, lists[i], json_array());
    for (size_t i = 0; i < HY_COUNT(nulls); i++)
        json_object_set_new(doc, nulls[i], json_null());
    hy_json_set_str(doc, "kind", hy_str(hy_matter_name[kind]));
    hy_json_set_str(doc, "state", hy_str(hy_stage_name[HY_STAGE_COLLECTED]));
    json_object_set_new(doc, "drill", json_false());
    json_object_set_new(doc, "times", times);
    json_object_set_new(doc, "units", units);
    json_object_set_new(doc, "packs", hy_clocks_packs(d->rules));
    hy_json_set_str(doc, "rules_version", hy_str(d->rules->version));
    json_object_set_new(doc, "opened", hy_now_json(d));
    return doc;
}

/* The whole text, beside the document. */
static json_t *text_item(const struct hy_work *w, const char *text)
{
    json_t *item = json_object();

    hy_json_set_str(item, "id", hy_str(w->opened));
    hy_json_set_str(item, "incident", hy_str(w->opened));
    hy_json_set_str(item, "text", hy_str(text));
    return item;
}

static void open_case(struct hy_work *w, json_t *doc, const char *text)
{
    json_t *args = json_deep_copy(w->args), *data;

    json_object_del(args, "text"); /* it is in data.item, masked */
    json_object_del(args, "title");
    hy_state_next_id(w->d->state, kinds[w->kind].prefix, w->d->now, w->opened);
    w->incident = hy_str(w->opened);
    hy_json_set_int(doc, "touched", w->d->state->head.seq + 1);
    data = hy_entry_data(args, doc, NULL);
    if (text[0])
        json_object_set_new(data, "item", text_item(w, text));
    hy_emit(w->d, HY_ENTRY_OPEN, w->incident, data);
    w->doc = hy_state_incident(w->d->state, w->incident);
    w->stage = HY_STAGE_COLLECTED;
    hy_clocks_refresh(w->d, w->incident, NULL);
    w->doc = hy_state_incident(w->d->state, w->incident);
}

/* A document that came in published, with its interpretation: both are on record at once. */
static void record_given(struct hy_work *w)
{
    const json_t *times = json_object_get(w->doc, "times");
    hy_wall published = hy_json_time(times, "published");
    struct hy_str page = hy_json_str(w->args, "interpretation");

    if (hy_wall_known(published)) {
        json_t *r = hy_new_response(w, HY_ACT_PUBLICATION, published);
        json_object_set(r, "url", json_object_get(w->doc, "url"));
        hy_record_response(w, r, NULL);
    }
    if (page.n) {
        json_t *r = hy_new_response(w, HY_ACT_INTERPRETATION,
                                    hy_wall_known(published) ? published : w->d->now);
        hy_json_set_str(r, "url", page);
        hy_record_response(w, r, NULL);
    }
}

static void tell_opened(struct hy_work *w)
{
    const json_t *lead = json_object_get(json_object_get(w->doc, "units"), "lead");
    bool many = w->kind == HY_MATTER_MESSAGE || w->kind == HY_MATTER_HOTLINE;
    char body[160];

    if (!hy_incident_is_open(w->doc) || !json_is_object(lead))
        return;
    snprintf(body, sizeof(body), "新登记的%s，请受理并按期办理", hy_matter_label[w->kind]);
    hy_tell(w, "registered", 1u << HY_POST_UNIT_LEAD, NULL, many ? HY_DIGEST : HY_NORMAL, body);
}

int hy_do_register(struct hy_work *w)
{
    HY_CLEANUP(hy_json_freep) json_t *given = json_object();
    HY_CLEANUP(hy_json_freep) json_t *body = json_object();
    static const struct hy_field text_field[] = {{"text", "内容", HY_F_BODY}, {NULL}};
    json_t *times = NULL;

    if (hy_fields_read(w, register_fields, given) < 0 || hy_fields_read(w, text_field, body) < 0)
        return HY_E_STATE;
    const char *there =
        hy_state_ref(w->d->state, hy_matter_name[w->kind], hy_json_str(given, "ref"));
    if (there) {
        snprintf(w->opened, sizeof(w->opened), "%s", there);
        w->incident = hy_str(w->opened);
        w->known = true;
        hy_hint(w, "这个编号已经登记过，没有再登记");
        return HY_OK;
    }
    if (read_case_times(w, &times) < 0)
        return HY_E_STATE;
    mask_member(given, "title");
    mask_member(body, "text");
    json_t *doc = hy_case_document(w->d, w->kind, times, units_of(w));
    json_object_update(doc, given);
    struct hy_str text = hy_json_str(body, "text");
    if (text.n)
        hy_json_set_str(doc, "excerpt", hy_utf8_head(text, EXCERPT_CHARS));
    HY_CLEANUP(hy_freep) char *whole = hy_str_dup(text);
    open_case(w, doc, whole);
    record_given(w);
    tell_opened(w);
    return HY_OK;
}

/* ---- what happens to a case ---- */

int hy_do_amend(struct hy_work *w)
{
    HY_CLEANUP(hy_json_freep) json_t *given = json_object();
    HY_CLEANUP(hy_json_freep) json_t *fresh = json_object();
    struct hy_str reason;
    struct hy_field fields[HY_COUNT(register_fields)];

    memcpy(fields, register_fields, sizeof(fields));
    fields[0].required = false;
    if (hy_need_text(w, "reason", "更正的理由", &reason) < 0 ||
        hy_fields_read(w, fields, given) < 0 || hy_fields_read(w, time_fields, fresh) < 0)
        return HY_E_STATE;
    json_object_del(given, "ref"); /* the number is what it is known by */
    mask_member(given, "title");
    json_t *set = hy_touched(w), *times = json_deep_copy(json_object_get(w->doc, "times"));
    json_object_update(times, fresh);
    json_object_update(set, given);
    json_object_set_new(set, "times", times);
    hy_act(w, HY_ENTRY_TIMES, set, NULL);
    hy_clocks_refresh(w->d, w->incident, "更正登记");
    return HY_OK;
}

static const json_t *running_pause(const json_t *doc)
{
    size_t i;
    json_t *p;

    json_array_foreach (json_object_get(doc, "pauses"), i, p)
        if (!hy_wall_known(hy_json_time(p, "to")))
            return p;
    return NULL;
}

/* Is there a running clock that a consultation stops? */
static bool has_pausable(const json_t *doc)
{
    size_t i;
    json_t *o;

    json_array_foreach (json_object_get(doc, "obligations"), i, o)
        if (hy_str_is(hy_json_str(o, "state"), "open") && json_object_get(o, "pausable"))
            return true;
    return false;
}

int hy_do_suspend(struct hy_work *w)
{
    static const char *const why[] = {"third_party", "other_agency", NULL};
    static const struct hy_field fields[] = {
        {"with", "征求谁的意见", HY_F_TEXT, true},
        {"why", "原因", HY_F_NAME, true, .names = why},
        {"time", "发出时间", HY_F_PAST},
        {NULL},
    };
    HY_CLEANUP(hy_json_freep) json_t *p = hy_signed(w);
    char id[32];

    if (hy_fields_read(w, fields, p) < 0)
        return HY_E_STATE;
    if (running_pause(w->doc))
        return hy_refuse(w, "state", NULL, "正在征求意见，还没有收到答复");
    if (!has_pausable(w->doc))
        return hy_refuse(w, "state", NULL, "没有可以扣除时间的时限");
    hy_wall from = hy_json_time(p, "time");
    hy_row_id(w->doc, "pauses", 'P', id);
    hy_json_set_str(p, "id", hy_str(id));
    hy_json_set_time(p, "from", hy_wall_known(from) ? from : w->d->now, HY_CST);
    json_object_set_new(p, "to", json_null());
    json_t *set = hy_touched(w);
    if (hy_str_is(hy_json_str(p, "why"), why[0]))
        json_object_set_new(set, "times", hy_times_with(w, "asked", hy_json_time(p, "from")));
    hy_act(w, HY_ENTRY_SUSPEND, set, hy_put_one("pauses", HY_TAKE(p)));
    hy_clocks_refresh(w->d, w->incident, "征求意见");
    return HY_OK;
}

int hy_do_resume(struct hy_work *w)
{
    const json_t *running = running_pause(w->doc);
    hy_wall to;

    if (running == NULL)
        return hy_refuse(w, "state", NULL, "没有在征求意见");
    if (hy_past_time(w, w->args, "time", "收到答复的时间", &to) < 0)
        return HY_E_STATE;
    to = hy_wall_known(to) ? to : w->d->now;
    if (to.ms < hy_json_time(running, "from").ms)
        return hy_refuse(w, "invalid", "time", "收到答复的时间早于发出时间");
    json_t *p = json_deep_copy(running), *put = json_object();
    bool third = hy_str_is(hy_json_str(p, "why"), "third_party");
    hy_json_set_time(p, "to", to, HY_CST);
    hy_put_more(put, "pauses", p);
    if (third)
        hy_put_more(put, "responses", hy_new_response(w, HY_ACT_OPINION, to));
    hy_act(w, HY_ENTRY_RESUME, hy_touched(w), put);
    hy_clocks_refresh(w->d, w->incident, "收到答复");
    return HY_OK;
}

/* The request came back complete: its clock begins anew (条例第三十条). */
int hy_do_supplement(struct hy_work *w)
{
    hy_wall at;

    if (hy_past_time(w, w->args, "time", "收到补正的时间", &at) < 0)
        return HY_E_STATE;
    at = hy_wall_known(at) ? at : w->d->now;
    if (at.ms < hy_json_time(json_object_get(w->doc, "times"), "received").ms)
        return hy_refuse(w, "invalid", "time", "收到补正的时间早于收到申请的时间");
    json_t *set = hy_touched(w);
    json_object_set_new(set, "times", hy_times_with(w, "supplemented", at));
    hy_act(w, HY_ENTRY_TIMES, set, NULL);
    hy_clocks_refresh(w->d, w->incident, "收到补正，重新起算");
    return HY_OK;
}

/* A request or message that belongs to an incident: requests about one hot matter are answered
 * together. */
int hy_do_link(struct hy_work *w)
{
    struct hy_str to = hy_json_str(w->args, "to");
    const json_t *other = hy_state_incident(w->d->state, to);

    if (other == NULL || hy_doc_kind_of(other) > HY_DOC_CASE || hy_str_eq(to, w->incident))
        return hy_refuse(w, "not_found", "to", "没有要关联的事项，可能编号有误");
    json_t *here = hy_signed(w), *there = hy_signed(w), *args = json_object();
    hy_json_set_str(here, "id", to);
    hy_json_set_str(there, "id", w->incident);
    hy_act(w, HY_ENTRY_NOTE, hy_touched(w), hy_put_one("linked", here));
    hy_json_set_str(args, "to", w->incident);
    hy_emit(w->d, HY_ENTRY_NOTE, to, hy_entry_data(args, NULL, hy_put_one("linked", there)));
    return HY_OK;
}
