/* SPDX-License-Identifier: Apache-2.0 */
/* The role `board`: pages, API and live events of one office.
 *
 * Consumes hy:{O}:feed and reads incidents, items, journal, notices and the state of sources.
 * Produces commands (hy:{O}:cmd) and owns the sessions.  It never writes an incident. */
#include "alerts/board/board.h"
#include "core/command.h"
#include "core/log.h"
#include "core/manager.h"
#include "core/metrics.h"
#include "core/role.h"
#include "rules/office.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { GRACE_PERSON = 5, GRACE_ADDRESS = 30, TLS_WARN_DAYS = 14 };

struct opts {
    struct hy_role_opts role;
    const char *listen, *host, *tls_cert, *tls_key;
    const char *proxy_secret;
};

extern const struct hy_command hy_cmd_board;

/* ---- rules ---- */

static int load_rules(const char *dir, struct hy_rules **ret, struct hy_err *err)
{
    struct hy_diag *d = hy_diag_new();
    HY_CLEANUP(hy_rules_freep) struct hy_rules *fresh = NULL;
    int rc = hy_rules_load(dir, &fresh, d, err);

    hy_diag_free(d);
    if (rc < 0)
        return rc;
    if (fresh->office == NULL)
        return hy_fail(err, HY_E_USAGE, "%s 里没有 office.yaml", dir);
    hy_rules_free(*ret);
    *ret = HY_TAKE(fresh);
    return HY_OK;
}

static struct hy_beat_info beat_info(const struct hy_board *b)
{
    return (struct hy_beat_info){
        .role = "board", .office = b->office, .rules = b->rules->version};
}

/* SIGHUP: a bad file keeps the old rules in force. */
/* ---- TLS ---- */

static struct hy_metric expiry =
    HY_GAUGE("huiying_tls_certificate_expires_seconds", "End of the board's certificate, Unix time.",
             NULL);

static void tell_tls(const struct hy_board *b)
{
    hy_wall end = hy_tls_expires(b->tls);
    int64_t days = (end.ms - hy_wall_now().ms) / (24 * 3600 * 1000);

    hy_metric_set(&expiry, NULL, (double)end.ms / 1000);
    hy_log(days < TLS_WARN_DAYS ? HY_WARN : HY_INFO, "tls_certificate", HY_KVN("days_left", days));
}

static int open_tls(struct hy_board *b, const struct opts *o, struct hy_err *err)
{
    if (!o->tls_cert != !o->tls_key)
        return hy_fail(err, HY_E_USAGE, "--tls-cert 和 --tls-key 要一起写 (they go together)");
    if (o->tls_cert == NULL)
        return HY_OK;
    if (hy_tls_open(o->tls_cert, o->tls_key, &b->tls, err) < 0)
        return err->code;
    tell_tls(b);
    return HY_OK;
}

static void reload_tls(struct hy_board *b)
{
    struct hy_err err = HY_ERR_INIT;

    if (hy_tls_reload(b->tls, &err) < 0)
        hy_log(HY_ERROR, "tls_kept", HY_KV("err", err.msg), HY_KV("hint", "the old one is in use"));
    else
        tell_tls(b);
}

/* ---- rules ---- */

static void reload(void *user)
{
    struct hy_board *b = user;
    struct hy_err err = HY_ERR_INIT;
    HY_CLEANUP(hy_freep) char *dir = hy_xstrdup(b->rules->dir);

    if (load_rules(dir, &b->rules, &err) < 0)
        hy_log(HY_ERROR, "rules_kept", HY_KV("err", err.msg));
    else if (strcmp(b->office, b->rules->office->id) != 0)
        hy_log(HY_ERROR, "office_renamed", HY_KV("hint", "restart the board"));
    else
        hy_log(HY_INFO, "rules_loaded", HY_KV("version", b->rules->version));
    b->zone_min = (int)b->rules->office->zone_min;
    hy_board_keep_rules(b);
    hy_beat_change(b->beat, beat_info(b));
    if (b->tls)
        reload_tls(b);
}

/* ---- events ---- */

static void on_feed(struct hy_str type, struct hy_str data, void *user)
{
    if (hy_str_is(type, "reply"))
        hy_board_on_reply(user, data);
}

static void on_up(void *user)
{
    (void)user;
    hy_log(HY_INFO, "redis_up");
}

static void on_down(void *user, const struct hy_err *why)
{
    (void)user;
    hy_log(HY_WARN, "redis_down", HY_KV("err", why->msg));
}

/* ---- set-up ---- */

/* Without accounts nobody could sign in: print a link that makes the first one, once. */
static void offer_setup(struct hy_board *b, const char *listen)
{
    char token[HY_TOKEN_SIZE];
    struct hy_str host = hy_str(listen);
    const char *colon = strrchr(listen, ':');

    if (colon)
        host.n = (size_t)(colon - listen);
    if (hy_str_is(host, "0.0.0.0") || hy_str_is(host, "[::]"))
        host = HY_STR("127.0.0.1");
    const char *scheme = b->tls ? "https" : "http";
    printf("看板 board: %s://" HY_STR_FMT ":%d/\n", scheme, HY_STR_ARG(host), hy_http_port(b->http));
    if (hy_accounts_count(b->accounts) == 0) {
        hy_token_make(token);
        hy_token_hash(hy_str(token), b->setup_hash);
        printf("首次设置（一次有效） first sign-in: %s://" HY_STR_FMT ":%d/setup#%s\n", scheme,
               HY_STR_ARG(host), hy_http_port(b->http), token);
    }
    fflush(stdout);
}

static int prepare_data(const char *dir, struct hy_err *err)
{
    if (mkdir(dir, 0700) < 0 && errno != EEXIST)
        return hy_fail_errno(err, "不能建立数据目录 (cannot make the data directory) %s", dir);
    return HY_OK;
}

static void connect_redis(struct hy_board *b, const char *url)
{
    struct hy_sse_conf feed = {
        .redis_url = url, .office = b->office, .on_event = on_feed, .user = b};

    b->redis = hy_redis_new(b->loop, url, (struct hy_redis_events){on_up, on_down, b});
    hy_redis_offices_matter(b->redis);
    feed.redis = b->redis;
    b->feed = hy_sse_new(b->loop, &feed);
    b->beat = hy_beat_new(b->loop, b->redis, beat_info(b));
}

static const char *rules_dir(void *user)
{
    const struct hy_board *b = user;
    return b->rules->dir;
}

/* Copies of the rules lie elsewhere; our children find the national ones all the same. */
static void tell_children(const char *dir)
{
    char national[4096];

    if (getenv("HUIYING_NATIONAL") == NULL)
        setenv("HUIYING_NATIONAL", hy_rules_national_dir(dir, national, sizeof(national)), 1);
}

enum { SECRET_MIN = 32, SECRET_CAP = 1024 };

static int read_proxy_secret(struct hy_board *b, const char *path, struct hy_err *err)
{
    HY_CLEANUP(hy_buf_release) struct hy_buf text = HY_BUF_INIT(SECRET_CAP);
    struct stat st;

    if (path == NULL)
        return HY_OK;
    if (stat(path, &st) < 0 || hy_buf_read_file(&text, path, err) < 0)
        return hy_fail_errno(err, "不能读 %s", path);
    struct hy_str secret = hy_str_trim(hy_buf_view(&text));
    if (st.st_mode & 077)
        return hy_fail(err, HY_E_DENIED, "%s 里是口令，别人不能读：chmod 600 %s", path, path);
    if (secret.n < SECRET_MIN)
        return hy_fail(err, HY_E_USAGE, "%s 里的口令太短，至少 32 个字符", path);
    hy_token_hash(secret, b->proxy_hash);
    return HY_OK;
}

static int setup(struct hy_board *b, const struct opts *o, const struct hy_role *role,
                 struct hy_err *err)
{
    struct hy_http_conf http = {.listen = o->listen ? o->listen : "127.0.0.1:8787",
                                .host = o->host,
                                .routes = hy_board_routes,
                                .n_routes = hy_board_routes_n,
                                .gate = hy_board_gate,
                                .fallback = hy_board_page,
                                .user = b};

    if (load_rules(role->config, &b->rules, err) < 0 || prepare_data(role->data, err) < 0 ||
        hy_accounts_open(role->data, &b->accounts, err) < 0 ||
        read_proxy_secret(b, o->proxy_secret, err) < 0)
        return err->code;
    b->office = hy_xstrdup(b->rules->office->id);
    hy_log_office(b->office);
    b->data = hy_xstrdup(role->data);
    tell_children(b->rules->dir);
    hy_board_keep_rules(b);
    b->zone_min = (int)b->rules->office->zone_min;
    b->loop = hy_loop_new();
    if (open_tls(b, o, err) < 0)
        return err->code;
    http.tls = b->tls;
    if (hy_http_new(b->loop, &http, &b->http, err) < 0)
        return err->code;
    b->waiting = hy_map_new(hy_board_forget);
    b->by_person = hy_throttle_new(GRACE_PERSON);
    b->by_address = hy_throttle_new(GRACE_ADDRESS);
    b->passwords = hy_password_pool_new(b->loop);
    HY_CLEANUP(hy_freep) char *archive = hy_xasprintf("%s/archive", role->data);
    b->library = hy_library_new(b->loop, archive);
    b->bench = hy_bench_new(b->loop, role->data, rules_dir, b);
    connect_redis(b, role->redis);
    offer_setup(b, http.listen);
    return HY_OK;
}

/* Whoever answers requests goes first, then the requests' server, then what it stood on. */
static void teardown(struct hy_board *b)
{
    hy_beat_free(b->beat);
    hy_redis_free(b->redis);
    if (b->waiting)
        hy_board_answer_waiting(b);
    hy_password_pool_free(b->passwords);
    hy_library_free(b->library);
    hy_bench_free(b->bench);
    hy_http_free(b->http);
    hy_tls_free(b->tls);
    hy_sse_free(b->feed);
    hy_map_free(b->waiting);
    hy_throttle_free(b->by_person);
    hy_throttle_free(b->by_address);
    hy_accounts_free(b->accounts);
    hy_rules_free(b->rules);
    hy_log_office(NULL);
    free(b->office);
    free(b->data);
    if (b->loop)
        hy_loop_free(b->loop);
}

static int run(const void *options, int nargs, char **args)
{
    const struct opts *o = options;
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};
    struct hy_err err = HY_ERR_INIT;
    struct hy_board board = {0};

    (void)args;
    if (nargs > 0)
        hy_fail(&err, HY_E_USAGE, "board 不要别的参数");
    else if (hy_role_resolve_office(&o->role, &role, &err) == HY_OK) {
        hy_log_setup("board", HY_INFO);
        if (setup(&board, o, &role, &err) == HY_OK) {
            hy_manager_ready();
            hy_log(HY_INFO, "ready", HY_KVN("port", hy_http_port(board.http)));
            hy_loop_run(board.loop, reload, &board);
        }
    }
    teardown(&board);
    return err.code < 0 ? hy_command_fail(&hy_cmd_board, &err) : HY_EXIT_OK;
}

static const struct hy_opt rows[] = {
    HY_ROLE_OPT_ROWS(struct opts),
    {"listen", 'l', HY_OPT_TEXT, offsetof(struct opts, listen), "ADDR:PORT",
     "where browsers reach the board (127.0.0.1:8787)"},
    {"proxy-secret", 0, HY_OPT_TEXT, offsetof(struct opts, proxy_secret), "FILE",
     "believe X-Huiying-User from a proxy that sends this secret (mode 0600, 32 characters)"},
    {"host", 0, HY_OPT_TEXT, offsetof(struct opts, host), "NAME",
     "a name browsers use for it, besides addresses and localhost"},
    {"tls-cert", 0, HY_OPT_TEXT, offsetof(struct opts, tls_cert), "FILE",
     "serve HTTPS with this certificate chain (PEM); SIGHUP reads it again"},
    {"tls-key", 0, HY_OPT_TEXT, offsetof(struct opts, tls_key), "FILE", "and its key (PEM)"},
    {NULL},
};

const struct hy_command hy_cmd_board = {
    .name = "board",
    .usage = "-c DIR [--listen ADDR:PORT] [--redis URL] [--data DIR]",
    .summary = "pages, API and live events for people",
    .details =
        "Prints its address and, as long as there is no account, a link that makes the first\n"
        "one.  When it listens to a network, give it a certificate or a TLS proxy.\n\n"
        "  huiying board -c rules/sample --listen 127.0.0.1:8787",
    .opts = rows,
    .opts_size = sizeof(struct opts),
    .run = run,
};
