/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the name of a body from its end: a head (局, 委员会, 法院), then to the left the matters it
 * deals with (规划和自然资源), then the place or rank it belongs to (杭州市, 省, 国家).  What
 * is found decides whether it is a public body at all: see the three kinds of head. */
#include "analyzer/bodies_words.h"

#include "analyzer/read.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "core/vec.h"

#include <string.h>
#include <uchar.h>

enum need {
    ALONE,  /* a body by itself: 派出所 */
    MATTER, /* with a matter: 教育 + 局 */
    OWNER,  /* with a place or rank: 市 + 委 */
    NEED_COUNT
};
static struct hy_wordlist *const heads[] = {
    [ALONE] = &bodies_alone, [MATTER] = &bodies_with_matter, [OWNER] = &bodies_with_owner};
_Static_assert(HY_COUNT(heads) == NEED_COUNT, "heads of every kind");

/* The longest head that ends at `end`: its length and what it needs. */
static size_t head_before(const struct hy_chars *t, size_t end, enum need *ret)
{
    size_t best = 0;

    for (int n = 0; n < NEED_COUNT; n++) {
        size_t len = hy_wordlist_before(t, end, heads[n], NULL);
        if (len > best) {
            best = len;
            *ret = (enum need)n;
        }
    }
    return best;
}

static bool may_end(uint32_t c)
{
    static struct hy_charset lasts = {
        .list = u"科府院局厅部关所方队办处会委人大协馆国军区署室门心组站监法行储"
                u"约盟防检省庭联台网政警管视社党楼构司税指股"};

    return hy_charset_has(&lasts, c);
}

static size_t matters_before(const struct hy_chars *t, size_t end)
{
    size_t at = end, len;

    while ((len = hy_wordlist_before(t, at, &bodies_matters, NULL)) > 0)
        at -= len;
    /* 和应急管理局: a joint at the left edge joins nothing */
    while (at < end &&
           (t->c[at] == 0x548C || t->c[at] == 0x4E0E || t->c[at] == 0x53CA || t->c[at] == 0x3001))
        at++;
    return at;
}

static const struct hy_place *place_ending(const struct hy_place_list *places, enum hy_field f,
                                           size_t end)
{
    for (size_t i = 0; i < places->n; i++)
        if (places->v[i].span.field == f && places->v[i].span.end == end)
            return &places->v[i];
    return NULL;
}

/* A name that needs context to be a place has it here: 和平 + 法院.  Its length, 0 if there is
 * none. */
static size_t name_ending(const struct hy_chars *t, const struct hy_place_list *places, size_t end,
                          const char **ret_code)
{
    enum { LONGEST = 6 };
    size_t len, best = 0;

    for (size_t n = 2; n <= LONGEST && n <= end && places->rules; n++) {
        const struct hy_name *name = hy_places_match(places->rules, t->c, t->n, end - n, n, &len);
        if (name && len == n && name->kind == HY_NAME_DIVISION) {
            best = n;
            *ret_code = name->next ? "" : name->code;
        }
    }
    return best;
}

static bool is_generic(const struct hy_chars *t, size_t start, size_t end)
{
    while (start < end) {
        size_t len = hy_wordlist_at(t, start, &bodies_generic, NULL);
        if (len == 0)
            return false;
        start += len;
    }
    return start == end;
}

struct found {
    size_t start, end, core;
    const struct hy_place *place;
    const char *code;
    bool owner;
};

static bool is_rank_char(uint32_t c)
{
    return c == 0x5E02 || c == 0x53BF || c == 0x533A || c == 0x7701 || c == 0x5DDE || c == 0x9547 ||
           c == 0x4E61 || c == 0x65D7; /* 市县区省州镇乡旗 */
}

/* A place that ends at `at` or, as in 清溪县委, one character into the core. */
static bool owner_place(const struct hy_chars *t, enum hy_field f,
                        const struct hy_place_list *places, size_t at, struct found *b)
{
    const char *code = "";
    size_t len;

    b->place = place_ending(places, f, at);
    if (b->place == NULL && at < t->n && is_rank_char(t->c[at]))
        b->place = place_ending(places, f, at + 1);
    if (b->place) {
        b->start = b->place->span.start;
        b->code = b->place->code;
        return true;
    }
    if ((len = name_ending(t, places, at, &code)) == 0)
        return false;
    b->start = at - len;
    b->code = code;
    return true;
}

/* 近日公安局, 5日公安局: no 日 of Japan. */
static bool is_day(const struct hy_chars *t, size_t start, size_t end)
{
    static struct hy_charset before = {.list = u"近今昨当即翌每次前后"};

    return end - start == 1 && t->c[start] == 0x65E5 && start > 0 &&
           (hy_charset_has(&before, t->c[start - 1]) || hy_is_numeral(t->c[start - 1]));
}

/* To the left of the core: rank, place, or both (杭州市, 市, 中共杭州市). */
static void owner_before(const struct hy_chars *t, enum hy_field f,
                         const struct hy_place_list *places, struct found *b)
{
    size_t at = b->start, len;

    if (owner_place(t, f, places, at, b)) {
        b->owner = true;
    } else if ((len = hy_wordlist_before(t, at, &bodies_ranks, NULL)) > 0) {
        b->start = at - len;
        b->owner = true;
        owner_place(t, f, places, at - len, b);
    } else if ((len = hy_wordlist_before(t, at, &bodies_states, NULL)) > 0 &&
               !is_day(t, at - len, at)) {
        b->owner = true;
        b->start = at - len;
    }
    if (hy_chars_before(t, b->start, "中共"))
        b->start -= 2;
}

static bool breaks(uint32_t c)
{
    static struct hy_charset words = {
        .list = u"的在了是和与及等将被有从到向对为以也都于至由把让说这那其个各每"};

    return hy_charset_has(&words, c) || !hy_is_han(c);
}

/* 法国海岸巡防局: a matter we do not know between a place and a head that only
 * public bodies have. */
static bool unknown_matter(const struct hy_chars *t, enum hy_field f,
                           const struct hy_place_list *places, struct found *b)
{
    enum { REACH = 7 };

    for (size_t at = b->start; at > 0 && b->start - at < REACH && !breaks(t->c[at - 1]);) {
        at--;
        struct found with = *b;
        if ((with.place = place_ending(places, f, at)) == NULL)
            continue;
        b->start = with.place->span.start;
        b->code = with.place->code;
        b->owner = true;
        return true;
    }
    return false;
}

/* 崇安区 + 法院: a district no table knows, written between a place or a sign and the head. */
static void unknown_district(const struct hy_chars *t, enum hy_field f,
                             const struct hy_place_list *places, struct found *b)
{
    static struct hy_wordlist kinds = {.list = {"区", "县", "镇", "乡", "旗", "街道", NULL}};
    static struct hy_wordlist times = {
        .list = {"昨天", "今天", "明天", "前天", "近日", "日前", "当天", "上午", "下午",
                 "中午", "晚上", "今年", "去年", "目前", "现在", "随后", "后来", "当时",
                 "此前", "记者", "据悉", "听说", "因为", "如果", "请问", NULL}};
    size_t len = hy_wordlist_at(t, b->start, &kinds, NULL), at = b->start;
    struct found with = *b;

    if (len == 0 || at < 2 || breaks(t->c[at - 1]) || breaks(t->c[at - 2]))
        return;
    at -= 2;
    if (hy_wordlist_at(t, at, &times, NULL)) /* 昨天 + 街道办 */
        return;
    if (owner_place(t, f, places, at, &with))
        *b = with;
    else if (at == 0 || breaks(t->c[at - 1]))
        b->start = at;
}

/* 公安局 + 禁毒支队, 卫生局 + 医政科: what stands right behind a body, up to a head of a part, is
 * its part. */
static bool is_part(const struct hy_chars *t, const struct hy_body *last, size_t end)
{
    static struct hy_wordlist parts = {.list = {"科", "处", "室", "支队", "大队", "中队", "派出所",
                                                "分局", "司", "局", "中心", "办公室", "委员会",
                                                "总队", "总站", "股", NULL}};
    static struct hy_wordlist others = {.list = {"查处", "论处", "惩处", "副局", "好处", "之处",
                                                 "公司", "教室", "上司", "科室", "用处", "出处",
                                                 "到处", "深处", "住处", "卧室", "局中", "购物中心",
                                                 "持股", "入股", "参股", "配股", "控股", NULL}};
    static struct hy_charset handed = {.list = u"给请找叫"}; /* 信访局推给住建局 */
    enum { REACH = 8 };
    size_t len = hy_wordlist_before(t, end, &parts, NULL);

    bool other = hy_wordlist_before(t, end, &others, NULL) && !hy_chars_before(t, end, "疾控股");
    if (len == 0 || other || end - len < last->span.end || end - last->span.end > REACH + len ||
        end - last->span.end < 3)
        return false;
    for (size_t i = last->span.end; i < end; i++)
        if (breaks(t->c[i]) || hy_charset_has(&handed, t->c[i]))
            return false;
    return true;
}

/* 交警三大队, 第二支队: how many characters of a number stand before a head that is a team. */
static size_t number_of_team(const struct hy_chars *t, size_t start, size_t end)
{
    bool team = t->c[end - 1] == 0x961F; /* 队 */

    if (!team || start < 2 || !hy_is_numeral(t->c[start - 1]) || !hy_is_han(t->c[start - 2]))
        return 0;
    return 1 + (t->c[start - 2] == 0x7B2C /* 第 */);
}

/* In the title of a film or game, or in the name of a university's institute. */
static bool is_elsewhere(const struct hy_chars *t, const struct found *b)
{
    static struct hy_wordlist hosts = {
        .list = {"大学", "学院", "公司", "银行", "证券", "集团", NULL}};
    enum { REACH = 8 };
    size_t open = b->start, close = b->end;

    if (hy_wordlist_before(t, b->start, &hosts, NULL))
        return true;
    while (open > 0 && b->start - open < REACH && t->c[open - 1] != 0x300A)
        open--;
    while (close < t->n && close - b->end < REACH && t->c[close] != 0x300B)
        close++;
    return open > 0 && t->c[open - 1] == 0x300A && close < t->n && t->c[close] == 0x300B;
}

/* `last` is the body found before, NULL if none: what stands right behind it is its sub-unit
 * (农业农村部 + 信息中心). */
static bool body_at(const struct hy_chars *t, enum hy_field f, const struct hy_place_list *places,
                    const struct hy_body *last, size_t end, struct found *ret)
{
    enum need need = ALONE;
    size_t len = head_before(t, end, &need);

    if (len == 0) /* 科: a head of parts alone */
        len = last && last->span.field == f && is_part(t, last, end);
    if (len == 0)
        return false;
    struct found b = {.end = end, .start = end - len};
    bool counted = number_of_team(t, b.start, end) > 0;
    b.start -= number_of_team(t, b.start, end);
    size_t matter = matters_before(t, b.start);
    bool has_matter = matter < b.start;
    b.core = b.start = matter;
    b.code = "";
    bool sub_unit =
        last && last->span.field == f && (last->span.end == b.start || is_part(t, last, end));
    bool own = sub_unit && (counted || hy_chars_before(t, end, "办公室")); /* needs no matter */
    bool part = own || (sub_unit && last->span.end < b.start);
    if (sub_unit) {
        b.start = last->span.start;
        b.code = last->code;
        b.owner = true;
    } else {
        owner_before(t, f, places, &b);
        unknown_district(t, f, places, &b);
    }
    bool single = end - b.core <= 1 + (size_t)has_matter;
    bool strong = hy_wordlist_before(t, end, &bodies_official, NULL) > 0;
    bool known = b.owner;
    if (!b.owner && strong && !hy_wordlist_before(t, end, &bodies_not_bodies, NULL))
        unknown_matter(t, f, places, &b);
    if (need == MATTER && !(has_matter && (!single || b.owner)) && !(b.owner && !known) && !part)
        return false;
    if (need == OWNER && !b.owner)
        return false;
    bool shared = hy_wordlist_before(t, end, &bodies_common, NULL) > 0 && !sub_unit;
    if (need == MATTER && (!b.owner || shared) && is_generic(t, matter, end - len) && !strong)
        return false;
    if (places->sports && t->c[end - 1] == 0x519B) /* 军: a club */
        return false;
    if (!b.owner && need != ALONE && hy_wordlist_before(t, end, &bodies_not_bodies, NULL))
        return false;
    *ret = b;
    return !is_elsewhere(t, &b);
}

typedef HY_VEC(struct hy_body) body_vec;

static void push(const struct hy_chars *t, enum hy_field f, const struct found *b, body_vec *out)
{
    struct hy_body *last = out->n ? &out->v[out->n - 1] : NULL;
    struct hy_body body = {
        .name = hy_chars_text(t, b->start, b->end),
        .span = {f, b->start, b->end},
        .matter = hy_chars_text(t, b->core, b->end),
        .code = b->code,
    };

    if (last && last->span.field == f && last->span.end > b->start) {
        if (b->start <= last->span.start) /* the longer reading of the same words */
            *last = body;
        return;
    }
    hy_vec_push(out, body);
}

/* 部 in 部队, 会 in 会议, 军 in 军事: the head continues as another word. */
static bool continues(const struct hy_chars *t, size_t end)
{
    static struct hy_wordlist rest = {
        .list = {"科技",       "科学",   "科研",   "科普",         "室内",   "室外",   "部分",
                 "部队",       "部署",   "会议",   "会员",         "会展",   "会长",   "军事",
                 "军人",       "军官",   "军舰",   "军机",         "军用",   "军工",   "军校",
                 "处理",       "处罚",   "处于",   "处长",         "办理",   "办事",   "办法",
                 "局面",       "局势",   "所有",   "所以",         "所在",   "所谓",   "站在",
                 "委托",       "人大代", "监控",   "监督",         "监管",   "省会",   "心理",
                 "委员",       "办公",   "处置",   "军装",         "队员",   "军基地", "军学院",
                 "军上将",     "军中将", "军少将", "军博物",       "军总部", "军支援", "军时报",
                 "军型",       "军迷",   "军法",   "联房地产商会", "联商会", "军师",   "军火",
                 "军阀",       "军歼",   "军服",   "军用",         "司令",   "司机",   "大楼盘",
                 "人民银行行", "府公务", "军衔",   "军区",         "部落",   "网站",   "法律",
                 "管理",       "警大队", "警支队", "警总队",       "警中队", "院报刊", "院报记",
                 "院报评",     "院报》", "安报记", "股票",         "股东",   "股份",   "股市",
                 "股价",       "股民",   NULL}};

    /* 美国空军官员, 陆军人数: what looks like another word belongs to the next one */
    static struct hy_wordlist apart = {.list = {"军官员", "军人数", "军火力", "军歼", "军支援",
                                                "办公布", "办公告", "办公示", "办公开", NULL}};

    return hy_wordlist_at(t, end - 1, &rest, NULL) > 0 && !hy_wordlist_at(t, end - 1, &apart, NULL);
}

/* The last characters of what colloquial_at() knows. */
static bool may_call(uint32_t c)
{
    return c == 0x91CC || c == 0x4E0A || c == 0x5385 || c == 0x5C40; /* 里上厅局 */
}

/* 县里表示, 省厅派人: how people call their government, and only where it does something: 城市里,
 * 生活区里, 区里停满了车 are places. */
static bool colloquial_at(const struct hy_chars *t, size_t end, struct found *ret)
{
    static struct hy_wordlist names = {
        .list = {"省里", "市里", "县里", "区里", "镇里", "镇上", "乡里", "局里", "厅里", "委里",
                 "省厅", "省局", "市局", "县局", "区局", "州局", "旗里", "州里", NULL}};
    static struct hy_wordlist does = {
        .list = {"表示", "说",   "称",   "答复",     "回应",     "回复",     "决定",   "要求",
                 "派",   "组织", "答应", "让我",     "让村",     "批",       "来人",   "下了",
                 "下文", "下发", "通知", "承诺",     "开会",     "统一",     "安排",   "同意",
                 "拨",   "成立", "研究", "出面",     "介入",     "出台",     "公布",   "通报",
                 "领导", "有关", "不管", "督办",     "工作组",   "专班",     "督导",   "牵头",
                 "约谈", "责成", "叫停", "高度重视", "正在研究", "正在处理", "已经批", NULL}};
    size_t len = hy_wordlist_before(t, end, &names, NULL);
    size_t next = end + hy_chars_at(t, end, "面");

    if (len == 0 || (end > len && !breaks(t->c[end - len - 1])) ||
        !hy_wordlist_at(t, next, &does, NULL))
        return false;
    *ret = (struct found){.start = end - len, .end = end, .core = end - len, .code = ""};
    return true;
}

static void find_field(const struct hy_chars *t, enum hy_field f,
                       const struct hy_place_list *places, body_vec *out)
{
    struct found b;

    for (size_t i = 1; i <= t->n; i++)
        if (may_call(t->c[i - 1]) && colloquial_at(t, i, &b))
            push(t, f, &b, out);
        else if (may_end(t->c[i - 1]) &&
                 body_at(t, f, places, out->n ? &out->v[out->n - 1] : NULL, i, &b) &&
                 !continues(t, i))
            push(t, f, &b, out);
}

struct hy_body_list hy_bodies_find(struct hy_arena *arena, const struct hy_doc *doc,
                                   const struct hy_place_list *places)
{
    body_vec out = {0};

    for (int f = HY_TITLE; f < HY_FIELD_COUNT; f++)
        find_field(&doc->field[f], (enum hy_field)f, places, &out);
    struct hy_body *v = hy_arena_alloc(arena, (out.n + 1) * sizeof(*v));
    if (out.n)
        memcpy(v, out.v, out.n * sizeof(*v));
    struct hy_body_list list = {v, out.n};
    hy_vec_release(&out);
    return list;
}

void hy_bodies_write(const struct hy_body_list *list, const struct hy_doc *doc, struct hy_buf *out)
{
    hy_buf_char(out, '[');
    for (size_t i = 0; i < list->n; i++) {
        const struct hy_body *b = &list->v[i];
        const struct hy_chars *t = &doc->field[b->span.field];
        if (i)
            hy_buf_char(out, ',');
        hy_buf_char(out, '{');
        hy_json_put_key(out, "end");
        hy_buf_int(out, (int64_t)hy_chars_offset_end(t, b->span.end));
        hy_json_put_key(out, "field");
        hy_json_put_str(out, hy_str(hy_field_name[b->span.field]));
        hy_json_put_key(out, "name");
        hy_json_put_str(out, b->name);
        hy_json_put_key(out, "start");
        hy_buf_int(out, (int64_t)hy_chars_offset(t, b->span.start));
        hy_buf_char(out, '}');
    }
    hy_buf_char(out, ']');
}
