/* SPDX-License-Identifier: Apache-2.0 */
/* Which incident does a notice of the office answer?  Asked of every page of its own channels, most
 * of which answer nothing.
 *
 * Other than a report, which may open an incident, a notice has to fit one that is there, and what
 * contradicts it counts more than what words have in common: another spot, another day, an event
 * that is over for weeks.  What remains is weighed in points; the reasons that gave them are what a
 * person reads beside the proposal.  Costs one look at every open incident; notices are few. */
#include "analyzer/group_parts.h"

#include "analyzer/notice.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "rules/places.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ENOUGH 5.2       /* points from which a notice is proposed */
#define ONLY_WORDS 0.12  /* where neither event nor matter is named, the words must agree so far */
#define FEW_WORDS 0.06   /* where the matters at least meet */
#define ALIKE_WORDS 0.12 /* from here on people are told that words agree */
#define EVENT_SLACK_DAYS 1.5
#define OTHER_SPOTS -2.0
#define ALONE 1.8       /* nothing else happened there then */
#define ALONE_HOURS 12  /* both say when, so near to each other, of one spot */
#define COUNTY_HOURS 2  /* the same where both say no more than the county */
#define LATE_DAYS 60    /* silent for longer: what is published now is about something else */
#define EARLY_HOURS 12  /* an office may be faster than the public */
#define LONG_AGO_DAYS 6 /* between an event and the first report of it */

/* ---- what contradicts ---- */

static double days_of(int64_t ms)
{
    return (double)ms / (double)HY_DAY_MS;
}

/* The notice says when, the report says when or was published when. */
static bool is_other_time(const struct hy_trace *notice, const struct hy_trace *report)
{
    if (!hy_wall_known(notice->event))
        return false;
    if (hy_wall_known(report->event))
        return fabs(days_of(notice->event.ms - report->event.ms)) > EVENT_SLACK_DAYS;
    if (!hy_wall_known(report->at))
        return false;
    double before = days_of(report->at.ms - notice->event.ms);
    return before > LONG_AGO_DAYS || before < -EVENT_SLACK_DAYS;
}

static bool is_other_age(const struct hy_trace *notice, const struct incident *x)
{
    if (!hy_wall_known(notice->at) || !hy_wall_known(x->first))
        return false;
    return notice->at.ms < x->first.ms - EARLY_HOURS * HY_HOUR_MS ||
           days_of(notice->at.ms - x->last.ms) > LATE_DAYS;
}

static bool was_refused(const struct incident *x, const struct hy_trace *notice)
{
    for (size_t i = 0; i < x->notices.n; i++)
        if (x->notices.v[i].refused &&
            hy_trace_resemblance(x->notices.v[i].t, notice) >= HY_REPRINT_AT)
            return true;
    return false;
}

/* ---- words ---- */

/* Pairs of characters that only say where: places are compared as places. */
struct place_words {
    HY_VEC(uint32_t) v;
};

static void add_name(struct place_words *w, struct hy_str name)
{
    uint32_t last = 0;

    for (size_t at = 0; at < name.n;) {
        uint32_t c = hy_utf8_next(name, &at);
        if (last)
            hy_vec_push(&w->v, hy_trace_pair(last, c));
        last = c;
    }
}

static void add_places(struct place_words *w, const struct hy_group *g, const struct hy_trace *t)
{
    const char *name = t->names;
    char code[24];

    for (size_t i = 0; i < t->n_names; i++, name += strlen(name) + 1)
        add_name(w, hy_str(name));
    for (size_t i = 0; i < t->n_places && g->rules && g->rules->places; i++) {
        snprintf(code, sizeof(code), "%llu", (unsigned long long)t->places[i]);
        add_name(w, hy_str(hy_places_name_of(g->rules->places, code)));
    }
}

static bool is_place_word(const struct place_words *w, uint32_t hash)
{
    for (size_t i = 0; i < w->v.n; i++)
        if (w->v.v[i] == hash)
            return true;
    return false;
}

static double square(double x)
{
    return x * x;
}

static double square_sum(const struct hy_group *g, const struct place_words *w,
                         const struct hy_trace *t)
{
    double sum = 0;

    for (size_t i = 0; i < t->n_terms; i++)
        if (!is_place_word(w, hy_term_hash(t->terms[i])))
            sum += square(hy_term_weight(t->terms[i]) * group_idf(g, hy_term_hash(t->terms[i])));
    return sum;
}

/* Cosine of the words that do not name a place. */
static double words_in_common(const struct hy_group *g, const struct hy_trace *a,
                              const struct hy_trace *b)
{
    struct place_words w = {0};
    double dot = 0;
    size_t i = 0, k = 0;

    add_places(&w, g, a);
    add_places(&w, g, b);
    while (i < a->n_terms && k < b->n_terms) {
        uint32_t x = hy_term_hash(a->terms[i]), y = hy_term_hash(b->terms[k]);
        if (x == y && !is_place_word(&w, x))
            dot +=
                square(group_idf(g, x)) * hy_term_weight(a->terms[i]) * hy_term_weight(b->terms[k]);
        i += x <= y;
        k += y <= x;
    }
    double norms = sqrt(square_sum(g, &w, a) * square_sum(g, &w, b));
    hy_vec_release(&w.v);
    return norms > 0 ? dot / norms : 0;
}

/* ---- what speaks for it ---- */

struct fit {
    const struct member *with;
    double points, cosine;
    enum hy_place_fit place;
    int matter; /* hy_trace_matters() */
    bool type, related, time, deaths, injured, spots;
    bool blurred; /* only one of them says where exactly */
    bool alone;   /* nothing but spot and time agrees */
};

static bool same_count(int64_t a, int64_t b)
{
    return a > 0 && a == b;
}

/* One kind of event, or one matter; both say little more than one of them. */
static double points_of_kind(const struct fit *f)
{
    static const double of_matter[] = {0, 1.0, 1.9};

    if (f->type || f->related)
        return (f->type ? 1.8 : 1.3) + (f->matter ? 0.6 : 0);
    return of_matter[f->matter];
}

static double points_of(const struct fit *f, int genre)
{
    static const double of_place[] = {
        [HY_PLACES_OPEN] = 0,     [HY_PLACES_PROVINCE] = 0.5, [HY_PLACES_CITY] = 1.2,
        [HY_PLACES_COUNTY] = 2.2, [HY_PLACES_EXACT] = 3,
    };

    return (f->spots ? OTHER_SPOTS : of_place[f->place]) - (f->blurred ? 0.4 : 0) +
           points_of_kind(f) + (f->time ? 0.8 : 0) + (f->deaths ? 0.6 : 0) +
           (f->injured ? 0.6 : 0) + (f->alone ? ALONE : 0) + HY_MIN(f->cosine * 10, 3.0) +
           (genre > 0 ? 0.5 : 0);
}

/* Where the kinds of event do not agree the matters must: the first of both, or any of them with
 * words in common.  Two kinds that are told apart (`both`) leave only the first way. */
static bool is_one_matter(const struct fit *f, bool both)
{
    if (f->matter == 2)
        return true;
    return !both && (f->cosine >= (f->matter ? FEW_WORDS : ONLY_WORDS));
}

/* People and office may have no word in common ("叫不醒", "一氧化碳中毒").  A notice in the form of
 * an announcement that says the same place and the same hours is about the one thing that happened
 * there; ask() sees to it that it is one. */
static bool is_there_and_then(const struct fit *f, const struct hy_trace *n,
                              const struct hy_trace *t)
{
    bool county = f->place == HY_PLACES_COUNTY && n->n_names == 0 && t->n_names == 0;

    if (n->genre <= 0 || !f->time || f->blurred || (f->place != HY_PLACES_EXACT && !county))
        return false;
    return fabs(days_of(n->event.ms - t->event.ms)) * 24 <= (county ? COUNTY_HOURS : ALONE_HOURS);
}

static bool weigh(struct hy_group *g, const struct hy_trace *n, struct member *m, struct fit *ret)
{
    const struct hy_trace *t = m->t;
    struct fit f = {.with = m, .place = hy_trace_places(n, t)};

    if (f.place <= HY_PLACES_SIBLINGS || !hy_may_meet(n, t) || is_other_time(n, t))
        return false;
    /* Each names spots of the county, but others. */
    f.spots = f.place < HY_PLACES_EXACT && n->n_names && t->n_names;
    f.blurred = (n->n_names > 0) != (t->n_names > 0);
    bool both = n->event_type[0] && t->event_type[0];
    f.type = both && strcmp(n->event_type, t->event_type) == 0;
    f.related = both && !f.type && hy_related_types(n->event_type, t->event_type);
    f.time = hy_wall_known(n->event) && hy_wall_known(t->event);
    f.deaths = same_count(n->deaths, t->deaths);
    f.injured = same_count(n->injured, t->injured);
    f.matter = hy_trace_matters(n, t);
    f.cosine = words_in_common(g, n, t);
    if (!f.type && !f.related && !is_one_matter(&f, both)) {
        if (both || !is_there_and_then(&f, n, t))
            return false;
        f.alone = true;
    }
    f.points = points_of(&f, n->genre);
    *ret = f;
    return true;
}

/* ---- what people read ---- */

static const char *place_name(const struct hy_group *g, const struct fit *f,
                              const struct hy_trace *n, char room[32])
{
    if (f->place == HY_PLACES_EXACT && f->with->t->n_names)
        return f->with->t->names;
    uint64_t code = n->n_places ? n->places[0] : f->with->t->n_places ? f->with->t->places[0] : 0;
    snprintf(room, 32, "%llu", (unsigned long long)code);
    return g->rules && g->rules->places ? hy_places_name_of(g->rules->places, room) : NULL;
}

static const char *type_name(const struct hy_group *g, const char *type)
{
    const struct hy_lexicon *l = g->rules ? g->rules->lexicon : NULL;
    const struct hy_word_group *v = l ? l->groups.v : NULL;

    for (size_t i = 0; l && i < l->groups.n; i++)
        if (v[i].event_type && v[i].name && strcmp(v[i].event_type, type) == 0)
            return v[i].name;
    return NULL;
}

static void add(char *out, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void add(char *out, size_t size, const char *fmt, ...)
{
    size_t n = strlen(out);
    va_list ap;

    if (n > 0)
        n += (size_t)snprintf(out + n, size - n, "；");
    va_start(ap, fmt);
    if (n < size)
        vsnprintf(out + n, size - n, fmt, ap);
    va_end(ap);
}

static void explain(const struct hy_group *g, const struct hy_trace *n, const struct fit *f,
                    struct hy_group_answer *a)
{
    char room[32];
    const char *place = place_name(g, f, n, room), *type = type_name(g, n->event_type);

    if (f->place >= HY_PLACES_COUNTY && !f->spots)
        add(a->why, sizeof(a->why), "地点一致（%s）", place ? place : "同一区县");
    else if (f->place == HY_PLACES_CITY)
        add(a->why, sizeof(a->why), "地点相容（只说到%s）", place ? place : "市");
    if (f->type)
        add(a->why, sizeof(a->why), "同为%s", type ? type : "同类事件");
    else if (f->related)
        add(a->why, sizeof(a->why), "事件类别相近");
    if (f->time) {
        struct hy_civil c = hy_civil_of(n->event, HY_CST);
        add(a->why, sizeof(a->why), "所述时间相符（%d月%d日）", c.month, c.day);
    }
    if (f->deaths)
        add(a->why, sizeof(a->why), "死亡人数相同（%lld人）", (long long)n->deaths);
    if (f->injured)
        add(a->why, sizeof(a->why), "受伤人数相同（%lld人）", (long long)n->injured);
    if (f->matter)
        add(a->why, sizeof(a->why), "说的是同一事由");
    if (f->cosine >= ALIKE_WORDS)
        add(a->why, sizeof(a->why), "用词相近");
    if (f->alone)
        add(a->why, sizeof(a->why), "此时此地只有这一件，但说法不同，请核对");
}

/* ---- asking ---- */

struct search {
    struct fit best;
    size_t there; /* incidents of the same place and time, whatever they are about */
};

static void ask(struct hy_group *g, const struct hy_trace *n, struct incident *x, struct search *s)
{
    struct fit f, *best = &s->best;
    bool there = false;

    if (is_other_age(n, x) || was_refused(x, n))
        return;
    for (size_t i = 0; i < x->members.n; i++) {
        struct member *m = g->members.v[x->members.v[i]];
        if (!weigh(g, n, m, &f))
            continue;
        there |= f.place >= HY_PLACES_COUNTY && !f.spots && f.time;
        if (best->with == NULL || f.points > best->points ||
            (f.points == best->points && m->serial > best->with->serial))
            *best = f;
    }
    s->there += there;
}

struct hy_group_answer hy_group_answer(struct hy_group *g, const json_t *trace, hy_wall now)
{
    struct hy_group_answer a = {0};
    struct hy_trace_room room;
    struct hy_trace n;
    struct search s = {0};
    struct hy_str id;
    void *x;

    hy_trace_parse(trace, &room, &n);
    if (!hy_wall_known(n.at))
        n.at = now;
    if (n.genre < 0 || n.unreal)
        return a;
    for (size_t at = 0; hy_map_next(g->incidents, &at, &id, &x);)
        ask(g, &n, x, &s);
    a.sure = s.best.with ? 1 / (1 + exp(ENOUGH - s.best.points)) : 0;
    if (s.best.points < ENOUGH || (s.best.alone && s.there > 1))
        return a;
    a.incident = s.best.with->of->id;
    explain(g, &n, &s.best, &a);
    return a;
}
