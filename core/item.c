/* SPDX-License-Identifier: Apache-2.0 */
#include "core/item.h"

#include "core/hash.h"
#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

const char *const hy_precision_name[] = {"none", "day", "minute", "second"};
const char *const hy_item_kind_name[] = {"article", "thread", "list", "other"};
static const char *const from_name[] = {"jsonld", "meta", "time", "url", "text", "feed", "list"};

static int index_of(struct hy_str s, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (hy_str_is(s, names[i]))
            return (int)i;
    return -1;
}

const char *hy_item_from_name(struct hy_str s)
{
    int i = index_of(s, from_name, HY_COUNT(from_name));

    return i < 0 ? NULL : from_name[i];
}

void hy_item_release(struct hy_item *it)
{
    free(it->id);
    free(it->url);
    free(it->source);
    free(it->title);
    free(it->text);
    free(it->charset);
    free(it->origin);
    for (size_t i = 0; i < it->n_replies; i++)
        free(it->replies[i].text);
    free(it->replies);
    *it = (struct hy_item){0};
}

void hy_item_hash(struct hy_item *it)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    hy_buf_puts(&b, it->title ? it->title : "");
    hy_buf_char(&b, '\n');
    hy_buf_puts(&b, it->text ? it->text : "");
    hy_sha256_hex(hy_buf_view(&b), it->hash);
    hy_buf_release(&b);
}

static void set_optional(json_t *o, const char *key, const char *value)
{
    json_object_set_new(o, key, value ? hy_json_of_str(hy_str(value)) : json_null());
}

static json_t *replies_json(const struct hy_item *it)
{
    json_t *list = json_array();

    for (size_t i = 0; i < it->n_replies; i++) {
        const struct hy_reply *r = &it->replies[i];
        json_t *o = json_object();
        hy_json_set_str(o, "text", hy_str(r->text));
        hy_json_set_time(o, "published", r->published, it->published_offset_min);
        hy_json_set_str(o, "published_precision", hy_str(hy_precision_name[r->precision]));
        json_array_append_new(list, o);
    }
    return list;
}

json_t *hy_item_to_json(const struct hy_item *it)
{
    json_t *o = json_object();

    set_optional(o, "id", it->id);
    set_optional(o, "url", it->url);
    set_optional(o, "source", it->source);
    hy_json_set_str(o, "title", hy_str(it->title));
    hy_json_set_str(o, "text", hy_str(it->text));
    hy_json_set_time(o, "published", it->published, it->published_offset_min);
    hy_json_set_str(o, "published_precision", hy_str(hy_precision_name[it->precision]));
    set_optional(o, "published_from", it->published_from);
    hy_json_set_time(o, "fetched", it->fetched, HY_CST);
    set_optional(o, "charset", it->charset);
    if (it->origin)
        hy_json_set_str(o, "origin", hy_str(it->origin));
    hy_json_set_str(o, "kind", hy_str(hy_item_kind_name[it->kind]));
    if (it->kind == HY_ITEM_THREAD || it->n_replies)
        json_object_set_new(o, "replies", replies_json(it));
    hy_json_set_str(o, "hash", hy_str(it->hash));
    return o;
}

/* -- reading ---------------------------------------------------------------------------------- */

enum field {
    ID,
    URL,
    SOURCE,
    TITLE,
    TEXT,
    PUBLISHED,
    PRECISION,
    FROM,
    FETCHED,
    CHARSET,
    ORIGIN,
    KIND,
    HASH
};
static const char *const field_name[] = {
    [ID] = "id",
    [URL] = "url",
    [SOURCE] = "source",
    [TITLE] = "title",
    [TEXT] = "text",
    [PUBLISHED] = "published",
    [PRECISION] = "published_precision",
    [FROM] = "published_from",
    [FETCHED] = "fetched",
    [CHARSET] = "charset",
    [ORIGIN] = "origin",
    [KIND] = "kind",
    [HASH] = "hash",
};
enum { FIELDS = HY_COUNT(field_name) };

/* What an object says, borrowed: from a tree or from a line. */
struct fields {
    struct hy_str v[FIELDS]; /* "" for one that is missing */
    bool is_text[FIELDS];
    bool is_other[FIELDS]; /* neither missing, null nor a text */
};

static struct fields fields_of_tree(const json_t *o)
{
    struct fields f;

    for (size_t i = 0; i < FIELDS; i++) {
        const json_t *v = json_object_get(o, field_name[i]);
        f.is_text[i] = json_is_string(v);
        f.is_other[i] = v && !f.is_text[i] && !json_is_null(v);
        f.v[i] = f.is_text[i] ? hy_str_n(json_string_value(v), json_string_length(v)) : hy_str("");
    }
    return f;
}

/* By length first: the names of an item's members differ in little else. */
static int field_of(struct hy_str key)
{
    static unsigned char length[FIELDS];

    for (size_t i = 0; i < FIELDS; i++) {
        if (length[i] == 0)
            length[i] = (unsigned char)strlen(field_name[i]);
        if (key.n == length[i] && memcmp(key.p, field_name[i], key.n) == 0)
            return (int)i;
    }
    return -1;
}

static struct fields fields_of_line(const struct hy_json_line *l)
{
    struct fields f = {0};

    for (size_t i = 0; i < l->n; i++) {
        int field = field_of(l->v[i].key);
        if (field < 0)
            continue;
        f.v[field] = l->v[i].text;
        f.is_text[field] = l->v[i].is_text;
        f.is_other[field] = !l->v[i].is_text && !hy_str_is(l->v[i].json, "null");
    }
    return f;
}

/* A copy in the arena, or on the heap without one. */
static char *kept(struct hy_arena *arena, struct hy_str s)
{
    return arena ? (char *)hy_arena_str(arena, s).p : hy_str_dup(s);
}

static char *optional(struct hy_arena *arena, const struct fields *f, enum field i)
{
    return f->is_text[i] ? kept(arena, f->v[i]) : NULL;
}

static hy_wall time_of(struct hy_str text)
{
    hy_wall t;

    return text.n && hy_wall_parse(text, &t) ? t : HY_WALL_NONE;
}

static enum hy_precision precision_of(struct hy_str name, hy_wall published)
{
    int p = index_of(name, hy_precision_name, HY_PREC_COUNT);

    if (!hy_wall_known(published))
        return HY_PREC_NONE;
    return p < 0 ? HY_PREC_SECOND : (enum hy_precision)p;
}

/* The zone as written: published instants are equal anyway, but people read local times. */
static int offset_of(struct hy_str time)
{
    if (time.n < 6 || time.p[time.n - 3] != ':')
        return time.n && (time.p[time.n - 1] | 32) == 'z' ? 0 : HY_CST;
    int64_t h = 0, m = 0;
    hy_str_to_i64(hy_str_sub(time, time.n - 5, time.n - 3), &h);
    hy_str_to_i64(hy_str_sub(time, time.n - 2, time.n), &m);
    return (int)((h * 60 + m) * (time.p[time.n - 6] == '-' ? -1 : 1));
}

static void read_replies(const json_t *list, struct hy_arena *arena, struct hy_item *it)
{
    size_t i, n = json_array_size(list) * sizeof(*it->replies);
    const json_t *o;

    it->replies = arena ? hy_arena_alloc(arena, n) : hy_xcalloc(1, n);
    json_array_foreach (list, i, o) {
        struct hy_reply *r = &it->replies[it->n_replies++];
        r->text = kept(arena, hy_json_str(o, "text"));
        r->published = hy_json_time(o, "published");
        r->precision = precision_of(hy_json_str(o, "published_precision"), r->published);
    }
}

static int check(const struct fields *f, struct hy_err *err)
{
    static const enum field texts[] = {TITLE, TEXT};

    for (size_t i = 0; i < HY_COUNT(texts); i++)
        if (f->is_other[texts[i]])
            return hy_fail(err, HY_E_PARSE, "\"%s\" is not a text", field_name[texts[i]]);
    return HY_OK;
}

static struct hy_item item_of(const struct fields *f, struct hy_arena *arena)
{
    struct hy_item it = {
        .id = optional(arena, f, ID),
        .url = optional(arena, f, URL),
        .source = optional(arena, f, SOURCE),
        .title = kept(arena, f->v[TITLE]),
        .text = kept(arena, f->v[TEXT]),
        .published = time_of(f->v[PUBLISHED]),
        .published_offset_min = offset_of(f->v[PUBLISHED]),
        .fetched = time_of(f->v[FETCHED]),
        .charset = optional(arena, f, CHARSET),
        .origin = optional(arena, f, ORIGIN),
    };
    int kind = index_of(f->v[KIND], hy_item_kind_name, HY_ITEM_KIND_COUNT);

    it.kind = kind < 0 ? HY_ITEM_ARTICLE : (enum hy_item_kind)kind;
    it.published_from = hy_item_from_name(f->v[FROM]);
    it.precision = precision_of(f->v[PRECISION], it.published);
    if (f->v[HASH].n == sizeof(it.hash) - 1)
        memcpy(it.hash, f->v[HASH].p, f->v[HASH].n);
    return it;
}

static int read_tree(const json_t *o, struct hy_arena *arena, struct hy_item *ret,
                     struct hy_err *err)
{
    struct fields f = fields_of_tree(o);

    if (check(&f, err) < 0)
        return err->code;
    *ret = item_of(&f, arena);
    if (json_is_array(json_object_get(o, "replies")))
        read_replies(json_object_get(o, "replies"), arena, ret);
    return HY_OK;
}

int hy_item_from_json(const json_t *o, struct hy_item *ret, struct hy_err *err)
{
    return read_tree(o, NULL, ret, err);
}

int hy_item_from_line(const struct hy_json_line *l, struct hy_arena *arena, struct hy_item *ret,
                      struct hy_err *err)
{
    if (l->tree)
        return read_tree(l->tree, arena, ret, err);
    struct fields f = fields_of_line(l);
    if (check(&f, err) < 0)
        return err->code;
    *ret = item_of(&f, arena);
    return HY_OK;
}
