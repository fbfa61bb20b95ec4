/* SPDX-License-Identifier: Apache-2.0 */
#include "crawler/page/meta.h"

#include "core/json.h"
#include "core/mem.h"

#include <stddef.h>

enum { MAX_NODES_LD = 256, MAX_LD_BYTES = 512 * 1024 };

static const struct {
    const char *name;
    size_t offset;
} rows[] = {
    {"og:title", offsetof(struct hy_meta, og_title)},
    {"og:site_name", offsetof(struct hy_meta, site_name)},
    {"og:type", offsetof(struct hy_meta, og_type)},
    {"og:description", offsetof(struct hy_meta, description)},
    {"description", offsetof(struct hy_meta, description)},
    {"generator", offsetof(struct hy_meta, generator)},
    {"og:url", offsetof(struct hy_meta, canonical)},
    {"ContentSource", offsetof(struct hy_meta, origin)},
};

static void read_meta(const struct hy_dom *d, uint32_t i, struct hy_meta *m)
{
    struct hy_str name = hy_dom_attr(d, i, "property");

    if (name.n == 0)
        name = hy_dom_attr(d, i, "name");
    for (size_t k = 0; k < HY_COUNT(rows); k++) {
        struct hy_str *field = (struct hy_str *)((char *)m + rows[k].offset);
        if (field->n == 0 && hy_str_ieq(name, hy_str(rows[k].name)))
            *field = hy_str_trim(hy_dom_attr(d, i, "content"));
    }
}

/* -- JSON-LD -------------------------------------------------------------------------------- */

/* Types whose date is the page's date, the most telling first. */
static const char *const types[] = {
    "NewsArticle",
    "ReportageNewsArticle",
    "Article",
    "BlogPosting",
    "DiscussionForumPosting",
    "SocialMediaPosting",
    "LiveBlogPosting",
    "TechArticle",
    "Report",
    "QAPage",
    "Question",
    "ScholarlyArticle",
    "WebPage",
    "ItemPage",
    "CollectionPage",
    "VideoObject",
    "CreativeWork",
};

static size_t rank_of_name(struct hy_str name)
{
    for (size_t i = 0; i < HY_COUNT(types); i++)
        if (hy_str_is(name, types[i]))
            return i;
    return HY_COUNT(types);
}

static struct hy_str view_of(const json_t *v)
{
    return json_is_string(v) ? hy_str_n(json_string_value(v), json_string_length(v))
                             : (struct hy_str){0};
}

/* @type may be a list: its best known member. */
static size_t rank_of(const json_t *o, struct hy_str *ret_type)
{
    const json_t *type = json_object_get(o, "@type"), *one;
    size_t best = rank_of_name(view_of(type)), i;

    *ret_type = view_of(type);
    json_array_foreach (type, i, one) {
        size_t rank = rank_of_name(view_of(one));
        if (rank < best) {
            best = rank;
            *ret_type = view_of(one);
        }
    }
    return best;
}

static struct hy_str first_of(const json_t *o, const char *a, const char *b, const char *c)
{
    struct hy_str s = view_of(json_object_get(o, a));

    if (s.n == 0)
        s = view_of(json_object_get(o, b));
    return s.n ? s : view_of(json_object_get(o, c));
}

static void read_thing(const json_t *o, size_t *best, struct hy_meta *m)
{
    struct hy_str type;
    size_t rank = rank_of(o, &type);
    struct hy_str published = first_of(o, "datePublished", "pubDate", "uploadDate");

    if (published.n == 0)
        published = view_of(json_object_get(o, "dateCreated"));
    struct hy_str body = first_of(o, "articleBody", "text", "");

    if (hy_str_is(type, "Answer") || hy_str_is(type, "Comment")) {
        if (body.n && m->n_answers < HY_META_ANSWERS)
            m->answer[m->n_answers++] = body;
        return;
    }
    if (body.n > m->body.n && rank < HY_COUNT(types))
        m->body = body;
    if (rank >= *best && !(m->published.n == 0 && published.n))
        return;
    if (rank < *best) {
        *best = rank;
        m->type = type;
        m->headline = first_of(o, "headline", "name", "title");
    }
    if (published.n)
        m->published = published;
}

/* Things nest in @graph, lists, mainEntity: a queue instead of recursion, and not for ever. */
static void read_ld(const json_t *root, size_t *best, struct hy_meta *m)
{
    const json_t *queue[MAX_NODES_LD] = {root};
    size_t n = 1, i;
    const json_t *one;

    for (size_t at = 0; at < n; at++) {
        if (json_is_object(queue[at])) {
            read_thing(queue[at], best, m);
            static const char *const inner[] = {"@graph",           "mainEntity",
                                                "mainEntityOfPage", "acceptedAnswer",
                                                "suggestedAnswer",  "comment"};
            for (i = 0; i < HY_COUNT(inner) && n < MAX_NODES_LD; i++)
                if ((one = json_object_get(queue[at], inner[i])))
                    queue[n++] = one;
        }
        json_array_foreach (queue[at], i, one)
            if (n < MAX_NODES_LD)
                queue[n++] = one;
    }
}

static void read_script(const struct hy_dom *d, uint32_t i, size_t *best, struct hy_meta *m)
{
    if (i + 1 >= d->node[i].end || m->n_owned == HY_COUNT(m->owned) ||
        !hy_str_has(hy_dom_attr(d, i, "type"), HY_STR("ld+json")))
        return;
    struct hy_str text = hy_str_trim(d->node[i + 1].text);
    if (text.n > MAX_LD_BYTES)
        return;
    /* real pages have raw line breaks inside strings */
    HY_CLEANUP(hy_freep) char *copy = hy_str_dup(text);
    for (size_t k = 0; k < text.n; k++)
        if ((unsigned char)copy[k] < ' ')
            copy[k] = ' ';
    json_t *root = json_loadb(copy, text.n, JSON_ALLOW_NUL | JSON_DISABLE_EOF_CHECK, NULL);
    if (root == NULL)
        return;
    m->owned[m->n_owned++] = root;
    read_ld(root, best, m);
}

void hy_meta_read(const struct hy_dom *d, struct hy_meta *ret)
{
    size_t best = HY_COUNT(types);

    *ret = (struct hy_meta){0};
    for (uint32_t i = 0; i < d->n; i++) {
        switch (d->node[i].tag) {
        case HY_TAG_HTML:
            ret->lang = hy_dom_attr(d, i, "lang");
            break;
        case HY_TAG_META:
            read_meta(d, i, ret);
            break;
        case HY_TAG_TITLE:
            if (ret->title.n == 0 && i + 1 < d->node[i].end)
                ret->title = hy_str_trim(d->node[i + 1].text);
            break;
        case HY_TAG_LINK:
            if (hy_str_ieq(hy_dom_attr(d, i, "rel"), HY_STR("canonical")))
                ret->canonical = hy_dom_attr(d, i, "href");
            break;
        case HY_TAG_SCRIPT:
            read_script(d, i, &best, ret);
            break;
        default:
            break;
        }
    }
}

void hy_meta_release(struct hy_meta *m)
{
    for (size_t i = 0; i < m->n_owned; i++)
        json_decref(m->owned[i]);
    *m = (struct hy_meta){0};
}
