/* SPDX-License-Identifier: Apache-2.0 */
/* What a person may see and take back of what opens the board in her name: sessions, tokens, and
 * the record of sign-ins.
 *
 * Beside each session's key (hash of the cookie -> person) its description stands in
 * hy:{O}:sessions, so that it can be listed and revoked; a description whose key has run out is
 * swept when somebody looks.  A session is named by the first 16 digits of its hash, which opens
 * nothing.  hy:{O}:logins holds the last sign-ins, good and bad. */
#include "alerts/board/board.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/utf8.h"

#include <stdio.h>
#include <string.h>

enum { NAME_DIGITS = 16, LOGINS_KEPT = 5000, LOGINS_SHOWN = 200, TOKENS_MAX = 20, DAYS_MAX = 366 };
enum { AGENT_CHARS = 200, NAME_CHARS = 40 };

/* ---- keeping ---- */

static void ignore(const redisReply *r, void *user)
{
    (void)user;
    if (r == NULL || r->type == REDIS_REPLY_ERROR)
        hy_log(HY_WARN, "login_not_recorded");
}

void hy_board_note_login(struct hy_http_req *req, const char *person, bool ok, const char *how)
{
    struct hy_board *b = hy_board_of(req);
    HY_CLEANUP(hy_json_freep) json_t *o = json_object();

    hy_json_set_time(o, "at", hy_loop_wall(b->loop), b->zone_min);
    hy_json_set_str(o, "person", hy_str(person));
    hy_json_set_str(o, "peer", hy_str(hy_http_peer(req)));
    hy_json_set_str(o, "how", hy_str(how));
    json_object_set_new(o, "ok", json_boolean(ok));
    HY_CLEANUP(hy_freep) char *text = hy_json_text(o);
    hy_redis_cmd(b->redis, ignore, NULL, "XADD hy:{%s}:logins MAXLEN ~ %d * login %s", b->office,
                 (int)LOGINS_KEPT, text);
}

void hy_board_note_session(struct hy_http_req *req, const char *hash, const char *person)
{
    struct hy_board *b = hy_board_of(req);
    HY_CLEANUP(hy_json_freep) json_t *o = json_object();
    const char *agent = hy_http_header(req, "User-Agent");
    struct hy_str said = hy_utf8_head(hy_str(agent), AGENT_CHARS);

    hy_json_set_str(o, "person", hy_str(person));
    hy_json_set_str(o, "peer", hy_str(hy_http_peer(req)));
    hy_json_set_str(o, "agent", hy_utf8_valid(said) ? said : hy_str(""));
    hy_json_set_time(o, "at", hy_loop_wall(b->loop), b->zone_min);
    HY_CLEANUP(hy_freep) char *text = hy_json_text(o);
    hy_redis_cmd(b->redis, ignore, NULL, "HSET hy:{%s}:sessions %s %s", b->office, hash, text);
}

/* ---- sessions ---- */

/* [hash, description, seconds left] of each session that is alive; the others are swept. */
static struct hy_script list_script = {
    .text = "local out, all = {}, redis.call('HGETALL', KEYS[1])\n"
            "for i = 1, #all, 2 do\n"
            "  local left = redis.call('TTL', ARGV[1] .. all[i])\n"
            "  if left < 0 then redis.call('HDEL', KEYS[1], all[i])\n"
            "  else out[#out + 1] = all[i]; out[#out + 1] = all[i + 1]; out[#out + 1] = left end\n"
            "end\n"
            "return out\n"};

static void ask_sessions(struct hy_http_req *req, hy_reply_fn fn)
{
    struct hy_board *b = hy_board_of(req);
    HY_CLEANUP(hy_freep) char *key = hy_xasprintf("hy:{%s}:sessions", b->office);
    HY_CLEANUP(hy_freep) char *prefix = hy_xasprintf("hy:{%s}:session:", b->office);
    const char *argv[] = {key, prefix};
    const size_t lens[] = {strlen(key), strlen(prefix)};

    hy_redis_eval(b->redis, &list_script, fn, req, 1, 2, argv, lens);
}

static bool may_see(const struct hy_http_req *req, struct hy_str person)
{
    const struct hy_sender *s = hy_sender_of(req);
    bool all = strcmp(hy_http_query((struct hy_http_req *)(uintptr_t)req, "all"), "1") == 0;

    return hy_str_is(person, s->id) || (all && (s->roles & HY_ROLE_BIT(ADMIN)));
}

/* Description of row i; new reference, or NULL when it is broken or somebody else's. */
static json_t *session_at(const struct hy_http_req *req, const redisReply *r, size_t i)
{
    struct hy_str hash = hy_reply_str(r->element[i]);
    struct hy_err err = HY_ERR_INIT;
    json_t *o = NULL;

    if (hy_json_parse(hy_reply_str(r->element[i + 1]), &o, &err) < 0 || hash.n < NAME_DIGITS ||
        !may_see(req, hy_json_str(o, "person"))) {
        json_decref(o);
        return NULL;
    }
    hy_json_set_str(o, "id", hy_str_sub(hash, 0, NAME_DIGITS));
    json_object_set_new(o, "current", json_boolean(hy_str_is(hash, hy_sender_of(req)->session)));
    hy_json_set_time(
        o, "seen",
        hy_wall_add_ms(hy_wall_now(), (r->element[i + 2]->integer - HY_SESSION_S) * HY_SECOND_MS),
        hy_board_of(req)->zone_min);
    return o;
}

static void on_sessions(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    json_t *list = json_array(), *o = json_object();

    if (r == NULL || r->type != REDIS_REPLY_ARRAY) {
        json_decref(list);
        json_decref(o);
        hy_board_no_redis(req);
        return;
    }
    for (size_t i = 0; i + 2 < r->elements; i += 3) {
        json_t *s = session_at(req, r, i);
        if (s)
            json_array_append_new(list, s);
    }
    json_object_set_new(o, "sessions", list);
    hy_json_set_int(o, "now", hy_wall_now().ms);
    hy_http_json(req, 200, o);
}

void hy_board_sessions(struct hy_http_req *req, void *user)
{
    (void)user;
    ask_sessions(req, on_sessions);
}

/* Which session: "id" in the state, or "" for all but this one. */
static void on_revoked(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;

    if (r == NULL || r->type == REDIS_REPLY_ERROR)
        hy_board_no_redis(req);
    else
        hy_http_empty(req, 204);
}

static bool is_meant(const struct hy_http_req *req, const json_t *o, struct hy_str want)
{
    bool current = json_is_true(json_object_get(o, "current"));

    if (want.n)
        return hy_str_eq(hy_json_str(o, "id"), want);
    return !current && hy_str_is(hy_json_str(o, "person"), hy_sender_of(req)->id);
}

/* How many sessions of the reply were meant and ended; -1: Redis did not answer. */
static int end_meant(struct hy_http_req *req, const redisReply *r, struct hy_str want)
{
    struct hy_board *b = hy_board_of(req);
    int n = 0;

    if (r == NULL || r->type != REDIS_REPLY_ARRAY)
        return -1;
    for (size_t i = 0; i + 2 < r->elements; i += 3) {
        HY_CLEANUP(hy_json_freep) json_t *o = session_at(req, r, i);
        HY_CLEANUP(hy_freep) char *hash = hy_str_dup(hy_reply_str(r->element[i]));
        if (o == NULL || !is_meant(req, o, want))
            continue;
        n++;
        HY_CLEANUP(hy_freep) char *person = hy_str_dup(hy_json_str(o, "person"));
        hy_sse_cut(b->feed, hy_str(person)); /* open streams ask again who they are */
        hy_board_note_login(req, person, true, "revoked");
        hy_redis_cmd(b->redis, ignore, NULL, "DEL hy:{%s}:session:%s", b->office, hash);
    }
    return n;
}

/* Answered after them, because it goes the same way. */
static void behind_deletions(struct hy_http_req *req, hy_reply_fn fn)
{
    struct hy_board *b = hy_board_of(req);

    hy_redis_cmd(b->redis, fn, req, "EXISTS hy:{%s}:sessions", b->office);
}

static void on_revoke(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    const char *want = hy_http_state(req);
    int n = end_meant(req, r, hy_str(want));

    if (n < 0)
        hy_board_no_redis(req);
    else if (n == 0 && want[0])
        hy_http_problem(req, 404, "not_found", "没有这个登录，可能已经退出");
    else
        behind_deletions(req, on_revoked);
}

static void not_ended(struct hy_http_req *req)
{
    hy_http_problem(req, 503, "redis",
                    "口令已经改好；别处的登录还没有结束，请稍后在“登录着的地方”里让它们退出");
}

static void on_others_gone(const redisReply *r, void *user)
{
    if (r == NULL || r->type == REDIS_REPLY_ERROR)
        not_ended(user);
    else
        hy_http_empty(user, 204);
}

static void on_others(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;

    if (end_meant(req, r, hy_str("")) < 0)
        not_ended(req);
    else
        behind_deletions(req, on_others_gone);
}

void hy_board_end_others(struct hy_http_req *req)
{
    ask_sessions(req, on_others);
}

void hy_board_revoke_session(struct hy_http_req *req, void *user)
{
    HY_CLEANUP(hy_json_freep) json_t *body = hy_board_body(req);

    (void)user;
    if (body == NULL)
        return;
    struct hy_str id = hy_json_str(body, "id");
    if (id.n == 0 && !hy_json_bool(body, "others")) {
        hy_http_problem(req, 400, "id", "请写明结束哪一个登录（id），或其他全部（others）");
        return;
    }
    hy_http_set_state(req, hy_str_dup(id), free);
    ask_sessions(req, on_revoke);
}

/* ---- the record of sign-ins ---- */

static void on_logins(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    struct hy_err err = HY_ERR_INIT;
    const struct hy_sender *s = hy_sender_of(req);
    bool all = strcmp(hy_http_query(req, "all"), "1") == 0 &&
               (s->roles & (HY_ROLE_BIT(ADMIN) | HY_ROLE_BIT(AUDITOR)));
    json_t *list = json_array(), *o = json_object(), *row;

    if (r == NULL || r->type != REDIS_REPLY_ARRAY) {
        json_decref(list);
        json_decref(o);
        hy_board_no_redis(req);
        return;
    }
    for (size_t i = 0; i < r->elements && json_array_size(list) < LOGINS_SHOWN; i++) {
        if (hy_json_parse(hy_reply_field(r->element[i]->element[1], "login"), &row, &err) < 0)
            continue;
        if (all || hy_str_is(hy_json_str(row, "person"), s->id))
            json_array_append(list, row);
        json_decref(row);
    }
    json_object_set_new(o, "logins", list);
    hy_json_set_int(o, "now", hy_wall_now().ms);
    hy_http_json(req, 200, o);
}

void hy_board_logins(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    hy_redis_cmd(b->redis, on_logins, req, "XREVRANGE hy:{%s}:logins + - COUNT %d", b->office,
                 (int)LOGINS_KEPT);
}

/* ---- tokens ---- */

static json_t *token_json(const struct hy_board *b, const struct hy_account *u,
                          const struct hy_token *t)
{
    json_t *o = json_pack("{s:s,s:s,s:s,s:s}", "id", t->id, "name", t->name, "scope",
                          hy_token_scope_name[t->scope], "person", u->id);

    hy_json_set_time(o, "created", t->created, b->zone_min);
    hy_json_set_time(o, "expires", t->expires, b->zone_min);
    json_object_set_new(
        o, "over",
        json_boolean(hy_wall_known(t->expires) && t->expires.ms <= hy_loop_wall(b->loop).ms));
    return o;
}

void hy_board_tokens(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    json_t *list = json_array(), *o = json_object();

    for (size_t i = 0; i < hy_accounts_count(b->accounts); i++) {
        const struct hy_account *u = hy_accounts_at(b->accounts, i);
        const struct hy_token *t = u->tokens.v;
        for (size_t k = 0; k < u->tokens.n && may_see(req, hy_str(u->id)); k++)
            json_array_append_new(list, token_json(b, u, &t[k]));
    }
    json_object_set_new(o, "tokens", list);
    hy_json_set_int(o, "now", hy_wall_now().ms);
    hy_http_json(req, 200, o);
}

static const char *token_objection(const struct hy_http_req *req, const json_t *body)
{
    struct hy_str name = hy_str_trim(hy_json_str(body, "name")), scope = hy_json_str(body, "scope");
    int64_t days = hy_json_int(body, "days", 0);
    const struct hy_account *u =
        hy_accounts_find(hy_board_of(req)->accounts, hy_str(hy_sender_of(req)->id));

    if (hy_sender_of(req)->session[0] == '\0')
        return "令牌要登录以后才能新建，不能用令牌建令牌";
    if (name.n == 0 || hy_utf8_count(name) > NAME_CHARS)
        return "请给令牌起个名字，说明给谁用（最多 40 个字）";
    if (hy_token_scope_find(scope) < 0)
        return "范围应为 read（只查看）、act（能操作）或 calendar（只订阅值班日历）";
    if (days < 1 || days > DAYS_MAX)
        return "有效期应在 1 到 366 天之间";
    return u && u->tokens.n >= TOKENS_MAX ? "令牌太多了，请先撤销用不着的" : NULL;
}

void hy_board_new_token(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    HY_CLEANUP(hy_json_freep) json_t *body = hy_board_body(req);
    struct hy_err err = HY_ERR_INIT;
    char token[HY_TOKEN_SIZE];

    if (body == NULL)
        return;
    const char *objection = token_objection(req, body);
    if (objection) {
        hy_http_problem(req, 422, "token", objection);
        return;
    }
    hy_wall now = hy_loop_wall(b->loop);
    struct hy_token_new n = {
        .owner = hy_str(hy_sender_of(req)->id),
        .name = hy_str_trim(hy_json_str(body, "name")),
        .scope = hy_token_scope_find(hy_json_str(body, "scope")),
        .now = now,
        .expires = hy_wall_add_ms(now, hy_json_int(body, "days", 0) * HY_DAY_MS),
    };
    if (hy_accounts_add_token(b->accounts, &n, token, &err) < 0) {
        hy_log(HY_ERROR, "accounts_unwritable", HY_KV("err", err.msg));
        hy_http_problem(req, 503, "accounts", "账号文件写不进去，请告诉系统管理员");
        return;
    }
    hy_board_note_login(req, hy_sender_of(req)->id, true, "token_made");
    hy_http_json(req, 201, json_pack("{s:s}", "token", token));
}

void hy_board_revoke_token(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    HY_CLEANUP(hy_json_freep) json_t *body = hy_board_body(req);
    struct hy_err err = HY_ERR_INIT;

    if (body == NULL)
        return;
    bool others = hy_sender_of(req)->roles & HY_ROLE_BIT(ADMIN);
    struct hy_str owner = hy_json_str(body, "person");
    if (owner.n == 0 || !others)
        owner = hy_str(hy_sender_of(req)->id);
    if (hy_accounts_remove_token(b->accounts, owner, hy_json_str(body, "id"), &err) < 0) {
        bool missing = err.code == HY_E_NOTFOUND;
        hy_http_problem(req, missing ? 404 : 503, missing ? "not_found" : "accounts",
                        missing ? "没有这个令牌" : "账号文件写不进去，请告诉系统管理员");
        return;
    }
    hy_board_note_login(req, hy_sender_of(req)->id, true, "token_revoked");
    hy_http_empty(req, 204);
}
