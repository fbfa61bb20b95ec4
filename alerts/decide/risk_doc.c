/* SPDX-License-Identifier: Apache-2.0 */
/* The document of a pre-release assessment: its grades, whether its lookout is on, what analyzers have
 * to know of it. */
#include "alerts/decide/risk.h"

const char *const hy_risk_grade_name[] = {"high", "medium", "low", NULL};
const char *const hy_risk_grade_label[] = {"高", "中", "低"};

bool hy_risk_is_on(const json_t *doc)
{
    return hy_str_is(hy_json_str(doc, "state"), "proposed") ||
           hy_str_is(hy_json_str(doc, "state"), "approved");
}

json_t *hy_risk_lookout(const json_t *doc)
{
    static const char *const times[] = {"from", "to"};
    const json_t *span = json_object_get(doc, "watch");
    json_t *o;

    if (!hy_risk_is_on(doc))
        return NULL;
    o = json_object();
    json_object_set(o, "id", json_object_get(doc, "id"));
    json_object_set(o, "words", json_object_get(doc, "words"));
    for (size_t i = 0; i < HY_COUNT(times); i++)
        json_object_set(o, times[i], json_object_get(span, times[i]));
    return o;
}
