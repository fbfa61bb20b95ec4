/* SPDX-License-Identifier: Apache-2.0 */
/* Names of places made of what was read.  Full names come from the table; short names (北京, 崇礼,
 * 延边) are derived by dropping the suffix, and the names of peoples in 自治州 and 自治县.  An
 * office's names lie over the country's: a text that the office names stands for all its meanings.
 */
#include "rules/places_parts.h"

#include "core/mem.h"
#include "core/trie.h"
#include "core/utf8.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_NAME = 64 };

enum hy_division_level places_level(const char *code)
{
    switch (strlen(code)) {
    case 2:
        return HY_DIV_PROVINCE;
    case 4:
        return HY_DIV_CITY;
    case 6:
        return HY_DIV_COUNTY;
    case 9:
        return HY_DIV_TOWN;
    default:
        return HY_DIV_NONE;
    }
}

static void add(struct hy_places *p, struct hy_name n)
{
    n.own = p->national != NULL;
    hy_vec_push(&p->names, n);
}

static const char *const suffixes[] = {"特别行政区", "自治区", "自治州", "自治县", "自治旗",
                                       "地区",       "林区",   "省",     "市",     "县",
                                       "区",         "旗",     "盟",     NULL};
/* Longest first where one ends with another. */
static const char *const peoples[] = {
    "维吾尔", "哈萨克", "柯尔克孜", "塔吉克",   "乌孜别克", "俄罗斯族", "鄂温克族", "达斡尔族",
    "鄂伦春", "蒙古族", "蒙古",     "回族",     "藏族",     "苗族",     "彝族",     "壮族",
    "布依族", "朝鲜族", "满族",     "侗族",     "瑶族",     "白族",     "土家族",   "哈尼族",
    "傣族",   "黎族",   "傈僳族",   "佤族",     "畲族",     "高山族",   "拉祜族",   "水族",
    "东乡族", "纳西族", "景颇族",   "土族",     "仫佬族",   "羌族",     "布朗族",   "撒拉族",
    "毛南族", "仡佬族", "锡伯族",   "阿昌族",   "普米族",   "怒族",     "保安族",   "裕固族",
    "独龙族", "各族",   "哈萨克族", "塔吉克族", NULL};

static bool drop_end(struct hy_str *s, const char *const *ends)
{
    for (size_t i = 0; ends[i]; i++) {
        struct hy_str e = hy_str(ends[i]);
        if (hy_str_ends(*s, e) && s->n >= e.n + 6) { /* two characters stay */
            s->n -= e.n;
            return true;
        }
    }
    return false;
}

/* 延边朝鲜族自治州 -> 延边; 双江拉祜族佤族布朗族傣族自治县 -> 双江 */
static struct hy_str shortened(struct hy_str name)
{
    struct hy_str s = name;

    if (!drop_end(&s, suffixes))
        return hy_str("");
    if (hy_str_has(name, HY_STR("自治")))
        while (drop_end(&s, peoples))
            ;
    return s;
}

/* The value of a whole word, 0 when the trie has none such. */
uint32_t places_value(const struct hy_trie *t, struct hy_str word)
{
    uint32_t c[MAX_NAME], value = 0;
    size_t n = 0;

    for (size_t at = 0; at < word.n && n < MAX_NAME;)
        c[n++] = hy_utf8_next(word, &at);
    return t && hy_trie_longest(t, c, n, n, &value) == n ? value : 0;
}

static bool is_guarded(const struct hy_places *p, struct hy_str s)
{
    return places_value(p->guards, s) || (p->national && places_value(p->national->guards, s));
}

static void add_short(struct hy_places *p, const struct hy_name *full)
{
    struct hy_str name = hy_str(full->text), s = shortened(name);
    struct hy_name n = *full;

    if (s.n == 0 || full->level == HY_DIV_TOWN || full->level == HY_DIV_NONE)
        return;
    char *made = hy_str_dup(s);
    hy_vec_push(&p->made, made);
    n.text = made;
    n.shortened = true;
    /* Short names of districts are everyday words too often: 和平, 新华, 朝阳, 城关. */
    n.guarded = is_guarded(p, s) ||
                (full->level == HY_DIV_COUNTY && hy_str_ends(name, HY_STR("区")) && s.n <= 6);
    add(p, n);
}

/* Towns and streets have 001 to 399 within their county; from 400 on the table counts what is like
 * one: 化工园区, 农场, 高新区.  It has few of them, so that a name in it once says nothing. */
static bool is_like_town(const char *code, struct hy_str name)
{
    return strlen(code) == 9 && code[6] >= '4' && !hy_str_ends(name, HY_STR("镇")) &&
           !hy_str_ends(name, HY_STR("乡")) && !hy_str_ends(name, HY_STR("街道"));
}

static void add_division(struct hy_places *p, const char *code, const char *text)
{
    struct hy_name n = {.kind = HY_NAME_DIVISION,
                        .level = places_level(code),
                        .code = code,
                        .text = text,
                        .guarded = is_like_town(code, hy_str(text)) ||
                                   is_guarded(p, hy_str(text))};

    add(p, n);
    add_short(p, &n);
}

static void add_texts(struct hy_places *p, const struct hy_texts *t, enum hy_name_kind kind)
{
    for (size_t i = 0; i < t->n; i++)
        add(p, (struct hy_name){.kind = kind, .code = "", .text = t->v[i]});
}

static void add_rows(struct hy_places *p)
{
    const struct division_row *d = p->file.divisions.v;
    const struct local_row *l = p->file.local.v;

    for (size_t i = 0; i < p->file.divisions.n; i++) {
        add_division(p, d[i].code, d[i].name);
        for (size_t k = 0; k < d[i].also.n; k++)
            add(p, (struct hy_name){.kind = HY_NAME_DIVISION,
                                    .level = places_level(d[i].code),
                                    .code = d[i].code,
                                    .text = d[i].also.v[k],
                                    .shortened = true});
    }
    for (size_t i = 0; i < p->file.local.n; i++) {
        struct hy_name n = {.kind = HY_NAME_LOCAL,
                            .level = HY_DIV_NONE,
                            .code = l[i].in,
                            .text = l[i].name,
                            .near = (const char *const *)l[i].near.v,
                            .n_near = l[i].near.n};
        add(p, n);
        for (size_t k = 0; k < l[i].also.n; k++) {
            n.text = l[i].also.v[k];
            add(p, n);
        }
    }
}

static void add_table(struct hy_places *p)
{
    char *line = p->table, *end;

    for (; line && *line; line = end) {
        end = strchr(line, '\n');
        if (end)
            *end++ = '\0';
        char *tab = *line == '#' ? NULL : strchr(line, '\t');
        if (tab == NULL)
            continue;
        *tab = '\0';
        add_division(p, line, tab + 1);
    }
}

/* Link rows of one text, most important first: the table runs from provinces down. */
static void index_names(struct hy_places *p)
{
    if (p->names.n || p->national == NULL)
        p->trie = hy_trie_new();
    for (size_t i = p->names.n; i-- > 0;) {
        struct hy_name *n = &p->names.v[i];
        uint32_t *slot = hy_trie_slot(p->trie, hy_str(n->text));
        n->next = *slot ? &p->names.v[*slot - 1] : NULL;
        *slot = (uint32_t)i + 1;
        if (n->kind == HY_NAME_DIVISION && !n->shortened) {
            p->codes = p->codes ? p->codes : hy_trie_new();
            *hy_trie_slot(p->codes, hy_str(n->code)) = (uint32_t)i + 1;
        }
    }
}

/* ---- an office's names over the country's ---- */

static bool is_row(const struct hy_name *n)
{
    return n->kind == HY_NAME_DIVISION || n->kind == HY_NAME_LOCAL;
}

/* The order of meanings: the office's rows, the country's, then the other words, by kind. */
static int by_rank(const void *a, const void *b)
{
    const struct hy_name *x = *(const struct hy_name *const *)a;
    const struct hy_name *y = *(const struct hy_name *const *)b;
    int rank = is_row(x) && is_row(y)   ? (int)y->own - (int)x->own
               : is_row(x) || is_row(y) ? (int)is_row(y) - (int)is_row(x)
               : x->kind != y->kind     ? (int)x->kind - (int)y->kind
                                        : (int)x->own - (int)y->own;

    return rank ? rank : (x > y) - (x < y);
}

/* What the country means by a text that the office's file names too; a name that the office wants
 * guarded is guarded. */
static void copy_meanings(struct hy_places *p, const char *text)
{
    uint32_t at = places_value(p->national->trie, hy_str(text));

    for (const struct hy_name *n = at ? &p->national->names.v[at - 1] : NULL; n; n = n->next) {
        struct hy_name copy = *n;
        copy.guarded |= places_value(p->guards, hy_str(text));
        hy_vec_push(&p->names, copy);
    }
}

/* A text of the office's stands for all its meanings, so that a look into its names is enough. */
static void join_meanings(struct hy_places *p)
{
    HY_CLEANUP(hy_trie_freep) struct hy_trie *seen = hy_trie_new();
    size_t own = p->names.n;

    for (size_t i = 0; i < own + p->file.guarded.n; i++) {
        const char *text = i < own ? p->names.v[i].text : p->file.guarded.v[i - own];
        uint32_t *slot = hy_trie_slot(seen, hy_str(text));
        if (*slot == 0)
            copy_meanings(p, text);
        *slot = 1;
    }
}

static void sort_names(struct hy_places *p)
{
    const struct hy_name **order = hy_xcalloc(p->names.n + 1, sizeof(*order));
    struct hy_name *sorted = hy_xcalloc(p->names.n + 1, sizeof(*sorted));

    for (size_t i = 0; i < p->names.n; i++)
        order[i] = &p->names.v[i];
    qsort(order, p->names.n, sizeof(*order), by_rank);
    for (size_t i = 0; i < p->names.n; i++)
        sorted[i] = *order[i];
    free(order);
    free(p->names.v);
    p->names.v = sorted;
    p->names.room = p->names.n + 1;
}

/* Once, when all files of this directory are read. */
void places_build(struct hy_places *p)
{
    if (p->file.guarded.n)
        p->guards = hy_trie_new();
    for (size_t i = 0; i < p->file.guarded.n; i++)
        *hy_trie_slot(p->guards, hy_str(p->file.guarded.v[i])) = 1;
    add_rows(p);
    add_table(p);
    add_texts(p, &p->file.nation, HY_NAME_NATION);
    add_texts(p, &p->file.regions, HY_NAME_REGION);
    add_texts(p, &p->file.foreign, HY_NAME_FOREIGN);
    add_texts(p, &p->file.stop, HY_NAME_STOP);
    if (p->national && p->names.n + p->file.guarded.n) {
        join_meanings(p);
        sort_names(p);
    }
    index_names(p);
}
