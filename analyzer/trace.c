/* SPDX-License-Identifier: Apache-2.0 */
/* Reading traces and comparing them; analyzer/trace_make.c writes them. */
#include "analyzer/trace.h"

#include "core/mem.h"
#include "rules/names.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { HASH_CHARS = 5, TERM_CHARS = HASH_CHARS + 1, CITY_DIGITS = 4 };

/* ---- reading ---- */

static uint32_t digit64(char c)
{
    if (c >= 'A' && c <= 'Z')
        return (uint32_t)(c - 'A') + 10;
    if (c >= 'a' && c <= 'z')
        return (uint32_t)(c - 'a') + 36;
    if (c >= '0' && c <= '9')
        return (uint32_t)(c - '0');
    return c == '-' ? 62 : 63;
}

static uint32_t get64(const char *p, int chars)
{
    uint32_t v = 0;

    for (int i = 0; i < chars; i++)
        v = v << 6 | digit64(p[i]);
    return v;
}

static void read_sketch(const json_t *trace, struct hy_trace_room *room, struct hy_trace *t)
{
    struct hy_str s = hy_json_str(trace, "s"), w = hy_json_str(trace, "w");

    t->n_shingles = (uint16_t)HY_MIN(s.n / HASH_CHARS, (size_t)HY_TRACE_SHINGLES);
    for (size_t i = 0; i < t->n_shingles; i++)
        room->shingles[i] = get64(s.p + i * HASH_CHARS, HASH_CHARS);
    t->n_terms = (uint16_t)HY_MIN(w.n / TERM_CHARS, (size_t)HY_TRACE_TERMS);
    /* Hashes have 30 bits in the JSON; 26 are enough to tell terms apart, and with the weight they
     * fill a word. */
    for (size_t i = 0; i < t->n_terms; i++)
        room->terms[i] = get64(w.p + i * TERM_CHARS, HASH_CHARS) >> HY_TRACE_SPARE_BITS << 6 |
                         get64(w.p + i * TERM_CHARS + HASH_CHARS, 1);
    t->shingles = room->shingles;
    t->terms = room->terms;
}

static void read_names(const json_t *trace, struct hy_trace_room *room, struct hy_trace *t)
{
    size_t i, used = 0;
    const json_t *name;

    t->names = room->names;
    json_array_foreach (json_object_get(trace, "n"), i, name) {
        const char *text = json_string_value(name);
        size_t n = text ? json_string_length(name) + 1 : 0;
        if (n < 2 || t->n_names == HY_TRACE_NAMES || used + n > sizeof(room->names))
            continue;
        memcpy(room->names + used, text, n);
        used += n;
        t->n_names++;
    }
    int64_t titled = hy_json_int(trace, "nt", 0);
    t->n_title_names = (uint8_t)HY_MIN(HY_MAX(titled, 0), (int64_t)t->n_names);
}

static void read_places(const json_t *trace, struct hy_trace *t)
{
    const json_t *p;
    size_t i;

    json_array_foreach (json_object_get(trace, "p"), i, p) {
        int64_t code;
        if (t->n_places < HY_TRACE_PLACES && hy_str_to_i64(hy_str(json_string_value(p)), &code) &&
            code > 0)
            t->places[t->n_places++] = (uint64_t)code;
    }
}

static void read_matters(const json_t *trace, struct hy_trace *t)
{
    const json_t *m;
    size_t i;

    json_array_foreach (json_object_get(trace, "q"), i, m) {
        uint32_t h = 5381;
        for (const char *p = json_string_value(m); p && *p; p++)
            h = h * 33 + (unsigned char)*p;
        if (t->n_matters < HY_TRACE_MATTERS)
            t->matters[t->n_matters++] = (uint16_t)(h ^ h >> 16);
    }
}

static void read_topics(const json_t *trace, struct hy_trace *t)
{
    const json_t *m;
    size_t i;

    json_array_foreach (json_object_get(trace, "h"), i, m)
        if (t->n_topics < HY_TRACE_TOPICS && json_is_integer(m))
            t->topics[t->n_topics++] = (uint16_t)json_integer_value(m);
}

/* Traces of older journals say only that it was unreal. */
static enum hy_unreal unreal_read(const json_t *x)
{
    if (json_is_true(x))
        return HY_UNREAL_DRILL;
    int64_t n = json_is_integer(x) ? (int64_t)json_integer_value(x) : 0;
    return n > HY_REAL && n < HY_UNREAL_COUNT ? (enum hy_unreal)n : HY_REAL;
}

/* a is 9901, of is 990102. */
static bool lies_in(uint64_t place, uint64_t wider)
{
    while (place > wider)
        place /= 10;
    return place == wider;
}

/* An explosion lies in one county; rain and epidemics are told of counties and provinces at once.
 */
static bool happens_at_one_place(const struct hy_trace *t)
{
    return t->event_class == HY_CLASS_ACCIDENT || t->event_class == HY_CLASS_SOCIAL_SAFETY;
}

/* 清溪市清溪县: the city says nothing more, and would fit every other county of the city. */
static void drop_wider(struct hy_trace *t)
{
    bool wider[HY_TRACE_PLACES] = {false};
    uint8_t n = 0;

    for (size_t i = 0; i < t->n_places; i++)
        for (size_t k = 0; k < t->n_places && !wider[i]; k++)
            wider[i] = t->places[k] > t->places[i] && lies_in(t->places[k], t->places[i]);
    for (size_t i = 0; i < t->n_places; i++)
        if (!wider[i])
            t->places[n++] = t->places[i];
    t->n_places = n;
}

void hy_trace_parse(const json_t *trace, struct hy_trace_room *room, struct hy_trace *ret)
{
    struct hy_str type = hy_json_str(trace, "e");
    int class = hy_name_index(hy_event_class_name, hy_json_str(trace, "c"));

    *ret = (struct hy_trace){.deaths = hy_json_int(trace, "d", -1),
                             .injured = hy_json_int(trace, "i", -1),
                             .at = {hy_json_int(trace, "t", INT64_MIN)},
                             .event = {hy_json_int(trace, "o", INT64_MIN)},
                             .mark = (uint32_t)hy_json_int(trace, "y", 0),
                             .genre = (int8_t)hy_json_int(trace, "g", 0),
                             .series = (uint32_t)hy_json_int(trace, "k", 0),
                             .follow_up = hy_json_bool(trace, "f"),
                             .reply = hy_json_bool(trace, "u"),
                             .alerting = hy_json_bool(trace, "a"),
                             .unreal = unreal_read(json_object_get(trace, "x"))};
    read_sketch(trace, room, ret);
    read_names(trace, room, ret);
    read_places(trace, ret);
    read_matters(trace, ret);
    read_topics(trace, ret);
    ret->event_class = (uint8_t)HY_MAX(class, 0);
    ret->emergency = (uint8_t)HY_MIN(HY_MAX(hy_json_int(trace, "m", 0), 0), INT64_C(100));
    memcpy(ret->event_type, type.p, HY_MIN(type.n, sizeof(ret->event_type) - 1));
    if (happens_at_one_place(ret))
        drop_wider(ret);
}

/* ---- keeping ---- */

static size_t names_bytes(const struct hy_trace *t)
{
    const char *end = t->names;

    for (size_t i = 0; i < t->n_names; i++)
        end += strlen(end) + 1;
    return (size_t)(end - t->names);
}

size_t hy_trace_bytes(const struct hy_trace *t)
{
    return sizeof(*t) + sizeof(uint32_t) * ((size_t)t->n_shingles + t->n_terms) + names_bytes(t);
}

struct hy_trace *hy_trace_keep(const struct hy_trace *t)
{
    struct hy_trace *copy = hy_xmalloc(hy_trace_bytes(t));
    uint32_t *shingles = (uint32_t *)(copy + 1), *terms = shingles + t->n_shingles;
    char *names = (char *)(terms + t->n_terms);

    *copy = *t;
    memcpy(shingles, t->shingles, t->n_shingles * sizeof(*shingles));
    memcpy(terms, t->terms, t->n_terms * sizeof(*terms));
    memcpy(names, t->names, names_bytes(t));
    copy->shingles = shingles;
    copy->terms = terms;
    copy->names = names;
    return copy;
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

static double square_sum(const struct hy_trace *t)
{
    double sum = 0;

    for (size_t i = 0; i < t->n_terms; i++)
        sum += (double)hy_term_weight(t->terms[i]) * hy_term_weight(t->terms[i]);
    return sum;
}

double hy_trace_cosine(const struct hy_trace *a, const struct hy_trace *b)
{
    double dot = 0, aa = square_sum(a), bb = square_sum(b);
    size_t i = 0, k = 0;

    while (i < a->n_terms && k < b->n_terms) {
        uint32_t x = a->terms[i], y = b->terms[k];
        if (hy_term_hash(x) == hy_term_hash(y))
            dot += (double)hy_term_weight(x) * hy_term_weight(y);
        i += hy_term_hash(x) <= hy_term_hash(y);
        k += hy_term_hash(y) <= hy_term_hash(x);
    }
    return aa > 0 && bb > 0 ? dot / sqrt(aa * bb) : 0;
}

int hy_trace_matters(const struct hy_trace *a, const struct hy_trace *b)
{
    int best = 0;

    for (size_t i = 0; i < a->n_matters; i++)
        for (size_t k = 0; k < b->n_matters; k++)
            if (a->matters[i] == b->matters[k])
                best = HY_MAX(best, i == 0 && k == 0 ? 2 : 1);
    return best;
}

static bool has_topic(const struct hy_trace *t, uint16_t topic)
{
    for (size_t i = 0; i < t->n_topics; i++)
        if (t->topics[i] == topic)
            return true;
    return false;
}

enum hy_topic_fit hy_trace_topics(const struct hy_trace *a, const struct hy_trace *b)
{
    if (a->n_topics == 0 || b->n_topics == 0)
        return HY_TOPICS_OPEN;
    if (a->topics[0] == b->topics[0])
        return HY_TOPICS_FIRST;
    if (has_topic(a, b->topics[0]) || has_topic(b, a->topics[0]))
        return HY_TOPICS_NEAR;
    for (size_t i = 1; i < a->n_topics; i++)
        if (has_topic(b, a->topics[i]))
            return HY_TOPICS_SHARED;
    return HY_TOPICS_OTHER;
}

/* ---- places ---- */

static int digits_of(uint64_t code)
{
    int n = 0;

    for (; code; code /= 10)
        n++;
    return n;
}

/* Codes of both: the best common rank. */
static enum hy_place_fit codes_fit(const struct hy_trace *a, const struct hy_trace *b)
{
    enum hy_place_fit best = a->n_places && b->n_places ? HY_PLACES_CONFLICT : HY_PLACES_OPEN;

    for (size_t i = 0; i < a->n_places; i++)
        for (size_t k = 0; k < b->n_places; k++) {
            uint64_t x = HY_MIN(a->places[i], b->places[k]), y = HY_MAX(a->places[i], b->places[k]);
            int n = digits_of(x);
            enum hy_place_fit fit = n > CITY_DIGITS   ? HY_PLACES_COUNTY
                                    : n < CITY_DIGITS ? HY_PLACES_PROVINCE
                                                      : HY_PLACES_CITY;
            if (lies_in(y, x))
                best = HY_MAX(best, fit);
        }
    return best;
}

/* 江口区滨河路 and 滨河路; 柳河镇 and 柳河镇人民路. */
static bool one_spot(const struct hy_trace *a, const struct hy_trace *b)
{
    const char *x = a->names;

    for (size_t i = 0; i < a->n_names; i++, x += strlen(x) + 1) {
        const char *y = b->names;
        for (size_t k = 0; k < b->n_names; k++, y += strlen(y) + 1)
            if (strstr(x, y) || strstr(y, x))
                return true;
    }
    return false;
}

enum hy_place_fit hy_trace_places(const struct hy_trace *a, const struct hy_trace *b)
{
    enum hy_place_fit fit = codes_fit(a, b);

    if (fit == HY_PLACES_CONFLICT || a->n_names == 0 || b->n_names == 0)
        return fit;
    if (one_spot(a, b))
        return HY_PLACES_EXACT;
    /* Texts name many spots, titles the one they are about. */
    return a->n_title_names && b->n_title_names ? HY_PLACES_SIBLINGS : fit;
}
