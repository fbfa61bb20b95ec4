/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the names of places in a document and judges them.
 *
 * Three steps.  places_collect.c lists every name that is not obviously a road or part of another
 * word, places_resolve.c chooses one meaning per name or drops it.  `emit`, here, joins rows of
 * names, adds the rest of an address, and compares the code with the office's own. */
#include "analyzer/places_parts.h"

#include "analyzer/address.h"
#include "core/mem.h"
#include "core/utf8.h"

const char *const hy_place_where_name[] = {"mine", "above", "elsewhere", "foreign", "unknown"};
_Static_assert(HY_COUNT(hy_place_where_name) == HY_PLACE_WHERE_COUNT, "name every judgement");

/* ---- emit ---- */

static enum hy_place_where judge(const struct hy_name *n, const char *own)
{
    if (n == NULL || n->kind == HY_NAME_REGION)
        return HY_PLACE_UNKNOWN;
    if (n->kind == HY_NAME_FOREIGN)
        return HY_PLACE_FOREIGN;
    if (own[0] == '\0' || is_prefix(own, n->code))
        return HY_PLACE_MINE;
    return is_prefix(n->code, own) ? HY_PLACE_ABOVE : HY_PLACE_ELSEWHERE;
}

typedef HY_VEC(struct hy_place) places_vec;

/* 《赤壁》: the name of a film or book. */
static bool is_work(const struct hy_chars *t, size_t start, size_t end)
{
    enum { REACH = 8 };
    size_t open = start, close = end;

    while (open > 0 && start - open < REACH && t->c[open - 1] != 0x300A && t->c[open - 1] != 0x300B)
        open--;
    while (close < t->n && close - end < REACH && t->c[close] != 0x300B && t->c[close] != 0x300A)
        close++;
    return open > 0 && t->c[open - 1] == 0x300A && close < t->n && t->c[close] == 0x300B;
}

/* 美国选手, 日本承诺: a state acts or owns, it is where nothing happens.  在美国, 美国东部 and
 * 日本发生地震 are places. */
static bool is_actor(const struct hy_chars *t, size_t start, size_t end)
{
    static struct hy_wordlist states = {
        .list = {"美国",     "英国",     "法国",     "德国",     "俄罗斯",   "日本",   "韩国",
                 "朝鲜",     "印度",     "伊朗",     "伊拉克",   "以色列",   "意大利", "加拿大",
                 "澳大利亚", "新西兰",   "西班牙",   "葡萄牙",   "荷兰",     "比利时", "瑞士",
                 "瑞典",     "挪威",     "芬兰",     "丹麦",     "波兰",     "乌克兰", "土耳其",
                 "埃及",     "南非",     "巴西",     "墨西哥",   "阿根廷",   "智利",   "秘鲁",
                 "阿富汗",   "巴基斯坦", "泰国",     "越南",     "缅甸",     "老挝",   "柬埔寨",
                 "新加坡",   "马来西亚", "印尼",     "菲律宾",   "蒙古国",   "叙利亚", "沙特",
                 "苏联",     "希腊",     "爱尔兰",   "奥地利",   "匈牙利",   "捷克",   "罗马尼亚",
                 "保加利亚", "塞尔维亚", "克罗地亚", "哥伦比亚", "委内瑞拉", "古巴",   "尼日利亚",
                 "肯尼亚",   "利比亚",   "黎巴嫩",   "约旦",     "科威特",   "阿联酋", "卡塔尔",
                 "也门",     "尼泊尔",   "斯里兰卡", "孟加拉国", "梵蒂冈",   "冰岛",   "摩洛哥",
                 "欧洲",     "亚洲",     "非洲",     "北美",     "南美",     "拉美",   NULL}};
    static struct hy_wordlist to = {
        .list = {"在",   "于",   "赴",   "抵", "往", "到", "至", "从",   "自",   "回", "入", "进",
                 "离开", "飞往", "位处", "经", "去", "来", "驻", "访问", "遍布", "场", NULL}};
    static struct hy_wordlist at = {
        .list = {"东",   "南",   "西",   "北",   "中部", "境", "沿海", "海域", "当地", "各地",
                 "多地", "全国", "本土", "首都", "发生", "遭", "突发", "大",   "强",   "一",
                 "爆发", "地震", "暴雨", "山火", "森林", "洪", "飓风", "龙卷", "空难", "坠",
                 "客机", "枪",   "恐",   "爆",   "火",   "州", "城",   "最",   "位于",
                 "和",   "及",   "与",   "等",   "方向", "交界", NULL}};

    if (end == t->n || !hy_is_han(t->c[end])) /* 泰国、韩国 */
        return false;
    return hy_wordlist_before(t, end, &states, NULL) == end - start &&
           hy_wordlist_before(t, start, &to, NULL) == 0 && hy_wordlist_at(t, end, &at, NULL) == 0;
}

static bool is_latin(uint32_t c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* 热那亚vs博洛尼亚 */
static bool is_versus(const struct hy_chars *t, size_t i)
{
    return (t->c[i] | 0x20) == 'v' && (t->c[i + 1] | 0x20) == 's' &&
           (i == 0 || !is_latin(t->c[i - 1])) && (i + 2 == t->n || !is_latin(t->c[i + 2]));
}

/* In sports news the name of a city abroad is the name of its club. */
static bool is_sports(const struct hy_chars *t)
{
    static struct hy_wordlist words = {.list = {"英超", "意甲", "西甲", "德甲", "法甲", "欧冠",
                                                "主场", "客场", "联赛", "让球", "盘口", "主帅",
                                                "球队", "中场", "前锋", "后卫", "进球", "足彩",
                                                "球员", "主胜", "平局", "赔率", "战平", "胜赔",
                                                "负赔", "欧赔", "亚盘", "盘口", "客胜", "球迷",
                                                "赛季", "轮比赛", "球半", "平手", "主队", "客队",
                                                "冠军杯", "门将", "国脚", "破门", "助攻", NULL}};

    for (size_t i = 0; i + 1 < t->n; i++)
        if ((hy_is_han(t->c[i]) && hy_wordlist_at(t, i, &words, NULL)) || is_versus(t, i))
            return true;
    return false;
}

/* 发展银行深圳分行: the town a branch is named after */
static bool is_branch(const struct hy_chars *t, size_t start)
{
    static struct hy_wordlist owners = {.list = {"银行", NULL}};

    return hy_wordlist_before(t, start, &owners, NULL) > 0;
}

static bool has_char(const struct hy_chars *t, uint32_t c)
{
    for (size_t i = 0; i < t->n; i++)
        if (t->c[i] == c)
            return true;
    return false;
}

/* Asked only where the answer matters: a place abroad is named, or an army (国际米兰 and 红军). */
static bool may_be_clubs(const candidates *all, const struct hy_doc *doc)
{
    for (size_t i = 0; i < all->n; i++)
        for (const struct hy_name *n = all->v[i].name; n; n = n->next)
            if (n->kind == HY_NAME_FOREIGN)
                return true;
    return has_char(&doc->field[HY_TITLE], 0x519B) || has_char(&doc->field[HY_TEXT], 0x519B);
}

static void emit_one(const struct hy_places *rules, const struct hy_doc *doc, const candidates *all,
                     bool sports, size_t *at, places_vec *out)
{
    const struct candidate *c = &all->v[*at];
    const struct hy_name *finest = c->name;
    struct hy_place p = {.code = "", .span = c->span};
    size_t i = *at + 1;

    /* 河北省 崇礼县 高家营镇: each within the one before it */
    for (; i < all->n && all->v[i].follows && !all->v[i].dropped; i++) {
        const struct hy_name *n = all->v[i].name;
        if (n && finest && n->code[0] && finest->code[0] && !is_prefix(finest->code, n->code))
            break;
        if (n && (n->kind == HY_NAME_NATION ||
                  (finest && n->kind == HY_NAME_FOREIGN && finest->kind != HY_NAME_FOREIGN)))
            break;
        if (n && (n->code[0] || finest == NULL))
            finest = n;
        p.span.end = all->v[i].span.end;
    }
    *at = i;
    const struct hy_chars *t = &doc->field[p.span.field];
    /* 四平人 is no place; 四平市人才公寓, 云岭县农商行, 清溪县景区 lie in theirs. */
    bool whole = finest && finest->kind == HY_NAME_DIVISION && !finest->shortened;
    p.attached =
        (!whole && hy_address_is_attached(t, p.span.end)) || is_branch(t, p.span.start) ||
        is_work(t, p.span.start, p.span.end) ||
        (finest && finest->kind == HY_NAME_FOREIGN && is_actor(t, p.span.start, p.span.end)) ||
        (finest && (finest->kind == HY_NAME_REGION || (finest->kind == HY_NAME_FOREIGN && sports)));
    size_t named = p.span.end;
    p.span.end = hy_address_tail(t, named);
    p.exact = p.span.end > named || (finest && finest->kind == HY_NAME_LOCAL);
    p.name = hy_chars_text(t, p.span.start, p.span.end);
    p.where = judge(finest, hy_places_own_code(rules));
    if (finest && (finest->kind == HY_NAME_DIVISION || finest->kind == HY_NAME_LOCAL)) {
        p.code = finest->code;
        p.level = (int)strlen(p.code) == 9 ? HY_DIV_TOWN : (int)strlen(p.code) / 2;
        p.exact |= p.level == HY_DIV_TOWN;
    }
    hy_vec_push(out, p);
}

static bool inside(const places_vec *v, enum hy_field field, size_t at)
{
    const struct hy_place *last = v->n ? &v->v[v->n - 1] : NULL;

    return last && last->span.field == field && at < last->span.end;
}

/* Addresses that begin with no known name, between the known ones. */
static void emit_addresses(const struct hy_doc *doc, enum hy_field field, size_t from, size_t to,
                           places_vec *out)
{
    const struct hy_chars *t = &doc->field[field];
    size_t start, end;

    while (hy_address_next(t, from, to, &start, &end)) {
        hy_vec_push(out, (struct hy_place){.code = "",
                                           .name = hy_chars_text(t, start, end),
                                           .span = {field, start, end},
                                           .exact = true,
                                           .where = HY_PLACE_UNKNOWN});
        from = end;
    }
}

static void emit(const struct hy_places *rules, const struct hy_doc *doc, const candidates *all,
                 bool sports, places_vec *out)
{
    size_t i = 0;

    for (int f = HY_TITLE; f < HY_FIELD_COUNT; f++) {
        size_t from = 0;
        while (i < all->n && all->v[i].span.field == (enum hy_field)f) {
            const struct candidate *c = &all->v[i];
            if (c->dropped || (c->name && c->name->kind == HY_NAME_NATION) ||
                inside(out, (enum hy_field)f, c->span.start)) {
                i++;
                continue;
            }
            if (c->span.start > from)
                emit_addresses(doc, (enum hy_field)f, from, c->span.start, out);
            emit_one(rules, doc, all, sports, &i, out);
            from = out->v[out->n - 1].span.end;
        }
        if (from < doc->field[f].n)
            emit_addresses(doc, (enum hy_field)f, from, doc->field[f].n, out);
    }
}

struct hy_place_list hy_places_find(struct hy_arena *arena, const struct hy_places *rules,
                                    const struct hy_doc *doc)
{
    candidates all = {0};
    places_vec out = {0};

    for (int f = HY_TITLE; f < HY_FIELD_COUNT; f++)
        places_collect(rules, &doc->field[f], (enum hy_field)f, &all);
    bool sports = may_be_clubs(&all, doc) &&
                  (is_sports(&doc->field[HY_TITLE]) || is_sports(&doc->field[HY_TEXT]));
    places_resolve(rules, doc, &all);
    emit(rules, doc, &all, sports, &out);
    struct hy_place *v = hy_arena_alloc(arena, (out.n + 1) * sizeof(*v));
    if (out.n)
        memcpy(v, out.v, out.n * sizeof(*v));
    struct hy_place_list list = {v, out.n, rules, sports};
    hy_vec_release(&all);
    hy_vec_release(&out);
    return list;
}

/* ---- questions ---- */

const struct hy_place *hy_places_own(const struct hy_place_list *list)
{
    const struct hy_place *best = NULL;

    for (size_t i = 0; i < list->n; i++)
        if (list->v[i].where == HY_PLACE_MINE && (best == NULL || list->v[i].level > best->level))
            best = &list->v[i];
    return best;
}

bool hy_places_is_elsewhere(const struct hy_place_list *list)
{
    bool other = false;

    for (size_t i = 0; i < list->n; i++) {
        if (list->v[i].where == HY_PLACE_MINE)
            return false;
        other |= list->v[i].where == HY_PLACE_ELSEWHERE || list->v[i].where == HY_PLACE_FOREIGN;
    }
    return other;
}

bool hy_places_is_foreign(const struct hy_place_list *list)
{
    bool foreign = false;

    for (size_t i = 0; i < list->n; i++) {
        if (list->v[i].where == HY_PLACE_MINE || list->v[i].where == HY_PLACE_ELSEWHERE)
            return false;
        foreign |= list->v[i].where == HY_PLACE_FOREIGN;
    }
    return foreign;
}

void hy_places_write(const struct hy_place_list *list, const struct hy_doc *doc, struct hy_buf *out)
{
    hy_buf_char(out, '[');
    for (size_t i = 0; i < list->n; i++) {
        const struct hy_place *p = &list->v[i];
        const struct hy_chars *t = &doc->field[p->span.field];
        if (p->attached)
            continue;
        if (out->p[out->n - 1] == '}')
            hy_buf_char(out, ',');
        hy_buf_char(out, '{');
        hy_json_put_key(out, "code");
        hy_json_put_str(out, hy_str(p->code));
        hy_json_put_key(out, "end");
        hy_buf_int(out, (int64_t)hy_chars_offset_end(t, p->span.end));
        if (p->exact) {
            hy_json_put_key(out, "exact");
            hy_buf_puts(out, "true");
        }
        hy_json_put_key(out, "field");
        hy_json_put_str(out, hy_str(hy_field_name[p->span.field]));
        hy_json_put_key(out, "name");
        hy_json_put_str(out, p->name);
        hy_json_put_key(out, "start");
        hy_buf_int(out, (int64_t)hy_chars_offset(t, p->span.start));
        hy_json_put_key(out, "where");
        hy_json_put_str(out, hy_str(hy_place_where_name[p->where]));
        hy_buf_char(out, '}');
    }
    hy_buf_char(out, ']');
}
