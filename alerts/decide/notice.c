/* SPDX-License-Identifier: Apache-2.0 */
/* Notices: who is told, in which words, once per id. */
#include "alerts/decide/missed.h"
#include "alerts/decide/parts.h"
#include "core/mem.h"
#include "rules/duty_route.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    MAX_PEOPLE = 64,
    LATE_FROM_MS = 1000,
    PRESSING_MS = 6 * 60 * 60 * 1000, /* what asks for something before such an end rings */
};

const char *hy_lamp(hy_wall now, hy_wall start, hy_wall due)
{
    int64_t left = due.ms - now.ms, all = due.ms - start.ms;

    if (left < 0)
        return "late";
    return left * 5 <= all ? "red" : left * 2 <= all ? "yellow" : "green";
}

/* The unit whose lead is meant: the one in charge, else the first proposed. */
static struct hy_str unit_of(const json_t *doc)
{
    const json_t *units = json_object_get(doc, "units");
    const json_t *u = json_object_get(units, "lead");

    if (!json_is_object(u))
        u = json_array_get(json_object_get(units, "proposed"), 0);
    return json_is_string(u) ? hy_str(json_string_value(u)) : hy_json_str(u, "id");
}

static size_t add_person(const struct hy_person **list, size_t n, const struct hy_person *p)
{
    for (size_t i = 0; i < n; i++)
        if (list[i] == p)
            return n;
    if (n < MAX_PEOPLE)
        list[n++] = p;
    return n;
}

static void add_ids(const json_t *list, const char *key, struct hy_about *a, int which)
{
    size_t i;
    json_t *o;

    json_array_foreach (list, i, o) {
        struct hy_str s = json_is_string(o) ? hy_str(json_string_value(o)) : hy_json_str(o, key);
        if (s.n == 0)
            continue;
        if (which == 'u')
            hy_vec_push(&a->units, s);
        else if (which == 'p')
            hy_vec_push(&a->places, s);
        else
            hy_vec_push(&a->topics, s);
    }
}

static int64_t level_of(const json_t *doc)
{
    int64_t confirmed = hy_json_int(doc, "level", 0);

    return confirmed ? confirmed : hy_json_int(doc, "level_proposed", 0);
}

/* The document as the tree of duty.yaml sees it.  Views into it. */
static void about_of(const json_t *doc, enum hy_urgency urgency, struct hy_about *a)
{
    const json_t *units = json_object_get(doc, "units");
    struct hy_str unit = unit_of(doc);

    *a = (struct hy_about){.kind = hy_json_str(doc, "kind"),
                           .level = (int)level_of(doc),
                           .urgency = urgency};
    if (unit.n)
        hy_vec_push(&a->units, unit);
    add_ids(json_object_get(units, "support"), "id", a, 'u');
    add_ids(json_object_get(doc, "places"), "code", a, 'p');
    add_ids(json_object_get(doc, "topics"), "id", a, 't');
}

static void route(const struct hy_decide *d, const json_t *doc, enum hy_urgency urgency,
                  struct hy_routing *ret)
{
    struct hy_about about;

    *ret = (struct hy_routing){0};
    if (d->rules->duty == NULL || hy_doc_kind_of(doc) == HY_DOC_DUTY)
        return;
    about_of(doc, urgency, &about);
    hy_duty_route(d->rules->duty, &about, ret, NULL);
    hy_about_release(&about);
}

static size_t people_of(const struct hy_decide *d, const json_t *doc,
                        const struct hy_notice_spec *spec, const struct hy_person **list)
{
    const struct hy_person *some[MAX_PEOPLE], *one;
    struct hy_routing routing;
    struct hy_hand hand;
    size_t n = 0, at;
    json_t *id;

    if (d->rules->duty == NULL)
        return 0;
    hy_duty_hand(d, &hand);
    route(d, doc, spec->urgency, &routing);
    for (int post = 0; post < HY_POST_COUNT; post++) {
        if (!(spec->posts & 1u << post))
            continue;
        struct hy_ask ask = {(enum hy_post)post, unit_of(doc), d->now, &hand};
        bool nobody = false;
        size_t got = spec->holders_only
                         ? hy_duty_who(d->rules->duty, &ask, some, MAX_PEOPLE, &nobody)
                         : hy_routing_people(d->rules->duty, &routing, &ask, some, MAX_PEOPLE);
        if (nobody)
            continue;
        for (size_t i = 0; i < got; i++)
            n = add_person(list, n, some[i]);
    }
    hy_routing_release(&routing);
    hy_hand_release(&hand);
    if (spec->person && (one = hy_duty_person(d->rules->duty, hy_str(spec->person))))
        n = add_person(list, n, one);
    json_array_foreach (spec->people, at, id)
        if ((one = hy_duty_person(d->rules->duty, hy_str(json_string_value(id)))))
            n = add_person(list, n, one);
    return n;
}

/* The clock that presses most: what the lamp of an incident's own notices shows. */
const json_t *hy_nearest_clock(const json_t *doc)
{
    const json_t *best = NULL;
    size_t i;
    json_t *o;

    json_array_foreach (json_object_get(doc, "obligations"), i, o) {
        if (!hy_str_is(hy_json_str(o, "state"), "open"))
            continue;
        if (best == NULL || hy_json_time(o, "due").ms < hy_json_time(best, "due").ms)
            best = o;
    }
    return best;
}

enum hy_urgency hy_pressing(const struct hy_decide *d, const json_t *doc)
{
    const json_t *o = hy_nearest_clock(doc);

    return o && hy_json_time(o, "due").ms <= d->now.ms + PRESSING_MS ? HY_URGENT : HY_NORMAL;
}

void hy_add_clock(hy_wall now, struct hy_buf *b, const json_t *o)
{
    hy_wall due = hy_json_time(o, "due");

    hy_buf_str(b, hy_json_str(o, "label"));
    hy_buf_puts(b, "，");
    hy_add_moment(b, due);
    hy_buf_puts(b, due.ms < now.ms ? " 到期，已超过设定时限" : " 到期");
}

static const json_t *obligation_of(const json_t *doc, struct hy_str clock)
{
    if (hy_str_is(clock, "-"))
        return hy_nearest_clock(doc);
    HY_CLEANUP(hy_freep)
    char *id = hy_xasprintf(HY_STR_FMT "/" HY_STR_FMT, HY_STR_ARG(hy_json_str(doc, "id")),
                            HY_STR_ARG(clock));
    return hy_list_find(json_object_get(doc, "obligations"), hy_str(id));
}

/* "重大·拟", "政务舆情", "网民留言", "信源": what people sort their notices by. */
static const char *word_of(const json_t *doc, int64_t level)
{
    if (hy_doc_kind_of(doc) == HY_DOC_SOURCE)
        return "信源";
    if (hy_doc_kind_of(doc) == HY_DOC_DUTY)
        return "值班";
    if (hy_doc_kind_of(doc) == HY_DOC_RISK)
        return "风险评估";
    int kind = hy_name_index(hy_matter_name, hy_json_str(doc, "kind"));
    return kind == HY_MATTER_EMERGENCY ? hy_level_label[level]
                                       : hy_matter_label[kind < 0 ? HY_MATTER_OPINION : kind];
}

char *hy_document_title(const json_t *doc)
{
    int64_t confirmed = hy_json_int(doc, "level", 0), level = level_of(doc);
    bool emergency = hy_str_is(hy_json_str(doc, "kind"), "emergency");
    struct hy_str title = hy_json_str(doc, hy_doc_kind_of(doc) > HY_DOC_CASE ? "name" : "title");

    return hy_xasprintf(
        "【%s%s%s】" HY_STR_FMT, json_is_true(json_object_get(doc, "drill")) ? "演练·" : "",
        word_of(doc, level), emergency && !confirmed && level ? "·拟" : "", HY_STR_ARG(title));
}

static json_t *notice_of(const struct hy_decide *d, const json_t *doc, const char *id,
                         const struct hy_notice_spec *s, const struct hy_person **people, size_t n)
{
    const json_t *o = obligation_of(doc, s->clock);
    int64_t late = d->now.ms - s->due.ms;
    json_t *notice = json_object(), *to = json_array();
    HY_CLEANUP(hy_freep) char *title = hy_document_title(doc);

    for (size_t i = 0; i < n; i++)
        json_array_append_new(to, json_string(people[i]->id));
    hy_json_set_str(notice, "id", hy_str(id));
    hy_json_set_str(notice, "incident", hy_json_str(doc, "id"));
    hy_json_set_str(notice, "clock", s->clock);
    hy_json_set_str(notice, "step", hy_str(s->step));
    hy_json_set_str(notice, "class", hy_str(hy_urgency_name[s->urgency]));
    json_object_set_new(notice, "to", to);
    hy_json_set_str(notice, "title", hy_str(s->title ? s->title : title));
    hy_json_set_int(notice, "level", level_of(doc));
    if (s->personal)
        json_object_set_new(notice, "personal", json_true());
    if (s->channel)
        json_object_set_new(notice, "channels", hy_list_of(json_string(s->channel)));
    if (s->channels)
        json_object_set(notice, "channels", (json_t *)s->channels);
    if (s->instead)
        json_object_set_new(notice, "fallback_for",
                            json_pack("{s:s,s:s}", "id", s->instead->id, "name", s->instead->name));
    hy_json_set_str(notice, "body", hy_str(s->body));
    hy_json_set_time(notice, "due", s->due, HY_CST);
    hy_json_set_time(notice, "clock_due", o ? hy_json_time(o, "due") : HY_WALL_NONE, HY_CST);
    json_object_set_new(notice, "at", hy_now_json(d));
    hy_json_set_int(notice, "late_by_ms", late >= LATE_FROM_MS ? late : 0);
    hy_json_set_str(
        notice, "lamp",
        hy_str(o ? hy_lamp(d->now, hy_json_time(o, "start"), hy_json_time(o, "due")) : "none"));
    return notice;
}

/* What the document keeps of a notice: who was told, and how far it got with each. */
static json_t *record_of(const json_t *notice, const struct hy_person **people, size_t n)
{
    static const char *const keys[] = {"id",         "clock", "step",  "class",       "at",
                                       "late_by_ms", "quiet", "meant", "fallback_for"};
    json_t *record = json_object(), *to = json_array(), *states = json_object();

    for (size_t i = 0; i < HY_COUNT(keys); i++)
        if (json_object_get(notice, keys[i]))
            json_object_set(record, keys[i], json_object_get(notice, keys[i]));
    for (size_t i = 0; i < n; i++) {
        json_array_append_new(to,
                              json_pack("{s:s,s:s}", "id", people[i]->id, "name", people[i]->name));
        json_object_set_new(states, people[i]->id, json_string("queued"));
    }
    json_object_set_new(record, "to", to);
    json_object_set_new(record, "states", states);
    return record;
}

/* No silence covers a grave emergency, nor what is due. */
static bool may_be_silenced(const json_t *doc, const struct hy_notice_spec *spec)
{
    const json_t *o = hy_str_is(spec->clock, "-") ? NULL : obligation_of(doc, spec->clock);
    int64_t level = level_of(doc);
    bool grave = hy_str_is(hy_json_str(doc, "kind"), "emergency") && (level == 1 || level == 2);

    return !grave && (o == NULL || spec->due.ms < hy_json_time(o, "due").ms);
}

/* What holds a notice back: a round of catching up (alerts/decide/missed.h), whose end tells of it, or
 * a silence.  The id of it, or "". */
static struct hy_str held_by(const struct hy_decide *d, const json_t *doc,
                             const struct hy_notice_spec *spec)
{
    bool missed = d->now.ms - spec->due.ms >= HY_MISSED_AFTER_MS &&
                  hy_doc_kind_of(doc) != HY_DOC_DUTY;
    struct hy_str round = missed ? hy_missed_round(d) : hy_str("");

    if (round.n)
        return round;
    return may_be_silenced(doc, spec) ? hy_duty_silence(d, doc) : hy_str("");
}

void hy_notice(struct hy_decide *d, struct hy_str incident, const struct hy_notice_spec *spec)
{
    const json_t *doc = hy_state_incident(d->state, incident);
    HY_CLEANUP(hy_freep)
    char *id = hy_xasprintf(HY_STR_FMT "/" HY_STR_FMT "/%s", HY_STR_ARG(incident),
                            HY_STR_ARG(spec->clock), spec->step);
    const struct hy_person *people[MAX_PEOPLE];
    json_t *put = spec->put ? spec->put : json_object(), *notices = json_array(), *notice, *data;

    if (hy_list_find(json_object_get(doc, "notices"), hy_str(id))) {
        json_decref(notices);
        hy_emit(d, HY_ENTRY_CLOCKS, incident, hy_entry_data(NULL, spec->set, put));
        return;
    }
    size_t n = people_of(d, doc, spec, people);
    notice = notice_of(d, doc, id, spec, people, n);
    struct hy_str quiet = held_by(d, doc, spec);
    if (quiet.n) {
        json_object_set(notice, "meant", json_object_get(notice, "class"));
        hy_json_set_str(notice, "class", hy_str(hy_urgency_name[HY_DIGEST]));
        hy_json_set_str(notice, "quiet", quiet);
    }
    if (!quiet.n && spec->urgency == HY_URGENT)
        hy_unseen_watch(d, doc, id, people, n, put);
    json_array_append_new(notices, record_of(notice, people, n));
    json_object_set_new(put, "notices", notices);
    data = hy_entry_data(NULL, spec->set, put);
    json_object_set_new(data, "notice", notice);
    hy_emit(d, HY_ENTRY_NOTICE, incident, data);
}

/* An office without escalation in duty.yaml still gets the usual ladder. */
static const struct hy_escalation usual[] = {
    {10 * HY_MINUTE_MS, HY_POST_SECOND},
    {20 * HY_MINUTE_MS, HY_POST_UNIT_LEAD},
};

json_t *hy_escalation_rows(const struct hy_decide *d, const json_t *doc)
{
    const struct hy_escalation *rows = NULL;
    size_t n = d->rules->duty ? hy_duty_escalations(d->rules->duty, &rows) : 0;
    size_t before = json_array_size(json_object_get(doc, "escalation"));
    json_t *list = json_array();
    struct hy_routing routing;

    route(d, doc, HY_URGENT, &routing);
    if (routing.escalation.n) {
        rows = routing.escalation.v;
        n = routing.escalation.n;
    } else if (n == 0) {
        rows = usual;
        n = HY_COUNT(usual);
    }
    for (size_t i = 0; i < n; i++) {
        char step[32];
        snprintf(step, sizeof(step), "unacked-%zu", before + i + 1);
        json_t *o = json_pack("{s:s,s:s,s:s,s:[s],s:n}", "id", step, "step", step, "class",
                              "urgent", "to", hy_post_name[rows[i].to], "fired");
        hy_json_set_time(o, "due", hy_wall_add_ms(d->now, rows[i].after_ms), HY_CST);
        json_array_append_new(list, o);
    }
    hy_routing_release(&routing);
    return list;
}

/* Whose acknowledgements are needed: everybody's who is paged, where that is the rule; NULL: one is
 * enough. */
static json_t *needed(const struct hy_decide *d, const json_t *doc,
                      const struct hy_notice_spec *page)
{
    const struct hy_person *people[MAX_PEOPLE];
    struct hy_routing routing;

    if (d->rules->duty == NULL)
        return NULL;
    route(d, doc, HY_URGENT, &routing);
    bool everyone =
        routing.everyone || hy_duty_all_acknowledge(d->rules->duty, (int)level_of(doc));
    hy_routing_release(&routing);
    size_t n = everyone ? people_of(d, doc, page, people) : 0;
    if (n < 2)
        return NULL;
    json_t *list = json_array();
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(people[i]->id));
    return list;
}

static void page_text(const struct hy_decide *d, const json_t *doc, struct hy_buf *b)
{
    const json_t *o = hy_nearest_clock(doc);

    hy_buf_puts(b, "新的预警，请签收并核实。");
    if (o)
        hy_add_clock(d->now, b, o);
}

void hy_page(struct hy_decide *d, struct hy_str incident)
{
    const json_t *doc = hy_state_incident(d->state, incident);
    struct hy_buf body = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_notice_spec page = {.clock = HY_STR("-"),
                                  .step = "open",
                                  .posts = 1u << HY_POST_DUTY,
                                  .urgency = HY_URGENT,
                                  .due = d->now};
    json_t *need = needed(d, doc, &page);

    page.put = json_object();
    json_object_set_new(page.put, "escalation", hy_escalation_rows(d, doc));
    page_text(d, doc, &body);
    if (need) {
        hy_buf_puts(&body, "。收到的人都要签收");
        page.set = json_object();
        json_object_set_new(page.set, "ack_need", need);
    }
    page.body = body.p;
    hy_notice(d, incident, &page);
    hy_buf_release(&body);
}
