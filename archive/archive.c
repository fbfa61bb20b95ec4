/* SPDX-License-Identifier: Apache-2.0 */
/* The role `archive`: evidence and everything that was ever scored, kept and searchable.
 *
 * Consumes hy:captures and hy:{O}:scored (consumer group `archive`), reads hy:{O}:journal, asks the
 * crawler by hy:crawl:recheck.  Owns DATA/archive; writes nothing else.
 *
 * Of several offices each has an archive of its own, and one more takes the captures of the crawl
 * that they share (archive/pull.h).
 *
 * A plain loop like the keeper's: read a batch, store it in one transaction, acknowledge it.  What
 * was stored and not acknowledged comes again and changes nothing.  One archive of a kind
 * works for a Redis at a time (lease hy:archive:lease, hy:{O}:archive:lease); it reads under one name, so what it left behind when it died
 * is its own to take up: entry by entry then, so that one that kills it can be told from its
 * neighbours.  After five such deaths the entry goes to quarantine.
 *
 * Nothing waits for this role: its streams are bounded by those who fill them.  So it never refuses
 * to start because of its files; it says what is wrong and tries again. */
#include "archive/archive.h"

#include "archive/archive_parts.h"
#include "archive/index.h"
#include "archive/pull.h"
#include "archive/watch.h"
#include "core/beat.h"
#include "core/hash.h"
#include "core/log.h"
#include "core/manager.h"
#include "rules/offices.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    LEASE_MS = 15000,
    STANDBY_MS = 1000,
    RETRY_MS = 300,
    RETRY_MAX_MS = 5000,
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
static int ask_crawler(struct hy_archive *a, struct hy_err *err)
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
static int expire(struct hy_archive *a, struct hy_err *err)
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

static int rebuild(struct hy_archive *a, struct hy_err *err)
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
                                   "if v and v ~= ARGV[1] then\n"
                                   "  if redis.call('PTTL', KEYS[1]) > tonumber(ARGV[2]) then\n"
                                   "    redis.call('PEXPIRE', KEYS[1], ARGV[2])\n" /* set back */
                                   "  end\n"
                                   "  return 0\n"
                                   "end\n"
                                   "redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])\n"
                                   "return 1\n";

static int lease(struct hy_archive *a, bool *ret, struct hy_err *err)
{
    redisReply *r = NULL;

    if (hy_redis_sync_cmd(a->redis, &r, err, "EVAL %s 1 %slease %s %d", lease_script, a->prefix,
                          a->token, LEASE_MS) < 0)
        return err->code;
    *ret = r->integer == 1;
    freeReplyObject(r);
    return HY_OK;
}

static void give_back(struct hy_archive *a)
{
    struct hy_err ignored = HY_ERR_INIT;
    redisReply *r = NULL;

    if (a->redis && hy_redis_sync_cmd(a->redis, &r, &ignored, "EVAL %s 1 %slease %s",
                                      "if redis.call('GET', KEYS[1]) == ARGV[1] then "
                                      "redis.call('DEL', KEYS[1]) end return 1",
                                      a->prefix, a->token) == HY_OK)
        freeReplyObject(r);
}

/* The common store may not be there yet: its archive makes it. */
static int open_common(struct hy_archive *a, struct hy_err *err)
{
    if (a->common || a->common_dir == NULL)
        return HY_OK;
    int rc = hy_store_open(a->common_dir, HY_STORE_READ, &a->common, err);
    if (rc == HY_E_NOTFOUND) {
        *err = HY_ERR_INIT;
        rc = HY_OK;
    }
    return rc;
}

static int pull(struct hy_archive *a, bool *any, struct hy_err *err)
{
    *any = false;
    if (open_common(a, err) < 0)
        return err->code;
    if (a->common == NULL)
        return HY_OK;
    if (hy_store_begin(a->store, err) < 0)
        return err->code;
    if (hy_pull_new(a->store, a->common, hy_wall_now(), any, err) < 0) {
        hy_store_rollback(a->store);
        return err->code;
    }
    return hy_store_commit(a->store, err);
}

/* What an archive for all has nothing of: a journal, pages that it waits for. */
static int follow(struct hy_archive *a, size_t *lines, struct hy_err *err)
{
    *lines = 0;
    if (a->office == NULL)
        return HY_OK;
    if (hy_follow(&a->follower, a->redis, hy_wall_now(), lines, err) < 0)
        return err->code;
    return is_due(&a->asked, ASK_EVERY_MS) ? ask_crawler(a, err) : HY_OK;
}

static int turn(struct hy_archive *a, struct hy_err *err)
{
    bool any = false, pulled;
    size_t lines;

    if (hy_archive_take_pending(a, &any, err) < 0)
        return err->code;
    if (any)
        return HY_OK;
    if (hy_archive_take(a, &any, err) < 0 || pull(a, &pulled, err) < 0 ||
        follow(a, &lines, err) < 0)
        return err->code;
    if (any || lines || pulled)
        return HY_OK; /* the rest can wait until there is nothing new */
    if (expire(a, err) < 0 || hy_expire_words(a->store, hy_wall_now(), &a->tidying, err) < 0)
        return err->code;
    return rebuild(a, err);
}

/* The common store keeps as long as the office that keeps longest. */
static int reload_all(struct hy_archive *a, struct hy_err *err)
{
    HY_CLEANUP(hy_offices_freep) struct hy_offices *o = NULL;
    struct hy_retention keep = {0};

    if (hy_offices_load(a->role->config, NULL, &o, err) < 0)
        return err->code;
    for (size_t i = 0; i < o->n; i++) {
        const struct hy_retention *one = &o->at[i]->office->retention;
        keep.raw_ms = HY_MAX(keep.raw_ms, one->raw_ms);
        keep.text_ms = HY_MAX(keep.text_ms, one->text_ms);
        keep.record_ms = HY_MAX(keep.record_ms, one->record_ms);
    }
    a->keep = keep;
    hy_log(HY_INFO, "rules_loaded", HY_KVN("offices", o->n), HY_KV("version", o->version));
    return HY_OK;
}

static int reload(struct hy_archive *a, struct hy_err *err)
{
    HY_CLEANUP(hy_rules_freep) struct hy_rules *rules = NULL;

    if (hy_offices_several(a->role->config))
        return reload_all(a, err);
    if (hy_rules_open(a->role->config, &rules, err) < 0)
        return err->code;
    if (rules->office == NULL)
        return hy_fail(err, HY_E_USAGE, "%s 里没有 office.yaml", a->role->config);
    if (a->office && strcmp(a->office, rules->office->id) != 0)
        return hy_fail(err, HY_E_STATE, "office.yaml 的 id 变了，重启后才会生效");
    if (a->office == NULL)
        a->office = hy_xstrdup(rules->office->id);
    hy_log_office(a->office);
    a->keep = rules->office->retention;
    hy_log(HY_INFO, "rules_loaded", HY_KV("office", a->office), HY_KV("version", rules->version));
    return HY_OK;
}

static void reload_asked_for(struct hy_archive *a)
{
    struct hy_err err = HY_ERR_INIT;

    reload_asked = 0;
    if (reload(a, &err) < 0)
        hy_log(HY_ERROR, "rules_kept", HY_KV("err", err.msg));
}

static struct hy_beat_info beat_info(const struct hy_archive *a, const char *state)
{
    return (struct hy_beat_info){.role = "archive", .office = a->office, .state = state};
}

/* Until something fails or we are stopped. */
static int work(struct hy_archive *a, struct hy_err *err)
{
    bool ours = false, told = false;

    if (hy_archive_groups(a, err) < 0)
        return err->code;
    a->follower = (struct hy_follower){.store = a->store, .office = a->office};
    while (!stop_asked) {
        hy_manager_turned();
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
            hy_log(HY_WARN, "another_archive_runs", HY_KV("keys", a->prefix));
        told = true;
        hy_beat_sync(a->redis, beat_info(a, "stands_by"), &a->beat);
        nap(STANDBY_MS);
    }
    return HY_OK;
}

static int session(struct hy_archive *a, struct hy_err *err)
{
    int rc = HY_OK;

    if (a->store == NULL)
        rc = hy_store_open(a->dir, HY_STORE_WRITE, &a->store, err);
    if (rc == HY_OK)
        rc = hy_redis_sync_open(a->role->redis, &a->redis, err);
    hy_manager_ready(); /* also without a store: see the head of this file */
    if (rc == HY_OK)
        rc = work(a, err);
    give_back(a);
    if (a->redis)
        hy_beat_sync_end(a->redis, beat_info(a, NULL));
    hy_redis_sync_close(HY_TAKE(a->redis));
    if (rc < 0 && rc != HY_E_REDIS) { /* whatever it was, begin with fresh files */
        hy_store_close(HY_TAKE(a->store));
        hy_store_close(HY_TAKE(a->common));
    }
    return rc;
}

/* Each trouble once in the log, and again when it is another. */
static void serve(struct hy_archive *a)
{
    char last[sizeof(((struct hy_err *)0)->msg)] = "";
    int64_t wait_ms = RETRY_MS;

    while (!stop_asked) {
        struct hy_err err = HY_ERR_INIT;
        hy_manager_turned();
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

int hy_archive_run(const struct hy_role *role, const char *common, struct hy_err *err)
{
    struct hy_archive a = {.role = role, .expiry = {.done = true}};

    hy_log_setup("archive", HY_INFO);
    hy_random_hex(a.token, 16);
    if (reload(&a, err) < 0)
        return err->code;
    a.dir = hy_xasprintf("%s/archive", role->data);
    a.common_dir = hy_xstrdup(common);
    a.prefix = common ? hy_xasprintf("hy:{%s}:archive:", a.office) : hy_xstrdup("hy:archive:");
    hy_archive_name_inputs(&a);
    catch_signals();
    serve(&a);
    hy_log(HY_INFO, "stopped", HY_KVN("items", a.items), HY_KVN("captures", a.captures));
    hy_store_close(a.store);
    hy_store_close(a.common);
    hy_archive_forget_inputs(&a);
    hy_log_office(NULL);
    free(a.office);
    free(a.dir);
    free(a.common_dir);
    free(a.prefix);
    return HY_OK;
}
