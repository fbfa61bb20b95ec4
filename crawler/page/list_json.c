/* SPDX-License-Identifier: Apache-2.0 */
/* Lists that a site offers as JSON.  Without paths the first array of objects that have an address
 * is taken, and the usual names of fields are tried. */
#include "core/json.h"
#include "core/url.h"
#include "crawler/page/stamp.h"
#include "crawler/page/html_text.h"
#include "crawler/page/list_parts.h"

enum { MAX_DEPTH = 8 };

static const char *const url_names[] = {"url", "link", "href", "pageUrl", "shareUrl", NULL};
static const char *const title_names[] = {"title", "name", "subject", "headline", NULL};
static const char *const time_names[] = {"published",  "pubDate", "publishTime", "publish_time",
                                         "time",       "date",    "ctime",       "created_at",
                                         "createTime", NULL};

/* The value at a dotted path; numbers are places in arrays. */
static const json_t *at_path(const json_t *v, struct hy_str path)
{
    struct hy_str step;

    while (v && path.n && hy_str_cut(&path, '.', &step)) {
        HY_CLEANUP(hy_freep) char *key = hy_str_dup(step);
        int64_t i;
        if (json_is_array(v))
            v = hy_str_to_i64(step, &i) && i >= 0 ? json_array_get(v, (size_t)i) : NULL;
        else
            v = json_object_get(v, key);
    }
    return v;
}

static const json_t *field(const json_t *o, const char *path, const char *const *names)
{
    const json_t *v = path ? at_path(o, hy_str(path)) : NULL;

    for (size_t i = 0; path == NULL && v == NULL && names[i]; i++)
        v = json_object_get(o, names[i]);
    return v;
}

static struct hy_str text(const json_t *v)
{
    return json_is_string(v) ? hy_str_n(json_string_value(v), json_string_length(v)) : hy_str("");
}

/* Unix time in seconds or milliseconds, or any date a feed may have. */
static struct hy_stamp time_value(const json_t *v, int zone_min)
{
    struct hy_stamp t = {HY_WALL_NONE, zone_min, HY_PREC_NONE};

    if (!json_is_integer(v))
        return hy_stamp_parse(text(v), zone_min, true);
    int64_t n = json_integer_value(v);
    if (n < 100000000 || n > INT64_C(100000000000000))
        return t;
    t.at.ms = n > INT64_C(100000000000) ? n : n * 1000;
    t.precision = HY_PREC_SECOND;
    return t;
}

static void take(struct hy_list *l, const json_t *o, struct hy_str url,
                 const struct hy_list_hints *hints)
{
    struct hy_str href = text(field(o, hints->link, url_names));
    HY_CLEANUP(hy_freep) char *abs = href.n ? hy_url_resolve(url, href) : NULL;
    struct hy_stamp t = time_value(field(o, hints->time, time_names), hints->zone_min);
    struct hy_buf title = HY_BUF_INIT(4096);

    hy_html_text(text(field(o, hints->title, title_names)), &title);
    if (abs) {
        struct hy_link link = {.url = abs,
                               .title = title.p ? title.p : "",
                               .published = t.at,
                               .precision = t.precision,
                               .last_reply = HY_WALL_NONE,
                               .replies = -1};
        if (hints->forum)
            link.last_reply = t.at;
        hy_list_add(l, &link);
    }
    hy_buf_release(&title);
}

/* The first array whose elements have an address. */
static const json_t *find_array(const json_t *v, const struct hy_list_hints *hints, int depth)
{
    const json_t *found = NULL, *child;
    const char *key;
    size_t i;

    if (depth == 0)
        return NULL;
    if (json_is_array(v) && text(field(json_array_get(v, 0), hints->link, url_names)).n)
        return v;
    if (json_is_array(v)) {
        for (i = 0; i < json_array_size(v) && found == NULL; i++)
            found = find_array(json_array_get(v, i), hints, depth - 1);
        return found;
    }
    json_object_foreach ((json_t *)v, key, child) {
        if (found == NULL)
            found = find_array(child, hints, depth - 1);
    }
    return found;
}

int hy_list_json(struct hy_str json, struct hy_str url, const struct hy_list_hints *hints,
                 struct hy_list **ret, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *root = NULL;
    const json_t *rows;

    if (hy_json_parse(json, &root, err) < 0)
        return err->code;
    rows = hints->item ? at_path(root, hy_str(hints->item)) : find_array(root, hints, MAX_DEPTH);
    if (!json_is_array(rows))
        return hy_fail(err, HY_E_PARSE, "no list at %s in the JSON",
                       hints->item ? hints->item : "any place");
    *ret = hy_list_new();
    for (size_t i = 0; i < json_array_size(rows); i++)
        take(*ret, json_array_get(rows, i), url, hints);
    (*ret)->why = "JSON";
    return HY_OK;
}
