/* SPDX-License-Identifier: Apache-2.0 */
/* The columns of a list of cases, by all the names that message systems give them, and what a cell
 * of each says: times as people write them, units and kinds by their words. */
#include "alerts/decide/import_parts.h"

#include "rules/lexicon.h"
#include "rules/names.h"
#include "rules/windows.h"

enum value { V_TEXT, V_KIND, V_TYPE, V_FORM, V_DISCLOSURE, V_TIME, V_UNIT };

/* The first name is the one that is shown; the others are what message systems call it. */
static const struct hy_column {
    const char *key;
    enum value value;
    const char *names[5];
} columns[] = {
    {"kind", V_KIND, {"事项", "事项类别", "类别"}},
    {"ref", V_TEXT, {"编号", "文号", "留言编号", "工单编号", "申请编号"}},
    {"title", V_TEXT, {"标题", "主题", "文件名称", "诉求标题"}},
    {"type", V_TYPE, {"种类", "类型", "诉求类型"}},
    {"text", V_TEXT, {"内容", "正文", "留言内容", "诉求内容"}},
    {"unit", V_UNIT, {"承办单位", "责任单位", "主办单位", "起草单位"}},
    {"url", V_TEXT, {"网址", "链接", "源站网址"}},
    {"channel", V_TEXT, {"渠道", "来源渠道"}},
    {"source", V_TEXT, {"来源网站", "源站"}},
    {"receipt_form", V_FORM, {"收到方式", "申请方式"}},
    {"disclosure_attr", V_DISCLOSURE, {"公开属性"}},
    {"interpretation", V_TEXT, {"解读网址", "解读材料网址"}},
    {"signed", V_TIME, {"签发时间", "签发日期", "成文日期"}},
    {"approved", V_TIME, {"审批时间", "完成审批时间"}},
    {"formed", V_TIME, {"形成时间", "形成或变更时间", "变更时间"}},
    {"received", V_TIME, {"收到时间", "留言时间", "受理时间", "来件时间"}},
    {"dispatched", V_TIME, {"派单时间", "交办时间"}},
    {"first_public", V_TIME, {"源站发布时间", "首发时间"}},
    {"published", V_TIME, {"公开时间", "发布时间"}},
};

static const struct word {
    enum value value;
    const char *label, *name;
} words[] = {
    {V_TYPE, "咨询", "consult"},
    {V_TYPE, "求助", "help"},
    {V_TYPE, "投诉", "complaint"},
    {V_TYPE, "举报", "complaint"},
    {V_TYPE, "调查", "investigate"},
    {V_TYPE, "疑难", "hard"},
    {V_TYPE, "网站纠错", "site_error"},
    {V_TYPE, "政策文件", "policy"},
    {V_TYPE, "规范性文件", "normative"},
    {V_TYPE, "内容不明确", "unclear"},
    {V_FORM, "当面", "in_person"},
    {V_FORM, "邮寄", "mail"},
    {V_FORM, "平信", "ordinary_mail"},
    {V_FORM, "网上", "online"},
    {V_FORM, "传真", "fax"},
    {V_DISCLOSURE, "主动公开", "public"},
    {V_DISCLOSURE, "依申请公开", "on_request"},
    {V_DISCLOSURE, "不予公开", "none"},
};

const struct hy_column *hy_column_find(struct hy_str name)
{
    for (size_t i = 0; i < HY_COUNT(columns); i++) {
        if (hy_str_is(name, columns[i].key))
            return &columns[i];
        for (size_t k = 0; k < HY_COUNT(columns[i].names) && columns[i].names[k]; k++)
            if (hy_str_is(name, columns[i].names[k]))
                return &columns[i];
    }
    return NULL;
}

const char *hy_column_key(const struct hy_column *c)
{
    return c->key;
}

const char *hy_column_name(struct hy_str key)
{
    const struct hy_column *c = hy_column_find(key);

    return c ? c->names[0] : NULL;
}

size_t hy_column_count(void)
{
    return HY_COUNT(columns);
}

/* "2026-11-20 8:05", "2026/11/20", "2026年11月20日 8时5分": the numbers in it, day or minute. */
static bool read_time(struct hy_str s, char out[HY_TIME_SIZE], bool *ret_day_only)
{
    struct hy_civil c = {0};
    int *const part[] = {&c.year, &c.month, &c.day, &c.hour, &c.minute, &c.second};
    size_t n = 0;

    for (size_t i = 0; i < s.n;) {
        int v = 0, digits = 0;
        for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9' && digits < 5; i++, digits++)
            v = v * 10 + (s.p[i] - '0');
        if (digits && n == HY_COUNT(part))
            return false;
        if (digits)
            *part[n++] = v;
        else
            i++;
    }
    *ret_day_only = n == 3;
    if (n < 3 || n == 4 || c.year < 1990 || c.year > 9999 ||
        !hy_date_exists(c.year, c.month, c.day) || c.hour > 23 || c.minute > 59 || c.second > 59)
        return false;
    hy_wall_format(hy_wall_of(&c, HY_CST), HY_CST, out);
    return true;
}

static json_t *unit_value(const struct hy_rules *rules, struct hy_str s)
{
    const struct hy_unit *u = rules->lexicon ? rules->lexicon->units.v : NULL;

    for (size_t i = 0; u && i < rules->lexicon->units.n; i++) {
        bool is = hy_str_is(s, u[i].id) || hy_str_is(s, u[i].name);
        for (size_t k = 0; !is && k < u[i].aliases.n; k++)
            is = hy_str_is(s, u[i].aliases.v[k]);
        if (is)
            return json_string(u[i].id);
    }
    return NULL;
}

static struct hy_str word_value(enum value value, struct hy_str s)
{
    if (value == V_KIND)
        for (int k = 0; k < HY_MATTER_COUNT; k++)
            if (hy_str_is(s, hy_matter_label[k]))
                return hy_str(hy_matter_name[k]);
    for (size_t i = 0; i < HY_COUNT(words); i++)
        if (words[i].value == value && hy_str_is(s, words[i].label))
            return hy_str(words[i].name);
    return s; /* the keeper says what it may be */
}

struct hy_str hy_column_kind(struct hy_str word)
{
    return word_value(V_KIND, word);
}

static json_t *time_value(const struct hy_column *c, struct hy_str s, const char **ret_fault)
{
    char time[HY_TIME_SIZE];
    bool day_only;
    hy_wall exact;

    if (hy_wall_parse(s, &exact) && s.n > 16) /* with its offset */
        return hy_json_of_str(s);
    if (!read_time(s, time, &day_only)) {
        *ret_fault = "不是时间，例如 2026-11-20 08:05 或 2026/11/20";
        return NULL;
    }
    if (day_only && hy_str_is(hy_str(c->key), "first_public")) {
        *ret_fault = "转载的时限按小时算，请写到几时几分";
        return NULL;
    }
    return json_string(time);
}

json_t *hy_column_value(const struct hy_column *c, struct hy_str cell, const struct hy_rules *rules,
                        const char **ret_fault)
{
    if (c->value == V_TIME)
        return time_value(c, cell, ret_fault);
    if (c->value == V_UNIT) {
        *ret_fault = "没有这个单位；请写 topics.yaml 里的单位名称或编号";
        return unit_value(rules, cell);
    }
    return hy_json_of_str(c->value == V_TEXT ? cell : word_value(c->value, cell));
}
