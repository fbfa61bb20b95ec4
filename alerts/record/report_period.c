/* SPDX-License-Identifier: Apache-2.0 */
/* What 日报 and 季通报 are made of.  Numbers come from alerts/stats; the incidents that are listed
 * one by one are kept while the record goes by, and only those. */
#include "alerts/record/html.h"
#include "alerts/decide/incident.h"
#include "alerts/record/report_parts.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

enum { LIST_MAX = 200, GOOD_MAX = 5, WEEK = 7 };

struct hy_report *hy_report_new(const struct hy_report_opts *o, enum hy_report_kind kind)
{
    struct hy_report *r = hy_xcalloc(1, sizeof(*r));

    r->o = *o;
    r->kind = kind;
    r->stats = hy_stats_new(o->from, o->to, o->now);
    r->cases = hy_stats_new(o->from, o->to, o->now);
    r->coverage = hy_coverage_new(o->now);
    r->week = hy_stats_new(hy_wall_add_ms(o->from, -WEEK * HY_DAY_MS), o->from, o->now);
    return r;
}

static void free_rows(struct hy_report_rows *list)
{
    for (size_t i = 0; i < list->n; i++)
        json_decref(list->v[i].doc);
    hy_vec_release(list);
}

void hy_report_free(struct hy_report *r)
{
    if (r == NULL)
        return;
    hy_stats_free(r->stats);
    hy_stats_free(r->week);
    hy_stats_free(r->cases);
    hy_coverage_free(r->coverage);
    free_rows(&r->sources);
    free_rows(&r->waived);
    free_rows(&r->due);
    free_rows(&r->late_cases);
    free_rows(&r->released);
    free_rows(&r->fresh);
    free_rows(&r->open);
    free_rows(&r->late);
    free_rows(&r->good);
    free(r);
}

static void keep(struct hy_report_rows *list, json_t *doc, json_t *obligation, int64_t order)
{
    hy_vec_push(list, (struct hy_report_row){json_incref(doc), obligation, order});
}

static bool is_late(enum hy_result result)
{
    return result == HY_RESULT_LATE || result == HY_RESULT_OVERDUE;
}

/* Time left when it ended, or now: the lower, the later it was. */
static int64_t left_at_end(const struct hy_report *r, const json_t *o, enum hy_result result)
{
    int64_t end = result == HY_RESULT_LATE ? hy_json_time(o, "ended").ms : r->o.now.ms;

    return hy_json_time(o, "due").ms - end;
}

static void sort_obligation(struct hy_report *r, json_t *doc, json_t *o)
{
    enum hy_result result = hy_result_of(o, r->o.now);
    bool within = hy_stats_within(r->stats, hy_json_time(o, "start"));
    int64_t due = hy_json_time(o, "due").ms, ended = hy_json_time(o, "ended").ms;
    bool daily = r->kind == HY_REPORT_DAILY;

    if (daily && (result == HY_RESULT_RUNNING || result == HY_RESULT_OVERDUE))
        keep(&r->open, doc, o, due);
    else if (!daily && within && is_late(result))
        keep(&r->late, doc, o, left_at_end(r, o, result));
    else if (!daily && within && result == HY_RESULT_MET)
        keep(&r->good, doc, o, ended - hy_json_time(o, "start").ms);
    else if (!daily && within && result == HY_RESULT_WAIVED)
        keep(&r->waived, doc, o, due);
}

static void add_case(struct hy_report *r, json_t *doc)
{
    size_t i;
    json_t *o;

    hy_stats_add(r->cases, doc);
    json_array_foreach (json_object_get(doc, "obligations"), i, o) {
        enum hy_result result = hy_result_of(o, r->o.now);
        if (r->kind == HY_REPORT_DAILY &&
            (result == HY_RESULT_RUNNING || result == HY_RESULT_OVERDUE))
            keep(&r->due, doc, o, hy_json_time(o, "due").ms);
        if (r->kind == HY_REPORT_QUARTERLY && is_late(result) &&
            hy_stats_within(r->cases, hy_json_time(o, "start")))
            keep(&r->late_cases, doc, o, left_at_end(r, o, result));
    }
    if (r->late_cases.n > 2 * LIST_MAX)
        hy_report_cut(&r->late_cases, HY_REPORT_LATE_CASES);
}

static void add_releases(struct hy_report *r, json_t *doc)
{
    size_t i;
    json_t *response;

    json_array_foreach (json_object_get(doc, "responses"), i, response) {
        hy_wall published = hy_json_time(response, "published");
        if (hy_stats_within(r->stats, published) &&
            !json_is_true(json_object_get(response, "withdrawn")))
            keep(&r->released, doc, response, published.ms);
    }
}

static void add_incident(struct hy_report *r, json_t *doc)
{
    size_t i;
    json_t *o;

    hy_stats_add(r->stats, doc);
    hy_stats_add(r->week, doc);
    if (hy_incident_stage(doc) == HY_STAGE_MERGED)
        return;
    if (r->kind == HY_REPORT_DAILY && hy_stats_within(r->stats, hy_json_time(doc, "opened")))
        keep(&r->fresh, doc, NULL, hy_json_time(doc, "opened").ms);
    if (r->kind == HY_REPORT_DAILY)
        add_releases(r, doc);
    json_array_foreach (json_object_get(doc, "obligations"), i, o)
        sort_obligation(r, doc, o);
    if (r->good.n > 2 * LIST_MAX)
        hy_report_cut(&r->good, GOOD_MAX * 4);
}

void hy_report_add(struct hy_report *r, json_t *doc)
{
    enum hy_doc_kind kind = hy_doc_kind_of(doc);

    if (json_is_true(json_object_get(doc, "drill")))
        return;
    if (kind == HY_DOC_INCIDENT) {
        add_incident(r, doc);
    } else if (kind == HY_DOC_CASE) {
        add_case(r, doc);
    } else {
        hy_coverage_add(r->coverage, doc);
        keep(&r->sources, doc, NULL, 0);
    }
}

void hy_report_write(struct hy_report *r, struct hy_buf *out)
{
    hy_stats_finish(r->stats);
    hy_stats_finish(r->week);
    hy_stats_finish(r->cases);
    hy_report_cut(&r->due, SIZE_MAX);
    hy_report_cut(&r->late_cases, HY_REPORT_LATE_CASES);
    hy_report_cut(&r->waived, SIZE_MAX);
    hy_report_cut(&r->released, SIZE_MAX);
    hy_report_cut(&r->open, SIZE_MAX);
    hy_report_cut(&r->late, SIZE_MAX);
    hy_report_cut(&r->fresh, SIZE_MAX);
    (r->kind == HY_REPORT_DAILY ? hy_report_daily : hy_report_quarterly)(r, out);
    hy_report_foot(&r->o, out);
}
