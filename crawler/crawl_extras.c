/* SPDX-License-Identifier: Apache-2.0 */
/* The feeds and sitemaps a source has beside its list, and how they stand in Redis. */
#include "core/json.h"
#include "core/mem.h"
#include "crawler/crawl.h"

#include <stdlib.h>
#include <string.h>

bool hy_crawl_finds_(const struct hy_crawl_source *s)
{
    return s->rules && s->rules->discover &&
           (s->rules->kind == HY_SOURCE_LIST || s->rules->kind == HY_SOURCE_FORUM);
}

struct hy_crawl_extra *hy_crawl_extra_at_(const struct hy_crawl_source *s, const char *url)
{
    for (size_t i = 0; i < s->n_extras; i++)
        if (strcmp(s->extras[i]->url, url) == 0)
            return s->extras[i];
    return NULL;
}

struct hy_crawl_extra *hy_crawl_extra_add_(struct hy_crawl_source *s, const char *url,
                                           bool sitemap)
{
    if (s->n_extras == HY_COUNT(s->extras))
        return NULL;
    struct hy_crawl_extra *e = hy_xcalloc(1, sizeof(*e));
    e->url = hy_xstrdup(url);
    e->sitemap = sitemap;
    return s->extras[s->n_extras++] = e;
}

void hy_crawl_extra_free_(struct hy_crawl_extra *e)
{
    free(e->url);
    free(e->etag);
    free(e->last_modified);
    free(e);
}

struct hy_crawl_extra *hy_crawl_extra_of_(const struct hy_job *j)
{
    return hy_crawl_extra_at_(j->source, j->first_url);
}

char *hy_crawl_extras_text_(const struct hy_crawl_source *s)
{
    HY_CLEANUP(hy_json_freep) json_t *list = json_array();

    for (size_t i = 0; i < s->n_extras; i++) {
        const struct hy_crawl_extra *e = s->extras[i];
        json_t *o = json_object();
        hy_json_set_str(o, "url", hy_str(e->url));
        hy_json_set_str(o, "kind", e->sitemap ? HY_STR("sitemap") : HY_STR("feed"));
        json_object_set_new(o, "used", json_boolean(hy_crawl_finds_(s)));
        json_object_set_new(o, "guessed", json_boolean(e->guessed));
        json_object_set_new(o, "begun", json_boolean(e->begun));
        hy_json_set_int(o, "polls", e->polls);
        hy_json_set_int(o, "found", e->found);
        hy_json_set_int(o, "failures", e->failures);
        hy_json_set_int(o, "next", e->next.ms);
        json_array_append_new(list, o);
    }
    return hy_json_text(list);
}

void hy_crawl_extras_read_(struct hy_crawl_source *s, struct hy_str text)
{
    HY_CLEANUP(hy_json_freep) json_t *list = NULL;
    struct hy_err err = HY_ERR_INIT;
    size_t i;
    json_t *o;

    if (text.n == 0 || hy_json_parse(text, &list, &err) < 0)
        return;
    json_array_foreach (list, i, o) {
        HY_CLEANUP(hy_freep) char *url = hy_str_dup(hy_json_str(o, "url"));
        struct hy_crawl_extra *e = hy_crawl_extra_at_(s, url);
        e = e ? e : hy_crawl_extra_add_(s, url, hy_str_is(hy_json_str(o, "kind"), "sitemap"));
        if (e == NULL)
            return;
        e->begun = hy_json_bool(o, "begun");
        e->guessed = hy_json_bool(o, "guessed");
        e->polls = hy_json_int(o, "polls", 0);
        e->found = hy_json_int(o, "found", 0);
        e->failures = (int)hy_json_int(o, "failures", 0);
        e->next = (hy_wall){hy_json_int(o, "next", 0)};
    }
}

bool hy_crawl_is_extra_(const struct hy_crawl_source *s, const char *url)
{
    return hy_crawl_finds_(s) && hy_crawl_extra_at_(s, url);
}

void hy_crawl_extras_free_(struct hy_crawl_source *s)
{
    for (size_t i = 0; i < s->n_extras; i++)
        hy_crawl_extra_free_(s->extras[i]);
    s->n_extras = 0;
}
