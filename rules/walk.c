/* SPDX-License-Identifier: Apache-2.0 */
/* Applies a schema to a tree: fills structs, reports what does not fit, and goes on.  A field that
 * does not fit keeps its default, so one mistake never hides another. */
#include "core/map.h"
#include "core/mem.h"
#include "rules/yaml_tree.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MAX_FILE = 8 << 20, MAX_KEYS = 64 };

static const struct hy_str no_key = {NULL, 0}; /* the row has no key of a dictionary */

#define FIELD(type, into, key) ((type *)(void *)((char *)(into) + (key)->offset))

static void walk_map(const struct hy_y_node *n, const struct hy_y_schema *s, void *into,
                     struct hy_str dict_key, struct hy_diag *d);

/* --- rows --- */

static bool all_zero(const void *p, size_t n)
{
    const char *c = p;

    for (size_t i = 0; i < n; i++)
        if (c[i])
            return false;
    return true;
}

/* Defaults of a struct that nothing was read into yet, and of the structs inside it. */
static void init(const struct hy_y_schema *s, void *into)
{
    if (s->defaults && all_zero(into, s->size))
        s->defaults(into);
    for (const struct hy_y_key *k = s->keys; k->key; k++)
        if (k->type == HY_Y_MAP)
            init(k->sub, FIELD(void, into, k));
}

static void *row_at(const struct hy_rows *rows, const struct hy_y_schema *s, size_t i)
{
    return (char *)rows->v + i * s->size;
}

/* A fresh row at the end.  Capacity is the next power of two of n. */
static void *add_row(struct hy_rows *rows, const struct hy_y_schema *s)
{
    if ((rows->n & (rows->n - 1)) == 0)
        rows->v = hy_xrealloc(rows->v, HY_MAX(rows->n * 2, (size_t)1) * s->size);
    void *row = memset(row_at(rows, s, rows->n++), 0, s->size);
    init(s, row);
    return row;
}

/* --- scalars --- */

static bool out_of_range(const struct hy_y_key *k, double v)
{
    return k->max > k->min && (v < (double)k->min || v > (double)k->max);
}

static bool read_int(const struct hy_y_key *k, const struct hy_y_node *n, void *field,
                     struct hy_diag *d)
{
    int64_t v;

    if (!hy_str_to_i64(n->text, &v)) {
        hy_diag_at(d, n->pos, "“%s”应为整数，写的是“%s”", k->key, HY_SHOWN(n->text));
        return false;
    }
    if (k->max > k->min && (v < k->min || v > k->max)) {
        hy_diag_at(d, n->pos, "“%s”应在 %lld 到 %lld 之间，写的是 %lld", k->key, (long long)k->min,
                   (long long)k->max, (long long)v);
        return false;
    }
    *(int64_t *)field = v;
    return true;
}

static bool read_num(const struct hy_y_key *k, const struct hy_y_node *n, void *field,
                     struct hy_diag *d)
{
    char *end;
    double v = n->text.n ? strtod(n->text.p, &end) : NAN; /* arena text ends with a NUL */

    if (n->text.n == 0 || *end != '\0' || !isfinite(v)) {
        hy_diag_at(d, n->pos, "“%s”应为数字，写的是“%s”", k->key, HY_SHOWN(n->text));
        return false;
    }
    if (out_of_range(k, v)) {
        hy_diag_at(d, n->pos, "“%s”应在 %lld 到 %lld 之间，写的是 %g", k->key, (long long)k->min,
                   (long long)k->max, v);
        return false;
    }
    *(double *)field = v;
    return true;
}

static bool read_bool(const struct hy_y_key *k, const struct hy_y_node *n, void *field,
                      struct hy_diag *d)
{
    static const char *const words[] = {"false", "true", "否", "是", "no", "yes", "False", "True"};

    for (size_t i = 0; i < HY_COUNT(words); i++)
        if (hy_str_is(n->text, words[i])) {
            *(bool *)field = i % 2;
            return true;
        }
    hy_diag_at(d, n->pos, "“%s”应为 是/否（或 true/false），写的是“%s”", k->key, HY_SHOWN(n->text));
    return false;
}

static void report_name(const struct hy_y_key *k, const struct hy_y_node *n, size_t count,
                        struct hy_diag *d)
{
    HY_CLEANUP(hy_buf_release) struct hy_buf all = HY_BUF_INIT(400);
    const char *near = hy_near_name(n->text, k->names, count);

    for (size_t i = 0; i < count; i++)
        hy_buf_printf(&all, "%s%s", i ? "、" : "", k->names[i]);
    hy_diag_at(d, n->pos, "“%s”不认识“%s”%s%s%s；可用：" HY_STR_FMT "%s", k->key, HY_SHOWN(n->text),
               near ? "，是不是“" : "", near ? near : "", near ? "”" : "",
               HY_STR_ARG(hy_buf_view(&all)), all.overflow ? "……" : "");
}

static bool read_name(const struct hy_y_key *k, const struct hy_y_node *n, void *field,
                      struct hy_diag *d)
{
    size_t i = 0;

    for (; k->names[i]; i++)
        if (hy_str_is(n->text, k->names[i])) {
            *(int *)field = (int)i;
            return true;
        }
    report_name(k, n, i, d);
    return false;
}

static bool read_duration(const struct hy_y_key *k, const struct hy_y_node *n, void *field,
                          struct hy_diag *d)
{
    int64_t ms;

    if (!hy_duration_parse(n->text, &ms)) {
        hy_diag_at(d, n->pos, "“%s”应为时长，如 90s、10m、5h、2d，写的是“%s”", k->key,
                   HY_SHOWN(n->text));
        return false;
    }
    if (out_of_range(k, (double)ms)) {
        hy_diag_at(d, n->pos, "“%s”应在 %g 秒到 %g 秒之间，写的是“%s”", k->key,
                   (double)k->min / 1000, (double)k->max / 1000, HY_SHOWN(n->text));
        return false;
    }
    *(int64_t *)field = ms;
    return true;
}

/* Exactly `digits` digits at the head of *s, and `sep` behind them unless it is 0. */
static bool take_digits(struct hy_str *s, int digits, char sep, int *ret)
{
    *ret = 0;
    for (int i = 0; i < digits; i++) {
        if (s->n == 0 || s->p[0] < '0' || s->p[0] > '9')
            return false;
        *ret = *ret * 10 + (s->p[0] - '0');
        *s = hy_str_sub(*s, 1, s->n);
    }
    if (sep == 0)
        return s->n == 0;
    if (s->n == 0 || s->p[0] != sep)
        return false;
    *s = hy_str_sub(*s, 1, s->n);
    return true;
}

static bool read_date(const struct hy_y_key *k, const struct hy_y_node *n, void *field,
                      struct hy_diag *d)
{
    struct hy_str s = n->text;
    int year, month, day;

    if (!take_digits(&s, 4, '-', &year) || !take_digits(&s, 2, '-', &month) ||
        !take_digits(&s, 2, 0, &day)) {
        hy_diag_at(d, n->pos, "“%s”应为日期，如 2026-10-01，写的是“%s”", k->key, HY_SHOWN(n->text));
        return false;
    }
    if (!hy_date_exists(year, month, day)) {
        hy_diag_at(d, n->pos, "“%s”：没有 %s 这一天", k->key, HY_SHOWN(n->text));
        return false;
    }
    *(int64_t *)field = hy_days_of(year, month, day);
    return true;
}

static bool read_time(const struct hy_y_key *k, const struct hy_y_node *n, void *field,
                      struct hy_diag *d)
{
    if (hy_wall_parse(n->text, field))
        return true;
    hy_diag_at(d, n->pos, "“%s”应为带时区的时间，如 2026-10-01T08:00:00+08:00，写的是“%s”", k->key,
               HY_SHOWN(n->text));
    return false;
}

static bool read_text(const struct hy_y_key *k, const struct hy_y_node *n, void *field,
                      struct hy_diag *d)
{
    char **to = field;

    (void)k;
    (void)d;
    free(*to);
    *to = hy_str_dup(n->text);
    return true;
}

/* Readers of scalar types, and what such a value is called. */
static const struct {
    const char *noun;
    bool (*read)(const struct hy_y_key *k, const struct hy_y_node *n, void *field,
                 struct hy_diag *d);
} scalar_types[] = {
    [HY_Y_TEXT] = {"文字", read_text}, [HY_Y_INT] = {"整数", read_int},
    [HY_Y_NUM] = {"数字", read_num},   [HY_Y_BOOL] = {"是/否", read_bool},
    [HY_Y_NAME] = {"文字", read_name}, [HY_Y_DURATION] = {"时长", read_duration},
    [HY_Y_DATE] = {"日期", read_date}, [HY_Y_TIME] = {"时间", read_time},
};

/* --- lists and mappings --- */

static void report_kind(const char *key, const char *want, const struct hy_y_node *n,
                        struct hy_diag *d)
{
    static const char *const is[] = {
        [HY_Y_SCALAR] = "文字", [HY_Y_SEQ] = "列表", [HY_Y_MAPPING] = "“键: 值”"};
    const char *hint = "";

    if (n->kind == HY_Y_SCALAR && hy_str_has(n->text, HY_STR("：")))
        hint = "；冒号要用半角“:”，后面空一格";
    else if (n->kind == HY_Y_SCALAR && hy_str_find_char(n->text, ':', 0) != HY_NPOS)
        hint = "；冒号后面要空一格";
    if (key[0])
        hy_diag_at(d, n->pos, "“%s”应为%s，这里却是%s%s", key, want, is[n->kind], hint);
    else
        hy_diag_at(d, n->pos, "这里应为%s，却是%s%s", want, is[n->kind], hint);
}

static void push_text(struct hy_texts *t, const struct hy_y_node *n)
{
    if ((t->n & (t->n - 1)) == 0) {
        size_t room = HY_MAX(t->n * 2, (size_t)1);
        t->v = hy_xrealloc(t->v, room * sizeof(*t->v));
        t->pos = hy_xrealloc(t->pos, room * sizeof(*t->pos));
    }
    t->pos[t->n] = n->pos;
    t->v[t->n++] = hy_str_dup(n->text);
}

static void read_texts(const struct hy_y_key *k, const struct hy_y_node *n, struct hy_texts *t,
                       struct hy_diag *d)
{
    if (n->kind == HY_Y_SCALAR)
        push_text(t, n);
    else if (n->kind == HY_Y_MAPPING)
        report_kind(k->key, "文字的列表", n, d);
    else
        for (size_t i = 0; i < n->n; i++) {
            const struct hy_y_node *v = n->at[i].value;
            if (v->kind != HY_Y_SCALAR)
                report_kind(k->key, "文字的列表", v, d);
            else if (v->empty)
                hy_diag_at(d, v->pos, "“%s”里有一项是空的", k->key);
            else
                push_text(t, v);
        }
}

/* Identity of rows within one list. */
struct identity {
    const struct hy_y_schema *s;
    const struct hy_y_key *key; /* NULL: rows have none */
    struct hy_map *at;          /* value -> index + 1 */
    size_t old;                 /* rows of earlier files stand before this index */
};

static void index_row(struct identity *id, const struct hy_rows *rows, size_t i)
{
    const char *v = *FIELD(char *, row_at(rows, id->s, i), id->key);

    if (v)
        hy_map_set(id->at, hy_str(v), (void *)(uintptr_t)(i + 1));
}

static struct identity identity_of(const struct hy_rows *rows, const struct hy_y_schema *s)
{
    struct identity id = {.s = s, .old = rows->n};
    const struct hy_y_key *k = s->keys;

    while (k->key && !k->unique)
        k++;
    if (k->key == NULL)
        return id;
    if (k->type != HY_Y_TEXT)
        hy_bug("schema: the unique key \"%s\" is not a text", k->key);
    id.key = k;
    id.at = hy_map_new(NULL);
    for (size_t i = 0; i < rows->n; i++)
        index_row(&id, rows, i);
    return id;
}

/* The last row was read: is there another of its name? */
static void settle_row(struct identity *id, struct hy_rows *rows, struct hy_pos pos,
                       struct hy_diag *d)
{
    size_t last = rows->n - 1;
    void *row = row_at(rows, id->s, last);
    const char *v = id->key ? *FIELD(char *, row, id->key) : NULL;
    size_t other = v ? (size_t)(uintptr_t)hy_map_get(id->at, hy_str(v)) : 0;

    if (id->key == NULL || v == NULL)
        return;
    if (other == 0) {
        index_row(id, rows, last);
    } else if (other - 1 >= id->old) {
        hy_diag_at(d, pos, "“%s”重复：前面已有一条叫“%s”", id->key->key, HY_SHOWN(hy_str(v)));
    } else { /* of an earlier file: the new one takes its place */
        hy_yaml_release(id->s, row_at(rows, id->s, other - 1));
        memcpy(row_at(rows, id->s, other - 1), row, id->s->size);
        rows->n--;
    }
}

static void read_list(const struct hy_y_key *k, const struct hy_y_node *n, struct hy_rows *rows,
                      struct hy_diag *d)
{
    struct identity id = identity_of(rows, k->sub);

    if (n->kind != HY_Y_SEQ)
        report_kind(k->key, "列表（每项以“- ”开头）", n, d);
    for (size_t i = 0; n->kind == HY_Y_SEQ && i < n->n; i++) {
        const struct hy_y_node *v = n->at[i].value;
        walk_map(v, k->sub, add_row(rows, k->sub), no_key, d);
        settle_row(&id, rows, v->pos, d);
    }
    hy_map_free(id.at);
}

static void read_dict(const struct hy_y_key *k, const struct hy_y_node *n, struct hy_rows *rows,
                      struct hy_diag *d)
{
    struct identity id = identity_of(rows, k->sub);

    if (n->kind != HY_Y_MAPPING)
        report_kind(k->key, "“名称: 内容”", n, d);
    for (size_t i = 0; n->kind == HY_Y_MAPPING && i < n->n; i++) {
        struct hy_y_pair *at = &n->at[i];
        walk_map(at->value, k->sub, add_row(rows, k->sub), at->key, d);
        settle_row(&id, rows, at->key_pos, d);
    }
    hy_map_free(id.at);
}

static bool read_scalar(const struct hy_y_key *k, const struct hy_y_node *n, void *field,
                        struct hy_diag *d)
{
    if (n->kind != HY_Y_SCALAR) {
        report_kind(k->key, scalar_types[k->type].noun, n, d);
        return false;
    }
    return scalar_types[k->type].read(k, n, field, d);
}

static void read_field(const struct hy_y_key *k, const struct hy_y_node *n, void *into,
                       struct hy_diag *d)
{
    void *field = FIELD(void, into, k);

    switch (k->type) {
    case HY_Y_TEXTS:
        read_texts(k, n, field, d);
        break;
    case HY_Y_MAP:
        walk_map(n, k->sub, field, no_key, d);
        break;
    case HY_Y_LIST:
        read_list(k, n, field, d);
        break;
    case HY_Y_DICT:
        read_dict(k, n, field, d);
        break;
    case HY_Y_CUSTOM:
        k->custom(n, field, d);
        break;
    case HY_Y_POS:
        break;
    default:
        read_scalar(k, n, field, d);
    }
}

static const struct hy_y_key *find_key(const struct hy_y_key *keys, struct hy_str name)
{
    for (const struct hy_y_key *k = keys; k->key; k++)
        if (k->type != HY_Y_POS && hy_str_is(name, k->key))
            return k;
    return NULL;
}

static void report_unknown(const struct hy_y_key *keys, const struct hy_y_pair *p,
                           struct hy_diag *d)
{
    const char *names[MAX_KEYS];
    size_t n = 0;

    for (const struct hy_y_key *k = keys; k->key && n < MAX_KEYS; k++)
        if (k->type != HY_Y_POS)
            names[n++] = k->key;
    const char *near = hy_near_name(p->key, names, n);
    if (near)
        hy_diag_at(d, p->key_pos, "不认识的键“%s”，是不是“%s”？", HY_SHOWN(p->key), near);
    else
        hy_diag_at(d, p->key_pos, "不认识的键“%s”", HY_SHOWN(p->key));
}

static void store_positions(const struct hy_y_key *keys, const char *name, struct hy_pos pos,
                            void *into)
{
    for (const struct hy_y_key *k = keys; k->key; k++)
        if (k->type == HY_Y_POS && strcmp(k->key, name) == 0)
            *FIELD(struct hy_pos, into, k) = pos;
}

static void walk_pairs(const struct hy_y_node *n, const struct hy_y_key *keys, void *into,
                       bool *seen, struct hy_diag *d)
{
    for (size_t i = 0; i < n->n; i++) {
        const struct hy_y_pair *p = &n->at[i];
        const struct hy_y_key *k = find_key(keys, p->key);
        if (k == NULL) {
            report_unknown(keys, p, d);
            continue;
        }
        seen[k - keys] = true;
        store_positions(keys, k->key, p->value->pos, into);
        if (!p->value->empty)
            read_field(k, p->value, into, d);
        else if (k->required)
            hy_diag_at(d, p->value->pos, "“%s”不能为空", k->key);
    }
}

static void walk_map(const struct hy_y_node *n, const struct hy_y_schema *s, void *into,
                     struct hy_str dict_key, struct hy_diag *d)
{
    const struct hy_y_key *keys = s->keys;
    bool seen[MAX_KEYS] = {false};

    store_positions(keys, "", n->pos, into);
    if (dict_key.p) { /* the key is the first field; it cannot be written again inside */
        free(*FIELD(char *, into, keys));
        *FIELD(char *, into, keys) = hy_str_dup(dict_key);
        keys++;
    }
    if (n->kind == HY_Y_MAPPING)
        walk_pairs(n, keys, into, seen, d);
    else if (!n->empty) {
        report_kind("", "“键: 值”", n, d);
        return;
    }
    for (const struct hy_y_key *k = keys; k->key; k++)
        if (k->required && !seen[k - keys])
            hy_diag_at(d, n->pos, "这里缺少必填的键“%s”", k->key);
}

/* --- release --- */

static void release_rows(const struct hy_y_schema *s, struct hy_rows *rows)
{
    for (size_t i = 0; i < rows->n; i++)
        hy_yaml_release(s, row_at(rows, s, i));
    free(rows->v);
    *rows = (struct hy_rows){0};
}

static void release_texts(struct hy_texts *t)
{
    for (size_t i = 0; i < t->n; i++)
        free(t->v[i]);
    free(t->v);
    free(t->pos);
    *t = (struct hy_texts){0};
}

void hy_yaml_release(const struct hy_y_schema *schema, void *what)
{
    for (const struct hy_y_key *k = schema->keys; k->key; k++) {
        void *field = FIELD(void, what, k);
        if (k->type == HY_Y_TEXT) {
            free(*(char **)field);
            *(char **)field = NULL;
        } else if (k->type == HY_Y_TEXTS) {
            release_texts(field);
        } else if (k->type == HY_Y_MAP) {
            hy_yaml_release(k->sub, field);
        } else if (k->type == HY_Y_LIST || k->type == HY_Y_DICT) {
            release_rows(k->sub, field);
        } else if (k->type == HY_Y_CUSTOM && k->custom_free) {
            k->custom_free(field);
        }
    }
}

/* --- nodes for custom readers --- */

enum hy_y_node_kind hy_y_kind(const struct hy_y_node *n)
{
    return n->kind;
}

struct hy_str hy_y_scalar(const struct hy_y_node *n)
{
    return n->kind == HY_Y_SCALAR ? n->text : hy_str("");
}

size_t hy_y_count(const struct hy_y_node *n)
{
    return n->n;
}

const struct hy_y_node *hy_y_at(const struct hy_y_node *n, size_t i, struct hy_str *ret_key)
{
    if (ret_key)
        *ret_key = n->at[i].key;
    return n->at[i].value;
}

struct hy_pos hy_y_pos(const struct hy_y_node *n, struct hy_diag *d)
{
    (void)d; /* the node knows */
    return n->pos;
}

struct hy_pos hy_y_key_pos(const struct hy_y_node *n, size_t i)
{
    return n->at[i].key_pos;
}

void hy_y_walk(const struct hy_y_node *n, const struct hy_y_schema *schema, void *into,
               struct hy_diag *d)
{
    init(schema, into);
    walk_map(n, schema, into, no_key, d);
}

/* --- loading --- */

int hy_yaml_load_text(struct hy_str text, const char *name, const struct hy_y_schema *schema,
                      void *into, struct hy_diag *d, struct hy_err *err)
{
    HY_CLEANUP(hy_arena_freep) struct hy_arena *arena = hy_arena_new();
    size_t before = hy_diag_errors(d);
    struct hy_pos file = hy_diag_file(d, name, text, true);
    const struct hy_y_node *root = hy_yaml_tree(text, file, arena, d);

    init(schema, into);
    if (root)
        walk_map(root, schema, into, no_key, d);
    if (hy_diag_errors(d) > before)
        return hy_fail(err, HY_E_PARSE, "%s: %zu mistakes", name, hy_diag_errors(d) - before);
    return HY_OK;
}

static int read_rule_file(const char *path, struct hy_buf *b, struct hy_diag *d, struct hy_err *err)
{
    int rc = hy_buf_read_file(b, path, err);

    if (rc == HY_OK)
        return rc;
    struct hy_pos pos = hy_diag_file(d, path, hy_str(""), false);
    if (rc == HY_E_TOOBIG)
        hy_diag_at(d, pos, "文件太大（最多 %d MB）", MAX_FILE >> 20);
    else
        hy_diag_at(d, pos, "文件读不了：%s", errno == ENOENT ? "没有这个文件" : strerror(errno));
    return rc;
}

int hy_yaml_load(const char *path, const struct hy_y_schema *schema, void *into, struct hy_diag *d,
                 struct hy_err *err)
{
    HY_CLEANUP(hy_buf_release) struct hy_buf b = HY_BUF_INIT(MAX_FILE);

    if (read_rule_file(path, &b, d, err) < 0)
        return err->code;
    return hy_yaml_load_text(hy_buf_view(&b), path, schema, into, d, err);
}

static int is_yaml(const struct dirent *e)
{
    return e->d_name[0] != '.' && hy_str_ends(hy_str(e->d_name), HY_STR(".yaml"));
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
    return strcmp((*a)->d_name, (*b)->d_name); /* not the locale's order: versions depend on it */
}

static int load_dir(const char *path, const struct hy_y_schema *schema, void *into,
                    struct hy_diag *d, struct hy_err *err)
{
    struct dirent **names;
    int n = scandir(path, &names, is_yaml, by_bytes), rc = HY_OK;

    if (n < 0)
        return hy_fail_errno(err, "cannot read %s", path);
    for (int i = 0; i < n; i++) {
        HY_CLEANUP(hy_freep) char *file = hy_xasprintf("%s%s", path, names[i]->d_name);
        if (hy_yaml_load(file, schema, into, d, err) < 0)
            rc = err->code; /* go on: all mistakes at once */
        free(names[i]);
    }
    free(names);
    return rc;
}

int hy_yaml_load_from(const char *dir, const char *file, bool required,
                      const struct hy_y_schema *schema, void *into, struct hy_diag *d,
                      struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/%s", dir, file);
    bool is_dir = hy_str_ends(hy_str(file), HY_STR("/"));
    struct stat st;

    if (stat(path, &st) < 0 && errno == ENOENT && !required) {
        init(schema, into);
        return HY_OK;
    }
    if (!is_dir || stat(path, &st) < 0)
        return hy_yaml_load(path, schema, into, d, err);
    return load_dir(path, schema, into, d, err);
}
