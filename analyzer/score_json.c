/* SPDX-License-Identifier: Apache-2.0 */
#include "analyzer/score.h"

#include <math.h>
#include <string.h>

const char *const hy_sum_name[] = {"emergency", "hardship",  "rumor",
                                   "policy",    "relevance", "topic"};
_Static_assert(HY_COUNT(hy_sum_name) == HY_SUM_COUNT, "name every sum");

/* Two digits more than people read: enough to order by, short enough to store. */
static json_t *rounded(double v)
{
    return json_real(round(v * 10000) / 10000);
}

/* Finer, so that hundreds of them still add up to the score as written. */
static json_t *share(double v)
{
    return json_real(round(v * 1000000) / 1000000);
}

static void set_text(json_t *o, const char *key, const char *value)
{
    json_object_set_new(o, key, value ? json_string(value) : json_null());
}

static json_t *topics_json(const struct hy_score *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->n_topics; i++) {
        json_t *o = json_object();
        set_text(o, "id", s->topics[i].id);
        set_text(o, "name", s->topics[i].name);
        json_object_set_new(o, "score", rounded(s->topics[i].score));
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *units_json(const struct hy_score *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->n_units; i++) {
        json_t *o = json_object();
        set_text(o, "id", s->units[i].id);
        set_text(o, "name", s->units[i].name);
        set_text(o, "why", s->units[i].why);
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *traps_json(const struct hy_score *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->n_traps; i++)
        json_array_append_new(list, json_string(s->traps[i]));
    return list;
}

static json_t *matters_json(const struct hy_score *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->n_matters; i++)
        json_array_append_new(list, json_string(s->matters[i]));
    return list;
}

static json_t *hits_json(const struct hy_score *s)
{
    json_t *list = json_array();

    for (size_t i = 0; i < s->n_hits; i++) {
        const struct hy_score_hit *h = &s->hits[i];
        json_t *o = json_object();
        set_text(o, "rule", h->rule);
        set_text(o, "purpose", hy_purpose_name[h->purpose]);
        set_text(o, "to", hy_sum_name[h->to]);
        if (h->topic)
            set_text(o, "topic", h->topic);
        set_text(o, "field", h->in_title ? "title" : "text");
        json_object_set_new(o, "start", json_integer(h->start));
        json_object_set_new(o, "end", json_integer(h->end));
        hy_json_set_str(o, "text", h->text);
        json_object_set_new(o, "weight", share(h->weight));
        if (h->why)
            set_text(o, "why", h->why);
        json_array_append_new(list, o);
    }
    return list;
}

json_t *hy_score_to_json(struct hy_score *s, bool explain)
{
    json_t *o = json_object();
    const char *class = s->event_class ? hy_event_class_name[s->event_class] : NULL;

    json_object_set_new(o, "relevance", rounded(s->relevance));
    json_object_set_new(o, "emergency", rounded(s->emergency));
    json_object_set_new(o, "hardship", rounded(s->hardship));
    json_object_set_new(o, "rumor", rounded(s->rumor));
    json_object_set_new(o, "policy", rounded(s->policy));
    set_text(o, "event_class", class);
    set_text(o, "event_type", s->event_type);
    json_object_set_new(o, "level", s->level ? json_integer(s->level) : json_null());
    set_text(o, "level_basis", s->level_basis);
    json_object_set_new(o, "topics", topics_json(s));
    json_object_set(o, "facts", s->facts);
    json_object_set(o, "places", s->places);
    json_object_set(o, "bodies", s->bodies);
    json_object_set_new(o, "units", units_json(s));
    json_object_set_new(o, "traps", traps_json(s));
    json_object_set_new(o, "matters", matters_json(s));
    set_text(o, "stance", s->stance);
    set_text(o, "alert", hy_told_name[s->alert]);
    if (explain) {
        hy_score_locate(s);
        json_object_set_new(o, "hits", hits_json(s));
    }
    return o;
}
