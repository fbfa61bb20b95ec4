/* SPDX-License-Identifier: Apache-2.0 */
/* The role `run`: everything on this machine.  A private Redis when no other is named, then one
 * process per role, all children of this one, restarted when they die and ended in order.
 *
 * It refuses to start with broken rules, an occupied port, a data directory that is not ours to
 * write, without redis-server; each with one message and before anything else is started.
 *
 * The private Redis lets nobody in without a name; each role has one of its own (acl.h), with a
 * password that is made anew at every start and reaches it by its environment.
 *
 * On a folder without office.yaml it first serves the guided set-up (alerts/board/first_run.h) and
 * goes on when the files are there.
 *
 * Of several offices (rules/offices.h) each has a keeper, a board, a delivery and an archive of its
 * own, with a data directory of its own, DATA/offices/ID; one crawl, one analyzer and one archive of
 * captures work for all.
 *
 * Start order is consumers before producers, so that nothing waits in a queue for a reader that
 * cannot come up; stop order is its reverse, Redis last. */
#include "acl.h"
#include "alerts/board/first.h"
#include "alerts/board/first_run.h"
#include "core/command.h"
#include "core/datadir.h"
#include "core/log.h"
#include "core/manager.h"
#include "core/mem.h"
#include "core/redis.h"
#include "core/role.h"
#include "core/supervisor.h"
#include "rules/offices.h"
#include "run_plan.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LOCK_PATIENCE_MS =
        3000, /* a killed predecessor's Redis takes < 100 ms to die; a loaded one more */
    STOP_PATIENCE_MS = 8000, /* per child, then SIGKILL */
    SILENT_MS = 90 * 1000,   /* a role that says nothing for so long hangs: nine signs of life */
};
#define SELF "/proc/self/exe"

struct opts {
    struct hy_role_opts role;
    const char *listen, *host, *tls_cert, *tls_key; /* the board's */
};

extern const struct hy_command hy_cmd_run;

struct service {
    const struct opts *opts;
    char *config, *url; /* absolute directory; Redis, as people's commands reach it */
    char *offices;      /* another Redis, for the offices; NULL: none */
    struct hy_run_plan plan;
    struct hy_datadir data;
    struct hy_loop *loop;
    struct hy_supervisor *children;
    struct hy_redis *redis; /* tells when Redis is there; the roles have their own connections */
    struct hy_err why;      /* of giving up, else HY_OK */
    bool roles_started, announced, tty;
};

/* ---- Redis ---- */

/* New passwords for all, in the file that Redis reads; what Redis had before counts no more. */
static int make_users(struct service *s, const char *socket, const char *dir, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/users.acl", dir);
    struct hy_buf b = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    char secret[HY_ACL_SECRET];

    hy_acl_nobody(&b);
    for (size_t i = 0; i < s->plan.members.n; i++) {
        struct hy_run_member *m = &s->plan.members.v[i];
        struct hy_acl_who who = {m->role->name, m->office, s->plan.several};
        HY_CLEANUP(hy_freep) char *name = hy_acl_name(&who);
        hy_acl_user(&b, &who, hy_acl_secret(secret));
        m->env = hy_xasprintf("HUIYING_REDIS=unix://%s:%s@%s", name, secret, socket);
    }
    hy_acl_user(&b, &(struct hy_acl_who){0}, hy_acl_secret(secret));
    free(s->url);
    s->url = hy_xasprintf("unix://huiying:%s@%s%s%s", secret, socket, s->offices ? " " : "",
                          s->offices ? s->offices : "");
    int rc = hy_datadir_replace(path, hy_buf_view(&b), err);
    hy_buf_release(&b);
    return rc;
}

static void start_private_redis(struct service *s, const char *socket, const char *dir)
{
    HY_CLEANUP(hy_freep) char *log = hy_xasprintf("%s/redis.log", dir);
    HY_CLEANUP(hy_freep) char *users = hy_xasprintf("%s/users.acl", dir);
    const char *const argv[] = {
        "redis-server", "--port",        "0",      "--unixsocket", socket, "--unixsocketperm",
        "600",          "--dir",         dir,      "--logfile",    log,       "--appendonly",
        "yes",          "--appendfsync", "always", "--save",       "",        "--maxmemory-policy",
        "noeviction",   "--daemonize",   "no",     "--supervised", "no",      "--aclfile",
        users,          NULL,
    };

    unlink(socket); /* left behind by one that was killed; the lock proves that it is gone */
    hy_supervisor_start(s->children, &(struct hy_child){.name = "redis",
                                                        .argv = argv,
                                                        .keep_fd = s->data.lock,
                                                        .death_signal = SIGTERM});
}

/* Told last, when everything has ended: the child's own message stands above it. */
static void on_refused(void *user, const char *name, int status)
{
    struct service *s = user;

    if (strcmp(name, "redis") != 0)
        hy_fail(&s->why, HY_E_STATE, "%s does not start (exit %d, its message stands above)", name,
                status);
    else if (status == 127)
        hy_fail(&s->why, HY_E_STATE,
                "redis-server is not installed; install it (apt install redis-server) or name a "
                "running one with --redis URL");
    else
        hy_fail(&s->why, HY_E_STATE,
                "Redis does not start; the reason stands in %s/redis/redis.log", s->data.path);
    hy_loop_stop(s->loop);
}

/* ---- the roles ---- */

static void start_member(struct service *s, const struct hy_run_member *m)
{
    HY_CLEANUP(hy_freep) char *common = hy_xasprintf("%s/archive", s->data.path);
    bool shares = s->plan.several && m->office && m->role->common;
    const struct {
        const char *option, *value;
    } more[] = {{"--listen", m->listen},
                {"--host", m->listen ? s->opts->host : NULL},
                {"--tls-cert", m->listen ? s->opts->tls_cert : NULL},
                {"--tls-key", m->listen ? s->opts->tls_key : NULL},
                {"--common", shares ? common : NULL}};
    const char *argv[6 + 2 * HY_COUNT(more) + 1] = {"huiying", m->role->name, "--config",
                                                    m->config, "--data",      m->data};
    size_t n = 6;

    for (size_t i = 0; i < HY_COUNT(more); i++)
        if (more[i].value) {
            argv[n++] = more[i].option;
            argv[n++] = more[i].value;
        }
    hy_supervisor_start(s->children, &(struct hy_child){.name = m->name,
                                                        .file = SELF,
                                                        .argv = argv,
                                                        .name_value = m->env,
                                                        .silent_ms = SILENT_MS,
                                                        .reload = true});
}

static void on_redis_up(void *user)
{
    struct service *s = user;

    if (s->roles_started) {
        hy_log(HY_INFO, "redis_back");
        return;
    }
    s->roles_started = true;
    for (size_t i = 0; i < s->plan.members.n; i++)
        start_member(s, &s->plan.members.v[i]);
}

static void on_redis_down(void *user, const struct hy_err *why)
{
    struct service *s = user;

    if (s->roles_started || s->opts->role.redis)
        hy_log(HY_WARN, "redis_down", HY_KV("err", why->msg));
}

static void on_ready(void *user, const char *name)
{
    struct service *s = user;

    hy_log(HY_INFO, "child_ready", HY_KV("child", name));
    for (size_t i = 0; i < s->plan.members.n; i++)
        if (!hy_supervisor_is_ready(s->children, s->plan.members.v[i].name))
            return;
    if (s->announced)
        return;
    s->announced = true;
    hy_manager_status("everything runs");
    hy_manager_ready();
    const char *scheme = s->opts->tls_cert ? "https" : "http";
    printf("huiying: everything runs.");
    for (size_t i = 0; i < s->plan.n; i++)
        printf("%s%s%s看板 %s://%s/", s->plan.several ? "\n  " : " ",
               s->plan.several ? s->plan.rules[i]->office->name : "", s->plan.several ? " " : "", scheme,
               s->plan.places[i].listen);
    printf("%s(Ctrl-C ends it)\n", s->plan.several ? "\n" : "   ");
    fflush(stdout);
}

/* ---- running ---- */

/* So that people's commands find Redis by --data, or by that of an office. */
static int tell_url(struct service *s, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *line = hy_xasprintf("%s\n", s->url);

    if (hy_datadir_write(&s->data, "redis.url", s->url, err) < 0)
        return err->code;
    for (size_t i = 0; s->plan.several && i < s->plan.n; i++) {
        HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s/redis.url", s->plan.places[i].data);
        if (hy_datadir_replace(path, hy_str(line), err) < 0)
            return err->code;
    }
    return HY_OK;
}

static void on_reload(void *user)
{
    struct service *s = user;

    if (s->tty && !isatty(STDERR_FILENO)) /* not a request: the terminal was closed */
        hy_loop_stop(s->loop);
    else {
        hy_manager_reloading();
        hy_supervisor_reload(s->children);
        hy_manager_ready(); /* each role says in the log and on the board what came of it */
    }
}

static void on_stopped(void *user)
{
    hy_loop_stop(((struct service *)user)->loop);
}

/* Until a signal or a refusal; then the children in order.  A second Ctrl-C ends the waiting: what
 * is still there is killed by hy_supervisor_free(). */
static void run_until_stopped(struct service *s)
{
    hy_loop_run(s->loop, on_reload, s);
    hy_manager_stopping();
    if (s->announced && s->tty) /* under systemd stderr is the journal, where each line is logfmt */
        fprintf(stderr, "\nhuiying: ending ...\n");
    hy_redis_free(HY_TAKE(s->redis));
    hy_supervisor_stop(s->children, STOP_PATIENCE_MS);
    hy_loop_run(s->loop, NULL, NULL);
    if (!hy_supervisor_is_stopped(s->children))
        hy_log(HY_WARN, "killed_at_request");
}

/* Secrets in the URL must not show in `ps`: children get it by the environment. */
static int prepare_redis(struct service *s, bool own, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *dir = hy_xasprintf("%s/redis", s->data.path);
    char socket[128];

    if (own) {
        if (hy_datadir_socket(&s->data, socket, sizeof(socket), err) < 0)
            return err->code;
        if (mkdir(dir, 0700) < 0 && errno != EEXIST)
            return hy_fail_errno(err, "cannot create %s", dir);
        if (make_users(s, socket, dir, err) < 0)
            return err->code;
    }
    if (tell_url(s, err) < 0)
        return err->code;
    setenv("HUIYING_REDIS", s->url, 1);
    if (s->offices)
        setenv("HUIYING_OFFICES", s->offices, 1);
    if (own)
        start_private_redis(s, socket, dir);
    return HY_OK;
}

static int serve(struct service *s, bool own_redis, struct hy_err *err)
{
    struct hy_supervisor_events ev = {
        .on_ready = on_ready, .on_refused = on_refused, .on_stopped = on_stopped, .user = s};

    s->loop = hy_loop_new();
    s->children = hy_supervisor_new(s->loop, ev);
    int rc = prepare_redis(s, own_redis, err);
    if (rc == HY_OK) {
        s->redis = hy_redis_new(
            s->loop, s->url,
            (struct hy_redis_events){.on_up = on_redis_up, .on_down = on_redis_down, .user = s});
        run_until_stopped(s);
    }
    hy_supervisor_free(s->children);
    hy_loop_free(s->loop);
    return rc;
}

static bool given(const char *option, const char *variable)
{
    const char *env = getenv(variable);

    return option || (env && *env);
}

static void release(struct service *s)
{
    hy_run_plan_release(&s->plan);
    free(s->config);
    free(s->url);
    free(s->offices);
}

/* *ret_go is false when it was left by a signal. */
static int first_set_up(struct service *s, const char *data, bool *ret_go, struct hy_err *err)
{
    const char *listen = s->opts->listen ? s->opts->listen : HY_RUN_LISTEN;

    if (hy_run_listen_check(listen, err) < 0 ||
        hy_datadir_open(data, LOCK_PATIENCE_MS, &s->data, err) < 0)
        return err->code;
    struct hy_first_conf conf = {.listen = listen,
                                 .host = s->opts->host,
                                 .tls_cert = s->opts->tls_cert,
                                 .tls_key = s->opts->tls_key,
                                 .config = s->config,
                                 .data = s->data.path};
    return hy_first_run(&conf, ret_go, err);
}

/* Rules that are right, ports that are free, a directory that is ours. */
static int prepare(struct service *s, const char *data, bool *ret_go, struct hy_err *err)
{
    bool first = !hy_offices_several(s->config) && hy_first_is_needed(s->config);

    *ret_go = true;
    if (first && (first_set_up(s, data, ret_go, err) < 0 || !*ret_go))
        return err->code;
    if (hy_run_plan_load(&s->plan, s->config, err) < 0 ||
        hy_run_plan_listen(&s->plan, s->opts->listen, err) < 0 ||
        (!first && hy_datadir_open(data, LOCK_PATIENCE_MS, &s->data, err) < 0))
        return err->code;
    return hy_run_plan_places(&s->plan, s->data.path, err);
}

static int start(const struct opts *o, struct hy_err *err)
{
    struct service s = {.opts = o, .data = {.lock = -1}, .tty = isatty(STDERR_FILENO)};
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};

    bool go = false;
    int rc = hy_role_resolve_office(&o->role, &role, err);
    if (rc == HY_OK) {
        s.config = HY_TAKE(role.config);
        s.url = HY_TAKE(role.redis);
        s.offices = HY_TAKE(role.offices);
        rc = prepare(&s, role.data, &go, err);
    }
    if (rc == HY_OK && go) {
        hy_run_plan_members(&s.plan, s.data.path);
        rc = serve(&s, !given(o->role.redis, "HUIYING_REDIS"), err);
    }
    if (s.data.path)
        hy_datadir_close(&s.data);
    release(&s);
    if (rc == HY_OK && s.why.code)
        rc = hy_fail(err, s.why.code, "%s", s.why.msg);
    return rc;
}

static int run(const void *options, int nargs, char **args)
{
    struct hy_err err = HY_ERR_INIT;

    if (nargs)
        return hy_fail(&err, HY_E_USAGE, "what is \"%s\"? run takes options only", args[0]),
               hy_command_fail(&hy_cmd_run, &err);
    hy_log_setup("run", HY_INFO);
    return start(options, &err) < 0 ? hy_command_fail(&hy_cmd_run, &err) : HY_EXIT_OK;
}

static const struct hy_opt rows[] = {
    HY_ROLE_OPT_ROWS(struct opts),
    {"listen", 'l', HY_OPT_TEXT, offsetof(struct opts, listen), "ADDR:PORT",
     "where the board listens (default " HY_RUN_LISTEN ")"},
    {"host", 0, HY_OPT_TEXT, offsetof(struct opts, host), "NAME",
     "a name browsers use for the board, besides addresses and localhost"},
    {"tls-cert", 0, HY_OPT_TEXT, offsetof(struct opts, tls_cert), "FILE",
     "the board serves HTTPS with this certificate chain (PEM); SIGHUP reads it again"},
    {"tls-key", 0, HY_OPT_TEXT, offsetof(struct opts, tls_key), "FILE", "and its key (PEM)"},
    {NULL},
};

const struct hy_command hy_cmd_run = {
    .name = "run",
    .usage = "-c DIR [--listen ADDR:PORT] [--tls-cert FILE --tls-key FILE] [--data DIR] [--redis URL]",
    .summary = "everything on this machine: Redis, crawler, analyzer, keeper, archive, board, delivery",
    .details =
        "On a folder without office.yaml it prints a link to the guided first set-up, which writes\n"
        "office.yaml, sources.yaml and duty.yaml, and goes on from there.\n\n"
        "Starts a private Redis in the data directory (unless --redis names another) and all "
        "roles,\nrestarts what dies, and ends everything on Ctrl-C.  SIGHUP makes the roles "
        "read their rules again.\n\nDIR may hold several offices, each in a directory of its own "
        "(docs/SCALING.md):\none crawl for all, and for each a record, people and a board of its own, "
        "at the\naddress its office.yaml names.\n\nExample:\n  huiying run -c rules/sample --data /var/lib/"
        "huiying --listen 127.0.0.1:8787",
    .opts = rows,
    .opts_size = sizeof(struct opts),
    .run = run,
};
