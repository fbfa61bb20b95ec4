/* SPDX-License-Identifier: Apache-2.0 */
/* The role `archive`: evidence and everything that was ever scored, kept and searchable.
 *
 * Consumes hy:captures and hy:scored (consumer group `archive`), reads hy:{O}:journal, asks the
 * crawler by hy:crawl:recheck.  Owns DATA/archive; writes nothing else.
 *
 * A plain loop like the keeper's: read a batch, store it in one transaction, acknowledge it.  What
 * was stored and not acknowledged comes again and changes nothing.  One archive works for a Redis
 * at a time (lease hy:archive:lease); it reads under one name, so what it left behind when it died
 * is its own to take up: entry by entry then, so that one that kills it can be told from its
 * neighbours.  After five such deaths the entry goes to hy:archive:quarantine.
 *
 * Nothing waits for this role: its streams are bounded by those who fill them.  So it never refuses
 * to start because of its files; it says what is wrong and tries again. */
#include "archive/archive.h"

#include "archive/expire.h"
#include "archive/follow.h"
#include "archive/index.h"
#include "archive/watch.h"
#include "core/beat.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/redis.h"
#include "core/vec.h"
#include "rules/office.h"

#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    BATCH = 64,
    BLOCK_MS = 500,
    LEASE_MS = 15000,
    STANDBY_MS = 1000,
    RETRY_MS = 300,
    RETRY_MAX_MS = 5000,
    DEATHS_MAX = 5,
    QUARANTINE_MAX = 1000,
    ASK_EVERY_MS = 10000,
    ASK_AT_ONCE = 20,
    ASKED_MAX = 200, /* waiting for the crawler */
    ASKED_OLD_MS = 6 * 3600 * 1000,
    EXPIRE_EVERY_MS = 3600 * 1000,
    SWEEP_EVERY_MS = 24 * 3600 * 1000,
};

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

struct archive {
    const struct hy_role *role;
    char *office, *dir;
    struct hy_retention keep;
    struct hy_store *store;
    struct hy_redis_sync *redis;
    struct hy_follower follower;
    struct hy_expiry expiry;
    bool tidying;
    char token[33];  /* who we are in the lease */
    bool pending[2]; /* of each stream: what an earlier life left is not done yet */
    hy_mono asked, expired, swept, beat;
    int64_t items, captures;
};

/* -- the two streams --------------------------------------------------------------------------- */

static int take_scored(struct archive *a, const redisReply *fields, hy_wall now, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *item = NULL;

    if (hy_json_parse(hy_reply_field(fields, "item"), &item, err) < 0)
        return err->code;
    a->items++;
    return hy_store_item(a->store, item, now, err);
}

static int take_capture(struct archive *a, const redisReply *fields, hy_wall now,
                        struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *meta = NULL;

    if (hy_json_parse(hy_reply_field(fields, "meta"), &meta, err) < 0)
        return err->code;
    a->captures++;
    return hy_store_capture(a->store, meta, hy_reply_field(fields, "body"), now, err);
}

static const struct input {
    const char *stream, *load;
    int (*take)(struct archive *a, const redisReply *fields, hy_wall now, struct hy_err *err);
    const char *fields[2]; /* what the load counts */
} inputs[] = {
    {"hy:scored", "hy:scored:load", take_scored, {"item", NULL}},
    {"hy:captures", "hy:captures:load", take_capture, {"meta", "body"}},
};
_Static_assert(HY_COUNT(inputs) == 2, "archive.pending has one for each");

static int64_t bytes_of(const struct input *in, const redisReply *fields)
{
    int64_t n = 0;

    for (size_t i = 0; i < HY_COUNT(in->fields) && in->fields[i]; i++)
        n += (int64_t)hy_reply_field(fields, in->fields[i]).n;
    return n;
}

/* -- acknowledging ----------------------------------------------------------------------------- */

struct done {                 /* entries of one stream */
    HY_VEC(const char *) ids; /* borrowed from the reply */
    int64_t bytes;
};

/* The load cannot fall below nothing: it may have been counted anew in between. */
static const char done_script[] = "local bytes = tonumber(ARGV[1])\n"
                                  "for i = 2, #ARGV do\n"
                                  "  redis.call('XACK', KEYS[1], 'archive', ARGV[i])\n"
                                  "  redis.call('XDEL', KEYS[1], ARGV[i])\n"
                                  "end\n"
                                  "if redis.call('HINCRBY', KEYS[2], 'bytes', -bytes) < 0 then\n"
                                  "  redis.call('HSET', KEYS[2], 'bytes', 0)\n"
                                  "end\n"
                                  "return 1\n";

static int acknowledge(struct archive *a, const struct input *in, const struct done *d,
                       struct hy_err *err)
{
    HY_VEC(const char *) argv = {0};
    redisReply *r = NULL;
    char bytes[24];

    if (d->ids.n == 0)
        return HY_OK;
    snprintf(bytes, sizeof(bytes), "%" PRId64, d->bytes);
    const char *head[] = {"EVAL", done_script, "2", in->stream, in->load, bytes};
    for (size_t i = 0; i < HY_COUNT(head); i++)
        hy_vec_push(&argv, head[i]);
    for (size_t i = 0; i < d->ids.n; i++)
        hy_vec_push(&argv, d->ids.v[i]);
    int rc = hy_redis_sync_cmdv(a->redis, &r, err, (int)argv.n, argv.v, NULL);
    freeReplyObject(r);
    hy_vec_release(&argv);
    return rc;
}

/* Out of the way, whole, for a person to look at. */
static int set_aside(struct archive *a, const struct input *in, const redisReply *entry,
                     const char *why, struct hy_err *err)
{
    const redisReply *fields = entry->element[1];
    HY_VEC(const char *) argv = {0};
    HY_VEC(size_t) lengths = {0};
    redisReply *r = NULL;
    char most[16];

    hy_log(HY_ERROR, "entry_quarantined", HY_KV("stream", in->stream),
           HY_KV("id", entry->element[0]->str), HY_KV("why", why));
    snprintf(most, sizeof(most), "%d", QUARANTINE_MAX);
    const char *head[] = {
        "XADD", "hy:archive:quarantine", "MAXLEN", "~", most, "*", "stream", in->stream, "why",
        why};
    for (size_t i = 0; i < HY_COUNT(head); i++) {
        hy_vec_push(&argv, head[i]);
        hy_vec_push(&lengths, strlen(head[i]));
    }
    for (size_t i = 0; i < fields->elements; i++) {
        hy_vec_push(&argv, fields->element[i]->str);
        hy_vec_push(&lengths, fields->element[i]->len);
    }
    int rc = hy_redis_sync_cmdv(a->redis, &r, err, (int)argv.n, argv.v, lengths.v);
    freeReplyObject(r);
    hy_vec_release(&argv);
    hy_vec_release(&lengths);
    return rc;
}

/* -- a batch ----------------------------------------------------------------------------------- */

static bool is_entry(const redisReply *e)
{
    return e->elements == 2 && e->element[0]->type == REDIS_REPLY_STRING &&
           e->element[1]->type == REDIS_REPLY_ARRAY;
}

/* Unusable entries are set aside before the transaction is committed: twice is better than never.
 */
static int take_entries(struct archive *a, const struct input *in, const redisReply *entries,
                        struct done *d, struct hy_err *err)
{
    hy_wall now = hy_wall_now();

    for (size_t i = 0; i < entries->elements; i++) {
        const redisReply *e = entries->element[i];
        struct hy_err why = HY_ERR_INIT;
        if (!is_entry(e))
            continue;
        int rc = in->take(a, e->element[1], now, &why);
        if (rc < 0 && rc != HY_E_PARSE && rc != HY_E_TOOBIG)
            return hy_fail(err, why.code, "%s", why.msg);
        if (rc < 0 && set_aside(a, in, e, why.msg, err) < 0)
            return err->code;
        hy_vec_push(&d->ids, e->element[0]->str);
        d->bytes += bytes_of(in, e->element[1]);
    }
    return HY_OK;
}

static const struct input *input_of(struct hy_str stream)
{
    for (size_t i = 0; i < HY_COUNT(inputs); i++)
        if (hy_str_is(stream, inputs[i].stream))
            return &inputs[i];
    return NULL;
}

/* An answer of XREADGROUP: [[stream, [entry, ...]], ...].  All of it in one transaction. */
static int store_batch(struct archive *a, const redisReply *r, struct hy_err *err)
{
    struct done done[HY_COUNT(inputs)] = {0};
    int rc = hy_store_begin(a->store, err);

    if (rc < 0)
        return rc;
    for (size_t i = 0; i < r->elements && rc == HY_OK; i++) {
        const struct input *in = input_of(hy_reply_str(r->element[i]->element[0]));
        if (in)
            rc = take_entries(a, in, r->element[i]->element[1], &done[in - inputs], err);
    }
    if (rc == HY_OK)
        rc = hy_store_commit(a->store, err);
    else
        hy_store_rollback(a->store);
    for (size_t i = 0; i < HY_COUNT(inputs); i++) {
        if (rc == HY_OK)
            rc = acknowledge(a, &inputs[i], &done[i], err);
        hy_vec_release(&done[i].ids);
    }
    return rc;
}

static int read_new(struct archive *a, bool *ret_any, struct hy_err *err)
{
    redisReply *r = NULL;

    *ret_any = false;
    if (hy_redis_sync_cmd(a->redis, &r, err,
                          "XREADGROUP GROUP archive archive COUNT %d BLOCK %d STREAMS %s %s > >",
                          BATCH, BLOCK_MS, inputs[0].stream, inputs[1].stream) < 0)
        return err->code;
    int rc = HY_OK;
    if (r->type == REDIS_REPLY_ARRAY && r->elements) {
        *ret_any = true;
        rc = store_batch(a, r, err);
    }
    freeReplyObject(r);
    return rc;
}

/* -- what an earlier life left ----------------------------------------------------------------- */

/* How often the oldest pending entry has been given out; 0: there is none. */
static int deaths_of(struct archive *a, const struct input *in, int64_t *ret, struct hy_err *err)
{
    redisReply *r = NULL;

    *ret = 0;
    if (hy_redis_sync_cmd(a->redis, &r, err, "XPENDING %s archive - + 1 archive", in->stream) < 0)
        return err->code;
    if (r->type == REDIS_REPLY_ARRAY && r->elements == 1 && r->element[0]->elements == 4)
        *ret = r->element[0]->element[3]->integer;
    freeReplyObject(r);
    return HY_OK;
}

static int drop_deadly(struct archive *a, const struct input *in, const redisReply *entries,
                       struct hy_err *err)
{
    struct done d = {0};
    int rc = HY_OK;

    for (size_t i = 0; i < entries->elements && rc == HY_OK; i++) {
        const redisReply *e = entries->element[i];
        if (is_entry(e))
            rc = set_aside(a, in, e, "the archive died of it five times", err);
        hy_vec_push(&d.ids, e->element[0]->str);
        d.bytes += is_entry(e) ? bytes_of(in, e->element[1]) : 0;
    }
    if (rc == HY_OK)
        rc = acknowledge(a, in, &d, err);
    hy_vec_release(&d.ids);
    return rc;
}

/* An entry that was trimmed away meanwhile comes as [id, nil]. */
static int drop_trimmed(struct archive *a, const struct input *in, const redisReply *entries,
                        struct hy_err *err)
{
    struct done d = {0};

    for (size_t i = 0; i < entries->elements; i++)
        if (!is_entry(entries->element[i]))
            hy_vec_push(&d.ids, entries->element[i]->element[0]->str);
    int rc = acknowledge(a, in, &d, err);
    hy_vec_release(&d.ids);
    return rc;
}

/* One pending entry of one stream. */
static int read_pending(struct archive *a, size_t which, struct hy_err *err)
{
    const struct input *in = &inputs[which];
    redisReply *r = NULL;
    int64_t deaths;

    if (deaths_of(a, in, &deaths, err) < 0)
        return err->code;
    if (deaths == 0) {
        a->pending[which] = false;
        return HY_OK;
    }
    if (hy_redis_sync_cmd(a->redis, &r, err,
                          "XREADGROUP GROUP archive archive COUNT 1 STREAMS %s 0", in->stream) < 0)
        return err->code;
    int rc = HY_OK;
    if (r->type == REDIS_REPLY_ARRAY && r->elements == 1) {
        const redisReply *entries = r->element[0]->element[1];
        rc = deaths > DEATHS_MAX ? drop_deadly(a, in, entries, err) : store_batch(a, r, err);
        if (rc == HY_OK)
            rc = drop_trimmed(a, in, entries, err);
    }
    freeReplyObject(r);
    return rc;
}

/* -- beside it --------------------------------------------------------------------------------- */

static bool is_due(hy_mono *last, int64_t every_ms)
{
    hy_mono now = hy_mono_now();

    if (last->us && now.us < hy_mono_add_ms(*last, every_ms).us)
        return false;
    *last = now;
    return true;
}

/* Old requests are those nobody could take: their source is gone. */
static int ask_crawler(struct archive *a, struct hy_err *err)
{
    HY_CLEANUP(hy_json_freep) json_t *members = NULL;
    hy_wall now = hy_wall_now();
    redisReply *r = NULL;
    size_t i;
    json_t *m;

    if (hy_redis_sync_cmd(a->redis, &r, err, "ZREMRANGEBYSCORE hy:crawl:recheck -inf %lld",
                          (long long)now.ms - ASKED_OLD_MS) < 0)
        return err->code;
    freeReplyObject(r);
    if (hy_redis_sync_cmd(a->redis, &r, err, "ZCARD hy:crawl:recheck") < 0)
        return err->code;
    bool full = r->integer >= ASKED_MAX;
    freeReplyObject(r);
    if (full)
        return HY_OK;
    if (hy_store_begin(a->store, err) < 0)
        return err->code;
    if (hy_watch_ask(a->store, now, ASK_AT_ONCE, &members, err) < 0) {
        hy_store_rollback(a->store);
        return err->code;
    }
    if (hy_store_commit(a->store, err) < 0)
        return err->code;
    json_array_foreach (members, i, m) {
        if (hy_redis_sync_cmd(a->redis, &r, err, "ZADD hy:crawl:recheck NX %lld %s",
                              (long long)now.ms, json_string_value(m)) < 0)
            return err->code;
        freeReplyObject(r);
    }
    return HY_OK;
}

/* A slice of the pass that is under way, or the beginning of one. */
static int expire(struct archive *a, struct hy_err *err)
{
    int64_t swept;

    if (a->expiry.done) {
        struct hy_expiry *e = &a->expiry;
        if (e->pages || e->texts || e->records)
            hy_log(HY_INFO, "expired", HY_KVN("pages", e->pages), HY_KVN("texts", e->texts),
                   HY_KVN("records", e->records));
        if (!is_due(&a->expired, EXPIRE_EVERY_MS))
            return HY_OK;
        *e = (struct hy_expiry){0};
    }
    if (hy_expire(a->store, &a->expiry, &a->keep, hy_wall_now(), err) < 0)
        return err->code;
    if (!a->expiry.done || !is_due(&a->swept, SWEEP_EVERY_MS))
        return HY_OK;
    if (hy_expire_sweep(a->store, &swept, err) < 0)
        return err->code;
    if (swept)
        hy_log(HY_INFO, "swept", HY_KVN("pages", swept));
    return HY_OK;
}

static int rebuild(struct archive *a, struct hy_err *err)
{
    int64_t done, total;
    bool current;

    if (hy_index_is_current(hy_store_db(a->store), &current, err) < 0)
        return err->code;
    if (current)
        return HY_OK;
    if (hy_index_rebuild(hy_store_db(a->store), &done, &total, err) < 0)
        return err->code;
    if (done == total)
        hy_log(HY_INFO, "index_rebuilt", HY_KVN("documents", done));
    return HY_OK;
}

/* -- sessions ---------------------------------------------------------------------------------- */

static const char lease_script[] = "local v = redis.call('GET', KEYS[1])\n"
                                   "if v and v ~= ARGV[1] then return 0 end\n"
                                   "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])\n"
                                   "return 1\n";

static int lease(struct archive *a, bool *ret, struct hy_err *err)
{
    redisReply *r = NULL;

    if (hy_redis_sync_cmd(a->redis, &r, err, "EVAL %s 1 hy:archive:lease %s %d", lease_script,
                          a->token, LEASE_MS) < 0)
        return err->code;
    *ret = r->integer == 1;
    freeReplyObject(r);
    return HY_OK;
}

static void give_back(struct archive *a)
{
    struct hy_err ignored = HY_ERR_INIT;
    redisReply *r = NULL;

    if (a->redis && hy_redis_sync_cmd(a->redis, &r, &ignored, "EVAL %s 1 hy:archive:lease %s",
                                      "if redis.call('GET', KEYS[1]) == ARGV[1] then "
                                      "redis.call('DEL', KEYS[1]) end return 1",
                                      a->token) == HY_OK)
        freeReplyObject(r);
}

static int make_groups(struct archive *a, struct hy_err *err)
{
    for (size_t i = 0; i < HY_COUNT(inputs); i++) {
        redisReply *r = NULL;
        int rc = hy_redis_sync_cmd(a->redis, &r, err, "XGROUP CREATE %s archive 0 MKSTREAM",
                                   inputs[i].stream);
        freeReplyObject(r);
        if (rc < 0 && strstr(err->msg, "BUSYGROUP") == NULL)
            return rc;
        *err = HY_ERR_INIT;
        a->pending[i] = true;
    }
    return HY_OK;
}

static int turn(struct archive *a, struct hy_err *err)
{
    bool any = false;
    size_t lines;

    for (size_t i = 0; i < HY_COUNT(inputs); i++)
        if (a->pending[i])
            return read_pending(a, i, err);
    if (read_new(a, &any, err) < 0 ||
        hy_follow(&a->follower, a->redis, hy_wall_now(), &lines, err) < 0)
        return err->code;
    if (is_due(&a->asked, ASK_EVERY_MS) && ask_crawler(a, err) < 0)
        return err->code;
    if (any || lines)
        return HY_OK; /* the rest can wait until there is nothing new */
    if (expire(a, err) < 0 || hy_expire_words(a->store, hy_wall_now(), &a->tidying, err) < 0)
        return err->code;
    return rebuild(a, err);
}

static int reload(struct archive *a, struct hy_err *err)
{
    HY_CLEANUP(hy_rules_freep) struct hy_rules *rules = NULL;

    if (hy_rules_open(a->role->config, &rules, err) < 0)
        return err->code;
    if (rules->office == NULL)
        return hy_fail(err, HY_E_USAGE, "%s 里没有 office.yaml", a->role->config);
    if (a->office && strcmp(a->office, rules->office->id) != 0)
        return hy_fail(err, HY_E_STATE, "office.yaml 的 id 变了，重启后才会生效");
    if (a->office == NULL)
        a->office = hy_xstrdup(rules->office->id);
    a->keep = rules->office->retention;
    hy_log(HY_INFO, "rules_loaded", HY_KV("office", a->office), HY_KV("version", rules->version));
    return HY_OK;
}

static void reload_asked_for(struct archive *a)
{
    struct hy_err err = HY_ERR_INIT;

    reload_asked = 0;
    if (reload(a, &err) < 0)
        hy_log(HY_ERROR, "rules_kept", HY_KV("err", err.msg));
}

static struct hy_beat_info beat_info(const struct archive *a, const char *state)
{
    return (struct hy_beat_info){.role = "archive", .office = a->office, .state = state};
}

/* Until something fails or we are stopped. */
static int work(struct archive *a, struct hy_err *err)
{
    bool ours = false, told = false;

    if (make_groups(a, err) < 0)
        return err->code;
    a->follower = (struct hy_follower){.store = a->store, .office = a->office};
    while (!stop_asked) {
        if (reload_asked)
            reload_asked_for(a);
        if (lease(a, &ours, err) < 0)
            return err->code;
        if (ours) {
            told = false;
            hy_beat_sync(a->redis, beat_info(a, "leads"), &a->beat);
            if (turn(a, err) < 0)
                return err->code;
            continue;
        }
        if (!told)
            hy_log(HY_WARN, "another_archive_runs", HY_KV("lease", "hy:archive:lease"));
        told = true;
        hy_beat_sync(a->redis, beat_info(a, "stands_by"), &a->beat);
        nap(STANDBY_MS);
    }
    return HY_OK;
}

static int session(struct archive *a, struct hy_err *err)
{
    int rc = HY_OK;

    if (a->store == NULL)
        rc = hy_store_open(a->dir, HY_STORE_WRITE, &a->store, err);
    if (rc == HY_OK)
        rc = hy_redis_sync_open(a->role->redis, &a->redis, err);
    hy_role_ready(); /* also without a store: see the head of this file */
    if (rc == HY_OK)
        rc = work(a, err);
    give_back(a);
    if (a->redis)
        hy_beat_sync_end(a->redis, beat_info(a, NULL));
    hy_redis_sync_close(HY_TAKE(a->redis));
    if (rc < 0 && rc != HY_E_REDIS) /* whatever it was, begin with fresh files */
        hy_store_close(HY_TAKE(a->store));
    return rc;
}

/* Each trouble once in the log, and again when it is another. */
static void serve(struct archive *a)
{
    char last[sizeof(((struct hy_err *)0)->msg)] = "";
    int64_t wait_ms = RETRY_MS;

    while (!stop_asked) {
        struct hy_err err = HY_ERR_INIT;
        int64_t began = hy_mono_now().us;
        if (session(a, &err) == HY_OK)
            continue;
        if (hy_mono_now().us - began > INT64_C(1000) * RETRY_MAX_MS) {
            wait_ms = RETRY_MS;
            last[0] = '\0';
        }
        if (strcmp(last, err.msg) != 0)
            hy_log(HY_ERROR, "session_ended", HY_KV("err", err.msg));
        snprintf(last, sizeof(last), "%s", err.msg);
        nap(wait_ms);
        wait_ms = HY_MIN(wait_ms * 2, (int64_t)RETRY_MAX_MS);
    }
}

int hy_archive_run(const struct hy_role *role, struct hy_err *err)
{
    struct archive a = {.role = role, .expiry = {.done = true}};

    hy_log_setup("archive", HY_INFO);
    hy_random_hex(a.token, 16);
    if (reload(&a, err) < 0)
        return err->code;
    a.dir = hy_xasprintf("%s/archive", role->data);
    catch_signals();
    serve(&a);
    hy_log(HY_INFO, "stopped", HY_KVN("items", a.items), HY_KVN("captures", a.captures));
    hy_store_close(a.store);
    free(a.office);
    free(a.dir);
    return HY_OK;
}
