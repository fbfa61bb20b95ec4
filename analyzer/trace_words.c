/* SPDX-License-Identifier: Apache-2.0 */
/* The words of a text, as a trace keeps them: a sketch of its shingles, for copies, and its most
 * telling terms, for texts about one thing. */
#include "analyzer/trace_parts.h"

#include "analyzer/rarity.h"
#include "analyzer/trace.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "core/vec.h"

#include <math.h>
#include <stdlib.h>

enum {
    SHINGLE = 5,
    TITLE_WEIGHT = 6,
    MAX_CHARS = 20000,
    WORD_BITS = 16,  /* information of a word of letters: p2p, h7n9 */
    DIGIT_BITS = 10, /* of a number */
};

static uint32_t fold(uint32_t c)
{
    return c >= 'A' && c <= 'Z' ? c | 32 : c;
}

static bool is_word_char(uint32_t c)
{
    return hy_is_han(c) || (c - '0' < 10) || ((c | 32) - 'a' < 26) || (c >= 0xC0 && c < 0x2000);
}

/* ---- sketch ---- */

static int by_value(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

static size_t unique(uint32_t *v, size_t n)
{
    size_t out = 0;

    for (size_t i = 0; i < n; i++)
        if (i == 0 || v[i] != v[i - 1])
            v[out++] = v[i];
    return out;
}

/* Keeps the smallest hashes: a buffer that is sorted and cut whenever it is full. */
struct bottom {
    uint32_t v[4 * HY_TRACE_SHINGLES];
    size_t n;
    uint32_t limit;
};

static void bottom_cut(struct bottom *b)
{
    qsort(b->v, b->n, sizeof(b->v[0]), by_value);
    b->n = unique(b->v, b->n);
    if (b->n >= HY_TRACE_SHINGLES) {
        b->n = HY_TRACE_SHINGLES;
        b->limit = b->v[b->n - 1];
    }
}

static void bottom_add(struct bottom *b, uint32_t h)
{
    if (h >= b->limit)
        return;
    if (b->n == HY_COUNT(b->v))
        bottom_cut(b);
    b->v[b->n++] = h;
}

static size_t word_chars(struct hy_arena *arena, const struct hy_doc *doc, uint32_t **ret)
{
    uint32_t *w = hy_arena_alloc(arena, (doc->field[0].n + doc->field[1].n + 1) * sizeof(*w));
    size_t n = 0;

    for (int f = HY_TITLE; f < HY_FIELD_COUNT; f++)
        for (size_t i = 0; i < doc->field[f].n && n < MAX_CHARS; i++)
            if (is_word_char(doc->field[f].c[i]))
                w[n++] = fold(doc->field[f].c[i]);
    *ret = w;
    return n;
}

static void sketch(const uint32_t *w, size_t n, struct bottom *b)
{
    size_t len = HY_MIN(n, (size_t)SHINGLE);

    b->n = 0;
    b->limit = UINT32_MAX;
    for (size_t i = 0; n && i + len <= n; i++) {
        uint64_t h = UINT64_C(0x9E3779B97F4A7C15);
        for (size_t k = 0; k < len; k++)
            h = (h ^ w[i + k]) * UINT64_C(0x100000001B3) + (h >> 29);
        bottom_add(b, trace_mix(h));
    }
    bottom_cut(b);
}

/* ---- terms ---- */

struct term {
    uint32_t hash;
    float weight, count;
};
typedef HY_VEC(struct term) terms;

static void add_term(terms *out, uint64_t key, double weight, double times)
{
    hy_vec_push(out, (struct term){trace_mix(key), (float)weight, (float)times});
}

/* A word of letters and digits, whole: p2p, h7n9, 58, 2019. */
static size_t ascii_word(const struct hy_chars *t, size_t i, double times, terms *out)
{
    uint64_t key = 7;
    size_t from = i;
    bool digits = true;

    for (; i < t->n && ((t->c[i] - '0' < 10) || ((t->c[i] | 32) - 'a' < 26)); i++) {
        key = key * 131 + fold(t->c[i]);
        digits = digits && t->c[i] - '0' < 10;
    }
    if (i - from > 1 || !digits)
        add_term(out, key | UINT64_C(1) << 62, digits ? DIGIT_BITS : WORD_BITS, times);
    return i;
}

uint32_t hy_trace_pair(uint32_t a, uint32_t b)
{
    return trace_mix((uint64_t)a << 32 | b) >> HY_TRACE_SPARE_BITS;
}

static void field_terms(const struct hy_chars *t, double times, terms *out)
{
    for (size_t i = 0; i < t->n && i < MAX_CHARS;) {
        uint32_t c = t->c[i];
        if (c - '0' < 10 || (c | 32) - 'a' < 26) {
            i = ascii_word(t, i, times, out);
            continue;
        }
        if (hy_is_han(c) && i + 1 < t->n && hy_is_han(t->c[i + 1])) {
            uint32_t next = t->c[i + 1];
            add_term(out, (uint64_t)c << 32 | next, hy_rarity_pair(c, next), times);
        }
        i++;
    }
}

static int by_hash(const void *a, const void *b)
{
    const struct term *x = a, *y = b;

    return x->hash < y->hash ? -1 : x->hash > y->hash;
}

static int by_weight(const void *a, const void *b)
{
    const struct term *x = a, *y = b;

    if (x->weight != y->weight)
        return x->weight > y->weight ? -1 : 1;
    return by_hash(a, b);
}

/* Weight: rarity times a damped count. */
static void settle(terms *v)
{
    size_t n = 0;

    if (v->n)
        qsort(v->v, v->n, sizeof(*v->v), by_hash);
    for (size_t i = 0; i < v->n; i++) {
        if (n && v->v[n - 1].hash == v->v[i].hash)
            v->v[n - 1].count += v->v[i].count;
        else
            v->v[n++] = v->v[i];
    }
    v->n = n;
    for (size_t i = 0; i < n; i++)
        v->v[i].weight *= (float)(1 + log2(v->v[i].count));
    if (n)
        qsort(v->v, n, sizeof(*v->v), by_weight);
    if (v->n > HY_TRACE_TERMS)
        v->n = HY_TRACE_TERMS;
}

/* ---- JSON ---- */

static const char digits64[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_";

static void put64(struct hy_buf *b, uint32_t v, int chars)
{
    for (int i = chars - 1; i >= 0; i--)
        hy_buf_char(b, digits64[v >> (6 * i) & 63]);
}

static void put_sketch(json_t *o, const struct bottom *b)
{
    struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    for (size_t i = 0; i < b->n; i++)
        put64(&out, b->v[i], 5);
    hy_json_set_str(o, "s", hy_buf_view(&out));
    hy_buf_release(&out);
}

static void put_terms(json_t *o, terms *v)
{
    struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    double top = v->n ? v->v[0].weight : 1;

    if (v->n)
        qsort(v->v, v->n, sizeof(*v->v), by_hash);
    for (size_t i = 0; i < v->n; i++) {
        put64(&out, v->v[i].hash, 5);
        put64(&out, (uint32_t)HY_MAX(1.0, 63 * v->v[i].weight / top), 1);
    }
    hy_json_set_str(o, "w", hy_buf_view(&out));
    hy_buf_release(&out);
}

void trace_put_words(json_t *o, struct hy_arena *arena, const struct hy_doc *doc)
{
    struct bottom b;
    terms v = {0};
    uint32_t *w;
    size_t n = word_chars(arena, doc, &w);

    sketch(w, n, &b);
    field_terms(&doc->field[HY_TITLE], doc->field[HY_TEXT].n ? TITLE_WEIGHT : 1, &v);
    field_terms(&doc->field[HY_TEXT], 1, &v);
    settle(&v);
    put_sketch(o, &b);
    put_terms(o, &v);
    hy_vec_release(&v);
}
