/* SPDX-License-Identifier: Apache-2.0 */
/* Signing in and out, and the first account by the one-time link of the first start.  Whoever fails
 * to say a password waits longer each time (throttle.h). */
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

/* ---- sign in, out ---- */

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

static void refuse_busy(struct login *l)
{
    hy_board_busy(l->req);
    free_login(l);
}

void hy_board_login(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;

    HY_CLEANUP(hy_json_freep) json_t *body = hy_board_our_body(req);
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
    hy_board_refresh_accounts(b);
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

void hy_board_setup(struct hy_http_req *req, void *user)
{
    struct hy_board *b = user;

    HY_CLEANUP(hy_json_freep) json_t *body = hy_board_our_body(req);
    if (body == NULL)
        return;
    hy_board_refresh_accounts(b);
    const char *objection = link_objection(b, body);
    if (objection == NULL && json_object_get(body, "id") == NULL) {
        /* the page asks whom it may offer: ids must be those of the duty list */
        hy_http_json(req, 200, json_pack("{s:o}", "people", hy_board_people(b)));
        return;
    }
    if (objection == NULL)
        objection = hy_account_objection(body);
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
