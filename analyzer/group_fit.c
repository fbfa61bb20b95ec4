/* SPDX-License-Identifier: Apache-2.0 */
/* Does a notice of the office fit one text of an incident, and how well?
 *
 * First what contradicts, which is final: another place, another time.  Then points, which are
 * meant as logarithms of how much more often the thing is seen in a notice that answers than in one
 * that does not, so that their sum can be compared between incidents (group_answer.c).  Place and
 * time decide most; the words of people and of offices have little in common, the fields of
 * government they speak of more. */
#include "analyzer/group_fit.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "rules/places.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum {
    EARLY_HOURS = 12,  /* an office may be faster than the public */
    LATE_DAYS = 60,    /* silent for longer: what is published now is about something else */
    LONG_AGO_DAYS = 6, /* between an event and the first report of it */
    CLOCK_SLACK = 2,   /* hours: an event is not later than what tells of it */
    EVENT_SLACK = 36, /* hours between two times of one event; people say 昨天 on the third day */
    SAME_HOURS = 3,
    SAME_DAY_HOURS = 12,
    FRESH_HOURS = 4, /* between an event and what people write of it */
    NEXT_DAY_HOURS = 30,
};
#define WORDS 18.0     /* points for all words in common ... */
#define WORDS_MOST 3.0 /* ... of which no more count; of two official texts less */
#define OFFICIAL_WORDS 8.0
#define OFFICIAL_WORDS_MOST 2.0
#define NO_WORD 0.01
#define FEW_WORDS 0.04
#define SAME_COUNT 0.6
#define OTHER_SPOTS -1.6
#define BLURRED -0.3
#define OTHER_KIND -1.2
#define OTHER_MATTERS -0.5
#define NO_COMMON_WORD -0.5
#define ACCOUNT 0.5
#define NO_ACCOUNT -2.0
#define REPLY 0.6 /* it says itself that people spoke of the thing */
#define NOTHING_IN_COMMON -1.0
#define LATER -0.5 /* may_be_later() */

/* ---- time ---- */

static double hours_of(int64_t ms)
{
    return (double)ms / (double)HY_HOUR_MS;
}

/* Hours from a to b.  Only for times that are known. */
static double hours_to(hy_wall a, hy_wall b)
{
    return hours_of(b.ms - a.ms);
}

static bool is_other_age(const struct hy_trace *notice, const struct hy_trace *report)
{
    if (!hy_wall_known(notice->at) || !hy_wall_known(report->at))
        return false;
    double later = hours_to(report->at, notice->at);
    return later < -EARLY_HOURS || later > LATE_DAYS * 24;
}

/* The notice speaks of a time when the report was long written. */
static bool is_later(const struct hy_trace *notice, const struct hy_trace *report)
{
    return hy_wall_known(notice->event) && hy_wall_known(report->at) &&
           hours_to(report->at, notice->event) > CLOCK_SLACK;
}

/* A follow-up tells what happened since, and so does the reply to a complaint. */
static bool may_be_later(const struct hy_trace *notice, const struct hy_trace *report)
{
    return notice->follow_up || (notice->reply && !report->event_type[0]);
}

static bool is_other_time(const struct hy_trace *notice, const struct hy_trace *report)
{
    if (!hy_wall_known(notice->event))
        return false;
    if (is_later(notice, report))
        return !may_be_later(notice, report);
    if (hy_wall_known(report->event))
        return fabs(hours_to(report->event, notice->event)) > EVENT_SLACK;
    return hy_wall_known(report->at) && hours_to(notice->event, report->at) > LONG_AGO_DAYS * 24;
}

/* What both say of when it happened. */
static double points_of_event(const struct hy_trace *notice, const struct hy_trace *report)
{
    if (!hy_wall_known(notice->event))
        return 0;
    if (is_later(notice, report))
        return LATER;
    if (hy_wall_known(report->event)) {
        double apart = fabs(hours_to(report->event, notice->event));
        return apart <= SAME_HOURS ? 1.0 : apart <= SAME_DAY_HOURS ? 0.5 : -0.5;
    }
    if (!hy_wall_known(report->at))
        return 0;
    double before = hours_to(notice->event, report->at);
    return before <= FRESH_HOURS ? 1.0 : before <= NEXT_DAY_HOURS ? 0.6 : 0;
}

/* How soon the office answered: most answers come on the day or the days after. */
static double points_of_delay(const struct hy_trace *notice, const struct hy_trace *report)
{
    static const struct {
        double hours, points;
    } of_delay[] = {{30, 1.0}, {80, 0.6}, {7 * 24, 0.2}, {15 * 24, -0.8}};

    if (!hy_wall_known(notice->at) || !hy_wall_known(report->at))
        return 0;
    for (size_t i = 0; i < HY_COUNT(of_delay); i++)
        if (hours_to(report->at, notice->at) <= of_delay[i].hours)
            return of_delay[i].points;
    return -1.6;
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

/* ---- points ---- */

static bool same_count(int64_t a, int64_t b)
{
    return a > 0 && a == b;
}

/* One kind of event, or one matter; both say little more than one of them. */
static double points_of_kind(const struct hy_fit *f)
{
    static const double of_matter[] = {0, 0.8, 1.8}, besides[] = {0, 0.4, 0.6};

    if (f->type || f->related)
        return (f->type ? 1.6 : 1.1) + besides[f->matter];
    return (f->other_type ? OTHER_KIND : 0) + of_matter[f->matter] +
           (f->other_matters && f->matter == 0 ? OTHER_MATTERS : 0);
}

static double points_of_words(const struct hy_fit *f)
{
    if (f->official)
        return HY_MIN(f->cosine * OFFICIAL_WORDS, OFFICIAL_WORDS_MOST);
    return HY_MIN(f->cosine * WORDS, WORDS_MOST);
}

static double points_of_place(const struct hy_fit *f)
{
    static const double of_place[] = {
        [HY_PLACES_OPEN] = -1,    [HY_PLACES_PROVINCE] = 0.5, [HY_PLACES_CITY] = 1.2,
        [HY_PLACES_COUNTY] = 2.2, [HY_PLACES_EXACT] = 3.2,
    };

    return of_place[f->place] + (f->spots ? OTHER_SPOTS : 0) + (f->blurred ? BLURRED : 0);
}

static double points_of(const struct hy_fit *f, const struct hy_trace *n, const struct hy_trace *t)
{
    static const double of_topics[HY_TOPICS_COUNT] = {[HY_TOPICS_OTHER] = -0.7,
                                                      [HY_TOPICS_SHARED] = 0.3,
                                                      [HY_TOPICS_NEAR] = 0.7,
                                                      [HY_TOPICS_FIRST] = 1.0};
    double kind = points_of_kind(f);
    bool apart = kind <= 0 && f->cosine < FEW_WORDS;

    return points_of_place(f) + points_of_event(n, t) + points_of_delay(n, t) + kind +
           of_topics[f->topics] + points_of_words(f) + (f->deaths ? SAME_COUNT : 0) +
           (f->injured ? SAME_COUNT : 0) + (n->genre > 0 ? ACCOUNT : NO_ACCOUNT) +
           (n->reply ? REPLY : 0) + (apart && f->cosine < NO_WORD ? NO_COMMON_WORD : 0) +
           (apart && f->topics < HY_TOPICS_NEAR ? NOTHING_IN_COMMON : 0);
}

bool hy_group_fit(const struct hy_group *g, const struct hy_trace *n, const struct hy_trace *t,
                  bool official, struct hy_fit *ret)
{
    struct hy_fit f = {.with = t, .place = hy_trace_places(n, t), .official = official};

    if (f.place <= HY_PLACES_SIBLINGS || !hy_may_meet(n, t) || is_other_age(n, t) ||
        is_other_time(n, t))
        return false;
    /* Each names spots of the county, but others. */
    f.spots = f.place < HY_PLACES_EXACT && n->n_names && t->n_names;
    f.blurred = (n->n_names > 0) != (t->n_names > 0);
    bool both = n->event_type[0] && t->event_type[0];
    f.type = both && strcmp(n->event_type, t->event_type) == 0;
    f.related = both && !f.type && hy_related_types(n->event_type, t->event_type);
    f.other_type = both && !f.type && !f.related;
    f.time = points_of_event(n, t) > 0;
    f.deaths = same_count(n->deaths, t->deaths);
    f.injured = same_count(n->injured, t->injured);
    f.matter = hy_trace_matters(n, t);
    f.other_matters = n->n_matters && t->n_matters;
    f.topics = hy_trace_topics(n, t);
    f.cosine = words_in_common(g, n, t);
    /* Offices use the same words for everything: between two notices they prove nothing alone. */
    if (official && !f.type && !f.related && !f.matter)
        return false;
    f.points = points_of(&f, n, t);
    *ret = f;
    return true;
}
