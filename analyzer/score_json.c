/* SPDX-License-Identifier: Apache-2.0 */
/* A score as JSON text, written member by member: building values first took half of the time of
 * judging a title. */
#include "analyzer/score_parts.h"

#include <math.h>
#include <string.h>

const char *const hy_sum_name[] = {"emergency", "hardship",  "rumor",
                                   "policy",    "relevance", "topic"};
_Static_assert(HY_COUNT(hy_sum_name) == HY_SUM_COUNT, "name every sum");

/* Keys are known when this is compiled: one copy each, with the comma. */
#define KEY(name) HY_STR(",\"" name "\":")
static inline void put_key(struct hy_buf *out, struct hy_str key)
{
    size_t first = out->p[out->n - 1] == '{';

    hy_buf_add(out, key.p + first, key.n - first);
}

/* Two digits more than people read: enough to order by, short enough to store. */
static void put_rounded(struct hy_buf *out, struct hy_str key, double v)
{
    put_key(out, key);
    if (v > 0)
        hy_json_put_real(out, round(v * 10000) / 10000);
    else
        hy_buf_add(out, "0.0", 3);
}

static void put_int(struct hy_buf *out, struct hy_str key, int64_t value)
{
    put_key(out, key);
    hy_buf_int(out, value);
}

static void put_text(struct hy_buf *out, struct hy_str key, const char *value)
{
    put_key(out, key);
    if (value)
        hy_json_put_str(out, hy_str(value));
    else
        hy_buf_puts(out, "null");
}

/* Begins an element of a list. */
static void open_object(struct hy_buf *out)
{
    if (out->p[out->n - 1] == '}')
        hy_buf_char(out, ',');
    hy_buf_char(out, '{');
}

static void put_topics(const struct hy_score *s, struct hy_buf *out)
{
    put_key(out, KEY("topics"));
    hy_buf_char(out, '[');
    for (size_t i = 0; i < s->n_topics; i++) {
        open_object(out);
        put_text(out, KEY("id"), s->topics[i].id);
        put_text(out, KEY("name"), s->topics[i].name);
        put_rounded(out, KEY("score"), s->topics[i].score);
        hy_buf_char(out, '}');
    }
    hy_buf_char(out, ']');
}

static void put_units(const struct hy_score *s, struct hy_buf *out)
{
    put_key(out, KEY("units"));
    hy_buf_char(out, '[');
    for (size_t i = 0; i < s->n_units; i++) {
        open_object(out);
        put_text(out, KEY("id"), s->units[i].id);
        put_text(out, KEY("name"), s->units[i].name);
        put_text(out, KEY("why"), s->units[i].why);
        hy_buf_char(out, '}');
    }
    hy_buf_char(out, ']');
}

static void put_names(struct hy_buf *out, struct hy_str key, const char *const *names, size_t n)
{
    put_key(out, key);
    hy_buf_char(out, '[');
    for (size_t i = 0; i < n; i++) {
        if (i)
            hy_buf_char(out, ',');
        hy_json_put_str(out, hy_str(names[i]));
    }
    hy_buf_char(out, ']');
}

static void put_hit(const struct hy_score_hit *h, struct hy_buf *out)
{
    open_object(out);
    put_int(out, KEY("end"), h->end);
    put_text(out, KEY("field"), h->in_title ? "title" : "text");
    put_text(out, KEY("purpose"), hy_purpose_name[h->purpose]);
    put_text(out, KEY("rule"), h->rule);
    put_int(out, KEY("start"), h->start);
    put_key(out, KEY("text"));
    hy_json_put_str(out, h->text);
    put_text(out, KEY("to"), hy_sum_name[h->to]);
    if (h->topic)
        put_text(out, KEY("topic"), h->topic);
    /* finer, so that hundreds still add up to the score as written */
    put_key(out, KEY("weight"));
    hy_json_put_real(out, round(h->weight * 1000000) / 1000000);
    if (h->why)
        put_text(out, KEY("why"), h->why);
    hy_buf_char(out, '}');
}

static void put_hits(struct hy_score *s, struct hy_buf *out)
{
    hy_score_locate(s);
    put_key(out, KEY("hits"));
    hy_buf_char(out, '[');
    for (size_t i = 0; i < s->n_hits; i++)
        put_hit(&s->hits[i], out);
    hy_buf_char(out, ']');
}

static void put_found(const struct scoring *g, struct hy_buf *out, bool bodies)
{
    put_key(out, bodies ? KEY("bodies") : KEY("places"));
    if (bodies)
        hy_bodies_write(&g->bodies, &g->doc, out);
    else
        hy_places_write(&g->places, &g->doc, out);
}

/* The members of an object that say where something stands. */
static void put_span(const struct scoring *g, const struct hy_span *span, bool field,
                     struct hy_buf *out)
{
    const struct hy_chars *c = &g->doc.field[span->field];

    put_int(out, KEY("end"), (int64_t)hy_chars_offset_end(c, span->end));
    if (field)
        put_text(out, KEY("field"), hy_field_name[span->field]);
}

static void put_start(const struct scoring *g, const struct hy_span *span, struct hy_buf *out)
{
    const struct hy_chars *c = &g->doc.field[span->field];

    put_int(out, KEY("start"), (int64_t)hy_chars_offset(c, span->start));
    put_key(out, KEY("text"));
    hy_json_put_str(out, hy_chars_text(c, span->start, span->end));
}

static void put_time(struct hy_buf *out, hy_wall at)
{
    char text[HY_TIME_SIZE];

    put_text(out, KEY("at"), hy_wall_format(at, HY_CST, text));
}

static void put_occurred(const struct hy_score *s, struct hy_buf *out)
{
    const struct hy_score_time *o = &s->occurred;

    put_key(out, KEY("occurred"));
    if (!o->known) {
        hy_buf_puts(out, "null");
        return;
    }
    hy_buf_char(out, '{');
    put_time(out, o->at);
    put_span(s->scoring, &o->span, true, out);
    put_text(out, KEY("precision"),
             hy_precision_name[o->to_the_minute ? HY_PREC_MINUTE : HY_PREC_DAY]);
    put_start(s->scoring, &o->span, out);
    hy_buf_char(out, '}');
}

static void put_side(const struct scoring *g, const struct hy_score_conflict *c, int side,
                     struct hy_buf *out)
{
    bool place = c->code[side] != NULL, time = hy_str_is(hy_str(c->what), "time");

    hy_buf_char(out, '{');
    if (time)
        put_time(out, c->at[side]);
    if (place)
        put_text(out, KEY("code"), c->code[side]);
    put_span(g, &c->span[side], false, out);
    if (!place && !time) {
        put_key(out, KEY("max"));
        if (c->max[side] == HY_FACT_OPEN)
            hy_buf_puts(out, "null");
        else
            hy_buf_int(out, c->max[side]);
        put_int(out, KEY("min"), c->min[side]);
    }
    put_start(g, &c->span[side], out);
    hy_buf_char(out, '}');
}

static void put_conflicts(const struct hy_score *s, struct hy_buf *out)
{
    put_key(out, KEY("conflicts"));
    hy_buf_char(out, '[');
    for (size_t i = 0; i < s->n_conflicts; i++) {
        open_object(out);
        put_key(out, KEY("text"));
        put_side(s->scoring, &s->conflicts[i], HY_TEXT, out);
        put_key(out, KEY("title"));
        put_side(s->scoring, &s->conflicts[i], HY_TITLE, out);
        put_text(out, KEY("what"), s->conflicts[i].what);
        hy_buf_char(out, '}');
    }
    hy_buf_char(out, ']');
}

/* Keys in order. */
void hy_score_write(struct hy_score *s, bool explain, struct hy_buf *out)
{
    const char *class = s->event_class ? hy_event_class_name[s->event_class] : NULL;

    hy_buf_char(out, '{');
    put_text(out, KEY("alert"), hy_told_name[s->alert]);
    put_found(s->scoring, out, true);
    put_conflicts(s, out);
    put_rounded(out, KEY("emergency"), s->emergency);
    put_text(out, KEY("event_class"), class);
    put_text(out, KEY("event_type"), s->event_type);
    put_key(out, KEY("facts"));
    hy_facts_write(&s->scoring->facts, out);
    put_rounded(out, KEY("hardship"), s->hardship);
    if (explain)
        put_hits(s, out);
    if (s->level)
        put_int(out, KEY("level"), s->level);
    else
        put_text(out, KEY("level"), NULL);
    put_text(out, KEY("level_basis"), s->level_basis);
    put_names(out, KEY("matters"), s->matters, s->n_matters);
    put_occurred(s, out);
    put_found(s->scoring, out, false);
    put_rounded(out, KEY("policy"), s->policy);
    put_rounded(out, KEY("relevance"), s->relevance);
    put_rounded(out, KEY("rumor"), s->rumor);
    put_text(out, KEY("stance"), s->stance);
    put_topics(s, out);
    put_names(out, KEY("traps"), s->traps, s->n_traps);
    put_units(s, out);
    hy_buf_char(out, '}');
}

json_t *hy_score_to_json(struct hy_score *s, bool explain)
{
    struct hy_buf text = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_err err = HY_ERR_INIT;
    json_t *o = NULL;

    hy_score_write(s, explain, &text);
    if (hy_json_parse(hy_buf_view(&text), &o, &err) < 0)
        hy_bug("a score is not JSON: %s", err.msg);
    hy_buf_release(&text);
    return o;
}
