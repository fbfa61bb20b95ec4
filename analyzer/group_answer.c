/* SPDX-License-Identifier: Apache-2.0 */
/* Which incident does a notice of the office answer?  Asked of every page of its own channels, most
 * of which answer nothing.
 *
 * Other than a report, which may open an incident, a notice has to fit one that is there
 * (group_fit.c).  All that are open are weighed against each other and against the case that it is
 * about none of them; what remains of the best one's share decides.  The reasons that gave its
 * points are what a person reads beside the proposal.  Costs one look at every open incident;
 * notices are few. */
#include "analyzer/group_fit.h"

#include "analyzer/notice.h"
#include "rules/places.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define NONE_OF_THEM 5.2 /* points of the case that it answers nothing */
#define SHARE 0.4        /* of all, from which a notice is proposed */
#define ALIKE_WORDS 0.08 /* from here on people are told that words agree */

static bool was_refused(const struct incident *x, const struct hy_trace *notice)
{
    for (size_t i = 0; i < x->notices.n; i++)
        if (x->notices.v[i].refused &&
            hy_trace_resemblance(x->notices.v[i].t, notice) >= HY_REPRINT_AT)
            return true;
    return false;
}

/* ---- what people read ---- */

static const char *place_name(const struct hy_group *g, const struct hy_fit *f,
                              const struct hy_trace *n, char room[32])
{
    if (f->place == HY_PLACES_EXACT && f->with->n_names)
        return f->with->names;
    uint64_t code = n->n_places ? n->places[0] : f->with->n_places ? f->with->places[0] : 0;
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

static void explain(const struct hy_group *g, const struct hy_trace *n, const struct hy_fit *f,
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
    if (f->time && !n->follow_up) {
        struct hy_civil c = hy_civil_of(n->event, HY_CST);
        add(a->why, sizeof(a->why), "所述时间相符（%d月%d日）", c.month, c.day);
    }
    if (f->deaths)
        add(a->why, sizeof(a->why), "死亡人数相同（%lld人）", (long long)n->deaths);
    if (f->injured)
        add(a->why, sizeof(a->why), "受伤人数相同（%lld人）", (long long)n->injured);
    if (f->matter)
        add(a->why, sizeof(a->why), "说的是同一事由");
    if (f->topics >= HY_TOPICS_NEAR)
        add(a->why, sizeof(a->why), "同属一个领域");
    if (f->cosine >= ALIKE_WORDS)
        add(a->why, sizeof(a->why), "用词相近");
    if (f->official)
        add(a->why, sizeof(a->why), "接着此前的通报");
    if (!f->type && !f->related && !f->matter && f->cosine < ALIKE_WORDS)
        add(a->why, sizeof(a->why), "两边说法不同，请核对");
}

/* ---- asking ---- */

struct search {
    const struct incident *of;
    struct hy_fit best;
    double sum; /* of what each incident speaks with, exp(points) */
};

static bool is_better(const struct hy_fit *f, const struct hy_fit *than)
{
    return than->with == NULL || f->points > than->points;
}

/* How well it fits the incident is how well it fits the best of its texts; of a follow-up also the
 * notice it goes on from. */
static struct hy_fit best_of(const struct hy_group *g, const struct hy_trace *n,
                             const struct incident *x)
{
    struct hy_fit f, best = {0};

    for (size_t i = 0; i < x->members.n; i++)
        if (hy_group_fit(g, n, g->members.v[x->members.v[i]]->t, false, &f) && is_better(&f, &best))
            best = f;
    for (size_t i = 0; n->follow_up && i < x->notices.n; i++)
        if (!x->notices.v[i].refused && hy_group_fit(g, n, x->notices.v[i].t, true, &f) &&
            is_better(&f, &best))
            best = f;
    return best;
}

static void ask(const struct hy_group *g, const struct hy_trace *n, const struct incident *x,
                struct search *s)
{
    if (was_refused(x, n))
        return;
    struct hy_fit f = best_of(g, n, x);
    if (f.with == NULL)
        return;
    s->sum += exp(f.points);
    /* Of two that fit alike the younger one, whatever the order of the map is. */
    if (s->of == NULL || f.points > s->best.points ||
        (f.points == s->best.points && strcmp(x->id, s->of->id) > 0)) {
        s->best = f;
        s->of = x;
    }
}

/* In the form of an announcement even 演习 apart is nothing a story or a rule would say. */
static bool is_account(struct hy_trace *n)
{
    if (n->genre < 0)
        return false;
    if ((n->genre >= HY_GENRE_TITLED || n->reply) &&
        (n->unreal == HY_UNREAL_FICTION || n->unreal == HY_UNREAL_NORMATIVE))
        n->unreal = HY_REAL;
    return !n->unreal;
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
    if (!is_account(&n))
        return a;
    for (size_t at = 0; hy_map_next(g->incidents, &at, &id, &x);)
        ask(g, &n, x, &s);
    if (s.of == NULL)
        return a;
    a.sure = exp(s.best.points) / (exp(NONE_OF_THEM) + s.sum);
    if (a.sure < SHARE)
        return a;
    a.incident = s.of->id;
    explain(g, &n, &s.best, &a);
    return a;
}
