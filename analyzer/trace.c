/* SPDX-License-Identifier: Apache-2.0 */
#include "analyzer/trace.h"

#include "analyzer/chars.h"
#include "analyzer/group.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "core/vec.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <uchar.h>

enum { SHINGLE = 5, HASH_BITS = 30, TITLE_WEIGHT = 6, MAX_CHARS = 20000, EMERGENCY_AT = 50 };

/* The characters of modern Chinese by frequency, most frequent first. */
static const char16_t frequent[] = u"的一是不了在人有我他这个们中来上大为和国地到以说时要就出会可也"
                                   u"你对生能而子那得于着下自之年过发后作里"
                                   u"用道行所然家种事成方多经么去法学如都同现当没动面起看定天分还进"
                                   u"好小部其些主样理心她本前开但因只从想实"
                                   u"日军者意无力它与长把机十民第公此已工使情明性知全三又关点正业外"
                                   u"将两高间由问很最重并物手应战向头文体政"
                                   u"美相见被利什二等产或新己制身果加西斯月话合回特代内信表化老给世"
                                   u"位次度门任常先海通教儿原东声提立及比员"
                                   u"解水名真论处走义各入几口认条平系气题活尔更别打女变四神总何电数"
                                   u"安少报才结反受目太量再感建务做接必场件"
                                   u"计管期市直德资命山金指克许统区保至队形社便空决治展马科司五基眼"
                                   u"书非则听白却界达光放强即像难且权思王象"
                                   u"完设式色路记南品住告类求据程北边死张该交规万取拉格望觉术领共确"
                                   u"传师观清今切院让识候带导争运笔随跟记带"
                                   u"风持流快收号支离证议往必单改极转众际花完争省线收组器越约照南调"
                                   u"存连请办据始整技志府领落石济极林须土亲"
                                   u"亚研证步究消半价注示早哪房爱团吃米影育参速复拿似奇包装试推字希"
                                   u"型局势红备吗严须满根周终青木深客图网病";

/* Rank of a character as bits of rareness: 0 for 的, about 8 for what is not among the frequent. */
static double rareness(uint32_t c)
{
    static float table[65536]; /* filled once; every thread would write the same */
    static bool ready;

    if (!__atomic_load_n(&ready, __ATOMIC_ACQUIRE)) {
        for (size_t i = 0; frequent[i]; i++)
            if (table[frequent[i]] == 0)
                table[frequent[i]] = (float)log2(2.0 + (double)i / 3);
        __atomic_store_n(&ready, true, __ATOMIC_RELEASE);
    }
    return c < HY_COUNT(table) && table[c] != 0 ? table[c] : 9.0;
}

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
        add_term(out, key | UINT64_C(1) << 62, digits ? 5 : 9, times);
    return i;
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
            double r = (rareness(c) + rareness(t->c[i + 1])) / 2;
            add_term(out, (uint64_t)c << 32 | t->c[i + 1], r, times);
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

/* Weight: rareness times a damped count. */
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
        v->v[i].weight *= v->v[i].weight * (float)(1 + log2(v->v[i].count));
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

static uint32_t get64(struct hy_str s, size_t at, int chars)
{
    uint32_t v = 0;

    for (int i = 0; i < chars; i++) {
        const char *p = strchr(digits64, s.p[at + (size_t)i]);
        v = v << 6 | (uint32_t)(p && *p ? p - digits64 : 0);
    }
    return v;
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

static void put_score(json_t *o, const json_t *score)
{
    struct hy_str cls = hy_json_str(score, "event_class"), type = hy_json_str(score, "event_type");
    const json_t *deaths = json_object_get(json_object_get(score, "facts"), "deaths");

    if (cls.n)
        hy_json_set_str(o, "c", cls);
    if (type.n)
        hy_json_set_str(o, "e", type);
    if (deaths)
        hy_json_set_int(o, "d", hy_json_int(deaths, "min", 0));
    hy_json_set_int(o, "m", (int64_t)hy_json_num(score, "emergency", 0));
    if (hy_str_is(hy_json_str(score, "alert"), "alert"))
        json_object_set_new(o, "a", json_true());
    enum hy_unreal unreal = unreal_of(score);
    if (unreal != HY_REAL)
        hy_json_set_int(o, "x", unreal);
    put_places(o, score);
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
    put_score(o, json_object_get(scored, "score"));
    hy_vec_release(&v);
    return o;
}

static void copy_text(char *to, size_t size, struct hy_str s)
{
    size_t n = HY_MIN(s.n, size - 1);

    memcpy(to, s.p, n);
    to[n] = '\0';
}

/* Traces of older journals say only that it was unreal. */
static enum hy_unreal unreal_read(const json_t *x)
{
    if (json_is_true(x))
        return HY_UNREAL_DRILL;
    int64_t n = json_is_integer(x) ? (int64_t)json_integer_value(x) : 0;
    return n > HY_REAL && n < HY_UNREAL_COUNT ? (enum hy_unreal)n : HY_REAL;
}

/* An explosion lies in one county; rain and epidemics are told of counties and provinces at once.
 */
static bool happens_at_one_place(const struct hy_trace *t)
{
    return strcmp(t->event_class, "accident") == 0 || strcmp(t->event_class, "social_safety") == 0;
}

/* 清溪市清溪县: the city says nothing more, and would fit every other county of the city. */
static void drop_wider(struct hy_trace *t)
{
    bool wider[HY_TRACE_PLACES] = {false};
    size_t n = 0;

    for (size_t i = 0; i < t->n_places; i++)
        for (size_t k = 0, len = strlen(t->places[i]); k < t->n_places && !wider[i]; k++)
            wider[i] = strlen(t->places[k]) > len && strncmp(t->places[i], t->places[k], len) == 0;
    for (size_t i = 0; i < t->n_places; i++)
        if (!wider[i])
            memmove(t->places[n++], t->places[i], sizeof(t->places[0]));
    t->n_places = n;
}

void hy_trace_parse(const json_t *trace, struct hy_trace *ret)
{
    struct hy_str s = hy_json_str(trace, "s"), w = hy_json_str(trace, "w");
    const json_t *p;
    size_t i;

    *ret = (struct hy_trace){.at = HY_WALL_NONE, .deaths = hy_json_int(trace, "d", -1)};
    ret->n_shingles = HY_MIN(s.n / 5, (size_t)HY_TRACE_SHINGLES);
    for (i = 0; i < ret->n_shingles; i++)
        ret->shingles[i] = get64(s, i * 5, 5);
    ret->n_terms = HY_MIN(w.n / 6, (size_t)HY_TRACE_TERMS);
    for (i = 0; i < ret->n_terms; i++)
        ret->terms[i] = (struct hy_trace_term){get64(w, i * 6, 5), get64(w, i * 6 + 5, 1)};
    json_array_foreach (json_object_get(trace, "p"), i, p) {
        if (ret->n_places < HY_TRACE_PLACES && json_is_string(p))
            copy_text(ret->places[ret->n_places++], sizeof(ret->places[0]),
                      hy_str_n(json_string_value(p), json_string_length(p)));
    }
    copy_text(ret->event_class, sizeof(ret->event_class), hy_json_str(trace, "c"));
    copy_text(ret->event_type, sizeof(ret->event_type), hy_json_str(trace, "e"));
    ret->emergency = (int)hy_json_int(trace, "m", 0);
    ret->alerting = hy_json_bool(trace, "a");
    ret->unreal = unreal_read(json_object_get(trace, "x"));
    int64_t at = hy_json_int(trace, "t", INT64_MIN);
    ret->at = (hy_wall){at};
    if (happens_at_one_place(ret))
        drop_wider(ret);
}

/* ---- comparing ---- */

double hy_trace_resemblance(const struct hy_trace *a, const struct hy_trace *b)
{
    size_t i = 0, k = 0, both = 0, all = 0;
    bool whole = a->n_shingles < HY_TRACE_SHINGLES && b->n_shingles < HY_TRACE_SHINGLES;
    size_t limit = whole ? SIZE_MAX : (size_t)HY_TRACE_SHINGLES;

    /* The union's smallest, up to the size of the smaller full sketch. */
    while ((i < a->n_shingles || k < b->n_shingles) && all < limit) {
        bool left = k == b->n_shingles || (i < a->n_shingles && a->shingles[i] <= b->shingles[k]);
        bool right = i == a->n_shingles || (k < b->n_shingles && b->shingles[k] <= a->shingles[i]);
        both += left && right;
        i += left;
        k += right;
        all++;
    }
    return all ? (double)both / (double)all : 0;
}

double hy_trace_cosine(const struct hy_trace *a, const struct hy_trace *b)
{
    double dot = 0, aa = 0, bb = 0;
    size_t i = 0, k = 0;

    for (size_t x = 0; x < a->n_terms; x++)
        aa += (double)a->terms[x].weight * a->terms[x].weight;
    for (size_t x = 0; x < b->n_terms; x++)
        bb += (double)b->terms[x].weight * b->terms[x].weight;
    while (i < a->n_terms && k < b->n_terms) {
        if (a->terms[i].hash == b->terms[k].hash)
            dot += (double)a->terms[i++].weight * b->terms[k++].weight;
        else if (a->terms[i].hash < b->terms[k].hash)
            i++;
        else
            k++;
    }
    return aa > 0 && bb > 0 ? dot / sqrt(aa * bb) : 0;
}
