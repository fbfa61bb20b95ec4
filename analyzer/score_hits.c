/* SPDX-License-Identifier: Apache-2.0 */
/* Explanations and traps. */
#include "analyzer/score_parts.h"

#include "core/mem.h"

#include <string.h>

void score_explain(struct scoring *g, struct hy_score_hit hit)
{
    if (g->n_hits == g->room) {
        size_t room = g->room ? g->room * 2 : 32;
        struct hy_score_hit *more = hy_arena_alloc(g->arena, room * sizeof(*more));
        if (g->n_hits)
            memcpy(more, g->hits, g->n_hits * sizeof(*more));
        g->hits = more;
        g->room = room;
    }
    if (hit.text.p == NULL)
        hit.text = HY_STR("");
    g->hits[g->n_hits++] = hit;
}

void score_explain_hit(struct scoring *g, enum hy_sum to, const struct hy_hit *h, double added,
                       const char *why)
{
    const struct hy_word_group *group = scoring_group(g, h->group);

    score_explain(g, (struct hy_score_hit){
                         .rule = group->id,
                         .purpose = (enum hy_purpose)group->purpose,
                         .to = to,
                         .topic = to == HY_SUM_TOPIC ? group->topic : NULL,
                         .weight = added,
                         .why = why,
                         .word = h,
                     });
}

void score_explain_rule(struct scoring *g, enum hy_sum to, const struct hy_word_rule *r,
                        const struct hy_hit *at, double added)
{
    score_explain(g, (struct hy_score_hit){
                         .rule = r->id,
                         .purpose = (enum hy_purpose)r->purpose,
                         .to = to,
                         .topic = to == HY_SUM_TOPIC ? r->topic : NULL,
                         .weight = added,
                         .word = at,
                     });
}

void score_explain_span(struct scoring *g, enum hy_sum to, const char *rule,
                        const struct hy_span *span, double added)
{
    const struct hy_chars *c = &g->doc.field[span->field];

    score_explain(
        g, (struct hy_score_hit){
               .rule = rule,
               .purpose = to == HY_SUM_EMERGENCY ? HY_PURPOSE_EMERGENCY : HY_PURPOSE_RELEVANCE,
               .to = to,
               .weight = added,
               .in_title = span->field == HY_TITLE,
               .start = (uint32_t)hy_chars_offset(c, span->start),
               .end = (uint32_t)hy_chars_offset_end(c, span->end),
               .text = hy_chars_text(c, span->start, span->end),
           });
}

/* Index of the first character that begins at a byte offset or behind it. */
static uint32_t code_point_at(const struct hy_chars *c, size_t byte)
{
    size_t low = 0, high = c->n;

    while (low < high) {
        size_t mid = (low + high) / 2;
        if (c->byte[mid] < byte)
            low = mid + 1;
        else
            high = mid;
    }
    return (uint32_t)low;
}

static void locate(const struct scoring *g, struct hy_score_hit *hit)
{
    const struct hy_hit *h = hit->word;
    const struct hy_normal *n = &g->found.field[h->field];
    const struct hy_chars *c = &g->doc.field[h->field == HY_LEXIS_TITLE ? HY_TITLE : HY_TEXT];
    size_t from = hy_normal_origin(n, h->start), to = hy_normal_origin_end(n, h->end);

    hit->in_title = h->field == HY_LEXIS_TITLE;
    hit->start = (uint32_t)hy_chars_offset(c, code_point_at(c, from));
    hit->end = (uint32_t)hy_chars_offset_end(c, code_point_at(c, to));
    hit->text = hy_str_sub(n->original, from, to);
}

void hy_score_locate(struct hy_score *s)
{
    for (size_t i = 0; i < s->n_hits; i++)
        if (s->hits[i].word)
            locate(s->scoring, &s->hits[i]);
}

size_t score_code_point(const struct scoring *g, int field, uint32_t at)
{
    return code_point_at(&g->doc.field[field == HY_LEXIS_TITLE ? HY_TITLE : HY_TEXT],
                         hy_normal_origin(&g->found.field[field], at));
}

bool score_has_trap(const struct scoring *g, const char *id)
{
    for (size_t i = 0; i < g->n_traps; i++)
        if (strcmp(g->trap[i], id) == 0)
            return true;
    return false;
}

static void note_trap(struct scoring *g, const char *id)
{
    if (!score_has_trap(g, id) && g->n_traps < MAX_TRAPS)
        g->trap[g->n_traps++] = id;
}

/* "drill.title" and "drill" are both the trap drill. */
static const char *trap_name(struct scoring *g, const char *id)
{
    const char *dot = strchr(id, '.');

    return dot ? hy_arena_str(g->arena, hy_str_n(id, (size_t)(dot - id))).p : id;
}

/* A title speaks for the whole item, so a trap in it reaches everything. */
static bool reaches_all(const struct hy_word_group *t, const struct hy_hit *h)
{
    return h->field == HY_LEXIS_TITLE ? t->scope != HY_SCOPE_CLAUSE : t->scope == HY_SCOPE_DOCUMENT;
}

static bool states_harm(const struct hy_mention *m)
{
    bool people = m->kind == HY_DEATHS || m->kind == HY_INJURED || m->kind == HY_MISSING ||
                  m->kind == HY_TRAPPED;

    return people && m->span.field == HY_TITLE && m->min > 0 && !m->cumulative;
}

void score_find_traps(struct scoring *g)
{
    for (size_t i = 0; i < g->facts.n_mentions; i++)
        g->harm_in_title |= states_harm(&g->facts.mentions[i]);
    g->damping = 1;
    g->at_most = HY_TOLD_ALERT;
    for (size_t i = 0; i < g->found.n; i++) {
        const struct hy_hit *h = &g->found.hits[i];
        const struct hy_word_group *t = scoring_group(g, h->group);

        if (!scoring_is_trap(g, h) || h->negated)
            continue;
        if (t->scope == HY_SCOPE_TITLE && h->field != HY_LEXIS_TITLE)
            continue;
        note_trap(g, trap_name(g, t->id));
        if (!reaches_all(t, h))
            continue;
        g->damping = HY_MIN(g->damping, t->factor);
        g->at_most = HY_MIN(g->at_most, t->at_most);
        g->at_least = HY_MAX(g->at_least, t->at_least);
    }
}

/* A trap that takes a share of its neighbours only. */
static bool is_local_trap(const struct scoring *g, const struct hy_hit *h, bool of_clause)
{
    const struct hy_word_group *t = scoring_group(g, h->group);

    return scoring_is_trap(g, h) && !h->negated && t->scope != HY_SCOPE_TITLE &&
           (t->scope == HY_SCOPE_CLAUSE) == of_clause && !reaches_all(t, h);
}

/* The strongest trap among hits [from, to) takes its share of all of them. */
static void share_out(struct scoring *g, size_t from, size_t to, bool of_clause)
{
    const struct hy_word_group *strongest = NULL;

    for (size_t i = from; i < to; i++) {
        const struct hy_word_group *t = scoring_group(g, g->found.hits[i].group);
        if (is_local_trap(g, &g->found.hits[i], of_clause) && t->factor < 1 &&
            (strongest == NULL || t->factor < strongest->factor))
            strongest = t;
    }
    for (size_t i = from; strongest && i < to; i++)
        if (strongest->factor < g->left[i].factor)
            g->left[i] = (struct trap_share){strongest->factor, strongest->id};
}

void score_spread_traps(struct scoring *g)
{
    const struct hy_hit *h = g->found.hits;
    size_t n = g->found.n;

    g->left = hy_arena_alloc(g->arena, (n + 1) * sizeof(*g->left));
    for (size_t i = 0; i < n; i++)
        g->left[i].factor = 1;
    for (size_t i = 0, end; g->n_traps && i < n; i = end) {
        for (end = i; end < n && h[end].sentence == h[i].sentence;)
            end++;
        share_out(g, i, end, false);
        for (size_t k = i, stop; k < end; k = stop) {
            for (stop = k; stop < end && h[stop].clause == h[k].clause;)
                stop++;
            share_out(g, k, stop, true);
        }
    }
}

double score_factor_at(const struct scoring *g, const struct hy_hit *h, const char **ret_trap)
{
    const struct trap_share *left = &g->left[h - g->found.hits];

    if (left->trap)
        *ret_trap = left->trap;
    return left->factor;
}
