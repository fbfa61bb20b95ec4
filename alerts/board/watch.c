/* SPDX-License-Identifier: Apache-2.0 */
/* Looking at the service itself: /metrics for Prometheus, /readyz for whoever balances or restarts.
 * What is looked at, and how it is told, is alerts/watch. */
#include "alerts/board/board.h"
#include "alerts/watch/watch.h"

static void ask(struct hy_http_req *req, struct hy_board *b, hy_watch_fn fn)
{
    hy_watch_look(b->redis, b->rules, hy_loop_wall(b->loop), fn, req);
}

static void on_metrics(const json_t *seen, const struct hy_err *err, void *user)
{
    struct hy_http_req *req = user;
    struct hy_buf out = HY_BUF_INIT(HY_BUF_UNBOUNDED);

    (void)err;
    if (seen == NULL) {
        hy_board_no_redis(req);
        return;
    }
    hy_watch_metrics(seen, &out);
    hy_http_bytes(req, 200, "text/plain; version=0.0.4; charset=utf-8", hy_buf_view(&out));
    hy_buf_release(&out);
}

void hy_board_metrics(struct hy_http_req *req, void *user)
{
    ask(req, user, on_metrics);
}

static void answer_ready(struct hy_http_req *req, json_t *missing)
{
    bool ready = json_array_size(missing) == 0;
    json_t *o = json_object();

    json_object_set_new(o, "ready", json_boolean(ready));
    json_object_set_new(o, "missing", missing);
    hy_http_json(req, ready ? 200 : 503, o);
}

static void on_ready(const json_t *seen, const struct hy_err *err, void *user)
{
    (void)err;
    if (seen == NULL)
        answer_ready(user, json_pack("[s]", "Redis 没有应答"));
    else
        answer_ready(user, hy_watch_missing(seen));
}

void hy_board_ready(struct hy_http_req *req, void *user)
{
    ask(req, user, on_ready);
}
