/* SPDX-License-Identifier: Apache-2.0 */
/* Puts the readers together: quantities from numbers, order, JSON, and the two questions other
 * modules ask (how many? when did it happen?). */
#include "analyzer/read_parts.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <math.h>
#include <string.h>

const char *const hy_read_kind_name[] = {"date",   "time",     "datetime", "duration",
                                         "number", "quantity", "phone",    "url"};
_Static_assert(HY_COUNT(hy_read_kind_name) == HY_READ_KIND_COUNT, "name every kind");

static struct hy_wordlist at_least = {.list = {"余", "多", "以上", "几", NULL}};

/* 一吨半; 20万公斤; 3名 */
static void read_quantities(const struct hy_chars *t, hy_reading_vec *out)
{
    size_t numbers = out->n;

    for (size_t i = 0; i < numbers; i++) {
        struct hy_reading r = out->v[i];
        double factor = 1;
        size_t at = r.end, more = hy_wordlist_at(t, at, &at_least, NULL);
        if (r.kind != HY_READ_NUMBER)
            continue;
        if (more && hy_chars_at(t, at, "以上") == 0)
            at += more;
        size_t len = hy_unit_at(t, at, &r.unit, &factor);
        if (len == 0)
            continue;
        r.kind = HY_READ_QUANTITY;
        r.end = at + len;
        r.bound = more ? 1 : r.bound;
        if (r.end < t->n && t->c[r.end] == 0x534A) { /* 半 */
            r.number += 0.5;
            r.max += 0.5;
            r.end++;
        }
        r.number *= factor;
        r.max *= factor;
        hy_vec_push(out, r);
    }
}

static int by_start(const void *a, const void *b)
{
    const struct hy_reading *x = a, *y = b;

    if (x->start != y->start)
        return x->start < y->start ? -1 : 1;
    return (int)x->kind - (int)y->kind;
}

struct hy_readings hy_read(struct hy_arena *arena, const struct hy_chars *text, hy_wall at,
                           int offset_min)
{
    hy_reading_vec out = {0};

    hy_read_numbers(text, &out);
    read_quantities(text, &out);
    hy_read_dates(text, at, offset_min, &out);
    hy_read_durations(text, &out);
    hy_read_contacts(text, &out);
    if (out.n)
        qsort(out.v, out.n, sizeof(*out.v), by_start);
    struct hy_reading *v = hy_arena_alloc(arena, (out.n + 1) * sizeof(*v));
    if (out.n)
        memcpy(v, out.v, out.n * sizeof(*v));
    struct hy_readings ret = {v, out.n};
    hy_vec_release(&out);
    return ret;
}

/* ---- JSON ---- */

static json_t *number_json(double v)
{
    return fabs(v) < 9e15 && floor(v) == v ? json_integer((json_int_t)v) : json_real(v);
}

static json_t *moment_json(const struct hy_reading *r)
{
    char day[24], clock[24], all[56];

    snprintf(day, sizeof(day), "%04d-%02d-%02d", r->when.year, r->when.month, r->when.day);
    snprintf(clock, sizeof(clock), "%02d:%02d:%02d", r->when.hour, r->when.minute, r->when.second);
    if (r->kind == HY_READ_DATE)
        return json_string(day);
    if (r->kind == HY_READ_TIME)
        return json_string(clock);
    snprintf(all, sizeof(all), "%sT%s", day, clock);
    return json_string(all);
}

/* P3D, PT48H, P3.5Y; parts joined into seconds: PT3930S. */
static json_t *duration_json(const struct hy_reading *r)
{
    char out[48];
    bool part_of_day = r->unit[0] == 'T';

    snprintf(out, sizeof(out), "P%s%.12g%s", part_of_day ? "T" : "", r->number,
             r->unit + part_of_day);
    return json_string(out);
}

static json_t *value_json(const struct hy_reading *r, struct hy_str text)
{
    if (r->kind == HY_READ_PHONE || r->kind == HY_READ_URL)
        return hy_json_of_str(text);
    if (!r->resolved)
        return json_null();
    if (r->kind == HY_READ_DURATION)
        return duration_json(r);
    if (r->kind == HY_READ_NUMBER || r->kind == HY_READ_QUANTITY)
        return number_json(r->number);
    return moment_json(r);
}

json_t *hy_reading_json(const struct hy_reading *r, const struct hy_chars *text)
{
    struct hy_str s = hy_chars_text(text, r->start, r->end);
    json_t *o = json_object();

    json_object_set_new(o, "kind", json_string(hy_read_kind_name[r->kind]));
    hy_json_set_int(o, "start", (int64_t)hy_chars_offset(text, r->start));
    hy_json_set_int(o, "end", (int64_t)hy_chars_offset_end(text, r->end));
    hy_json_set_str(o, "text", s);
    json_object_set_new(o, "value", value_json(r, s));
    if (r->kind == HY_READ_QUANTITY)
        json_object_set_new(o, "unit", json_string(r->unit));
    if (r->max > r->number && r->kind >= HY_READ_NUMBER)
        json_object_set_new(o, "max", number_json(r->max));
    if (r->bound > 0)
        json_object_set_new(o, "at_least", json_true());
    return o;
}

/* ---- how many ---- */

/* 数十 10-99 counts from 20, 数百 from 200, 上百 from 100, 十几 from 11. */
static bool vague(const struct hy_chars *t, size_t at, struct hy_amount *a)
{
    uint32_t c = at < t->n ? t->c[at] : 0;
    double unit, more;
    size_t i = at + 1;

    if ((c != 0x6570 && c != 0x51E0 && c != 0x4E0A && c != 0x6210 && c != 0x5343) || i >= t->n)
        return false; /* 数 几 上 成 */
    unit = hy_han_unit(t->c[i]);
    if (unit == 0 || c == 0x5343)
        return false;
    for (i++; i < t->n && (more = hy_han_unit(t->c[i])) > 0; i++)
        unit *= more;
    *a = (struct hy_amount){.start = at,
                            .end = i,
                            .about = true,
                            .min = c == 0x6570 || c == 0x51E0 ? 2 * unit : unit,
                            .max = INFINITY};
    return true;
}

static void tail(const struct hy_chars *t, struct hy_amount *a, bool tenth)
{
    static struct hy_wordlist tails = {.list = {"余", "多", "几", "以上", NULL}};
    size_t len = hy_wordlist_at(t, a->end, &tails, NULL);

    if (len) {
        if (tenth && t->c[a->end] == 0x51E0)
            a->min += 1;
        a->max = INFINITY;
        a->end += len;
    }
}

bool hy_read_amount(const struct hy_chars *text, size_t at, struct hy_amount *ret)
{
    static struct hy_wordlist to = {.list = {"至", "到", "-", "~", "—", "～", NULL}};
    struct hy_numeral n, hi;
    struct hy_amount a;
    size_t len;

    if (vague(text, at, ret))
        return true;
    if (at >= text->n || !hy_numeral_at(text, at, &n) || n.negative)
        return false;
    a = (struct hy_amount){.start = at, .end = n.end, .min = n.value, .max = n.max};
    if (n.more)
        a.max = INFINITY;
    tail(text, &a, n.value == 10);
    len = hy_wordlist_at(text, a.end, &to, NULL);
    if (len && hy_numeral_at(text, a.end + len, &hi) && !hi.negative && hi.value > a.min) {
        a.max = hi.value;
        a.end = hi.end;
        if (a.min < 1e4 && hi.value >= 1e4 && n.positional) /* 3至5万: thirty thousand on */
            a.min *= hi.value >= 1e8 ? 1e8 : 1e4;
    }
    *ret = a;
    return true;
}

bool hy_is_numeral(uint32_t c)
{
    return hy_is_digit(c) || hy_han_digit(c) >= 0 || hy_han_unit(c) > 0;
}
