/* SPDX-License-Identifier: Apache-2.0 */
#include "analyzer/trial.h"

#include "core/mem.h"
#include "rules/names.h"

#include <math.h>

const char *const hy_verdict_name[] = {"none", "confirmed", "dismissed", NULL};
_Static_assert(HY_COUNT(hy_verdict_name) == HY_VERDICT_COUNT + 1, "name every verdict");

enum hy_verdict hy_verdict_of(const json_t *line)
{
    int v = hy_name_index(hy_verdict_name, hy_json_str(json_object_get(line, "label"), "verdict"));

    return v < 0 ? HY_VERDICT_NONE : (enum hy_verdict)v;
}

int hy_verdict_check(const json_t *line, struct hy_err *err)
{
    const json_t *label = json_object_get(line, "label");
    struct hy_str verdict = hy_json_str(label, "verdict");

    if (label == NULL || json_is_null(label) || hy_name_index(hy_verdict_name, verdict) >= 0)
        return HY_OK;
    return hy_fail(
        err, HY_E_PARSE,
        "label 看不懂：要写成 {\"verdict\":\"confirmed\"}（属实）、\"dismissed\"（已排除）或 "
        "\"none\"（没有结论）");
}

void hy_tally_add(struct hy_tally *t, enum hy_verdict v, enum hy_told told)
{
    t->told[v][told]++;
}

static int64_t sum(const int64_t told[HY_TOLD_COUNT], int from)
{
    int64_t n = 0;

    for (int k = from; k < HY_TOLD_COUNT; k++)
        n += told[k];
    return n;
}

int64_t hy_tally_told(const struct hy_tally *t, enum hy_told from)
{
    int64_t n = 0;

    for (int v = 0; v < HY_VERDICT_COUNT; v++)
        n += sum(t->told[v], from);
    return n;
}

static double share(int64_t part, int64_t whole)
{
    return whole > 0 ? (double)part / (double)whole : -1;
}

double hy_agreement_share(const struct hy_agreement *a)
{
    return share(a->same, a->said);
}

void hy_tally_compare(struct hy_tally *t, const json_t *line, const json_t *score)
{
    const json_t *label = json_object_get(line, "label");
    const json_t *proposed = json_array_get(json_object_get(score, "units"), 0);
    int64_t level = hy_json_int(label, "level", 0);
    struct hy_str unit = hy_json_str(label, "unit");

    if (hy_verdict_of(line) != HY_VERDICT_CONFIRMED)
        return;
    t->level.said += level > 0;
    t->level.same += level > 0 && level == hy_json_int(score, "level", 0);
    t->unit.said += unit.n > 0;
    t->unit.same += unit.n > 0 && hy_str_eq(unit, hy_json_str(proposed, "id"));
}

double hy_tally_precision(const struct hy_tally *t)
{
    int64_t right = sum(t->told[HY_VERDICT_CONFIRMED], HY_TOLD_LIST);

    return share(right, right + sum(t->told[HY_VERDICT_DISMISSED], HY_TOLD_LIST));
}

double hy_tally_recall(const struct hy_tally *t)
{
    return share(sum(t->told[HY_VERDICT_CONFIRMED], HY_TOLD_LIST),
                 sum(t->told[HY_VERDICT_CONFIRMED], HY_TOLD_NONE));
}

static json_t *share_json(double v)
{
    return v < 0 ? json_null() : json_real(round(v * 10000) / 10000);
}

json_t *hy_tally_json(const struct hy_tally *t, double days)
{
    json_t *o = json_object();

    for (int k = 0; k < HY_TOLD_COUNT; k++) {
        int64_t n = 0;
        for (int v = 0; v < HY_VERDICT_COUNT; v++)
            n += t->told[v][k];
        hy_json_set_int(o, hy_told_name[k], n);
    }
    hy_json_set_int(o, "confirmed", sum(t->told[HY_VERDICT_CONFIRMED], HY_TOLD_NONE));
    hy_json_set_int(o, "dismissed", sum(t->told[HY_VERDICT_DISMISSED], HY_TOLD_NONE));
    hy_json_set_int(o, "alerting_incidents", t->incidents);
    json_object_set_new(o, "alerts_per_day", share_json((double)t->incidents / days));
    json_object_set_new(o, "level_agreement", share_json(hy_agreement_share(&t->level)));
    json_object_set_new(o, "unit_agreement", share_json(hy_agreement_share(&t->unit)));
    json_object_set_new(o, "precision", share_json(hy_tally_precision(t)));
    json_object_set_new(o, "recall", share_json(hy_tally_recall(t)));
    return o;
}

void hy_span_add(struct hy_span_days *s, hy_wall at)
{
    if (!hy_wall_known(at))
        return;
    if (s->first.ms == 0 || at.ms < s->first.ms)
        s->first = at;
    if (at.ms > s->last.ms)
        s->last = at;
}

double hy_span_days(const struct hy_span_days *s)
{
    return HY_MAX(1.0, ceil((double)(s->last.ms - s->first.ms) / (double)HY_DAY_MS));
}
