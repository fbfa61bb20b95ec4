/* SPDX-License-Identifier: Apache-2.0 */
#include "alerts/board/fetch.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

enum { MGET_MAX = 5000 };

bool hy_fetch_failed(const redisReply *r, struct hy_http_req *req)
{
    if (r && r->type != REDIS_REPLY_ERROR)
        return false;
    hy_board_no_redis(req);
    return true;
}

const char *hy_fetch_office(struct hy_http_req *req)
{
    const char *named = hy_http_param(req, "office");

    return named[0] ? named : hy_board_of(req)->office;
}

void hy_fetch_mget(struct hy_http_req *req, const char *kind, const json_t *ids, hy_reply_fn fn)
{
    struct hy_board *b = hy_board_of(req);
    HY_VEC(const char *) argv = {0};
    HY_VEC(size_t) lens = {0};
    size_t i;
    json_t *id;

    hy_vec_push(&argv, "MGET");
    hy_vec_push(&lens, 4);
    json_array_foreach (ids, i, id) {
        if (i == MGET_MAX)
            break;
        char *key = hy_xasprintf("hy:{%s}:%s:%s", hy_fetch_office(req), kind, json_string_value(id));
        hy_vec_push(&argv, key);
        hy_vec_push(&lens, strlen(key));
    }
    hy_redis_cmdv(b->redis, fn, req, (int)argv.n, argv.v, lens.v);
    for (i = 1; i < argv.n; i++)
        free((char *)argv.v[i]);
    hy_vec_release(&argv);
    hy_vec_release(&lens);
}

json_t *hy_fetch_documents(const redisReply *r)
{
    json_t *list = json_array(), *o;
    struct hy_err err = HY_ERR_INIT;

    for (size_t i = 0; i < r->elements; i++)
        if (r->element[i]->type == REDIS_REPLY_STRING &&
            hy_json_parse(hy_reply_str(r->element[i]), &o, &err) == HY_OK)
            json_array_append_new(list, o);
    return list;
}

json_t *hy_fetch_ids(const redisReply *r)
{
    json_t *ids = json_array();
    for (size_t i = 0; i < r->elements; i++)
        json_array_append_new(ids, hy_json_of_str(hy_reply_str(r->element[i])));
    return ids;
}

json_t *hy_fetch_answer(const char *key, json_t *list)
{
    json_t *o = json_object();
    json_object_set_new(o, key, list);
    hy_json_set_int(o, "now", hy_wall_now().ms);
    return o;
}
