/* SPDX-License-Identifier: Apache-2.0 */
/* The keeper: the one writer of incidents, clocks, notices and the journal (see
 * alerts/keep/keep.h).
 *
 * Consumes hy:{O}:cmd, hy:{O}:hits and hy:{O}:health from their beginning - what is in them has not
 * been committed yet, because a commit removes its inputs - and due timers from hy:{O}:timers.
 *
 * It works strictly one transaction after the other, each guarded by the journal's head, so there
 * is nothing to do while one is under way: a plain loop with blocking reads is the whole of it.
 * The wait for inputs is also the wait for the next timer: it ends when the first is due. */
#include "alerts/keep/keep.h"

#include "core/hash.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "rules/office.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BATCH = 64,        /* inputs of a stream per transaction */
    TIMER_BATCH = 500, /* due timers per transaction */
    WAIT_MS = 500,     /* at most; the lease is renewed with every turn */
    WAIT_TEST_MS = 20, /* with an accelerated clock */
    REDIS_TICK_MS = 110,
    SLICE_MS = 5, /* inputs are looked for that often in the last stretch */
    STANDBY_MS = 300,
    RETRY_MS = 300,
    RETRY_MAX_MS = 3000,
    CMD_MAX = 64 * 1024,
    HIT_MAX = HY_JOURNAL_LINE_MAX / 2,
    ID_MAX = 128,
    ASIDE_CHARS = 20000,
    SAFE_LEASE_MS = HY_LEASE_MS - 1000, /* older than this: do not start to write */
};

struct opts {
    struct hy_role_opts role;
};
static const struct hy_opt rows[] = {
    HY_ROLE_OPT_ROWS(struct opts),
    {NULL},
};
extern const struct hy_command hy_cmd_keep;

static volatile sig_atomic_t stop_asked, reload_asked;

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

    for (size_t i = 0; i < HY_COUNT(signals); i++) {
        struct sigaction a = {.sa_handler = on_signal}; /* no SA_RESTART: end the nap */
        sigaction(signals[i], &a, NULL);
    }
    signal(SIGPIPE, SIG_IGN);
}

static void nap(int64_t ms)
{
    if (!stop_asked && !reload_asked)
        usleep((useconds_t)(ms * 1000));
}

/* ---- one transaction ---- */

struct turn {
    struct hy_keep *k;
    struct hy_decide d;
    struct hy_head before;
    struct hy_ops ops;      /* beside what follows from the entries */
    HY_VEC(char *) recheck; /* incidents whose timers did not fit; owned */
};

static void turn_begin(struct turn *t, struct hy_keep *k)
{
    *t = (struct turn){.k = k, .before = k->state->head};
    hy_decide_init(&t->d, k->state, k->rules, hy_wall_now());
    t->d.sources = k->sources;
}

static void turn_end(struct turn *t)
{
    hy_decide_release(&t->d);
    hy_ops_release(&t->ops);
    for (size_t i = 0; i < t->recheck.n; i++)
        free(t->recheck.v[i]);
    hy_vec_release(&t->recheck);
}

static void regroup(struct turn *t, size_t from)
{
    for (size_t i = from; i < json_array_size(t->d.entries); i++)
        hy_keep_regroup(t->k, json_array_get(t->d.entries, i));
}

/* The mirror first, then Redis; a refusal takes the lines back (see alerts/keep/keep.h). */
static int commit(struct turn *t, struct hy_err *err)
{
    struct hy_keep *k = t->k;
    struct hy_ops all = {0};
    struct hy_err undo = HY_ERR_INIT;
    size_t i;
    json_t *reply;
    int rc = HY_OK;

    if (t->d.lines.n == 0 && t->ops.v.n == 0 && json_array_size(t->d.replies) == 0)
        return HY_OK;
    if ((hy_mono_now().us - k->leased.us) / 1000 > SAFE_LEASE_MS && hy_keep_renew(k, err) < 0)
        return err->code;
    hy_ops_entries(k, &all, t->d.entries, hy_buf_view(&t->d.lines), 0);
    hy_ops_move(&all, &t->ops);
    for (i = 0; i < t->recheck.n; i++)
        hy_ops_timers(k, &all, hy_str(t->recheck.v[i]), true);
    json_array_foreach (t->d.replies, i, reply)
        hy_ops_reply(k, &all, reply);
    if (t->d.lines.n > 0)
        rc = hy_mirror_append(k->mirror, hy_buf_view(&t->d.lines), k->state->head, err);
    if (rc == HY_OK) {
        rc = hy_keep_send(k, &all, &t->before, err);
        if (rc == HY_E_DENIED && t->d.lines.n > 0 && hy_mirror_undo(k->mirror, &undo) < 0)
            hy_log(HY_ERROR, "mirror_undo_failed", HY_KV("err", undo.msg));
    }
    hy_ops_release(&all);
    return rc;
}

/* ---- working days that cannot be counted ---- */

/* Working days that cannot be counted are a deadline that nobody would see: say it in the log and
 * on every board whenever rules have been loaded or an
 * incident with such a clock opens.  What has been reckoned stays in force. */
static int warn_uncounted(struct hy_keep *k, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *event = json_object();
    json_t *incidents = json_array();
    struct hy_err why = HY_ERR_INIT;
    struct hy_walk w = {.open = true};
    struct turn t;
    const json_t *doc;

    json_object_set_new(event, "incidents", incidents);
    while ((doc = hy_state_next(k->state, &w)))
        if (hy_clocks_uncounted(doc, k->rules, &why))
            json_array_append_new(incidents, hy_json_of_str(hy_json_str(doc, "id")));
    if (json_array_size(incidents) == 0)
        return HY_OK;
    hy_log(HY_ERROR, "calendar_missing", HY_KV("err", why.msg),
           HY_KVN("incidents", json_array_size(incidents)));
    HY_CLEANUP(hy_freep)
    char *text = hy_xasprintf(
        "%zu 件未办结事项的工作日时限无法计算：%s。已经起算的时限照旧，请尽快补上放假安排",
        json_array_size(incidents), why.msg);
    hy_json_set_str(event, "event", HY_STR("calendar_missing"));
    hy_json_set_str(event, "message", hy_str(text));
    turn_begin(&t, k);
    hy_ops_feed(k, &t.ops, "keeper", event, "");
    int rc = commit(&t, err);
    turn_end(&t);
    return rc;
}

/* Has this turn opened such an incident? */
static bool opened_uncounted(const struct turn *t)
{
    struct hy_err why = HY_ERR_INIT;
    size_t i;
    json_t *e;

    json_array_foreach (t->d.entries, i, e)
        if (hy_str_is(hy_json_str(e, "type"), hy_entry_name[HY_ENTRY_OPEN]) &&
            hy_clocks_uncounted(hy_state_incident(t->k->state, hy_json_str(e, "incident")),
                                t->k->rules, &why))
            return true;
    return false;
}

/* ---- timers ---- */

static const char look_script[] =
    "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('LEASE') end\n"
    "redis.call('PEXPIRE', KEYS[1], ARGV[2])\n"
    "local due = redis.call('ZRANGE', KEYS[2], '-inf', ARGV[3], 'BYSCORE', 'LIMIT', 0, ARGV[4],\n"
    "  'WITHSCORES')\n"
    "local next = redis.call('ZRANGE', KEYS[2], '(' .. ARGV[3], '+inf', 'BYSCORE', 'LIMIT', 0, 1,\n"
    "  'WITHSCORES')\n"
    "return {due, next[2] or ''}\n";

/* Renew the lease, fetch what is due, learn when the next one is (HY_WALL_NONE: none). */
static int look(struct hy_keep *k, hy_wall now, redisReply **ret, hy_wall *ret_next,
                struct hy_err *err)
{
    redisReply *r = NULL;

    if (hy_redis_sync_cmd(k->redis, &r, err, "EVAL %s 2 %s %s %s %d %lld %d", look_script,
                          hy_keep_key(k, "lease"), hy_keep_key(k, "timers"), k->token, HY_LEASE_MS,
                          (long long)now.ms, TIMER_BATCH) < 0)
        return strstr(err->msg, "LEASE") ? hy_fail(err, HY_E_DENIED, "the lease is lost")
                                         : err->code;
    k->leased = hy_mono_now();
    if (r->elements != 2 || !hy_str_to_i64(hy_reply_str(r->element[1]), &ret_next->ms))
        *ret_next = HY_WALL_NONE;
    *ret = r;
    return HY_OK;
}

static void fire_due(struct turn *t, const redisReply *due)
{
    for (size_t i = 0; i + 1 < due->elements; i += 2) {
        struct hy_str member = hy_reply_str(due->element[i]);
        hy_wall when;
        if (!hy_str_to_i64(hy_reply_str(due->element[i + 1]), &when.ms))
            continue;
        size_t before = json_array_size(t->d.entries);
        hy_decide_timer(&t->d, member, when);
        if (json_array_size(t->d.entries) > before)
            continue;
        /* not at this time: away with it, and see what the incident's timers really are */
        struct hy_str incident, rest = member;
        hy_str_cut(&rest, '/', &incident);
        hy_vec_push(&t->recheck, hy_str_dup(incident));
        hy_ops_add(&t->ops, 3,
                   (const char *[]){"ZREM", hy_keep_key(t->k, "timers"), due->element[i]->str});
    }
}

/* ---- inputs ---- */

static const struct {
    const char *stream, *field, *label;
    size_t max;
} inputs[] = {
    [HY_INPUT_CMD] = {"cmd", "cmd", "一项操作", CMD_MAX},
    [HY_INPUT_HITS] = {"hits", "hit", "一条发现", HIT_MAX},
    [HY_INPUT_HEALTH] = {"health", "event", "一条来源状态", CMD_MAX},
};
_Static_assert(HY_COUNT(inputs) == HY_INPUT_COUNT, "describe every input");

static void drop_input(struct turn *t, enum hy_input from, const char *id)
{
    hy_ops_add(&t->ops, 3, (const char *[]){"XDEL", hy_keep_key(t->k, inputs[from].stream), id});
}

static void set_input_aside(struct turn *t, enum hy_input from, const char *id, struct hy_str text,
                            const char *why)
{
    const char *stream = inputs[from].stream;

    hy_log(HY_ERROR, "input_unusable", HY_KV("stream", stream), HY_KV("id", id), HY_KV("err", why));
    hy_ops_begin(&t->ops);
    const struct hy_str args[] = {HY_STR("XADD"), hy_str(hy_keep_key(t->k, "quarantine")),
                                  HY_STR("*"),    HY_STR("stream"),
                                  hy_str(stream), HY_STR("input"),
                                  text,           HY_STR("why"),
                                  hy_str(why)};
    for (size_t i = 0; i < HY_COUNT(args); i++)
        hy_ops_arg(&t->ops, args[i]);
}

static void take_hit(struct turn *t, const json_t *hit)
{
    const json_t *trace = json_object_get(hit, "trace");
    struct hy_place_verdict verdict = {0};
    HY_CLEANUP(hy_freep) char *incident = NULL;
    HY_CLEANUP(hy_freep) char *reprint_of = NULL;
    HY_CLEANUP(hy_freep) char *why = NULL;
    size_t before = json_array_size(t->d.entries);

    if (json_is_object(trace) && hy_is_official(t->k->rules, hit)) {
        struct hy_group_answer a = hy_group_answer(t->k->group, trace, t->d.now);
        incident = hy_xstrdup(a.incident);
        why = hy_xstrdup(a.why);
        verdict = (struct hy_place_verdict){incident, NULL, why, a.sure};
    } else if (json_is_object(trace)) {
        struct hy_group_verdict v = hy_group_place(t->k->group, trace, t->d.now);
        incident = hy_xstrdup(v.incident);
        reprint_of = hy_xstrdup(v.reprint_of);
        verdict = (struct hy_place_verdict){incident, reprint_of, v.why, v.same};
    }
    hy_decide_hit(&t->d, hit, &verdict);
    regroup(t, before);
}

/* Has this command been answered already?  Then answer the same again. */
static int answered(struct turn *t, const json_t *cmd, bool *ret, struct hy_err *err)
{
    redisReply *r = NULL;
    HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(cmd, "id"));
    HY_CLEANUP(hy_freep) char *what = hy_xasprintf("reply:%s", id);
    json_t *reply = NULL;
    size_t i;
    json_t *given;

    *ret = false;
    json_array_foreach (t->d.replies, i, given) /* in this very batch */
        *ret |= hy_str_is(hy_json_str(given, "id"), id);
    if (*ret)
        return HY_OK;
    if (hy_redis_sync_cmd(t->k->redis, &r, err, "GET %s", hy_keep_key(t->k, what)) < 0)
        return err->code;
    struct hy_err ignored = HY_ERR_INIT;
    if (r->type == REDIS_REPLY_STRING &&
        hy_json_parse(hy_reply_str(r), &reply, &ignored) == HY_OK) {
        json_array_append_new(t->d.replies, reply);
        *ret = true;
    }
    freeReplyObject(r);
    return HY_OK;
}

static int take_command(struct turn *t, const json_t *cmd, struct hy_err *err)
{
    size_t before = json_array_size(t->d.entries);
    bool again;

    if (answered(t, cmd, &again, err) < 0)
        return err->code;
    if (!again)
        hy_decide_command(&t->d, cmd);
    regroup(t, before);
    return HY_OK;
}

static int check_input(struct hy_str text, size_t max, json_t **ret, struct hy_err *err)
{
    struct hy_str id;

    if (text.n > max)
        return hy_fail(err, HY_E_TOOBIG, "%zu bytes, at most %zu are taken", text.n, max);
    if (hy_json_parse(text, ret, err) < 0)
        return err->code;
    id = hy_json_str(*ret, "id");
    if (!json_is_object(*ret) || id.n == 0 || id.n > ID_MAX)
        return hy_fail(err, HY_E_PARSE, "no object with an id");
    return HY_OK;
}

/* Whoever sent it waits for an answer; the text is only scanned, as parsing may be what kills. */
static void answer_poison(struct turn *t, struct hy_str text)
{
    struct hy_str id = hy_json_peek_str(text, HY_STR("id"));
    json_t *reply;

    if (id.n == 0 || id.n > ID_MAX || !hy_utf8_valid(id))
        return;
    reply = json_object();
    hy_json_set_str(reply, "id", id);
    json_object_set_new(reply, "ok", json_false());
    hy_json_set_str(reply, "code", HY_STR("invalid"));
    hy_json_set_str(reply, "message",
                    HY_STR("这项操作两次使值守程序意外退出，已被隔离，没有执行。"
                           "请联系系统管理员；改写内容后可以重新提交"));
    json_array_append_new(t->d.replies, reply);
}

/* The keeper died of it more than once: out of the way, and everybody hears of it. */
static void set_poison_aside(struct turn *t, enum hy_input from, const char *id, struct hy_str text)
{
    HY_CLEANUP(hy_json_freep) json_t *event = json_object();
    HY_CLEANUP(hy_freep)
    char *message =
        hy_xasprintf("%s两次使值守程序意外退出，已被隔离，没有处理", inputs[from].label);

    hy_log(HY_ERROR, "poison_input_quarantined", HY_KV("stream", inputs[from].stream),
           HY_KV("id", id), HY_KVN("deaths", HY_HOLD_DEATHS));
    set_input_aside(t, from, id, hy_utf8_head(text, ASIDE_CHARS), "the keeper died of it twice");
    hy_json_set_str(event, "event", HY_STR("quarantine"));
    hy_json_set_str(event, "stream", hy_str(inputs[from].stream));
    hy_json_set_str(event, "input", hy_str(id));
    hy_json_set_str(event, "message", hy_str(message));
    hy_ops_feed(t->k, &t->ops, "keeper", event, "");
    if (from == HY_INPUT_CMD)
        answer_poison(t, text);
}

static int take_input(struct turn *t, enum hy_input from, const char *id, struct hy_str text,
                      struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *input = NULL;
    struct hy_err why = HY_ERR_INIT;

    if (check_input(text, inputs[from].max, &input, &why) < 0)
        set_input_aside(t, from, id, hy_utf8_head(text, ASIDE_CHARS), why.msg);
    else if (from == HY_INPUT_CMD)
        return take_command(t, input, err);
    else if (from == HY_INPUT_HITS)
        take_hit(t, input);
    else if (!hy_decide_source(&t->d, input))
        set_input_aside(t, from, id, hy_utf8_head(text, ASIDE_CHARS), "no state of a source");
    return HY_OK;
}

/* Held while it is parsed and decided: should that kill us, the next keeper knows the culprit. */
static int take_entry(struct turn *t, enum hy_input from, const redisReply *entry,
                      struct hy_err *err)
{
    const char *id = entry->element[0]->str;
    struct hy_str text = hy_reply_field(entry->element[1], inputs[from].field);
    char name[64];
    int rc;

    drop_input(t, from, id);
    snprintf(t->k->read[from], sizeof(t->k->read[from]), "%s", id);
    snprintf(name, sizeof(name), "%s/%s", inputs[from].stream, id);
    if (hy_hold_begin(t->k->hold, name) >= HY_HOLD_DEATHS) {
        set_poison_aside(t, from, id, text);
        return HY_OK;
    }
    rc = take_input(t, from, id, text, err);
    hy_hold_end(t->k->hold);
    return rc;
}

static int take_stream(struct turn *t, const redisReply *stream, struct hy_err *err)
{
    const redisReply *entries = stream->element[1];
    struct hy_str key = hy_reply_str(stream->element[0]);
    enum hy_input from = HY_INPUT_CMD;

    while (!hy_str_eq(key, hy_str(hy_keep_key(t->k, inputs[from].stream))))
        if (++from == HY_INPUT_COUNT)
            return hy_fail(err, HY_E_REDIS, "a stream nobody asked for");
    for (size_t i = 0; i < entries->elements; i++)
        if (take_entry(t, from, entries->element[i], err) < 0)
            return err->code;
    return HY_OK;
}

/* ---- turns ---- */

/* How long to block for inputs; 0: the next timer is so near that we only look.  Redis ends a
 * blocked read with up to a tenth of a second's delay (its own clock ticks 10 times a second), so
 * the last stretch before a timer is slept here. */
static int64_t block_ms(hy_wall now, hy_wall next)
{
    int64_t most = getenv("HUIYING_TEST_CLOCK") ? WAIT_TEST_MS : WAIT_MS;

    if (!hy_wall_known(next))
        return most;
    if (next.ms - now.ms <= REDIS_TICK_MS)
        return 0;
    return HY_MIN(next.ms - now.ms - REDIS_TICK_MS, most);
}

static int read_inputs(struct hy_keep *k, int64_t wait, redisReply **ret, struct hy_err *err)
{
    const char *argv[7 + 2 * HY_INPUT_COUNT] = {"XREAD", "COUNT"};
    char count[16], block[24];
    int n = 2;

    snprintf(count, sizeof(count), "%d", BATCH);
    snprintf(block, sizeof(block), "%lld", (long long)wait);
    argv[n++] = count;
    if (wait > 0) {
        argv[n++] = "BLOCK";
        argv[n++] = block;
    }
    argv[n++] = "STREAMS";
    for (int i = 0; i < HY_INPUT_COUNT; i++) {
        argv[n + i] = hy_keep_key(k, inputs[i].stream);
        argv[n + HY_INPUT_COUNT + i] = k->read[i];
    }
    return hy_redis_sync_cmdv(k->redis, ret, err, n + 2 * HY_INPUT_COUNT, argv, NULL);
}

static int timers_turn(struct hy_keep *k, hy_wall *ret_next, bool *ret_more, struct hy_err *err)
{
    struct turn t;
    redisReply *r = NULL;
    int rc;

    turn_begin(&t, k);
    rc = look(k, t.d.now, &r, ret_next, err);
    if (rc == HY_OK) {
        *ret_more = r->element[0]->elements > 0;
        fire_due(&t, r->element[0]);
        rc = commit(&t, err);
        freeReplyObject(r);
    }
    turn_end(&t);
    return rc;
}

static int inputs_turn(struct hy_keep *k, int64_t wait, struct hy_err *err)
{
    struct turn t;
    redisReply *r = NULL;
    int rc = read_inputs(k, wait, &r, err);

    if (rc < 0)
        return rc;
    turn_begin(&t, k);
    for (size_t i = 0; rc == HY_OK && r->type == REDIS_REPLY_ARRAY && i < r->elements; i++)
        rc = take_stream(&t, r->element[i], err);
    if (rc == HY_OK)
        rc = commit(&t, err);
    if (rc == HY_OK && opened_uncounted(&t))
        rc = warn_uncounted(k, err);
    freeReplyObject(r);
    turn_end(&t);
    return rc;
}

static int serve(struct hy_keep *k, struct hy_err *err)
{
    hy_wall next = HY_WALL_NONE;
    bool more = false;

    while (!stop_asked && !reload_asked) {
        if (timers_turn(k, &next, &more, err) < 0)
            return err->code;
        int64_t wait = more ? 0 : block_ms(hy_wall_now(), next);
        if (inputs_turn(k, wait, err) < 0)
            return err->code;
        int64_t left = hy_wall_known(next) ? next.ms - hy_wall_now().ms : 0;
        if (wait == 0 && !more && left > 0)
            nap(HY_MIN(left, (int64_t)SLICE_MS));
    }
    return HY_OK;
}

/* ---- sessions ---- */

static int announce(struct hy_keep *k, struct hy_err *err)
{
    struct turn t;
    char host[64] = "";
    json_t *args = json_object();

    gethostname(host, sizeof(host) - 1);
    hy_json_set_int(args, "fence", k->fence);
    hy_json_set_str(args, "host", hy_str(host));
    hy_json_set_str(args, "rules_version", hy_str(k->rules->version));
    turn_begin(&t, k);
    hy_decide_keeper(&t.d, "lead", args);
    int rc = commit(&t, err);
    turn_end(&t);
    return rc;
}

static int wait_for_lease(struct hy_keep *k, bool *ret, struct hy_err *err)
{
    *ret = false;
    while (!*ret && !stop_asked && !reload_asked) {
        if (hy_keep_lead(k, ret, err) < 0)
            return err->code;
        if (*ret)
            return HY_OK;
        hy_role_ready(); /* a standby does its work by waiting */
        nap(STANDBY_MS);
    }
    return HY_OK;
}

static int session(struct hy_keep *k, struct hy_err *err)
{
    bool leads;

    if (hy_redis_sync_open(k->role->redis, &k->redis, err) < 0 ||
        wait_for_lease(k, &leads, err) < 0)
        return err->code;
    if (!leads)
        return HY_OK;
    if (hy_keep_load(k, err) < 0 || announce(k, err) < 0 || warn_uncounted(k, err) < 0)
        return err->code;
    hy_log(HY_INFO, "leading", HY_KVN("fence", k->fence), HY_KVN("seq", k->state->head.seq),
           HY_KVN("incidents", hy_state_count(k->state)));
    hy_role_ready();
    return serve(k, err);
}

static void session_end(struct hy_keep *k, int rc)
{
    if (k->redis && (rc == HY_OK || rc == HY_E_IO || rc == HY_E_PARSE))
        hy_keep_resign(k); /* at once for the next; after other errors the lease runs out */
    hy_keep_unload(k);
    hy_redis_sync_close(HY_TAKE(k->redis));
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
            nap(delay);
        delay = HY_MIN(delay * 2, (int64_t)RETRY_MAX_MS);
    }
    return HY_EXIT_OK;
}

static int run(const void *options, int nargs, char **args)
{
    const struct opts *o = options;
    HY_CLEANUP(hy_role_release) struct hy_role role = {0};
    struct hy_keep k = {.role = &role};
    struct hy_err err = HY_ERR_INIT;

    (void)nargs, (void)args;
    if (hy_role_resolve_office(&o->role, &role, &err) < 0 || load_rules(&role, &k.rules, &err) < 0)
        return hy_command_fail(&hy_cmd_keep, &err);
    hy_log_setup("keep", HY_INFO);
    catch_signals();
    k.office = hy_xstrdup(k.rules->office->id);
    hy_random_hex(k.token, sizeof(k.token) / 2);
    int code = run_sessions(&k);
    hy_rules_free(k.rules);
    free(k.office);
    return code;
}

const struct hy_command hy_cmd_keep = {
    .name = "keep",
    .usage = "-c DIR [--redis URL] [--data DIR]",
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
