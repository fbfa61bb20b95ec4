/* SPDX-License-Identifier: Apache-2.0 */
/* Finds the names of places in a document and judges them.
 *
 * Three steps.  `collect` lists every name that is not obviously a road or part of another word.
 * `resolve` chooses one meaning per name: what stands in one row with it (河北省崇礼县), what is
 * named elsewhere in the document, the office itself, the highest level; names that need context
 * and find none are dropped.  `emit` joins rows of names, adds the rest of an address, and compares
 * the code with the office's own. */
#include "analyzer/places.h"

#include "analyzer/address.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "core/vec.h"

#include <string.h>
#include <uchar.h>

const char *const hy_place_where_name[] = {"mine", "above", "elsewhere", "foreign", "unknown"};
_Static_assert(HY_COUNT(hy_place_where_name) == HY_PLACE_WHERE_COUNT, "name every judgement");

enum { NEAR_CHARS = 30, MAX_MEANINGS = 64, FIRST_NAMES = 16, NEIGHBOURS = 64 };

struct candidate {
    const struct hy_name *name; /* first meaning; then the chosen one */
    struct hy_span span;
    bool firm; /* one meaning, needs no context */
    bool dropped;
    bool follows; /* stands right behind the one before it */
};

typedef HY_VEC(struct candidate) candidates;

static bool is_prefix(const char *a, const char *of)
{
    return a[0] && strncmp(a, of, strlen(a)) == 0;
}

/* ---- collect ---- */

/* 河南路, 南京东路, 北京大街: the name of a road, whatever city it is in. */
static bool is_road(const struct hy_chars *t, size_t end)
{
    static struct hy_wordlist roads = {.list = {"路",   "街",   "大街",   "大道", "道口", "巷",
                                                "东路", "西路", "南路",   "北路", "中路", "东街",
                                                "西街", "南街", "北街",   "一路", "二路", "三路",
                                                "四路", "环路", "里小区", "新村", NULL}};
    static struct hy_wordlist not_road = {.list = {"路段", "路况", "路网", "路上", "路边", "街头",
                                                   "街上", "路透", "路线", "街坊", "路人", "路遇",
                                                   "街景", "道路", "路面", "街道", NULL}};

    return hy_wordlist_at(t, end, &roads, NULL) > 0 && !hy_wordlist_at(t, end, &not_road, NULL);
}

/* 北京银行, 上海大众: a firm or a dish, not the city - left to the stop words; here only what
 * follows by form. */
static bool is_inside_word(const struct hy_chars *t, size_t start, size_t end,
                           const struct hy_name *n)
{
    if (!n->shortened || n->level < HY_DIV_COUNTY)
        return false;
    uint32_t before = start > 0 ? t->c[start - 1] : 0, after = end < t->n ? t->c[end] : 0;
    static const char16_t bad_after[] = u"化性度们着";

    (void)before;
    for (size_t i = 0; bad_after[i]; i++)
        if (bad_after[i] == after)
            return true;
    return false;
}

static bool acceptable(const struct hy_chars *t, size_t start, size_t end, const struct hy_name *n)
{
    /* 福州市民: the city and its citizens */
    if (n->kind == HY_NAME_DIVISION && !n->shortened && end < t->n && t->c[end - 1] == 0x5E02 &&
        (t->c[end] == 0x6C11 || t->c[end] == 0x573A))
        return false;
    if (n->kind != HY_NAME_DIVISION || !n->shortened)
        return true;
    return !is_road(t, end) && !is_inside_word(t, start, end, n);
}

static bool near_word(const struct hy_chars *t, const struct hy_span *s, const struct hy_name *n)
{
    size_t from = s->start > NEAR_CHARS ? s->start - NEAR_CHARS : 0;
    size_t to = HY_MIN(s->end + NEAR_CHARS, t->n);

    for (size_t w = 0; w < n->n_near; w++)
        for (size_t i = from; i < to; i++)
            if (hy_chars_at(t, i, n->near[w]))
                return true;
    return n->n_near == 0;
}

/* 崇礼县: a name the table has as 崇礼区 today; counties become districts and cities. */
static bool was_county(const struct hy_chars *t, size_t end, const struct hy_name *n)
{
    uint32_t c = end < t->n ? t->c[end] : 0, next = end + 1 < t->n ? t->c[end + 1] : 0;

    return n->kind == HY_NAME_DIVISION && n->shortened && n->level == HY_DIV_COUNTY &&
           n->next == NULL && (c == 0x53BF || (c == 0x5E02 && next != 0x573A && next != 0x6C11));
}

static bool is_firm(const struct hy_name *n)
{
    return n->kind == HY_NAME_DIVISION && n->next == NULL && !n->guarded && n->level != HY_DIV_TOWN;
}

static void collect_field(const struct hy_places *rules, const struct hy_chars *t,
                          enum hy_field field, candidates *out)
{
    const struct hy_place_tries names = hy_places_tries(rules);
    size_t len = 0;

    for (size_t i = 0; i < t->n;) {
        const struct hy_name *n =
            t->c[i] < 0x2E80 || !hy_place_may_begin(&names, t->c[i], t->c[i + 1])
                ? NULL
                : hy_places_match(rules, t->c, t->n, i, SIZE_MAX, &len);
        while (n && n->kind != HY_NAME_STOP && !acceptable(t, i, i + len, n))
            n = len > 1 ? hy_places_match(rules, t->c, t->n, i, len - 1, &len) : NULL;
        if (n == NULL) {
            i++;
            continue;
        }
        if (n->kind != HY_NAME_STOP) {
            bool renamed = was_county(t, i + len, n);
            len += renamed;
            struct candidate c = {
                .name = n, .span = {field, i, i + len}, .firm = renamed || is_firm(n)};
            c.follows = out->n && out->v[out->n - 1].span.field == field &&
                        out->v[out->n - 1].span.end == i;
            hy_vec_push(out, c);
        }
        i += len;
    }
}

/* ---- resolve ---- */

/* How well does the code fit what else the document names?  0: not at all. */
static int support(const candidates *all, size_t self, const char *code, const char *own)
{
    int best = 0;

    /* The first names of a document say what it is about; else neighbours count. */
    for (size_t k = 0; k < all->n; k++) {
        if (k == FIRST_NAMES && self > FIRST_NAMES + NEIGHBOURS)
            k = self - NEIGHBOURS;
        if (k > self + NEIGHBOURS)
            break;
        const struct candidate *c = &all->v[k];
        if (k == self || !c->firm || c->dropped)
            continue;
        int s = 0;
        if (is_prefix(c->name->code, code))
            s = 2 + 2 * (int)strlen(c->name->code);
        else if (strlen(code) >= 6 && strlen(c->name->code) >= 6 &&
                 strncmp(code, c->name->code, 4) == 0)
            s = 7; /* a neighbour in the same city */
        else if (is_prefix(code, c->name->code))
            s = 6;
        best = HY_MAX(best, s);
    }
    if (own[0] && (is_prefix(own, code) || is_prefix(code, own)))
        best = HY_MAX(best, 5);
    return best;
}

static const struct hy_name *choose(const candidates *all, size_t i, const char *own,
                                    int *ret_support)
{
    const struct hy_name *best = NULL;
    const struct candidate *prev =
        i && all->v[i].follows && !all->v[i - 1].dropped ? &all->v[i - 1] : NULL;
    int best_score = 0, meanings = 0;

    for (const struct hy_name *n = all->v[i].name; n && meanings < MAX_MEANINGS; n = n->next) {
        int s = n->kind == HY_NAME_DIVISION ? support(all, i, n->code, own) : 1;
        meanings++;
        if (prev && prev->name && prev->name->kind == HY_NAME_DIVISION &&
            is_prefix(prev->name->code, n->code))
            s += 100;
        if (s > best_score) {
            best_score = s;
            best = n;
        }
    }
    *ret_support = best_score;
    return best;
}

/* Without support: the only meaning of its level may stand (吉林 the province before the city). */
static const struct hy_name *by_level(const struct hy_name *n)
{
    if (n->next == NULL || n->next->kind != HY_NAME_DIVISION || n->next->level > n->level)
        return n;
    return NULL;
}

static void resolve(const struct hy_places *rules, const struct hy_doc *doc, candidates *all)
{
    const char *own = hy_places_own_code(rules);

    for (size_t i = 0; i < all->n; i++) {
        struct candidate *c = &all->v[i];
        int s = 0;
        if (c->name->kind == HY_NAME_LOCAL) {
            c->dropped = !near_word(&doc->field[c->span.field], &c->span, c->name);
            continue;
        }
        if (c->name->kind != HY_NAME_DIVISION || c->firm)
            continue;
        const struct hy_name *n = choose(all, i, own, &s);
        bool leads = i + 1 < all->n && all->v[i + 1].follows &&
                     all->v[i + 1].name->kind == HY_NAME_DIVISION &&
                     is_prefix(c->name->code, all->v[i + 1].name->code);
        if (s > 1)
            c->name = n;
        else if (c->name->guarded && !leads)
            c->dropped = true;
        else if ((n = by_level(c->name)) != NULL)
            c->name = n;
        else
            c->name = NULL; /* a place, but which one? */
        if (c->name && !c->dropped && (s > 1 || c->name->level <= HY_DIV_CITY))
            c->firm = true;
    }
}

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

/* In sports news the name of a city abroad is the name of its club. */
static bool is_sports(const struct hy_chars *t)
{
    static struct hy_wordlist words = {.list = {"英超", "意甲", "西甲", "德甲", "法甲", "欧冠",
                                                "主场", "客场", "联赛", "让球", "盘口", "主帅",
                                                "球队", "中场", "前锋", "后卫", "进球", "足彩",
                                                "球员", "主胜", "平局", "赔率", "战平", NULL}};

    for (size_t i = 0; i + 1 < t->n; i++)
        if (hy_is_han(t->c[i]) && hy_wordlist_at(t, i, &words, NULL))
            return true;
    return false;
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
        (!whole && hy_address_is_attached(t, p.span.end)) || is_work(t, p.span.start, p.span.end) ||
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
        collect_field(rules, &doc->field[f], (enum hy_field)f, &all);
    bool sports = may_be_clubs(&all, doc) &&
                  (is_sports(&doc->field[HY_TITLE]) || is_sports(&doc->field[HY_TEXT]));
    resolve(rules, doc, &all);
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
        hy_json_put_int(out, (int64_t)hy_chars_offset_end(t, p->span.end));
        if (p->exact) {
            hy_json_put_key(out, "exact");
            hy_buf_puts(out, "true");
        }
        hy_json_put_key(out, "field");
        hy_json_put_str(out, hy_str(hy_field_name[p->span.field]));
        hy_json_put_key(out, "name");
        hy_json_put_str(out, p->name);
        hy_json_put_key(out, "start");
        hy_json_put_int(out, (int64_t)hy_chars_offset(t, p->span.start));
        hy_json_put_key(out, "where");
        hy_json_put_str(out, hy_str(hy_place_where_name[p->where]));
        hy_buf_char(out, '}');
    }
    hy_buf_char(out, ']');
}
