/* SPDX-License-Identifier: Apache-2.0 */
/* Reading: incidents, their items and journal.  Everything is JSON that the keeper wrote;
 * the board sorts, filters and hands it on. */
#include "alerts/board/board.h"
#include "alerts/board/fetch.h"
#include "alerts/board/view.h"
#include "alerts/decide/clocks.h"

#include <stdio.h>
#include <string.h>

enum {
    ALL_MAX = 500, /* newest incidents shown of the archive at once */
    JOURNAL_CHUNK = 1000,
    JOURNAL_CHUNKS = 30,
};

/* ---- incidents ---- */

/* One page of a list: at most `limit`, behind the incident `after`; `next` goes on behind it. */
struct listing {
    int64_t limit; /* 0: all */
    char after[HY_ROUTE_PARAM_SIZE];
    char next[HY_ROUTE_PARAM_SIZE]; /* "" : nothing follows */
};

static void answer_list(struct hy_http_req *req, json_t *list)
{
    const struct listing *l = hy_http_state(req);
    json_t *o = hy_fetch_answer("incidents", list);

    if (l->next[0])
        json_object_set_new(o, "next", json_string(l->next));
    hy_http_json(req, 200, o);
}

/* Of the open ones the order is by urgency, so the page is cut from the sorted whole. */
static void on_open(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    struct listing *l = hy_http_state(req);

    if (hy_fetch_failed(r, req))
        return;
    HY_CLEANUP(hy_json_freep) json_t *all = hy_fetch_documents(r), *sorted = hy_view_list(all);
    json_t *page = hy_view_page(sorted, hy_str(l->after), (size_t)l->limit, l->next,
                                sizeof(l->next));
    if (page == NULL)
        hy_http_problem(req, 409, "after", "名单变了，这一页接不上，请从头再读");
    else
        answer_list(req, page);
}

static void on_all(const redisReply *r, void *user)
{
    if (hy_fetch_failed(r, user))
        return;
    HY_CLEANUP(hy_json_freep) json_t *all = hy_fetch_documents(r);
    answer_list(user, hy_view_list(all));
}

static void on_open_ids(const redisReply *r, void *user)
{
    if (hy_fetch_failed(r, user))
        return;
    HY_CLEANUP(hy_json_freep) json_t *ids = hy_fetch_ids(r);
    if (json_array_size(ids) == 0)
        answer_list(user, json_array());
    else
        hy_fetch_mget(user, "incident", ids, on_open);
}

/* One more than the page was asked for: then something follows. */
static void on_all_ids(const redisReply *r, void *user)
{
    struct listing *l = hy_http_state(user);

    if (hy_fetch_failed(r, user))
        return;
    HY_CLEANUP(hy_json_freep) json_t *ids = hy_fetch_ids(r);
    size_t n = json_array_size(ids);
    if (n > (size_t)l->limit) {
        json_array_remove(ids, n - 1);
        snprintf(l->next, sizeof(l->next), "%s",
                 json_string_value(json_array_get(ids, (size_t)l->limit - 1)));
    }
    if (n == 0)
        answer_list(user, json_array());
    else
        hy_fetch_mget(user, "incident", ids, on_all);
}

static void ask_all(struct hy_http_req *req, long long from)
{
    struct hy_board *b = hy_board_of(req);
    const struct listing *l = hy_http_state(req);

    hy_redis_cmd(b->redis, on_all_ids, req, "ZREVRANGE hy:{%s}:incidents %lld %lld",
                 hy_fetch_office(req), from, from + (long long)l->limit);
}

static void on_rank(const redisReply *r, void *user)
{
    if (hy_fetch_failed(r, user))
        return;
    if (r->type == REDIS_REPLY_INTEGER)
        ask_all(user, r->integer + 1);
    else
        hy_http_problem(user, 400, "after", "after 应为上一页 next 给的编号");
}

static const char *listing_objection(struct hy_http_req *req, struct listing *l, bool all)
{
    const char *limit = hy_http_query(req, "limit");

    l->limit = all ? ALL_MAX : 0;
    if (limit[0] && (!hy_str_to_i64(hy_str(limit), &l->limit) || l->limit < 1 || l->limit > ALL_MAX))
        return "limit 应在 1 到 500 之间";
    snprintf(l->after, sizeof(l->after), "%.120s", hy_http_query(req, "after"));
    return NULL;
}

void hy_board_incidents(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    const char *state = hy_http_query(req, "state");
    bool all = strcmp(state, "all") == 0;

    if (!all && state[0] && strcmp(state, "open") != 0) {
        hy_http_problem(req, 400, "state", "state 应为 open 或 all");
        return;
    }
    struct listing *l = hy_xcalloc(1, sizeof(*l));
    hy_http_set_state(req, l, free);
    const char *objection = listing_objection(req, l, all);
    if (objection)
        hy_http_problem(req, 400, "limit", objection);
    else if (!all)
        hy_redis_cmd(b->redis, on_open_ids, req, "SMEMBERS hy:{%s}:open", hy_fetch_office(req));
    else if (l->after[0])
        hy_redis_cmd(b->redis, on_rank, req, "ZREVRANK hy:{%s}:incidents %s",
                     hy_fetch_office(req), l->after);
    else
        ask_all(req, 0);
}

/* Fetch the incident of the path, then go on with fn. */
static void get_incident(struct hy_http_req *req, hy_reply_fn fn)
{
    hy_redis_cmd(hy_board_of(req)->redis, fn, req, "GET hy:{%s}:incident:%s",
                 hy_fetch_office(req), hy_http_param(req, "id"));
}

/* New reference, or the request is ended. */
static json_t *incident_of(const redisReply *r, struct hy_http_req *req)
{
    struct hy_err err = HY_ERR_INIT;
    json_t *inc = NULL;

    if (hy_fetch_failed(r, req))
        return NULL;
    if (r->type == REDIS_REPLY_STRING && hy_json_parse(hy_reply_str(r), &inc, &err) == HY_OK)
        return inc;
    hy_http_problem(req, 404, "not_found", "没有这个事件，可能编号有误");
    return NULL;
}

static void on_incident(const redisReply *r, void *user)
{
    json_t *inc = incident_of(r, user);
    if (inc)
        hy_http_json(user, 200, inc);
}

void hy_board_incident(struct hy_http_req *req, void *user)
{
    (void)user;
    get_incident(req, on_incident);
}

/* What a level would mean: the document as if it had been graded now, and its clocks by the same
 * code as the keeper's. */
static void on_preview(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    struct hy_board *b = hy_board_of(req);
    HY_CLEANUP(hy_json_freep) json_t *inc = incident_of(r, req);
    int64_t level = 0;

    if (inc == NULL)
        return;
    if (!hy_str_to_i64(hy_str(hy_http_query(req, "level")), &level) || level < 1 || level > 4) {
        hy_http_problem(req, 400, "level", "level 应为 1 到 4");
        return;
    }
    json_t *times = json_object_get(inc, "times");
    if (hy_json_int(inc, "level", 0) != level && times)
        hy_json_set_time(times, "graded", hy_loop_wall(b->loop), b->zone_min);
    hy_json_set_int(inc, "level", level);
    HY_CLEANUP(hy_json_freep) json_t *clocks = hy_clocks_preview(inc, b->rules);
    hy_http_json(req, 200, hy_fetch_answer("obligations", hy_view_known_clocks(clocks, inc)));
}

void hy_board_preview(struct hy_http_req *req, void *user)
{
    (void)user;
    get_incident(req, on_preview);
}

static void on_items(const redisReply *r, void *user)
{
    if (!hy_fetch_failed(r, user))
        hy_http_json(user, 200, hy_fetch_answer("items", hy_fetch_documents(r)));
}

static void on_items_incident(const redisReply *r, void *user)
{
    HY_CLEANUP(hy_json_freep) json_t *inc = incident_of(r, user);
    if (inc == NULL)
        return;
    HY_CLEANUP(hy_json_freep) json_t *ids = hy_view_item_ids(inc);
    if (json_array_size(ids))
        hy_fetch_mget(user, "item", ids, on_items);
    else
        hy_http_json(user, 200, hy_fetch_answer("items", json_array()));
}

void hy_board_items(struct hy_http_req *req, void *user)
{
    (void)user;
    get_incident(req, on_items_incident);
}

/* ---- journal of one incident ---- */

/* The journal is one stream for the office.  An incident's entries lie between its first one and
 * its `version`, so we read backwards from there until entries are older than the incident, the page
 * is full, or we have read enough for one request: `next` says where to go on. */
struct reading {
    char *incident;
    hy_wall opened;
    json_t *entries; /* newest first */
    int64_t before;  /* sequence number to go on below */
    int64_t limit;   /* 0: no page, as many as one request reads */
    int pages;
};

static void free_reading(void *p)
{
    struct reading *g = p;
    free(g->incident);
    json_decref(g->entries);
    free(g);
}

static void read_on(struct hy_http_req *req);

static json_t *reversed(const json_t *list)
{
    json_t *out = json_array();
    for (size_t i = json_array_size(list); i > 0; i--)
        json_array_append(out, json_array_get(list, i - 1));
    return out;
}

static bool is_full(const struct reading *g)
{
    return g->limit > 0 && json_array_size(g->entries) >= (size_t)g->limit;
}

/* False when the entry is older than the incident. */
static bool take_entry(struct reading *g, struct hy_str line)
{
    struct hy_err err = HY_ERR_INIT;
    json_t *e = NULL;

    if (hy_json_parse(line, &e, &err) < 0)
        return true;
    hy_wall at = hy_json_time(e, "at");
    if (hy_str_is(hy_json_str(e, "incident"), g->incident))
        json_array_append(g->entries, e);
    json_decref(e);
    return !hy_wall_known(at) || !hy_wall_known(g->opened) ||
           at.ms >= g->opened.ms - 10 * HY_MINUTE_MS;
}

static void answer_entries(struct hy_http_req *req, const struct reading *g, bool more)
{
    json_t *o = hy_fetch_answer("entries", reversed(g->entries));

    if (more && g->before > 1)
        hy_json_set_int(o, "next", g->before);
    hy_http_json(req, 200, o);
}

static void on_journal(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    struct reading *g = hy_http_state(req);
    bool more = r && r->type == REDIS_REPLY_ARRAY && r->elements == JOURNAL_CHUNK;

    if (hy_fetch_failed(r, req))
        return;
    for (size_t i = 0; i < r->elements && !is_full(g); i++) {
        struct hy_str id = hy_reply_str(r->element[i]->element[0]), seq;
        if (hy_str_cut(&id, '-', &seq))
            hy_str_to_i64(seq, &g->before);
        more &= take_entry(g, hy_reply_field(r->element[i]->element[1], "e"));
        more |= is_full(g) && i + 1 < r->elements;
    }
    if (more && !is_full(g) && ++g->pages < JOURNAL_CHUNKS && g->before > 1)
        read_on(req);
    else
        answer_entries(req, g, more);
}

static void read_on(struct hy_http_req *req)
{
    struct reading *g = hy_http_state(req);
    hy_redis_cmd(hy_board_of(req)->redis, on_journal, req,
                 "XREVRANGE hy:{%s}:journal %lld - COUNT %d", hy_board_of(req)->office,
                 (long long)g->before - 1, (int)JOURNAL_CHUNK);
}

static bool read_cursor(struct hy_http_req *req, struct reading *g)
{
    const char *limit = hy_http_query(req, "limit");
    if (limit[0] &&
        (!hy_str_to_i64(hy_str(limit), &g->limit) || g->limit < 1 || g->limit > ALL_MAX))
        return false;
    const char *before = hy_http_query(req, "before");
    return !before[0] || (hy_str_to_i64(hy_str(before), &g->before) && g->before > 0);
}

static void on_journal_incident(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    HY_CLEANUP(hy_json_freep) json_t *inc = incident_of(r, req);
    if (inc == NULL)
        return;
    struct reading *g = hy_xcalloc(1, sizeof(*g));
    g->incident = hy_xstrdup(hy_http_param(req, "id"));
    g->opened = hy_json_time(inc, "opened");
    g->entries = json_array();
    g->before = hy_json_int(inc, "version", INT64_MAX - 1) + 1;
    hy_http_set_state(req, g, free_reading);
    if (read_cursor(req, g))
        read_on(req);
    else
        hy_http_problem(req, 400, "limit",
                        "limit 应在 1 到 500 之间，before 应为上一页 next 给的序号");
}

void hy_board_journal(struct hy_http_req *req, void *user)
{
    (void)user;
    get_incident(req, on_journal_incident);
}

/* ---- health ---- */

static void on_lease(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    struct hy_board *b = hy_board_of(req);
    bool redis = r && r->type != REDIS_REPLY_ERROR;
    bool keeper = redis && r->type == REDIS_REPLY_STRING;

    hy_http_json(req, redis ? 200 : 503,
                 json_pack("{s:b,s:b,s:b,s:i,s:I}", "ok", redis && keeper, "redis", redis, "keeper",
                           keeper, "clients", (int)hy_sse_clients(b->feed), "now",
                           (json_int_t)hy_wall_now().ms));
}

void hy_board_health(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    hy_redis_cmd(b->redis, on_lease, req, "GET hy:{%s}:lease", b->office);
}
