/* SPDX-License-Identifier: Apache-2.0 */
/* Before somebody decides: what would come of a command, and who should answer.  Both are the
 * keeper's own code on copies of the documents; the board changes nothing. */
#include "alerts/board/board.h"
#include "alerts/decide/rehearse.h"
#include "alerts/decide/route.h"

#include <string.h>

/* The documents of an MGET that are there; NULL: the request is ended. */
static json_t *docs_of(const redisReply *r, struct hy_http_req *req)
{
    struct hy_err err = HY_ERR_INIT;
    json_t *docs, *doc;

    if (r == NULL || r->type == REDIS_REPLY_ERROR) {
        hy_board_no_redis(req);
        return NULL;
    }
    docs = json_array();
    for (size_t i = 0; i < r->elements; i++)
        if (r->element[i]->type == REDIS_REPLY_STRING &&
            hy_json_parse(hy_reply_str(r->element[i]), &doc, &err) == HY_OK)
            json_array_append_new(docs, doc);
    if (json_array_size(docs))
        return docs;
    json_decref(docs);
    hy_http_problem(req, 404, "not_found", "没有这个事件，可能编号有误");
    return NULL;
}

static void answer(struct hy_http_req *req, json_t *o)
{
    hy_json_set_int(o, "now", hy_wall_now().ms);
    hy_http_json(req, 200, o);
}

/* ---- rehearsal ---- */

static void free_json(void *p)
{
    json_decref(p);
}

static void on_rehearse_docs(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    struct hy_board *b = hy_board_of(req);
    HY_CLEANUP(hy_json_freep) json_t *docs = docs_of(r, req);

    if (docs)
        answer(req, hy_rehearse(b->rules, docs, hy_http_state(req), hy_loop_wall(b->loop)));
}

void hy_board_rehearse(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    HY_CLEANUP(hy_json_freep) json_t *body = hy_board_body(req);
    if (body == NULL)
        return;
    const char *id = hy_http_param(req, "id"), *into;
    const char *verb = json_string_value(json_object_get(body, "verb"));
    json_t *args = json_object_get(body, "args");

    if (verb == NULL) {
        hy_http_problem(req, 400, "verb", "请写明要试算的操作（verb）");
        return;
    }
    into = json_string_value(json_object_get(args, "into"));
    hy_http_set_state(req, hy_board_command_new(req, HY_STR("rehearsal"), verb, id, args),
                      free_json);
    if (into && strcmp(into, id) != 0)
        hy_redis_cmd(b->redis, on_rehearse_docs, req, "MGET hy:{%s}:incident:%s hy:{%s}:incident:%s",
                     b->office, id, b->office, into);
    else
        hy_redis_cmd(b->redis, on_rehearse_docs, req, "MGET hy:{%s}:incident:%s", b->office, id);
}

/* ---- who should answer ---- */

static void on_route_doc(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    struct hy_board *b = hy_board_of(req);
    HY_CLEANUP(hy_json_freep) json_t *docs = docs_of(r, req);

    if (docs)
        answer(req, hy_route(b->rules, json_array_get(docs, 0), hy_loop_wall(b->loop)));
}

void hy_board_route(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;

    hy_redis_cmd(b->redis, on_route_doc, req, "MGET hy:{%s}:incident:%s", b->office,
                 hy_http_param(req, "id"));
}
