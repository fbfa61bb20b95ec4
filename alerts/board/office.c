/* SPDX-License-Identifier: Apache-2.0 */
/* The rules as the page needs them: clocks, units, people, words of the forms, who may do what. */
#include "alerts/board/board.h"
#include "alerts/decide/life.h"
#include "core/mem.h"
#include "rules/experts.h"
#include "rules/lexicon.h"
#include "rules/office.h"
#include "rules/sources.h"

static const char *const boxes[][2] = {
    {"stance", "立场"}, {"facts", "事实"}, {"measures", "措施"},    {"results", "结果"},
    {"causes", "成因"}, {"plan", "方案"},  {"constraints", "制约"},
};
static const char *const level_names[] = {"", "特别重大", "重大", "较大", "一般"};

static json_t *acts_json(unsigned mask)
{
    json_t *list = json_array();
    for (int i = 0; i < HY_ACT_COUNT; i++)
        if (mask & 1u << i)
            json_array_append_new(list, json_string(hy_act_name[i]));
    return list;
}

static json_t *clocks_json(const struct hy_windows *windows)
{
    json_t *list = json_array();

    for (size_t i = 0; windows && i < hy_windows_count(windows); i++) {
        const struct hy_pack *p = hy_windows_at(windows, i);
        for (size_t k = 0; p->in_use && k < p->n_windows; k++) {
            const struct hy_window *w = &p->windows[k];
            json_array_append_new(
                list, json_pack("{s:s,s:s,s:s,s:s,s:s,s:s,s:o}", "id", w->id, "label", w->label,
                                "basis", w->basis ? w->basis : "", "pack", p->id, "pack_name",
                                p->name, "version", p->version, "ended_by",
                                acts_json(w->ended_by)));
        }
    }
    return list;
}

static json_t *pair(const char *id, const char *name)
{
    return json_pack("{s:s,s:s}", "id", id, "name", name);
}

static json_t *units_json(const struct hy_lexicon *lexicon)
{
    json_t *list = json_array();
    const struct hy_unit *u = lexicon ? lexicon->units.v : NULL;

    for (size_t i = 0; u && i < lexicon->units.n; i++)
        json_array_append_new(list, pair(u[i].id, u[i].name));
    return list;
}

static json_t *topics_json(const struct hy_lexicon *lexicon)
{
    json_t *list = json_array();
    const struct hy_topic *t = lexicon ? lexicon->topics.v : NULL;

    for (size_t i = 0; t && i < lexicon->topics.n; i++)
        json_array_append_new(list, pair(t[i].id, t[i].name));
    return list;
}

/* What the groups and rules of the lexicon are called, by id: the table of words shows names. */
static json_t *word_names(const struct hy_lexicon *lexicon)
{
    json_t *o = json_object();
    const struct hy_word_group *g = lexicon ? lexicon->groups.v : NULL;
    const struct hy_word_rule *r = lexicon ? lexicon->rules.v : NULL;

    for (size_t i = 0; g && i < lexicon->groups.n; i++)
        if (g[i].name)
            json_object_set_new(o, g[i].id, json_string(g[i].name));
    for (size_t i = 0; r && i < lexicon->rules.n; i++)
        if (r[i].name)
            json_object_set_new(o, r[i].id, json_string(r[i].name));
    return o;
}

static const char *unit_name(const struct hy_lexicon *lexicon, const char *id)
{
    const struct hy_unit *u = lexicon ? lexicon->units.v : NULL;

    for (size_t i = 0; u && i < lexicon->units.n; i++)
        if (strcmp(u[i].id, id) == 0)
            return u[i].name;
    return id;
}

static json_t *liaison_json(const struct hy_rules *r)
{
    json_t *list = json_array();

    for (size_t i = 0; r->experts && i < r->experts->liaison.n; i++) {
        const char *id = r->experts->liaison.v[i];
        json_array_append_new(list, pair(id, unit_name(r->lexicon, id)));
    }
    return list;
}

static json_t *experts_json(const struct hy_experts *experts)
{
    json_t *list = json_array();

    for (size_t i = 0; experts && i < experts->rows.n; i++) {
        const struct hy_expert *x = hy_experts_at(experts, i);
        json_t *topics = json_array();
        for (size_t k = 0; k < x->topics.n; k++)
            json_array_append_new(topics, json_string(x->topics.v[k]));
        json_array_append_new(list, json_pack("{s:s,s:s,s:s?,s:s?,s:s?,s:o}", "id", x->id, "name",
                                              x->name, "post", x->post, "org", x->org, "available",
                                              x->available, "topics", topics));
    }
    return list;
}

static json_t *source_names(const struct hy_sources *sources)
{
    json_t *list = json_array();

    for (size_t i = 0; sources && i < sources->rows.n; i++)
        json_array_append_new(list,
                              pair(hy_sources_at(sources, i)->id, hy_sources_at(sources, i)->name));
    return list;
}

json_t *hy_board_people(const struct hy_board *b)
{
    json_t *list = json_array();
    const struct hy_duty *duty = b->rules->duty;

    for (size_t i = 0; duty && i < hy_duty_count(duty); i++)
        json_array_append_new(list, pair(hy_duty_at(duty, i)->id, hy_duty_at(duty, i)->name));
    for (size_t i = 0; i < hy_accounts_count(b->accounts); i++) {
        const struct hy_account *u = hy_accounts_at(b->accounts, i);
        if (duty == NULL || hy_duty_person(duty, hy_str(u->id)) == NULL)
            json_array_append_new(list, pair(u->id, u->name));
    }
    return list;
}

static json_t *names_of(const char *const *names, unsigned mask, int n)
{
    json_t *list = json_array();
    for (int i = 0; i < n; i++)
        if (mask & 1u << i)
            json_array_append_new(list, json_string(names[i]));
    return list;
}

/* The life cycle as the keeper has it: which verb from where by whom.  The page asks nobody else
 * whether an act is possible. */
static json_t *life_json(void)
{
    size_t n;
    const struct hy_move *m = hy_life_table(&n);
    json_t *list = json_array();

    for (size_t i = 0; i < n; i++)
        json_array_append_new(
            list, json_pack("{s:s,s:o,s:o,s:o,s:s?}", "verb", m[i].verb, "kinds",
                            names_of(hy_matter_name, m[i].kinds, HY_MATTER_COUNT), "from",
                            names_of(hy_stage_name, m[i].from, HY_STAGE_COUNT), "roles",
                            names_of(hy_role_name, m[i].roles, HY_ROLE_COUNT), "to",
                            m[i].to == HY_STAY ? NULL : hy_stage_name[m[i].to]));
    return list;
}

/* Who may send a verb about the duty list or a risk assessment. */
static json_t *duty_verbs(void)
{
    static const char *const verbs[] = {"alarm_test", "away", "drill", "duty_cancel", "override",
                                        "silence",    "silence_end", "swap",    "swap_answer",
                                        "risk",       "risk_amend",  "risk_approve", "risk_end",
                                        "risk_opinion", "risk_reject"};
    json_t *o = json_object();

    for (size_t i = 0; i < HY_COUNT(verbs); i++)
        json_object_set_new(o, verbs[i],
                            names_of(hy_role_name, hy_life_office(hy_str(verbs[i])),
                                     HY_ROLE_COUNT));
    return o;
}

static json_t *duty_people(const struct hy_duty *duty)
{
    json_t *list = json_array();

    for (size_t i = 0; duty && i < hy_duty_count(duty); i++)
        json_array_append_new(list, pair(hy_duty_at(duty, i)->id, hy_duty_at(duty, i)->name));
    return list;
}

static json_t *below_json(const struct hy_office *o)
{
    json_t *list = json_array();

    for (size_t i = 0; i < o->subordinates.n; i++)
        json_array_append_new(
            list, pair(hy_office_subordinates(o)[i].id, hy_office_subordinates(o)[i].name));
    return list;
}

void hy_board_rules(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    json_t *o = json_object(), *levels = json_array(), *forms = json_array();
    json_t *classes = json_array(), *content = json_array(), *anchors = json_object();

    for (int i = 1; i <= 4; i++)
        json_array_append_new(levels, json_pack("{s:i,s:s}", "level", i, "name", level_names[i]));
    for (int i = 0; i < HY_ACT_COUNT; i++)
        json_array_append_new(forms, pair(hy_act_name[i], hy_act_label[i]));
    for (int i = 0; i < HY_DISPOSITION_COUNT; i++)
        if (hy_windows_dispositions(b->rules->windows) & 1u << i)
            json_array_append_new(classes, json_pack("{s:s,s:s,s:s}", "id", hy_disposition_name[i],
                                                     "name", hy_disposition_label[i], "close_when",
                                                     hy_disposition_owes[i]));
    for (size_t i = 0; i < HY_COUNT(boxes); i++)
        json_array_append_new(content, pair(boxes[i][0], boxes[i][1]));
    for (int i = 0; i < HY_ANCHOR_COUNT; i++)
        json_object_set_new(anchors, hy_anchor_name[i], json_string(hy_anchor_label[i]));
    json_object_set_new(o, "version", json_string(b->rules->version));
    json_object_set_new(o, "office", pair(b->office, b->rules->office->name));
    json_object_set_new(o, "clocks", clocks_json(b->rules->windows));
    json_object_set_new(o, "units", units_json(b->rules->lexicon));
    json_object_set_new(o, "topics", topics_json(b->rules->lexicon));
    json_object_set_new(o, "words", word_names(b->rules->lexicon));
    json_object_set_new(o, "duty_verbs", duty_verbs());
    json_object_set_new(o, "sources", source_names(b->rules->sources));
    json_object_set_new(o, "subordinates", below_json(b->rules->office));
    json_object_set_new(o, "people", hy_board_people(b));
    json_object_set_new(o, "duty_people", duty_people(b->rules->duty));
    json_object_set_new(o, "life", life_json());
    json_object_set_new(o, "experts", experts_json(b->rules->experts));
    json_object_set_new(o, "liaison", liaison_json(b->rules));
    json_object_set_new(o, "levels", levels);
    json_object_set_new(o, "forms", forms);
    json_object_set_new(o, "dispositions", classes);
    json_object_set_new(o, "boxes", content);
    json_object_set_new(o, "anchors", anchors);
    hy_http_json(req, 200, o);
}
