/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/decide/incident.h"

#include "core/mem.h"
#include "core/vec.h"
#include "rules/names.h"
#include "rules/windows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const hy_stage_name[] = {
    [HY_STAGE_COLLECTED] = "collected",   [HY_STAGE_TRIAGED] = "triaged",
    [HY_STAGE_VERIFYING] = "verifying",   [HY_STAGE_ASSESSED] = "assessed",
    [HY_STAGE_CONSULTING] = "consulting", [HY_STAGE_ASSIGNED] = "assigned",
    [HY_STAGE_RETURNED] = "returned",     [HY_STAGE_ACCEPTED] = "accepted",
    [HY_STAGE_DRAFTING] = "drafting",     [HY_STAGE_REVIEWING] = "reviewing",
    [HY_STAGE_RESPONDED] = "responded",   [HY_STAGE_FOLLOWING] = "following",
    [HY_STAGE_SETTLED] = "settled",       [HY_STAGE_EVALUATED] = "evaluated",
    [HY_STAGE_ARCHIVED] = "archived",     [HY_STAGE_DISMISSED] = "dismissed",
    [HY_STAGE_MERGED] = "merged",         [HY_STAGE_COUNT] = NULL,
};
const char *const hy_stage_label[] = {
    [HY_STAGE_COLLECTED] = "收集",       [HY_STAGE_TRIAGED] = "初筛",
    [HY_STAGE_VERIFYING] = "核实",       [HY_STAGE_ASSESSED] = "研判",
    [HY_STAGE_CONSULTING] = "会商",      [HY_STAGE_ASSIGNED] = "交办",
    [HY_STAGE_RETURNED] = "退回",        [HY_STAGE_ACCEPTED] = "受领",
    [HY_STAGE_DRAFTING] = "拟稿",        [HY_STAGE_REVIEWING] = "审签",
    [HY_STAGE_RESPONDED] = "已首次回应", [HY_STAGE_FOLLOWING] = "持续发布",
    [HY_STAGE_SETTLED] = "办结",         [HY_STAGE_EVALUATED] = "评估",
    [HY_STAGE_ARCHIVED] = "归档",        [HY_STAGE_DISMISSED] = "排除",
    [HY_STAGE_MERGED] = "并案",
};
_Static_assert(HY_COUNT(hy_stage_name) == HY_STAGE_COUNT + 1, "name every stage");
_Static_assert(HY_COUNT(hy_stage_label) == HY_STAGE_COUNT, "label every stage");

const char *const hy_level_label[] = {"未定级", "特别重大", "重大", "较大", "一般"};
const char *const hy_doc_name[] = {
    [HY_DOC_INCIDENT] = "incident",
    [HY_DOC_CASE] = "case",
    [HY_DOC_SOURCE] = "source",
    [HY_DOC_DUTY] = "duty",
    [HY_DOC_RISK] = "risk"};
const char *const hy_doc_index[] = {
    [HY_DOC_INCIDENT] = "incidents",
    [HY_DOC_CASE] = "cases",
    [HY_DOC_SOURCE] = "sources",
    [HY_DOC_DUTY] = "duty",
    [HY_DOC_RISK] = "risks"};
_Static_assert(HY_COUNT(hy_doc_name) == HY_DOC_COUNT, "name every kind");
_Static_assert(HY_COUNT(hy_doc_index) == HY_DOC_COUNT, "index every kind");

enum hy_doc_kind hy_doc_kind_of(const json_t *doc)
{
    struct hy_str kind = hy_json_str(doc, "kind");

    if (hy_str_is(kind, hy_doc_name[HY_DOC_SOURCE]))
        return HY_DOC_SOURCE;
    if (hy_str_is(kind, hy_doc_name[HY_DOC_DUTY]))
        return HY_DOC_DUTY;
    if (hy_str_is(kind, hy_doc_name[HY_DOC_RISK]))
        return HY_DOC_RISK;
    return hy_name_index(hy_matter_name, kind) > HY_MATTER_OPINION ? HY_DOC_CASE : HY_DOC_INCIDENT;
}

enum hy_stage hy_incident_stage(const json_t *doc)
{
    int i = hy_name_index(hy_stage_name, hy_json_str(doc, "state"));

    if (i < 0)
        hy_bug("incident in state \"" HY_STR_FMT "\"", HY_STR_ARG(hy_json_str(doc, "state")));
    return (enum hy_stage)i;
}

bool hy_incident_is_open(const json_t *doc)
{
    return hy_doc_kind_of(doc) > HY_DOC_CASE || HY_STAGES_OPEN & 1u << hy_incident_stage(doc);
}

json_t *hy_list_find(const json_t *list, struct hy_str id)
{
    size_t i;
    json_t *o;

    json_array_foreach (list, i, o)
        if (hy_str_eq(hy_json_str(o, "id"), id))
            return o;
    return NULL;
}

json_t *hy_incident_obligation(const json_t *doc, struct hy_str clock)
{
    const json_t *list = json_object_get(doc, "obligations");

    for (size_t i = json_array_size(list); i-- > 0;)
        if (hy_str_eq(hy_json_str(json_array_get(list, i), "clock"), clock))
            return json_array_get(list, i);
    return NULL;
}

struct hy_str hy_obligation_suffix(const json_t *obligation)
{
    struct hy_str id = hy_json_str(obligation, "id");
    size_t slash = hy_str_find_char(id, '/', 0);

    return hy_str_sub(id, slash == HY_NPOS ? 0 : slash + 1, id.n);
}

const json_t *hy_obligation_by_suffix(const json_t *doc, struct hy_str suffix)
{
    size_t i;
    json_t *o;

    json_array_foreach (json_object_get(doc, "obligations"), i, o)
        if (hy_str_eq(hy_obligation_suffix(o), suffix))
            return o;
    return NULL;
}

bool hy_step_waits(const json_t *step)
{
    hy_wall fired = hy_json_time(step, "fired");
    hy_wall due = hy_json_time(step, "due");

    return hy_wall_known(due) && (!hy_wall_known(fired) || due.ms > fired.ms);
}

/* ---- timers of a document ---- */

static void add_steps(const json_t *steps, struct hy_str incident, struct hy_str clock,
                      struct hy_pendings *ret)
{
    size_t i;
    json_t *s;

    json_array_foreach (steps, i, s) {
        if (!hy_step_waits(s))
            continue;
        struct hy_str step = hy_json_str(s, "step");
        char *member = hy_xasprintf(HY_STR_FMT "/" HY_STR_FMT "/" HY_STR_FMT, HY_STR_ARG(incident),
                                    HY_STR_ARG(clock), HY_STR_ARG(step));
        hy_vec_push(ret, (struct hy_pending){member, hy_json_time(s, "due")});
    }
}

void hy_pendings_of(const json_t *doc, struct hy_pendings *ret)
{
    struct hy_str incident = hy_json_str(doc, "id");
    size_t i;
    json_t *o;

    *ret = (struct hy_pendings){0};
    if (doc == NULL || !hy_incident_is_open(doc))
        return;
    json_array_foreach (json_object_get(doc, "obligations"), i, o)
        if (hy_str_is(hy_json_str(o, "state"), "open") && !json_object_get(o, "paused"))
            add_steps(json_object_get(o, "steps"), incident, hy_obligation_suffix(o), ret);
    add_steps(json_object_get(doc, "steps"), incident, HY_STR("-"), ret);
    if (!json_is_object(json_object_get(doc, "ack")))
        add_steps(json_object_get(doc, "escalation"), incident, HY_STR("-"), ret);
}

void hy_pendings_release(struct hy_pendings *p)
{
    for (size_t i = 0; i < p->n; i++)
        free(p->v[i].member);
    hy_vec_release(p);
}
