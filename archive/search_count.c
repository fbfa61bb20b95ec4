/* SPDX-License-Identifier: Apache-2.0 */
#include "archive/search_count.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    LEVELS = 5, /* 0: none */
    SHOWN = 50, /* values of a facet; nobody reads more */
    MONTHS_FROM_DAYS = 92,
    MAX_DAYS = 60000,
};

const char *const hy_search_alert[] = {"none", "digest", "list", "alert"};
const char *const hy_search_kind[] = {"item", "incident"};

static const struct dim {
    const char *name;
    int names; /* enum hy_name_kind, or -1 */
    size_t fixed;
} dims[] = {
    [HY_DIM_SOURCE] = {"source", HY_NAME_SOURCE, 0},
    [HY_DIM_PLACE] = {"place", HY_NAME_PLACE, 0},
    [HY_DIM_TOPIC] = {"topic", HY_NAME_TOPIC, 0},
    [HY_DIM_STATE] = {"state", HY_NAME_STATE, 0},
    [HY_DIM_LEVEL] = {"level", -1, LEVELS},
    [HY_DIM_ALERT] = {"alert", -1, HY_COUNT(hy_search_alert)},
    [HY_DIM_KIND] = {"kind", -1, HY_COUNT(hy_search_kind)},
};
_Static_assert(HY_COUNT(dims) == HY_DIM_COUNT, "describe every dimension");

static size_t size_of(const struct hy_names *names, int dim)
{
    return dims[dim].names >= 0 ? hy_names_count(names, (enum hy_name_kind)dims[dim].names)
                                : dims[dim].fixed;
}

/* The numbers a record has in a dimension: one, or up to four that are not 0. */
static size_t numbers_of(const struct hy_facet *r, int dim, uint16_t out[HY_FACET_VALUES])
{
    const uint16_t *many = dim == HY_DIM_PLACE ? r->places : dim == HY_DIM_TOPIC ? r->topics : NULL;
    size_t n = 0;

    if (many) {
        while (n < HY_FACET_VALUES && many[n]) {
            out[n] = many[n];
            n++;
        }
        return n;
    }
    out[0] = dim == HY_DIM_SOURCE  ? r->source
             : dim == HY_DIM_STATE ? r->state
             : dim == HY_DIM_LEVEL ? r->level
             : dim == HY_DIM_ALERT ? r->alert
                                   : r->incident;
    return 1;
}

/* -- filters ----------------------------------------------------------------------------------- */

static void switch_on(struct hy_filter *f, int dim, size_t n)
{
    f->on[dim] = true;
    f->n[dim] = n;
    f->pass[dim] = hy_xcalloc(n + 1, 1);
}

/* A place holds what lies in it; 990100, 9901 and 99010000 are one. */
static bool is_within(struct hy_str code, struct hy_str place)
{
    while (place.n > 2 && hy_str_ends(place, HY_STR("00")))
        place.n -= 2;
    return hy_str_starts(code, place);
}

static void pass_names(struct hy_filter *f, int dim, struct hy_str value,
                       const struct hy_names *names)
{
    if (value.n == 0)
        return;
    switch_on(f, dim, size_of(names, dim));
    for (size_t i = 1; i < f->n[dim]; i++) {
        const char *has = hy_names_at(names, (enum hy_name_kind)dims[dim].names, i)->value;
        f->pass[dim][i] =
            dim == HY_DIM_PLACE ? is_within(hy_str(has), value) : hy_str_is(value, has);
    }
}

static int pass_alert(struct hy_filter *f, struct hy_str value, struct hy_err *err)
{
    bool any = false;

    if (value.n == 0)
        return HY_OK;
    switch_on(f, HY_DIM_ALERT, HY_COUNT(hy_search_alert));
    for (size_t i = 0; i < HY_COUNT(hy_search_alert); i++)
        any |= f->pass[HY_DIM_ALERT][i] = hy_str_is(value, hy_search_alert[i]);
    if (!any)
        return hy_fail(err, HY_E_USAGE,
                       "alert 只能是 none、digest、list 或 alert，不是“" HY_STR_FMT "”",
                       HY_STR_ARG(hy_str_sub(value, 0, 40)));
    return HY_OK;
}

static int pass_level(struct hy_filter *f, int level, struct hy_err *err)
{
    if (level == 0)
        return HY_OK;
    if (level < 1 || level >= LEVELS)
        return hy_fail(err, HY_E_USAGE, "级别只能是 1 到 4，不是 %d", level);
    switch_on(f, HY_DIM_LEVEL, LEVELS);
    f->pass[HY_DIM_LEVEL][level] = true;
    return HY_OK;
}

int hy_filter_make(const struct hy_search *q, const struct hy_names *names, struct hy_filter *ret,
                   struct hy_err *err)
{
    *ret = (struct hy_filter){0};
    pass_names(ret, HY_DIM_SOURCE, q->source, names);
    pass_names(ret, HY_DIM_PLACE, q->place, names);
    pass_names(ret, HY_DIM_TOPIC, q->topic, names);
    pass_names(ret, HY_DIM_STATE, q->state, names);
    if (q->what != HY_SEARCH_ALL) {
        switch_on(ret, HY_DIM_KIND, HY_COUNT(hy_search_kind));
        ret->pass[HY_DIM_KIND][q->what == HY_SEARCH_INCIDENTS] = true;
    }
    if (pass_alert(ret, q->alert, err) < 0 || pass_level(ret, q->level, err) < 0) {
        hy_filter_release(ret);
        return err->code;
    }
    return HY_OK;
}

void hy_filter_release(struct hy_filter *f)
{
    for (int i = 0; i < HY_DIM_COUNT; i++)
        free(f->pass[i]);
    *f = (struct hy_filter){0};
}

unsigned hy_filter_failed(const struct hy_filter *f, const struct hy_facet *r)
{
    unsigned failed = 0;

    for (int dim = 0; dim < HY_DIM_COUNT; dim++) {
        uint16_t v[HY_FACET_VALUES];
        bool pass = false;
        if (!f->on[dim])
            continue;
        for (size_t i = 0, n = numbers_of(r, dim, v); i < n; i++)
            pass |= v[i] < f->n[dim] && f->pass[dim][v[i]];
        failed |= pass ? 0 : 1u << dim;
    }
    return failed;
}

/* -- counts ------------------------------------------------------------------------------------ */

void hy_counts_init(struct hy_counts *c, const struct hy_names *names)
{
    *c = (struct hy_counts){0};
    for (int dim = 0; dim < HY_DIM_COUNT; dim++) {
        c->n[dim] = size_of(names, dim);
        c->by[dim] = hy_xcalloc(c->n[dim] + 1, sizeof(*c->by[dim]));
    }
    c->days = hy_xcalloc(MAX_DAYS, sizeof(*c->days));
}

void hy_counts_release(struct hy_counts *c)
{
    for (int dim = 0; dim < HY_DIM_COUNT; dim++)
        free(c->by[dim]);
    free(c->days);
    *c = (struct hy_counts){0};
}

static void add_in(struct hy_counts *c, int dim, const struct hy_facet *r)
{
    uint16_t v[HY_FACET_VALUES];

    for (size_t i = 0, n = numbers_of(r, dim, v); i < n; i++)
        if (v[i] < c->n[dim])
            c->by[dim][v[i]]++;
}

/* Days of the office's zone; all offices have China's. */
static void add_day(struct hy_counts *c, int64_t row)
{
    int64_t day = (hy_row_time(row).ms + (int64_t)HY_CST * HY_MINUTE_MS) / HY_DAY_MS;

    if (day >= 0 && day < MAX_DAYS)
        c->days[day]++;
}

void hy_counts_add(struct hy_counts *c, const struct hy_facet *r, unsigned failed)
{
    if (failed == 0)
        add_day(c, r->row);
    for (int dim = 0; dim < HY_DIM_COUNT; dim++)
        if (failed == 0 || failed == 1u << dim)
            add_in(c, dim, r);
}

/* -- as JSON ----------------------------------------------------------------------------------- */

struct value {
    size_t number;
    uint32_t count;
};

static int by_count(const void *a, const void *b)
{
    const struct value *x = a, *y = b;

    if (x->count != y->count)
        return x->count > y->count ? -1 : 1;
    return x->number < y->number ? -1 : 1;
}

static json_t *value_json(int dim, struct value v, const struct hy_names *names)
{
    json_t *o = json_object();

    if (dims[dim].names >= 0) {
        const struct hy_name *name =
            hy_names_at(names, (enum hy_name_kind)dims[dim].names, v.number);
        hy_json_set_str(o, "value", hy_str(name->value));
        hy_json_set_str(o, "label", hy_str(name->label));
    } else if (dim == HY_DIM_LEVEL) {
        hy_json_set_int(o, "value", (int64_t)v.number);
    } else {
        hy_json_set_str(
            o, "value",
            hy_str(dim == HY_DIM_ALERT ? hy_search_alert[v.number] : hy_search_kind[v.number]));
    }
    hy_json_set_int(o, "count", v.count);
    return o;
}

/* 0 of what has names is "none", which nobody can ask for. */
static json_t *dim_json(const struct hy_counts *c, int dim, const struct hy_names *names)
{
    HY_CLEANUP(hy_freep) struct value *v = hy_xcalloc(c->n[dim] + 1, sizeof(*v));
    size_t n = 0, first = dims[dim].names >= 0 || dim == HY_DIM_LEVEL;
    json_t *list = json_array();

    for (size_t i = first; i < c->n[dim]; i++)
        if (c->by[dim][i])
            v[n++] = (struct value){i, c->by[dim][i]};
    qsort(v, n, sizeof(*v), by_count);
    for (size_t i = 0; i < n && i < SHOWN; i++)
        json_array_append_new(list, value_json(dim, v[i], names));
    return list;
}

/* Every day that has some, or months when that would be too many. */
static json_t *days_json(const struct hy_counts *c, bool *ret_months)
{
    json_t *list = json_array(), *last = NULL;
    char text[16], before[16] = "";
    size_t n = 0;

    for (size_t i = 0; i < MAX_DAYS; i++)
        n += c->days[i] > 0;
    *ret_months = n > MONTHS_FROM_DAYS;
    for (size_t i = 0; i < MAX_DAYS; i++) {
        int year, month, day;
        if (c->days[i] == 0)
            continue;
        hy_date_of((int64_t)i, &year, &month, &day);
        if (*ret_months)
            snprintf(text, sizeof(text), "%04d-%02d", year, month);
        else
            snprintf(text, sizeof(text), "%04d-%02d-%02d", year, month, day);
        if (strcmp(text, before) != 0) {
            last = json_object();
            hy_json_set_str(last, "value", hy_str(text));
            json_array_append_new(list, last);
            memcpy(before, text, sizeof(before));
        }
        hy_json_set_int(last, "count", hy_json_int(last, "count", 0) + c->days[i]);
    }
    return list;
}

json_t *hy_counts_json(const struct hy_counts *c, const struct hy_names *names)
{
    json_t *o = json_object(), *days;
    bool months;

    for (int dim = 0; dim < HY_DIM_COUNT; dim++)
        json_object_set_new(o, dims[dim].name, dim_json(c, dim, names));
    days = days_json(c, &months);
    json_object_set_new(o, months ? "month" : "day", days);
    return o;
}
