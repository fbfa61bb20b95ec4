/* SPDX-License-Identifier: Apache-2.0 */
/* Becoming leader: the lease, and one head for mirror, state and Redis. */
#include "alerts/keep/keep.h"

#include "core/log.h"
#include "core/mem.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { CHUNK_ENTRIES = 200, PULL_COUNT = 500, MIRRORS = 9, LIVE_MS = 10 * 60 * 1000 };

/* ---- lease ---- */

static const char lead_script[] =
    "if redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PX', ARGV[2]) then\n"
    "  return redis.call('INCR', KEYS[2])\n"
    "end\n"
    "return 0\n";
static const char renew_script[] =
    "if redis.call('GET', KEYS[1]) ~= ARGV[1] then return redis.error_reply('LEASE') end\n"
    "return redis.call('PEXPIRE', KEYS[1], ARGV[2])\n";
static const char resign_script[] =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end\n"
    "return 0\n";

int hy_keep_lead(struct hy_keep *k, bool *ret, struct hy_err *err)
{
    redisReply *r = NULL;

    if (hy_redis_sync_cmd(k->redis, &r, err, "EVAL %s 2 %s %s %s %d", lead_script,
                          hy_keep_key(k, "lease"), hy_keep_key(k, "fence"), k->token,
                          HY_LEASE_MS) < 0)
        return err->code;
    k->fence = r->type == REDIS_REPLY_INTEGER ? r->integer : 0;
    k->leased = hy_mono_now();
    *ret = k->fence > 0;
    freeReplyObject(r);
    return HY_OK;
}

int hy_keep_renew(struct hy_keep *k, struct hy_err *err)
{
    redisReply *r = NULL;

    if (hy_redis_sync_cmd(k->redis, &r, err, "EVAL %s 1 %s %s %d", renew_script,
                          hy_keep_key(k, "lease"), k->token, HY_LEASE_MS) < 0)
        return strstr(err->msg, "LEASE") ? hy_fail(err, HY_E_DENIED, "the lease is lost")
                                         : err->code;
    k->leased = hy_mono_now();
    freeReplyObject(r);
    return HY_OK;
}

void hy_keep_resign(struct hy_keep *k)
{
    redisReply *r = NULL;
    struct hy_err ignored = HY_ERR_INIT;

    if (k->redis && hy_redis_sync_cmd(k->redis, &r, &ignored, "EVAL %s 1 %s %s", resign_script,
                                      hy_keep_key(k, "lease"), k->token) == HY_OK)
        freeReplyObject(r);
}

/* ---- Redis' head ---- */

static int read_head(struct hy_keep *k, struct hy_head *ret, struct hy_err *err)
{
    redisReply *r = NULL;
    struct hy_head head = HY_HEAD_INIT;

    if (hy_redis_sync_cmd(k->redis, &r, err, "HMGET %s seq hash", hy_keep_key(k, "head")) < 0)
        return err->code;
    if (r->elements == 2 && hy_str_to_i64(hy_reply_str(r->element[0]), &head.seq))
        snprintf(head.hash, sizeof(head.hash), HY_STR_FMT, HY_STR_ARG(hy_reply_str(r->element[1])));
    freeReplyObject(r);
    *ret = head;
    return HY_OK;
}

/* ---- the mirror ---- */

struct loading {
    struct hy_keep *k;
    struct hy_head redis; /* Redis' head */
    char at_redis[65];    /* the mirror's hash at redis.seq; "" while not reached */
    json_t *ahead;        /* entries behind redis.seq */
    struct hy_buf lines;  /* the same as lines */
};

static int take_line(struct hy_str line, const json_t *entry, void *user, struct hy_err *err)
{
    struct loading *l = user;
    int64_t seq = hy_json_int(entry, "seq", 0);

    if (hy_apply(l->k->state, entry, err) < 0)
        return err->code;
    hy_keep_regroup(l->k, entry);
    if (seq == l->redis.seq)
        snprintf(l->at_redis, sizeof(l->at_redis), HY_STR_FMT, HY_STR_ARG(hy_journal_hash(line)));
    if (seq > l->redis.seq) {
        json_array_append(l->ahead, (json_t *)entry);
        hy_buf_str(&l->lines, line);
        hy_buf_char(&l->lines, '\n');
    }
    if ((hy_mono_now().us - l->k->leased.us) / 1000 > HY_LEASE_MS / 3)
        return hy_keep_renew(l->k, err);
    return HY_OK;
}

static char *mirror_path(const struct hy_keep *k, int slot)
{
    return slot == 1 ? hy_xasprintf("%s/journal/%s.jsonl", k->role->data, k->office)
                     : hy_xasprintf("%s/journal/%s.%d.jsonl", k->role->data, k->office, slot);
}

static off_t size_of(const char *path)
{
    struct stat st;

    return stat(path, &st) < 0 ? 0 : st.st_size;
}

static int make_directory(const struct hy_keep *k, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *dir = hy_xasprintf("%s/journal", k->role->data);

    if (mkdir(k->role->data, 0700) < 0 && errno != EEXIST)
        return hy_fail_errno(err, "%s", k->role->data);
    if (mkdir(dir, 0700) < 0 && errno != EEXIST)
        return hy_fail_errno(err, "%s", dir);
    return HY_OK;
}

static void start_over(struct loading *l)
{
    struct hy_keep *k = l->k;

    hy_state_free(k->state);
    k->state = hy_state_new();
    hy_group_free(k->group);
    k->group = hy_group_new(k->rules);
    hy_heat_base_free(k->sources);
    k->sources = hy_heat_base_new();
    json_array_clear(l->ahead);
    hy_buf_clear(&l->lines);
    l->at_redis[0] = '\0';
}

/* Keep a mirror that cannot be followed beside the one to come, for people to look at. */
static int set_aside(const char *path, const char *why, struct hy_err *err)
{
    HY_CLEANUP(hy_freep)
    char *to = hy_xasprintf("%s.%s-%lld", path, why, (long long)hy_wall_now().ms);

    if (rename(path, to) < 0)
        return hy_fail_errno(err, "%s", path);
    hy_log(HY_ERROR, "mirror_set_aside", HY_KV("why", why), HY_KV("kept_as", to));
    return HY_OK;
}

static bool is_damage(int rc)
{
    return rc == HY_E_PARSE || rc == HY_E_STATE;
}

/* Read one mirror file; a damaged one is set aside as long as Redis knows the whole story. */
static int open_file(struct loading *l, const char *path, struct hy_err *err)
{
    start_over(l);
    int rc = hy_mirror_open(path, take_line, l, &l->k->mirror, err);
    if (!is_damage(rc) || l->redis.seq == 0)
        return rc;
    hy_log(HY_ERROR, "mirror_damaged", HY_KV("err", err->msg));
    if (set_aside(path, "damaged", err) < 0)
        return err->code;
    start_over(l);
    return hy_mirror_open(path, take_line, l, &l->k->mirror, err);
}

/* The first mirror that no other process holds.  Two keepers on one data directory (one of them
 * perhaps frozen) never write the same file. */
static int open_mirror(struct loading *l, struct hy_err *err)
{
    off_t held = 0;

    for (int slot = 1; slot <= MIRRORS; slot++) {
        HY_CLEANUP(hy_freep) char *path = mirror_path(l->k, slot);
        if (l->redis.seq == 0 && held > 0)
            return hy_fail(err, HY_E_IO, "Redis is empty and another process holds the journal");
        if (open_file(l, path, err) < 0)
            return err->code;
        if (l->k->mirror)
            return HY_OK;
        held = HY_MAX(held, size_of(path));
    }
    return hy_fail(err, HY_E_IO, "all %d journal files are held by other processes", MIRRORS);
}

/* ---- levelling ---- */

/* An entry made by a command is the proof that it was accepted. */
static void answer_again(struct hy_keep *k, struct hy_ops *ops, const json_t *entry)
{
    HY_CLEANUP(hy_json_freep) json_t *reply = json_object();

    if (hy_json_str(entry, "cmd").n == 0)
        return;
    hy_json_set_str(reply, "id", hy_json_str(entry, "cmd"));
    json_object_set_new(reply, "ok", json_true());
    hy_json_set_str(reply, "incident", hy_json_str(entry, "incident"));
    hy_json_set_int(reply, "seq", hy_json_int(entry, "seq", 0));
    hy_ops_reply(k, ops, reply);
}

/* Write what the mirror has more than Redis. */
static int push_ahead(struct loading *l, struct hy_err *err)
{
    size_t n = json_array_size(l->ahead);
    struct hy_str rest = hy_buf_view(&l->lines), line;
    int64_t live_from = l->redis.seq > 0 ? 0 : hy_wall_now().ms - LIVE_MS;
    struct hy_head head = l->redis;

    for (size_t from = 0; from < n; from += CHUNK_ENTRIES) {
        HY_CLEANUP(hy_json_freep) json_t *some = json_array();
        HY_CLEANUP(hy_ops_release) struct hy_ops ops = {0};
        struct hy_str start = rest;
        for (size_t i = from; i < n && i < from + CHUNK_ENTRIES; i++) {
            json_t *e = json_array_get(l->ahead, i);
            json_array_append(some, e);
            hy_str_cut(&rest, '\n', &line);
            answer_again(l->k, &ops, e);
        }
        hy_ops_entries(l->k, &ops, some, hy_str_n(start.p, (size_t)(rest.p - start.p)), live_from);
        if (hy_keep_send(l->k, &ops, &head, err) < 0 || hy_keep_renew(l->k, err) < 0)
            return err->code;
        head.seq += (int64_t)json_array_size(some);
        snprintf(head.hash, sizeof(head.hash), HY_STR_FMT, HY_STR_ARG(hy_journal_hash(line)));
    }
    return HY_OK;
}

/* One page of Redis' journal behind our head into state and mirror; *ret_n lines were there. */
static int pull_page(struct hy_keep *k, size_t *ret_n, struct hy_err *err)
{
    redisReply *r = NULL;
    struct hy_buf lines = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_head head = k->state->head;
    int rc = HY_OK;

    if (hy_redis_sync_cmd(k->redis, &r, err, "XRANGE %s %lld-0 + COUNT %d",
                          hy_keep_key(k, "journal"), (long long)head.seq + 1, PULL_COUNT) < 0)
        return err->code;
    for (size_t i = 0; rc == HY_OK && i < r->elements; i++) {
        HY_CLEANUP(hy_json_freep) json_t *entry = NULL;
        struct hy_str line = hy_reply_field(r->element[i]->element[1], "e");
        rc = hy_journal_check(line, &head, &entry, err);
        if (rc == HY_OK)
            rc = hy_apply(k->state, entry, err);
        if (rc < 0)
            break;
        hy_keep_regroup(k, entry);
        hy_buf_str(&lines, line);
        hy_buf_char(&lines, '\n');
    }
    *ret_n = r->elements;
    freeReplyObject(r);
    if (rc == HY_OK && lines.n)
        rc = hy_mirror_append(k->mirror, hy_buf_view(&lines), head, err);
    k->state->head = head;
    hy_buf_release(&lines);
    return rc;
}

static int pull_missing(struct loading *l, struct hy_err *err)
{
    struct hy_keep *k = l->k;
    size_t n = 1;

    while (k->state->head.seq < l->redis.seq && n > 0)
        if (pull_page(k, &n, err) < 0 || hy_keep_renew(k, err) < 0)
            return err->code;
    if (k->state->head.seq != l->redis.seq || strcmp(k->state->head.hash, l->redis.hash) != 0)
        return hy_fail(err, HY_E_PARSE, "Redis' journal does not lead to its own head");
    return HY_OK;
}

/* The mirror tells another story than Redis, which all the others have followed. */
static int begin_again(struct loading *l, struct hy_err *err)
{
    HY_CLEANUP(hy_freep) char *path = hy_xstrdup(hy_mirror_path(l->k->mirror));

    hy_mirror_close(HY_TAKE(l->k->mirror));
    if (set_aside(path, "fork", err) < 0 || open_mirror(l, err) < 0)
        return err->code;
    l->k->state->head = hy_mirror_head(l->k->mirror);
    return HY_OK;
}

static int level(struct loading *l, struct hy_err *err)
{
    struct hy_keep *k = l->k;
    struct hy_head mine = hy_mirror_head(k->mirror);

    k->state->head = mine;
    if (mine.seq >= l->redis.seq && l->redis.seq > 0 && strcmp(l->at_redis, l->redis.hash) != 0) {
        if (begin_again(l, err) < 0)
            return err->code;
        mine = k->state->head;
    }
    if (mine.seq > l->redis.seq) {
        hy_log(HY_WARN, "redis_behind_mirror", HY_KVN("redis", l->redis.seq),
               HY_KVN("mirror", mine.seq));
        return push_ahead(l, err);
    }
    if (mine.seq == l->redis.seq)
        return HY_OK;
    hy_log(HY_WARN, "mirror_behind_redis", HY_KVN("redis", l->redis.seq),
           HY_KVN("mirror", mine.seq));
    if (pull_missing(l, err) == HY_OK)
        return HY_OK;
    if (err->code != HY_E_STATE || mine.seq == 0) /* else: it left Redis' story before its end */
        return err->code;
    return begin_again(l, err) < 0 ? err->code : pull_missing(l, err);
}

/* ---- timers ---- */

/* The timers that follow from the documents, by member. */
static void know_timers(struct hy_keep *k, struct hy_map *wanted)
{
    struct hy_walk w = {.open = true};
    const json_t *doc;

    while ((doc = hy_state_next(k->state, &w))) {
        struct hy_pendings *p = hy_xcalloc(1, sizeof(*p));
        hy_pendings_of(doc, p);
        hy_map_set(k->timers, hy_json_str(doc, "id"), p);
        for (size_t i = 0; i < p->n; i++)
            hy_map_set(wanted, hy_str(p->v[i].member), &p->v[i]);
    }
}

static void compare_timers(const struct hy_keep *k, const redisReply *there, struct hy_map *wanted,
                           struct hy_ops *ops)
{
    const char *key = hy_keep_key(k, "timers");
    struct hy_str member;
    void *value;

    for (size_t i = 0; i + 1 < there->elements; i += 2) {
        const struct hy_pending *p = hy_map_get(wanted, hy_reply_str(there->element[i]));
        int64_t score;
        if (p && hy_str_to_i64(hy_reply_str(there->element[i + 1]), &score) && score == p->due.ms)
            hy_map_remove(wanted, hy_reply_str(there->element[i]));
        else if (p == NULL)
            hy_ops_add(ops, 3, (const char *[]){"ZREM", key, there->element[i]->str});
    }
    for (size_t at = 0; hy_map_next(wanted, &at, &member, &value);) {
        const struct hy_pending *p = value;
        char score[32];
        snprintf(score, sizeof(score), "%lld", (long long)p->due.ms);
        hy_ops_add(ops, 4, (const char *[]){"ZADD", key, score, p->member});
    }
}

/* Redis' timers against those that follow from the documents: a rebuilt or half-restored Redis
 * must not lack one. */
static int level_timers(struct hy_keep *k, struct hy_err *err)
{
    struct hy_map *wanted = hy_map_new(NULL);
    HY_CLEANUP(hy_ops_release) struct hy_ops ops = {0};
    redisReply *there = NULL;
    int rc;

    know_timers(k, wanted);
    rc = hy_redis_sync_cmd(k->redis, &there, err, "ZRANGE %s 0 -1 WITHSCORES",
                           hy_keep_key(k, "timers"));
    if (rc == HY_OK) {
        compare_timers(k, there, wanted, &ops);
        freeReplyObject(there);
        if (ops.v.n > 0)
            rc = hy_keep_send(k, &ops, &k->state->head, err);
    }
    hy_map_free(wanted);
    return rc;
}

static void free_pendings(void *p)
{
    hy_pendings_release(p);
    free(p);
}

int hy_keep_load(struct hy_keep *k, struct hy_err *err)
{
    struct loading l = {.k = k, .ahead = json_array(), .lines = HY_BUF_INIT(HY_BUF_UNBOUNDED)};
    int rc = make_directory(k, err);

    k->timers = hy_map_new(free_pendings);
    for (int i = 0; i < HY_INPUT_COUNT; i++)
        snprintf(k->read[i], sizeof(k->read[i]), "0-0");
    if (rc == HY_OK)
        rc = read_head(k, &l.redis, err);
    if (rc == HY_OK)
        rc = open_mirror(&l, err);
    if (rc == HY_OK)
        rc = level(&l, err);
    if (rc == HY_OK)
        rc = level_timers(k, err);
    if (rc == HY_OK) {
        HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s.held", hy_mirror_path(k->mirror));
        k->hold = hy_hold_open(path);
    }
    json_decref(l.ahead);
    hy_buf_release(&l.lines);
    return rc;
}

void hy_keep_unload(struct hy_keep *k)
{
    hy_hold_close(HY_TAKE(k->hold)); /* before the mirror, whose lock guards it */
    hy_mirror_close(HY_TAKE(k->mirror));
    hy_state_free(HY_TAKE(k->state));
    hy_group_free(HY_TAKE(k->group));
    hy_heat_base_free(HY_TAKE(k->sources));
    hy_map_free(HY_TAKE(k->timers));
}

static bool is_entry(const json_t *entry, enum hy_entry type)
{
    return hy_str_is(hy_json_str(entry, "type"), hy_entry_name[type]);
}

/* The page of the notice that was rejected. */
static void refuse_notice(struct hy_keep *k, const char *incident, const json_t *data)
{
    const json_t *put = json_object_get(json_object_get(data, "put"), "found");
    HY_CLEANUP(hy_freep) char *item = hy_str_dup(hy_json_str(json_array_get(put, 0), "item"));

    hy_group_refuse(k->group, incident, item);
}

void hy_keep_regroup(struct hy_keep *k, const json_t *entry)
{
    const json_t *data = json_object_get(entry, "data"), *item = json_object_get(data, "item");
    const json_t *trace = json_object_get(item, "trace"), *args = json_object_get(data, "args");
    HY_CLEANUP(hy_freep) char *incident = hy_str_dup(hy_json_str(entry, "incident"));
    HY_CLEANUP(hy_freep) char *id = hy_str_dup(hy_json_str(item, "id"));
    HY_CLEANUP(hy_freep) char *from = hy_str_dup(hy_json_str(args, "from"));
    HY_CLEANUP(hy_freep)
    char *previous = hy_str_dup(hy_json_str(json_object_get(data, "set"), "previous"));

    if (*previous) /* what comes now belongs to the new incident */
        hy_group_forget(k->group, previous);
    if (is_entry(entry, HY_ENTRY_ITEM) && json_is_object(trace))
        hy_group_join(k->group, incident, id, trace);
    if (is_entry(entry, HY_ENTRY_ITEM) && hy_json_str(item, "source").n)
        hy_heat_base_add(k->sources, hy_json_str(item, "source"), hy_json_time(entry, "at"));
    if (is_entry(entry, HY_ENTRY_FOUND) && json_is_object(trace))
        hy_group_noticed(k->group, incident, id, trace);
    if (is_entry(entry, HY_ENTRY_REJECT_FOUND))
        refuse_notice(k, incident, data);
    if (is_entry(entry, HY_ENTRY_MERGE) && *from)
        hy_group_merge(k->group, from, incident);
}
