/* SPDX-License-Identifier: Apache-2.0 */
/* Loads the names of places and answers which of them starts at a position of a text.
 *
 * The table of divisions is one file, read as a whole and cut in place: every name and code points
 * into it.  Full names come from the table; short names (北京, 崇礼, 延边) are derived by dropping
 * the suffix, and the names of peoples in 自治州 and 自治县. */
#include "rules/places.h"

#include "core/buf.h"
#include "core/mem.h"
#include "core/trie.h"
#include "core/utf8.h"
#include "core/vec.h"
#include "rules/office.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_TABLE_BYTES = 8 << 20, MAX_NAME = 64 };

struct division_row {
    struct hy_pos pos;
    char *code, *name;
    struct hy_texts also;
};
struct local_row {
    struct hy_pos pos;
    char *name, *in;
    struct hy_texts near, also;
};
struct file {
    struct hy_texts nation, regions, guarded, stop, foreign;
    struct hy_rows divisions, local;
};

struct hy_places {
    struct file file;
    char *table; /* divisions.tsv, cut in place */
    HY_VEC(struct hy_name) names;
    HY_VEC(char *) made;          /* short names */
    struct hy_trie *trie, *codes; /* value: index into names + 1; NULL: there are none */
    struct hy_trie *guards;
    const struct hy_places *national; /* the country's names below the office's; NULL: these are */
    char own[13];
};

#define DIV(field) offsetof(struct division_row, field)
#define LOC(field) offsetof(struct local_row, field)
#define FIL(field) offsetof(struct file, field)

static const struct hy_y_key division_keys[] = {
    {"", HY_Y_POS, DIV(pos)},
    {"code", HY_Y_TEXT, DIV(code), .required = true,
     .help = "区划代码：省2位、市4位、县6位、乡镇9位"},
    {"name", HY_Y_TEXT, DIV(name), .required = true, .help = "全称"},
    {"also", HY_Y_TEXTS, DIV(also), .help = "简称、别称"},
    {0},
};
static const struct hy_y_schema division_schema = {sizeof(struct division_row), division_keys,
                                                   NULL};
static const struct hy_y_key local_keys[] = {
    {"", HY_Y_POS, LOC(pos)},
    {"name", HY_Y_TEXT, LOC(name), .required = true, .help = "本地地名：园区、小区、道路、村"},
    {"in", HY_Y_TEXT, LOC(in), .required = true, .help = "所在区划的代码"},
    {"also", HY_Y_TEXTS, LOC(also), .help = "别称"},
    {"near", HY_Y_TEXTS, LOC(near), .help = "同名歧义时，附近须出现其中之一"},
    {0},
};
static const struct hy_y_schema local_schema = {sizeof(struct local_row), local_keys, NULL};
static const struct hy_y_key file_keys[] = {
    {"nation", HY_Y_TEXTS, FIL(nation), .help = "指全国的词"},
    {"regions", HY_Y_TEXTS, FIL(regions), .help = "没有代码的国内地区"},
    {"guarded", HY_Y_TEXTS, FIL(guarded), .help = "也是常用词的简称，须有上下文"},
    {"stop", HY_Y_TEXTS, FIL(stop), .help = "含地名但不指地点的词"},
    {"foreign", HY_Y_TEXTS, FIL(foreign), .help = "国外地名"},
    {"divisions", HY_Y_LIST, FIL(divisions), .sub = &division_schema, .help = "补充的区划"},
    {"local", HY_Y_LIST, FIL(local), .sub = &local_schema, .help = "本地地名"},
    {0},
};
static const struct hy_y_schema file_schema = {sizeof(struct file), file_keys, NULL};

static enum hy_division_level level_of(const char *code)
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

/* ---- names ---- */

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
static uint32_t value_of(const struct hy_trie *t, struct hy_str word)
{
    uint32_t c[MAX_NAME], value = 0;
    size_t n = 0;

    for (size_t at = 0; at < word.n && n < MAX_NAME;)
        c[n++] = hy_utf8_next(word, &at);
    return t && hy_trie_longest(t, c, n, n, &value) == n ? value : 0;
}

static bool is_guarded(const struct hy_places *p, struct hy_str s)
{
    return value_of(p->guards, s) || (p->national && value_of(p->national->guards, s));
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

static void add_division(struct hy_places *p, const char *code, const char *text)
{
    struct hy_name n = {
        .kind = HY_NAME_DIVISION, .level = level_of(code), .code = code, .text = text};

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
                                    .level = level_of(d[i].code),
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
    int rank = is_row(x) && is_row(y) ? (int)y->own - (int)x->own
               : is_row(x) || is_row(y) ? (int)is_row(y) - (int)is_row(x)
               : x->kind != y->kind     ? (int)x->kind - (int)y->kind
                                        : (int)x->own - (int)y->own;

    return rank ? rank : (x > y) - (x < y);
}

/* What the country means by a text that the office's file names too; a name that the office wants
 * guarded is guarded. */
static void copy_meanings(struct hy_places *p, const char *text)
{
    uint32_t at = value_of(p->national->trie, hy_str(text));

    for (const struct hy_name *n = at ? &p->national->names.v[at - 1] : NULL; n; n = n->next) {
        struct hy_name copy = *n;
        copy.guarded |= copy.shortened && value_of(p->guards, hy_str(text));
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
static void build(struct hy_places *p)
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

/* ---- section ---- */

static int load_table(struct hy_places *p, const char *from, struct hy_diag *d, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/divisions.tsv", from);
    struct hy_buf b = HY_BUF_INIT(MAX_TABLE_BYTES);
    int rc = hy_buf_read_file(&b, path, err);

    if (rc < 0) {
        hy_buf_release(&b);
        return rc;
    }
    hy_diag_file(d, path, hy_buf_view(&b), false); /* the version covers it */
    free(p->table);
    p->table = hy_buf_take(&b);
    return HY_OK;
}

static int load(const char *from, bool national, void **section, struct hy_diag *d,
                struct hy_err *err)
{
    struct hy_places *p = *section;

    if (p == NULL)
        p = *section = hy_xcalloc(1, sizeof(*p));
    if (national && load_table(p, from, d, err) < 0)
        return err->code;
    return hy_yaml_load_from(from, "places.yaml", national, &file_schema, &p->file, d, err);
}

/* "330100" as the office writes it -> "3301". */
static void own_code(struct hy_places *p, const char *division)
{
    size_t n = strlen(division);

    if (n >= sizeof(p->own))
        n = sizeof(p->own) - 1;
    memcpy(p->own, division, n);
    p->own[n] = '\0';
    while (n == 6 || n == 4) {
        if (p->own[n - 1] != '0' || p->own[n - 2] != '0')
            break;
        p->own[n -= 2] = '\0';
    }
}

static void check_codes(const struct hy_places *p, struct hy_diag *d)
{
    const struct division_row *rows = p->file.divisions.v;
    const struct local_row *local = p->file.local.v;

    for (size_t i = 0; i < p->file.divisions.n; i++)
        if (rows[i].code && level_of(rows[i].code) == HY_DIV_NONE)
            hy_diag_at(d, rows[i].pos, "区划代码“%s”应为2、4、6或9位", rows[i].code);
    for (size_t i = 0; i < p->file.local.n; i++)
        if (local[i].in && !hy_places_knows(p, local[i].in))
            hy_diag_at(d, local[i].pos, "没有代码为“%s”的区划", local[i].in);
}

static void check(const struct hy_rules *r, struct hy_diag *d)
{
    struct hy_places *p = r->places;

    if (r->office && r->office->division)
        own_code(p, r->office->division);
    build(p);
    check_codes(p->national, d);
    check_codes(p, d);
}

/* Before any office's: their names are looked up in it. */
static void ready(void *national)
{
    build(national);
}

static void *over(const void *national)
{
    struct hy_places *p = hy_xcalloc(1, sizeof(*p));

    p->national = national;
    return p;
}

static void release(void *section)
{
    struct hy_places *p = section;

    if (p == NULL)
        return;
    hy_yaml_release(&file_schema, &p->file);
    for (size_t i = 0; i < p->made.n; i++)
        free(p->made.v[i]);
    hy_vec_release(&p->made);
    hy_vec_release(&p->names);
    hy_trie_free(p->trie);
    hy_trie_free(p->codes);
    hy_trie_free(p->guards);
    free(p->table);
    free(p);
}

const struct hy_section hy_section_places = {
    .name = "places",
    .offset = offsetof(struct hy_rules, places),
    .load = load,
    .over = over,
    .ready = ready,
    .check = check,
    .free = release,
    .file = "places.yaml",
    .schema = &file_schema,
};

/* ---- questions ---- */

const struct hy_name *hy_places_names(const struct hy_places *p, size_t *ret_n)
{
    const struct hy_places *of = p->national ? p->national : p;

    *ret_n = of->names.n;
    return of->names.v;
}

const struct hy_name *hy_places_own_names(const struct hy_places *p, size_t *ret_n)
{
    *ret_n = p->national ? p->names.n : 0;
    return p->names.v;
}

struct hy_place_tries hy_places_tries(const struct hy_places *p)
{
    return p->national ? (struct hy_place_tries){p->national->trie, p->trie}
                       : (struct hy_place_tries){p->trie, NULL};
}

/* The longest of one layer that is longer than *length. */
static const struct hy_name *match_in(const struct hy_places *p, const uint32_t *c, size_t n,
                                      size_t max, size_t *length)
{
    uint32_t value = 0;
    size_t found = p->trie ? hy_trie_longest(p->trie, c, n, max, &value) : 0;

    if (found <= *length)
        return NULL;
    *length = found;
    return &p->names.v[value - 1];
}

const struct hy_name *hy_places_match(const struct hy_places *p, const uint32_t *c, size_t n,
                                      size_t at, size_t max, size_t *ret_length)
{
    size_t length = 0; /* the office's first: its meanings of a text are all meanings */
    const struct hy_name *own = match_in(p, c + at, n - at, max, &length);
    const struct hy_name *longer =
        p->national ? match_in(p->national, c + at, n - at, max, &length) : NULL;

    if (length)
        *ret_length = length;
    return longer ? longer : own;
}

static const struct hy_name *by_code(const struct hy_places *p, const char *code)
{
    uint32_t at = *code ? value_of(p->codes, hy_str(code)) : 0;

    if (at)
        return &p->names.v[at - 1];
    return p->national ? by_code(p->national, code) : NULL;
}

const char *hy_places_name_of(const struct hy_places *p, const char *code)
{
    const struct hy_name *n = by_code(p, code);

    return n ? n->text : NULL;
}

bool hy_places_knows(const struct hy_places *p, const char *code)
{
    return by_code(p, code) != NULL;
}

const char *hy_places_own_code(const struct hy_places *p)
{
    return p->own;
}
