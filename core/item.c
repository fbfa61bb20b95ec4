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
    hy_json_set_str(o, "kind", hy_str(hy_item_kind_name[it->kind]));
    if (it->kind == HY_ITEM_THREAD || it->n_replies)
        json_object_set_new(o, "replies", replies_json(it));
    hy_json_set_str(o, "hash", hy_str(it->hash));
    return o;
}

static char *optional(const json_t *o, const char *key)
{
    const json_t *v = json_object_get(o, key);

    return json_is_string(v) ? hy_str_dup(hy_json_str(o, key)) : NULL;
}

static enum hy_precision precision_of(const json_t *o, hy_wall published)
{
    int p = index_of(hy_json_str(o, "published_precision"), hy_precision_name, HY_PREC_COUNT);

    if (!hy_wall_known(published))
        return HY_PREC_NONE;
    return p < 0 ? HY_PREC_SECOND : (enum hy_precision)p;
}

static int need_text_or_absent(const json_t *o, const char *key, struct hy_err *err)
{
    const json_t *v = json_object_get(o, key);

    if (v && !json_is_null(v) && !json_is_string(v))
        return hy_fail(err, HY_E_PARSE, "\"%s\" is not a text", key);
    return HY_OK;
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

static void read_replies(const json_t *list, struct hy_item *it)
{
    size_t i;
    const json_t *o;

    it->replies = hy_xcalloc(json_array_size(list), sizeof(*it->replies));
    json_array_foreach (list, i, o) {
        struct hy_reply *r = &it->replies[it->n_replies++];
        r->text = hy_str_dup(hy_json_str(o, "text"));
        r->published = hy_json_time(o, "published");
        r->precision = precision_of(o, r->published);
    }
}

int hy_item_from_json(const json_t *o, struct hy_item *ret, struct hy_err *err)
{
    if (need_text_or_absent(o, "title", err) < 0 || need_text_or_absent(o, "text", err) < 0)
        return err->code;
    struct hy_item it = {
        .id = optional(o, "id"),
        .url = optional(o, "url"),
        .source = optional(o, "source"),
        .title = hy_str_dup(hy_json_str(o, "title")),
        .text = hy_str_dup(hy_json_str(o, "text")),
        .published = hy_json_time(o, "published"),
        .published_offset_min = offset_of(hy_json_str(o, "published")),
        .fetched = hy_json_time(o, "fetched"),
        .charset = optional(o, "charset"),
    };
    int kind = index_of(hy_json_str(o, "kind"), hy_item_kind_name, HY_ITEM_KIND_COUNT);

    it.kind = kind < 0 ? HY_ITEM_ARTICLE : (enum hy_item_kind)kind;
    it.published_from = hy_item_from_name(hy_json_str(o, "published_from"));
    it.precision = precision_of(o, it.published);
    struct hy_str hash = hy_json_str(o, "hash");
    if (hash.n == sizeof(it.hash) - 1)
        memcpy(it.hash, hash.p, hash.n);
    if (json_is_array(json_object_get(o, "replies")))
        read_replies(json_object_get(o, "replies"), &it);
    *ret = it;
    return HY_OK;
}
