/* SPDX-License-Identifier: Apache-2.0 */
/* Commands: from a click to the keeper and back.
 *
 * The board never changes an incident.  It puts the command into hy:{O}:cmd and waits for the reply
 * with the command's id in the feed.  Once Redis has the command it is durable: when no reply comes
 * in time the answer is 202 "accepted", never an error that invites a second try with another id.
 */
#include "alerts/board/board.h"
#include "alerts/decide/life.h"
#include "core/hash.h"

#include <string.h>

enum { WAIT_MS = 5000, ID_DIGITS = 32 };

static const struct {
    const char *code;
    int status;
} reply_status[] = {
    {"conflict", 409}, {"forbidden", 403}, {"invalid", 422}, {"not_found", 404}, {"state", 409},
};

/* Freed by removing it from the board's map. */
struct waiter {
    struct hy_board *board;
    struct hy_http_req *req;
    char id[ID_DIGITS + 1];
    struct hy_timer *timer;
    json_t *answer; /* goes out instead of the reply; NULL: the reply itself */
};

void hy_board_forget(void *p)
{
    struct waiter *w = p;
    hy_timer_free(w->timer);
    json_decref(w->answer);
    free(w);
}

static bool is_command_id(struct hy_str id)
{
    if (id.n != ID_DIGITS)
        return false;
    for (size_t i = 0; i < id.n; i++)
        if (!strchr("0123456789abcdef", id.p[i]))
            return false;
    return true;
}

/* Which roles may send a verb: the table of the life cycle, which the keeper holds too and has the
 * last word on.  An alarm may be acknowledged by whoever it went to; only the keeper knows that. */
static unsigned roles_of(struct hy_str verb)
{
    unsigned roles = hy_life_senders(verb);

    return hy_str_is(verb, "ack") && roles ? HY_ROUTE_ANY : roles;
}

json_t *hy_board_actor(const struct hy_http_req *req)
{
    const struct hy_sender *s = hy_sender_of(req);

    return json_pack("{s:s,s:s,s:o}", "id", s->id, "name", s->name, "roles",
                     hy_roles_json(s->roles));
}

json_t *hy_board_command_new(struct hy_http_req *req, struct hy_str id, const char *verb,
                             const char *incident, json_t *args)
{
    struct hy_board *b = hy_board_of(req);
    json_t *cmd = json_pack("{s:s,s:o,s:s,s:s}", "verb", verb, "actor", hy_board_actor(req),
                            "incident", incident, "via", hy_sender_of(req)->via);

    hy_json_set_str(cmd, "id", id);
    hy_json_set_time(cmd, "at", hy_loop_wall(b->loop), b->zone_min);
    json_object_set_new(cmd, "args", json_is_object(args) ? json_incref(args) : json_object());
    return cmd;
}

static void send_command(struct hy_board *b, json_t *cmd, hy_reply_fn fn, void *user)
{
    HY_CLEANUP(hy_freep) char *text = hy_json_text(cmd);

    hy_redis_cmd(b->redis, fn, user, "XADD hy:{%s}:cmd * cmd %s", b->office, text);
    json_decref(cmd);
}

static int status_of(const json_t *reply)
{
    struct hy_str code = hy_json_str(reply, "code");

    if (hy_json_bool(reply, "ok"))
        return 200;
    for (size_t i = 0; i < HY_COUNT(reply_status); i++)
        if (hy_str_is(code, reply_status[i].code))
            return reply_status[i].status;
    return 422;
}

void hy_board_on_reply(struct hy_board *b, struct hy_str data)
{
    struct hy_err err = HY_ERR_INIT;
    json_t *reply = NULL;

    if (hy_map_count(b->waiting) == 0 || hy_json_parse(data, &reply, &err) < 0)
        return;
    struct waiter *w = hy_map_get(b->waiting, hy_json_str(reply, "id"));
    if (w == NULL) {
        json_decref(reply);
        return;
    }
    struct hy_http_req *req = w->req;
    json_t *answer = json_incref(w->answer);
    hy_map_remove(b->waiting, hy_str(w->id));
    if (answer) {
        json_decref(reply);
        hy_http_json(req, 200, answer);
        return;
    }
    if (!hy_json_bool(reply, "ok"))
        hy_json_set_str(reply, "detail", hy_json_str(reply, "message"));
    hy_http_json(req, status_of(reply), reply);
}

/* Steals `answer`, which may be NULL. */
static void accepted(struct hy_http_req *req, const char *id, json_t *answer)
{
    json_t *v = answer ? answer : json_object();

    json_object_set_new(v, "id", json_string(id));
    json_object_set_new(v, "pending", json_true());
    json_object_set_new(v, "message",
                        json_string("命令已经记下，处理程序恢复后会执行；不必再按一次"));
    hy_http_json(req, 202, v);
}

static void on_timeout(void *user)
{
    struct waiter *w = user;
    struct hy_http_req *req = w->req;
    char id[ID_DIGITS + 1];

    memcpy(id, w->id, sizeof(id));
    json_t *answer = json_incref(w->answer);
    hy_map_remove(w->board->waiting, hy_str(id));
    accepted(req, id, answer);
}

void hy_board_answer_waiting(struct hy_board *b)
{
    struct hy_str id;
    void *waiter;

    for (size_t at = 0; hy_map_next(b->waiting, &at, &id, &waiter); at = 0)
        on_timeout(waiter);
}

/* Tells the callback which command it was; the waiter itself may be gone by then. */
struct sent {
    struct hy_board *board;
    char id[ID_DIGITS + 1];
};

/* Only a refusal matters here: success is told by the reply in the feed. */
static void on_command_sent(const redisReply *r, void *user)
{
    struct sent *s = user;

    if (r == NULL || r->type == REDIS_REPLY_ERROR)
        hy_board_wait_failed(s->board, hy_str(s->id));
    free(s);
}

void hy_board_wait_failed(struct hy_board *b, struct hy_str id)
{
    struct waiter *w = hy_map_get(b->waiting, id);

    if (w == NULL)
        return;
    struct hy_http_req *req = w->req;
    hy_map_remove(b->waiting, id);
    hy_board_no_redis(req);
}

void hy_board_wait(struct hy_http_req *req, struct hy_str id, json_t *answer)
{
    struct hy_board *b = hy_board_of(req);
    struct waiter *w = hy_xcalloc(1, sizeof(*w));

    w->board = b;
    w->req = req;
    w->answer = answer;
    memcpy(w->id, id.p, ID_DIGITS);
    w->timer = hy_timer_new(b->loop, on_timeout, w);
    hy_timer_arm(w->timer, WAIT_MS);
    hy_map_set(b->waiting, id, w);
}

void hy_board_command(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    HY_CLEANUP(hy_json_freep) json_t *body = hy_board_body(req);
    if (body == NULL)
        return;
    struct hy_str id = hy_json_str(body, "id"), verb = hy_json_str(body, "verb");

    if (!is_command_id(id) || hy_map_get(b->waiting, id)) {
        hy_http_problem(req, 400, "id", "命令编号应为 32 位十六进制数，每次新取一个");
    } else if (roles_of(verb) == 0) {
        hy_http_problem(req, 400, "verb", "没有这种操作");
    } else if (!(roles_of(verb) & hy_sender_of(req)->roles)) {
        hy_http_problem(req, 403, "forbidden", "您的角色不能做这件事");
    } else {
        HY_CLEANUP(hy_freep) char *name = hy_str_dup(verb);
        json_t *cmd =
            hy_board_command_new(req, id, name, hy_http_param(req, "id"),
                                 json_object_get(body, "args"));
        if (json_is_integer(json_object_get(body, "version")))
            json_object_set(cmd, "version", json_object_get(body, "version"));
        struct sent *s = hy_xcalloc(1, sizeof(*s));
        s->board = b;
        memcpy(s->id, id.p, ID_DIGITS);
        hy_board_wait(req, id, NULL);
        send_command(b, cmd, on_command_sent, s);
    }
}

static void on_receipt_sent(const redisReply *r, void *user)
{
    if (r == NULL || r->type == REDIS_REPLY_ERROR)
        hy_board_no_redis(user);
    else
        hy_http_empty(user, 204);
}

void hy_board_receipt(struct hy_http_req *req, void *user)
{
    static const char *const states[] = {"shown", "failed", "closed"};
    struct hy_board *b = user;
    HY_CLEANUP(hy_json_freep) json_t *body = hy_board_body(req);
    if (body == NULL)
        return;
    struct hy_str notice = hy_json_str(body, "notice"), state = hy_json_str(body, "state"),
                  incident;
    bool known = false;
    char id[ID_DIGITS + 1];

    for (size_t i = 0; i < HY_COUNT(states); i++)
        known |= hy_str_is(state, states[i]);
    struct hy_str rest = notice;
    if (!known || notice.n > 200 || !hy_str_cut(&rest, '/', &incident) || rest.p == NULL) {
        hy_http_problem(req, 400, "receipt", "回执要有通知编号和状态（shown、failed、closed）");
        return;
    }
    hy_random_hex(id, ID_DIGITS / 2);
    HY_CLEANUP(hy_freep) char *name = hy_str_dup(incident);
    HY_CLEANUP(hy_json_freep) json_t *args = json_object();
    hy_json_set_str(args, "notice", notice);
    hy_json_set_str(args, "state", state);
    send_command(b, hy_board_command_new(req, hy_str(id), "receipt", name, args), on_receipt_sent,
                 req);
}
