/* SPDX-License-Identifier: Apache-2.0 */
/* Scored item -> trace.  Everything grouping will ever know of a text is decided here, by the
 * analyzer, so that the keeper never reads texts. */
#include "analyzer/chars.h"
#include "analyzer/group.h"
#include "analyzer/normal.h"
#include "analyzer/notice.h"
#include "analyzer/rarity.h"
#include "analyzer/read.h"
#include "analyzer/trace.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "core/vec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <uchar.h>

enum {
    SHINGLE = 5,
    HASH_BITS = 30,
    TITLE_WEIGHT = 6,
    MAX_CHARS = 20000,
    EMERGENCY_AT = 50,
    WORD_BITS = 16,  /* information of a word of letters: p2p, h7n9 */
    DIGIT_BITS = 10, /* of a number */
    SERIES_CHARS = 6,
};

static uint32_t mix(uint64_t x)
{
    x ^= x >> 33;
    x *= UINT64_C(0xFF51AFD7ED558CCD);
    x ^= x >> 33;
    x *= UINT64_C(0xC4CEB9FE1A85EC53);
    x ^= x >> 33;
    return (uint32_t)(x >> 8) & ((1u << HASH_BITS) - 1);
}

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
        bottom_add(b, mix(h));
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
    hy_vec_push(out, (struct term){mix(key), (float)weight, (float)times});
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
    return mix((uint64_t)a << 32 | b) >> HY_TRACE_SPARE_BITS;
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

static bool has_text(const json_t *list, struct hy_str s)
{
    const json_t *it;
    size_t i;

    json_array_foreach (list, i, it)
        if (json_is_string(it) && hy_str_is(s, json_string_value(it)))
            return true;
    return false;
}

static void put_places(json_t *o, const json_t *score)
{
    json_t *codes = json_array();
    const json_t *p;
    size_t i;

    json_array_foreach (json_object_get(score, "places"), i, p) {
        struct hy_str code = hy_json_str(p, "code");
        if (code.n && json_array_size(codes) < HY_TRACE_PLACES && !has_text(codes, code))
            json_array_append_new(codes, hy_json_of_str(code));
    }
    if (json_array_size(codes))
        json_object_set_new(o, "p", codes);
    else
        json_decref(codes);
}

/* 滨河路88号 and 滨河路90号 are near enough; of 江口区滨河路 the end says most. */
static struct hy_str exact_name(struct hy_str name)
{
    size_t n = 0;

    while (n < name.n && (name.p[n] < '0' || name.p[n] > '9'))
        n++;
    name.n = n;
    for (size_t chars = hy_utf8_count(name); chars > HY_TRACE_NAME_CHARS; chars--) {
        size_t head = hy_utf8_head(name, 1).n;
        name = hy_str_n(name.p + head, name.n - head);
    }
    return name;
}

/* 新小区, 那条路: a kind of place, and no name. */
static bool says_which(struct hy_str name)
{
    static const char *const vague[] = {"新小区", "一小区", "某小区", "边小区", "老小区", "该小区",
                                        "个小区", "处小区", "条路",   "处路",   "段路",   "里路",
                                        "米路",   "半幅路", "道路",   "山路",   "的路",   "绕路",
                                        "部分路", "部分村", "影响村", "个村",   "各村"};

    for (size_t i = 0; i < HY_COUNT(vague); i++) {
        struct hy_str v = hy_str(vague[i]);
        if (name.n >= v.n && memcmp(name.p + name.n - v.n, v.p, v.n) == 0)
            return false;
    }
    return true;
}

/* Names of places finer than a county, those of the title first, and how many the title has. */
static void put_names(json_t *o, const json_t *score)
{
    json_t *names = json_array();
    size_t titled = 0, i;
    const json_t *p;

    json_array_foreach (json_object_get(score, "places"), i, p) {
        HY_CLEANUP(hy_freep) char *text = hy_normal_word(hy_json_str(p, "name"));
        struct hy_str name = exact_name(hy_str(text)); /* 江口區老街 is 江口区老街 */
        if (!hy_json_bool(p, "exact") || hy_utf8_count(name) < 2 || has_text(names, name) ||
            !says_which(name) || json_array_size(names) == HY_TRACE_NAMES)
            continue;
        json_array_append_new(names, hy_json_of_str(name));
        titled += hy_str_is(hy_json_str(p, "field"), "title");
    }
    if (json_array_size(names) == 0) {
        json_decref(names);
        return;
    }
    json_object_set_new(o, "n", names);
    hy_json_set_int(o, "nt", (int64_t)titled);
}

/* In the order in which they are asked for: a drill in a story is a story. */
static const char *const unreal_traps[HY_UNREAL_COUNT] = {
    [HY_UNREAL_FICTION] = "fiction",
    [HY_UNREAL_DRILL] = "drill",
    [HY_UNREAL_NORMATIVE] = "normative",
    [HY_UNREAL_HISTORIC] = "historic",
};

/* Told as a drill, a story, a memory or a rule: not what happens now, whatever its words are.  What
 * the score takes for an emergency in spite of such words (a plant that burns had a drill last
 * month) is one. */
static enum hy_unreal unreal_of(const json_t *score)
{
    const json_t *trap;
    size_t at;

    if (hy_json_num(score, "emergency", 0) >= EMERGENCY_AT)
        return HY_REAL;
    for (int i = HY_REAL + 1; i < HY_UNREAL_COUNT; i++)
        json_array_foreach (json_object_get(score, "traps"), at, trap)
            if (json_is_string(trap) && strcmp(json_string_value(trap), unreal_traps[i]) == 0)
                return (enum hy_unreal)i;
    return HY_REAL;
}

static void put_matters(json_t *o, const json_t *score)
{
    const json_t *matters = json_object_get(score, "matters");

    if (json_array_size(matters))
        json_object_set(o, "q", (json_t *)matters);
}

/* transport and transport.road are one field; a hash of it is enough to compare. */
static void put_topics(json_t *o, const json_t *score)
{
    json_t *topics = json_array();
    uint16_t have[HY_TRACE_TOPICS];
    size_t n = 0, i;
    const json_t *t;

    json_array_foreach (json_object_get(score, "topics"), i, t) {
        struct hy_str id = hy_json_str(t, "id");
        uint64_t key = 17;
        size_t k = 0;
        for (size_t c = 0; c < id.n && id.p[c] != '.'; c++)
            key = key * 131 + (unsigned char)id.p[c];
        uint16_t h = (uint16_t)mix(key);
        while (k < n && have[k] != h)
            k++;
        if (k == n && n < HY_TRACE_TOPICS)
            json_array_append_new(topics, json_integer(have[n++] = h));
    }
    if (n)
        json_object_set_new(o, "h", topics);
    else
        json_decref(topics);
}

static void put_score(json_t *o, const json_t *score)
{
    struct hy_str cls = hy_json_str(score, "event_class"), type = hy_json_str(score, "event_type");
    const json_t *facts = json_object_get(score, "facts");
    const json_t *deaths = json_object_get(facts, "deaths");
    const json_t *injured = json_object_get(facts, "injured");

    if (cls.n)
        hy_json_set_str(o, "c", cls);
    if (type.n)
        hy_json_set_str(o, "e", type);
    if (deaths)
        hy_json_set_int(o, "d", hy_json_int(deaths, "min", 0));
    if (injured)
        hy_json_set_int(o, "i", hy_json_int(injured, "min", 0));
    hy_json_set_int(o, "m", (int64_t)hy_json_num(score, "emergency", 0));
    if (hy_str_is(hy_json_str(score, "alert"), "alert"))
        json_object_set_new(o, "a", json_true());
    enum hy_unreal unreal = unreal_of(score);
    if (unreal != HY_REAL)
        hy_json_set_int(o, "x", unreal);
    put_places(o, score);
    put_names(o, score);
    put_matters(o, score);
    put_topics(o, score);
}

/* ---- series ---- */

/* What stays of the title of a bulletin when its numbers and dates change; 0 when too little does.
 */
static uint32_t series_of(const struct hy_chars *title)
{
    static const char16_t changing[] =
        u"零〇一二两三四五六七八九十百千万亿年月日时分例人名起宗号第至";
    uint64_t key = 11;
    size_t n = 0;

    for (size_t i = 0; i < title->n; i++) {
        bool changes = !hy_is_han(title->c[i]);
        for (size_t k = 0; changing[k] && !changes; k++)
            changes = changing[k] == title->c[i];
        if (changes)
            continue;
        key = (key ^ title->c[i]) * UINT64_C(0x100000001B3);
        n++;
    }
    return n >= SERIES_CHARS && n < title->n ? mix(key) | 1 : 0;
}

/* Only what nobody is woken for: two fires may have one title, and are two. */
static void put_series(json_t *o, const struct hy_doc *doc, const json_t *score)
{
    uint32_t series = series_of(&doc->field[HY_TITLE]);

    if (series && !hy_str_is(hy_json_str(score, "alert"), "alert"))
        hy_json_set_int(o, "k", series);
}

/* What an official notice says of itself; also asked of texts that are none. */
static void put_notice(json_t *o, const struct hy_doc *doc)
{
    int genre = hy_notice_genre(doc);

    if (genre != 0)
        hy_json_set_int(o, "g", genre);
    if (hy_notice_is_follow_up(doc))
        json_object_set_new(o, "f", json_true());
    if (hy_notice_is_reply(doc))
        json_object_set_new(o, "u", json_true());
}

json_t *hy_trace_of(const json_t *scored)
{
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    struct hy_doc doc = hy_doc_of(arena, hy_json_str(scored, "title"), hy_json_str(scored, "text"));
    struct bottom b;
    terms v = {0};
    uint32_t *w;
    json_t *o = json_object();
    hy_wall at = hy_json_time(scored, "published");

    size_t n = word_chars(arena, &doc, &w);
    sketch(w, n, &b);
    field_terms(&doc.field[HY_TITLE], doc.field[HY_TEXT].n ? TITLE_WEIGHT : 1, &v);
    field_terms(&doc.field[HY_TEXT], 1, &v);
    settle(&v);
    put_sketch(o, &b);
    put_terms(o, &v);
    if (!hy_wall_known(at))
        at = hy_json_time(scored, "fetched");
    if (hy_wall_known(at))
        hy_json_set_int(o, "t", at.ms);
    put_notice(o, &doc);
    hy_wall event = hy_read_event_time(arena, &doc, at, HY_CST);
    /* Of what an office tells without a day, at least what is long over; citizens tell of the year
     * in which they bought their flat. */
    if (!hy_wall_known(event) && hy_json_int(o, "g", 0) > 0)
        event = hy_read_old_month(&doc, at, HY_CST);
    if (hy_wall_known(event))
        hy_json_set_int(o, "o", event.ms);
    put_score(o, json_object_get(scored, "score"));
    put_series(o, &doc, json_object_get(scored, "score"));
    hy_vec_release(&v);
    return o;
}
