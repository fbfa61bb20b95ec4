/* SPDX-License-Identifier: Apache-2.0 */
/* A board's server with four routes.  The work is small and nobody else waits, so files are written
 * and rules are checked (about a second) on the loop; only the password goes to its threads. */
#include "alerts/board/first_run.h"

#include "alerts/board/board.h"
#include "alerts/board/first.h"
#include "core/log.h"
#include "core/manager.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BODY_MAX = 64 << 10, LOOK_MS = 1000, LAST_WORDS_MS = 300 };

struct first {
    const struct hy_first_conf *conf;
    struct hy_loop *loop;
    struct hy_http *http;
    struct hy_tls *tls;
    struct hy_accounts *accounts;
    struct hy_password_pool *passwords;
    struct hy_timer *greet, *look, *end, *alive;
    char token_hash[HY_TOKEN_HASH_SIZE];
    bool ready, ending;
};

struct writing {
    struct hy_http_req *req;
    json_t *texts;
    char *id, *name;
};

static void free_writing(struct writing *w)
{
    json_decref(w->texts);
    free(w->id);
    free(w->name);
    free(w);
}

static struct first *first_of(const struct hy_http_req *req)
{
    return hy_http_user(req);
}

/* ---- when it is over ---- */

static void on_end(void *user)
{
    struct first *f = user;

    f->ready = true;
    hy_loop_stop(f->loop);
}

/* The answer has to leave before the server does. */
static void finish(struct first *f)
{
    if (f->ending)
        return;
    f->ending = true;
    hy_timer_arm(f->end, LAST_WORDS_MS);
}

/* Somebody may have put the files there by hand. */
static void on_look(void *user)
{
    struct first *f = user;

    if (!hy_first_is_needed(f->conf->config))
        finish(f);
    hy_timer_arm(f->look, LOOK_MS);
}

static void on_alive(void *user)
{
    struct first *f = user;

    hy_manager_alive();
    hy_timer_arm(f->alive, hy_manager_alive_every());
}

/* ---- answers ---- */

static bool needs_account(const struct first *f)
{
    return hy_accounts_count(f->accounts) == 0;
}

/* What the page has to ask for. */
static json_t *state_json(const struct first *f)
{
    const char *dir = f->conf->config;

    return json_pack("{s:b,s:s,s:o,s:b,s:b,s:[],s:I}", "first", true, "folder", dir, "missing",
                     hy_first_missing(dir), "writable", hy_first_may_write(dir), "account",
                     needs_account(f), "people", "now", (json_int_t)hy_wall_now().ms);
}

static void refuse(struct hy_http_req *req, int status, const struct hy_err *err)
{
    hy_http_problem(req, status, "first", err->msg);
}

/* Compose and check; NULL: the request is ended. */
static json_t *judge(struct hy_http_req *req, const json_t *body)
{
    const struct first *f = first_of(req);
    HY_CLEANUP(hy_buf_release) struct hy_buf mistakes = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_err err = HY_ERR_INIT;
    json_t *texts = NULL;

    if (hy_first_compose(f->conf->config, body, hy_wall_now(), &texts, &err) < 0) {
        refuse(req, 422, &err);
        return NULL;
    }
    if (hy_first_check(f->conf->config, f->conf->data, texts, &mistakes, &err) == HY_OK)
        return texts;
    json_decref(texts);
    if (mistakes.n)
        hy_http_problem(req, 422, "check", mistakes.p);
    else
        refuse(req, 503, &err);
    return NULL;
}

static void answer_texts(struct hy_http_req *req, const json_t *texts)
{
    hy_http_json(req, 200, json_pack("{s:b,s:O}", "written", false, "files", texts));
}

/* A folder that is not ours to write gets its files from somebody else's hand (on_look). */
static void offer_files(struct hy_http_req *req, const json_t *texts)
{
    const struct hy_first_conf *c = first_of(req)->conf;
    HY_CLEANUP(hy_freep) char *command = NULL;
    struct hy_err err = HY_ERR_INIT;

    if (hy_first_offer(c->config, c->data, texts, &command, &err) < 0) {
        hy_log(HY_ERROR, "first_files_unwritten", HY_KV("err", err.msg));
        refuse(req, 503, &err);
        return;
    }
    hy_log(HY_INFO, "first_files_wait", HY_KV("folder", c->config), HY_KV("command", command));
    hy_http_json(req, 200, json_pack("{s:b,s:O,s:s}", "written", false, "files", texts, "command",
                                     command));
}

static void write_files(struct hy_http_req *req, const json_t *texts)
{
    struct first *f = first_of(req);
    struct hy_err err = HY_ERR_INIT;

    if (!hy_first_may_write(f->conf->config)) {
        offer_files(req, texts);
        return;
    }
    if (hy_first_write(f->conf->config, texts, &err) < 0) {
        hy_log(HY_ERROR, "first_files_unwritten", HY_KV("err", err.msg));
        refuse(req, err.code == HY_E_STATE ? 409 : 503, &err);
        return;
    }
    hy_log(HY_INFO, "first_files_written", HY_KV("folder", f->conf->config));
    hy_http_json(req, 200, json_pack("{s:b,s:I}", "written", true, "now",
                                     (json_int_t)hy_wall_now().ms));
    finish(f);
}

/* ---- the account ---- */

/* The account first: without it the files would bring up a board that nobody can sign in to but by
 * another link. */
static void on_password(bool ok, const char *hash, void *user)
{
    struct writing *w = user;
    struct first *f = first_of(w->req);
    struct hy_err err = HY_ERR_INIT;
    struct hy_account_new n = hy_account_first(w->id, w->name, hash);

    if (ok && hy_accounts_add(f->accounts, &n, &err) == HY_OK) {
        hy_log(HY_INFO, "first_account", HY_KV("person", w->id));
        write_files(w->req, w->texts);
    } else if (ok) {
        refuse(w->req, err.code == HY_E_STATE ? 409 : 422, &err);
    } else {
        hy_http_problem(w->req, 503, "memory", "内存不足，无法保存口令");
    }
    free_writing(w);
}

/* Steals texts. */
static void write_all(struct hy_http_req *req, const json_t *body, json_t *texts)
{
    struct first *f = first_of(req);
    const json_t *account = json_object_get(body, "account");
    const char *objection = needs_account(f) ? hy_account_objection(account) : NULL;

    if (objection) {
        hy_http_problem(req, 422, "account", objection);
        json_decref(texts);
    } else if (!needs_account(f)) {
        write_files(req, texts);
        json_decref(texts);
    } else {
        struct writing *w = hy_xcalloc(1, sizeof(*w));
        *w = (struct writing){.req = req,
                              .texts = texts,
                              .id = hy_str_dup(hy_json_str(account, "id")),
                              .name = hy_str_dup(hy_json_str(account, "name"))};
        if (hy_password_pool_make(f->passwords, hy_json_str(account, "password"), on_password, w))
            return;
        free_writing(w);
        hy_board_busy(req);
    }
}

/* ---- routes ---- */

static void setup(struct hy_http_req *req, void *user)
{
    struct first *f = user;
    char hash[HY_TOKEN_HASH_SIZE];

    HY_CLEANUP(hy_json_freep) json_t *body = hy_board_our_body(req);
    if (body == NULL)
        return;
    if (strcmp(hy_token_hash(hy_json_str(body, "token"), hash), f->token_hash) != 0) {
        hy_http_problem(req, 403, "setup", "设置链接不对，请从服务的输出里重新复制");
        return;
    }
    if (json_object_get(body, "office") == NULL || f->ending) {
        hy_http_json(req, 200, state_json(f));
        return;
    }
    json_t *texts = judge(req, body);
    if (texts == NULL)
        return;
    if (!hy_json_bool(body, "dry")) {
        write_all(req, body, texts);
        return;
    }
    answer_texts(req, texts);
    json_decref(texts);
}

static void not_yet(struct hy_http_req *req, void *user)
{
    (void)user;
    hy_http_problem(req, 401, "first",
                    "还没有设置：请打开启动时打印的“首次设置”链接（也在服务的日志里）");
}

static void health(struct hy_http_req *req, void *user)
{
    (void)user;
    hy_http_json(req, 503, json_pack("{s:b,s:b,s:I}", "ok", false, "first", true, "now",
                                     (json_int_t)hy_wall_now().ms));
}

static const struct hy_route routes[] = {
    {HY_POST, "/api/v1/setup", HY_ROUTE_PUBLIC, BODY_MAX, setup, "the first set-up"},
    {HY_GET, "/api/v1/me", HY_ROUTE_PUBLIC, 0, not_yet, "nobody yet"},
    {HY_POST, "/api/v1/login", HY_ROUTE_PUBLIC, 4096, not_yet, "nobody yet"},
    {HY_GET, "/healthz", HY_ROUTE_PUBLIC, 0, health, "waits for the first set-up"},
};

/* ---- life cycle ---- */

static int open_all(struct first *f, struct hy_err *err)
{
    const struct hy_first_conf *c = f->conf;

    if (hy_accounts_open(c->data, &f->accounts, err) < 0)
        return err->code;
    if (c->tls_cert && c->tls_key && hy_tls_open(c->tls_cert, c->tls_key, &f->tls, err) < 0)
        return err->code;
    struct hy_http_conf http = {.listen = c->listen,
                                .host = c->host,
                                .tls = f->tls,
                                .routes = routes,
                                .n_routes = HY_COUNT(routes),
                                .gate = not_yet,
                                .fallback = hy_board_page,
                                .user = f};
    return hy_http_new(f->loop, &http, &f->http, err);
}

/* From inside the loop: whoever reads the link may end us at once, and the loop knows how. */
static void invite(void *user)
{
    struct first *f = user;
    struct hy_str host = hy_str(f->conf->listen);
    const char *colon = strrchr(f->conf->listen, ':');
    char token[HY_TOKEN_SIZE];

    if (colon)
        host.n = (size_t)(colon - f->conf->listen);
    if (hy_str_is(host, "0.0.0.0") || hy_str_is(host, "[::]"))
        host = HY_STR("127.0.0.1");
    hy_token_make(token);
    hy_token_hash(hy_str(token), f->token_hash);
    printf("%s 里的 office.yaml 还没有写好：请用浏览器打开下面的链接，一步步写好单位、来源和人员。\n"
           "首次设置 first set-up: %s://" HY_STR_FMT ":%d/setup#%s\n",
           f->conf->config, f->tls ? "https" : "http", HY_STR_ARG(host), hy_http_port(f->http),
           token);
    fflush(stdout);
    hy_log(HY_INFO, "first_setup", HY_KV("folder", f->conf->config),
           HY_KVN("port", hy_http_port(f->http)));
}

static void start_timers(struct first *f)
{
    f->greet = hy_timer_new(f->loop, invite, f);
    f->look = hy_timer_new(f->loop, on_look, f);
    f->end = hy_timer_new(f->loop, on_end, f);
    f->alive = hy_timer_new(f->loop, on_alive, f);
    hy_timer_arm(f->greet, 0);
    hy_timer_arm(f->look, LOOK_MS);
    if (hy_manager_alive_every() > 0)
        hy_timer_arm(f->alive, hy_manager_alive_every());
    hy_manager_status("waits for the first set-up");
    hy_manager_ready();
}

int hy_first_run(const struct hy_first_conf *conf, bool *ret_ready, struct hy_err *err)
{
    struct first f = {.conf = conf, .loop = hy_loop_new()};
    int rc = open_all(&f, err);

    if (rc == HY_OK) {
        f.passwords = hy_password_pool_new(f.loop);
        start_timers(&f);
        hy_loop_run(f.loop, NULL, NULL);
    }
    *ret_ready = f.ready;
    hy_password_pool_free(f.passwords);
    hy_http_free(f.http);
    hy_tls_free(f.tls);
    hy_accounts_free(f.accounts);
    hy_timer_free(f.greet);
    hy_timer_free(f.look);
    hy_timer_free(f.end);
    hy_timer_free(f.alive);
    hy_loop_free(f.loop);
    return rc;
}
