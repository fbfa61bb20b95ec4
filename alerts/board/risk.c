/* SPDX-License-Identifier: Apache-2.0 */
/* Risk assessments for people's eyes: the list, and one of them.  What is done with them goes by
 * commands like everything else. */
#include "alerts/board/board.h"
#include "core/mem.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN_MAX = 300 };

/* KEYS: index; ARGV: prefix of the documents, how many.  The documents, newest first. */
static struct hy_script list_script = {
    .reads_only = true,
    .text = "local out = {}\n"
            "for _, id in ipairs(redis.call('ZREVRANGE', KEYS[1], 0, ARGV[2] - 1)) do\n"
            "  out[#out + 1] = redis.call('GET', ARGV[1] .. id) or nil\n"
            "end\n"
            "return out\n"};

static void drop_heavy(json_t *doc)
{
    static const char *const heavy[] = {"caught", "notices", "steps", "history", "opinions"};

    for (size_t i = 0; i < HY_COUNT(heavy); i++)
        json_object_del(doc, heavy[i]);
}

static void on_list(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    struct hy_err err = HY_ERR_INIT;
    json_t *list, *o;

    if (r == NULL || r->type != REDIS_REPLY_ARRAY) {
        hy_board_no_redis(req);
        return;
    }
    list = json_array();
    for (size_t i = 0; i < r->elements; i++) {
        if (hy_json_parse(hy_reply_str(r->element[i]), &o, &err) < 0)
            continue;
        drop_heavy(o);
        json_array_append_new(list, o);
    }
    hy_http_json(req, 200, json_pack("{s:o,s:I}", "risks", list, "now",
                                     (json_int_t)hy_wall_now().ms));
}

void hy_board_risks(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    HY_CLEANUP(hy_freep) char *key = hy_xasprintf("hy:{%s}:risks", b->office);
    HY_CLEANUP(hy_freep) char *prefix = hy_xasprintf("hy:{%s}:incident:", b->office);
    char most[16];

    snprintf(most, sizeof(most), "%d", (int)SHOWN_MAX);
    const char *argv[] = {key, prefix, most};
    const size_t lens[] = {strlen(key), strlen(prefix), strlen(most)};
    hy_redis_eval(b->redis, &list_script, on_list, req, 1, HY_COUNT(argv), argv, lens);
}

static void on_one(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    struct hy_err err = HY_ERR_INIT;
    json_t *doc = NULL;

    if (r == NULL || r->type == REDIS_REPLY_ERROR) {
        hy_board_no_redis(req);
        return;
    }
    if (r->type == REDIS_REPLY_STRING && hy_json_parse(hy_reply_str(r), &doc, &err) == HY_OK &&
        hy_str_is(hy_json_str(doc, "kind"), "risk")) {
        hy_http_json(req, 200, doc);
        return;
    }
    json_decref(doc);
    hy_http_problem(req, 404, "not_found", "没有这份风险评估，可能编号有误");
}

void hy_board_risk(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;

    hy_redis_cmd(b->redis, on_one, req, "GET hy:{%s}:incident:%s", b->office,
                 hy_http_param(req, "id"));
}
