/* SPDX-License-Identifier: Apache-2.0 */
/* Applies a schema to a tree: fills structs, reports what does not fit, and goes on.  A field that
 * does not fit keeps its default, so one mistake never hides another. */
#include "core/map.h"
#include "core/mem.h"
#include "rules/yaml_tree.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_KEYS = 64 };

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

void hy_y_init(const struct hy_y_schema *s, void *into)
{
    if (s->defaults && all_zero(into, s->size))
        s->defaults(into);
    for (const struct hy_y_key *k = s->keys; k->key; k++)
        if (k->type == HY_Y_MAP)
            hy_y_init(k->sub, FIELD(void, into, k));
}

static void *row_at(const struct hy_rows *rows, const struct hy_y_schema *s, size_t i)
{
    return (char *)rows->v + i * s->size;
}

static bool is_lent(const struct hy_rows *rows, size_t i)
{
    return rows->lent && i < rows->lent->n && !(rows->own && rows->own[i]);
}

static size_t power_of_two(size_t n)
{
    size_t room = 1;

    while (room < n)
        room *= 2;
    return room;
}

/* An array of its own before the first change. */
static void own_array(struct hy_rows *rows, const struct hy_y_schema *s)
{
    if (rows->lent == NULL || rows->v != rows->lent->v)
        return;
    rows->v = hy_xmalloc(power_of_two(rows->n) * s->size);
    rows->own = hy_xcalloc(rows->n + 1, sizeof(*rows->own));
    if (rows->n)
        memcpy(rows->v, rows->lent->v, rows->n * s->size);
}

/* A fresh row at the end.  Capacity is the next power of two of n. */
static void *add_row(struct hy_rows *rows, const struct hy_y_schema *s)
{
    own_array(rows, s);
    if ((rows->n & (rows->n - 1)) == 0)
        rows->v = hy_xrealloc(rows->v, HY_MAX(rows->n * 2, (size_t)1) * s->size);
    void *row = memset(row_at(rows, s, rows->n++), 0, s->size);
    hy_y_init(s, row);
    return row;
}

/* --- lists and mappings --- */

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
        hy_y_report_kind(k->key, "文字的列表", n, d);
    else
        for (size_t i = 0; i < n->n; i++) {
            const struct hy_y_node *v = n->at[i].value;
            if (v->kind != HY_Y_SCALAR)
                hy_y_report_kind(k->key, "文字的列表", v, d);
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
    struct hy_map *at;          /* value -> 2 * (index + 1), odd when the row is of this list */
};

static void index_row(struct identity *id, const struct hy_rows *rows, size_t i, bool here)
{
    const char *v = *FIELD(char *, row_at(rows, id->s, i), id->key);

    if (v)
        hy_map_set(id->at, hy_str(v), (void *)(uintptr_t)(2 * (i + 1) + here));
}

static struct identity identity_of(const struct hy_rows *rows, const struct hy_y_schema *s)
{
    struct identity id = {.s = s};
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
        index_row(&id, rows, i, false);
    return id;
}

/* The last row was read: is there another of its name?  One of an earlier file gives way. */
static void settle_row(struct identity *id, struct hy_rows *rows, struct hy_pos pos,
                       struct hy_diag *d)
{
    void *row = row_at(rows, id->s, rows->n - 1);
    const char *v = id->key ? *FIELD(char *, row, id->key) : NULL;
    uintptr_t other = v ? (uintptr_t)hy_map_get(id->at, hy_str(v)) : 0;

    if (v == NULL)
        return;
    if (other % 2) {
        hy_diag_at(d, pos, "“%s”重复：前面已有一条叫“%s”", id->key->key, HY_SHOWN(hy_str(v)));
    } else if (other == 0) {
        index_row(id, rows, rows->n - 1, true);
    } else {
        size_t i = other / 2 - 1;
        if (!is_lent(rows, i))
            hy_yaml_release(id->s, row_at(rows, id->s, i));
        if (rows->lent && i < rows->lent->n)
            rows->own[i] = true;
        memcpy(row_at(rows, id->s, i), row, id->s->size);
        rows->n--;
        index_row(id, rows, i, true);
    }
}

static void read_list(const struct hy_y_key *k, const struct hy_y_node *n, struct hy_rows *rows,
                      struct hy_diag *d)
{
    struct identity id = identity_of(rows, k->sub);

    if (n->kind != HY_Y_SEQ)
        hy_y_report_kind(k->key, "列表（每项以“- ”开头）", n, d);
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
        hy_y_report_kind(k->key, "“名称: 内容”", n, d);
    for (size_t i = 0; n->kind == HY_Y_MAPPING && i < n->n; i++) {
        struct hy_y_pair *at = &n->at[i];
        walk_map(at->value, k->sub, add_row(rows, k->sub), at->key, d);
        settle_row(&id, rows, at->key_pos, d);
    }
    hy_map_free(id.at);
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
        hy_y_read_scalar(k, n, field, d);
    }
}

static const struct hy_y_key *find_key(const struct hy_y_key *keys, struct hy_str name)
{
    for (const struct hy_y_key *k = keys; k->key; k++)
        if (k->type != HY_Y_POS && hy_str_is(name, k->key))
            return k;
    return NULL;
}

static size_t count_keys(const struct hy_y_key *keys)
{
    size_t n = 0;

    while (keys[n].key)
        n++;
    return n;
}

static void report_unknown(const struct hy_y_key *keys, const struct hy_y_pair *p,
                           struct hy_diag *d)
{
    const char *names[MAX_KEYS];
    size_t n = 0;

    for (const struct hy_y_key *k = keys; k->key; k++)
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

    if (count_keys(keys) > MAX_KEYS)
        hy_bug("schema: more than %d keys", MAX_KEYS);
    store_positions(keys, "", n->pos, into);
    if (dict_key.p) { /* the key is the first field; it cannot be written again inside */
        free(*FIELD(char *, into, keys));
        *FIELD(char *, into, keys) = hy_str_dup(dict_key);
        keys++;
    }
    if (n->kind == HY_Y_MAPPING)
        walk_pairs(n, keys, into, seen, d);
    else if (!n->empty) {
        hy_y_report_kind("", "“键: 值”", n, d);
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
        if (!is_lent(rows, i))
            hy_yaml_release(s, row_at(rows, s, i));
    if (rows->lent == NULL || rows->v != rows->lent->v)
        free(rows->v);
    free(rows->own);
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

/* --- on loan --- */

static void copy_texts(const struct hy_texts *from, struct hy_texts *to)
{
    *to = (struct hy_texts){0};
    for (size_t i = 0; i < from->n; i++)
        push_text(to, &(struct hy_y_node){.text = hy_str(from->v[i]), .pos = from->pos[i]});
}

static struct hy_rows lent_rows(const struct hy_rows *from)
{
    return (struct hy_rows){.v = from->v, .n = from->n, .lent = from};
}

/* The struct was copied as it is: what it may not own twice is made its own or lent. */
static void lend_fields(const struct hy_y_schema *schema, const void *from, void *to)
{
    for (const struct hy_y_key *k = schema->keys; k->key; k++) {
        const void *source = (const char *)from + k->offset;
        if (k->type == HY_Y_TEXT)
            *FIELD(char *, to, k) = hy_xstrdup(*FIELD(char *, to, k));
        else if (k->type == HY_Y_TEXTS)
            copy_texts(source, FIELD(struct hy_texts, to, k));
        else if (k->type == HY_Y_MAP)
            lend_fields(k->sub, source, FIELD(void, to, k));
        else if (k->type == HY_Y_LIST || k->type == HY_Y_DICT)
            *FIELD(struct hy_rows, to, k) = lent_rows(source);
        else if (k->type == HY_Y_CUSTOM && k->custom_free)
            hy_bug("schema: \"%s\" cannot be lent", k->key);
    }
}

void hy_yaml_lend(const struct hy_y_schema *schema, const void *from, void *to)
{
    memcpy(to, from, schema->size);
    lend_fields(schema, from, to);
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
    hy_y_init(schema, into);
    walk_map(n, schema, into, no_key, d);
}
