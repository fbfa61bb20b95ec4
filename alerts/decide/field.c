/* SPDX-License-Identifier: Apache-2.0 */
/* Arguments of commands: read by a table, refused with the sentence a person needs, handed on in
 * one form.  What comes in was written by people and programs; nothing else looks at it. */
#include "alerts/decide/command.h"

#include "core/mem.h"
#include "core/utf8.h"
#include "rules/lexicon.h"
#include "rules/names.h"
#include "rules/office.h"

#include <stdio.h>
#include <string.h>

enum { LINE_CHARS = 200, TEXT_CHARS = 2000, BODY_CHARS = 20000, LIST_MAX = 50, URL_BYTES = 2000 };

int hy_need_text(struct hy_work *w, const char *key, const char *label, struct hy_str *ret)
{
    *ret = hy_str_trim(hy_json_str(w->args, key));
    if (ret->n == 0)
        return hy_refuse(w, "invalid", key, "请填写%s", label);
    if (hy_utf8_count(*ret) > TEXT_CHARS)
        return hy_refuse(w, "invalid", key, "%s太长，最多 %d 字", label, TEXT_CHARS);
    return HY_OK;
}

int hy_past_time(struct hy_work *w, const json_t *from, const char *key, const char *label,
                 hy_wall *ret)
{
    const json_t *v = json_object_get(from, key);

    *ret = HY_WALL_NONE;
    if (v == NULL || json_is_null(v))
        return HY_OK;
    *ret = hy_json_time(from, key);
    if (!hy_wall_known(*ret))
        return hy_refuse(w, "invalid", key, "%s不是时间，例如 2026-11-23T13:40:00+08:00", label);
    if (ret->ms > w->d->now.ms + HY_SKEW_MS)
        return hy_refuse(w, "invalid", key, "%s晚于现在", label);
    return HY_OK;
}

int hy_need_url(struct hy_work *w, const char *key, struct hy_str url)
{
    if (!hy_rules_is_http(url))
        return hy_refuse(w, "invalid", key, "请填写发布页面的网址（http:// 或 https:// 开头）");
    if (url.n > URL_BYTES)
        return hy_refuse(w, "invalid", key, "网址太长，最多 %d 个字节", URL_BYTES);
    return HY_OK;
}

json_t *hy_unit_json(const struct hy_work *w, const json_t *v)
{
    struct hy_str id = json_is_string(v) ? hy_str(json_string_value(v)) : hy_json_str(v, "id");
    const struct hy_unit *u =
        w->d->rules->lexicon && id.n ? hy_lexicon_unit(w->d->rules->lexicon, id) : NULL;
    struct hy_str name = u ? hy_str(u->name) : hy_json_str(v, "name");
    json_t *o;

    if (id.n == 0 || id.n > 100)
        return NULL;
    o = json_object();
    hy_json_set_str(o, "id", id);
    hy_json_set_str(o, "name", name.n ? hy_utf8_head(name, LINE_CHARS) : id);
    return o;
}

int hy_need_clock(struct hy_work *w, const json_t **ret)
{
    struct hy_str clock;

    if (hy_need_text(w, "clock", "时限", &clock) < 0)
        return HY_E_STATE;
    *ret = hy_incident_obligation(w->doc, clock);
    if (*ret == NULL)
        return hy_refuse(w, "not_found", "clock", "这件事没有时限“" HY_STR_FMT "”",
                         HY_STR_ARG(hy_utf8_head(clock, 40)));
    if (!hy_str_is(hy_json_str(*ret, "state"), "open"))
        return hy_refuse(w, "state", "clock", "这个时限已经结束");
    return HY_OK;
}

/* ---- one field, by its type ---- */

typedef int (*read_fn)(struct hy_work *w, const struct hy_field *f, const json_t *v, json_t **ret);

static int wrong(struct hy_work *w, const struct hy_field *f, const char *should)
{
    return hy_refuse(w, "invalid", f->key, "%s%s", f->label, should);
}

static int read_chars(struct hy_work *w, const struct hy_field *f, const json_t *v, size_t most,
                      json_t **ret)
{
    struct hy_str text = hy_str_trim(hy_str_n(json_string_value(v), json_string_length(v)));

    if (!json_is_string(v))
        return wrong(w, f, "应为文字");
    if (hy_utf8_count(text) > most)
        return hy_refuse(w, "invalid", f->key, "%s太长，最多 %zu 字", f->label, most);
    *ret = hy_json_of_str(text);
    return HY_OK;
}

static int read_text(struct hy_work *w, const struct hy_field *f, const json_t *v, json_t **ret)
{
    return read_chars(w, f, v,
                      f->type == HY_F_TEXT   ? LINE_CHARS
                      : f->type == HY_F_LONG ? TEXT_CHARS
                                             : BODY_CHARS,
                      ret);
}

static int read_url(struct hy_work *w, const struct hy_field *f, const json_t *v, json_t **ret)
{
    struct hy_str url = hy_str_trim(hy_str(json_string_value(v)));

    if (hy_need_url(w, f->key, url) < 0)
        return HY_E_STATE;
    *ret = hy_json_of_str(url);
    return HY_OK;
}

static int read_hash(struct hy_work *w, const struct hy_field *f, const json_t *v, json_t **ret)
{
    const char *hex = json_string_value(v);

    if (hex == NULL || strlen(hex) != 64 || strspn(hex, "0123456789abcdef") != 64)
        return wrong(w, f, "应为 64 位十六进制的 SHA-256");
    *ret = json_string(hex);
    return HY_OK;
}

static int read_time(struct hy_work *w, const struct hy_field *f, const json_t *v, json_t **ret)
{
    hy_wall t = HY_WALL_NONE;
    char text[HY_TIME_SIZE];

    if (!json_is_string(v) || !hy_wall_parse(hy_str(json_string_value(v)), &t))
        return wrong(w, f, "不是时间，例如 2026-11-23T13:40:00+08:00");
    if (f->type == HY_F_PAST && t.ms > w->d->now.ms + HY_SKEW_MS)
        return wrong(w, f, "晚于现在");
    *ret = json_string(hy_wall_format(t, HY_CST, text));
    return HY_OK;
}

static int read_name(struct hy_work *w, const struct hy_field *f, const json_t *v, json_t **ret)
{
    struct hy_str name = hy_str(json_string_value(v));

    if (hy_name_index(f->names, name) < 0)
        return hy_refuse(w, "invalid", f->key, "%s不能是“" HY_STR_FMT "”", f->label,
                         HY_STR_ARG(hy_utf8_head(name, 40)));
    *ret = hy_json_of_str(name);
    return HY_OK;
}

static int read_int(struct hy_work *w, const struct hy_field *f, const json_t *v, json_t **ret)
{
    json_int_t n = json_integer_value(v);

    if (!json_is_integer(v) || n < f->min || n > f->max)
        return hy_refuse(w, "invalid", f->key, "%s应为 %lld 到 %lld 的整数", f->label,
                         (long long)f->min, (long long)f->max);
    *ret = json_integer(n);
    return HY_OK;
}

static int read_bool(struct hy_work *w, const struct hy_field *f, const json_t *v, json_t **ret)
{
    if (!json_is_boolean(v))
        return wrong(w, f, "应为是或否（true、false）");
    *ret = json_boolean(json_is_true(v));
    return HY_OK;
}

static int read_unit(struct hy_work *w, const struct hy_field *f, const json_t *v, json_t **ret)
{
    *ret = hy_unit_json(w, v);
    return *ret ? HY_OK : wrong(w, f, "应为一个单位");
}

static int read_person(struct hy_work *w, const struct hy_field *f, const json_t *v, json_t **ret)
{
    struct hy_str id = json_is_string(v) ? hy_str(json_string_value(v)) : hy_json_str(v, "id");
    const struct hy_person *p = w->d->rules->duty ? hy_duty_person(w->d->rules->duty, id) : NULL;

    if (p == NULL)
        return hy_refuse(w, "invalid", f->key, "人员名单里没有%s“" HY_STR_FMT "”", f->label,
                         HY_STR_ARG(hy_utf8_head(id, 40)));
    *ret = json_pack("{s:s,s:s}", "id", p->id, "name", p->name);
    return HY_OK;
}

static int read_list(struct hy_work *w, const struct hy_field *f, const json_t *v, json_t **ret)
{
    static const read_fn each[] = {
        [HY_F_TEXTS] = read_text, [HY_F_NAMES] = read_name, [HY_F_UNITS] = read_unit};
    struct hy_field one = *f;
    json_t *list = json_array(), *value;
    size_t i;

    one.type = HY_F_TEXT;
    if (!json_is_array(v) || json_array_size(v) > LIST_MAX) {
        json_decref(list);
        return hy_refuse(w, "invalid", f->key, "%s应为列表，最多 %d 项", f->label, LIST_MAX);
    }
    json_array_foreach (v, i, value) {
        json_t *read = NULL;
        if (each[f->type](w, &one, value, &read) < 0) {
            json_decref(list);
            return HY_E_STATE;
        }
        json_array_append_new(list, read);
    }
    *ret = list;
    return HY_OK;
}

static const read_fn readers[] = {
    [HY_F_TEXT] = read_text,  [HY_F_LONG] = read_text,  [HY_F_BODY] = read_text,
    [HY_F_TEXTS] = read_list, [HY_F_URL] = read_url,    [HY_F_HASH] = read_hash,
    [HY_F_PAST] = read_time,  [HY_F_TIME] = read_time,  [HY_F_NAME] = read_name,
    [HY_F_NAMES] = read_list, [HY_F_INT] = read_int,    [HY_F_BOOL] = read_bool,
    [HY_F_UNIT] = read_unit,  [HY_F_UNITS] = read_list, [HY_F_PERSON] = read_person,
};

static bool is_empty(const json_t *v)
{
    return v == NULL || json_is_null(v) || (json_is_array(v) && json_array_size(v) == 0) ||
           (json_is_string(v) && hy_str_trim(hy_str(json_string_value(v))).n == 0);
}

int hy_fields_read(struct hy_work *w, const struct hy_field *fields, json_t *into)
{
    for (const struct hy_field *f = fields; f->key; f++) {
        const json_t *v = json_object_get(w->args, f->key);
        json_t *read = NULL;
        if (is_empty(v)) {
            if (f->required)
                return hy_refuse(w, "invalid", f->key, "请填写%s", f->label);
            continue;
        }
        if (readers[f->type](w, f, v, &read) < 0)
            return HY_E_STATE;
        json_object_set_new(into, f->key, read);
    }
    return HY_OK;
}
