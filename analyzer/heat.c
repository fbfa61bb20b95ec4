/* SPDX-License-Identifier: Apache-2.0 */
/* The fold of analyzer/heat.h.  An item is taken in three steps: what it weighs (damping by source
 * and text), what is unusual about the last hour (surprise), and what is shown (series, floods).
 * All state is small numbers in the JSON; rows beyond the bounds are the least active and go. */
#include "analyzer/heat.h"

#include "core/map.h"
#include "core/mem.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    MAX_ROWS = 40, /* sources and texts remembered by name */
    BUCKETS = 48,  /* of the series; when they are full the step doubles */
    RECENT = 40,   /* items of the last three hours, for counting sources */
    FLOOD_ITEMS = 10,
    COPY_DAMPING = 8,
};
#define HALF_LIFE_MS (12 * HY_HOUR_MS)
#define WINDOW_MS (3 * HY_HOUR_MS)
#define FLOOD_MS (24 * HY_HOUR_MS)
#define SCALE 20.0
#define OWN_TEXT 1.0
#define COPY 0.4
#define NEW_SOURCE 1.5
#define REPLIES 0.3
#define FLOOD_SHARE 0.6
#define MAX_SURPRISE 10.0
#define UNKNOWN_PER_HOUR (1.0 / 96)

/* ---- baselines ---- */

#define BASE_HALF_LIFE_MS (7.0 * (double)HY_DAY_MS)
#define PRIOR_HOURS 96.0 /* a source is unknown until it was watched about that long */

struct base {
    double count, hours; /* both faded to `at` */
    hy_wall first, at;
};
struct hy_heat_base {
    struct hy_map *sources;
};

struct hy_heat_base *hy_heat_base_new(void)
{
    struct hy_heat_base *b = hy_xcalloc(1, sizeof(*b));

    b->sources = hy_map_new(free);
    return b;
}

void hy_heat_base_free(struct hy_heat_base *b)
{
    if (b == NULL)
        return;
    hy_map_free(b->sources);
    free(b);
}

static double fade(int64_t ms, double half_life_ms)
{
    return ms <= 0 ? 1 : exp2(-(double)ms / half_life_ms);
}

/* Count and watched time fade alike, so their quotient is the rate of the last weeks. */
static struct base faded(const struct base *s, hy_wall at)
{
    struct base now = *s;
    int64_t ms = at.ms - s->at.ms;

    if (ms <= 0)
        return now;
    double f = fade(ms, BASE_HALF_LIFE_MS);
    now.count *= f;
    now.hours = now.hours * f + (double)ms / (double)HY_HOUR_MS * (1 + f) / 2;
    now.at = at;
    return now;
}

void hy_heat_base_add(struct hy_heat_base *b, struct hy_str source, hy_wall at)
{
    struct base *s = hy_map_get(b->sources, source);

    if (!hy_wall_known(at))
        return;
    if (s == NULL) {
        s = hy_xcalloc(1, sizeof(*s));
        s->first = s->at = at;
        hy_map_set(b->sources, source, s);
    }
    *s = faded(s, at);
    s->count++;
}

double hy_heat_base_rate(const struct hy_heat_base *b, struct hy_str source, hy_wall at)
{
    const struct base *s = b ? hy_map_get(b->sources, source) : NULL;

    if (s == NULL)
        return UNKNOWN_PER_HOUR;
    struct base now = faded(s, at);
    return (now.count + PRIOR_HOURS * UNKNOWN_PER_HOUR) / (now.hours + PRIOR_HOURS);
}

/* ---- small JSON ---- */

static void set_real(json_t *o, const char *key, double v)
{
    json_object_set_new(o, key, json_real(round(v * 1000) / 1000));
}

static hy_wall time_ms(const json_t *o, const char *key)
{
    return (hy_wall){hy_json_int(o, key, INT64_MIN)};
}

static json_t *object_in(json_t *heat, const char *key)
{
    json_t *o = json_object_get(heat, key);

    if (!json_is_object(o)) {
        o = json_object();
        json_object_set_new(heat, key, o);
    }
    return o;
}

static json_t *array_in(json_t *o, const char *key)
{
    json_t *a = json_object_get(o, key);

    if (!json_is_array(a)) {
        a = json_array();
        json_object_set_new(o, key, a);
    }
    return a;
}

/* ---- rows by source and by text: {"n", "since" (faded count), "at"} ---- */

static void drop_least(json_t *rows)
{
    const char *key, *least = NULL;
    json_t *row;
    int64_t n = INT64_MAX;

    if (json_object_size(rows) < MAX_ROWS)
        return;
    json_object_foreach (rows, key, row)
        if (hy_json_int(row, "n", 0) < n ||
            (hy_json_int(row, "n", 0) == n && strcmp(key, least) < 0)) {
            n = hy_json_int(row, "n", 0);
            least = key;
        }
    if (least)
        json_object_del(rows, least);
}

/* Counts one more; *ret_before what was there. */
static bool count_row(json_t *rows, struct hy_str key, hy_wall at, double *ret_hour,
                      int64_t *ret_before)
{
    HY_CLEANUP(hy_freep) char *name = hy_str_dup(key);
    json_t *row = json_object_get(rows, name);
    bool is_new = row == NULL;

    if (is_new) {
        drop_least(rows);
        row = json_object();
        json_object_set_new(rows, name, row);
    }
    hy_wall last = time_ms(row, "at");
    double hour = hy_wall_known(last)
                      ? hy_json_num(row, "hour", 0) * fade(at.ms - last.ms, (double)HY_HOUR_MS)
                      : 0;
    *ret_hour = hour;
    *ret_before = hy_json_int(row, "n", 0);
    hy_json_set_int(row, "n", *ret_before + 1);
    set_real(row, "hour", hour + 1);
    hy_json_set_int(row, "at", HY_MAX(at.ms, last.ms));
    return is_new;
}

static double weigh(json_t *heat, const struct hy_heat_item *item, hy_wall at, bool *ret_fresh)
{
    double hour, ignored;
    int64_t said, copies;
    bool fresh = count_row(object_in(heat, "by_source"), item->source, at, &hour, &said);

    *ret_fresh = fresh;
    count_row(object_in(heat, "by_text"), item->text, at, &ignored, &copies);
    double damping = 1 / (1 + hour) / (1 + (double)copies / COPY_DAMPING);
    return (item->reprint ? COPY : OWN_TEXT) * damping + (fresh ? NEW_SOURCE : 0);
}

/* ---- the last hours ---- */

/* "recent": [[ms, source], ..] of the last three hours, oldest first. */
static void note_recent(json_t *heat, const struct hy_heat_item *item, hy_wall at)
{
    json_t *recent = array_in(heat, "recent");

    while (json_array_size(recent) &&
           (json_array_size(recent) >= RECENT ||
            at.ms - json_integer_value(json_array_get(json_array_get(recent, 0), 0)) > WINDOW_MS))
        json_array_remove(recent, 0);
    json_t *row = json_array();
    json_array_append_new(row, json_integer(at.ms));
    json_array_append_new(row, hy_json_of_str(item->source));
    json_array_append_new(recent, row);
}

static bool named_before(const json_t *recent, size_t at, int64_t from)
{
    const char *name = json_string_value(json_array_get(json_array_get(recent, at), 1));

    for (size_t i = 0; i < at; i++) {
        const json_t *row = json_array_get(recent, i);
        if (json_integer_value(json_array_get(row, 0)) >= from &&
            strcmp(json_string_value(json_array_get(row, 1)), name) == 0)
            return true;
    }
    return false;
}

struct lately {
    int64_t items, sources; /* of the last hour; sources of three hours */
    double expected;        /* items of the last hour, by the sources' own rates */
};

static struct lately look_back(const json_t *heat, hy_wall at, const struct hy_heat_base *base)
{
    const json_t *recent = json_object_get(heat, "recent"), *row;
    int64_t hour = at.ms - HY_HOUR_MS;
    struct lately l = {0};
    size_t i;

    json_array_foreach (recent, i, row) {
        int64_t ms = json_integer_value(json_array_get(row, 0));
        struct hy_str source = hy_str(json_string_value(json_array_get(row, 1)));
        l.sources += !named_before(recent, i, 0);
        if (ms < hour)
            continue;
        l.items++;
        if (!named_before(recent, i, hour))
            l.expected += hy_heat_base_rate(base, source, (hy_wall){hour});
    }
    return l;
}

/* -log10 of P(N >= n), N ~ Poisson(expected). */
static double surprise_of(const struct lately *l)
{
    double term = exp(-l->expected), below = 0;

    for (int64_t k = 0; k < l->items; k++) {
        below += term;
        term *= l->expected / (double)(k + 1);
    }
    /* where 1 - below has no digits left the first term of the tail says enough */
    double tail = HY_MAX(1 - below, term);
    return tail > 0 ? HY_MIN(HY_MAX(-log10(tail), 0.0), 2 * MAX_SURPRISE) : 2 * MAX_SURPRISE;
}

/* ---- the series ---- */

static const char *const tracks[] = {"items", "reprints", "replies", "heat"};

static int64_t int_at(const json_t *list, size_t i)
{
    return (int64_t)json_integer_value(json_array_get(list, i));
}

/* Twice the step: neighbours are added, of the heat the larger counts. */
static void halve(json_t *series)
{
    for (size_t k = 0; k < HY_COUNT(tracks); k++) {
        json_t *list = json_object_get(series, tracks[k]), *half = json_array();
        bool adds = k + 1 < HY_COUNT(tracks);
        for (size_t i = 0; i < json_array_size(list); i += 2) {
            int64_t a = int_at(list, i), b = int_at(list, i + 1);
            json_array_append_new(half, json_integer(adds ? a + b : HY_MAX(a, b)));
        }
        json_object_set_new(series, tracks[k], half);
    }
    hy_json_set_int(series, "step_ms", 2 * hy_json_int(series, "step_ms", HY_HOUR_MS));
}

static void add_at(json_t *list, size_t i, int64_t more, bool largest)
{
    while (json_array_size(list) <= i)
        json_array_append_new(list, json_integer(0));
    int64_t now = int_at(list, i);
    json_array_set_new(list, i, json_integer(largest ? HY_MAX(now, more) : now + more));
}

static void extend_series(json_t *heat, const struct hy_heat_item *item, hy_wall at, double value)
{
    json_t *series = object_in(heat, "series");
    int64_t from = hy_json_int(series, "from", INT64_MIN);

    if (from == INT64_MIN) {
        from = at.ms / HY_HOUR_MS * HY_HOUR_MS;
        hy_json_set_int(series, "from", from);
        hy_json_set_int(series, "step_ms", HY_HOUR_MS);
        for (size_t k = 0; k < HY_COUNT(tracks); k++)
            array_in(series, tracks[k]);
    }
    int64_t since = HY_MAX(at.ms - from, 0);
    while (since / hy_json_int(series, "step_ms", HY_HOUR_MS) >= BUCKETS)
        halve(series);
    size_t i = (size_t)(since / hy_json_int(series, "step_ms", HY_HOUR_MS));
    add_at(json_object_get(series, "items"), i, !item->again, false);
    add_at(json_object_get(series, "reprints"), i, item->reprint && !item->again, false);
    add_at(json_object_get(series, "replies"), i, HY_MAX(item->new_replies, 0), false);
    add_at(json_object_get(series, "heat"), i, (int64_t)lround(value), true);
}

/* ---- floods ---- */

/* The busiest row when it makes up most of what there is; NULL without one. */
static const char *flooding(const json_t *rows, int64_t items, int64_t *ret_n)
{
    const char *key, *top = NULL;
    json_t *row;

    *ret_n = 0;
    json_object_foreach ((json_t *)rows, key, row)
        if (hy_json_int(row, "n", 0) > *ret_n) {
            *ret_n = hy_json_int(row, "n", 0);
            top = key;
        }
    return *ret_n >= FLOOD_ITEMS && (double)*ret_n >= FLOOD_SHARE * (double)items ? top : NULL;
}

static void add_flood(json_t *floods, const char *kind, const char *name, int64_t n, char *why)
{
    json_t *o = json_object();

    hy_json_set_str(o, "kind", hy_str(kind));
    hy_json_set_str(o, "of", hy_str(name));
    hy_json_set_int(o, "n", n);
    hy_json_set_str(o, "why", hy_str(why));
    json_array_append_new(floods, o);
    free(why);
}

static void name_floods(json_t *heat)
{
    json_t *floods = json_array();
    int64_t items = hy_json_int(heat, "items", 0), n;
    const char *name = flooding(json_object_get(heat, "by_source"), items, &n);

    if (name)
        add_flood(floods, "source", name, n,
                  hy_xasprintf("%lld 条信息中有 %lld 条来自同一来源（%s），已按重复减计，原数照列",
                               (long long)items, (long long)n, name));
    name = flooding(json_object_get(heat, "by_text"), items, &n);
    if (name && hy_json_int(heat, "sources", 0) * 4 <= n)
        add_flood(floods, "copies", name, n,
                  hy_xasprintf("同一段文字出现 %lld 次，只来自 %lld 个来源，疑似刷屏，已按重复减计",
                               (long long)n, (long long)hy_json_int(heat, "sources", 0)));
    json_object_set_new(heat, "floods", floods);
}

/* ---- the fold ---- */

static double heat_of(double h, double surprise)
{
    double v = 1 + HY_MIN(surprise / MAX_SURPRISE, 1.0);

    return 100 * (1 - exp(-h * v / SCALE));
}

int hy_heat_opinion_level(double value, int64_t sources)
{
    static const struct {
        double heat;
        int64_t sources;
    } borders[] = {{80, 20}, {60, 10}, {40, 5}};

    for (size_t i = 0; i < HY_COUNT(borders); i++)
        if (value >= borders[i].heat || sources >= borders[i].sources)
            return (int)i + 1;
    return (int)HY_COUNT(borders) + 1;
}

static void count(json_t *heat, const struct hy_heat_item *item, bool new_source)
{
    hy_json_set_int(heat, "items", hy_json_int(heat, "items", 0) + !item->again);
    hy_json_set_int(heat, "reprints",
                    hy_json_int(heat, "reprints", 0) + (item->reprint && !item->again));
    hy_json_set_int(heat, "replies",
                    hy_json_int(heat, "replies", 0) + HY_MAX(item->new_replies, 0));
    hy_json_set_int(heat, "sources", hy_json_int(heat, "sources", 0) + new_source);
}

static void show(json_t *heat, double value, const struct lately *l, double surprise, hy_wall at)
{
    set_real(heat, "value", value);
    set_real(heat, "expected", l->expected);
    set_real(heat, "surprise", surprise);
    hy_json_set_int(heat, "opinion_level", hy_heat_opinion_level(value, l->sources));
    if (value > hy_json_num(heat, "peak", -1)) {
        set_real(heat, "peak", value);
        hy_json_set_time(heat, "peak_at", at, HY_CST);
    }
}

json_t *hy_heat_step(const json_t *heat, const struct hy_heat_item *item,
                     const struct hy_heat_base *base)
{
    json_t *next = heat ? json_deep_copy(heat) : json_object();
    hy_wall last = hy_json_time(next, "at");
    /* An item that comes late counts when it comes: the past was shown already. */
    hy_wall at = hy_wall_known(last) && last.ms > item->at.ms ? last : item->at;
    double h = hy_json_num(next, "h", 0);
    bool fresh = false;

    if (hy_wall_known(last))
        h *= fade(at.ms - last.ms, (double)HALF_LIFE_MS);
    h += REPLIES * log2(1 + (double)HY_MAX(item->new_replies, 0));
    if (!item->again) {
        h += weigh(next, item, at, &fresh);
        note_recent(next, item, at);
    }
    count(next, item, fresh);
    struct lately l = look_back(next, at, base);
    double surprise = surprise_of(&l), value = heat_of(h, surprise);
    set_real(next, "h", h);
    hy_json_set_time(next, "at", at, HY_CST);
    show(next, value, &l, surprise, at);
    extend_series(next, item, at, value);
    name_floods(next);
    return next;
}

double hy_heat_value(const json_t *heat, hy_wall now)
{
    hy_wall at = hy_json_time(heat, "at");
    double h = hy_json_num(heat, "h", 0), surprise = hy_json_num(heat, "surprise", 0);

    if (!hy_wall_known(at) || now.ms <= at.ms)
        return hy_json_num(heat, "value", 0);
    /* what was unusual about an hour is over after it */
    surprise *= HY_MAX(0.0, 1 - (double)(now.ms - at.ms) / (double)HY_HOUR_MS);
    return heat_of(h * fade(now.ms - at.ms, (double)HALF_LIFE_MS), surprise);
}
