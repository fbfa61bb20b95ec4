/* SPDX-License-Identifier: Apache-2.0 */
/* Where title and body contradict each other: another toll, another place, another day.
 *
 * Only what cannot both be true counts: ranges that do not meet (标题“至少3人”，正文“5人” is no
 * contradiction), places none of which lies within the other, different days.  Both figures are
 * kept with where they stand; who reads them decides. */
#include "analyzer/score_parts.h"

#include "core/mem.h"

#include <string.h>

static void add(struct scoring *g, struct hy_score_conflict c)
{
    if (g->out->n_conflicts < MAX_CONFLICTS)
        g->conflict[g->out->n_conflicts++] = c;
}

static bool meet(const struct hy_mention *a, const struct hy_mention *b)
{
    return a->min <= b->max && b->min <= a->max;
}

/* Some statement of the body agrees with that of the title. */
static bool is_repeated(const struct scoring *g, const struct hy_mention *title)
{
    for (size_t i = 0; i < g->facts.n_mentions; i++) {
        const struct hy_mention *m = &g->facts.mentions[i];
        if (m->kind == title->kind && m->span.field == HY_TEXT && meet(m, title))
            return true;
    }
    return false;
}

static void compare_facts(struct scoring *g)
{
    for (int k = 0; k < HY_FACT_COUNT; k++) {
        const struct hy_fact *f = &g->facts.best[k];
        if (!f->differs || !f->known)
            continue;
        const struct hy_mention *a = &g->facts.mentions[f->in_title];
        const struct hy_mention *b = &g->facts.mentions[f->from];
        if (!is_repeated(g, a))
            add(g, (struct hy_score_conflict){.what = hy_fact_name[k],
                                              .span = {a->span, b->span},
                                              .min = {a->min, b->min},
                                              .max = {a->max, b->max}});
    }
}

static bool within(const char *a, const char *b)
{
    size_t n = HY_MIN(strlen(a), strlen(b));

    return strncmp(a, b, n) == 0;
}

/* The first place of a field that has a code and is no part of a longer name. */
static const struct hy_place *first_place(const struct scoring *g, int field)
{
    for (size_t i = 0; i < g->places.n; i++) {
        const struct hy_place *p = &g->places.v[i];
        if (p->span.field == (enum hy_field)field && p->code[0] && !p->attached)
            return p;
    }
    return NULL;
}

static void compare_places(struct scoring *g)
{
    const struct hy_place *title = first_place(g, HY_TITLE), *text = first_place(g, HY_TEXT);

    if (title == NULL || text == NULL)
        return;
    for (size_t i = 0; i < g->places.n; i++)
        for (size_t k = 0; k < g->places.n; k++) {
            const struct hy_place *a = &g->places.v[i], *b = &g->places.v[k];
            if (a->span.field == HY_TITLE && b->span.field == HY_TEXT && a->code[0] && b->code[0] &&
                within(a->code, b->code))
                return;
        }
    add(g, (struct hy_score_conflict){.what = "place",
                                      .span = {title->span, text->span},
                                      .code = {title->code, text->code}});
}

static void compare_times(struct scoring *g)
{
    const struct hy_score_time *a = &g->out->said[HY_TITLE], *b = &g->out->said[HY_TEXT];

    if (!a->known || !b->known)
        return;
    struct hy_civil x = hy_civil_of(a->at, HY_CST), y = hy_civil_of(b->at, HY_CST);
    if (x.year != y.year || x.month != y.month || x.day != y.day)
        add(g, (struct hy_score_conflict){
                   .what = "time", .span = {a->span, b->span}, .at = {a->at, b->at}});
}

/* Of an event only: what else a long text mentions is not worth a person's look. */
void score_conflicts(struct scoring *g)
{
    if (g->out->emergency < g->s->rules->lexicon->limits.list || g->doc.field[HY_TITLE].n == 0 ||
        g->doc.field[HY_TEXT].n == 0)
        return;
    g->conflict = hy_arena_alloc(g->arena, MAX_CONFLICTS * sizeof(*g->conflict));
    compare_facts(g);
    compare_places(g);
    compare_times(g);
    g->out->conflicts = g->conflict;
}
