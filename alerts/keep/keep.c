/* SPDX-License-Identifier: Apache-2.0 */
/* The keeper: the one writer of incidents, clocks, notices and the journal (see
 * alerts/keep/keep.h).
 *
 * It writes strictly one transaction after the other, each guarded by the journal's head, so a plain
 * loop is the whole of it.  It sleeps until an input comes, the next timer is nearly due, the wall
 * clock is set, or a chore is to be done. */
#include "alerts/keep/keep.h"

#include "core/beat.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/manager.h"
#include "core/mem.h"
#include "rules/office.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SNAPSHOT_EVERY = 5000, /* entries; a start reads at most so many, in about half a second */
    CHORES_MS = 250,       /* sleep no longer than that before looking at the chores */
    WARMING_MS = 1,
    TEST_CLOCK_MS = 10, /* an accelerated clock tells nobody that it has moved */
    STANDBY_MS = 300,
    RETRY_MS = 300,
    RETRY_MAX_MS = 1000, /* soon enough to lead again after Redis came back empty */
};

struct opts {
    struct hy_role_opts role;
    int64_t snapshot_every;
};
static const struct hy_opt rows[] = {
    HY_ROLE_OPT_ROWS(struct opts),
    {"snapshot-every", 0, HY_OPT_NUMBER, offsetof(struct opts, snapshot_every), "N",
     "journal entries between two snapshots of the state (5000)"},
    {NULL},
};
extern const struct hy_command hy_cmd_keep;

/* ---- signals and sleeping ---- */

static volatile sig_atomic_t stop_asked, reload_asked;
static sigset_t awake; /* the signals that are let in while we sleep, and only then */

static void on_signal(int signo)
{
    if (signo == SIGHUP)
        reload_asked = 1;
    else
        stop_asked = 1;
}

static void catch_signals(void)
{
    static const int signals[] = {SIGTERM, SIGINT, SIGHUP};
    sigset_t blocked;

    sigemptyset(&blocked);
    for (size_t i = 0; i < HY_COUNT(signals); i++) {
        struct sigaction a = {.sa_handler = on_signal};
        sigaction(signals[i], &a, NULL);
        sigaddset(&blocked, signals[i]);
    }
    sigprocmask(SIG_BLOCK, &blocked, &awake);
    for (size_t i = 0; i < HY_COUNT(signals); i++)
        sigdelset(&awake, signals[i]);
    signal(SIGPIPE, SIG_IGN);
}

static bool asked(void)
{
    return stop_asked || reload_asked;
}

static void sleep_on(struct pollfd *fds, nfds_t n, int64_t ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};

    if (ppoll(fds, n, &t, &awake) < 0) /* a signal */
        for (nfds_t i = 0; i < n; i++)
            fds[i].revents = 0;
}

/* When its transaction is to be prepared. */
static hy_wall prepare_at(const struct hy_keep *k)
{
    hy_wall next = hy_keep_next_timer(k);

    return hy_wall_known(next) ? hy_wall_add_ms(next, -hy_keep_ahead_ms(k)) : next;
}

static bool is_due(const struct hy_keep *k)
{
    hy_wall next = prepare_at(k);

    return k->backlog || (hy_wall_known(next) && next.ms <= hy_wall_now().ms);
}

/* Until an input has come (true), a timer is due or `most` ms are over. */
static bool wait_for_work(struct hy_keep *k, int64_t most)
{
    struct pollfd fds[] = {{.fd = hy_redis_sync_fd(k->reader), .events = POLLIN},
                           {.fd = k->alarm, .events = POLLIN}};
    hy_wall next = prepare_at(k);
    bool by_file = !hy_wall_is_real();

    if (is_due(k))
        most = 0;
    if (!by_file)
        hy_keep_set_alarm(k, most > 0 ? next : HY_WALL_NONE);
    sleep_on(fds, by_file ? 1 : 2, by_file ? HY_MIN(most, (int64_t)TEST_CLOCK_MS) : most);
    return fds[0].revents != 0;
}

/* ---- serving ---- */

static struct hy_beat_info beat_info(const struct hy_keep *k, const char *state)
{
    return (struct hy_beat_info){
        .role = "keep", .office = k->office, .rules = k->rules->version, .state = state};
}

/* After an outage what is late comes piece by piece, before what falls due now. */
static int fire(struct hy_keep *k, struct hy_err *err)
{
    bool caught_up;

    if (hy_keep_catch_up(k, &caught_up, err) < 0)
        return err->code;
    return caught_up ? HY_OK : hy_keep_timers(k, err);
}

static int serve_once(struct hy_keep *k, struct hy_err *err)
{
    bool more = false, warming = false;

    if (hy_keep_set_back(k, err) < 0 || hy_keep_set_ahead(k, err) < 0 ||
        (is_due(k) && fire(k, err) < 0))
        return err->code;
    hy_beat_sync(k->redis, beat_info(k, "leads"), &k->beat);
    if (hy_keep_chores(k, &warming, err) < 0 || hy_keep_ask(k, err) < 0)
        return err->code;
    if (wait_for_work(k, warming ? WARMING_MS : CHORES_MS) && hy_keep_inputs(k, &more, err) < 0)
        return err->code;
    if (k->counted)
        return HY_OK;
    k->counted = true; /* reads every open document, so whoever waits for an answer has it first */
    return hy_keep_calendar(k, err);
}

static int serve(struct hy_keep *k, struct hy_err *err)
{
    while (!asked()) {
        hy_manager_turned();
        if (serve_once(k, err) < 0)
            return err->code;
    }
    return HY_OK;
}

/* ---- sessions ---- */

static int announce(struct hy_keep *k, struct hy_err *err)
{
    struct hy_turn t;
    char host[64] = "";
    json_t *args = json_object();

    gethostname(host, sizeof(host) - 1);
    hy_json_set_int(args, "fence", k->fence);
    hy_json_set_str(args, "host", hy_str(host));
    hy_json_set_str(args, "rules_version", hy_str(k->rules->version));
    hy_turn_begin(&t, k);
    hy_decide_keeper(&t.d, "lead", args);
    int rc = hy_turn_commit(&t, err);
    hy_turn_end(&t);
    return rc;
}

static int wait_for_lease(struct hy_keep *k, bool *ret, struct hy_err *err)
{
    *ret = false;
    while (!asked()) {
        bool may;
        hy_manager_turned();
        hy_keep_look(k);
        if (hy_keep_follow(k, err) < 0 || hy_keep_may_lead(k, &may, err) < 0 ||
            (may && hy_keep_lead(k, ret, err) < 0))
            return err->code;
        if (*ret)
            return HY_OK;
        hy_manager_ready(); /* a standby does its work by waiting */
        hy_beat_sync(k->redis, beat_info(k, "stands_by"), &k->beat);
        sleep_on(NULL, 0, STANDBY_MS);
    }
    return HY_OK;
}

static int session(struct hy_keep *k, struct hy_err *err)
{
    bool leads;

    if (hy_redis_sync_open(k->role->redis, &k->redis, err) < 0 ||
        hy_redis_sync_open(k->role->redis, &k->reader, err) < 0 ||
        wait_for_lease(k, &leads, err) < 0)
        return err->code;
    if (!leads)
        return HY_OK;
    if (hy_keep_load(k, err) < 0 || hy_keep_newest(k, err) < 0 || hy_keep_set_back(k, err) < 0 ||
        announce(k, err) < 0 || hy_keep_set_ahead(k, err) < 0)
        return err->code;
    k->counted = false;
    hy_log(HY_INFO, "leading", HY_KVN("fence", k->fence), HY_KVN("seq", k->state->head.seq),
           HY_KVN("incidents", hy_state_count(k->state)), HY_KVN("snapshot", k->snapshot_seq));
    hy_manager_ready();
    bool ignored; /* a round of catching up that the one before us began has to end also when nothing
                   * is due any more */
    return hy_keep_catch_up(k, &ignored, err) < 0 ? err->code : serve(k, err);
}

static void session_end(struct hy_keep *k, int rc)
{
    if (rc == HY_OK || rc == HY_E_IO || rc == HY_E_PARSE)
        hy_keep_resign(k); /* at once for the next; after other errors the lease runs out */
    if (k->redis)
        hy_beat_sync_end(k->redis, beat_info(k, NULL));
    if (k->writer > 0) {   /* its snapshot belongs to a mirror that we let go */
        kill(k->writer, SIGKILL);
        waitpid(k->writer, NULL, 0);
    }
    hy_keep_unload(k);
    hy_redis_sync_close(HY_TAKE(k->redis));
    hy_redis_sync_close(HY_TAKE(k->reader));
    k->reading = false;
    k->cold = k->doubt = (hy_mono){0}; /* another Redis may answer next: the others claim anew there */
    k->fence = k->writer = k->writing_seq = 0;
    k->scrubbed = 0;
}

static int load_rules(const struct hy_role *role, struct hy_rules **ret, struct hy_err *err)
{
    struct hy_diag *d = hy_diag_new();
    struct hy_buf first = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    int rc = hy_rules_load(role->config, ret, d, err);

    if (rc < 0) {
        hy_diag_first(d, &first);
        if (first.n)
            hy_fail(err, (enum hy_code)rc, "%s", first.p);
    }
    hy_buf_release(&first);
    hy_diag_free(d);
    return rc;
}

/* All or nothing: bad rules leave the old ones in force. */
static void reload(struct hy_keep *k)
{
    struct hy_rules *fresh = NULL;
    struct hy_err err = HY_ERR_INIT;

    reload_asked = 0;
    if (load_rules(k->role, &fresh, &err) < 0) {
        hy_log(HY_ERROR, "rules_rejected", HY_KV("err", err.msg));
        return;
    }
    hy_log(HY_INFO, "rules_loaded", HY_KV("version", fresh->version));
    hy_rules_free(k->rules);
    k->rules = fresh;
}

static int run_sessions(struct hy_keep *k)
{
    int64_t delay = RETRY_MS;

    while (!stop_asked) {
        struct hy_err err = HY_ERR_INIT;
        hy_manager_turned();
        hy_mono began = hy_mono_now();
        int rc = session(k, &err);
        session_end(k, rc);
        if (rc < 0)
            hy_log(HY_ERROR, "session_ended", HY_KV("err", err.msg));
        if (reload_asked)
            reload(k);
        if (rc == HY_OK || hy_mono_now().us - began.us > INT64_C(10000000))
            delay = RETRY_MS;
        if (rc < 0)
            sleep_on(NULL, 0, asked() ? 0 : delay);
        delay = HY_MIN(delay * 2, (int64_t)RETRY_MAX_MS);
    }
    return HY_EXIT_OK;
}

static int run(const void *options, int nargs, char **args)
{
    const struct opts *o = options;
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};
    struct hy_keep k = {.role = &role,
                        .snapshot_every = o->snapshot_every ? o->snapshot_every : SNAPSHOT_EVERY,
                        .alarm = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK)};
    struct hy_err err = HY_ERR_INIT;

    (void)nargs, (void)args;
    if (hy_role_resolve_office(&o->role, &role, &err) < 0 || load_rules(&role, &k.rules, &err) < 0)
        return hy_command_fail(&hy_cmd_keep, &err);
    hy_log_setup("keep", HY_INFO);
    catch_signals();
    k.office = hy_xstrdup(k.rules->office->id);
    k.prefix = hy_xasprintf("hy:{%s}:", k.office);
    hy_log_office(k.office);
    hy_random_hex(k.token, sizeof(k.token) / 2);
    int code = run_sessions(&k);
    hy_rules_free(k.rules);
    hy_log_office(NULL);
    free(k.office);
    free(k.prefix);
    close(k.alarm);
    return code;
}

const struct hy_command hy_cmd_keep = {
    .name = "keep",
    .usage = "-c DIR [--redis URL] [--data DIR] [--snapshot-every N]",
    .summary = "role: incidents, clocks, notices and the journal (one leads, others stand by)",
    .details =
        "Reads hits and commands from Redis, decides, and writes journal, incidents, timers\n"
        "and notices in one transaction; mirrors the journal to DATA/journal/OFFICE.jsonl.\n"
        "SIGHUP loads the rules again.\n\n"
        "Example:\n  huiying keep -c /etc/huiying/qingxi --redis redis://127.0.0.1:6379",
    .opts = rows,
    .opts_size = sizeof(struct opts),
    .run = run,
};
