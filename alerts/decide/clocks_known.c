/* SPDX-License-Identifier: Apache-2.0 */
/* What a document says of its matter, as a case for the reckoning of clocks, and what is asked about
 * its clocks without changing it. */
#include "alerts/decide/clocks.h"
#include "rules/names.h"

/* Deeds the public hears of: after one of them the next continuing release is due. */
static const unsigned public_acts =
    1u << HY_ACT_RELEASE | 1u << HY_ACT_CONFERENCE | 1u << HY_ACT_WRITTEN_CONFERENCE |
    1u << HY_ACT_ONLINE_CONFERENCE | 1u << HY_ACT_BRIEFING | 1u << HY_ACT_INTERVIEW |
    1u << HY_ACT_PUBLICATION | 1u << HY_ACT_CLARIFICATION | 1u << HY_ACT_FINDINGS |
    1u << HY_ACT_ADOPTION | 1u << HY_ACT_SOLUTION;

/* The newest public response, unless one of them was the last word (final). */
static hy_wall newest_release(const json_t *doc)
{
    hy_wall newest = HY_WALL_NONE;
    size_t i;
    json_t *r;

    json_array_foreach (json_object_get(doc, "responses"), i, r) {
        hy_wall t = hy_json_time(r, "published");
        int act = hy_name_index(hy_act_name, hy_json_str(r, "form"));
        if (json_is_true(json_object_get(r, "withdrawn")) || act < 0 || !(public_acts & 1u << act))
            continue;
        if (json_is_true(json_object_get(r, "final")))
            return HY_WALL_NONE;
        if (hy_wall_known(t) && (!hy_wall_known(newest) || t.ms > newest.ms))
            newest = t;
    }
    return newest;
}

static void read_level(const json_t *doc, struct hy_case *c)
{
    c->level = (int)hy_json_int(doc, "level", 0);
    c->upgraded = json_is_true(json_object_get(doc, "upgraded"));
    if (c->level == 0) {
        c->level = (int)hy_json_int(doc, "level_proposed", 0);
        c->level_proposed = true;
    }
}

static unsigned dispositions_of(const json_t *doc)
{
    unsigned mask = 0;
    size_t i;
    json_t *v;

    json_array_foreach (json_object_get(doc, "disposition"), i, v) {
        int at = hy_name_index(hy_disposition_name, hy_str(json_string_value(v)));
        if (at >= 0)
            mask |= 1u << at;
    }
    return mask;
}

static void read_lists(const json_t *doc, struct hy_facts *f)
{
    size_t i;
    json_t *o;
    const char *pack;

    json_array_foreach (json_object_get(doc, "pauses"), i, o)
        if (f->c.n_pauses < HY_FACTS_MAX)
            f->pauses[f->c.n_pauses++] =
                (struct hy_pause){hy_json_time(o, "from"), hy_json_time(o, "to")};
    json_array_foreach (json_object_get(doc, "extensions"), i, o) {
        struct hy_within by;
        if (f->c.n_extensions < HY_FACTS_MAX && hy_within_parse(hy_json_str(o, "within"), &by) &&
            hy_str_is(hy_json_str(o, "state"), "approved"))
            f->extensions[f->c.n_extensions++] = (struct hy_extension){hy_json_str(o, "clock"), by};
    }
    json_object_foreach (json_object_get(doc, "packs"), pack, o)
        if (f->c.n_versions < HY_FACTS_MAX)
            f->versions[f->c.n_versions++] =
                (struct hy_version){hy_str(pack), hy_str(json_string_value(o))};
    f->c.pauses = f->pauses;
    f->c.extensions = f->extensions;
    f->c.versions = f->versions;
}

void hy_facts_of(const json_t *doc, struct hy_facts *f)
{
    int matter = hy_name_index(hy_matter_name, hy_json_str(doc, "kind"));
    const json_t *times = json_object_get(doc, "times");
    struct hy_case *c = &f->c;
    bool incident = hy_doc_kind_of(doc) == HY_DOC_INCIDENT;

    *c = hy_case_empty(matter < 0 ? HY_MATTER_OPINION : (enum hy_matter)matter);
    for (size_t i = 0; i < HY_ANCHOR_COUNT; i++)
        c->at[i] = hy_json_time(times, hy_anchor_name[i]);
    c->at[HY_ANCHOR_RESPONDED] = newest_release(doc);
    c->types[0] = hy_json_str(doc, incident ? "event_type" : "type");
    c->types[1] = hy_json_str(doc, "event_class");
    c->dispositions = dispositions_of(doc);
    read_level(doc, c);
    read_lists(doc, f);
}

json_t *hy_clocks_packs(const struct hy_rules *rules)
{
    json_t *packs = json_object();

    for (size_t i = 0; rules->windows && i < hy_windows_count(rules->windows); i++) {
        const struct hy_pack *p = hy_windows_at(rules->windows, i);
        if (p->in_use)
            json_object_set_new(packs, p->id, json_string(p->version));
    }
    return packs;
}

bool hy_clocks_uncounted(const json_t *doc, const struct hy_rules *rules, struct hy_err *why)
{
    HY_CLEANUP(hy_obligations_release) struct hy_obligations wanted = {0};
    struct hy_facts f = {0};

    hy_facts_of(doc, &f);
    return hy_incident_is_open(doc) &&
           !hy_obligations_known(&f.c, rules->windows, rules->calendar, &wanted, why);
}

bool hy_clocks_awaited(const json_t *doc, const struct hy_rules *rules)
{
    HY_CLEANUP(hy_obligations_release) struct hy_obligations wanted = {0};
    struct hy_facts f = {0};
    struct hy_err err = HY_ERR_INIT;
    bool runs = hy_doc_kind_of(doc) == HY_DOC_CASE ||
                (hy_doc_kind_of(doc) == HY_DOC_INCIDENT &&
                 json_array_size(json_object_get(doc, "obligations")) > 0);

    if (!runs || !hy_incident_is_open(doc))
        return false;
    hy_facts_of(doc, &f);
    (void)hy_obligations_known(&f.c, rules->windows, rules->calendar, &wanted, &err);
    for (size_t i = 0; i < wanted.n; i++)
        if (wanted.v[i].within.unit != HY_IN_HOURS && hy_wall_known(wanted.v[i].due) &&
            hy_incident_obligation(doc, hy_str(wanted.v[i].window->id)) == NULL)
            return true;
    return false;
}

json_t *hy_clocks_preview(const json_t *doc, const struct hy_rules *rules)
{
    HY_CLEANUP(hy_obligations_release) struct hy_obligations wanted = {0};
    struct hy_facts f = {0};
    struct hy_err err = HY_ERR_INIT;
    json_t *list = json_array();

    hy_facts_of(doc, &f);
    (void)hy_obligations_known(&f.c, rules->windows, rules->calendar, &wanted, &err);
    for (size_t i = 0; i < wanted.n; i++) {
        const struct hy_obligation *w = &wanted.v[i];
        json_t *o = json_pack("{s:s,s:s,s:s,s:s}", "clock", w->window->id, "label",
                              w->window->label, "anchor", hy_anchor_name[w->anchor], "basis",
                              w->window->basis ? w->window->basis : "");
        hy_json_set_time(o, "start", w->start, HY_CST);
        hy_json_set_time(o, "due", w->due, HY_CST);
        json_array_append_new(list, o);
    }
    return list;
}
