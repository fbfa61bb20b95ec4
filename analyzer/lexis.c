/* SPDX-License-Identifier: Apache-2.0 */
#include "analyzer/lexis.h"

#include "analyzer/match.h"
#include "core/map.h"
#include "core/mem.h"
#include "core/utf8.h"

#include <stdlib.h>
#include <string.h>

/* Longer texts are judged by their beginning: what matters to a press office stands there. */
enum { MAX_TEXT = 400 * 1024 };
#define TITLE_FACTOR 1.5

/* A word's role in one group. */
struct use {
    uint32_t group;
    double weight[HY_LEXIS_FIELDS];
};

struct hy_lexis {
    const struct hy_lexicon *lexicon;
    struct hy_map *groups; /* id -> index + 1 */
    struct hy_match *match;
    uint32_t *first_use; /* per word, one more at the end */
    struct use *uses;
    size_t n_words;
    uint16_t *pack_of; /* per group: index of its pack + 1; 0: counts always */
};

static const struct hy_word_group *group_at(const struct hy_lexis *x, size_t i)
{
    return (const struct hy_word_group *)x->lexicon->groups.v + i;
}

/* -- compiling ------------------------------------------------------------------------------ */

struct draft { /* a word that may be in several groups */
    char *text;
    HY_VEC(struct use) uses;
};
struct drafts {
    struct draft *v;
    size_t n, room;
};

static struct draft *draft_of(struct drafts *list, struct hy_map *by_text, char *text)
{
    uintptr_t at = (uintptr_t)hy_map_get(by_text, hy_str(text));

    if (at == 0) {
        hy_vec_push(list, (struct draft){.text = text});
        at = list->n;
        hy_map_set(by_text, hy_str(text), (void *)at);
    } else {
        free(text);
    }
    return &list->v[at - 1];
}

static void add_group(struct drafts *list, struct hy_map *by_text, const struct hy_word_group *g,
                      uint32_t index)
{
    double title_factor =
        g->title_weight >= 0 && g->weight > 0 ? g->title_weight / g->weight : TITLE_FACTOR;

    for (size_t i = 0; i < g->words.n; i++) {
        const struct hy_word *w = &g->words.v[i];
        char *text = hy_normal_word(hy_str(w->text));
        if (*text == '\0') {
            free(text);
            continue;
        }
        struct draft *d = draft_of(list, by_text, text);
        double weight = w->weight < 0 ? g->weight : w->weight;
        double in_title =
            w->weight < 0 && g->title_weight >= 0 ? g->title_weight : weight * title_factor;
        hy_vec_push(&d->uses, (struct use){index, {HY_MIN(in_title, 99), HY_MIN(weight, 99)}});
    }
}

static void compile(struct hy_lexis *x, struct drafts *list, const char *tables)
{
    struct hy_str *words = hy_xcalloc(list->n + 1, sizeof(*words));
    size_t n_uses = 0, at = 0;

    for (size_t i = 0; i < list->n; i++) {
        words[i] = hy_str(list->v[i].text);
        n_uses += list->v[i].uses.n;
    }
    x->match = hy_match_new_in(tables, words, list->n);
    x->n_words = list->n;
    x->first_use = hy_xcalloc(list->n + 1, sizeof(*x->first_use));
    x->uses = hy_xcalloc(n_uses + 1, sizeof(*x->uses));
    for (size_t i = 0; i < list->n; i++) {
        x->first_use[i] = (uint32_t)at;
        memcpy(x->uses + at, list->v[i].uses.v, list->v[i].uses.n * sizeof(*x->uses));
        at += list->v[i].uses.n;
    }
    x->first_use[list->n] = (uint32_t)at;
    free(words);
}

static uint16_t pack_number(const struct hy_lexicon *l, const char *id)
{
    const struct hy_word_pack *p = id ? hy_lexicon_pack(l, hy_str(id)) : NULL;

    return p ? (uint16_t)(p - (const struct hy_word_pack *)l->packs.v + 1) : 0;
}

struct hy_lexis *hy_lexis_new(const struct hy_lexicon *l, const char *tables)
{
    struct hy_lexis *x = hy_xcalloc(1, sizeof(*x));
    struct hy_map *by_text = hy_map_new(NULL);
    struct drafts list = {0};

    x->lexicon = l;
    x->groups = hy_map_new(NULL);
    x->pack_of = hy_xcalloc(l->groups.n + 1, sizeof(*x->pack_of));
    for (size_t i = 0; i < l->groups.n; i++) {
        hy_map_set(x->groups, hy_str(group_at(x, i)->id), (void *)(uintptr_t)(i + 1));
        x->pack_of[i] = pack_number(l, group_at(x, i)->pack);
        add_group(&list, by_text, group_at(x, i), (uint32_t)i);
    }
    compile(x, &list, tables);
    for (size_t i = 0; i < list.n; i++) {
        free(list.v[i].text);
        hy_vec_release(&list.v[i].uses);
    }
    hy_vec_release(&list);
    hy_map_free(by_text);
    return x;
}

void hy_lexis_free(struct hy_lexis *x)
{
    if (x == NULL)
        return;
    hy_map_free(x->groups);
    hy_match_free(x->match);
    free(x->first_use);
    free(x->uses);
    free(x->pack_of);
    free(x);
}

bool hy_lexis_is_shared(const struct hy_lexis *x)
{
    return hy_match_is_shared(x->match);
}

int hy_lexis_group(const struct hy_lexis *x, const char *id)
{
    return (int)(uintptr_t)hy_map_get(x->groups, hy_str(id)) - 1;
}

/* -- finding -------------------------------------------------------------------------------- */

enum border { NO_BORDER, CLAUSE_BORDER, SENTENCE_BORDER };

/* The text is normal: full-width signs are ASCII here, except 。 and 、. */
static enum border border_at(struct hy_str s, size_t at)
{
    switch (s.p[at]) {
    case '\n':
    case '!':
    case '?':
    case ';':
        return SENTENCE_BORDER;
    case ',':
    case ':':
    case ' ':
    case '(':
    case ')':
        return CLAUSE_BORDER;
    case '\xe3':
        if (at + 2 < s.n && s.p[at + 1] == '\x80')
            return s.p[at + 2] == '\x82' ? SENTENCE_BORDER
                                         : (s.p[at + 2] == '\x81' ? CLAUSE_BORDER : NO_BORDER);
        return NO_BORDER;
    default:
        return NO_BORDER;
    }
}

/* Walks along with the hits and counts clauses and sentences. */
struct counter {
    struct hy_str text;
    size_t at;
    uint32_t clause, sentence;
};

static void count_to(struct counter *c, size_t to)
{
    for (; c->at < to; c->at++) {
        enum border b = border_at(c->text, c->at);
        c->clause += b != NO_BORDER;
        c->sentence += b == SENTENCE_BORDER;
    }
}

/* What earlier, longer words cover: of each purpose up to where.  Hits come by start and the
 * longer first, so a hit lies inside an earlier one exactly when it ends no later. */
struct covered {
    uint32_t until[HY_PURPOSE_COUNT];
    uint32_t start_of[HY_PURPOSE_COUNT];
};

static bool is_covered(const struct covered *c, int purpose, const struct hy_match_hit *h)
{
    bool same_span = c->start_of[purpose] == h->start && c->until[purpose] == h->end;

    return h->end <= c->until[purpose] && !same_span;
}

static void cover(struct covered *c, int purpose, const struct hy_match_hit *h)
{
    if (h->end > c->until[purpose]) {
        c->until[purpose] = h->end;
        c->start_of[purpose] = h->start;
    }
}

enum role { PLAIN, STOP_PHRASE, HIDDEN };

static const bool *packs_on(const struct hy_lexis *x, int64_t day, struct hy_arena *arena)
{
    const struct hy_word_pack *p = x->lexicon->packs.v;
    bool *on = hy_arena_alloc(arena, x->lexicon->packs.n + 1);

    for (size_t i = 0; i < x->lexicon->packs.n; i++)
        on[i] = hy_word_pack_is_on(&p[i], day);
    return on;
}

/* Is the group's pack on, if it has one? */
static bool is_on(const struct hy_lexis *x, uint32_t group, const bool *pack_on)
{
    return x->pack_of[group] == 0 || pack_on[x->pack_of[group] - 1];
}

static bool is_stop(const struct hy_lexis *x, uint32_t word, const bool *pack_on)
{
    for (uint32_t u = x->first_use[word]; u < x->first_use[word + 1]; u++)
        if (group_at(x, x->uses[u].group)->purpose == HY_PURPOSE_STOP &&
            is_on(x, x->uses[u].group, pack_on))
            return true;
    return false;
}

static uint8_t *roles_of(const struct hy_lexis *x, const struct hy_match_hits *raw,
                         const bool *pack_on, struct hy_arena *arena)
{
    uint8_t *role = hy_arena_alloc(arena, raw->n + 1);
    uint32_t until = 0;

    for (size_t i = 0; i < raw->n; i++) {
        role[i] = is_stop(x, raw->v[i].word, pack_on) ? STOP_PHRASE
                  : raw->v[i].end <= until            ? HIDDEN
                                                      : PLAIN;
        if (role[i] == STOP_PHRASE)
            until = HY_MAX(until, raw->v[i].end);
    }
    return role;
}

struct finding {
    const struct hy_lexis *x;
    struct hy_found *found;
    struct counter counter;
    int field;
    uint32_t negated_clause; /* clause in which a negation was seen, from its end on */
    bool negation;
    uint32_t negation_end;
};

/* A turn right behind the negation is what is negated (未造成); a later one ends it. */
static void follow_negation(struct finding *f, int purpose, const struct hy_match_hit *raw)
{
    if (purpose == HY_PURPOSE_NEGATION) {
        f->negation = true;
        f->negated_clause = f->counter.clause;
        f->negation_end = raw->end;
    } else if (purpose == HY_PURPOSE_TURN && raw->start > f->negation_end) {
        f->negation = false;
    }
}

static void take_hit(struct finding *f, const struct hy_match_hit *raw, enum role role,
                     struct covered *cov)
{
    const struct hy_lexis *x = f->x;

    count_to(&f->counter, raw->start);
    if (f->negated_clause != f->counter.clause)
        f->negation = false;
    for (uint32_t u = x->first_use[raw->word]; u < x->first_use[raw->word + 1]; u++) {
        int purpose = group_at(x, x->uses[u].group)->purpose;
        if (!is_on(x, x->uses[u].group, f->found->pack_on) || is_covered(cov, purpose, raw) ||
            (role == STOP_PHRASE && hy_purpose_is_stopped(purpose)))
            continue;
        cover(cov, purpose, raw);
        if (purpose == HY_PURPOSE_EMERGENCY) /* 无一幸免 denies nothing */
            cover(cov, HY_PURPOSE_NEGATION, raw);
        f->found->hits[f->found->n++] = (struct hy_hit){
            .group = x->uses[u].group,
            .field = (uint8_t)f->field,
            .negated = f->negation && purpose != HY_PURPOSE_NEGATION,
            .start = raw->start,
            .end = raw->end,
            .clause = f->counter.clause,
            .sentence = f->counter.sentence,
            .weight = x->uses[u].weight[f->field],
        };
        follow_negation(f, purpose, raw);
    }
}

static void take_field(struct finding *f, int field, struct hy_match_hits *raw,
                       struct hy_arena *arena)
{
    const uint8_t *role = roles_of(f->x, raw, f->found->pack_on, arena);
    struct covered cov = {0};

    f->field = field;
    f->counter.text = f->found->field[field].text;
    f->counter.at = 0;
    for (size_t i = 0; i < raw->n; i++)
        if (role[i] != HIDDEN)
            take_hit(f, &raw->v[i], role[i], &cov);
    f->counter.clause++;
    f->counter.sentence++;
    f->negation = false;
}

static size_t uses_in(const struct hy_lexis *x, const struct hy_match_hits *raw)
{
    size_t n = 0;

    for (size_t i = 0; i < raw->n; i++)
        n += x->first_use[raw->v[i].word + 1] - x->first_use[raw->v[i].word];
    return n;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

static void count_groups(struct hy_found *found, struct hy_arena *arena)
{
    found->groups = hy_arena_alloc(arena, (found->n + 1) * sizeof(*found->groups));
    for (size_t i = 0; i < found->n; i++) {
        uint16_t *n = &found->of_group[found->hits[i].group];
        if (found->hits[i].negated || *n == UINT16_MAX)
            continue;
        if ((*n)++ == 0)
            found->groups[found->n_groups++] = found->hits[i].group;
    }
    if (found->n_groups > 1)
        qsort(found->groups, found->n_groups, sizeof(*found->groups), by_number);
}

struct hy_found hy_lexis_find(const struct hy_lexis *x, struct hy_str title, struct hy_str text,
                              int64_t day, struct hy_arena *arena)
{
    struct hy_found found = {.pack_on = packs_on(x, day, arena)};
    struct hy_match_hits raw[HY_LEXIS_FIELDS] = {0};
    struct finding f = {.x = x, .found = &found};
    struct hy_str field[HY_LEXIS_FIELDS] = {title, text};
    size_t uses = 1;

    for (int i = 0; i < HY_LEXIS_FIELDS; i++) {
        size_t keep = HY_MIN(field[i].n, (size_t)MAX_TEXT);
        if (keep < field[i].n)
            keep = hy_utf8_valid_prefix(hy_str_n(field[i].p, keep), false);
        found.field[i] = hy_normalize(hy_str_n(field[i].p, keep), arena);
        hy_match_scan(x->match, found.field[i].text, &raw[i]);
        uses += uses_in(x, &raw[i]);
    }
    found.hits = hy_arena_alloc(arena, uses * sizeof(*found.hits));
    found.of_group = hy_arena_alloc(arena, (x->lexicon->groups.n + 1) * sizeof(*found.of_group));
    for (int i = 0; i < HY_LEXIS_FIELDS; i++) {
        take_field(&f, i, &raw[i], arena);
        hy_vec_release(&raw[i]);
    }
    count_groups(&found, arena);
    return found;
}
