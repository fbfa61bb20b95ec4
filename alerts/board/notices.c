/* SPDX-License-Identifier: Apache-2.0 */
/* Notices to whoever asks.  All notices of the office are one stream, newest last; a page reads it
 * backwards in chunks until it has enough of mine, and `next` is the id in the stream to go on
 * behind.  Those that still ask for something are one answer: what nobody has seen must not hide on
 * a second page, nor behind the end of what is read of the stream; beyond that end the open
 * documents themselves say what they told me. */
#include "alerts/board/fetch.h"
#include "alerts/board/view.h"
#include "alerts/decide/decide.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PAGE = 100,
    PAGE_MAX = 500,
    OPEN_MAX = 1000,
    CHUNK = 500,
    CHUNKS = 20, /* of the stream for the open ones: the newest 10,000 */
    DOCUMENTS = 200,
    ID_SIZE = 48,
};

struct noticing {
    bool open; /* only those that still ask */
    int64_t limit;
    json_t *mine;        /* newest first */
    char before[ID_SIZE]; /* id of the last one looked at; "" at the start */
    bool more;
    int chunks;
    json_t *ids, *asking; /* documents to look through, and what was found in them; NULL until then */
    size_t at, index;
};

static void free_noticing(void *p)
{
    struct noticing *n = p;
    json_decref(n->mine);
    json_decref(n->ids);
    json_decref(n->asking);
    free(n);
}

static void ask_chunk(struct hy_http_req *req);

static void answer(struct hy_http_req *req, json_t *list)
{
    const struct noticing *n = hy_http_state(req);
    json_t *o = hy_fetch_answer("notices", list);

    if (n->more && !n->open)
        json_object_set_new(o, "next", json_string(n->before));
    hy_http_json(req, 200, o);
}

static void on_incidents(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    const struct noticing *n = hy_http_state(req);

    if (hy_fetch_failed(r, req))
        return;
    HY_CLEANUP(hy_json_freep) json_t *incidents = hy_fetch_documents(r);
    answer(req, hy_view_open_notices(n->mine, incidents, hy_sender_of(req)->id));
}

/* ---- beyond the stream ---- */

/* Documents that may ask for something. */
static const char *const indexes[] = {
    "SMEMBERS hy:{%s}:open",
    "ZRANGE hy:{%s}:sources 0 -1",
    "ZRANGE hy:{%s}:risks 0 -1",
};

static void look_on(struct hy_http_req *req);

static void on_documents(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    struct noticing *n = hy_http_state(req);
    const char *person = hy_sender_of(req)->id;

    if (hy_fetch_failed(r, req))
        return;
    HY_CLEANUP(hy_json_freep) json_t *docs = hy_fetch_documents(r);
    HY_CLEANUP(hy_json_freep) json_t *all = json_copy(n->mine);
    hy_view_add_recorded(all, docs, person, hy_loop_wall(hy_board_of(req)->loop));
    HY_CLEANUP(hy_json_freep) json_t *asking = hy_view_open_notices(all, docs, person);
    json_array_extend(n->asking, asking);
    look_on(req);
}

static void look_on(struct hy_http_req *req)
{
    struct noticing *n = hy_http_state(req);
    HY_CLEANUP(hy_json_freep) json_t *some = json_array();

    for (; json_array_size(some) < DOCUMENTS && n->at < json_array_size(n->ids); n->at++)
        json_array_append(some, json_array_get(n->ids, n->at));
    if (json_array_size(some))
        hy_fetch_mget(req, "incident", some, on_documents);
    else
        answer(req, json_incref(n->asking));
}

static void ask_ids(struct hy_http_req *req);

static void on_ids(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    struct noticing *n = hy_http_state(req);

    if (hy_fetch_failed(r, req))
        return;
    HY_CLEANUP(hy_json_freep) json_t *ids = hy_fetch_ids(r);
    json_array_extend(n->ids, ids);
    n->index++;
    ask_ids(req);
}

static void ask_ids(struct hy_http_req *req)
{
    struct hy_board *b = hy_board_of(req);
    const struct noticing *n = hy_http_state(req);

    if (n->index < HY_COUNT(indexes))
        hy_redis_cmd(b->redis, on_ids, req, indexes[n->index], b->office);
    else
        look_on(req);
}

static void look_beyond(struct hy_http_req *req)
{
    struct noticing *n = hy_http_state(req);

    n->asking = json_array();
    n->ids = json_pack("[s]", HY_DUTY_DOC);
    ask_ids(req);
}

/* ---- the stream ---- */

static void finish(struct hy_http_req *req)
{
    const struct noticing *n = hy_http_state(req);

    if (n->open && n->more) {
        look_beyond(req);
        return;
    }
    HY_CLEANUP(hy_json_freep) json_t *ids = n->open ? hy_view_incident_ids(n->mine) : json_array();

    if (json_array_size(ids))
        hy_fetch_mget(req, "incident", ids, on_incidents);
    else
        answer(req, json_incref(n->mine));
}

static void take(struct noticing *n, const redisReply *entry, const char *person)
{
    struct hy_err err = HY_ERR_INIT;
    json_t *notice = NULL;

    snprintf(n->before, sizeof(n->before), HY_STR_FMT, HY_STR_ARG(hy_reply_str(entry->element[0])));
    if (hy_json_parse(hy_reply_field(entry->element[1], "notice"), &notice, &err) < 0)
        return;
    if (hy_view_is_to(notice, person))
        json_array_append(n->mine, notice);
    json_decref(notice);
}

static void on_chunk(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    struct noticing *n = hy_http_state(req);
    size_t i = 0;

    if (hy_fetch_failed(r, req))
        return;
    for (; i < r->elements && json_array_size(n->mine) < (size_t)n->limit; i++)
        take(n, r->element[i], hy_sender_of(req)->id);
    n->more = i < r->elements || r->elements == CHUNK;
    if (n->more && json_array_size(n->mine) < (size_t)n->limit && ++n->chunks < CHUNKS)
        ask_chunk(req);
    else
        finish(req);
}

static void ask_chunk(struct hy_http_req *req)
{
    struct hy_board *b = hy_board_of(req);
    const struct noticing *n = hy_http_state(req);

    hy_redis_cmd(b->redis, on_chunk, req, "XREVRANGE hy:{%s}:notices %s%s - COUNT %d", b->office,
                 n->before[0] ? "(" : "+", n->before, (int)CHUNK);
}

/* "1700000000000-3", as Redis wrote it. */
static bool is_stream_id(const char *s)
{
    size_t ms = strspn(s, "0123456789"), seq = s[ms] == '-' ? strspn(s + ms + 1, "0123456789") : 0;

    return ms > 0 && ms < 20 && seq > 0 && seq < 20 && s[ms + 1 + seq] == '\0';
}

void hy_board_notices(struct hy_http_req *req, void *user)
{
    struct noticing *n = hy_xcalloc(1, sizeof(*n));

    (void)user;
    *n = (struct noticing){.limit = PAGE, .mine = json_array()};
    hy_http_set_state(req, n, free_noticing);
    n->open = strcmp(hy_http_query(req, "open"), "1") == 0;
    const char *limit = hy_http_query(req, "limit");
    bool fits = !limit[0] || (hy_str_to_i64(hy_str(limit), &n->limit) && n->limit >= 1 &&
                              n->limit <= PAGE_MAX);
    snprintf(n->before, sizeof(n->before), "%.40s", hy_http_query(req, "after"));
    if (n->open)
        n->limit = OPEN_MAX;
    if (fits && (!n->before[0] || is_stream_id(n->before)))
        ask_chunk(req);
    else
        hy_http_problem(req, 400, "limit",
                        "limit 应在 1 到 500 之间，after 应为上一页 next 给的编号");
}
