/* SPDX-License-Identifier: Apache-2.0 */
/* Finds words and says which of them count.  What the matcher found in a text is the same for every
 * lexicon over one nation's and is found once (hy_lexis_read); an office's own words are merged in
 * before anything is judged, so that the answer is that of one list. */
#include "analyzer/lexis_parts.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <stdlib.h>
#include <string.h>

/* Longer texts are judged by their beginning: what matters to a press office stands there. */
enum { MAX_TEXT = 400 * 1024 };
enum { LONGEST_HELPER = 60 }; /* bytes; how far back a word is looked for that covers another */

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

/* Helpers count for nothing but their group, so a longer word hides a shorter one of its own group
 * only: what somebody else files under 打点滴 must not take 点滴 out of a rule's hands. */
static bool is_helped(const struct hy_found *found, int field, uint32_t group,
                      const struct hy_match_hit *h)
{
    for (size_t i = found->n; i-- > 0 && found->hits[i].field == field;) {
        const struct hy_hit *k = &found->hits[i];
        if (k->group == group && k->end >= h->end)
            return k->start != h->start || k->end != h->end;
        if (k->start + LONGEST_HELPER < h->start)
            break;
    }
    return false;
}

/* Is there a longer word around the i-th at all?  Few have one, and without it there is nothing to ask
 * for each of the groups that a word is in, which may be thousands. */
static bool is_inside(const struct hy_raw_hits *raw, size_t i)
{
    const struct hy_match_hit *h = &raw->v[i];

    for (size_t k = i; k-- > 0 && raw->v[k].start + LONGEST_HELPER >= h->start;)
        if (raw->v[k].end >= h->end && (raw->v[k].start != h->start || raw->v[k].end != h->end))
            return true;
    return false;
}

enum role { PLAIN, STOP_PHRASE, HIDDEN };

static const bool *packs_on(const struct hy_lexis *x, int64_t day, struct hy_arena *arena)
{
    bool *on = hy_arena_alloc(arena, x->lexicon->packs.n + 1);

    hy_word_packs_on(x->lexicon->packs.v, x->lexicon->packs.n, day, on);
    return on;
}

/* Is the group's pack on, if it has one? */
static bool is_on(const struct hy_lexis *x, uint32_t group, const bool *pack_on)
{
    return x->pack_of[group] == 0 || pack_on[x->pack_of[group] - 1];
}

static bool is_stop(const struct hy_lexis *x, uint32_t word, const bool *pack_on)
{
    const struct lexis_use *end, *u = lexis_uses(x, word, &end);

    for (; u < end; u++)
        if (u->purpose == HY_PURPOSE_STOP && is_on(x, u->group, pack_on))
            return true;
    return false;
}

static uint8_t *roles_of(const struct hy_lexis *x, const struct hy_raw_hits *raw,
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

static void take_hit(struct finding *f, const struct hy_raw_hits *all, size_t i, enum role role,
                     struct covered *cov)
{
    const struct hy_lexis *x = f->x;
    const struct hy_match_hit *raw = &all->v[i];
    const struct lexis_use *end, *u = lexis_uses(x, raw->word, &end);

    bool inside = is_inside(all, i);

    count_to(&f->counter, raw->start);
    if (f->negated_clause != f->counter.clause)
        f->negation = false;
    for (; u < end; u++) {
        int purpose = (int)u->purpose;
        bool hidden = purpose == HY_PURPOSE_HELPER
                          ? inside && is_helped(f->found, f->field, u->group, raw)
                          : is_covered(cov, purpose, raw);
        if (hidden || !is_on(x, u->group, f->found->pack_on) ||
            (role == STOP_PHRASE && hy_purpose_is_stopped(purpose)))
            continue;
        cover(cov, purpose, raw);
        if (purpose == HY_PURPOSE_EMERGENCY) /* 无一幸免 denies nothing */
            cover(cov, HY_PURPOSE_NEGATION, raw);
        f->found->hits[f->found->n++] = (struct hy_hit){
            .group = u->group,
            .purpose = (uint8_t)purpose,
            .field = (uint8_t)f->field,
            .negated = f->negation && purpose != HY_PURPOSE_NEGATION,
            .start = raw->start,
            .end = raw->end,
            .clause = f->counter.clause,
            .sentence = f->counter.sentence,
            .weight = u->weight[f->field],
        };
        follow_negation(f, purpose, raw);
    }
}

static void take_field(struct finding *f, int field, const struct hy_raw_hits *raw,
                       struct hy_arena *arena)
{
    const uint8_t *role = roles_of(f->x, raw, f->found->pack_on, arena);
    struct covered cov = {0};

    f->field = field;
    f->counter.text = f->found->field[field].text;
    f->counter.at = 0;
    for (size_t i = 0; i < raw->n; i++)
        if (role[i] != HIDDEN)
            take_hit(f, raw, i, role[i], &cov);
    f->counter.clause++;
    f->counter.sentence++;
    f->negation = false;
}

static size_t uses_in(const struct hy_lexis *x, const struct hy_raw_hits *raw)
{
    size_t n = 0;

    for (size_t i = 0; i < raw->n; i++) {
        const struct lexis_use *end, *u = lexis_uses(x, raw->v[i].word, &end);
        n += (size_t)(end - u);
    }
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

/* -- reading: what is the same for every lexicon over one nation's --------------------------- */

static struct hy_raw_hits in_arena(struct hy_match_hits *hits, struct hy_arena *arena)
{
    struct hy_raw_hits raw = {hy_arena_alloc(arena, (hits->n + 1) * sizeof(*raw.v)), hits->n};

    if (hits->n)
        memcpy(raw.v, hits->v, hits->n * sizeof(*raw.v));
    hy_vec_release(hits);
    return raw;
}

struct hy_lexis_text hy_lexis_read(const struct hy_lexis *x, struct hy_str title,
                                   struct hy_str text, struct hy_arena *arena)
{
    const struct hy_lexis *nation = x->national ? x->national : x;
    struct hy_str field[HY_LEXIS_FIELDS] = {title, text};
    struct hy_lexis_text t = {.nation = nation};

    for (int i = 0; i < HY_LEXIS_FIELDS; i++) {
        struct hy_match_hits hits = {0};
        size_t keep = HY_MIN(field[i].n, (size_t)MAX_TEXT);
        if (keep < field[i].n)
            keep = hy_utf8_valid_prefix(hy_str_n(field[i].p, keep), false);
        t.field[i] = hy_normalize(hy_str_n(field[i].p, keep), arena);
        if (nation->match)
            hy_match_scan(nation->match, t.field[i].text, &hits);
        t.raw[i] = in_arena(&hits, arena);
    }
    return t;
}

bool hy_lexis_reads(const struct hy_lexis *x, const struct hy_lexis_text *t)
{
    return t->nation == (x->national ? x->national : x);
}

/* -- an office's words among the nation's --------------------------------------------------- */

static bool comes_before(const struct hy_match_hit *a, const struct hy_match_hit *b)
{
    return a->start != b->start ? a->start < b->start
           : a->end != b->end   ? a->end > b->end
                                : a->word < b->word;
}

static bool is_dead(const struct hy_lexis *x, uint32_t word)
{
    return x->dead && x->dead[word / 64] >> word % 64 & 1;
}

/* Both in order; the nation's without those that the office speaks of itself. */
static struct hy_raw_hits merged(const struct hy_lexis *x, const struct hy_raw_hits *nation,
                                 const struct hy_match_hits *own, struct hy_arena *arena)
{
    struct hy_raw_hits all = {hy_arena_alloc(arena, (nation->n + own->n + 1) * sizeof(*all.v)), 0};
    size_t k = 0;

    for (size_t i = 0; i < nation->n; i++) {
        while (k < own->n && comes_before(&own->v[k], &nation->v[i]))
            all.v[all.n++] = own->v[k++];
        if (!is_dead(x, nation->v[i].word))
            all.v[all.n++] = nation->v[i];
    }
    while (k < own->n)
        all.v[all.n++] = own->v[k++];
    return all;
}

static struct hy_raw_hits hits_of(const struct hy_lexis *x, const struct hy_lexis_text *t,
                                  int field, struct hy_arena *arena)
{
    struct hy_match_hits own = {0};

    if (x->national == NULL || (x->match == NULL && x->dead == NULL))
        return t->raw[field];
    if (x->match)
        hy_match_scan(x->match, t->field[field].text, &own);
    for (size_t i = 0; i < own.n; i++)
        own.v[i].word += (uint32_t)x->n_national;
    struct hy_raw_hits all = merged(x, &t->raw[field], &own, arena);
    hy_vec_release(&own);
    return all;
}

struct hy_found hy_lexis_judge(const struct hy_lexis *x, const struct hy_lexis_text *t, int64_t day,
                               struct hy_arena *arena)
{
    struct hy_found found = {.pack_on = packs_on(x, day, arena)};
    struct hy_raw_hits raw[HY_LEXIS_FIELDS];
    struct finding f = {.x = x, .found = &found};
    size_t uses = 1;

    for (int i = 0; i < HY_LEXIS_FIELDS; i++) {
        found.field[i] = t->field[i];
        raw[i] = hits_of(x, t, i, arena);
        uses += uses_in(x, &raw[i]);
    }
    found.hits = hy_arena_alloc(arena, uses * sizeof(*found.hits));
    found.of_group = hy_arena_alloc(arena, (x->lexicon->groups.n + 1) * sizeof(*found.of_group));
    for (int i = 0; i < HY_LEXIS_FIELDS; i++)
        take_field(&f, i, &raw[i], arena);
    count_groups(&found, arena);
    return found;
}

struct hy_found hy_lexis_find(const struct hy_lexis *x, struct hy_str title, struct hy_str text,
                              int64_t day, struct hy_arena *arena)
{
    struct hy_lexis_text t = hy_lexis_read(x, title, text, arena);

    return hy_lexis_judge(x, &t, day, arena);
}
