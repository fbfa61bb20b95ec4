/* SPDX-License-Identifier: Apache-2.0 */
/* Who is it, and may they?  Every request that is not open to all passes here before its route is
 * run: sessions by cookie, tokens by Authorization header, sign-on by a reverse proxy.
 *
 * A session is a random token in the cookie `hy`; Redis knows its hash only.  Roles are read from
 * the accounts at every request, so taking a role away works at once.  A request that changes
 * something and carries a cookie must come from a page of ours (Origin) and be JSON: no other site
 * can make a browser send that. */
#include "alerts/board/board.h"
#include "core/log.h"

#include <stdio.h>
#include <string.h>

enum { COOKIE_CAP = 256 };

static void free_sender(void *p)
{
    struct hy_sender *s = p;
    free(s->id);
    free(s->name);
    free(s);
}

static void refuse_anonymous(struct hy_http_req *req)
{
    hy_http_problem(req, 401, "login", "请先登录");
}

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
    s->scope = HY_TOKEN_SCOPE_ACT;
    return s;
}

static void admit(struct hy_http_req *req, struct hy_sender *s)
{
    const struct hy_route *route = hy_http_route(req);

    hy_http_set_sender(req, s, free_sender);
    if (s->scope == HY_TOKEN_SCOPE_READ && route->method != HY_GET)
        hy_http_problem(req, 403, "forbidden", "这个令牌只能查看");
    else if (s->scope == HY_TOKEN_SCOPE_CALENDAR && !route->by_address)
        hy_http_problem(req, 403, "forbidden", "这个令牌只能订阅值班日历");
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

void hy_board_refresh_accounts(struct hy_board *b)
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
    s->scope = t->scope;
    admit(req, s);
}

/* A calendar program knows an address and no header.  Only what may stand in one is taken from
 * there.  True: the request was dealt with. */
static bool admit_by_address(struct hy_http_req *req)
{
    const char *token = hy_http_route(req)->by_address ? hy_http_query(req, "token") : "";
    const struct hy_token *t = NULL;
    struct hy_board *b = hy_board_of(req);

    if (token[0] == '\0')
        return false;
    if (hy_accounts_by_token(b->accounts, hy_str(token), hy_loop_wall(b->loop), &t) &&
        t->scope != HY_TOKEN_SCOPE_CALENDAR)
        hy_http_problem(req, 403, "forbidden", "网址里只能用范围为 calendar 的令牌");
    else
        admit_token(req, hy_str(token));
    return true;
}

/* Sign-on by a reverse proxy that knows who it is: it says so in X-Huiying-User, and proves with
 * the shared secret that it is the proxy.  True: the request was dealt with. */
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

void hy_board_gate(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;
    const char *auth = hy_http_header(req, "Authorization");
    char cookie[COOKIE_CAP], hash[HY_TOKEN_HASH_SIZE];

    hy_board_refresh_accounts(b);
    if (auth && strncmp(auth, "Bearer ", 7) == 0) {
        admit_token(req, hy_str(auth + 7));
    } else if (admit_by_address(req) || admit_proxied(req)) {
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
