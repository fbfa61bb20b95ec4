/* SPDX-License-Identifier: Apache-2.0 */
/* What points to an office, gathered from the rules of all: names of places, words and units of its
 * own, its sources and channels.  A word that many offices add is nobody's mark. */
#include "analyzer/concern_parts.h"

#include "analyzer/normal.h"
#include "core/mem.h"
#include "core/url.h"
#include "rules/lexicon.h"
#include "rules/office.h"
#include "rules/places.h"
#include "rules/rules.h"
#include "rules/sources.h"

#include <stdlib.h>
#include <string.h>

/* A word that more offices than these add is nobody's mark. */
enum { COMMON_AT_LEAST = 8, COMMON_SHARE = 100 };

/* -- drafts of an index --------------------------------------------------------------------- */

struct pair {
    uint32_t key, office;
};
struct draft {
    struct hy_map *key_of;
    HY_VEC(char *) text; /* by key; owned */
    HY_VEC(struct pair) pairs;
};

static void draft_init(struct draft *d)
{
    *d = (struct draft){.key_of = hy_map_new(NULL)};
}

/* Takes the text. */
static uint32_t key_of(struct draft *d, char *text)
{
    uintptr_t at = (uintptr_t)hy_map_get(d->key_of, hy_str(text));

    if (at) {
        free(text);
        return (uint32_t)(at - 1);
    }
    hy_vec_push(&d->text, text);
    hy_map_set(d->key_of, hy_str(text), (void *)(uintptr_t)d->text.n);
    return (uint32_t)(d->text.n - 1);
}

static void add(struct draft *d, struct hy_str text, size_t office)
{
    if (text.n)
        hy_vec_push(&d->pairs, (struct pair){key_of(d, hy_str_dup(text)), (uint32_t)office});
}

static void add_word(struct draft *d, const char *word, size_t office)
{
    HY_CLEANUP(hy_freep) char *text = hy_normal_word(hy_str(word));

    add(d, hy_str(text), office);
}

static int by_key(const void *a, const void *b)
{
    const struct pair *x = a, *y = b;

    return x->key != y->key ? (x->key > y->key) - (x->key < y->key)
                            : (x->office > y->office) - (x->office < y->office);
}

/* Each office once behind a key; keys that more than `most` share lose theirs. */
static struct concern_index index_of(struct draft *d, size_t most)
{
    struct concern_index x = {.key_of = d->key_of, .n = d->text.n};
    size_t n = 0;

    if (d->pairs.n)
        qsort(d->pairs.v, d->pairs.n, sizeof(*d->pairs.v), by_key);
    x.first = hy_xcalloc(x.n + 1, sizeof(*x.first));
    x.office = hy_xcalloc(d->pairs.n + 1, sizeof(*x.office));
    for (size_t i = 0, k = 0; k < x.n; k++) {
        x.first[k] = (uint32_t)n;
        for (; i < d->pairs.n && d->pairs.v[i].key == k; i++)
            if (n == x.first[k] || x.office[n - 1] != d->pairs.v[i].office)
                x.office[n++] = d->pairs.v[i].office;
        if (n - x.first[k] > most)
            n = x.first[k];
    }
    x.first[x.n] = (uint32_t)n;
    return x;
}

static void draft_release(struct draft *d)
{
    for (size_t i = 0; i < d->text.n; i++)
        free(d->text.v[i]);
    hy_vec_release(&d->text);
    hy_vec_release(&d->pairs);
}

/* -- what points to an office --------------------------------------------------------------- */

struct seat {
    const char *code; /* of its division */
    uint32_t office;
};
struct seats { /* by code */
    struct seat *v;
    size_t n;
};

static int by_code(const void *a, const void *b)
{
    return strcmp(((const struct seat *)a)->code, ((const struct seat *)b)->code);
}

/* First seat whose code is not below the first n bytes of `code`. */
static size_t seat_from(const struct seats *s, const char *code, size_t n)
{
    size_t low = 0, high = s->n;

    while (low < high) {
        size_t mid = (low + high) / 2;
        if (strncmp(s->v[mid].code, code, n) < 0)
            low = mid + 1;
        else
            high = mid;
    }
    return low;
}

/* A division lies in the offices whose code its own begins with, and contains those whose code
 * begins with it. */
static void add_division(struct draft *d, const struct seats *seats, const struct hy_name *name)
{
    static const size_t levels[] = {2, 4, 6, 9};
    size_t n = strlen(name->code);

    for (size_t k = 0; k < HY_COUNT(levels) && levels[k] < n; k++)
        for (size_t i = seat_from(seats, name->code, levels[k]);
             i < seats->n && strlen(seats->v[i].code) == levels[k] &&
             strncmp(seats->v[i].code, name->code, levels[k]) == 0;
             i++)
            add_word(d, name->text, seats->v[i].office);
    for (size_t i = n ? seat_from(seats, name->code, n) : seats->n;
         i < seats->n && strncmp(seats->v[i].code, name->code, n) == 0; i++)
        add_word(d, name->text, seats->v[i].office);
}

static void add_national_places(struct draft *d, const struct seats *seats,
                                const struct hy_places *p)
{
    size_t n;
    const struct hy_name *names = hy_places_names(p, &n);

    for (size_t i = 0; i < n; i++)
        add_division(d, seats, &names[i]);
}

static void add_own_places(struct draft *d, const struct hy_places *p, size_t office)
{
    struct seat seat = {hy_places_own_code(p), (uint32_t)office};
    size_t n = 0;
    const struct hy_name *names = hy_places_own_names(p, &n);

    for (size_t i = 0; i < n; i++)
        if (names[i].own)
            add_division(d, &(struct seats){&seat, 1}, &names[i]);
}

static void note(struct hy_map *seen, const char *word)
{
    HY_CLEANUP(hy_freep) char *text = hy_normal_word(hy_str(word));

    hy_map_set(seen, hy_str(text), seen);
}

/* A group in place of a national one repeats most of its words: what stands in the national rules
 * is nobody's mark. */
static struct hy_map *national_words(const struct hy_lexicon *l)
{
    const struct hy_word_group *g = l->groups.v;
    const struct hy_unit *u = l->units.v;
    struct hy_map *seen = hy_map_new(NULL);

    for (size_t i = 0; i < l->groups.n; i++)
        for (size_t k = 0; k < g[i].words.n; k++)
            note(seen, g[i].words.v[k].text);
    for (size_t i = 0; i < l->units.n; i++) {
        note(seen, u[i].name);
        for (size_t k = 0; k < u[i].aliases.n; k++)
            note(seen, u[i].aliases.v[k]);
    }
    return seen;
}

static void add_mark(struct draft *d, const struct hy_map *national, const char *word,
                     size_t office)
{
    HY_CLEANUP(hy_freep) char *text = hy_normal_word(hy_str(word));

    if (hy_map_get(national, hy_str(text)) == NULL)
        add(d, hy_str(text), office);
}

static void add_own_words(struct draft *d, const struct hy_map *national,
                          const struct hy_lexicon *l, size_t office)
{
    const struct hy_word_group *g = l->groups.v;
    const struct hy_unit *u = l->units.v;

    for (size_t i = 0; i < l->groups.n; i++)
        for (size_t k = 0; g[i].own && k < g[i].words.n; k++)
            add_mark(d, national, g[i].words.v[k].text, office);
    for (size_t i = 0; i < l->units.n; i++) {
        if (!u[i].own)
            continue;
        add_mark(d, national, u[i].name, office);
        for (size_t k = 0; k < u[i].aliases.n; k++)
            add_mark(d, national, u[i].aliases.v[k], office);
    }
}

static void add_sources(struct draft *ids, struct draft *hosts, const struct hy_sources *s,
                        size_t office)
{
    for (size_t i = 0; s && i < s->rows.n; i++) {
        const struct hy_source *row = hy_sources_at(s, i);
        struct hy_err err = HY_ERR_INIT;
        struct hy_url u;

        add(ids, hy_str(row->id), office);
        if (row->url == NULL || hy_url_parse(hy_str(row->url), NULL, &u, &err) < 0)
            continue;
        add(hosts, hy_url_host(&u), office);
        hy_url_release(&u);
    }
}

static void add_channels(struct draft *d, const struct hy_office *o, size_t office)
{
    for (size_t i = 0; o && i < o->channels.n; i++) {
        const struct hy_channel *c = &hy_office_channels(o)[i];
        for (size_t k = 0; c->authoritative && k < c->urls.n; k++)
            add(d, hy_str(c->urls.v[k]), office);
    }
}

/* -- all of it ------------------------------------------------------------------------------ */

static struct seats seats_of(struct hy_concern *c, const struct hy_rules *const *rules)
{
    struct seats s = {hy_xcalloc(c->n + 1, sizeof(*s.v)), 0};

    for (size_t i = 0; i < c->n; i++) {
        const char *code = hy_places_own_code(rules[i]->places);
        if (*code == '\0')
            c->always[i / 64] |= UINT64_C(1) << i % 64;
        else
            s.v[s.n++] = (struct seat){code, (uint32_t)i};
    }
    if (s.n)
        qsort(s.v, s.n, sizeof(*s.v), by_code);
    return s;
}

/* What is left of the words once those that many add are gone joins the places. */
static void add_rare(struct draft *names, struct draft *words, size_t offices)
{
    struct concern_index x =
        index_of(words, HY_MAX(offices / COMMON_SHARE, (size_t)COMMON_AT_LEAST));

    for (size_t k = 0; k < x.n; k++)
        for (uint32_t i = x.first[k]; i < x.first[k + 1]; i++)
            add(names, hy_str(words->text.v[k]), x.office[i]);
    hy_map_free(x.key_of);
    free(x.first);
    free(x.office);
    draft_release(words);
}

void concern_build_words(struct hy_concern *c, const struct hy_rules *const *rules)
{
    struct seats seats = seats_of(c, rules);
    struct hy_map *national =
        c->n ? national_words(hy_national_rules(rules[0]->national)->lexicon) : NULL;
    struct draft names, words;

    draft_init(&names);
    draft_init(&words);
    if (c->n)
        add_national_places(&names, &seats, rules[0]->places);
    for (size_t i = 0; i < c->n; i++) {
        add_own_places(&names, rules[i]->places, i);
        add_own_words(&words, national, rules[i]->lexicon, i);
    }
    add_rare(&names, &words, c->n);
    hy_map_free(national);
    struct hy_str *texts = hy_xcalloc(names.text.n + 1, sizeof(*texts));
    for (size_t i = 0; i < names.text.n; i++)
        texts[i] = hy_str(names.text.v[i]);
    c->match = hy_match_new(texts, names.text.n);
    c->words = index_of(&names, SIZE_MAX);
    hy_map_free(c->words.key_of); /* the matcher knows them */
    c->words.key_of = NULL;
    draft_release(&names);
    free(texts);
    free(seats.v);
}

void concern_build_origins(struct hy_concern *c, const struct hy_rules *const *rules)
{
    struct draft ids, hosts, channels;

    draft_init(&ids);
    draft_init(&hosts);
    draft_init(&channels);
    for (size_t i = 0; i < c->n; i++) {
        add_sources(&ids, &hosts, rules[i]->sources, i);
        add_channels(&channels, rules[i]->office, i);
    }
    c->sources = index_of(&ids, SIZE_MAX);
    c->hosts = index_of(&hosts, SIZE_MAX);
    c->channels = index_of(&channels, SIZE_MAX);
    draft_release(&ids);
    draft_release(&hosts);
    draft_release(&channels);
}
