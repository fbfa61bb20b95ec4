/* SPDX-License-Identifier: Apache-2.0 */
/* One head for mirror, state and Redis, by writing to whichever has less; and the timers Redis has
 * against those that follow from the documents. */
#include "alerts/keep/keep.h"

#include "core/log.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PUSH_ENTRIES = 500, PULL_COUNT = 500, LIVE_MS = 10 * 60 * 1000, TIMERS_PAGE = 5000 };

/* ---- Redis has less ---- */

struct push {
    struct hy_keep *k;
    struct hy_head head; /* Redis' */
    json_t *entries;     /* collected for the next script */
    struct hy_buf lines;
    int64_t live_from;
};

/* An entry made by a command is the proof that it was accepted. */
static void answer_again(struct hy_ops *ops, const struct hy_keep *k, const json_t *entry)
{
    HY_CLEANUP(hy_json_freep) json_t *reply = json_object();

    if (hy_json_str(entry, "cmd").n == 0)
        return;
    hy_json_set_str(reply, "id", hy_json_str(entry, "cmd"));
    json_object_set_new(reply, "ok", json_true());
    hy_json_set_str(reply, "incident", hy_json_str(entry, "incident"));
    hy_json_set_int(reply, "seq", hy_json_int(entry, "seq", 0));
    hy_ops_reply(ops, k, reply);
}

static int push_some(struct push *p, struct hy_err *err)
{
    HY_CLEANUP(hy_ops_release) struct hy_ops ops = HY_OPS_INIT;
    size_t n = json_array_size(p->entries), i;
    json_t *e;

    if (n == 0)
        return HY_OK;
    if (hy_keep_claim_refill(p->k, err) < 0 || hy_keep_hold_on(p->k, err) < 0)
        return err->code;
    hy_ops_entries(&ops, p->k, p->entries, hy_buf_view(&p->lines), p->live_from, true);
    json_array_foreach (p->entries, i, e)
        answer_again(&ops, p->k, e);
    if (hy_keep_send(p->k, &ops, &p->head, err) < 0)
        return err->code;
    p->head.seq += (int64_t)n;
    struct hy_str hash = hy_journal_hash(hy_str_sub(hy_buf_view(&p->lines), 0, p->lines.n - 1));
    snprintf(p->head.hash, sizeof(p->head.hash), HY_STR_FMT, HY_STR_ARG(hash));
    json_array_clear(p->entries);
    hy_buf_clear(&p->lines);
    hy_state_cool(p->k->state, HY_HOT_BYTES); /* every document is asked for on the way */
    return HY_OK;
}

static int push_line(struct hy_str line, const json_t *entry, void *user, struct hy_err *err)
{
    struct push *p = user;

    json_array_append(p->entries, (json_t *)entry);
    hy_buf_str(&p->lines, line);
    hy_buf_char(&p->lines, '\n');
    return json_array_size(p->entries) < PUSH_ENTRIES ? hy_keep_hold_on(p->k, err)
                                                      : push_some(p, err);
}

/* Write what the mirror has more than Redis.  Redis' head must be a line of the mirror: HY_E_STATE
 * or HY_E_NOTFOUND when it tells another story. */
static int push_ahead(struct hy_keep *k, const struct hy_head *redis, struct hy_err *err)
{
    struct push p = {.k = k,
                     .head = *redis,
                     .entries = json_array(),
                     .lines = HY_BUF_INIT(HY_BUF_UNBOUNDED),
                     .live_from = redis->seq > 0 ? 0 : hy_wall_now().ms - LIVE_MS};
    off_t end;
    int rc;

    if ((rc = hy_keep_claim_refill(k, err)) == HY_OK &&
        (rc = hy_mirror_find(k->mirror, redis->seq, &end, err)) == HY_OK &&
        (rc = hy_mirror_seek(k->mirror, end, redis, NULL, err)) == HY_OK &&
        (rc = hy_mirror_read(k->mirror, push_line, &p, err)) == HY_OK)
        rc = push_some(&p, err);
    json_decref(p.entries);
    hy_buf_release(&p.lines);
    return rc;
}

/* ---- the mirror has less ---- */

/* One page of Redis' journal behind our head into state and mirror; it ends behind an entry that
 * states a digest, so that a snapshot can be taken there. */
static int pull_page(struct hy_keep *k, int64_t to, size_t *ret_n, struct hy_err *err)
{
    redisReply *r = NULL;
    struct hy_buf lines = HY_BUF_INIT(HY_BUF_UNBOUNDED);
    struct hy_head head = k->state->head;
    HY_CLEANUP(hy_json_freep) json_t *last = NULL;
    int rc = HY_OK;

    if (hy_redis_sync_cmd(k->redis, &r, err, "XRANGE %s %lld-0 %lld-0 COUNT %d",
                          hy_keep_key(k, "journal"), (long long)head.seq + 1, (long long)to,
                          PULL_COUNT) < 0)
        return err->code;
    for (*ret_n = 0; *ret_n < r->elements && !hy_snapshot_states(last); ++*ret_n) {
        struct hy_str line = hy_reply_field(r->element[*ret_n]->element[1], "e");
        json_decref(HY_TAKE(last));
        if ((rc = hy_journal_check(line, &head, &last, err)) < 0 ||
            (rc = hy_apply(k->state, last, err)) < 0)
            break;
        hy_regroup_note(k->regroup, last);
        hy_buf_str(&lines, line);
        hy_buf_char(&lines, '\n');
    }
    freeReplyObject(r);
    if (rc == HY_OK && lines.n)
        rc = hy_mirror_append(k->mirror, hy_buf_view(&lines), head, err);
    hy_buf_release(&lines);
    k->state->head = head;
    if (rc == HY_OK && hy_snapshot_states(last))
        hy_keep_stated(k, last);
    return rc;
}

int hy_keep_pull(struct hy_keep *k, int64_t to, struct hy_err *err)
{
    size_t n = 1;

    while (k->state->head.seq < to && n > 0) {
        if (pull_page(k, to, &n, err) < 0)
            return err->code;
        hy_state_cool(k->state, HY_HOT_BYTES);
        if (k->fence > 0 && hy_keep_renew(k, err) < 0)
            return err->code;
    }
    return HY_OK;
}

static int pull_missing(struct hy_keep *k, const struct hy_head *redis, struct hy_err *err)
{
    if (hy_keep_pull(k, redis->seq, err) < 0)
        return err->code;
    if (k->state->head.seq != redis->seq || strcmp(k->state->head.hash, redis->hash) != 0)
        return hy_fail(err, HY_E_PARSE, "Redis' journal does not lead to its own head");
    return HY_OK;
}

/* ---- both ---- */

static bool is_fork(int rc)
{
    return rc == HY_E_STATE || rc == HY_E_NOTFOUND;
}

static int begin_again(struct hy_keep *k, const struct hy_head *redis, struct hy_err *err)
{
    return hy_keep_rejoin(k, redis, err) < 0 ? err->code : pull_missing(k, redis, err);
}

static int level_journal(struct hy_keep *k, const struct hy_head *redis, struct hy_err *err)
{
    struct hy_head mine = k->state->head;
    int rc = HY_OK;

    if (mine.seq > redis->seq) {
        hy_log(HY_WARN, "redis_behind_mirror", HY_KVN("redis", redis->seq),
               HY_KVN("mirror", mine.seq));
        rc = push_ahead(k, redis, err);
    } else if (mine.seq < redis->seq) {
        hy_log(HY_WARN, "mirror_behind_redis", HY_KVN("redis", redis->seq),
               HY_KVN("mirror", mine.seq));
        rc = pull_missing(k, redis, err);
    } else if (strcmp(mine.hash, redis->hash) != 0) {
        rc = HY_E_STATE;
    }
    return is_fork(rc) && redis->seq > 0 ? begin_again(k, redis, err) : rc;
}

/* ---- timers ---- */

struct member {
    struct hy_pending p;
    bool there;
};

static void member_free(void *m)
{
    free(m);
}

/* The timers that follow from the documents, by member. */
static struct hy_map *wanted_timers(struct hy_keep *k)
{
    struct hy_map *wanted = hy_map_new(member_free);
    struct hy_walk w = {.open = true, .passing = true};
    const json_t *doc;

    while ((doc = hy_state_next(k->state, &w))) {
        struct hy_pendings p;
        hy_pendings_of(doc, &p);
        for (size_t i = 0; i < p.n; i++) {
            struct member *m = hy_xcalloc(1, sizeof(*m));
            m->p.due = p.v[i].due;
            hy_map_set(wanted, hy_str(p.v[i].member), m);
        }
        hy_pendings_release(&p);
    }
    return HY_TAKE(wanted);
}

static void compare_page(struct hy_ops *ops, const redisReply *page, struct hy_map *wanted)
{
    for (size_t i = 0; i + 1 < page->elements; i += 2) {
        struct hy_str name = hy_reply_str(page->element[i]);
        struct member *m = hy_map_get(wanted, name);
        int64_t score;
        if (m && hy_str_to_i64(hy_reply_str(page->element[i + 1]), &score) && score == m->p.due.ms)
            m->there = true;
        else if (m == NULL)
            hy_ops_timer_gone(ops, name);
    }
}

static int compare_timers(struct hy_keep *k, struct hy_ops *ops, struct hy_map *wanted,
                          struct hy_err *err)
{
    struct hy_str name;
    void *value;

    for (size_t at = 0, n = TIMERS_PAGE; n == TIMERS_PAGE; at += TIMERS_PAGE) {
        redisReply *page = NULL;
        if (hy_redis_sync_cmd(k->redis, &page, err, "ZRANGE %s %lld %lld WITHSCORES",
                              hy_keep_key(k, "timers"), (long long)at,
                              (long long)at + TIMERS_PAGE - 1) < 0)
            return err->code;
        n = page->elements / 2;
        compare_page(ops, page, wanted);
        freeReplyObject(page);
    }
    for (size_t at = 0; hy_map_next(wanted, &at, &name, &value);) {
        const struct member *m = value;
        HY_CLEANUP(hy_freep) char *member = hy_str_dup(name);
        if (!m->there)
            hy_ops_timer_due(ops, &(struct hy_pending){member, m->p.due});
    }
    return HY_OK;
}

static int level_timers(struct hy_keep *k, struct hy_err *err)
{
    HY_CLEANUP(hy_map_freep) struct hy_map *wanted = wanted_timers(k);
    HY_CLEANUP(hy_ops_release) struct hy_ops ops = HY_OPS_INIT;

    int rc = compare_timers(k, &ops, wanted, err);
    if (rc == HY_OK && (ops.gone.n > 0 || ops.due.n > 0)) {
        hy_log(HY_WARN, "timers_differed");
        rc = hy_keep_send(k, &ops, &k->state->head, err);
    }
    return rc;
}

static int count_timers(struct hy_keep *k, int64_t *ret, struct hy_err *err)
{
    redisReply *r = NULL;

    if (hy_redis_sync_cmd(k->redis, &r, err, "ZCARD %s", hy_keep_key(k, "timers")) < 0)
        return err->code;
    *ret = r->integer;
    freeReplyObject(r);
    return HY_OK;
}

/* ---- as leader ---- */

/* A fence that is not above every term of the journal came from a Redis that lost its data. */
static int raise_fence(struct hy_keep *k, struct hy_err *err)
{
    bool leads = true;

    if (k->fence <= k->state->head.term && hy_keep_lead(k, &leads, err) < 0)
        return err->code;
    if (!leads)
        return hy_fail(err, HY_E_DENIED, "the lease is lost");
    k->state->head.term = k->fence;
    return HY_OK;
}

static int level(struct hy_keep *k, struct hy_err *err)
{
    HY_CLEANUP(hy_half_freep) struct hy_half *half = NULL;
    struct hy_head redis;
    int64_t said = -1, there = 0;

    if (hy_keep_head(k, &redis, &said, err) < 0 || hy_keep_half_cut(k, &redis, &half, err) < 0 ||
        level_journal(k, &redis, err) < 0 || hy_keep_half_mend(k, half, err) < 0 ||
        hy_keep_head(k, &redis, &said, err) < 0 || count_timers(k, &there, err) < 0)
        return err->code;
    /* Journal, documents and timers are written together, so an equal head means equal timers,
     * unless somebody else touched them; chores compare them one by one later. */
    if ((said != there || half) && level_timers(k, err) < 0)
        return err->code;
    hy_state_given_level(k->state);
    return raise_fence(k, err);
}

int hy_keep_load(struct hy_keep *k, struct hy_err *err)
{
    struct hy_head redis;
    int64_t ignored;

    if (k->state == NULL &&
        (hy_keep_head(k, &redis, &ignored, err) < 0 || hy_keep_fold(k, redis.seq, err) < 0))
        return err->code;
    if (level(k, err) < 0 || hy_keep_claim_end(k, err) < 0)
        return err->code;
    k->doubt = (hy_mono){0}; /* the next one is waited out as long as this one was */
    for (int i = 0; i < HY_INPUT_COUNT; i++)
        snprintf(k->read[i], sizeof(k->read[i]), "0-0");
    HY_CLEANUP(hy_freep) char *path = hy_xasprintf("%s.held", hy_mirror_path(k->mirror));
    hy_hold_close(k->hold);
    k->hold = hy_hold_open(path);
    return HY_OK;
}
