/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/capture.h"

#include "core/hash.h"
#include "core/utf8.h"
#include "core/zstd.h"

#include <string.h>

enum { TOMBSTONE_MAX_CHARS = 200, HEADERS_MAX = 200 };

/* -- redirects and headers --------------------------------------------------------------------- */

/* Servers send what they like; JSON wants UTF-8. */
static void set_text(json_t *o, const char *key, struct hy_str s)
{
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    for (size_t at = 0; at < s.n;) {
        uint32_t c = hy_utf8_next(s, &at);
        hy_buf_utf8(&b, c ? c : 0xFFFD);
    }
    hy_json_set_str(o, key, hy_buf_view(&b));
    hy_buf_release(&b);
}

void hy_capture_hop(json_t **hops, const struct hy_fetch_result *r)
{
    if (*hops == NULL)
        *hops = json_array();
    if (json_array_size(*hops) >= HY_HOPS_MAX)
        return;
    json_t *hop = json_object();
    set_text(hop, "url", hy_str(r->url));
    hy_json_set_int(hop, "status", r->status);
    set_text(hop, "location", hy_str(r->location));
    json_array_append_new(*hops, hop);
}

/* A session that the server gave us says nothing about the page, and is nobody's business. */
static bool is_kept(struct hy_str name)
{
    return !hy_str_ieq(name, HY_STR("set-cookie")) && !hy_str_ieq(name, HY_STR("set-cookie2"));
}

/* [["Server","nginx"], ...] in the order they came. */
static json_t *headers_of(struct hy_str head)
{
    json_t *list = json_array();

    for (struct hy_lines it = hy_lines(head);
         hy_lines_next(&it) && json_array_size(list) < HEADERS_MAX;) {
        size_t colon = hy_str_find_char(it.line, ':', 0);
        if (it.no == 1 || colon == HY_NPOS)
            continue;
        struct hy_str name = hy_str_trim(hy_str_sub(it.line, 0, colon));
        if (!is_kept(name))
            continue;
        json_t *both = json_object();
        set_text(both, "name", name);
        set_text(both, "value", hy_str_trim(hy_str_sub(it.line, colon + 1, it.line.n)));
        json_array_append_new(
            list, json_pack("[OO]", json_object_get(both, "name"), json_object_get(both, "value")));
        json_decref(both);
    }
    return list;
}

/* "HTTP/1.1 200 OK"; servers of HTTP/2 send no reason. */
static struct hy_str status_line(struct hy_str head)
{
    struct hy_lines it = hy_lines(head);

    return hy_lines_next(&it) ? hy_str_trim(it.line) : hy_str("");
}

/* -- captures ---------------------------------------------------------------------------------- */

void hy_captures_add(struct hy_captures *c, const struct hy_fetch_result *r, const json_t *hops,
                     hy_wall fetched)
{
    struct hy_capture page = {.meta = json_object(), .body = HY_BUF_INIT(HY_BUF_UNBOUNDED)};
    char hash[HY_SHA256_HEX];

    set_text(page.meta, "final_url", hy_str(r->url));
    json_object_set_new(page.meta, "redirects", hops ? json_deep_copy(hops) : json_array());
    hy_json_set_int(page.meta, "status", r->status);
    set_text(page.meta, "status_line", status_line(r->head));
    json_object_set_new(page.meta, "headers", headers_of(r->head));
    set_text(page.meta, "content_type", r->content_type);
    hy_json_set_time(page.meta, "fetched", fetched, HY_CST);
    hy_json_set_int(page.meta, "bytes", (int64_t)r->body.n);
    if (r->body.n) {
        hy_json_set_str(page.meta, "sha256", hy_str(hy_sha256_hex(r->body, hash)));
        hy_zstd_pack(r->body, &page.body);
    }
    hy_vec_push(&c->v, page);
}

void hy_captures_add_bare(struct hy_captures *c, const char *from, hy_wall fetched)
{
    struct hy_capture none = {.meta = json_object(), .body = HY_BUF_INIT(HY_BUF_UNBOUNDED)};

    hy_json_set_str(none.meta, "from", hy_str(from));
    hy_json_set_int(none.meta, "status", 0);
    hy_json_set_int(none.meta, "bytes", 0);
    hy_json_set_time(none.meta, "fetched", fetched, HY_CST);
    hy_vec_push(&c->v, none);
}

void hy_captures_name(struct hy_captures *c, const struct hy_item *it, const char *requested)
{
    for (size_t i = 0; i < c->v.n; i++) {
        json_t *meta = c->v.v[i].meta;
        hy_json_set_str(meta, "item", hy_str(it->id));
        hy_json_set_str(meta, "source", hy_str(it->source));
        hy_json_set_str(meta, "url", hy_str(it->url));
        hy_json_set_str(meta, "requested", hy_str(requested));
        hy_json_set_int(meta, "part", (int64_t)i + 1);
        hy_json_set_int(meta, "parts", (int64_t)c->v.n);
        hy_json_set_str(meta, "hash", hy_str(it->hash));
        if (i + 1 < c->v.n)
            continue;
        hy_json_set_str(meta, "title", hy_str(it->title));
        hy_json_set_str(meta, "text", hy_str(it->text));
    }
}

void hy_captures_release(struct hy_captures *c)
{
    for (size_t i = 0; i < c->v.n; i++) {
        json_decref(c->v.v[i].meta);
        hy_buf_release(&c->v.v[i].body);
    }
    hy_vec_release(&c->v);
}

/* -- taken away -------------------------------------------------------------------------------- */

bool hy_capture_is_tombstone(struct hy_str title, struct hy_str text)
{
    static const char *const says[] = {
        "不存在或已被删除", "不存在或者已被删除", "不存在或已删除", "已被删除或不存在",
        "该帖已被删除",     "帖子已被删除",       "主题已被删除",   "文章已被删除",
        "内容已被删除",     "信息已被删除",       "信息已下线",     "页面不存在",
        "页面找不到",       "页面未找到",         "找不到该页",     "主题不存在",
        "信息不存在",       "文章不存在",         "内容不存在",     "帖子不存在",
        "404 Not Found",    "Page Not Found",
    };

    if (hy_utf8_count(text) > TOMBSTONE_MAX_CHARS)
        return false;
    for (size_t i = 0; i < HY_COUNT(says); i++)
        if (hy_str_has(title, hy_str(says[i])) || hy_str_has(text, hy_str(says[i])))
            return true;
    return false;
}
