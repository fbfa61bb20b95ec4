/* SPDX-License-Identifier: Apache-2.0 */
/* Which numerals of a text are numbers: 四川, 两会 and 星期一 are none, 一打 is twelve.  How a
 * numeral is read says read_numeral.c. */
#include "analyzer/read_parts.h"

#include "core/mem.h"
#include "core/utf8.h"

/* Words that begin with a numeral and count nothing. */
static struct hy_wordlist no_number = {
    .list = {"四川", "三亚",   "五台山", "三明市", "六安",     "四平",   "三门峡", "三峡",
             "九江", "七台河", "五指山", "六盘水", "三沙",     "八达岭", "九寨沟", "二连",
             "五常", "四会",   "三河市", "两岸",   "两会",     "三农",   "四处",   "四周",
             "五金", "五粮液", "三星",   "四环",   "五环",     "三环",   "二环",   "二手",
             "二维", "百姓",   "百货",   "百合",   "百度",     "千万别", "千万不", "千万要",
             "万一", "万科",   "万达",   "万家",   "百科",     "七夕",   "八卦",   "九华山",
             "百色", "千岛",   "万宁",   "百事",   "万里长城", "万物",   "百花",   "千古",
             NULL}};
static struct hy_wordlist counted_by_one = {
    .list = {"个", "個", "只", "隻", "名", "人", "位", "条", "件", "起", "次", "辆", "台",   "架",
             "艘", "间", "栋", "幢", "户", "家", "所", "座", "处", "种", "類", "类", "套",   "份",
             "批", "组", "队", "天", "年", "月", "日", "周", "时", "分", "秒", "元", "块",   "塊",
             "吨", "斤", "公", "克", "米", "里", "亩", "张", "把", "颗", "粒", "根", "支",   "枝",
             "枚", "本", "册", "部", "届", "期", "场", "轮", "层", "楼", "号", "对", "双",   "打",
             "群", "片", "段", "项", "句", "首", "门", "股", "团", "伙", "箱", "桶", "瓶",   "杯",
             "盒", "包", "车", "船", "死", "伤", "男", "女", "岁", "室", "厅", "另", "小时", "例",
             "宗", "具", "头", "匹", "等", "级", "角", "道", "步", "代", "副", "季", "胎",   NULL}};
/* Formal digits that are everyday characters; alone they count only between non-letters. */
static bool is_shy(uint32_t c)
{
    return c == 0x9646 || c == 0x9678 || c == 0x62FE || c == 0x8086 || c == 0x4F0D || c == 0x7396 ||
           c == 0x4FE9 || c == 0x5006;
}

static bool is_open_side(const struct hy_chars *t, size_t i)
{
    return i >= t->n || !hy_is_han(t->c[i]);
}

static bool is_weekday(const struct hy_chars *t, size_t at)
{
    static struct hy_wordlist weeks = {.list = {"星期", "礼拜", "禮拜", "周", "週", NULL}};

    return hy_wordlist_before(t, at, &weeks, NULL) > 0;
}

static bool is_number(const struct hy_chars *t, const struct hy_numeral *n)
{
    uint32_t c = t->c[n->start];

    if (!n->han)
        return !(n->start > 0 && hy_is_ascii_alpha(t->c[n->start - 1]) &&
                 hy_is_ascii_alpha(c) == false && n->end - n->start < 2);
    if (n->negative)
        return true;
    if (hy_wordlist_at(t, n->start, &no_number, NULL))
        return n->end - n->start > 2;
    if (n->end - n->start > 1)
        return true;
    if (is_shy(c))
        return is_open_side(t, n->end) && (n->start == 0 || !hy_is_han(t->c[n->start - 1]));
    if (hy_han_unit(c) >= 100 || is_weekday(t, n->start))
        return false;
    bool counts = hy_wordlist_at(t, n->end, &counted_by_one, NULL) > 0 || is_open_side(t, n->end);
    return counts || (c != 0x4E00 && !hy_is_liang(c));
}

/* 一打 is twelve, 一打开 is not. */
static void dozen(const struct hy_chars *t, struct hy_numeral *n)
{
    static struct hy_wordlist hits = {.list = {"打电", "打开", "打架", "打击", "打砸", "打伤",
                                               "打断", "打破", "打工", "打车", "打下", "打出",
                                               "打压", "打折", "打听", NULL}};

    if (n->end < t->n && t->c[n->end] == 0x6253 && !hy_wordlist_at(t, n->end, &hits, NULL)) {
        n->value *= 12;
        n->max *= 12;
        n->end++;
    }
}

/* May a numeral start here?  Keeps the expensive attempts away from most characters. */
static bool may_start(const struct hy_chars *t, size_t i)
{
    uint32_t c = t->c[i];

    if (c < 0x80)
        return hy_is_digit(c) || ((c == '-' || c == '.') && i + 1 < t->n &&
                                  (hy_is_digit(t->c[i + 1]) || t->c[i + 1] == '.'));
    return hy_han_digit(c) >= 0 || hy_han_unit(c) > 0 || c == 0x8D1F || c == 0x8CA0 || c == 0x534A;
}

static size_t percent_head(const struct hy_chars *t, size_t i)
{
    static struct hy_wordlist heads = {.list = {"百分之", "千分之", "万分之", "萬分之", NULL}};

    return hy_wordlist_at(t, i, &heads, NULL);
}

void hy_read_numbers(const struct hy_chars *t, hy_reading_vec *out)
{
    struct hy_numeral n;

    for (size_t i = 0; i < t->n;) {
        size_t head = may_start(t, i) ? percent_head(t, i) : 0;
        if (head || !may_start(t, i) || !hy_numeral_at(t, i, &n)) {
            i += head ? head : 1;
            continue;
        }
        dozen(t, &n);
        i = n.end;
        if (!is_number(t, &n))
            continue;
        hy_vec_push(out, (struct hy_reading){.kind = HY_READ_NUMBER,
                                             .start = n.start,
                                             .end = n.end,
                                             .resolved = true,
                                             .number = n.value,
                                             .max = n.max,
                                             .bound = n.more});
    }
}
