/* SPDX-License-Identifier: Apache-2.0 */
/* What every verb makes its entry of: who acted, rows of lists, the move of the stage with its reason,
 * and telling people of it.  Who may do what is alerts/decide/command.c's. */
#include "alerts/decide/command.h"

#include "core/mem.h"
#include "core/utf8.h"

#include <stdio.h>

enum { IMPLIED_CHARS = 100 };

json_t *hy_touched(const struct hy_work *w)
{
    json_t *set = json_object();

    hy_json_set_int(set, "touched", w->d->state->head.seq + 1);
    hy_ack_members(w, false, set);
    return set;
}

void hy_act(struct hy_work *w, enum hy_entry type, json_t *set, json_t *put)
{
    json_t *args = w->args ? json_deep_copy(w->args) : json_object();

    if (json_is_object(json_object_get(set, "ack")) || json_array_size(json_object_get(set, "acks")))
        put = hy_acknowledged_notices(w, put);
    hy_emit(w->d, type, w->incident, hy_entry_data(args, set, put));
    w->doc = hy_state_incident(w->d->state, w->incident);
    if (hy_doc_kind_of(w->doc) <= HY_DOC_CASE)
        w->stage = hy_incident_stage(w->doc);
}

/* ---- moving on ---- */

/* What an act without a reason of its own gives for one: it says itself why the matter moves. */
static const struct {
    const char *verb, *says[2]; /* arguments, the first that was given is quoted */
} acts[] = {
    {"close", {"follow_up"}},        {"consult", {"conclusions"}}, {"draft", {"title", "text"}},
    {"evaluate", {"lessons"}},       {"merge", {"into"}},          {"respond", {"url", "reference"}},
    {"submit", {"title", "draft"}},  {"verify", {"answer"}},
};

static struct hy_str said(const struct hy_work *w, struct hy_str verb)
{
    struct hy_str text = hy_str("");

    for (size_t i = 0; i < HY_COUNT(acts); i++)
        for (size_t k = 0; hy_str_is(verb, acts[i].verb) && k < HY_COUNT(acts[i].says); k++)
            if (text.n == 0 && acts[i].says[k])
                text = hy_str_trim(hy_json_str(w->args, acts[i].says[k]));
    return hy_utf8_head(text, IMPLIED_CHARS);
}

/* Every move has a reason (DOMAIN 3.1): what the person gave, or what the act itself says. */
static void put_reason(const struct hy_work *w, json_t *row)
{
    struct hy_str reason = hy_str_trim(hy_json_str(w->args, "reason")),
                  text = said(w, hy_json_str(w->cmd, "verb"));

    if (reason.n) {
        hy_json_set_str(row, "reason", reason);
        return;
    }
    HY_CLEANUP(hy_freep)
    char *implied = hy_xasprintf("%s%s" HY_STR_FMT, w->label, text.n ? "：" : "",
                                 HY_STR_ARG(text));
    hy_json_set_str(row, "reason", hy_str(implied));
    json_object_set_new(row, "implied", json_true());
}

void hy_move_stage(const struct hy_work *w, json_t *set, json_t *put, int to)
{
    json_t *row;
    char id[32];

    if (to == HY_STAY || to == (int)w->stage)
        return;
    hy_json_set_str(set, "state", hy_str(hy_stage_name[to]));
    row = hy_signed(w);
    hy_row_id(w->doc, "history", 'H', id);
    hy_json_set_str(row, "id", hy_str(id));
    hy_json_set_str(row, "verb", hy_json_str(w->cmd, "verb"));
    hy_json_set_str(row, "from", hy_str(hy_stage_name[w->stage]));
    hy_json_set_str(row, "to", hy_str(hy_stage_name[to]));
    put_reason(w, row);
    hy_put_more(put, "history", row);
}

/* ---- telling ---- */

json_t *hy_times_with(const struct hy_work *w, const char *key, hy_wall t)
{
    json_t *times = json_deep_copy(json_object_get(w->doc, "times"));

    if (times == NULL)
        times = json_object();
    hy_json_set_time(times, key, t, HY_CST);
    return times;
}

void hy_tell(struct hy_work *w, const char *step, unsigned posts, const char *person,
             enum hy_urgency urgency, const char *body)
{
    char numbered[64];

    snprintf(numbered, sizeof(numbered), "%s-%lld", step, (long long)w->d->state->head.seq);
    hy_notice(w->d, w->incident,
              &(struct hy_notice_spec){.clock = HY_STR("-"),
                                       .step = numbered,
                                       .posts = posts,
                                       .person = person,
                                       .urgency = urgency,
                                       .body = body,
                                       .due = w->d->now});
    w->doc = hy_state_incident(w->d->state, w->incident);
}
