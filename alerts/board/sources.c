/* SPDX-License-Identifier: Apache-2.0 */
/* The sources as the rules list them, joined with what the crawlers know about them in Redis. */
#include "alerts/board/board.h"
#include "core/mem.h"
#include "rules/sources.h"

/* One answer for many HGETALLs: the request ends when the last one is in. */
struct gathering {
    json_t *list;
    size_t left;
    bool failed;
};
struct source_call {
    struct hy_http_req *req;
    size_t index;
};

static void free_gathering(void *p)
{
    struct gathering *g = p;
    json_decref(g->list);
    free(g);
}

static json_t *source_json(const struct hy_source *s)
{
    json_t *o = json_pack("{s:s,s:s,s:s,s:s,s:b,s:b,s:s}", "id", s->id, "name", s->name, "kind",
                          hy_source_kind_name[s->kind], "url", s->url, "official", s->official,
                          "enabled", s->enabled, "state", "new");
    return o;
}

static void finish_sources(struct hy_http_req *req)
{
    struct gathering *g = hy_http_state(req);
    json_t *o;

    if (g->failed) {
        hy_board_no_redis(req);
        return;
    }
    o = json_object();
    json_object_set(o, "sources", g->list);
    hy_json_set_int(o, "now", hy_wall_now().ms);
    hy_http_json(req, 200, o);
}

static void on_source(const redisReply *r, void *user)
{
    struct source_call *c = user;
    struct hy_http_req *req = c->req;
    struct gathering *g = hy_http_state(req);
    json_t *row = json_array_get(g->list, c->index);

    free(c);
    g->failed |= r == NULL || r->type == REDIS_REPLY_ERROR;
    for (size_t i = 0; r && i + 1 < r->elements; i += 2) {
        HY_CLEANUP(hy_freep) char *key = hy_str_dup(hy_reply_str(r->element[i]));
        hy_json_set_str(row, key, hy_reply_str(r->element[i + 1]));
    }
    if (--g->left == 0)
        finish_sources(req);
}

void hy_board_sources(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    const struct hy_sources *sources = b->rules->sources;
    struct gathering *g = hy_xcalloc(1, sizeof(*g));
    size_t n = sources ? sources->rows.n : 0;

    g->list = json_array();
    g->left = n;
    hy_http_set_state(req, g, free_gathering);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(g->list, source_json(hy_sources_at(sources, i)));
    if (n == 0)
        finish_sources(req);
    for (size_t i = 0; i < n; i++) {
        struct source_call *c = hy_xcalloc(1, sizeof(*c));
        *c = (struct source_call){req, i};
        hy_redis_cmd(b->redis, on_source, c, "HGETALL hy:crawl:source:%s",
                     hy_sources_at(sources, i)->id);
    }
}
