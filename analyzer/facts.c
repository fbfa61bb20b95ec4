/* SPDX-License-Identifier: Apache-2.0 */
/* Quantities of harm.  A cue word (死亡, 受伤, 被困) is found first; the amount is then read from
 * one of four places around it, in this order: right before (3人死亡), right behind (死亡3人),
 * between two cues (3死4伤), or none at all when the cue itself says zero (无人员伤亡). */
#include "analyzer/facts_parts.h"

#include "analyzer/read.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "core/vec.h"

#include <math.h>
#include <string.h>
#include <uchar.h>

enum { LOOK_BACK = 12, NOUN = 4 };

/* 人, 名学生, 例: what a number of people is counted in. */
static struct hy_wordlist counters = {
    .list = {"人", "名", "位", "例", "个人", "口", "余人", "多人", "户", "具", NULL}};
static struct hy_wordlist persons = {
    .list = {"学生",     "儿童",     "工人",     "矿工",     "群众",     "乘客", "村民", "居民",
             "人员",     "游客",     "男子",     "女子",     "老人",     "孩子", "市民", "员工",
             "司机",     "消防员",   "消防战士", "施工人员", "被困人员", "民众", "幼儿", "小学生",
             "中学生",   "平民",     "警察",     "民警",     "军人",     "病人", "患者", "同胞",
             "中国公民", "者",       "乘员",     "船员",     "职工",     "师生", "旅客", "灾民",
             "行人",     "女童",     "男童",     "中国游客", "遇难者",   "成人", "女性", "男性",
             "农民工",   "作业人员", NULL}};
static struct hy_wordlist joints = {
    .list = {"当场",       "不幸",     "已",     "已经", "确认", "均",   "全部", "死伤",
             "经抢救无效", "抢救无效", "已确认", "因",   "在内", "先后", "受",   "被",
             "入院",       "因伤",     "无",     "仍",   "依然", "、",   "出现", "身体",
             "相继",       "陆续",     "因公",   "疑似", "遭",   "的",   NULL}};
static struct hy_wordlist leads = {
    .list = {"致",     "造成",   "导致",     "至",       "到",       "升至",       "增至",
             "上升至", "达",     "已有",     "有",       "的",       "者",         "人数",
             "人数为", "人数达", "人数已达", "人数升至", "人数增至", "人数上升至", "了",
             "共",     "约",     "近",       "超",       "超过",     "逾",         "至少",
             "已",     "为",     "人员",     "群众",     "游客",     "居民",       "被困",
             "：",     ":",      "总数",     "受灾群众", "人口",     "周边群众",   "附近居民",
             "已达",   "数",     "安置",     "总人数",   "出",       "升到",       "上升到",
             "增加到", "增加至", "达到",     "附近群众", "附近",     "周边",       "师生",
             "村民",   "学生",   "乘客",     "沿线群众", NULL}};
static struct hy_wordlist zeros = {
    .list = {"无人员伤亡",       "未造成人员伤亡",   "没有人员伤亡",   "无人伤亡",
             "未发生人员伤亡",   "无人员死亡",       "无人死亡",       "未造成伤亡",
             "没有造成人员伤亡", "尚无人员伤亡",     "暂无人员伤亡",   "无人受伤",
             "没有人受伤",       "无人员受伤",       "未有人员伤亡",   "零伤亡",
             "无伤亡",           "无人遇难",         "未接到人员伤亡", "未收到人员伤亡",
             "没有接到人员伤亡", "尚未接到人员伤亡", "未见人员伤亡",   "没有人员受伤",
             "没有人员死亡",     "未造成人员死亡",   "无人死伤",       NULL}};
static struct hy_wordlist provisional = {.list = {"截至", "截止", "初步", "目前", "暂无", "尚无",
                                                  "暂未", "尚未", "已有", "至少", "报告", "据初步",
                                                  NULL}};
static struct hy_wordlist statistic = {
    .list = {"累计", "全年", "去年", "近年", "每年", "年均", "历史", "一共", "平均", "同比",
             "以来共", "上半年", "全国共", "历年", "年间", "以来", "今年已有", "今年全国", NULL}};

typedef HY_VEC(struct hy_mention) mentions;

static bool has_any(const struct hy_chars *t, size_t from, size_t to, struct hy_wordlist *words)
{
    for (size_t i = from; i < to; i++)
        if (hy_wordlist_at(t, i, words, NULL))
            return true;
    return false;
}

static size_t skip_any(const struct hy_chars *t, size_t at, struct hy_wordlist *words, int times)
{
    size_t len;

    while (times-- > 0 && (len = hy_wordlist_at(t, at, words, NULL)) > 0)
        at += len;
    return at;
}

/* The amount that starts at i, its counter and persons; *ret_end is behind them.  counted: a
 * counter was there. */
static bool amount_at(const struct hy_chars *t, size_t i, struct hy_amount *a, size_t *ret_end,
                      bool *ret_counted)
{
    static struct hy_wordlist tails = {.list = {"余", "多", "左右", "以上", "近", NULL}};

    if (!hy_read_amount(t, i, a))
        return false;
    size_t at = skip_any(t, a->end, &tails, 1);
    size_t len = hy_wordlist_at(t, at, &counters, NULL);
    *ret_counted = len > 0;
    at += len;
    at = skip_any(t, at, &persons, 2);
    *ret_end = at;
    return true;
}

static int64_t to_count(double v)
{
    return v >= 9e17 ? HY_FACT_OPEN : (int64_t)llround(v);
}

static bool lower_bound_before(const struct hy_chars *t, size_t i)
{
    static struct hy_wordlist words = {
        .list = {"超", "超过", "逾", "至少", "不少于", "近", "数", NULL}};
    size_t which;

    return hy_wordlist_before(t, i, &words, &which) > 0 && which != 5;
}

/* 一人送医后不治身亡: hurt at first, dead in the end. */
static bool dies_of_it(const struct hy_chars *t, const struct fact_cue *cue, size_t end)
{
    static struct hy_wordlist words = {.list = {"身亡", "死亡", "不治", "离世", "去世", NULL}};
    enum { REACH = 9 };

    for (size_t i = end; cue->kind == HY_INJURED && i < t->n && i < end + REACH; i++) {
        if (!hy_is_han(t->c[i]) || hy_is_numeral(t->c[i]))
            return false;
        if (hy_wordlist_at(t, i, &words, NULL))
            return true;
    }
    return false;
}

/* 两人当场死亡，另有一人…死亡 are three, 2人重伤、6人轻伤 are eight hurt: the statement adds to the
 * last one of its kind in the sentence. */
static bool adds_to(const struct hy_chars *t, const struct hy_mention *m, size_t amount,
                    const struct hy_mention *last)
{
    static struct hy_wordlist more = {
        .list = {"另", "另有", "另外", "此外", "还有", "另外有", NULL}};
    static struct hy_wordlist among = {.list = {"其中", "包括", "含", NULL}};

    if (last->kind != m->kind || last->span.field != m->span.field ||
        last->span.start < hy_sentence_start(t, m->span.start) || last->max == HY_FACT_OPEN ||
        m->max == HY_FACT_OPEN || has_any(t, last->span.end, amount, &among))
        return false;
    return hy_wordlist_before(t, amount, &more, NULL) > 0 ||
           (m->part != HY_PART_NONE && last->part != HY_PART_NONE && last->part != m->part);
}

static const struct hy_mention *last_of(const mentions *out, enum hy_fact_kind kind)
{
    for (size_t i = out->n; i-- > 0;)
        if (out->v[i].kind == kind)
            return &out->v[i];
    return NULL;
}

static enum hy_part part_of(const struct fact_cue *cue)
{
    return strcmp(cue->text, "重伤") == 0   ? HY_PART_HEAVY
           : strcmp(cue->text, "轻伤") == 0 ? HY_PART_LIGHT
                                            : HY_PART_NONE;
}

static void add(const struct hy_chars *t, enum hy_field f, const struct fact_cue *cue,
                const struct hy_amount *a, size_t start, size_t end, mentions *out)
{
    size_t from = hy_sentence_start(t, start), to = hy_sentence_end(t, end);
    struct hy_mention m = {
        .kind = dies_of_it(t, cue, end) ? HY_DEATHS : cue->kind,
        .min = to_count(a->min),
        .max = isinf(a->max) || lower_bound_before(t, a->start) ? HY_FACT_OPEN : to_count(a->max),
        .part = part_of(cue),
        .serious = cue->serious,
        .late = cue->late,
        .provisional = has_any(t, from, HY_MIN(end, to), &provisional),
        .cumulative = has_any(t, from, HY_MIN(end, to), &statistic),
        .span = {f, start, end},
    };

    if (m.min < 0 || m.min > INT64_C(2000000000))
        return;
    const struct hy_mention *last = last_of(out, m.kind);
    if (last && adds_to(t, &m, a->start, last)) {
        m.min += last->min;
        m.max += last->max;
        m.part = HY_PART_NONE; /* of a third part nothing is known */
    }
    hy_vec_push(out, m);
}

/* 名, 位: whatever stands behind them is people, though no list has it (两名桡手溺亡). */
static bool counts_people(const struct hy_chars *t, size_t end)
{
    static struct hy_wordlist words = {.list = {"名", "位", "余名", "多名", NULL}};

    return hy_wordlist_before(t, end, &words, NULL) > 0;
}

static bool is_noun(const struct hy_chars *t, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++)
        if (!hy_is_han(t->c[i]) || hy_is_numeral(t->c[i]))
            return false;
    return to - from <= NOUN;
}

/* Nothing between the amount and its cue but words like 当场, or one unknown kind of people. */
static bool leads_to(const struct hy_chars *t, size_t end, size_t cue)
{
    if (end == cue || skip_any(t, end, &joints, 3) == cue)
        return true;
    return counts_people(t, end) && is_noun(t, end, cue);
}

/* 3人[当场]死亡: walk back to where an amount begins whose reading ends at the cue. */
static bool before_cue(const struct hy_chars *t, size_t cue, size_t floor, bool bare,
                       struct hy_amount *ret)
{
    size_t low = cue > LOOK_BACK ? HY_MAX(floor, cue - LOOK_BACK) : floor;

    for (size_t i = low; i < cue; i++) {
        struct hy_amount a;
        size_t end;
        bool counted;
        if (i > 0 && (hy_is_numeral(t->c[i - 1]) || t->c[i - 1] == '.' ||
                      hy_chars_before(t, i + 1, "退伍") || hy_chars_before(t, i + 1, "队伍")))
            continue;
        if (!amount_at(t, i, &a, &end, &counted))
            continue;
        if (!counted && !(bare && end == cue)) {
            i = a.end - 1;
            continue;
        }
        if (leads_to(t, end, cue)) {
            *ret = a;
            return true;
        }
        i = a.end - 1;
    }
    return false;
}

static bool after_cue(const struct hy_chars *t, size_t at, struct hy_amount *a, size_t *ret_end)
{
    bool counted;
    size_t i = skip_any(t, at, &leads, 4);

    return amount_at(t, i, a, ret_end, &counted) && counted;
}

/* 九死一生, 死后, 死者, 伤害, 死刑: a short cue that is the beginning of another word. */
static bool is_other_word(const struct hy_chars *t, size_t at, size_t len)
{
    static const char16_t after[] = u"者害心员口势残情刑缓讯角机伤亡感痕药疤灾神因后亦";
    uint32_t c = at + len < t->n ? t->c[at + len] : 0;

    for (size_t i = 0; len == 1 && after[i]; i++)
        if (after[i] == c)
            return true;
    return len == 1 && hy_chars_before(t, at + 1, "九死") && hy_chars_at(t, at + 1, "一生");
}

static void zero(const struct hy_chars *t, enum hy_field f, size_t at, size_t len, mentions *out)
{
    static const struct fact_cue none[] = {{"", HY_DEATHS, false, false, false},
                                           {"", HY_INJURED, false, false, false}};
    struct hy_amount a = {.start = at, .end = at, .min = 0, .max = 0};

    for (size_t i = 0; i < HY_COUNT(none); i++)
        add(t, f, &none[i], &a, at, at + len, out);
    bool open = t->c[at] == 0x5C1A || t->c[at] == 0x6682 || hy_chars_before(t, at, "尚") ||
                hy_chars_at(t, at + len, "报告") || hy_chars_at(t, at + len, "的报告");
    for (size_t i = out->n - HY_COUNT(none); i < out->n; i++)
        out->v[i].provisional |= open;
}

/* 有没有人员伤亡, 是否无人员伤亡: a question says nothing. */
static bool is_asked(const struct hy_chars *t, size_t at)
{
    static struct hy_wordlist words = {.list = {"有", "是否", "究竟", NULL}};

    return hy_wordlist_before(t, at, &words, NULL) > 0;
}

/* 直接经济损失约1.2亿元 */
static size_t loss(const struct hy_chars *t, enum hy_field f, size_t at, mentions *out)
{
    static struct hy_wordlist between = {.list = {"约",   "达",   "近",   "超",   "超过", "逾",
                                                  "至少", "为",   "共",   "共计", "高达", "人民币",
                                                  "总额", "已",   "初步", "估计", "预计", "约为",
                                                  "达到", "合计", "计",   ":",    NULL}};
    static const struct fact_cue cue = {"损失", HY_LOSS_YUAN, false, true, false};
    struct hy_amount a;
    size_t len = hy_chars_at(t, at, "损失");
    size_t i = skip_any(t, at + len, &between, 4);

    if (len == 0 || !hy_read_amount(t, i, &a))
        return 0;
    size_t end = a.end + hy_chars_at(t, a.end, "人民币");
    size_t unit = hy_chars_at(t, end, "元");
    uint32_t scale = t->c[a.end - 1];
    if (unit == 0 && scale != 0x4E07 /* 万 */ && scale != 0x4EBF /* 亿 */)
        return 0;
    struct hy_mention m = {
        .kind = cue.kind,
        .min = to_count(a.min),
        .max = isinf(a.max) || lower_bound_before(t, a.start) ? HY_FACT_OPEN : to_count(a.max),
        .provisional = has_any(t, hy_sentence_start(t, at), end, &provisional),
        .cumulative = has_any(t, hy_sentence_start(t, at), end, &statistic),
        .span = {f, at, end + unit},
    };
    hy_vec_push(out, m);
    return end + unit - at;
}

static void find_field(const struct hy_chars *t, enum hy_field f, mentions *out)
{
    size_t floor = 0, len, end;
    struct hy_amount a;

    for (size_t i = 0; i < t->n; i++) {
        if (t->c[i] == 0x635F && (len = loss(t, f, i, out)) > 0) {
            floor = i + len;
            i = floor - 1;
            continue;
        }
        if ((len = hy_wordlist_at(t, i, &zeros, NULL)) > 0 && !is_asked(t, i)) {
            zero(t, f, i, len, out);
            floor = i + len;
            i = floor - 1;
            continue;
        }
        const struct fact_cue *c = facts_cue_at(t, i, &len);
        if (c == NULL || is_other_word(t, i, len))
            continue;
        if (c->before && before_cue(t, i, floor, true, &a)) {
            add(t, f, c, &a, a.start, i + len, out);
            floor = i + len;
        } else if (c->after && after_cue(t, i + len, &a, &end)) {
            add(t, f, c, &a, i, end, out);
            floor = end;
        } else {
            i += len - 1;
            continue;
        }
        i = HY_MAX(floor, i + len) - 1;
    }
}

struct hy_facts hy_facts_find(struct hy_arena *arena, const struct hy_doc *doc)
{
    mentions out = {0};

    for (int f = HY_TITLE; f < HY_FIELD_COUNT; f++)
        find_field(&doc->field[f], (enum hy_field)f, &out);
    struct hy_mention *v = hy_arena_alloc(arena, (out.n + 1) * sizeof(*v));
    if (out.n)
        memcpy(v, out.v, out.n * sizeof(*v));
    struct hy_facts facts = {.mentions = v, .n_mentions = out.n};
    hy_vec_release(&out);
    hy_facts_choose(&facts, NULL);
    return facts;
}

int64_t hy_facts_gathered(const struct hy_doc *doc)
{
    static struct hy_wordlist acts = {.list = {"聚集", "围堵", "上街", "示威", "堵路", "游行",
                                               "罢工", "静坐", "上访", "集会", "抗议", "停运",
                                               "堵门", "维权", "讨薪", NULL}};
    int64_t most = -1;

    for (int f = HY_TITLE; f < HY_FIELD_COUNT; f++) {
        const struct hy_chars *t = &doc->field[f];
        for (size_t i = 0; i < t->n; i++) {
            struct hy_amount a;
            if (hy_is_han(t->c[i]) && hy_wordlist_at(t, i, &acts, NULL) &&
                before_cue(t, i, 0, false, &a) && a.min < 1e9 && to_count(a.min) > most)
                most = to_count(a.min);
        }
    }
    return most;
}
