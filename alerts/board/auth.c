/* SPDX-License-Identifier: Apache-2.0 */
/* Who is it, and may they?  Sessions by cookie, tokens by Authorization header, the one-time
 * set-up.
 *
 * A session is a random token in the cookie `hy`; Redis knows its hash only.  Roles are read from
 * the accounts at every request, so taking a role away works at once.  A request that changes
 * something and carries a cookie must come from a page of ours (Origin) and be JSON: no other site
 * can make a browser send that. */
#include "alerts/board/board.h"
#include "core/log.h"
#include "rules/duty.h"

#include <stdio.h>
#include <string.h>

enum { COOKIE_CAP = 256 };

struct login {
    struct hy_http_req *req;
    char *id;
    char *name; /* set-up only */
};

static void free_sender(void *p)
{
    struct hy_sender *s = p;
    free(s->id);
    free(s->name);
    free(s);
}

void hy_board_no_redis(struct hy_http_req *req)
{
    hy_http_problem(req, 503, "redis", "数据库（Redis）暂时没有应答，请稍后再试");
}

static void refuse_anonymous(struct hy_http_req *req)
{
    hy_http_problem(req, 401, "login", "请先登录");
}

/* ---- gate ---- */

static bool cookie_of(const struct hy_http_req *req, char *out, size_t size)
{
    const char *all = hy_http_header(req, "Cookie");
    struct hy_str rest = hy_str(all), pair, name;

    while (all && hy_str_cut(&rest, ';', &pair)) {
        struct hy_str value = hy_str_trim(pair);
        if (hy_str_cut(&value, '=', &name) && hy_str_is(name, "hy") && value.n && value.n < size) {
            snprintf(out, size, HY_STR_FMT, HY_STR_ARG(value));
            return true;
        }
    }
    return false;
}

static struct hy_sender *sender_new(const struct hy_account *u, const char *via)
{
    struct hy_sender *s = hy_xcalloc(1, sizeof(*s));
    s->id = hy_xstrdup(u->id);
    s->name = hy_xstrdup(u->name);
    s->roles = u->roles;
    s->via = via;
    return s;
}

static void admit(struct hy_http_req *req, struct hy_sender *s)
{
    const struct hy_route *route = hy_http_route(req);

    hy_http_set_sender(req, s, free_sender);
    if (s->read_only && route->method != HY_GET)
        hy_http_problem(req, 403, "forbidden", "这个令牌只能查看");
    else if (route->roles != HY_ROUTE_ANY && !(route->roles & s->roles))
        hy_http_problem(req, 403, "forbidden", "您的角色不能做这件事");
    else
        hy_http_run(req);
}

static void on_session(const redisReply *r, void *user)
{
    struct hy_http_req *req = user;
    struct hy_board *b = hy_board_of(req);
    char cookie[COOKIE_CAP];

    if (r == NULL || r->type == REDIS_REPLY_ERROR) {
        hy_board_no_redis(req);
        return;
    }
    const struct hy_account *u = hy_accounts_find(b->accounts, hy_reply_str(r));
    if (u == NULL || u->disabled || !cookie_of(req, cookie, sizeof(cookie))) {
        refuse_anonymous(req);
        return;
    }
    struct hy_sender *s = sender_new(u, "board");
    hy_token_hash(hy_str(cookie), s->session);
    admit(req, s);
}

static void refresh_accounts(struct hy_board *b)
{
    struct hy_err err = HY_ERR_INIT;
    if (hy_accounts_refresh(b->accounts, &err) < 0)
        hy_log(HY_WARN, "accounts_kept", HY_KV("err", err.msg));
}

static void admit_token(struct hy_http_req *req, struct hy_str token)
{
    struct hy_board *b = hy_board_of(req);
    const struct hy_token *t = NULL;
    const struct hy_account *u =
        hy_accounts_by_token(b->accounts, token, hy_loop_wall(b->loop), &t);

    if (u == NULL) {
        hy_http_problem(req, 401, "token", "令牌无效或已过期");
        return;
    }
    struct hy_sender *s = sender_new(u, "api");
    s->read_only = t->scope == HY_TOKEN_SCOPE_READ;
    admit(req, s);
}

/* Sign-on by a reverse proxy that knows who it is: it says so in X-Huiying-User, and proves with the
 * shared secret that it is the proxy.  True: the request was dealt with. */
static bool admit_proxied(struct hy_http_req *req)
{
    struct hy_board *b = hy_board_of(req);
    const char *secret = hy_http_header(req, "X-Huiying-Proxy-Secret");
    const char *person = hy_http_header(req, "X-Huiying-User");
    char hash[HY_TOKEN_HASH_SIZE];

    if (b->proxy_hash[0] == '\0' || secret == NULL)
        return false;
    if (strcmp(hy_token_hash(hy_str(secret), hash), b->proxy_hash) != 0) {
        hy_board_note_login(req, "", false, "proxy");
        hy_http_problem(req, 401, "proxy", "代理的共享口令不对，请告诉系统管理员");
        return true;
    }
    const struct hy_account *u = hy_accounts_find(b->accounts, hy_str(person));
    if (u == NULL || u->disabled)
        hy_http_problem(req, 403, "no_account", "您已通过统一认证，但看板里没有您的账号");
    else if (hy_http_route(req)->method != HY_GET && !hy_board_is_ours(req))
        hy_http_problem(req, 403, "origin", "请求不是从本看板的页面发出的");
    else
        admit(req, sender_new(u, "board"));
    return true;
}

/* What a foreign page cannot make a browser send. */
bool hy_board_is_ours(struct hy_http_req *req)
{
    const char *type = hy_http_header(req, "Content-Type");
    return hy_http_same_origin(req) && type && strncmp(type, "application/json", 16) == 0;
}

void hy_board_gate(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    const char *auth = hy_http_header(req, "Authorization");
    char cookie[COOKIE_CAP], hash[HY_TOKEN_HASH_SIZE];

    refresh_accounts(b);
    if (auth && strncmp(auth, "Bearer ", 7) == 0) {
        admit_token(req, hy_str(auth + 7));
    } else if (admit_proxied(req)) {
        return;
    } else if (!cookie_of(req, cookie, sizeof(cookie))) {
        refuse_anonymous(req);
    } else if (hy_http_route(req)->method != HY_GET && !hy_board_is_ours(req)) {
        hy_http_problem(req, 403, "origin", "请求不是从本看板的页面发出的");
    } else {
        hy_redis_cmd(b->redis, on_session, req, "GETEX hy:{%s}:session:%s EX %d", b->office,
                     hy_token_hash(hy_str(cookie), hash), (int)HY_SESSION_S);
    }
}

/* ---- sign in, out ---- */

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

static void free_login(struct login *l)
{
    free(l->id);
    free(l->name);
    free(l);
}

static json_t *me_json(const struct hy_board *b, const char *id, const char *name, unsigned roles)
{
    json_t *o =
        json_pack("{s:s,s:s,s:o,s:I,s:i}", "id", id, "name", name, "roles", hy_roles_json(roles),
                  "now", (json_int_t)hy_wall_now().ms, "zone_min", b->zone_min);
    json_object_set_new(o, "office", json_string(b->office));
    const struct hy_person *p = b->rules->duty ? hy_duty_person(b->rules->duty, hy_str(id)) : NULL;
    json_object_set_new(o, "unit", p && p->unit ? json_string(p->unit) : json_null());
    return o;
}

static void set_cookie(struct hy_http_req *req, const char *value, int max_age_s)
{
    char text[COOKIE_CAP];

    snprintf(text, sizeof(text), "hy=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%d%s", value,
             max_age_s, hy_http_is_secure(req) ? "; Secure" : "");
    hy_http_set(req, "Set-Cookie", text);
}

static void on_session_stored(const redisReply *r, void *user)
{
    struct login *l = user;
    struct hy_http_req *req = l->req;
    struct hy_board *b = hy_board_of(req);
    const struct hy_account *u = hy_accounts_find(b->accounts, hy_str(l->id));

    if (r == NULL || r->type == REDIS_REPLY_ERROR || u == NULL)
        hy_board_no_redis(req);
    else
        hy_http_json(req, 200, me_json(b, u->id, u->name, u->roles));
    free_login(l);
}

static void open_session(struct login *l)
{
    struct hy_board *b = hy_board_of(l->req);
    char token[HY_TOKEN_SIZE], hash[HY_TOKEN_HASH_SIZE];

    hy_token_make(token);
    set_cookie(l->req, token, HY_SESSION_S);
    hy_board_note_session(l->req, hy_token_hash(hy_str(token), hash), l->id);
    hy_redis_cmd(b->redis, on_session_stored, l, "SET hy:{%s}:session:%s %s EX %d", b->office,
                 hy_token_hash(hy_str(token), hash), l->id, (int)HY_SESSION_S);
}

/* A person is counted per address, so failing in somebody's name locks nobody else out. */
static void person_key(const struct hy_http_req *req, const char *id, char *out, size_t size)
{
    snprintf(out, size, "%s %.64s", hy_http_peer(req), id);
}

void hy_board_tried_password(struct hy_http_req *req, const char *person, bool ok)
{
    struct hy_board *b = hy_board_of(req);
    hy_mono now = hy_mono_now();
    char key[160];

    person_key(req, person, key, sizeof(key));
    if (ok) {
        hy_throttle_passed(b->by_person, hy_str(key));
        return;
    }
    hy_throttle_failed(b->by_person, hy_str(key), now);
    hy_throttle_failed(b->by_address, hy_str(hy_http_peer(req)), now);
}

static void on_verified(bool ok, const char *hash, void *user)
{
    struct login *l = user;

    (void)hash;
    hy_log(ok ? HY_INFO : HY_WARN, ok ? "login" : "login_refused", HY_KV("person", l->id),
           HY_KV("peer", hy_http_peer(l->req)));
    hy_board_note_login(l->req, l->id, ok, "password");
    hy_board_tried_password(l->req, l->id, ok);
    if (ok) {
        open_session(l);
        return;
    }
    hy_http_problem(l->req, 401, "password", "编号或口令不对");
    free_login(l);
}

bool hy_board_must_wait(struct hy_http_req *req, const char *id)
{
    struct hy_board *b = hy_board_of(req);
    hy_mono now = hy_mono_now();
    char key[160], text[160];

    person_key(req, id, key, sizeof(key));
    int64_t person = hy_throttle_wait_s(b->by_person, hy_str(key), now);
    int64_t address = hy_throttle_wait_s(b->by_address, hy_str(hy_http_peer(req)), now);
    int64_t wait_s = HY_MAX(person, address);
    if (wait_s == 0)
        return false;
    snprintf(text, sizeof(text), "%lld", (long long)wait_s);
    hy_http_set(req, "Retry-After", text);
    snprintf(text, sizeof(text), "试得太多了，请 %lld 秒后再试", (long long)wait_s);
    hy_http_problem(req, 429, "wait", text);
    return true;
}

void hy_board_busy(struct hy_http_req *req)
{
    hy_http_set(req, "Retry-After", "2");
    hy_http_problem(req, 503, "busy", "登录的人太多，请稍等几秒再试");
}

static void refuse_busy(struct login *l)
{
    hy_board_busy(l->req);
    free_login(l);
}

void hy_board_login(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;

    if (!hy_board_is_ours(req)) {
        hy_http_problem(req, 403, "origin", "请求不是从本看板的页面发出的");
        return;
    }
    HY_CLEANUP(hy_json_freep) json_t *body = hy_board_body(req);
    if (body == NULL)
        return;
    struct hy_str id = hy_json_str(body, "id"), password = hy_json_str(body, "password");
    if (!hy_account_id_ok(id) || password.n == 0 || password.n > HY_PASSWORD_MAX) {
        hy_http_problem(req, 401, "password", "编号或口令不对");
        return;
    }
    struct login *l = hy_xcalloc(1, sizeof(*l));
    *l = (struct login){.req = req, .id = hy_str_dup(id)};
    if (hy_board_must_wait(req, l->id)) {
        free_login(l);
        return;
    }
    refresh_accounts(b);
    const struct hy_account *u = hy_accounts_find(b->accounts, id);
    const char *hash = u && !u->disabled ? u->password : NULL;
    if (!hy_password_pool_check(b->passwords, hash, password, on_verified, l))
        refuse_busy(l);
}

static void on_logged_out(const redisReply *r, void *user)
{
    (void)r;
    hy_http_empty(user, 204);
}

void hy_board_logout(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;

    set_cookie(req, "", 0);
    hy_board_note_login(req, hy_sender_of(req)->id, true, "logout");
    hy_redis_cmd(b->redis, on_logged_out, req, "DEL hy:{%s}:session:%s", b->office,
                 hy_sender_of(req)->session);
}

void hy_board_me(struct hy_http_req *req, void *user)
{
    const struct hy_sender *s = hy_sender_of(req);
    hy_http_json(req, 200, me_json(user, s->id, s->name, s->roles));
}

/* ---- first account ---- */

static void on_first_password(bool ok, const char *hash, void *user)
{
    struct login *l = user;
    struct hy_board *b = hy_board_of(l->req);
    struct hy_err err = HY_ERR_INIT;
    struct hy_account_new n = hy_account_first(l->id, l->name, hash);

    if (ok && hy_accounts_add(b->accounts, &n, &err) == HY_OK) {
        b->setup_hash[0] = '\0';
        hy_log(HY_INFO, "first_account", HY_KV("person", l->id));
        hy_board_note_login(l->req, l->id, true, "setup");
        open_session(l);
        return;
    }
    if (err.code == HY_E_IO)
        hy_log(HY_ERROR, "accounts_unwritable", HY_KV("err", err.msg));
    hy_http_problem(l->req, err.code == HY_E_STATE ? 409 : 422, "setup",
                    ok ? err.msg : "内存不足，无法保存口令");
    free_login(l);
}

static const char *link_objection(const struct hy_board *b, const json_t *body)
{
    char hash[HY_TOKEN_HASH_SIZE];

    if (b->setup_hash[0] == '\0' || hy_accounts_count(b->accounts))
        return "设置链接已经用过，请登录";
    if (strcmp(hy_token_hash(hy_json_str(body, "token"), hash), b->setup_hash) != 0)
        return "设置链接不对，请从服务的输出里重新复制";
    return NULL;
}

static const char *setup_objection(const json_t *body)
{
    if (!hy_account_id_ok(hy_json_str(body, "id")))
        return "编号用小写字母、数字、点、- 和 _，2 到 32 个，以字母开头";
    if (hy_str_trim(hy_json_str(body, "name")).n == 0)
        return "请填写姓名";
    return hy_password_objection(hy_json_str(body, "password"));
}

void hy_board_setup(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;

    if (!hy_board_is_ours(req)) {
        hy_http_problem(req, 403, "origin", "请求不是从本看板的页面发出的");
        return;
    }
    HY_CLEANUP(hy_json_freep) json_t *body = hy_board_body(req);
    if (body == NULL)
        return;
    refresh_accounts(b);
    const char *objection = link_objection(b, body);
    if (objection == NULL && json_object_get(body, "id") == NULL) {
        /* the page asks whom it may offer: ids must be those of the duty list */
        hy_http_json(req, 200, json_pack("{s:o}", "people", hy_board_people(b)));
        return;
    }
    if (objection == NULL)
        objection = setup_objection(body);
    if (objection) {
        hy_http_problem(req, 422, "setup", objection);
        return;
    }
    struct login *l = hy_xcalloc(1, sizeof(*l));
    *l = (struct login){.req = req,
                        .id = hy_str_dup(hy_json_str(body, "id")),
                        .name = hy_str_dup(hy_json_str(body, "name"))};
    if (!hy_password_pool_make(b->passwords, hy_json_str(body, "password"), on_first_password, l))
        refuse_busy(l);
}
