/* SPDX-License-Identifier: Apache-2.0 */
/* huiying-notify: shows a duty officer's alerts on the desktop, carries the acknowledgement back,
 * tells the service what was really shown, and says so when the service goes silent.
 *
 * This file only wires the three parts together: the machine (notify_agent), the desktop (notify),
 * the line to the board (notify_net). */
#include "alerts/desktop/notify.h"
#include "alerts/desktop/net.h"
#include "core/command.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/manual.h"
#include "core/mem.h"

#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { TICK_MS = 1000, ACK_TRIES = 6, OPEN_TRIES = 3, SILENCE_DEFAULT_S = 60 };

struct options {
    const char *server, *token_file, *ca_file;
    int64_t silence_s;
    bool if_configured;
};

struct app {
    const char *server;
    struct hy_agent *agent;
    struct hy_desktop *desktop;
    struct hy_net *net;
    GMainLoop *loop;
};

static void show(void *io, const struct hy_bubble *b)
{
    hy_desktop_show(((struct app *)io)->desktop, b);
}

static void close_bubble(void *io, uint32_t id)
{
    hy_desktop_close(((struct app *)io)->desktop, id);
}

static void ignore_answer(void *user, const char *tag, long status, const json_t *answer)
{
    (void)user, (void)answer;
    if (status >= 300)
        hy_log(HY_WARN, "receipt_refused", HY_KV("notice", tag), HY_KVN("status", status));
}

static void receipt(void *io, const char *notice, const char *state)
{
    struct app *app = io;
    HY_CLEANUP(hy_json_freep)
    json_t *body = json_pack("{s:s,s:s}", "notice", notice, "state", state);

    hy_log(HY_INFO, "receipt", HY_KV("notice", notice), HY_KV("state", state));
    hy_net_request(app->net, "/api/v1/notices/receipt", body, 0, notice, ignore_answer);
}

static void on_ack_answer(void *user, const char *incident, long status, const json_t *answer)
{
    struct app *app = user;
    bool ok = status >= 200 && status < 300;
    struct hy_str why = hy_json_str(answer, "message");
    HY_CLEANUP(hy_freep) char *message = hy_str_dup(why.n ? why : HY_STR("服务器没有应答"));

    hy_log(ok ? HY_INFO : HY_WARN, "ack", HY_KV("incident", incident), HY_KVN("status", status));
    hy_agent_acked(app->agent, incident, ok, message, hy_wall_now());
}

/* The command id makes a repeated delivery harmless. */
static void ack(void *io, const char *incident)
{
    struct app *app = io;
    char id[33];
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("/api/v1/incidents/%s/commands", incident);

    hy_random_hex(id, 16);
    HY_CLEANUP(hy_json_freep)
    json_t *body = json_pack("{s:s,s:s,s:{}}", "id", id, "verb", "ack", "args");
    hy_net_request(app->net, path, body, ACK_TRIES, incident, on_ack_answer);
}

static void open_page(void *io, const char *incident)
{
    struct app *app = io;
    HY_CLEANUP(hy_freep) char *uri = hy_xasprintf("%s/#/incident/%s", app->server, incident);

    hy_desktop_open_uri(uri);
}

static void on_open(void *user, const char *tag, long status, const json_t *answer)
{
    struct app *app = user;
    const json_t *list = json_object_get(answer, "notices");

    (void)tag;
    if (status == 200 && json_is_array(list))
        hy_agent_open(app->agent, list, hy_wall_now());
    else {
        hy_log(HY_WARN, "open_notices_unknown", HY_KVN("status", status));
        hy_agent_open_unknown(app->agent);
    }
}

static void fetch_open(void *io)
{
    struct app *app = io;

    hy_net_request(app->net, "/api/v1/notices?open=1", NULL, OPEN_TRIES, "open", on_open);
}

static void reconnect(void *io)
{
    hy_net_reconnect(((struct app *)io)->net);
}

static void on_connected(void *user)
{
    hy_agent_connected(((struct app *)user)->agent, hy_mono_now(), hy_wall_now());
}

static void on_heard(void *user)
{
    hy_agent_heard(((struct app *)user)->agent, hy_mono_now(), hy_wall_now());
}

static void on_event(void *user, struct hy_str type, const json_t *data)
{
    hy_agent_event(((struct app *)user)->agent, type, data, hy_wall_now());
}

static void on_refused(void *user, long status)
{
    hy_agent_refused(((struct app *)user)->agent,
                     status == 404
                         ? "服务器地址不对：那里没有回应系统（404）。"
                         : "服务器不认这个令牌（已作废或写错）。请向管理员要新的令牌文件。",
                     hy_wall_now());
}

static void on_displayed(void *user, const char *key, bool ok, uint32_t id)
{
    hy_agent_displayed(((struct app *)user)->agent, key, ok, id, hy_wall_now());
}

static void on_clicked(void *user, uint32_t id, const char *action)
{
    hy_agent_clicked(((struct app *)user)->agent, id, hy_str(action));
}

static void on_closed(void *user, uint32_t id, bool by_person)
{
    hy_agent_closed(((struct app *)user)->agent, id, by_person, hy_mono_now());
}

static void on_desktop_back(void *user)
{
    hy_agent_desktop_back(((struct app *)user)->agent, hy_wall_now());
}

static gboolean on_tick(gpointer user)
{
    struct app *app = user;
    hy_mono now = hy_mono_now();

    hy_agent_awake(app->agent, now, hy_boot_now());
    hy_agent_tick(app->agent, now, hy_wall_now());
    return G_SOURCE_CONTINUE;
}

static gboolean on_stop(gpointer user)
{
    g_main_loop_quit(((struct app *)user)->loop);
    return G_SOURCE_CONTINUE;
}

/* The two files a person makes once, so that the session can start us without options. */
static char *config_file(const char *name)
{
    return hy_xasprintf("%s/huiying/%s", g_get_user_config_dir(), name);
}

static int read_line(const char *path, char **ret, struct hy_err *err)
{
    struct hy_buf text = HY_BUF_INIT(4096);
    int rc = hy_buf_read_file(&text, path, err);

    if (rc == HY_OK)
        *ret = hy_str_dup(hy_str_trim(hy_buf_view(&text)));
    hy_buf_release(&text);
    return rc;
}

/* A token opens the board in its owner's name, so others must not be able to read it. */
static int read_token(const char *path, char **ret, struct hy_err *err)
{
    struct stat st;

    if (stat(path, &st) < 0)
        return hy_fail_errno(err, "token file %s", path);
    if (st.st_mode & (S_IRWXG | S_IRWXO))
        return hy_fail(err, HY_E_DENIED, "token file %s can be read by others; run: chmod 600 %s",
                       path, path);
    return read_line(path, ret, err);
}

static const struct hy_agent_ops ops = {show, close_bubble, receipt, ack, open_page, fetch_open,
                                        reconnect};

static int serve(const struct options *o, const char *token, struct hy_err *err)
{
    struct app app = {.server = o->server};

    if (hy_desktop_new(
            (struct hy_desktop_events){on_displayed, on_clicked, on_closed, on_desktop_back, &app},
            &app.desktop, err) < 0)
        return err->code;
    app.agent = hy_agent_new(&ops, &app, o->silence_s * 1000);
    app.net =
        hy_net_new(o->server, token, o->ca_file,
                   (struct hy_net_events){on_connected, on_heard, on_event, on_refused, &app});
    app.loop = g_main_loop_new(NULL, FALSE);
    guint tick = g_timeout_add(TICK_MS, on_tick, &app);
    guint term = g_unix_signal_add(SIGTERM, on_stop, &app);
    guint intr = g_unix_signal_add(SIGINT, on_stop, &app);

    hy_log(HY_INFO, "start", HY_KV("server", o->server));
    hy_net_start(app.net);
    g_main_loop_run(app.loop);
    g_source_remove(tick);
    g_source_remove(term);
    g_source_remove(intr);
    hy_net_free(app.net);
    hy_desktop_free(app.desktop);
    hy_agent_free(app.agent);
    g_main_loop_unref(app.loop);
    return HY_OK;
}

static const struct hy_command command;

static int run(const void *opts, int nargs, char **args)
{
    struct options o = *(const struct options *)opts;
    struct hy_err err = HY_ERR_INIT;
    HY_CLEANUP(hy_freep) char *token = NULL;
    HY_CLEANUP(hy_freep) char *server = NULL;
    HY_CLEANUP(hy_freep) char *server_file = config_file("server");
    HY_CLEANUP(hy_freep) char *token_file = config_file("token");
    int rc = HY_OK;

    if (o.token_file == NULL)
        o.token_file = token_file;
    if (o.if_configured && access(o.token_file, F_OK) < 0)
        return HY_EXIT_OK; /* the session of somebody who has nothing to do with the duty list */
    if (nargs)
        rc = hy_fail(&err, HY_E_USAGE, "what is \"%s\"? It takes options only", args[0]);
    else if (o.server == NULL && read_line(server_file, &server, &err) < 0)
        rc = hy_fail(&err, HY_E_USAGE, "which board? Say --server URL, or write its address into %s",
                     server_file);
    if (server)
        o.server = server;
    if (o.silence_s <= 0)
        o.silence_s = SILENCE_DEFAULT_S;
    if (rc == HY_OK)
        rc = read_token(o.token_file, &token, &err);
    if (rc == HY_OK)
        rc = serve(&o, token, &err);
    return rc == HY_OK ? HY_EXIT_OK : hy_command_fail(&command, &err);
}

static const struct hy_opt options[] = {
    {"server", 's', HY_OPT_TEXT, offsetof(struct options, server), "URL",
     "the board, as you open it in the browser (else the line in ~/.config/huiying/server)"},
    {"token-file", 't', HY_OPT_TEXT, offsetof(struct options, token_file), "F",
     "file with your token (mode 0600), made by `huiying user token` (else "
     "~/.config/huiying/token)"},
    {"ca-file", 0, HY_OPT_TEXT, offsetof(struct options, ca_file), "F",
     "certificate authority of the board's certificate"},
    {"silence", 0, HY_OPT_NUMBER, offsetof(struct options, silence_s), "SECONDS",
     "say so when the board was silent for that long (60)"},
    {"if-configured", 0, HY_OPT_FLAG, offsetof(struct options, if_configured), NULL,
     "end at once and without a word when there is no token (for autostart)"},
    {0},
};
static const struct hy_command command = {
    .name = "huiying-notify",
    .standalone = true,
    .usage = "[--server URL] [--token-file F]",
    .summary = "Desktop agent of a duty officer: shows alerts, carries the acknowledgement back.",
    .details =
        "Start it in the desktop session of the person the token belongs to:\n"
        "  huiying-notify --server http://127.0.0.1:8787 --token-file ~/.config/huiying/token",
    .opts = options,
    .opts_size = sizeof(struct options),
    .run = run,
};

int main(int argc, char **argv)
{
    hy_hash_init();
    if (argc == 2 && strcmp(argv[1], "--man") == 0)
        return hy_manual_page(stdout, (const struct hy_command *const[]){&command, NULL}),
               HY_EXIT_OK;
    hy_log_setup("notify", HY_INFO);
    return hy_command_main(&command, argc, argv);
}
