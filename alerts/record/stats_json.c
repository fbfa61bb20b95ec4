/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/record/stats_json.h"

#include "alerts/decide/incident.h"
#include "alerts/record/coverage.h"
#include "core/mem.h"
#include "rules/names.h"

#include <stdio.h>
#include <string.h>

/* ---- addresses ---- */

/* `value` as a query may hold it. */
static void encode(struct hy_buf *b, const char *value)
{
    for (const char *c = value; *c; c++)
        if ((*c >= '0' && *c <= '9') || (*c >= 'A' && *c <= 'Z') || (*c >= 'a' && *c <= 'z') ||
            *c == '-' || *c == '_' || *c == '.')
            hy_buf_char(b, *c);
        else
            hy_buf_printf(b, "%%%02X", (unsigned char)*c);
}

static json_t *address(const char *rows, const struct hy_stats_pick *p)
{
    const struct {
        const char *name, *value;
    } parts[] = {{"set", p->set},       {"clock", p->clock}, {"result", p->result},
                 {"unit", p->unit},     {"hour", p->hour},   {"latency", p->latency},
                 {"bucket", p->bucket}, {"class", p->class}, {"matter", p->matter}};
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_buf_puts(&b, rows);
    for (size_t i = 0; i < HY_COUNT(parts); i++) {
        if (parts[i].value == NULL || parts[i].value[0] == '\0')
            continue;
        hy_buf_printf(&b, "&%s=", parts[i].name);
        encode(&b, parts[i].value);
    }
    json_t *v = hy_json_of_str(hy_buf_view(&b));
    hy_buf_release(&b);
    return v;
}

/* ---- numbers ---- */

static json_t *number(int64_t n, const char *rows, struct hy_stats_pick p)
{
    json_t *o = json_object();

    hy_json_set_int(o, "n", n);
    json_object_set_new(o, "rows", address(rows, &p));
    return o;
}

static json_t *rate(struct hy_rate r)
{
    json_t *o = json_object();

    hy_json_set_int(o, "part", r.part);
    hy_json_set_int(o, "whole", r.whole);
    json_object_set_new(o, "percent",
                        hy_rate_stands(r) ? json_real(hy_rate_percent(r)) : json_null());
    return o;
}

static json_t *latency(struct hy_samples *s, const char *name, const char *rows, const char *unit)
{
    json_t *o = number((int64_t)s->n, rows,
                       (struct hy_stats_pick){.set = "incidents", .latency = name, .unit = unit});
    bool stands = s->n >= HY_STATS_LEAST;
    json_object_set_new(o, "median_ms", stands ? json_integer(hy_samples_median(s)) : json_null());
    json_object_set_new(o, "p90_ms", stands ? json_integer(hy_samples_p90(s)) : json_null());
    return o;
}

/* How many lie in each bucket: {"below_ms": null for the last, "n", "rows"}. */
static json_t *buckets(const struct hy_samples *s, const char *name, const char *rows)
{
    int64_t n[HY_BUCKET_COUNT] = {0};
    json_t *list = json_array();
    char bucket[8];

    for (size_t i = 0; i < s->n; i++)
        n[hy_bucket_of(s->v[i])]++;
    for (size_t i = 0; i < HY_BUCKET_COUNT; i++) {
        snprintf(bucket, sizeof(bucket), "%zu", i);
        json_t *o =
            number(n[i], rows,
                   (struct hy_stats_pick){.set = "incidents", .latency = name, .bucket = bucket});
        json_object_set_new(o, "below_ms",
                            hy_bucket_bound[i] == INT64_MAX ? json_null()
                                                            : json_integer(hy_bucket_bound[i]));
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *latencies(struct hy_stats *s, const char *rows)
{
    json_t *list = json_array();

    for (size_t i = 0; i < HY_LATENCY_COUNT; i++) {
        json_t *o = latency(&s->latency[i], hy_latency_name[i], rows, NULL);
        hy_json_set_str(o, "name", hy_str(hy_latency_name[i]));
        json_object_set_new(o, "buckets", buckets(&s->latency[i], hy_latency_name[i], rows));
        json_array_append_new(list, o);
    }
    return list;
}

/* Of the kinds of matter that there were. */
static json_t *matters(const struct hy_stats *s, const char *rows)
{
    json_t *list = json_array();

    for (int i = 0; i < HY_MATTER_COUNT; i++) {
        const struct hy_matter_stats *m = &s->matters[i];
        const struct {
            const char *set;
            int64_t n;
        } sets[] = {{"incidents", m->n},
                    {"closed", m->closed},
                    {"answered", m->answered},
                    {"rated", m->satisfied.whole},
                    {"satisfied", m->satisfied.part}};
        if (m->n == 0)
            continue;
        json_t *o = json_object();
        hy_json_set_str(o, "matter", hy_str(hy_matter_name[i]));
        hy_json_set_str(o, "label", hy_str(hy_matter_label[i]));
        for (size_t k = 0; k < HY_COUNT(sets); k++)
            json_object_set_new(
                o, sets[k].set,
                number(sets[k].n, rows,
                       (struct hy_stats_pick){.set = sets[k].set, .matter = hy_matter_name[i]}));
        json_object_set_new(o, "answered_rate",
                            rate((struct hy_rate){m->answered, m->n - m->dismissed}));
        json_object_set_new(o, "satisfaction", rate(m->satisfied));
        json_array_append_new(list, o);
    }
    return list;
}

static json_t *classes(const struct hy_stats *s, const char *rows)
{
    json_t *list = json_array();

    for (int i = 0; i < HY_DISPOSITION_COUNT; i++) {
        const char *class = hy_disposition_name[i];
        json_t *o = json_object();
        hy_json_set_str(o, "class", hy_str(class));
        hy_json_set_str(o, "label", hy_str(hy_disposition_label[i]));
        json_object_set_new(o, "closed",
                            number(s->classes[i].whole, rows,
                                   (struct hy_stats_pick){.set = "closed", .class = class}));
        json_object_set_new(o, "followed",
                            number(s->classes[i].part, rows,
                                   (struct hy_stats_pick){.set = "followed", .class = class}));
        json_object_set_new(o, "rate", rate(s->classes[i]));
        json_array_append_new(list, o);
    }
    return list;
}

/* Overdue ones are late ones that have not ended: one number, one address. */
static json_t *tally(const struct hy_tally *t, const char *rows, const char *clock,
                     const char *unit)
{
    json_t *o = json_object();

    for (int i = 0; i < HY_RESULT_COUNT; i++) {
        int64_t n = i == HY_RESULT_LATE ? hy_tally_late(t) : t->n[i];
        if (i != HY_RESULT_OVERDUE)
            json_object_set_new(o, hy_result_name[i],
                                number(n, rows,
                                       (struct hy_stats_pick){.clock = clock,
                                                              .result = hy_result_name[i],
                                                              .unit = unit}));
    }
    json_object_set_new(o, "on_time", rate(hy_tally_on_time(t)));
    json_object_set_new(o, "waiver_rate", rate(hy_tally_waived(t)));
    return o;
}

static json_t *tallies(const struct hy_tallies *list, const char *rows, const char *unit)
{
    json_t *out = json_array();

    for (size_t i = 0; i < list->n; i++) {
        json_t *o = tally(&list->v[i], rows, list->v[i].name, unit);
        hy_json_set_str(o, "clock", hy_str(list->v[i].name));
        hy_json_set_str(o, "label", hy_str(list->v[i].label));
        json_array_append_new(out, o);
    }
    return out;
}

static json_t *units(struct hy_stats *s, const char *rows)
{
    json_t *out = json_array();

    for (size_t i = 0; i < s->units.n; i++) {
        struct hy_unit_stats *u = &s->units.v[i];
        const char *name = *u->name ? u->name : "-";
        json_t *o = tally(&u->all, rows, NULL, name);
        hy_json_set_str(o, "unit", hy_str(u->name));
        json_object_set_new(
            o, "incidents",
            number(u->incidents, rows, (struct hy_stats_pick){.set = "incidents", .unit = name}));
        json_object_set_new(o, "clocks", tallies(&u->clocks, rows, name));
        json_object_set_new(o, "first_response",
                            latency(&u->first, hy_latency_name[HY_LATENCY_RESPONSE], rows, name));
        json_array_append_new(out, o);
    }
    return out;
}

static json_t *hours(const struct hy_stats *s, const char *rows)
{
    json_t *out = json_array();
    char hour[8];

    for (int i = 0; i < 24; i++) {
        snprintf(hour, sizeof(hour), "%d", i % 24);
        json_array_append_new(
            out,
            number(s->hours[i], rows, (struct hy_stats_pick){.set = "incidents", .hour = hour}));
    }
    return out;
}

json_t *hy_stats_json(struct hy_stats *s, const char *rows)
{
    const struct {
        const char *name;
        int64_t n;
    } counts[] = {{"incidents", s->incidents}, {"confirmed", s->confirmed},
                  {"dismissed", s->dismissed}, {"closed", s->closed},
                  {"reopened", s->reopened},   {"answered", s->answered}};
    json_t *o = json_object();

    hy_stats_finish(s);
    for (size_t i = 0; i < HY_COUNT(counts); i++)
        json_object_set_new(
            o, counts[i].name,
            number(counts[i].n, rows, (struct hy_stats_pick){.set = counts[i].name}));
    json_object_set_new(o, "precision", rate(hy_stats_precision(s)));
    json_object_set_new(o, "answered_rate", rate(hy_stats_answered(s)));
    json_object_set_new(o, "obligations", tally(&s->all, rows, NULL, NULL));
    json_object_set_new(o, "follow_ups", rate(hy_tally_on_time(&s->follow)));
    json_object_set_new(o, "clocks", tallies(&s->clocks, rows, NULL));
    json_object_set_new(o, "units", units(s, rows));
    json_object_set_new(o, "hours", hours(s, rows));
    json_object_set_new(o, "matters", matters(s, rows));
    json_object_set_new(o, "classes", classes(s, rows));
    json_object_set_new(o, "latencies", latencies(s, rows));
    return o;
}

/* ---- rows ---- */

static bool given(const char *s)
{
    return s && *s;
}

static bool is_of_class(const json_t *doc, const char *set, const char *class)
{
    int i = hy_name_index(hy_disposition_name, hy_str(class));

    if (i < 0)
        return false;
    return (strcmp(set, "followed") == 0 ? hy_class_is_followed
                                         : hy_class_is_closed)(doc, (enum hy_disposition)i);
}

static bool is_in_set(const json_t *doc, const char *set)
{
    enum hy_stage stage = hy_incident_stage(doc);
    const json_t *times = json_object_get(doc, "times");
    bool dismissed = stage == HY_STAGE_DISMISSED;
    const json_t *said = json_object_get(json_object_get(doc, "satisfaction"), "satisfied");

    if (strcmp(set, "incidents") == 0)
        return true;
    if (strcmp(set, "rated") == 0)
        return json_is_boolean(said);
    if (strcmp(set, "satisfied") == 0)
        return json_is_true(said);
    if (strcmp(set, "dismissed") == 0)
        return dismissed;
    if (strcmp(set, "confirmed") == 0)
        return !dismissed && hy_wall_known(hy_json_time(times, "confirmed"));
    if (strcmp(set, "closed") == 0)
        return stage >= HY_STAGE_SETTLED && stage <= HY_STAGE_ARCHIVED;
    if (strcmp(set, "reopened") == 0)
        return hy_wall_known(hy_json_time(times, "reopened"));
    return strcmp(set, "answered") == 0 && !dismissed && hy_wall_known(hy_first_response(doc));
}

static bool is_of(const json_t *doc, const struct hy_stats_pick *p)
{
    struct hy_str lead =
        hy_json_str(json_object_get(json_object_get(doc, "units"), "lead"), "name");
    char hour[8];

    snprintf(hour, sizeof(hour), "%d", hy_civil_of(hy_json_time(doc, "opened"), HY_CST).hour % 24);
    if (given(p->hour) && strcmp(hour, p->hour) != 0)
        return false;
    if (given(p->matter) && !hy_str_is(hy_json_str(doc, "kind"), p->matter))
        return false;
    return !given(p->unit) || hy_str_is(lead, strcmp(p->unit, "-") == 0 ? "" : p->unit);
}

/* False: the document is not among those that have the latency. */
static bool has_latency(const json_t *doc, const struct hy_stats_pick *p, int64_t *ret_ms)
{
    int which = hy_name_index(hy_latency_name, hy_str(p->latency));
    int64_t bucket;

    *ret_ms = which < 0 ? -1 : hy_latency_of(doc, (enum hy_latency)which);
    return *ret_ms >= 0 && (!given(p->bucket) || (hy_str_to_i64(hy_str(p->bucket), &bucket) &&
                                                  bucket == (int64_t)hy_bucket_of(*ret_ms)));
}

static json_t *row_of(const json_t *doc)
{
    json_t *row = json_object();

    hy_json_set_str(row, "incident", hy_json_str(doc, "id"));
    hy_json_set_str(row, "title", hy_json_str(doc, "title"));
    hy_json_set_str(row, "state", hy_json_str(doc, "state"));
    hy_json_set_str(row, "opened", hy_json_str(doc, "opened"));
    hy_json_set_str(row, "unit",
                    hy_json_str(json_object_get(json_object_get(doc, "units"), "lead"), "name"));
    return row;
}

static bool has_result(enum hy_result r, const char *wanted)
{
    return !given(wanted) || strcmp(hy_result_name[r], wanted) == 0 ||
           (r == HY_RESULT_OVERDUE && strcmp(wanted, "late") == 0);
}

static void obligation_rows(const struct hy_stats *s, const struct hy_stats_pick *p,
                            const json_t *doc, json_t *list)
{
    static const char *const keys[] = {"clock", "label", "start", "due", "ended"};
    size_t i;
    json_t *o;

    json_array_foreach (json_object_get(doc, "obligations"), i, o) {
        enum hy_result r = hy_result_of(o, s->now);
        if (!hy_stats_within(s, hy_json_time(o, "start")) || !has_result(r, p->result) ||
            (given(p->clock) && !hy_str_is(hy_json_str(o, "clock"), p->clock)))
            continue;
        json_t *row = row_of(doc);
        hy_json_set_str(row, "obligation", hy_json_str(o, "id"));
        for (size_t k = 0; k < HY_COUNT(keys); k++)
            hy_json_set_str(row, keys[k], hy_json_str(o, keys[k]));
        hy_json_set_str(row, "result", hy_str(hy_result_name[r]));
        json_array_append_new(list, row);
    }
}

void hy_stats_rows(const struct hy_stats *s, const struct hy_stats_pick *p, const json_t *doc,
                   json_t *list)
{
    if (json_is_true(json_object_get(doc, "drill")) || hy_incident_stage(doc) == HY_STAGE_MERGED ||
        !is_of(doc, p))
        return;
    if (!given(p->set)) {
        obligation_rows(s, p, doc, list);
        return;
    }
    int64_t ms = -1;
    if (!hy_stats_within(s, hy_json_time(doc, "opened")) ||
        !(given(p->class) ? is_of_class(doc, p->set, p->class) : is_in_set(doc, p->set)) ||
        (given(p->latency) && !has_latency(doc, p, &ms)))
        return;
    json_t *row = row_of(doc);
    if (ms >= 0)
        hy_json_set_int(row, "ms", ms);
    json_array_append_new(list, row);
}

void hy_stats_source_row(const struct hy_stats *s, const json_t *doc, json_t *list)
{
    HY_CLEANUP(hy_coverage_freep) struct hy_coverage *c = hy_coverage_new(s->now);

    hy_coverage_add(c, doc);
    struct hy_seen seen = hy_coverage_of(c, s->from, s->to);
    if (seen.watched == 0)
        return;
    json_t *row = json_object();
    hy_json_set_str(row, "source", hy_json_str(doc, "source"));
    hy_json_set_str(row, "name", hy_json_str(doc, "name"));
    hy_json_set_int(row, "watched_ms", seen.watched);
    hy_json_set_int(row, "seen_ms", seen.seen);
    json_array_append_new(list, row);
}
