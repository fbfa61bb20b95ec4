/* SPDX-License-Identifier: Apache-2.0 */
/* How long each step of a document took, and whether what its classes owe was published. */
#include "alerts/record/stats.h"

#include "alerts/decide/incident.h"

#include <string.h>

const char *const hy_latency_name[] = {"detection", "fetch",           "score",          "alert",
                                       "show",      "acknowledgement", "first_response", NULL};
_Static_assert(HY_COUNT(hy_latency_name) == HY_LATENCY_COUNT + 1, "name every latency");
const int64_t hy_bucket_bound[] = {10 * HY_SECOND_MS, HY_MINUTE_MS,  5 * HY_MINUTE_MS,
                                   15 * HY_MINUTE_MS, HY_HOUR_MS,    5 * HY_HOUR_MS,
                                   HY_DAY_MS,         2 * HY_DAY_MS, INT64_MAX};
_Static_assert(HY_COUNT(hy_bucket_bound) == HY_BUCKET_COUNT, "bound every bucket");

size_t hy_bucket_of(int64_t ms)
{
    size_t i = 0;

    while (ms >= hy_bucket_bound[i] && i + 1 < HY_BUCKET_COUNT)
        i++;
    return i;
}

hy_wall hy_first_notice(const json_t *doc, const char *key)
{
    hy_wall first = HY_WALL_NONE;
    size_t i;
    json_t *n;

    json_array_foreach (json_object_get(doc, "notices"), i, n) {
        hy_wall t = hy_json_time(n, key);
        if (hy_wall_known(t) && (!hy_wall_known(first) || t.ms < first.ms))
            first = t;
    }
    return first;
}

/* From when the answer is waited for. */
static hy_wall first_anchor(const json_t *doc)
{
    const json_t *times = json_object_get(doc, "times");
    hy_wall first_public = hy_json_time(times, "first_public");

    if (hy_doc_kind_of(doc) == HY_DOC_CASE)
        return hy_json_time(json_array_get(json_object_get(doc, "obligations"), 0), "start");
    return hy_wall_known(first_public) ? first_public : hy_json_time(times, "detected");
}

static hy_wall of_times(const json_t *doc, const char *key)
{
    return hy_json_time(json_object_get(doc, "times"), key);
}

static hy_wall of_first_item(const json_t *doc, const char *key)
{
    return hy_json_time(json_array_get(json_object_get(doc, "items"), 0), key);
}

hy_wall hy_first_response(const json_t *doc)
{
    hy_wall first = HY_WALL_NONE;
    size_t i;
    json_t *r;

    json_array_foreach (json_object_get(doc, "responses"), i, r) {
        hy_wall t = hy_json_time(r, "published");
        if (json_is_true(json_object_get(r, "withdrawn")) || !hy_wall_known(t))
            continue;
        if (!hy_wall_known(first) || t.ms < first.ms)
            first = t;
    }
    return first;
}

int64_t hy_latency_of(const json_t *doc, enum hy_latency which)
{
    hy_wall from = HY_WALL_NONE, to = HY_WALL_NONE;

    switch (which) {
    case HY_LATENCY_DETECTION:
        from = of_times(doc, "first_public"), to = of_times(doc, "detected");
        break;
    case HY_LATENCY_FETCH:
        from = of_times(doc, "first_public"), to = of_first_item(doc, "fetched");
        break;
    case HY_LATENCY_SCORE:
        from = of_first_item(doc, "fetched"), to = of_first_item(doc, "scored");
        break;
    case HY_LATENCY_ALERT:
        from = of_first_item(doc, "scored"), to = hy_first_notice(doc, "at");
        break;
    case HY_LATENCY_SHOW:
        from = hy_first_notice(doc, "at"), to = hy_first_notice(doc, "shown");
        break;
    case HY_LATENCY_ACK:
        from = hy_json_time(doc, "opened");
        to = hy_json_time(json_object_get(doc, "ack"), "at");
        break;
    case HY_LATENCY_RESPONSE:
        from = first_anchor(doc), to = hy_first_response(doc);
        break;
    case HY_LATENCY_COUNT:
        break;
    }
    return hy_wall_known(from) && hy_wall_known(to) ? to.ms - from.ms : -1;
}

/* ---- what the classes owe ---- */

bool hy_class_is_closed(const json_t *doc, enum hy_disposition class)
{
    enum hy_stage stage = hy_incident_stage(doc);
    size_t i;
    json_t *v;

    if (stage < HY_STAGE_SETTLED || stage > HY_STAGE_ARCHIVED)
        return false;
    json_array_foreach (json_object_get(doc, "disposition"), i, v)
        if (json_is_string(v) && strcmp(json_string_value(v), hy_disposition_name[class]) == 0)
            return true;
    return false;
}

bool hy_class_is_followed(const json_t *doc, enum hy_disposition class)
{
    const char *deed = hy_act_name[hy_disposition_deed[class]];
    size_t i;
    json_t *r;

    if (!hy_class_is_closed(doc, class))
        return false;
    json_array_foreach (json_object_get(doc, "responses"), i, r)
        if (!json_is_true(json_object_get(r, "withdrawn")) &&
            hy_str_is(hy_json_str(r, "form"), deed))
            return true;
    return false;
}
