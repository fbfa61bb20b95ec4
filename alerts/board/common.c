/* SPDX-License-Identifier: Apache-2.0 */
/* What many routes begin or end with: the body as JSON, and the answers when something that all of
 * them need is not there. */
#include "alerts/board/board.h"

#include <string.h>

json_t *hy_board_body(struct hy_http_req *req)
{
    struct hy_err err = HY_ERR_INIT;
    json_t *o = NULL;

    if (hy_json_parse(hy_http_body(req), &o, &err) == HY_OK && json_is_object(o))
        return o;
    json_decref(o);
    hy_http_problem(req, 400, "json", "提交的内容不是 JSON 对象");
    return NULL;
}

/* What a foreign page cannot make a browser send. */
bool hy_board_is_ours(struct hy_http_req *req)
{
    const char *type = hy_http_header(req, "Content-Type");
    return hy_http_same_origin(req) && type && strncmp(type, "application/json", 16) == 0;
}

json_t *hy_board_our_body(struct hy_http_req *req)
{
    if (hy_board_is_ours(req))
        return hy_board_body(req);
    hy_http_problem(req, 403, "origin", "请求不是从本看板的页面发出的");
    return NULL;
}

void hy_board_no_redis(struct hy_http_req *req)
{
    hy_http_problem(req, 503, "redis", "数据库（Redis）暂时没有应答，请稍后再试");
}

void hy_board_busy(struct hy_http_req *req)
{
    hy_http_set(req, "Retry-After", "2");
    hy_http_problem(req, 503, "busy", "登录的人太多，请稍等几秒再试");
}
