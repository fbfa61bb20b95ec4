/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/experts.h"

#include "core/mem.h"
#include "rules/lexicon.h"
#include "rules/lexicon_refs.h"
#include "rules/office.h"

#include <stdlib.h>
#include <string.h>

#define AT(type, field) offsetof(struct type, field)
static const struct hy_y_key expert_keys[] = {
    {"", HY_Y_POS, AT(hy_expert, pos)},
    {"id", HY_Y_TEXT, AT(hy_expert, id), .required = true, .unique = true,
     .help = "编号，小写字母、数字和短横线"},
    {"name", HY_Y_TEXT, AT(hy_expert, name), .required = true, .help = "姓名"},
    {"post", HY_Y_TEXT, AT(hy_expert, post), .help = "专长或职务"},
    {"org", HY_Y_TEXT, AT(hy_expert, org), .help = "所在单位"},
    {"topics", HY_Y_TEXTS, AT(hy_expert, topics), .help = "熟悉的话题编号；不写就什么话题都可以请"},
    {"available", HY_Y_TEXT, AT(hy_expert, available), .help = "什么时候请得到，如“工作日”“随时”"},
    {0},
};
static const struct hy_y_schema expert_schema = {sizeof(struct hy_expert), expert_keys, NULL};

static const struct hy_y_key experts_keys[] = {
    {"", HY_Y_POS, AT(hy_experts, pos)},
    {"liaison", HY_Y_TEXTS, AT(hy_experts, liaison),
     .help = "会商联络单位的编号，如宣传、网信、公安、应急、信访"},
    {"experts", HY_Y_LIST, AT(hy_experts, rows), .sub = &expert_schema, .help = "专家库"},
    {0},
};
static const struct hy_y_schema experts_schema = {sizeof(struct hy_experts), experts_keys, NULL};

static bool is_unit(const struct hy_lexicon *l, const char *id)
{
    const struct hy_unit *u = l->units.v;

    for (size_t i = 0; i < l->units.n; i++)
        if (strcmp(u[i].id, id) == 0)
            return true;
    return false;
}

static void check_expert(const struct hy_rules *r, const struct hy_expert *x, struct hy_diag *d)
{
    if (!hy_rules_is_id(hy_str(x->id)))
        hy_diag_at(d, x->pos, "编号“%s”只能用小写字母、数字和短横线", x->id);
    for (size_t i = 0; r->lexicon && i < x->topics.n; i++)
        if (hy_lexicon_topic(r->lexicon, hy_str(x->topics.v[i])) == NULL)
            hy_lexicon_no_ref(r->lexicon, HY_REF_TOPIC, x->topics.v[i], x->topics.pos[i], d);
}

static void check(const struct hy_rules *r, struct hy_diag *d)
{
    const struct hy_experts *e = r->experts;

    if (e == NULL)
        return;
    for (size_t i = 0; i < e->rows.n; i++)
        check_expert(r, hy_experts_at(e, i), d);
    for (size_t i = 0; r->lexicon && i < e->liaison.n; i++)
        if (!is_unit(r->lexicon, e->liaison.v[i]))
            hy_lexicon_no_ref(r->lexicon, HY_REF_UNIT, e->liaison.v[i], e->liaison.pos[i], d);
}

static int load(const char *from, bool national, void **section, struct hy_diag *d,
                struct hy_err *err)
{
    if (national)
        return HY_OK;
    *section = hy_xcalloc(1, sizeof(struct hy_experts));
    return hy_yaml_load_from(from, "experts.yaml", false, &experts_schema, *section, d, err);
}

static void release(void *section)
{
    hy_yaml_release(&experts_schema, section);
    free(section);
}

const struct hy_section hy_section_experts = {
    .name = "experts",
    .offset = offsetof(struct hy_rules, experts),
    .load = load,
    .check = check,
    .free = release,
    .file = "experts.yaml",
    .schema = &experts_schema,
};
