/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/record/stats.h"

#include "alerts/decide/incident.h"
#include "alerts/decide/obligation.h"
#include "core/mem.h"
#include "rules/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const hy_result_name[] = {"met", "late", "overdue", "running", "waived", "superseded"};
const char *const hy_result_label[] = {"按时", "超时", "超时", "未到期", "免除", "已替代"};

enum hy_result hy_result_of(const json_t *obligation, hy_wall now)
{
    static const struct {
        const char *state;
        enum hy_result result;
    } ended[] = {{"met", HY_RESULT_MET},
                 {"late", HY_RESULT_LATE},
                 {"waived", HY_RESULT_WAIVED},
                 {"superseded", HY_RESULT_SUPERSEDED}};
    struct hy_str state = hy_json_str(obligation, "state");

    for (size_t i = 0; i < HY_COUNT(ended); i++)
        if (hy_str_is(state, ended[i].state))
            return ended[i].result;
    return hy_in_time(now, hy_json_time(obligation, "due")) ? HY_RESULT_RUNNING : HY_RESULT_OVERDUE;
}

/* ---- rates and spans ---- */

bool hy_rate_stands(struct hy_rate r)
{
    return r.whole >= HY_STATS_LEAST;
}

double hy_rate_percent(struct hy_rate r)
{
    return 100.0 * (double)r.part / (double)r.whole;
}

void hy_rate_text(struct hy_rate r, struct hy_buf *out)
{
    if (hy_rate_stands(r))
        hy_buf_printf(out, "%.1f%%（%lld/%lld）", hy_rate_percent(r), (long long)r.part,
                      (long long)r.whole);
    else if (r.whole)
        hy_buf_printf(out, "%lld/%lld（不足%d件）", (long long)r.part, (long long)r.whole,
                      HY_STATS_LEAST);
    else
        hy_buf_puts(out, "0/0");
}

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return x < y ? -1 : x > y;
}

int64_t hy_samples_median(struct hy_samples *s)
{
    qsort(s->v, s->n, sizeof(*s->v), by_value);
    return s->n % 2 ? s->v[s->n / 2] : (s->v[s->n / 2 - 1] + s->v[s->n / 2]) / 2;
}

int64_t hy_samples_p90(struct hy_samples *s)
{
    qsort(s->v, s->n, sizeof(*s->v), by_value);
    return s->v[(s->n * 9 + 9) / 10 - 1];
}

void hy_span_text(int64_t ms, struct hy_buf *out)
{
    long long s = ms / HY_SECOND_MS, minutes = s / 60;

    if (s < 60)
        hy_buf_printf(out, "%lld秒", s);
    else if (minutes < 60)
        hy_buf_printf(out, "%lld分钟", minutes);
    else if (minutes < 24 * 60)
        hy_buf_printf(out, "%lld小时%02lld分", minutes / 60, minutes % 60);
    else
        hy_buf_printf(out, "%lld天%lld小时", minutes / 1440, minutes % 1440 / 60);
}

void hy_samples_text(struct hy_samples *s, struct hy_buf *out)
{
    if (s->n < HY_STATS_LEAST) {
        hy_buf_printf(out, s->n ? "%zu件（不足%d件）" : "无", s->n, HY_STATS_LEAST);
        return;
    }
    hy_buf_puts(out, "中位数");
    hy_span_text(hy_samples_median(s), out);
    hy_buf_puts(out, "，P90 ");
    hy_span_text(hy_samples_p90(s), out);
    hy_buf_printf(out, "（%zu件）", s->n);
}

static void sample(struct hy_samples *s, int64_t ms)
{
    if (ms >= 0)
        hy_vec_push(s, ms);
}

/* ---- tallies ---- */

int64_t hy_tally_late(const struct hy_tally *t)
{
    return t->n[HY_RESULT_LATE] + t->n[HY_RESULT_OVERDUE];
}

struct hy_rate hy_tally_on_time(const struct hy_tally *t)
{
    return (struct hy_rate){t->n[HY_RESULT_MET], t->n[HY_RESULT_MET] + hy_tally_late(t)};
}

struct hy_rate hy_tally_waived(const struct hy_tally *t)
{
    int64_t waived = t->n[HY_RESULT_WAIVED];

    return (struct hy_rate){waived, hy_tally_on_time(t).whole + waived};
}

static struct hy_tally *tally_of(struct hy_tallies *list, const json_t *obligation)
{
    struct hy_str name = hy_json_str(obligation, "clock");

    for (size_t i = 0; i < list->n; i++)
        if (hy_str_is(name, list->v[i].name))
            return &list->v[i];
    hy_vec_push(list, (struct hy_tally){
                          hy_str_dup(name), hy_str_dup(hy_json_str(obligation, "label")), {0}});
    return &list->v[list->n - 1];
}

static void count(struct hy_counts *list, struct hy_str name)
{
    for (size_t i = list->n; i-- > 0;) /* days come in order: the newest is last */
        if (hy_str_is(name, list->v[i].name)) {
            list->v[i].n++;
            return;
        }
    hy_vec_push(list, (struct hy_count){hy_str_dup(name), 1});
}

/* ---- the period ---- */

struct hy_stats *hy_stats_new(hy_wall from, hy_wall to, hy_wall now)
{
    struct hy_stats *s = hy_xcalloc(1, sizeof(*s));

    s->from = from;
    s->to = to;
    s->now = now;
    return s;
}

static void free_tallies(struct hy_tallies *list)
{
    for (size_t i = 0; i < list->n; i++) {
        free(list->v[i].name);
        free(list->v[i].label);
    }
    hy_vec_release(list);
}

static void free_counts(struct hy_counts *list)
{
    for (size_t i = 0; i < list->n; i++)
        free(list->v[i].name);
    hy_vec_release(list);
}

void hy_stats_free(struct hy_stats *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->units.n; i++) {
        free(s->units.v[i].name);
        free_tallies(&s->units.v[i].clocks);
        hy_vec_release(&s->units.v[i].first);
    }
    hy_vec_release(&s->units);
    free_tallies(&s->clocks);
    free_counts(&s->topics);
    free_counts(&s->days);
    for (size_t i = 0; i < HY_LATENCY_COUNT; i++)
        hy_vec_release(&s->latency[i]);
    for (size_t i = 0; i < HY_COUNT(s->first_of_level); i++)
        hy_vec_release(&s->first_of_level[i]);
    free(s);
}

bool hy_stats_within(const struct hy_stats *s, hy_wall t)
{
    return hy_wall_known(t) && (!hy_wall_known(s->from) || t.ms >= s->from.ms) &&
           (!hy_wall_known(s->to) || t.ms < s->to.ms);
}

struct hy_rate hy_stats_precision(const struct hy_stats *s)
{
    return (struct hy_rate){s->confirmed, s->confirmed + s->dismissed};
}

struct hy_rate hy_stats_answered(const struct hy_stats *s)
{
    return (struct hy_rate){s->answered, s->incidents - s->dismissed};
}

static struct hy_unit_stats *unit_of(struct hy_stats *s, const json_t *doc)
{
    struct hy_str name =
        hy_json_str(json_object_get(json_object_get(doc, "units"), "lead"), "name");

    for (size_t i = 0; i < s->units.n; i++)
        if (hy_str_is(name, s->units.v[i].name))
            return &s->units.v[i];
    hy_vec_push(&s->units, (struct hy_unit_stats){.name = hy_str_dup(name)});
    return &s->units.v[s->units.n - 1];
}

static void add_obligations(struct hy_stats *s, struct hy_unit_stats *unit, const json_t *doc)
{
    size_t i;
    json_t *o;

    json_array_foreach (json_object_get(doc, "obligations"), i, o) {
        if (!hy_stats_within(s, hy_json_time(o, "start")))
            continue;
        enum hy_result result = hy_result_of(o, s->now);
        s->all.n[result]++;
        unit->all.n[result]++;
        tally_of(&s->clocks, o)->n[result]++;
        s->follow.n[result] += json_is_true(json_object_get(o, "repeat"));
        tally_of(&unit->clocks, o)->n[result]++;
    }
}

static void add_responses(struct hy_stats *s, const json_t *doc, bool dismissed)
{
    size_t i;
    json_t *r;

    json_array_foreach (json_object_get(doc, "responses"), i, r) {
        if (json_is_true(json_object_get(r, "withdrawn")))
            continue;
        s->responses++;
        s->corrected += json_array_size(json_object_get(r, "corrections")) > 0;
    }
    s->answered += !dismissed && hy_wall_known(hy_first_response(doc));
}

static void add_times(struct hy_stats *s, struct hy_unit_stats *unit, const json_t *doc)
{
    int64_t level = hy_json_int(doc, "level", 0), response;

    level = level >= 0 && level <= 4 ? level : 0;
    s->levels[level]++;
    for (int i = 0; i < HY_LATENCY_COUNT; i++)
        sample(&s->latency[i], hy_latency_of(doc, (enum hy_latency)i));
    response = hy_latency_of(doc, HY_LATENCY_RESPONSE);
    sample(&s->first_of_level[level], response);
    sample(&unit->first, response);
}

static void add_classes(struct hy_stats *s, const json_t *doc)
{
    for (int i = 0; i < HY_DISPOSITION_COUNT; i++) {
        s->classes[i].whole += hy_class_is_closed(doc, (enum hy_disposition)i);
        s->classes[i].part += hy_class_is_followed(doc, (enum hy_disposition)i);
    }
}

static void add_topics(struct hy_stats *s, const json_t *doc)
{
    const json_t *first = json_array_get(json_object_get(doc, "topics"), 0);
    struct hy_str name = hy_json_str(first, "name");

    count(&s->topics, name.n ? name : first ? hy_json_str(first, "id") : HY_STR("未分类"));
}

static void add_day(struct hy_stats *s, hy_wall opened)
{
    struct hy_civil c = hy_civil_of(opened, HY_CST);
    char day[32];

    snprintf(day, sizeof(day), "%04d-%02d-%02d", c.year, c.month, c.day);
    count(&s->days, hy_str(day));
    s->hours[c.hour]++;
}

static void add_matter(struct hy_stats *s, const json_t *doc, bool dismissed, bool closed)
{
    int kind = hy_name_index(hy_matter_name, hy_json_str(doc, "kind"));
    const json_t *said = json_object_get(json_object_get(doc, "satisfaction"), "satisfied");

    if (kind < 0)
        return;
    struct hy_matter_stats *m = &s->matters[kind];
    m->n++;
    m->closed += closed;
    m->dismissed += dismissed;
    m->answered += !dismissed && hy_wall_known(hy_first_response(doc));
    m->satisfied.whole += json_is_boolean(said);
    m->satisfied.part += json_is_true(said);
}

static void add_incident(struct hy_stats *s, struct hy_unit_stats *unit, const json_t *doc)
{
    enum hy_stage stage = hy_incident_stage(doc);
    const json_t *times = json_object_get(doc, "times");
    bool dismissed = stage == HY_STAGE_DISMISSED;
    bool confirmed = !dismissed && hy_wall_known(hy_json_time(times, "confirmed"));
    bool closed = stage >= HY_STAGE_SETTLED && stage <= HY_STAGE_ARCHIVED;

    s->incidents++;
    unit->incidents++;
    s->dismissed += dismissed;
    s->confirmed += confirmed;
    unit->confirmed += confirmed;
    s->closed += closed;
    s->reopened += hy_wall_known(hy_json_time(times, "reopened"));
    add_responses(s, doc, dismissed);
    add_day(s, hy_json_time(doc, "opened"));
    add_topics(s, doc);
    add_times(s, unit, doc);
    add_classes(s, doc);
    add_matter(s, doc, dismissed, closed);
}

/* Does anything of the document belong to the period? */
static bool concerns(const struct hy_stats *s, const json_t *doc)
{
    size_t i;
    json_t *o;

    if (hy_stats_within(s, hy_json_time(doc, "opened")))
        return true;
    json_array_foreach (json_object_get(doc, "obligations"), i, o)
        if (hy_stats_within(s, hy_json_time(o, "start")))
            return true;
    return false;
}

void hy_stats_add(struct hy_stats *s, const json_t *doc)
{
    bool opened = hy_stats_within(s, hy_json_time(doc, "opened"));

    if (json_is_true(json_object_get(doc, "drill")) || !concerns(s, doc))
        return;
    if (hy_incident_stage(doc) == HY_STAGE_MERGED) {
        s->merged += opened;
        return;
    }
    struct hy_unit_stats *unit = unit_of(s, doc);
    if (opened)
        add_incident(s, unit, doc);
    add_obligations(s, unit, doc);
}

/* ---- order ---- */

static int by_tally(const void *a, const void *b)
{
    return strcmp(((const struct hy_tally *)a)->name, ((const struct hy_tally *)b)->name);
}

static int by_day(const void *a, const void *b)
{
    return strcmp(((const struct hy_count *)a)->name, ((const struct hy_count *)b)->name);
}

static int by_number(const void *a, const void *b)
{
    const struct hy_count *x = a, *y = b;

    return x->n != y->n ? (x->n > y->n ? -1 : 1) : strcmp(x->name, y->name);
}

static int by_unit(const void *a, const void *b)
{
    const struct hy_unit_stats *x = a, *y = b;

    if (!*x->name || !*y->name)
        return !*x->name - !*y->name;
    return strcmp(x->name, y->name);
}

#define SORT(list, order)                                                                          \
    do {                                                                                           \
        if ((list).n)                                                                              \
            qsort((list).v, (list).n, sizeof(*(list).v), order);                                   \
    } while (0)

void hy_stats_finish(struct hy_stats *s)
{
    SORT(s->topics, by_number);
    SORT(s->days, by_day);
    SORT(s->clocks, by_tally);
    SORT(s->units, by_unit);
    for (size_t i = 0; i < s->units.n; i++)
        SORT(s->units.v[i].clocks, by_tally);
}
