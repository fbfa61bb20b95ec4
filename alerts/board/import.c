/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of cases over the API: judged here by the keeper's own judgement, put into hy:{O}:cmd all
 * together or not at all, answered when the keeper has answered the last of them. */
#include "alerts/board/board.h"
#include "alerts/decide/import.h"
#include "alerts/keep/send.h"
#include "core/mem.h"

#include <stdlib.h>

enum { PREVIEW_ROWS = 20 };

struct sent {
    struct hy_board *board;
    char *last; /* id of the last command */
};

/* Without Redis there is no reply to wait for. */
static void on_written(const redisReply *r, void *user)
{
    struct sent *s = user;

    if (r == NULL || r->type == REDIS_REPLY_ERROR)
        hy_board_wait_failed(s->board, hy_str(s->last));
    free(s->last);
    free(s);
}

static void write_all(struct hy_board *b, const json_t *cmds)
{
    size_t n = json_array_size(cmds), i;
    HY_CLEANUP(hy_freep) char *key = hy_xasprintf("hy:{%s}:cmd", b->office);
    const char **argv = hy_xcalloc(n + 1, sizeof(*argv));
    struct sent *s = hy_xcalloc(1, sizeof(*s));

    argv[0] = key;
    for (i = 0; i < n; i++)
        argv[i + 1] = hy_json_text(json_array_get(cmds, i));
    *s = (struct sent){b, hy_str_dup(hy_json_str(json_array_get(cmds, n - 1), "id"))};
    hy_redis_eval(b->redis, &hy_send_all_script, on_written, s, 1, (int)n + 1, argv, NULL);
    for (i = 1; i <= n; i++)
        free((char *)argv[i]);
    free(argv);
}

/* The first rows as they were understood: whoever sees a date in the wrong column stops here. */
static json_t *preview_of(const struct hy_import *in)
{
    json_t *list = json_array();

    for (size_t i = 0; i < PREVIEW_ROWS && i < json_array_size(in->rows); i++)
        json_array_append(list, json_array_get(in->rows, i));
    return list;
}

static json_t *result_of(const struct hy_import *in, const json_t *cmds)
{
    json_t *v = json_pack("{s:i,s:O,s:O,s:s,s:o}", "rows", (int)json_array_size(in->rows), "faults",
                          in->faults, "ignored", in->ignored, "unit", in->unit, "preview",
                          preview_of(in));
    json_t *ids = json_array(), *cmd;
    size_t i;

    json_array_foreach (cmds, i, cmd)
        json_array_append(ids, json_object_get(cmd, "id"));
    json_object_set_new(v, "commands", ids);
    return v;
}

static void refuse(struct hy_http_req *req, const struct hy_import *in)
{
    struct hy_buf text = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    json_t *v = result_of(in, NULL);

    hy_buf_printf(&text, "%zu 处要改，一件也没有登记。", json_array_size(in->faults));
    hy_import_fault_text(in, json_array_get(in->faults, 0), &text);
    json_object_set_new(v, "code", json_string("invalid"));
    hy_json_set_str(v, "detail", hy_buf_view(&text));
    hy_buf_release(&text);
    hy_http_json(req, 422, v);
}

static int read_body(const struct hy_board *b, const json_t *body, struct hy_import *in,
                     struct hy_err *err)
{
    const json_t *rows = json_object_get(body, "rows");
    HY_CLEANUP(hy_freep) char *text = json_is_array(rows) ? hy_json_text(rows) : NULL;

    return hy_import_read(text ? hy_str(text) : hy_json_str(body, "text"),
                          hy_json_str(body, "kind"), b->rules, in, err);
}

void hy_board_import(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    HY_CLEANUP(hy_json_freep) json_t *body = hy_board_body(req);
    HY_CLEANUP(hy_import_release) struct hy_import in = {0};
    struct hy_err err = HY_ERR_INIT;
    hy_wall now = hy_loop_wall(b->loop);

    if (body == NULL)
        return;
    if (read_body(b, body, &in, &err) < 0) {
        hy_http_problem(req, 422, "invalid", err.msg);
        return;
    }
    HY_CLEANUP(hy_json_freep) json_t *actor = hy_board_actor(req);
    hy_import_judge(&in, actor, b->rules, now);
    if (json_array_size(in.faults)) {
        refuse(req, &in);
    } else if (hy_json_bool(body, "dry_run")) {
        hy_http_json(req, 200, result_of(&in, NULL));
    } else {
        HY_CLEANUP(hy_json_freep)
        json_t *cmds = hy_import_commands(&in, actor, hy_sender_of(req)->via, now);
        const json_t *last = json_array_get(cmds, json_array_size(cmds) - 1);
        hy_board_wait(req, hy_json_str(last, "id"), result_of(&in, cmds));
        write_all(b, cmds);
    }
}
