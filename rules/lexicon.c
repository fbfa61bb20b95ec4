/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the word files.  What a single file cannot tell - a rule naming a group that no file has,
 * a topic without its unit - is checked when all files are there, by rules/lexicon_check.c. */
#include "rules/lexicon.h"

#include "core/mem.h"
#include "rules/rules.h"
#include "rules/variants.h"

#include <string.h>

static const char *const scope_names[] = {"clause", "sentence", "title", "document", NULL};
static const char *const place_names[] = {"any",       "mine",   "foreign", "named",
                                          "elsewhere", "county", NULL};
static const char *const where_names[] = {"any", "title", "text", NULL};

static bool read_weight(struct hy_str s, double *ret)
{
    HY_CLEANUP(hy_freep) char *text = hy_str_dup(s);
    char *end;

    *ret = strtod(text, &end);
    return *text && *end == '\0' && *ret >= 0 && *ret <= 100;
}

struct word_reader {
    struct hy_words *words;
    double weight;
    struct hy_pos pos;
    struct hy_diag *d;
};

static void take_form(struct hy_str form, void *user)
{
    struct word_reader *r = user;

    form = hy_str_trim(form);
    if (form.n == 0)
        hy_diag_at(r->d, r->pos, "词不能为空");
    else
        hy_vec_push(r->words, (struct hy_word){hy_str_dup(form), r->weight, r->pos});
}

static void add_word(struct hy_words *words, struct hy_str text, double weight, struct hy_pos pos,
                     struct hy_diag *d)
{
    struct word_reader r = {words, weight, pos, d};
    const char *wrong = hy_variants(hy_str_trim(text), take_form, &r);

    if (wrong)
        hy_diag_at(d, pos, "“%s”：%s", HY_SHOWN(text), wrong);
}

/* "词: 权重" */
static void read_weighted(const struct hy_y_node *n, struct hy_words *words, struct hy_diag *d)
{
    for (size_t i = 0; i < hy_y_count(n); i++) {
        struct hy_str word;
        const struct hy_y_node *value = hy_y_at(n, i, &word);
        double weight;

        if (hy_y_kind(value) != HY_Y_SCALAR || !read_weight(hy_y_scalar(value), &weight))
            hy_diag_at(d, hy_y_pos(value, d), "词的权重应为 0 到 100 的数");
        else
            add_word(words, word, weight, hy_y_pos(value, d), d);
    }
}

static void read_words(const struct hy_y_node *n, void *field, struct hy_diag *d)
{
    struct hy_words *words = field;

    if (hy_y_kind(n) != HY_Y_SEQ) {
        hy_diag_at(d, hy_y_pos(n, d), "words 应为词的列表，如 [火灾, 起火, 着火: 20]");
        return;
    }
    for (size_t i = 0; i < hy_y_count(n); i++) {
        const struct hy_y_node *item = hy_y_at(n, i, NULL);

        switch (hy_y_kind(item)) {
        case HY_Y_SCALAR:
            add_word(words, hy_y_scalar(item), -1, hy_y_pos(item, d), d);
            break;
        case HY_Y_MAPPING:
            read_weighted(item, words, d);
            break;
        case HY_Y_SEQ:
            hy_diag_at(d, hy_y_pos(item, d), "词的列表里不能再有列表");
            break;
        }
    }
}

static void free_words(void *field)
{
    struct hy_words *words = field;

    for (size_t i = 0; i < words->n; i++)
        free(words->v[i].text);
    hy_vec_release(words);
}

static void group_defaults(void *row)
{
    struct hy_word_group *g = row;

    g->title_weight = -1;
    g->factor = 1;
    g->at_most = HY_TOLD_ALERT;
    g->scope = HY_SCOPE_SENTENCE;
    g->own = true; /* until load() knows better */
}

#define AT(type, field) offsetof(struct type, field)
static const struct hy_y_key group_keys[] = {
    {"", HY_Y_POS, AT(hy_word_group, pos)},
    {"id", HY_Y_TEXT, AT(hy_word_group, id), .required = true, .unique = true, .help = "编号"},
    {"name", HY_Y_TEXT, AT(hy_word_group, name), .help = "给人看的名称"},
    {"note", HY_Y_TEXT, AT(hy_word_group, note), .help = "说明"},
    {"purpose", HY_Y_NAME, AT(hy_word_group, purpose), .required = true, .names = hy_purpose_name,
     .help = "用途"},
    {"weight", HY_Y_NUM, AT(hy_word_group, weight), .max = 100, .help = "正文中出现的权重"},
    {"title_weight", HY_Y_NUM, AT(hy_word_group, title_weight), .max = 100,
     .help = "标题中出现的权重"},
    {"event_class", HY_Y_NAME, AT(hy_word_group, event_class), .names = hy_event_class_name,
     .help = "突发事件大类"},
    {"event_type", HY_Y_TEXT, AT(hy_word_group, event_type), .help = "事件细类"},
    {"unit", HY_Y_TEXT, AT(hy_word_group, unit), .help = "这类事件的主管单位编号"},
    {"topic", HY_Y_TEXT, AT(hy_word_group, topic), .help = "话题编号"},
    {"scope", HY_Y_NAME, AT(hy_word_group, scope), .names = scope_names, .help = "陷阱的作用范围"},
    {"factor", HY_Y_NUM, AT(hy_word_group, factor), .max = 1, .help = "陷阱留下的份额"},
    {"at_most", HY_Y_NAME, AT(hy_word_group, at_most), .names = hy_told_name,
     .help = "陷阱：至多告诉谁"},
    {"at_least", HY_Y_NAME, AT(hy_word_group, at_least), .names = hy_told_name,
     .help = "陷阱：至少告诉谁"},
    {"yields", HY_Y_BOOL, AT(hy_word_group, yields),
     .help = "陷阱：标题写明有人伤亡、失联、被困（有人数）时不算"},
    {"pack", HY_Y_TEXT, AT(hy_word_group, pack), .help = "只在这个词包启用的日子算数"},
    {"pack", HY_Y_POS, AT(hy_word_group, pack_pos)},
    {"words", HY_Y_CUSTOM, AT(hy_word_group, words), .required = true, .custom = read_words,
     .custom_free = free_words, .help = "词的列表；单个词另给权重写 词: 30；几种说法写在括号里"},
    {0},
};
static const struct hy_y_schema group_schema = {sizeof(struct hy_word_group), group_keys,
                                                group_defaults};

static const struct hy_y_key topic_keys[] = {
    {"", HY_Y_POS, AT(hy_topic, pos)},
    {"id", HY_Y_TEXT, AT(hy_topic, id), .required = true, .unique = true,
     .help = "编号，如 environment.air"},
    {"name", HY_Y_TEXT, AT(hy_topic, name), .required = true, .help = "名称"},
    {"unit", HY_Y_TEXT, AT(hy_topic, unit), .help = "主管单位编号"},
    {"threshold", HY_Y_NUM, AT(hy_topic, threshold), .max = 100, .help = "低于此分不报"},
    {0},
};
static const struct hy_y_schema topic_schema = {sizeof(struct hy_topic), topic_keys, NULL};

static void rule_defaults(void *row)
{
    struct hy_word_rule *r = row;

    r->count = 1;
    r->votes = -1;
}

#define QUANTITY(key, field, text)                                                                 \
    {                                                                                              \
        key, HY_Y_INT, AT(hy_word_rule, field), .min = 1, .max = 100000000, .help = text           \
    }
static const struct hy_y_key rule_keys[] = {
    {"", HY_Y_POS, AT(hy_word_rule, pos)},
    {"id", HY_Y_TEXT, AT(hy_word_rule, id), .required = true, .unique = true, .help = "编号"},
    {"name", HY_Y_TEXT, AT(hy_word_rule, name), .help = "名称"},
    {"purpose", HY_Y_NAME, AT(hy_word_rule, purpose), .required = true, .names = hy_purpose_name,
     .help = "成立时加到哪一项分数"},
    {"all", HY_Y_TEXTS, AT(hy_word_rule, all), .help = "这些词组都出现"},
    {"any", HY_Y_TEXTS, AT(hy_word_rule, any), .help = "这些词组合计出现 count 次"},
    {"none", HY_Y_TEXTS, AT(hy_word_rule, none), .help = "这些词组都不出现"},
    {"count", HY_Y_INT, AT(hy_word_rule, count), .min = 1, .max = 1000,
     .help = "any 合计的次数，默认 1"},
    {"near", HY_Y_INT, AT(hy_word_rule, near), .min = 0, .max = 1000, .help = "相距不超过几个字"},
    {"same_sentence", HY_Y_BOOL, AT(hy_word_rule, same_sentence), .help = "在同一句内"},
    {"where", HY_Y_NAME, AT(hy_word_rule, where), .names = where_names, .help = "只看标题或正文"},
    {"place", HY_Y_NAME, AT(hy_word_rule, place), .names = place_names, .help = "点到哪里的地名：mine 本地、county 本地且具体到县、elsewhere 外地、foreign 国外、named 任何"},
    QUANTITY("deaths", deaths, "文中说的死亡人数不少于"),
    QUANTITY("injured", injured, "文中说的受伤人数不少于"),
    QUANTITY("missing", missing, "文中说的失联人数不少于"),
    QUANTITY("trapped", trapped, "文中说的被困人数不少于"),
    QUANTITY("evacuated", evacuated, "文中说的转移人数不少于"),
    {"numbers", HY_Y_CUSTOM, AT(hy_word_rule, numbers), .custom = hy_quantity_read,
     .custom_free = hy_quantity_release, .help = "文中说的数，如 [deaths >= 3, 损失 >= 1000万元]"},
    {"within", HY_Y_TEXTS, AT(hy_word_rule, within), .help = "点到这些区划里的地名（代码）"},
    {"source_kinds", HY_Y_TEXTS, AT(hy_word_rule, source_kinds),
     .help = "来自哪类来源：sources.yaml 的 kind，或 official 本单位的渠道"},
    {"sources", HY_Y_TEXTS, AT(hy_word_rule, sources), .help = "来自哪些来源（编号）"},
    {"pack", HY_Y_TEXT, AT(hy_word_rule, pack), .help = "只在这个词包启用的日子算数"},
    {"pack", HY_Y_POS, AT(hy_word_rule, pack_pos)},
    {"weight", HY_Y_NUM, AT(hy_word_rule, weight), .required = true, .max = 100,
     .help = "成立时加多少"},
    {"floor", HY_Y_BOOL, AT(hy_word_rule, floor),
     .help = "托底：只把分数补到 weight，不和别的证据相加"},
    {"votes", HY_Y_NUM, AT(hy_word_rule, votes), .max = 1000, .help = "给事件类型的票数"},
    {"event_class", HY_Y_NAME, AT(hy_word_rule, event_class), .names = hy_event_class_name,
     .help = "突发事件大类"},
    {"event_type", HY_Y_TEXT, AT(hy_word_rule, event_type), .help = "事件细类"},
    {"topic", HY_Y_TEXT, AT(hy_word_rule, topic), .help = "话题编号"},
    {0},
};
static const struct hy_y_schema rule_schema = {sizeof(struct hy_word_rule), rule_keys,
                                               rule_defaults};

static void unit_defaults(void *row)
{
    ((struct hy_unit *)row)->own = true;
}

static const struct hy_y_key unit_keys[] = {
    {"", HY_Y_POS, AT(hy_unit, pos)},
    {"id", HY_Y_TEXT, AT(hy_unit, id), .required = true, .unique = true, .help = "编号"},
    {"name", HY_Y_TEXT, AT(hy_unit, name), .required = true, .help = "名称"},
    {"aliases", HY_Y_TEXTS, AT(hy_unit, aliases), .help = "别名、旧称"},
    {0},
};
static const struct hy_y_schema unit_schema = {sizeof(struct hy_unit), unit_keys, unit_defaults};

static const struct hy_y_key limit_keys[] = {
    {"alert", HY_Y_NUM, AT(hy_alert_limits, alert), .max = 100, .help = "突发分：叫醒人"},
    {"list", HY_Y_NUM, AT(hy_alert_limits, list), .max = 100, .help = "突发分：列入清单"},
    {"digest", HY_Y_NUM, AT(hy_alert_limits, digest), .max = 100, .help = "突发分：列入日报"},
    {"hardship", HY_Y_NUM, AT(hy_alert_limits, hardship), .max = 100, .help = "诉求分：列入日报"},
    {"hardship_list", HY_Y_NUM, AT(hy_alert_limits, hardship_list), .max = 100,
     .help = "诉求分：说的是本地时列入清单"},
    {"rumor", HY_Y_NUM, AT(hy_alert_limits, rumor), .max = 100, .help = "传闻分：列入日报"},
    {"relevance", HY_Y_NUM, AT(hy_alert_limits, relevance), .max = 100,
     .help = "低于此相关分的只留突发事件"},
    {0},
};
static const struct hy_y_schema limit_schema = {sizeof(struct hy_alert_limits), limit_keys, NULL};

static const struct hy_y_key file_keys[] = {
    {"groups", HY_Y_LIST, AT(hy_lexicon, groups), .sub = &group_schema, .help = "词组"},
    {"topics", HY_Y_LIST, AT(hy_lexicon, topics), .sub = &topic_schema, .help = "话题"},
    {"rules", HY_Y_LIST, AT(hy_lexicon, rules), .sub = &rule_schema, .help = "词组之间的规则"},
    {"units", HY_Y_LIST, AT(hy_lexicon, units), .sub = &unit_schema, .help = "单位"},
    {"packs", HY_Y_LIST, AT(hy_lexicon, packs), .sub = &hy_word_pack_schema, .help = "词包"},
    {"alerts", HY_Y_MAP, AT(hy_lexicon, limits), .sub = &limit_schema, .help = "告警的门槛"},
    {0},
};
static const struct hy_y_schema file_schema = {sizeof(struct hy_lexicon), file_keys, NULL};

static void mark_national(struct hy_lexicon *l)
{
    struct hy_word_group *g = l->groups.v;
    struct hy_unit *u = l->units.v;

    for (size_t i = 0; i < l->groups.n; i++)
        g[i].own = false;
    for (size_t i = 0; i < l->units.n; i++)
        u[i].own = false;
}

static int load(const char *from, bool national, void **section, struct hy_diag *d,
                struct hy_err *err)
{
    if (*section == NULL)
        *section = hy_xcalloc(1, sizeof(struct hy_lexicon));
    if (hy_yaml_load_from(from, "lexicon/", national, &file_schema, *section, d, err) < 0)
        return err->code;
    int rc = hy_yaml_load_from(from, "topics.yaml", national, &file_schema, *section, d, err);
    if (national)
        mark_national(*section);
    return rc;
}

static void *over(const void *national)
{
    struct hy_lexicon *l = hy_xcalloc(1, sizeof(*l));

    hy_yaml_lend(&file_schema, national, l);
    return l;
}

static void release(void *section)
{
    if (section)
        hy_yaml_release(&file_schema, section);
    free(section);
}

const struct hy_section hy_section_lexicon = {
    .name = "lexicon",
    .offset = offsetof(struct hy_rules, lexicon),
    .load = load,
    .over = over,
    .check = hy_lexicon_check,
    .free = release,
    .file = "lexicon/",
    .schema = &file_schema,
};
