/* SPDX-License-Identifier: Apache-2.0 */
#include "rules/levels.h"

#include "core/mem.h"
#include "rules/rules.h"

#include <stdlib.h>
#include <string.h>

#define AT(field) offsetof(struct hy_level_row, field)
#define COUNT_OF_PEOPLE(key, field, text)                                                          \
    {                                                                                              \
        key, HY_Y_INT, AT(field), .min = 1, .max = 100000000, .help = text                         \
    }
static const struct hy_y_key row_keys[] = {
    {"", HY_Y_POS, AT(pos)},
    {"applies_to", HY_Y_TEXTS, AT(applies_to), .required = true, .help = "事件大类或细类"},
    {"level", HY_Y_INT, AT(level), .required = true, .min = 1, .max = 4,
     .help = "级别：1 特别重大、2 重大、3 较大、4 一般"},
    COUNT_OF_PEOPLE("deaths", deaths, "死亡人数（含）以上"),
    COUNT_OF_PEOPLE("injured", injured, "重伤（含急性中毒）人数以上"),
    COUNT_OF_PEOPLE("missing", missing, "失踪、失联人数以上"),
    COUNT_OF_PEOPLE("trapped", trapped, "被困人数以上"),
    COUNT_OF_PEOPLE("evacuated", evacuated, "转移、疏散人数以上"),
    COUNT_OF_PEOPLE("sick", sick, "中毒、发病人数以上"),
    COUNT_OF_PEOPLE("gathered", gathered, "聚集人数以上"),
    {"loss_yuan", HY_Y_INT, AT(loss_yuan), .min = 1, .max = INT64_C(1000000000000),
     .help = "直接经济损失（元）以上"},
    {"magnitude", HY_Y_NUM, AT(magnitude), .min = 1, .max = 10, .help = "震级以上"},
    {"basis", HY_Y_TEXT, AT(basis), .help = "依据的文件和条款"},
    {0},
};
static const struct hy_y_schema row_schema = {sizeof(struct hy_level_row), row_keys, NULL};
static const struct hy_y_key file_keys[] = {
    {"levels", HY_Y_LIST, offsetof(struct hy_levels, rows), .sub = &row_schema, .help = "分级标准"},
    {0},
};
static const struct hy_y_schema file_schema = {sizeof(struct hy_levels), file_keys, NULL};

static bool reached(const struct hy_level_row *r, const struct hy_level_facts *f)
{
    const struct {
        double limit, value;
    } criteria[] = {
        {(double)r->deaths, f->deaths},       {(double)r->injured, f->injured},
        {(double)r->missing, f->missing},     {(double)r->trapped, f->trapped},
        {(double)r->evacuated, f->evacuated}, {(double)r->sick, f->sick},
        {(double)r->gathered, f->gathered},   {(double)r->loss_yuan, f->loss_yuan},
        {r->magnitude, f->magnitude},
    };

    for (size_t i = 0; i < HY_COUNT(criteria); i++)
        if (criteria[i].limit > 0 && criteria[i].value >= criteria[i].limit)
            return true;
    return false;
}

static bool applies(const struct hy_level_row *r, const char *to)
{
    for (size_t i = 0; to && i < r->applies_to.n; i++)
        if (strcmp(r->applies_to.v[i], to) == 0)
            return true;
    return false;
}

/* The highest reached level among the rows for `to`; *ret_any says whether there are rows at all.
 */
static const struct hy_level_row *best_for(const struct hy_levels *l, const char *to,
                                           const struct hy_level_facts *f, bool *ret_any)
{
    const struct hy_level_row *rows = l->rows.v, *best = NULL;

    *ret_any = false;
    for (size_t i = 0; i < l->rows.n; i++) {
        if (!applies(&rows[i], to))
            continue;
        *ret_any = true;
        if (reached(&rows[i], f) && (best == NULL || rows[i].level < best->level))
            best = &rows[i];
    }
    return best;
}

const struct hy_level_row *hy_levels_find(const struct hy_levels *l, const char *event_type,
                                          enum hy_event_class event_class,
                                          const struct hy_level_facts *f)
{
    bool any;
    const struct hy_level_row *row = best_for(l, event_type, f, &any);

    if (any || event_class == HY_CLASS_NONE)
        return row;
    return best_for(l, hy_event_class_name[event_class], f, &any);
}

static int load(const char *from, bool national, void **section, struct hy_diag *d,
                struct hy_err *err)
{
    if (*section == NULL)
        *section = hy_xcalloc(1, sizeof(struct hy_levels));
    return hy_yaml_load_from(from, "levels.yaml", national, &file_schema, *section, d, err);
}

static void *over(const void *national)
{
    struct hy_levels *l = hy_xcalloc(1, sizeof(*l));

    hy_yaml_lend(&file_schema, national, l);
    return l;
}

static void release(void *section)
{
    if (section)
        hy_yaml_release(&file_schema, section);
    free(section);
}

const struct hy_section hy_section_levels = {
    .name = "levels",
    .offset = offsetof(struct hy_rules, levels),
    .load = load,
    .over = over,
    .free = release,
    .file = "levels.yaml",
    .schema = &file_schema,
};
