/* SPDX-License-Identifier: Apache-2.0 */
/* Hits: an item joins an incident, opens one, answers one (our own channels), or passes. */
#include "alerts/decide/clocks.h"
#include "alerts/decide/command.h"
#include "alerts/decide/risk.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <stdio.h>
#include <stdlib.h>

enum { MAX_ITEMS = 200 };

json_t *hy_pick(const json_t *from, const char *const *keys)
{
    json_t *o = json_object();

    for (; *keys; keys++) {
        json_t *v = json_object_get(from, *keys);
        if (v)
            json_object_set(o, *keys, v);
    }
    return o;
}

/* What the document keeps of an item; the text lives under the item's own key. */
static json_t *item_row(const json_t *hit, const char *reprint_of)
{
    static const char *const keys[] = {"id",        "url",     "source", "title",
                                       "published", "fetched", "hash",   "published_precision",
                                       "scored",    NULL};
    json_t *row = hy_pick(hit, keys);

    size_t replies = json_array_size(json_object_get(hit, "replies"));

    if (replies)
        hy_json_set_int(row, "replies", (int64_t)replies);
    json_object_set_new(row, "reprint_of", reprint_of ? json_string(reprint_of) : json_null());
    return row;
}

/* Of a page that was edited, or a thread that grew, the ledger tells when it was had first: it was
 * then that people could be alerted.  How it reads now, and since when, lies with its text. */
static json_t *joined_row(const json_t *doc, const json_t *hit, const char *reprint_of)
{
    static const char *const first[] = {"fetched", "scored"};
    const json_t *before = hy_list_find(json_object_get(doc, "items"), hy_json_str(hit, "id"));
    json_t *row = item_row(hit, reprint_of);

    for (size_t i = 0; i < HY_COUNT(first); i++)
        if (json_object_get(before, first[i]))
            json_object_set(row, first[i], json_object_get(before, first[i]));
    return row;
}

/* The full item as evidence; a reprint's text is its original's. */
static json_t *item_full(const json_t *hit, const char *incident, const struct hy_place_verdict *v)
{
    json_t *item = json_copy((json_t *)hit);

    hy_json_set_str(item, "incident", hy_str(incident));
    json_object_set_new(item, "reprint_of",
                        v->reprint_of ? json_string(v->reprint_of) : json_null());
    json_object_set_new(item, "joined_by", v->why ? json_string(v->why) : json_null());
    if (v->reprint_of)
        json_object_set_new(item, "text", json_string(""));
    return item;
}

/* A published day says too little to start an hour clock. */
static hy_wall first_public_of(const struct hy_decide *d, const json_t *hit)
{
    struct hy_str precision = hy_json_str(hit, "published_precision");
    hy_wall published = hy_json_time(hit, "published");

    if (!hy_str_is(precision, "minute") && !hy_str_is(precision, "second"))
        return HY_WALL_NONE;
    return hy_wall_known(published) && published.ms > d->now.ms ? d->now : published;
}

/* Does this publish time say that the matter was public before `known`?  A time to the minute
 * stands for the whole minute, so it only does when all of that minute lies before: otherwise every
 * reprint that shows no seconds would move the clocks by some seconds and supersede them. */
static bool is_earlier(const json_t *hit, hy_wall public, hy_wall known)
{
    bool second = hy_str_is(hy_json_str(hit, "published_precision"), "second");

    return public.ms + (second ? HY_SECOND_MS : HY_MINUTE_MS) <= known.ms;
}

/* The same where only the time of detection has been known: a first publish time that may be that
 * very moment says nothing new. */
static bool is_news(const json_t *hit, hy_wall public, const json_t *times)
{
    hy_wall known = hy_json_time(times, "first_public");
    hy_wall detected = hy_json_time(times, "detected");

    if (!hy_wall_known(public))
        return false;
    if (hy_wall_known(known))
        return is_earlier(hit, public, known);
    return !hy_wall_known(detected) || public.ms > detected.ms || is_earlier(hit, public, detected);
}

static hy_wall detected_of(const struct hy_decide *d, const json_t *hit)
{
    hy_wall fetched = hy_json_time(hit, "fetched");

    return hy_wall_known(fetched) && fetched.ms < d->now.ms ? fetched : d->now;
}

static json_t *member_or(const json_t *o, const char *key, json_t *otherwise)
{
    json_t *v = json_object_get(o, key);

    if (v == NULL || json_is_null(v))
        return otherwise;
    json_decref(otherwise);
    return json_incref(v);
}

static json_t *places_of(const json_t *score)
{
    json_t *list = json_array(), *p;
    size_t i;

    json_array_foreach (json_object_get(score, "places"), i, p) {
        static const char *const keys[] = {"code", "name", NULL};
        bool there = false;
        for (size_t k = 0; k < json_array_size(list) && !there; k++)
            there = hy_str_eq(hy_json_str(json_array_get(list, k), "code"), hy_json_str(p, "code"));
        if (!there)
            json_array_append_new(list, hy_pick(p, keys));
    }
    return list;
}

static json_t *units_of(const json_t *score)
{
    json_t *units = json_object(), *proposed = json_array(), *u;
    size_t i;

    json_array_foreach (json_object_get(score, "units"), i, u)
        json_array_append(proposed, u);
    json_object_set_new(units, "lead", json_null());
    json_object_set_new(units, "support", json_array());
    json_object_set_new(units, "proposed", proposed);
    return units;
}

static json_t *times_of(const struct hy_decide *d, const json_t *hit)
{
    json_t *times = json_object();
    static const char *const later[] = {"occurred", "confirmed", "graded", "assigned"};

    for (size_t i = 0; i < HY_COUNT(later); i++)
        json_object_set_new(times, later[i], json_null());
    hy_json_set_time(times, "first_public", first_public_of(d, hit), HY_CST);
    hy_json_set_time(times, "detected", detected_of(d, hit), HY_CST);
    return times;
}

/* When it happened, as the item says: people confirm it (verb `times`) before a clock counts from
 * it.  null: the item does not say. */
static json_t *occurred_of(const json_t *hit)
{
    const json_t *in = json_object_get(json_object_get(hit, "score"), "occurred");
    json_t *said = json_is_object(in) ? json_deep_copy(in) : json_null();

    if (json_is_object(said))
        hy_json_set_str(said, "item", hy_json_str(hit, "id"));
    return said;
}

static json_t *scores_of(const json_t *score)
{
    static const char *const keys[] = {"relevance", "emergency", "hardship",
                                       "rumor",     "policy",    NULL};

    return hy_pick(score, keys);
}

static int64_t level_of(const json_t *score)
{
    int64_t level = hy_json_int(score, "level", 0);

    return level >= 1 && level <= 4 ? level : 0;
}

json_t *hy_hit_document(const struct hy_decide *d, const json_t *hit)
{
    const json_t *score = json_object_get(hit, "score");
    static const char *const empty_lists[] = {"items", "obligations", "found",      "notices",
                                              "notes", "responses",   "escalation", "disposition"};
    static const char *const nulls[] = {"ack", "closed", "merged_into", "level"};
    bool emergency = hy_json_num(score, "emergency", 0) >= 50;
    int64_t level = level_of(score);
    json_t *doc = json_object();

    for (size_t i = 0; i < HY_COUNT(empty_lists); i++)
        json_object_set_new(doc, empty_lists[i], json_array());
    for (size_t i = 0; i < HY_COUNT(nulls); i++)
        json_object_set_new(doc, nulls[i], json_null());
    hy_json_set_str(doc, "title", hy_json_str(hit, "title"));
    hy_json_set_str(doc, "state", HY_STR("collected"));
    hy_json_set_str(doc, "kind", emergency ? HY_STR("emergency") : HY_STR("opinion"));
    json_object_set_new(doc, "drill", json_false());
    json_object_set_new(doc, "event_class", member_or(score, "event_class", json_null()));
    json_object_set_new(doc, "event_type", member_or(score, "event_type", json_null()));
    json_object_set_new(doc, "level_proposed", level ? json_integer(level) : json_null());
    json_object_set_new(doc, "level_confirmed", json_false());
    json_object_set_new(doc, "upgraded", json_false());
    json_object_set_new(doc, "topics", member_or(score, "topics", json_array()));
    json_object_set_new(doc, "facts", member_or(score, "facts", json_object()));
    json_object_set_new(doc, "stance", member_or(score, "stance", json_null()));
    json_object_set_new(doc, "alert", member_or(score, "alert", json_string("none")));
    json_object_set_new(doc, "score", scores_of(score));
    json_object_set_new(doc, "places", places_of(score));
    json_object_set_new(doc, "units", units_of(score));
    json_object_set_new(doc, "times", times_of(d, hit));
    json_object_set_new(doc, "occurred_proposed", occurred_of(hit));
    hy_json_set_int(doc, "reprints", 0);
    json_object_set_new(doc, "packs", hy_clocks_packs(d->rules));
    hy_json_set_str(doc, "rules_version", hy_str(d->rules->version));
    json_object_set_new(doc, "opened", hy_now_json(d));
    json_object_set_new(doc, "last_item", hy_now_json(d));
    return doc;
}

static bool is_alert(const json_t *o, const char *name)
{
    return hy_str_is(hy_json_str(o, "alert"), name);
}

/* The assessments whose words the item has, as the incident shows them. */
static json_t *watch_of(const json_t *hit)
{
    static const char *const keys[] = {"id", "name", NULL};
    json_t *list = json_array(), *mark;
    size_t i;

    json_array_foreach (json_object_get(hit, "watch"), i, mark)
        json_array_append_new(list, hy_pick(mark, keys));
    return list;
}

static void emit_item(struct hy_decide *d, const char *incident, const json_t *hit,
                      const struct hy_place_verdict *v, json_t *set)
{
    json_t *put = json_object(), *data;
    const json_t *doc = hy_state_incident(d->state, hy_str(incident));

    if (set == NULL)
        set = json_object();
    json_object_set_new(set, "heat", hy_heat_after(d, doc, hit, v));
    if (json_object_get(hit, "watch"))
        json_object_set_new(put, "watch", watch_of(hit));
    if (json_array_size(json_object_get(doc, "items")) < MAX_ITEMS)
        json_object_set_new(put, "items", hy_list_of(joined_row(doc, hit, v->reprint_of)));
    data = hy_entry_data(NULL, set, put);
    json_object_set_new(data, "item", item_full(hit, incident, v));
    hy_emit(d, HY_ENTRY_ITEM, hy_str(incident), data);
}

static void open_incident(struct hy_decide *d, const json_t *hit, const struct hy_place_verdict *v,
                          const char *previous)
{
    json_t *doc = hy_hit_document(d, hit);
    char id[32];

    if (previous)
        json_object_set_new(doc, "previous", json_string(previous));
    hy_state_next_id(d->state, 'I', d->now, id);
    hy_emit(d, HY_ENTRY_OPEN, hy_str(id), hy_entry_data(NULL, doc, NULL));
    emit_item(d, id, hit, v, NULL);
    if (!is_alert(json_object_get(hit, "score"), "alert"))
        return; /* quiet: on the list for triage, no clock before somebody confirms it */
    hy_clocks_refresh(d, hy_str(id), NULL);
    hy_page(d, hy_str(id));
}

/* The larger statement of each kind. */
static json_t *facts_merged(const json_t *old, const json_t *more)
{
    json_t *facts = json_deep_copy((json_t *)old);
    const char *key;
    json_t *v;

    if (facts == NULL)
        facts = json_object();
    json_object_foreach ((json_t *)more, key, v)
        if (hy_json_int(v, "min", 0) >= hy_json_int(json_object_get(facts, key), "min", INT64_MIN))
            json_object_set(facts, key, v);
    return facts;
}

/* What one more item changes in the incident it joins. */
static json_t *joined_members(const struct hy_decide *d, const json_t *doc, const json_t *hit,
                              const struct hy_place_verdict *v)
{
    const json_t *score = json_object_get(hit, "score"), *times = json_object_get(doc, "times");
    int64_t level = level_of(score), now = hy_json_int(doc, "level_proposed", 0);
    hy_wall public = first_public_of(d, hit);
    json_t *set = json_object();

    json_object_set_new(set, "last_item", hy_now_json(d));
    if (v->reprint_of)
        hy_json_set_int(set, "reprints", hy_json_int(doc, "reprints", 0) + 1);
    if (level > 0 && (now == 0 || level < now))
        hy_json_set_int(set, "level_proposed", level);
    if (is_alert(score, "alert") && !is_alert(doc, "alert"))
        hy_json_set_str(set, "alert", HY_STR("alert"));
    if (is_news(hit, public, times)) {
        json_t *changed = json_deep_copy(times);
        hy_json_set_time(changed, "first_public", public, HY_CST);
        json_object_set_new(set, "times", changed);
    }
    if (!json_is_object(json_object_get(doc, "occurred_proposed")))
        json_object_set_new(set, "occurred_proposed", occurred_of(hit));
    json_object_set_new(
        set, "facts", facts_merged(json_object_get(doc, "facts"), json_object_get(score, "facts")));
    return set;
}

/* A level that people have set stays theirs; that the counts have risen above it they must hear. */
static void tell_level(struct hy_decide *d, struct hy_str id, int64_t before)
{
    const json_t *doc = hy_state_incident(d->state, id);
    int64_t level = hy_json_int(doc, "level_proposed", 0), set = hy_json_int(doc, "level", 0);
    bool confirmed = json_is_true(json_object_get(doc, "level_confirmed"));
    char body[240], step[32];

    if (level == before || (confirmed && level >= set))
        return;
    if (confirmed)
        snprintf(body, sizeof(body), "新的报道已达到“%s”，重于已定的“%s”，请研判是否调整级别",
                 hy_level_label[level], hy_level_label[set]);
    else
        snprintf(body, sizeof(body), "新的报道使拟定级别变为“%s”，请研判定级",
                 hy_level_label[level]);
    snprintf(step, sizeof(step), confirmed ? "above-%lld" : "proposed-%lld", (long long)level);
    hy_notice(d, id,
              &(struct hy_notice_spec){.clock = HY_STR("-"),
                                       .step = step,
                                       .posts = 1u << HY_POST_DUTY,
                                       .urgency = level <= 2 ? HY_URGENT : HY_NORMAL,
                                       .body = body,
                                       .due = d->now});
}

static bool clocks_run(const json_t *doc)
{
    return is_alert(doc, "alert") ||
           hy_wall_known(hy_json_time(json_object_get(doc, "times"), "confirmed"));
}

static void join_incident(struct hy_decide *d, json_t *doc, const json_t *hit,
                          const struct hy_place_verdict *v)
{
    HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(doc, "id"));
    int64_t level = hy_json_int(doc, "level_proposed", 0);
    int64_t opinion = hy_json_int(json_object_get(doc, "heat"), "opinion_level", 4);
    bool paged = is_alert(doc, "alert");

    emit_item(d, id, hit, v, joined_members(d, doc, hit, v));
    doc = hy_state_incident(d->state, hy_str(id));
    if (!clocks_run(doc) || !hy_incident_is_open(doc))
        return;
    hy_clocks_refresh(d, hy_str(id), "新的报道");
    if (!paged)
        hy_page(d, hy_str(id));
    else
        tell_level(d, hy_str(id), level);
    hy_tell_heat(d, hy_str(id), opinion);
}

/* Seen before?  The same page with another text is news. */
static bool is_repeat(const struct hy_decide *d, const json_t *hit)
{
    const char *in = hy_state_item(d->state, hy_json_str(hit, "id"));
    const json_t *doc = in ? hy_state_incident(d->state, hy_str(in)) : NULL;
    const json_t *row = hy_list_find(json_object_get(doc, "items"), hy_json_str(hit, "id"));

    return in && (row == NULL || hy_str_eq(hy_json_str(row, "hash"), hy_json_str(hit, "hash")));
}

/* A matter that was closed comes up again in new words (反弹): silence would be wrong, and the old
 * clocks have ended, so it is an incident of its own that names the old one.  What was dismissed
 * as noise stays quiet. */
static bool is_rebound(const json_t *doc, const json_t *score, const struct hy_place_verdict *v)
{
    enum hy_stage stage = hy_incident_stage(doc);

    return !hy_incident_is_open(doc) && stage != HY_STAGE_DISMISSED && stage != HY_STAGE_MERGED &&
           v->reprint_of == NULL && is_alert(score, "alert");
}

static void decide_hit(struct hy_decide *d, const json_t *hit,
                       const struct hy_place_verdict *verdict)
{
    const json_t *score = json_object_get(hit, "score");
    const char *known = hy_state_item(d->state, hy_json_str(hit, "id"));
    struct hy_place_verdict v = *verdict;

    if (hy_is_official(d->rules, hit)) {
        hy_decide_official(d, hit, verdict);
        return;
    }
    if (is_repeat(d, hit))
        return;
    if (known) /* an edited page stays where it is */
        v = (struct hy_place_verdict){.incident = known, .why = "update"};
    json_t *doc = v.incident ? hy_state_incident(d->state, hy_str(v.incident)) : NULL;
    if (doc && is_rebound(doc, score, &v))
        open_incident(d, hit, &v, v.incident);
    else if (doc)
        join_incident(d, doc, hit, &v);
    else if (is_alert(score, "alert") || is_alert(score, "list"))
        open_incident(d, hit, &v, NULL);
}

void hy_decide_hit(struct hy_decide *d, const json_t *hit, const struct hy_place_verdict *verdict)
{
    HY_CLEANUP(hy_json_freep) json_t *raised = NULL;

    d->actor = d->cmd = hy_str("");
    if (hy_json_str(hit, "id").n == 0)
        return;
    raised = hy_risk_raise(d, hit);
    if (raised && hy_risk_is_unwanted(raised) && !hy_is_official(d->rules, hit))
        return;
    decide_hit(d, raised ? raised : hit, verdict);
    hy_risk_catch(d, raised);
}
