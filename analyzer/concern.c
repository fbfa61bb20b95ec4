/* SPDX-License-Identifier: Apache-2.0 */
/* Everything that can stand in a text is one list of words for the matcher, everything that can
 * stand in an address is one map; behind each word the offices it points to.  A word is looked for
 * wherever it stands (北京 in 北京路 too): too many candidates cost a score each, one too few would
 * cost an office its news. */
#include "analyzer/concern_parts.h"

#include "analyzer/normal.h"
#include "core/mem.h"
#include "core/url.h"
#include "rules/rules.h"

#include <stdlib.h>
#include <string.h>

struct finding {
    const struct hy_concern *c;
    uint64_t *bits;
};

static void take_key(struct finding *f, const struct concern_index *x, size_t key)
{
    for (uint32_t i = x->first[key]; i < x->first[key + 1]; i++)
        f->bits[x->office[i] / 64] |= UINT64_C(1) << x->office[i] % 64;
}

/* True when the index knows the text. */
static bool take_text(struct finding *f, const struct concern_index *x, struct hy_str text)
{
    uintptr_t key = (uintptr_t)hy_map_get(x->key_of, text);

    if (key)
        take_key(f, x, key - 1);
    return key != 0;
}

static void take_words(struct finding *f, const char *text, struct hy_arena *arena)
{
    struct hy_match_hits hits = {0};

    if (text == NULL)
        return;
    hy_match_scan(f->c->match, hy_normalize(hy_str(text), arena).text, &hits);
    for (size_t i = 0; i < hits.n; i++)
        take_key(f, &f->c->words, hits.v[i].word);
    hy_vec_release(&hits);
}

/* Every prefix that hy_office_own_channel() would accept: it ends at a path boundary. */
static void take_channels(struct finding *f, struct hy_str url)
{
    for (size_t i = 0; i <= url.n && f->c->channels.n; i++)
        if (i == url.n || memchr("/?#", url.p[i], 3) || (i && url.p[i - 1] == '/'))
            take_text(f, &f->c->channels, hy_str_sub(url, 0, i));
}

static void take_host(struct finding *f, struct hy_str url)
{
    struct hy_err err = HY_ERR_INIT;
    struct hy_url u;

    if (hy_url_parse(url, NULL, &u, &err) < 0)
        return;
    take_text(f, &f->c->hosts, hy_url_host(&u));
    hy_url_release(&u);
}

static void take_origin(struct finding *f, const struct hy_item *item)
{
    bool known = item->source && take_text(f, &f->c->sources, hy_str(item->source));

    if (item->url == NULL)
        return;
    if (!known)
        take_host(f, hy_str(item->url));
    take_channels(f, hy_str(item->url));
}

size_t hy_concern_find(const struct hy_concern *c, const struct hy_item *item,
                       struct hy_arena *arena, uint32_t *ret_offices)
{
    struct finding f = {c, hy_arena_alloc(arena, (c->bits + 1) * sizeof(*f.bits))};
    size_t n = 0;

    memcpy(f.bits, c->always, c->bits * sizeof(*f.bits));
    take_origin(&f, item);
    take_words(&f, item->title, arena);
    take_words(&f, item->text, arena);
    for (size_t i = 0; i < c->bits; i++)
        for (uint64_t left = f.bits[i]; left; left &= left - 1)
            ret_offices[n++] = (uint32_t)(i * 64 + (size_t)__builtin_ctzll(left));
    return n;
}

/* -- life cycle ----------------------------------------------------------------------------- */

struct hy_concern *hy_concern_new(const struct hy_rules *const *rules, size_t n)
{
    struct hy_concern *c = hy_xcalloc(1, sizeof(*c));

    c->n = n;
    c->bits = (n + 63) / 64;
    c->always = hy_xcalloc(c->bits + 1, sizeof(*c->always));
    concern_build_words(c, rules);
    concern_build_origins(c, rules);
    return c;
}

static void index_release(struct concern_index *x)
{
    hy_map_free(x->key_of);
    free(x->first);
    free(x->office);
}

void hy_concern_free(struct hy_concern *c)
{
    if (c == NULL)
        return;
    hy_match_free(c->match);
    index_release(&c->words);
    index_release(&c->sources);
    index_release(&c->hosts);
    index_release(&c->channels);
    free(c->always);
    free(c);
}

size_t hy_concern_bytes(const struct hy_concern *c)
{
    return sizeof(*c) + hy_match_bytes(c->match) + c->bits * sizeof(*c->always) +
           (c->words.n + c->words.first[c->words.n]) * sizeof(uint32_t);
}
